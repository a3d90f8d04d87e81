//! Strings in C: C11 s6.4.5 and s5.2.1.1.

use zeroize::Zeroizing;

use super::arrival::Arrival;
use super::trace::Trace;
use super::written::push_escaped;

/// What a compiler reads in double quotes.
pub(super) fn double(value: &[u8]) -> Arrival {
    let mut trace = Trace::new(b"\"", value, b"\"");
    let text = trace.text();
    let mut at = 1;
    while let Some(&octet) = text.get(at) {
        let next = text.get(at + 1).copied();
        match octet {
            b'"' if next.is_none() => return trace.finish(),
            // Strings in a row are one string.
            b'"' if next == Some(b'"') => {
                trace.because("\" ends the string, and two in a row are removed");
                at += 2;
                continue;
            }
            b'"' => return trace.refuse("\" in the value ends the string: a syntax error"),
            b'\n' => return trace.refuse("a line break in a string is an error"),
            b'\\' => {
                if at + 2 == text.len() {
                    return trace.refuse("\\ at the end protects the closing quote");
                }
                match escape(&mut trace, &text, at + 1) {
                    Some(end) => at = end,
                    None => {
                        trace.because("\\0 ends the string");
                        return trace.finish();
                    }
                }
                continue;
            }
            b'?' if next == Some(b'?') => {
                trace.because("two ? and another character are a trigraph in old C");
                trace.keep(at);
            }
            b'\0' => {
                trace.because("NUL ends the string");
                return trace.finish();
            }
            _ => trace.keep(at),
        }
        at += 1;
    }
    trace.refuse("\" in the value ends the string: a syntax error")
}

/// Reads what is after a backslash; returns where it ends, or nothing if the string ends there.
fn escape(trace: &mut Trace, text: &[u8], at: usize) -> Option<usize> {
    trace.because("\\ begins an escape; before any other character, it is removed");
    let added = match text[at] {
        b'n' => b'\n',
        b't' => b'\t',
        b'r' => b'\r',
        b'a' => b'\x07',
        b'b' => b'\x08',
        b'f' => b'\x0c',
        b'v' => b'\x0b',
        b'e' | b'E' => b'\x1b',
        b'\n' => return Some(at + 1),
        b'0'..=b'7' => {
            let is_digit = |octet: &&u8| matches!(**octet, b'0'..=b'7');
            let digits = text[at..].iter().take(3).take_while(is_digit);
            let number = digits
                .clone()
                .fold(0_u16, |number, digit| number * 8 + u16::from(digit - b'0'));
            let length = digits.count();
            if number == 0 {
                return None;
            }
            trace.add(&number.to_be_bytes()[1..]);
            return Some(at + length);
        }
        b'x' | b'u' | b'U' | b'N' | b'o' => {
            trace.unknown("\\x, \\u and the like begin a number");
            return Some(at + 1);
        }
        _ => {
            trace.keep(at);
            return Some(at + 1);
        }
    };
    trace.add(&[added]);
    Some(at + 1)
}

/// The value in double quotes. All but printable ASCII is written in octal: an octal number ends
/// after three digits, a hexadecimal one does not.
pub(super) fn literal(value: &[u8]) -> Zeroizing<Vec<u8>> {
    let mut literal = Zeroizing::new(Vec::with_capacity(4 * value.len() + 2));
    literal.push(b'"');
    push_escaped(value, b"\"\\?", &mut literal);
    literal.push(b'"');
    literal
}
