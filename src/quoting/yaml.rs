//! Values in YAML, after `password: `: YAML 1.2.2 s7.3, and the types of YAML 1.1, which most
//! libraries still know.

use zeroize::Zeroizing;

use super::arrival::Arrival;
use super::error::QuotingError;
use super::place::Place;
use super::trace::Trace;
use super::written::is_showable;

const QUOTE: &str = "quotes around the value are removed";
const OPEN_QUOTE: &str = "a quote is not closed: the file is refused";
const AFTER_QUOTE: &str = "a quote in the value ends it: the rest is an error";
const LINES: &str = "a line break makes the value go on or end";

/// What YAML reads in `password: ...`.
pub(super) fn value(before: &[u8], value: &[u8], after: &[u8]) -> Arrival {
    let mut trace = Trace::new(before, value, after);
    let text = trace.text();
    if text.contains(&b'\n') || text.contains(&b'\r') {
        trace.unknown(LINES);
        return trace.finish();
    }
    let is_control = |octet: &u8| octet.is_ascii_control() && *octet != b'\t';
    if std::str::from_utf8(&text).is_err() || text.iter().any(is_control) {
        return trace.refuse("octets that are not UTF-8, and control characters, are errors");
    }
    let blanks = text.iter().take_while(|octet| is_blank(**octet)).count();
    if blanks > 0 {
        trace.because("blanks before the value are removed");
    }
    let next_is_blank = text.get(blanks + 1).is_none_or(|next| is_blank(*next));
    match text.get(blanks) {
        None if text.contains(&b'\t') => {
            trace.unknown("a tab is an error in some libraries");
            trace.finish()
        }
        None => {
            trace.because("the value is empty");
            trace.finish()
        }
        Some(b'|' | b'>') => {
            trace.unknown("| and > begin a text in the lines below");
            trace.finish()
        }
        Some(b'"') => double(trace, &text, blanks + 1),
        Some(b'\'') => single(trace, &text, blanks + 1),
        Some(b'#') => {
            trace.because("# after a blank begins a comment");
            trace.finish()
        }
        Some(b'&' | b'*' | b'!') => {
            trace.unknown("& * ! at the beginning are an anchor, an alias or a tag");
            trace.finish()
        }
        Some(b'[' | b'{') => {
            trace.unknown("[ begins a list and { a map");
            trace.finish()
        }
        Some(_) if text[..blanks].contains(&b'\t') => {
            trace.unknown("a tab is an error in some libraries");
            trace.finish()
        }
        Some(b'@' | b'`' | b'%' | b',' | b']' | b'}') => {
            trace.refuse("@ ` % , ] } cannot begin a value")
        }
        Some(b'-' | b'?' | b':') if next_is_blank => {
            trace.refuse("- ? : before a blank begin an item or a key")
        }
        Some(_) => plain(trace, &text, blanks),
    }
}

fn is_blank(octet: u8) -> bool {
    octet == b' ' || octet == b'\t'
}

/// A value without quotes.
fn plain(mut trace: Trace, text: &[u8], start: usize) -> Arrival {
    let mut end = text.len();
    for at in start..text.len() {
        let next_is_blank = text.get(at + 1).is_none_or(|next| is_blank(*next));
        if text[at] == b':' && next_is_blank {
            return trace.refuse(": before a blank makes a key of the value");
        }
        if text[at] == b'#' && is_blank(text[at - 1]) {
            trace.because("# after a blank begins a comment");
            end = at;
            break;
        }
        if text[at] == b'\t' {
            trace.unknown("a tab is an error in some libraries");
        }
        trace.keep(at);
    }
    trace.trim_end(0, is_blank, "blanks after the value are removed");
    let kept = text[start..end].trim_ascii_end();
    if is_typed(kept) {
        trace.unknown("without quotes it is a number, a date or yes or no, not text");
    }
    trace.finish()
}

fn double(mut trace: Trace, text: &[u8], start: usize) -> Arrival {
    trace.because_at(start - 1, QUOTE);
    let mut at = start;
    loop {
        match text.get(at) {
            None => return trace.refuse(OPEN_QUOTE),
            Some(b'"') => return rest(trace, text, at + 1),
            Some(b'\\') => {
                trace.because("\\ begins an escape");
                at += 1;
                let mut digits = 0;
                let added = match text.get(at) {
                    Some(b'"' | b'\\' | b'/' | b' ' | b'\t') => {
                        trace.keep(at);
                        at += 1;
                        continue;
                    }
                    Some(b'0') => '\0',
                    Some(b'a') => '\x07',
                    Some(b'b') => '\x08',
                    Some(b't') => '\t',
                    Some(b'n') => '\n',
                    Some(b'v') => '\x0b',
                    Some(b'f') => '\x0c',
                    Some(b'r') => '\r',
                    Some(b'e') => '\x1b',
                    Some(b'N') => '\u{85}',
                    Some(b'_') => '\u{a0}',
                    Some(b'L') => '\u{2028}',
                    Some(b'P') => '\u{2029}',
                    Some(letter @ (b'x' | b'u' | b'U')) => {
                        digits = match letter {
                            b'x' => 2,
                            b'u' => 4,
                            _ => 8,
                        };
                        let number = text.get(at + 1..at + 1 + digits);
                        let number = number.and_then(|number| std::str::from_utf8(number).ok());
                        let number = number.and_then(|number| u32::from_str_radix(number, 16).ok());
                        let Some(character) = number.and_then(char::from_u32) else {
                            return trace.refuse("\\ begins no valid escape: the file is refused");
                        };
                        character
                    }
                    _ => return trace.refuse("\\ begins no valid escape: the file is refused"),
                };
                trace.add(added.encode_utf8(&mut [0; 4]).as_bytes());
                at += 1 + digits;
            }
            Some(_) => {
                trace.keep(at);
                at += 1;
            }
        }
    }
}

fn single(mut trace: Trace, text: &[u8], start: usize) -> Arrival {
    trace.because_at(start - 1, QUOTE);
    let mut at = start;
    loop {
        match (text.get(at), text.get(at + 1)) {
            (None, _) => return trace.refuse(OPEN_QUOTE),
            (Some(b'\''), Some(b'\'')) => {
                trace.because("'' is one ' in single quotes");
                trace.keep(at);
                at += 2;
            }
            (Some(b'\''), _) => return rest(trace, text, at + 1),
            (Some(_), _) => {
                trace.keep(at);
                at += 1;
            }
        }
    }
}

/// What is after the closing quote.
fn rest(mut trace: Trace, text: &[u8], start: usize) -> Arrival {
    let rest = &text[start..];
    match rest.trim_ascii_start().first() {
        None => trace.finish(),
        Some(b'#') if is_blank(rest[0]) => {
            trace.because("# after a blank begins a comment");
            trace.finish()
        }
        Some(b'#') => {
            trace.unknown("# after a quote is a comment or an error");
            trace.finish()
        }
        Some(_) => trace.refuse(AFTER_QUOTE),
    }
}

/// Whether YAML 1.1 or 1.2 reads a text without quotes as something other than text.
fn is_typed(text: &[u8]) -> bool {
    const WORDS: [&str; 16] = [
        "", "~", "null", "true", "false", "yes", "no", "on", "off", "y", "n", "=", "<<", ".inf",
        ".nan", "-.inf",
    ];
    let word = |word: &&str| word.as_bytes().eq_ignore_ascii_case(text);
    if WORDS.iter().any(word) || text.eq_ignore_ascii_case(b"+.inf") {
        return true;
    }
    let bare = text
        .strip_prefix(b"+")
        .or_else(|| text.strip_prefix(b"-"))
        .unwrap_or(text);
    // Digits and _, or one of these.
    let is_made_of = |text: &[u8], others: &[u8]| {
        let is_known =
            |octet: &u8| octet.is_ascii_digit() || *octet == b'_' || others.contains(octet);
        !text.is_empty() && text.iter().all(is_known)
    };
    let based = bare
        .strip_prefix(b"0x")
        .or_else(|| bare.strip_prefix(b"0o"));
    if let Some(number) = based.or_else(|| bare.strip_prefix(b"0b")) {
        return number
            .iter()
            .all(|octet| octet.is_ascii_hexdigit() || *octet == b'_');
    }
    if !bare.iter().any(u8::is_ascii_digit) {
        return false;
    }
    // 1:30 is 90, and 2026-11-30 a date; a time may follow.
    let is_time = bare.contains(&b':') && is_made_of(bare, b":.");
    let parts: Vec<&[u8]> = bare.splitn(3, |octet| *octet == b'-').collect();
    let is_date = match parts.as_slice() {
        [year, month, day] => {
            year.len() == 4
                && is_made_of(year, b"")
                && is_made_of(month, b"")
                && day.first().is_some_and(u8::is_ascii_digit)
        }
        _ => false,
    };
    let mantissa = bare
        .iter()
        .position(|octet| octet.eq_ignore_ascii_case(&b'e'));
    let (mantissa, exponent) = bare.split_at(mantissa.unwrap_or(bare.len()));
    let exponent = exponent.get(1..).unwrap_or_default();
    let exponent = exponent
        .strip_prefix(b"+")
        .or_else(|| exponent.strip_prefix(b"-"))
        .unwrap_or(exponent);
    let is_number = is_made_of(mantissa, b".") && exponent.iter().all(u8::is_ascii_digit);
    is_time || is_date || is_number
}

/// The value in single quotes; with control characters, in double quotes with escapes.
pub(super) fn literal(place: Place, value: &[u8]) -> Result<Zeroizing<Vec<u8>>, QuotingError> {
    let Ok(text) = std::str::from_utf8(value) else {
        let what = "octets that are not UTF-8";
        return Err(QuotingError::CannotHold { place, what });
    };
    let mut literal = Zeroizing::new(Vec::with_capacity(10 * value.len() + 2));
    if is_showable(value) {
        literal.push(b'\'');
        for &octet in value {
            if octet == b'\'' {
                literal.push(octet);
            }
            literal.push(octet);
        }
        literal.push(b'\'');
        return Ok(literal);
    }
    literal.push(b'"');
    for character in text.chars() {
        let mut buffer = [0; 4];
        let octets = character.encode_utf8(&mut buffer).as_bytes();
        match character {
            '"' | '\\' => {
                literal.push(b'\\');
                literal.extend_from_slice(octets);
            }
            _ if is_showable(octets) => literal.extend_from_slice(octets),
            _ => literal.extend_from_slice(format!("\\U{:08x}", u32::from(character)).as_bytes()),
        }
    }
    literal.push(b'"');
    Ok(literal)
}
