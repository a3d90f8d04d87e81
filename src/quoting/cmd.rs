//! `set NAME=...` in a batch file of cmd.exe: `cmd /?` and `set /?`. Delayed expansion is off, as it is
//! by default.

use zeroize::Zeroizing;

use super::arrival::Arrival;
use super::error::QuotingError;
use super::place::Place;
use super::trace::Trace;
use super::written::is_showable;

const PERCENT: &str = "% begins a variable, and a single one is removed";

/// What `set` stores: of `set NAME=...`, or `quoted` of `set "NAME=..."`.
pub(super) fn value(quoted: bool, value: &[u8]) -> Arrival {
    let mut trace = Trace::new(b"", value, b"");
    if value.contains(&b'\n') || value.contains(&b'\r') {
        return trace.refuse("a line break ends the command");
    }
    let mut at = 0;
    // Quotes protect, but arrive.
    let mut protected = quoted;
    while let Some(&octet) = value.get(at) {
        let rest = &value[at + 1..];
        match octet {
            b'%' => {
                trace.because(PERCENT);
                at += percent(&mut trace, at, rest);
                continue;
            }
            b'"' if quoted => trace.unknown("\" ends the quotes"),
            b'"' => protected = !protected,
            b'^' if !protected => {
                trace.because("^ is removed and protects the character after it");
                at += 1;
                match rest.first() {
                    Some(b'%') => continue,
                    Some(_) => {}
                    None => break,
                }
            }
            b'&' | b'|' if !protected => {
                trace.because("& and | end the command: the rest is run");
                return trace.finish();
            }
            b'<' | b'>' if !protected => {
                trace.unknown("< and > redirect input or output");
                return trace.finish();
            }
            b'!' => trace.because("with delayed expansion, ! begins a variable"),
            _ if octet >= 0x80 => trace.because("non-ASCII characters depend on the code page"),
            _ => {}
        }
        trace.keep(at);
        at += 1;
    }
    trace.finish()
}

/// Reads what a percent sign begins; returns how long it is.
fn percent(trace: &mut Trace, at: usize, rest: &[u8]) -> usize {
    match rest.first() {
        Some(b'%') => {
            trace.keep(at);
            2
        }
        Some(b'0'..=b'9' | b'*') => {
            trace.because("% and a digit, or %*, are arguments of the batch file");
            if rest[0] == b'0' {
                trace.unknown("%0 is the name of the batch file");
            }
            2
        }
        Some(b'~') => {
            trace.unknown("%~ begins a part of an argument");
            1
        }
        _ => match rest.iter().position(|octet| *octet == b'%') {
            Some(end) => {
                if rest[..end].contains(&b':') {
                    trace.unknown("%NAME:...% is a part of a variable");
                }
                end + 2
            }
            None => 1,
        },
    }
}

/// The whole assignment in double quotes, with `%%` for `%`.
pub(super) fn literal(value: &[u8]) -> Result<Zeroizing<Vec<u8>>, QuotingError> {
    let cannot = |what| QuotingError::CannotHold {
        place: Place::Cmd,
        what,
    };
    if !is_showable(value) {
        return Err(cannot("control characters, or octets that are not UTF-8"));
    }
    if value.contains(&b'"') {
        return Err(cannot("\" without surprises: use PowerShell"));
    }
    let mut literal = Zeroizing::new(Vec::with_capacity(2 * value.len() + 20));
    literal.extend_from_slice(b"set \"PASSWORD=");
    for &octet in value {
        if octet == b'%' {
            literal.push(octet);
        }
        literal.push(octet);
    }
    literal.push(b'"');
    Ok(literal)
}
