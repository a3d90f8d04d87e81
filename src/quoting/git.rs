//! Values in git's configuration files: git-config(1), Syntax and Values.

use zeroize::Zeroizing;

use super::arrival::Arrival;
use super::error::QuotingError;
use super::place::Place;
use super::trace::Trace;
use super::written::is_showable;

const QUOTE: &str = "\" is removed: it begins or ends a quoted part";

/// What git reads in `name = ...`.
pub(super) fn value(before: &[u8], value: &[u8], after: &[u8]) -> Arrival {
    let mut trace = Trace::new(before, value, after);
    let text = trace.text();
    let mut quoted = false;
    // How much has arrived that is not trimmed: it has a quote or an escape after it.
    let mut firm = 0;
    let mut at = 0;
    while let Some(&octet) = text.get(at) {
        match octet {
            b'\n' if quoted => return trace.refuse("a line break in quotes is an error"),
            b'\n' => {
                trace.because("a line break ends the value");
                break;
            }
            b'\r' if text.get(at + 1) == Some(&b'\n') => {}
            b'#' | b';' if !quoted => {
                trace.because("# or ; begins a comment, also in the middle of a word");
                break;
            }
            b'"' => {
                trace.because_at(at, QUOTE);
                quoted = !quoted;
                firm = trace.arrived();
            }
            b'\\' => {
                at += 1;
                match text.get(at) {
                    Some(b'"' | b'\\') => trace.keep(at),
                    Some(b'n') => trace.add(b"\n"),
                    Some(b't') => trace.add(b"\t"),
                    Some(b'b') => trace.add(b"\x08"),
                    Some(b'\n') => {}
                    None => {
                        trace.unknown("\\ at the end joins the next line");
                        break;
                    }
                    Some(_) => {
                        return trace
                            .refuse("\\ before a character other than \\ \" n t b is an error");
                    }
                }
                trace.because("\\ is removed: it protects or changes the character after it");
                firm = trace.arrived();
            }
            b' ' | b'\t' if trace.arrived() == 0 && !quoted => {
                trace.because("blanks before the value are removed");
            }
            b'\t' if !quoted => {
                trace.because("old versions of git turn a tab into a space");
                trace.keep(at);
            }
            _ => {
                trace.keep(at);
                if quoted {
                    firm = trace.arrived();
                }
            }
        }
        at += 1;
    }
    if quoted {
        return trace.refuse("a \" is not closed: git refuses the file");
    }
    let is_blank = |octet: u8| octet == b' ' || octet == b'\t';
    trace.trim_end(firm, is_blank, "blanks after the value are removed");
    trace.finish()
}

/// The value in double quotes, with `\`, `"` and line breaks escaped.
pub(super) fn literal(value: &[u8]) -> Result<Zeroizing<Vec<u8>>, QuotingError> {
    let mut literal = Zeroizing::new(Vec::with_capacity(2 * value.len() + 2));
    literal.push(b'"');
    for &octet in value {
        match octet {
            b'\\' | b'"' => literal.extend_from_slice(&[b'\\', octet]),
            b'\n' => literal.extend_from_slice(b"\\n"),
            b'\t' => literal.extend_from_slice(b"\\t"),
            b'\x08' => literal.extend_from_slice(b"\\b"),
            _ => literal.push(octet),
        }
    }
    literal.push(b'"');
    if !is_showable(&literal) {
        let what = "control characters other than tab and line break";
        return Err(QuotingError::CannotHold {
            place: Place::Git,
            what,
        });
    }
    Ok(literal)
}
