//! Strings in PHP: PHP manual, Strings.

use zeroize::Zeroizing;

use super::arrival::Arrival;
use super::trace::Trace;
use super::written::{is_showable, push_escaped};

const ENDS: &str = "a quote in the value ends the string: a syntax error";

/// What PHP reads in double quotes.
pub(super) fn double(value: &[u8]) -> Arrival {
    let mut trace = Trace::new(b"\"", value, b"\"");
    let text = trace.text();
    let mut at = 1;
    while at + 1 < text.len() {
        let next = text[at + 1];
        match text[at] {
            b'"' => return trace.refuse(ENDS),
            b'\\' => {
                // In the last place, it protects the closing quote.
                if at + 2 == text.len() {
                    return trace.refuse("\\ at the end protects the closing quote");
                }
                let added = match next {
                    b'n' => b'\n',
                    b't' => b'\t',
                    b'r' => b'\r',
                    b'v' => b'\x0b',
                    b'e' => b'\x1b',
                    b'f' => b'\x0c',
                    b'\\' | b'$' | b'"' => {
                        trace.because("\\ is removed: it protects the character after it");
                        trace.keep(at + 1);
                        at += 2;
                        continue;
                    }
                    b'0'..=b'7' | b'x' | b'u' => {
                        at = number(&mut trace, &text, at);
                        continue;
                    }
                    _ => {
                        trace.keep(at);
                        at += 1;
                        continue;
                    }
                };
                trace.because("\\ and a letter are a control character");
                trace.add(&[added]);
                at += 2;
            }
            b'$' if is_name_start(next) => {
                let rest = &text[at + 1..text.len() - 1];
                let is_name = |octet: &&u8| is_name_start(**octet) || octet.is_ascii_digit();
                let name = rest.iter().take_while(is_name).count();
                trace.because("$ begins a variable, which is empty if it is not set");
                let after = &rest[name..];
                let is_more = [&b"["[..], b"->", b"?->"]
                    .iter()
                    .any(|more| after.starts_with(more));
                if is_more || &rest[..name] == b"this" {
                    trace.unknown("[ or -> after a variable selects a part of it");
                }
                at += 1 + name;
            }
            b'$' if next == b'{' => {
                trace.unknown("${ begins a variable");
                at += 1;
            }
            b'{' if next == b'$' => {
                trace.unknown("{$ begins an expression");
                at += 1;
            }
            _ => {
                trace.keep(at);
                at += 1;
            }
        }
    }
    trace.finish()
}

fn is_name_start(octet: u8) -> bool {
    octet.is_ascii_alphabetic() || octet == b'_' || octet >= 0x80
}

/// Reads `\101`, `\x41` or `\u{41}`; returns where it ends.
fn number(trace: &mut Trace, text: &[u8], at: usize) -> usize {
    let content = &text[..text.len() - 1];
    let (start, most, base) = match text[at + 1] {
        b'x' => (at + 2, 2, 16),
        b'u' if text.get(at + 2) == Some(&b'{') => {
            trace.unknown("\\u{ begins a character by its number");
            return at + 2;
        }
        b'u' => (at + 2, 0, 16),
        _ => (at + 1, 3, 8),
    };
    let is_digit = |octet: &&u8| char::from(**octet).is_digit(base);
    let digits = content[start..]
        .iter()
        .take(most)
        .take_while(is_digit)
        .count();
    let number = std::str::from_utf8(&content[start..start + digits]).unwrap_or_default();
    let Ok(number) = u16::from_str_radix(number, base) else {
        trace.keep(at);
        return at + 1;
    };
    trace.because("\\ and digits are one octet");
    trace.add(&number.to_be_bytes()[1..]);
    start + digits
}

/// What PHP reads in single quotes.
pub(super) fn single(value: &[u8]) -> Arrival {
    let mut trace = Trace::new(b"'", value, b"'");
    let text = trace.text();
    let mut at = 1;
    while at + 1 < text.len() {
        match (text[at], text[at + 1]) {
            (b'\'', _) => return trace.refuse(ENDS),
            (b'\\', b'\'') if at + 2 == text.len() => {
                return trace.refuse("\\ at the end protects the closing quote");
            }
            (b'\\', b'\'' | b'\\') => {
                trace.because("\\ is removed: it protects the character after it");
                at += 1;
                trace.keep(at);
            }
            _ => trace.keep(at),
        }
        at += 1;
    }
    trace.finish()
}

/// The value in single quotes; with control characters, in double quotes with escapes.
pub(super) fn literal(value: &[u8]) -> Zeroizing<Vec<u8>> {
    let mut literal = Zeroizing::new(Vec::with_capacity(4 * value.len() + 2));
    if is_showable(value) {
        literal.push(b'\'');
        for &octet in value {
            if matches!(octet, b'\'' | b'\\') {
                literal.push(b'\\');
            }
            literal.push(octet);
        }
        literal.push(b'\'');
        return literal;
    }
    literal.push(b'"');
    push_escaped(value, b"\"\\$", &mut literal);
    literal.push(b'"');
    literal
}
