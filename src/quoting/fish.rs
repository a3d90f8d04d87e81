//! Arguments in fish: "The fish language", Quotes, Escaping characters, Expansions.

use zeroize::Zeroizing;

use super::arrival::Arrival;
use super::error::QuotingError;
use super::place::Place;
use super::trace::Trace;
use super::written::is_showable;

const QUOTE: &str = "a quote is removed: it begins or ends a quoted part";
const OPEN_QUOTE: &str = "a quote is not closed: fish waits for the other one";
const BACKSLASH: &str = "\\ is removed: it protects or changes the character after it";

/// What fish passes as the argument that is written so.
pub(super) fn argument(before: &[u8], value: &[u8], after: &[u8]) -> Arrival {
    let mut trace = Trace::new(before, value, after);
    let text = trace.text();
    let mut at = 0;
    let mut quote = None;
    let mut begun = false;
    while let Some(&octet) = text.get(at) {
        let next = text.get(at + 1).copied();
        match (quote, octet) {
            (Some(open), _) if octet == open => {
                quote = None;
                at += 1;
            }
            (Some(_), b'\\') => match next {
                Some(b'\n') if quote == Some(b'"') => {
                    trace.because("\\ before a line break removes both");
                    at += 2;
                }
                Some(next) if next == b'\\' || Some(next) == quote => {
                    trace.because(BACKSLASH);
                    trace.keep(at + 1);
                    at += 2;
                }
                Some(b'$') if quote == Some(b'"') => {
                    trace.because(BACKSLASH);
                    trace.keep(at + 1);
                    at += 2;
                }
                _ => {
                    trace.keep(at);
                    at += 1;
                }
            },
            (None | Some(b'"'), b'$') => {
                // $$name is the variable that $name names.
                let dollars = text[at..].iter().take_while(|next| **next == b'$').count();
                let rest = &text[at + dollars..];
                let name = rest.iter().take_while(|next| is_name(**next)).count();
                match rest.first() {
                    _ if !rest[..name].is_ascii() => {
                        trace.unknown(
                            "$ begins a variable, whose name may have letters outside ASCII",
                        );
                    }
                    _ if name > 0 && quote.is_none() => {
                        trace.because("$ begins a variable: if it is not set, the word is gone");
                        return trace.nothing();
                    }
                    _ if name > 0 => {
                        trace.because("$ begins a variable, which is empty if it is not set");
                        if rest.get(name) == Some(&b'[') {
                            trace.unknown("[ after a variable selects an element");
                        }
                    }
                    Some(b'(') if quote.is_some() => {
                        trace.unknown("$( begins a command, whose output arrives instead");
                    }
                    _ => return trace.refuse("$ without the name of a variable is an error"),
                }
                at += dollars + name;
            }
            (Some(_), _) => {
                trace.keep(at);
                at += 1;
            }
            (None, b'\'' | b'"') => {
                trace.because_at(at, QUOTE);
                quote = Some(octet);
                at += 1;
            }
            (None, b'\\') => match next {
                None => {
                    trace.because("\\ at the end joins the next line");
                    at += 1;
                }
                Some(next) if next.is_ascii_alphanumeric() => {
                    trace.because(BACKSLASH);
                    let added = match next {
                        b'a' => b'\x07',
                        b'b' => b'\x08',
                        b'e' => b'\x1b',
                        b'f' => b'\x0c',
                        b'n' => b'\n',
                        b'r' => b'\r',
                        b't' => b'\t',
                        b'v' => b'\x0b',
                        b'c' | b'x' | b'X' | b'u' | b'U' | b'0'..=b'7' => {
                            trace.unknown("\\ before c, x, u or a digit begins a number");
                            next
                        }
                        _ => {
                            trace.keep(at + 1);
                            at += 2;
                            begun = true;
                            continue;
                        }
                    };
                    trace.add(&[added]);
                    at += 2;
                }
                Some(b'\n') => {
                    trace.because("\\ before a line break removes both");
                    at += 2;
                }
                Some(_) => {
                    trace.because(BACKSLASH);
                    trace.keep(at + 1);
                    at += 2;
                }
            },
            (None, b' ' | b'\t') if !begun => {
                trace.because("a blank before the word is no part of it");
                at += 1;
                continue;
            }
            (None, b' ' | b'\t') => {
                trace.because("a blank ends the word: the rest is another argument");
                return trace.finish();
            }
            (None, b'&') if begun && next.is_some_and(|next| !is_separator(next)) => {
                trace.unknown("& in a word ends the command in old versions of fish");
                at += 1;
            }
            (None, b'\n' | b';' | b'&' | b'|') => {
                trace.because("; & | or a line break ends the command");
                return trace.finish();
            }
            (None, b'<' | b'>') => {
                trace.unknown("< and > redirect input or output");
                return trace.finish();
            }
            (None, b'#') if !begun => {
                trace.because("# begins a comment");
                return trace.finish();
            }
            (None, b'(' | b')') => {
                trace.unknown("( ) run a command, whose output arrives instead");
                at += 1;
            }
            (None, b'{' | b'}' | b'[') => {
                trace.unknown("{ } and [ ] make several words or select some");
                at += 1;
            }
            (None, b'*' | b'?') => {
                return trace.refuse("* and ? ask for files: without one that matches, fish stops");
            }
            (None, b'~') if !begun => {
                trace.unknown("~ at the beginning is a home folder");
                at += 1;
            }
            (None, b'%') if !begun && text[at..].starts_with(b"%self") => {
                trace.unknown("%self is the process id of fish");
                at += 1;
            }
            (None, _) => {
                trace.keep(at);
                at += 1;
            }
        }
        begun = true;
    }
    if quote.is_some() {
        return trace.refuse(OPEN_QUOTE);
    }
    trace.finish()
}

fn is_separator(octet: u8) -> bool {
    matches!(
        octet,
        b' ' | b'\t' | b'\n' | b';' | b'&' | b'|' | b'<' | b'>'
    )
}

fn is_name(octet: u8) -> bool {
    octet.is_ascii_alphanumeric() || octet == b'_' || octet >= 0x80
}

/// The word in single quotes, in which `\` protects only itself and the quote. Control characters
/// and octets that are not UTF-8 stand between the quoted parts, as `\xHH` and `\XHH`.
pub(super) fn literal(value: &[u8]) -> Result<Zeroizing<Vec<u8>>, QuotingError> {
    if value.contains(&0) {
        let (place, what) = (Place::Fish, "NUL: no argument can contain it");
        return Err(QuotingError::CannotHold { place, what });
    }
    let mut word = Zeroizing::new(Vec::with_capacity(8 * value.len() + 2));
    word.push(b'\'');
    for chunk in value.utf8_chunks() {
        for character in chunk.valid().chars() {
            let mut buffer = [0; 4];
            let octets = character.encode_utf8(&mut buffer).as_bytes();
            match character {
                '\'' | '\\' => {
                    word.push(b'\\');
                    word.extend_from_slice(octets);
                }
                _ if is_showable(octets) => word.extend_from_slice(octets),
                _ => push_numbers(octets, &mut word),
            }
        }
        push_numbers(chunk.invalid(), &mut word);
    }
    word.push(b'\'');
    Ok(word)
}

fn push_numbers(octets: &[u8], word: &mut Vec<u8>) {
    for octet in octets {
        word.extend_from_slice(format!("'\\X{octet:02x}'").as_bytes());
    }
}
