//! The password of a URL, between `:` and `@`: RFC 3986 s2.1 and s3.2.1.

use zeroize::Zeroizing;

use super::arrival::Arrival;
use super::trace::Trace;

/// What a program reads that decodes `%XX`.
pub(super) fn decoded(value: &[u8]) -> Arrival {
    let mut trace = Trace::new(b"", value, b"");
    let mut at = 0;
    while let Some(&octet) = value.get(at) {
        match octet {
            b'/' | b'?' | b'#' => {
                return trace
                    .refuse("/ ? # end the host: the URL names another host and no password");
            }
            b'%' => {
                if let Some(decoded) = value.get(at + 1..at + 3).and_then(hex) {
                    trace.because("% and two digits are one octet");
                    trace.add(&[decoded]);
                    at += 3;
                    continue;
                }
                trace.because("% without two digits: some programs refuse the URL");
            }
            b'@' => trace.because("@: some programs take the first one as the end of the password"),
            b'[' | b']' => trace.unknown("[ and ] are for addresses: some programs refuse the URL"),
            b'\t' | b'\n' | b'\r' => {
                trace.unknown("tabs and line breaks: some programs remove them");
            }
            _ if !octet.is_ascii_graphic() || b"\"<>\\^`{|}".contains(&octet) => {
                trace.because(
                    "blanks, \" < > \\ ^ ` { | } and non-ASCII: some programs refuse the URL",
                );
            }
            _ => {}
        }
        trace.keep(at);
        at += 1;
    }
    trace.finish()
}

fn hex(digits: &[u8]) -> Option<u8> {
    let digits = std::str::from_utf8(digits).ok()?;
    if !digits.bytes().all(|digit| digit.is_ascii_hexdigit()) {
        return None;
    }
    u8::from_str_radix(digits, 16).ok()
}

/// What a program reads that decodes `+` as a space too, as in the query of a form.
pub(super) fn decoded_as_form(value: &[u8]) -> Arrival {
    let mut trace = Trace::new(b"", value, b"");
    for (at, &octet) in value.iter().enumerate() {
        if octet == b'+' {
            trace.add(b" ");
            trace.because("+ is a space in forms");
        } else {
            trace.keep(at);
        }
    }
    trace.finish()
}

/// What a program reads that does not decode the right literal.
pub(super) fn not_decoded(value: &[u8]) -> Arrival {
    let mut trace = Trace::new(b"", value, b"");
    for (at, &octet) in value.iter().enumerate() {
        if is_unreserved(octet) {
            trace.keep(at);
        } else {
            trace.because("%XX stays as it is");
            trace.add(format!("%{octet:02X}").as_bytes());
        }
    }
    trace.finish()
}

fn is_unreserved(octet: u8) -> bool {
    octet.is_ascii_alphanumeric() || b"-._~".contains(&octet)
}

/// The value with `%XX` for all but unreserved characters.
pub(super) fn literal(value: &[u8]) -> Zeroizing<Vec<u8>> {
    let mut literal = Zeroizing::new(Vec::with_capacity(3 * value.len()));
    for &octet in value {
        if is_unreserved(octet) {
            literal.push(octet);
        } else {
            literal.extend_from_slice(format!("%{octet:02X}").as_bytes());
        }
    }
    literal
}
