//! Lines of `.env` files, as their most used readers take them: dotenv of Node (README, Rules), dotenv
//! of Python (README, File format) and Docker Compose ("Syntax for environment files"). They differ.

use zeroize::Zeroizing;

use super::arrival::Arrival;
use super::compose::{Interpolated, interpolate};
use super::error::QuotingError;
use super::place::Place;
use super::trace::Trace;
use super::written::is_showable;

const QUOTE: &str = "quotes around the value are removed";

/// A program that reads `.env` files.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Reader {
    Node,
    Python,
    Compose,
}

/// What a reader takes from a line.
enum Read {
    Text(Zeroizing<Vec<u8>>),
    Refused(&'static str),
    Unknown(&'static str),
}

impl Reader {
    pub(super) const ALL: [Self; 3] = [Self::Node, Self::Python, Self::Compose];

    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Node => "Node's dotenv",
            Self::Python => "python-dotenv",
            Self::Compose => "Docker Compose",
        }
    }

    /// What arrives of a value that is written between two texts.
    pub(super) fn arrival(self, before: &[u8], value: &[u8], after: &[u8]) -> Arrival {
        let text = Zeroizing::new([before, value, after].concat());
        let mut trace = Trace::new(b"", value, b"");
        match self.read(&text) {
            Read::Text(read) => {
                trace.keep_common(&read);
                if *read != *value {
                    self.explain(&mut trace, value, !before.is_empty());
                }
                trace.finish()
            }
            Read::Refused(reason) => trace.refuse(reason),
            Read::Unknown(reason) => {
                trace.unknown(reason);
                trace.finish()
            }
        }
    }

    /// Adds the reasons why a value is not read as it is, in quotes or without.
    fn explain(self, trace: &mut Trace, value: &[u8], in_quotes: bool) {
        let trimmed = value.trim_ascii();
        let quoted = matches!(trimmed.first(), Some(b'"' | b'\'' | b'`'));
        if quoted && !in_quotes {
            trace.because(QUOTE);
        }
        if !in_quotes && value.contains(&b'#') {
            trace.because(match self {
                Self::Node => "# begins a comment, also in a word",
                Self::Python | Self::Compose => "# after a blank begins a comment",
            });
        }
        if !in_quotes && trimmed.len() < value.len() {
            trace.because("blanks around the value are removed");
        }
        if self != Self::Node && value.contains(&b'$') {
            trace.because("$ begins a variable, which is empty if it is not set");
        }
        if (quoted || in_quotes) && value.contains(&b'\\') {
            trace.because("\\ begins an escape");
        }
    }

    /// Reads what is after `NAME=`, up to the end of the file.
    fn read(self, text: &[u8]) -> Read {
        if text.contains(&b'\n') || text.contains(&b'\r') {
            return Read::Unknown("a line break ends the line, or not, as the readers differ");
        }
        if std::str::from_utf8(text).is_err() {
            return Read::Unknown("the readers expect UTF-8");
        }
        match self {
            Self::Node => Read::Text(node(text)),
            Self::Python => python(text),
            Self::Compose => compose(text),
        }
    }
}

/// Whether only a comment or nothing is left of a line.
fn is_rest(text: &[u8]) -> bool {
    matches!(text.trim_ascii_start().first(), None | Some(b'#'))
}

/// The last quote that can close the value that begins with one: those before it have a `\` before
/// them.
fn closing(text: &[u8], is_rest: fn(&[u8]) -> bool) -> Option<usize> {
    let quote = text[0];
    let mut found = None;
    for at in 1..text.len() {
        if text[at] == quote {
            if is_rest(&text[at + 1..]) {
                found = Some(at);
            }
            if text[at - 1] != b'\\' || at == 1 {
                break;
            }
        }
    }
    found
}

fn node(text: &[u8]) -> Zeroizing<Vec<u8>> {
    let text = text.trim_ascii();
    let quoted = match text.first() {
        Some(b'"' | b'\'' | b'`') => closing(text, is_rest),
        _ => None,
    };
    let value = match quoted {
        Some(end) => &text[..=end],
        None => text
            .split(|octet| *octet == b'#')
            .next()
            .unwrap_or_default()
            .trim_ascii(),
    };
    let is_double = value.first() == Some(&b'"');
    let value = match value {
        [first @ (b'"' | b'\'' | b'`'), inner @ .., last] if first == last => inner,
        _ => value,
    };
    if is_double {
        return unescape(value, b"nr");
    }
    Zeroizing::new(value.to_vec())
}

fn python(text: &[u8]) -> Read {
    let text = text.trim_ascii_start();
    let value = match text.first() {
        Some(quote @ (b'"' | b'\'')) => {
            let Some(end) = closing(text, |_| true) else {
                return Read::Refused("a quote is not closed: the line is ignored");
            };
            if !is_rest(&text[end + 1..]) {
                return Read::Refused("a quote in the value ends it: the line is ignored");
            }
            let escapes: &[u8] = if *quote == b'"' {
                b"\\'\"abfnrtv"
            } else {
                b"\\'"
            };
            unescape(&text[1..end], escapes)
        }
        _ => {
            let comment = text
                .windows(2)
                .position(|two| two[0].is_ascii_whitespace() && two[1] == b'#');
            Zeroizing::new(
                text[..comment.unwrap_or(text.len())]
                    .trim_ascii_end()
                    .to_vec(),
            )
        }
    };
    // ${NAME} is replaced, also in quotes; NAME is anything but } and :.
    let mut replaced = Zeroizing::new(Vec::with_capacity(value.len()));
    let mut rest = &value[..];
    while let Some(&octet) = rest.first() {
        if let Some(inside) = rest.strip_prefix(b"${")
            && let Some(end) = inside.iter().position(|octet| matches!(octet, b'}' | b':'))
        {
            if inside[end] == b'}' {
                rest = &inside[end + 1..];
                continue;
            }
            if inside[end..].starts_with(b":-") && inside[end..].contains(&b'}') {
                return Read::Unknown("${ begins a variable with a default");
            }
        }
        replaced.push(octet);
        rest = &rest[1..];
    }
    Read::Text(replaced)
}

fn compose(text: &[u8]) -> Read {
    let text = text.trim_ascii_start();
    let value = match text.first() {
        Some(quote @ (b'"' | b'\'')) => {
            let mut chars = Zeroizing::new(Vec::with_capacity(text.len()));
            let mut escaped = false;
            let mut end = None;
            for (at, octet) in text.iter().enumerate().skip(1) {
                if octet == quote && !escaped {
                    end = Some(at);
                    break;
                }
                if escaped && octet != quote {
                    chars.push(b'\\');
                }
                if *octet == b'\\' && !escaped {
                    escaped = true;
                    continue;
                }
                chars.push(*octet);
                escaped = false;
            }
            let Some(end) = end else {
                return Read::Refused("a quote is not closed: Compose stops");
            };
            if !is_rest(&text[end + 1..]) {
                return Read::Refused("a quote in the value ends it: Compose stops");
            }
            if *quote == b'\'' {
                return Read::Text(chars);
            }
            if chars
                .windows(2)
                .any(|two| two[0] == b'\\' && two[1].is_ascii_digit())
            {
                return Read::Unknown("\\ and digits are a character by its number");
            }
            compose_escapes(&chars)
        }
        _ => {
            let comment = text.windows(2).position(|two| two == b" #");
            Zeroizing::new(
                text[..comment.unwrap_or(text.len())]
                    .trim_ascii_end()
                    .to_vec(),
            )
        }
    };
    match interpolate(&value) {
        Interpolated::Text(text) => Read::Text(text),
        Interpolated::Invalid => Read::Refused("${ begins no valid variable: Compose stops"),
        Interpolated::Unknown => {
            Read::Unknown("${ begins a variable with a default or a condition")
        }
    }
}

/// Replaces the escapes of double quotes in Compose; `\$` becomes `$$`, which is one `$` later.
fn compose_escapes(text: &[u8]) -> Zeroizing<Vec<u8>> {
    let mut replaced = Zeroizing::new(Vec::with_capacity(text.len()));
    let mut at = 0;
    while let Some(&octet) = text.get(at) {
        match text.get(at + 1) {
            Some(b'$') if octet == b'\\' => replaced.extend_from_slice(b"$$"),
            Some(letter) if octet == b'\\' && b"abfnrtv\"\\".contains(letter) => {
                replaced.push(control(*letter));
            }
            _ => {
                replaced.push(octet);
                at += 1;
                continue;
            }
        }
        at += 2;
    }
    replaced
}

/// Replaces `\` and one of these letters.
fn unescape(text: &[u8], letters: &[u8]) -> Zeroizing<Vec<u8>> {
    let mut replaced = Zeroizing::new(Vec::with_capacity(text.len()));
    let mut at = 0;
    while let Some(&octet) = text.get(at) {
        match text.get(at + 1) {
            Some(letter) if octet == b'\\' && letters.contains(letter) => {
                replaced.push(control(*letter));
                at += 2;
            }
            _ => {
                replaced.push(octet);
                at += 1;
            }
        }
    }
    replaced
}

/// The control character of a letter after a backslash; other characters stand for themselves.
const fn control(letter: u8) -> u8 {
    match letter {
        b'a' => b'\x07',
        b'b' => b'\x08',
        b'f' => b'\x0c',
        b'n' => b'\n',
        b'r' => b'\r',
        b't' => b'\t',
        b'v' => b'\x0b',
        other => other,
    }
}

/// The ways to write a value, those first that people expect.
fn spellings(value: &[u8]) -> Vec<Zeroizing<Vec<u8>>> {
    let around = |quote: &[u8]| Zeroizing::new([quote, value, quote].concat());
    let escaped = |quote: u8, special: &[u8]| {
        let mut text = Zeroizing::new(Vec::with_capacity(2 * value.len() + 2));
        text.push(quote);
        for octet in value {
            if special.contains(octet) {
                text.push(b'\\');
            }
            text.push(*octet);
        }
        text.push(quote);
        text
    };
    vec![
        around(b"'"),
        around(b"\""),
        around(b""),
        around(b"`"),
        escaped(b'\'', b"'"),
        escaped(b'\'', b"'\\"),
        escaped(b'"', b"\""),
        escaped(b'"', b"\"\\"),
        escaped(b'"', b"\"\\$"),
    ]
}

/// The literal that all readers understand, or one for each with its name.
pub(super) fn literals(
    value: &[u8],
) -> Result<Vec<(Option<&'static str>, Zeroizing<Vec<u8>>)>, QuotingError> {
    let cannot = |what| QuotingError::CannotHold {
        place: Place::Dotenv,
        what,
    };
    if !is_showable(value) {
        return Err(cannot("control characters, or octets that are not UTF-8"));
    }
    let spellings = spellings(value);
    let reads = |reader: Reader, spelling: &[u8]| match reader.read(spelling) {
        Read::Text(text) => *text == *value,
        Read::Refused(_) | Read::Unknown(_) => false,
    };
    let all =
        |spelling: &&Zeroizing<Vec<u8>>| Reader::ALL.iter().all(|reader| reads(*reader, spelling));
    if let Some(spelling) = spellings.iter().find(all) {
        return Ok(vec![(None, spelling.clone())]);
    }
    let own = |reader: Reader| {
        let spelling = spellings.iter().find(|spelling| reads(reader, spelling))?;
        Some((Some(reader.name()), spelling.clone()))
    };
    let literals: Vec<_> = Reader::ALL.into_iter().filter_map(own).collect();
    if literals.is_empty() {
        return Err(cannot("this mixture of quotes, \\ and ${"));
    }
    Ok(literals)
}
