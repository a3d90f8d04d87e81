//! Arguments in PowerShell: about_Quoting_Rules, about_Parsing, about_Special_Characters. Typographic
//! quotes count as quotes.

use zeroize::Zeroizing;

use super::arrival::Arrival;
use super::error::QuotingError;
use super::place::Place;
use super::trace::Trace;
use super::written::is_showable;

const VARIABLE: &str = "$ begins a variable, which is empty if it is not set";
const BACKTICK: &str = "` is removed: it protects or changes the character after it";
const OPEN_QUOTE: &str = "a quote is not closed: PowerShell waits for the other one";
const QUOTE_ENDS: &str = "a quote in the value, also a typographic one, ends it";

const SINGLE: [&[u8]; 5] = [
    b"'",
    "\u{2018}".as_bytes(),
    "\u{2019}".as_bytes(),
    "\u{201a}".as_bytes(),
    "\u{201b}".as_bytes(),
];
const DOUBLE: [&[u8]; 4] = [
    b"\"",
    "\u{201c}".as_bytes(),
    "\u{201d}".as_bytes(),
    "\u{201e}".as_bytes(),
];

/// The length of the quote at the beginning of a text.
fn quote(quotes: &[&[u8]], text: &[u8]) -> Option<usize> {
    let found = quotes.iter().find(|quote| text.starts_with(quote));
    found.map(|quote| quote.len())
}

/// What arrives if the value is written between these quotes: none, `"` or `'`.
pub(super) fn argument(around: &[u8], value: &[u8]) -> Arrival {
    let mut trace = Trace::new(around, value, around);
    let text = trace.text();
    if text.contains(&b'\n') || text.contains(&b'\r') {
        trace.unknown("a line break ends the command or stays");
        return trace.finish();
    }
    let mut reader = Reader {
        text: &text,
        at: 0,
        trace,
    };
    let refused = match around {
        b"'" => reader.single(),
        b"\"" => reader.double(),
        _ => reader.bare(),
    };
    match refused {
        Some(reason) => reader.trace.refuse(reason),
        None => reader.trace.finish(),
    }
}

struct Reader<'a> {
    text: &'a [u8],
    at: usize,
    trace: Trace,
}

impl Reader<'_> {
    fn rest(&self) -> &[u8] {
        &self.text[self.at..]
    }

    fn keep(&mut self, length: usize) {
        for at in self.at..self.at + length {
            self.trace.keep(at);
        }
        self.at += length;
    }

    fn single(&mut self) -> Option<&'static str> {
        self.quoted(&SINGLE, false)
    }

    fn double(&mut self) -> Option<&'static str> {
        self.quoted(&DOUBLE, true)
    }

    fn quoted(&mut self, quotes: &[&[u8]], expands: bool) -> Option<&'static str> {
        self.at += quote(quotes, self.rest()).unwrap_or(0);
        while !self.rest().is_empty() {
            if let Some(length) = quote(quotes, self.rest()) {
                self.at += length;
                match quote(quotes, self.rest()) {
                    Some(length) => {
                        self.trace.because("two quotes in a row are one");
                        self.keep(length);
                        continue;
                    }
                    None if self.rest().is_empty() => return None,
                    None => {
                        self.trace.because(QUOTE_ENDS);
                        self.trace
                            .unknown("the rest is another argument, or an error");
                        return None;
                    }
                }
            }
            match self.rest()[0] {
                b'`' if expands => self.backtick(),
                b'$' if expands => self.dollar(),
                _ => self.keep(1),
            }
        }
        Some(OPEN_QUOTE)
    }

    fn bare(&mut self) -> Option<&'static str> {
        let begin = self
            .rest()
            .iter()
            .take_while(|octet| matches!(octet, b' ' | b'\t'))
            .count();
        if begin > 0 {
            self.trace
                .because("a blank before the word is no part of it");
            self.at += begin;
        }
        if quote(&SINGLE, self.rest()).is_some() {
            return self.single();
        }
        if quote(&DOUBLE, self.rest()).is_some() {
            return self.double();
        }
        let begin = self.at;
        while let Some(octet) = self.rest().first() {
            let first = self.at == begin;
            match octet {
                b' ' | b'\t' => {
                    self.trace
                        .because("a blank ends the word: the rest is another argument");
                    return None;
                }
                b';' | b'|' => {
                    self.trace.because("; and | end the command");
                    return None;
                }
                b'#' if first => {
                    self.trace.because("# begins a comment");
                    return None;
                }
                b'<' => return Some("< is an error without quotes"),
                b'@' if first => self.unknown("@ at the beginning is a list or splatting"),
                b'(' | b')' | b'{' | b'}' => self.unknown("( ) and { } begin an expression"),
                b'&' | b'>' | b',' => self.unknown("& > and , have a meaning without quotes"),
                b'`' => self.backtick(),
                b'$' => self.dollar(),
                b'-' if first => {
                    self.trace
                        .because("- at the beginning makes it a parameter");
                    self.keep(1);
                }
                _ if quote(&SINGLE, self.rest())
                    .or(quote(&DOUBLE, self.rest()))
                    .is_some() =>
                {
                    self.unknown("quotes are removed, also typographic ones");
                }
                _ => self.keep(1),
            }
        }
        None
    }

    fn unknown(&mut self, reason: &'static str) {
        self.trace.unknown(reason);
        self.keep(1);
    }

    fn backtick(&mut self) {
        let Some(&letter) = self.text.get(self.at + 1) else {
            self.trace.because("` at the end joins the next line");
            self.at += 1;
            return;
        };
        self.trace.because(BACKTICK);
        self.at += 1;
        let control = match letter {
            b'0' => b'\0',
            b'a' => b'\x07',
            b'b' => b'\x08',
            b'f' => b'\x0c',
            b'n' => b'\n',
            b'r' => b'\r',
            b't' => b'\t',
            b'v' => b'\x0b',
            b'e' | b'u' => return self.unknown("`e and `u depend on the version"),
            _ => return self.keep(1),
        };
        self.trace.add(&[control]);
        self.at += 1;
    }

    fn dollar(&mut self) {
        let name = |octet: &u8| octet.is_ascii_alphanumeric() || *octet == b'_' || *octet >= 0x80;
        match self.text.get(self.at + 1) {
            Some(b'(' | b'{') => self.unknown("$( and ${ begin an expression"),
            Some(b'$' | b'?' | b'^') => self.unknown("$$ $? $^ are variables of PowerShell itself"),
            Some(b':') => self.unknown("$: names a variable of another scope"),
            Some(first) if name(first) => {
                self.trace.because(VARIABLE);
                self.at += 1;
                let length = self.rest().iter().take_while(|octet| name(octet)).count();
                self.at += length;
                if matches!(self.rest().first(), Some(b':' | b'.' | b'[' | b'?')) {
                    self.trace
                        .unknown("after a variable, : . [ and ? may belong to it");
                }
            }
            _ => self.keep(1),
        }
    }
}

/// The value in single quotes, with each quote doubled.
pub(super) fn literal(value: &[u8]) -> Result<Zeroizing<Vec<u8>>, QuotingError> {
    if !is_showable(value) {
        let what = "control characters, or octets that are not UTF-8";
        return Err(QuotingError::CannotHold {
            place: Place::PowerShell,
            what,
        });
    }
    let mut literal = Zeroizing::new(Vec::with_capacity(2 * value.len() + 2));
    literal.push(b'\'');
    let mut at = 0;
    while at < value.len() {
        let length = quote(&SINGLE, &value[at..]);
        let piece = &value[at..at + length.unwrap_or(1)];
        literal.extend_from_slice(piece);
        if length.is_some() {
            literal.extend_from_slice(piece);
        }
        at += piece.len();
    }
    literal.push(b'\'');
    Ok(literal)
}
