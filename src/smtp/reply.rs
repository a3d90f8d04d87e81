//! Lines into replies. An odd reply is a value with its oddities listed, never an error: a console
//! has to show whatever came.

use super::code::{Class, Code, EnhancedCode};
use super::line::{Ending, Line};
use super::oddity::{Oddities, Oddity};

/// The most lines of one reply that are taken before reading pauses.
pub const REPLY_LINES_CAP: usize = 10_000;
/// The most octets of one reply that are taken before reading pauses.
pub const REPLY_BYTES_CAP: usize = 1024 * 1024;

/// Which part of its reply a line is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// The whole reply.
    Only,
    /// The first of several lines.
    First,
    /// One between the first and the last.
    Middle,
    /// The last of several lines.
    Last,
}

impl Part {
    /// Whether a reply begins with this line.
    pub const fn begins(self) -> bool {
        matches!(self, Self::Only | Self::First)
    }

    /// Whether the reply is complete with this line.
    pub const fn ends(self) -> bool {
        matches!(self, Self::Only | Self::Last)
    }
}

/// What a line of a reply says, read off its octets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ReplyLine<'a> {
    /// Its code, where it begins with one.
    pub code: Option<Code>,
    /// Whether a hyphen says that more lines follow.
    pub more: bool,
    /// The enhanced code its text begins with.
    pub enhanced: Option<EnhancedCode>,
    /// What stands behind the code and its separator.
    pub text: &'a [u8],
    /// What is odd about it.
    pub oddities: Oddities,
}

impl<'a> ReplyLine<'a> {
    /// Reads a line of a reply (RFC 5321 section 4.2.1). A bare code without a space is taken, as
    /// section 4.2 asks.
    pub fn parse(line: &'a Line) -> Self {
        let bytes = line.bytes.as_slice();
        let mut oddities = Oddities::of_octets(line);
        let Some(code) = Code::parse(bytes) else {
            oddities.insert(Oddity::NoCode);
            return Self {
                code: None,
                more: false,
                enhanced: None,
                text: bytes,
                oddities,
            };
        };
        if code.class() == Class::Unknown {
            oddities.insert(Oddity::CodeOutOfRange);
        }
        let (more, text) = match bytes.get(3) {
            None => (false, &bytes[3..]),
            Some(b' ') => (false, &bytes[4..]),
            Some(b'-') => (true, &bytes[4..]),
            Some(_) => {
                oddities.insert(Oddity::OddSeparator);
                (false, &bytes[3..])
            }
        };
        let enhanced = EnhancedCode::parse(text);
        if let Some(enhanced) = enhanced
            && u16::from(enhanced.class) != code.number() / 100
        {
            oddities.insert(Oddity::EnhancedMismatch);
        }
        Self {
            code: Some(code),
            more,
            enhanced,
            text,
            oddities,
        }
    }
}

/// A complete reply.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reply {
    /// The code of its first line; none when that line had none.
    pub first_code: Option<Code>,
    /// The code of its last line that had one.
    pub last_code: Option<Code>,
    /// The first enhanced code in it.
    pub enhanced: Option<EnhancedCode>,
    /// The text of each line, up to [`REPLY_LINES_CAP`] lines and [`REPLY_BYTES_CAP`] octets.
    pub texts: Vec<Box<[u8]>>,
    /// What was odd about its lines.
    pub oddities: Oddities,
}

impl Reply {
    /// The code to act on: that of the last line, but a reply that began with a refusal stays one
    /// whatever its later lines say.
    pub fn code(&self) -> Option<Code> {
        match self.first_code {
            Some(first) if first.is_negative() => Some(first),
            _ => self.last_code,
        }
    }
}

/// Collects the lines of one reply.
#[derive(Debug, Default)]
pub struct ReplyReader {
    reply: Option<Reply>,
    lines: usize,
    bytes: usize,
    /// A piece of a capped line came last: its line's code, and whether more lines follow it.
    long_line: Option<(Option<Code>, bool)>,
}

/// What a line did to the reply that is being read.
#[derive(Debug, PartialEq, Eq)]
pub struct Step {
    /// Which part of the reply the line is.
    pub part: Part,
    /// What is odd about the line, also as seen from the lines before it.
    pub oddities: Oddities,
    /// The line's code.
    pub code: Option<Code>,
    /// The reply, when the line completed it.
    pub reply: Option<Reply>,
}

impl ReplyReader {
    /// Takes the next line.
    pub fn push(&mut self, line: &Line) -> Step {
        let long_line = self.long_line.take();
        let mut parsed = match long_line {
            // The tail of a long line has no code of its own; it carries its line's fate.
            Some((code, more)) => ReplyLine {
                code,
                more,
                enhanced: None,
                text: &line.bytes,
                oddities: Oddities::of_octets(line),
            },
            None => ReplyLine::parse(line),
        };
        let begins = self.reply.is_none();
        let reply = self.reply.get_or_insert_with(|| Reply {
            first_code: parsed.code,
            last_code: None,
            enhanced: None,
            texts: Vec::new(),
            oddities: Oddities::NONE,
        });
        if !begins && parsed.code.is_some() && parsed.code != reply.first_code {
            parsed.oddities.insert(Oddity::CodeChanged);
        }
        reply.last_code = parsed.code.or(reply.last_code);
        reply.enhanced = reply.enhanced.or(parsed.enhanced);
        reply.oddities.extend(parsed.oddities);
        self.lines += usize::from(long_line.is_none());
        self.bytes += line.bytes.len();
        if self.lines <= REPLY_LINES_CAP && self.bytes <= REPLY_BYTES_CAP {
            match reply.texts.last_mut().filter(|_| long_line.is_some()) {
                Some(head) => *head = [head, parsed.text].concat().into(),
                None => reply.texts.push(parsed.text.into()),
            }
        }

        // A line without a code inside a reply is part of it; alone it is a reply of its own.
        let lost_inside = parsed.code.is_none() && !begins && long_line.is_none();
        let goes_on = parsed.more || lost_inside;
        let capped = line.ending == Ending::Cap;
        self.long_line = capped.then_some((parsed.code, goes_on));
        let more = (goes_on || capped) && line.ending != Ending::Cut;
        let part = match (begins, more) {
            (true, true) => Part::First,
            (true, false) => Part::Only,
            (false, true) => Part::Middle,
            (false, false) => Part::Last,
        };
        let reply = (!more).then(|| self.reply.take()).flatten();
        if reply.is_some() {
            (self.lines, self.bytes) = (0, 0);
        }
        Step {
            part,
            oddities: parsed.oddities,
            code: parsed.code,
            reply,
        }
    }

    /// Whether a reply has begun and is not complete.
    pub fn in_reply(&self) -> bool {
        self.reply.is_some()
    }

    /// Whether what has begun has no code, and so is no reply to anything.
    pub fn in_stray(&self) -> bool {
        self.reply
            .as_ref()
            .is_some_and(|reply| reply.first_code.is_none())
    }

    /// How many lines and octets the unfinished reply has so far.
    pub fn size(&self) -> (usize, usize) {
        (self.lines, self.bytes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(bytes: &[u8]) -> Line {
        Line {
            bytes: bytes.to_vec(),
            ending: Ending::CrLf,
        }
    }

    #[test]
    fn a_line_says_what_it_says_and_what_is_odd_about_it() {
        use Oddity::*;
        let table: &[(&[u8], Option<u16>, bool, &[u8], &[Oddity])] = &[
            (b"250 ok", Some(250), false, b"ok", &[]),
            (b"250-ok", Some(250), true, b"ok", &[]),
            (b"250", Some(250), false, b"", &[]),
            (b"250 ", Some(250), false, b"", &[]),
            (b"334 ", Some(334), false, b"", &[]),
            (b"2500 x", Some(250), false, b"0 x", &[OddSeparator]),
            (b"25 x", None, false, b"25 x", &[NoCode]),
            (b"25O x", None, false, b"25O x", &[NoCode]),
            (b" 250 x", None, false, b" 250 x", &[NoCode]),
            (b"", None, false, b"", &[NoCode]),
            (b"-25 x", None, false, b"-25 x", &[NoCode]),
            (
                "\u{ff12}\u{ff15}\u{ff10} x".as_bytes(),
                None,
                false,
                "\u{ff12}\u{ff15}\u{ff10} x".as_bytes(),
                &[NoCode],
            ),
            (b"999 x", Some(999), false, b"x", &[CodeOutOfRange]),
            (b"000 x", Some(0), false, b"x", &[CodeOutOfRange]),
            (b"250 a\0b", Some(250), false, b"a\0b", &[Nul]),
            (b"250 a\rb", Some(250), false, b"a\rb", &[BareCr]),
            (b"250 a\xffb", Some(250), false, b"a\xffb", &[InvalidUtf8]),
            (
                b"250 5.1.1 no",
                Some(250),
                false,
                b"5.1.1 no",
                &[EnhancedMismatch],
            ),
            (b"550 5.1.1 no", Some(550), false, b"5.1.1 no", &[]),
        ];
        for (bytes, code, more, text, oddities) in table {
            let line = line(bytes);
            let parsed = ReplyLine::parse(&line);
            assert_eq!(parsed.code.map(Code::number), *code, "{bytes:?}");
            assert_eq!((parsed.more, parsed.text), (*more, *text), "{bytes:?}");
            assert_eq!(
                parsed.oddities.iter().collect::<Vec<_>>(),
                *oddities,
                "{bytes:?}"
            );
        }
    }

    #[test]
    fn the_code_to_act_on_is_the_last_but_a_refusal_stays_one() {
        let table: &[(&[&str], u16)] = &[
            (&["250-a", "250 b"], 250),
            (&["250-a", "550-b", "250 c"], 250),
            (&["550-a", "550-b", "250 c"], 550),
            (&["250-a", "oddly in between", "550 c"], 550),
        ];
        for (lines, expected) in table {
            let mut reader = ReplyReader::default();
            let mut last = None;
            for text in *lines {
                last = reader.push(&line(text.as_bytes())).reply;
            }
            assert_eq!(
                last.unwrap().code().unwrap().number(),
                *expected,
                "{lines:?}"
            );
        }
    }
}
