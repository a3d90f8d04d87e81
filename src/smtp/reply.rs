//! Parses lines into replies. An invalid reply is not an error, but a value with a list of
//! oddities: a console must show whatever a server sends.

use super::code::{Class, Code, EnhancedCode};
use super::line::{Ending, Line};
use super::oddity::{Oddities, Oddity};
use super::phase::Awaited;

/// The maximum number of lines in a reply; reading pauses there.
pub const REPLY_LINES_CAP: usize = 10_000;
/// The maximum number of octets in a reply; reading pauses there.
pub const REPLY_BYTES_CAP: usize = 1024 * 1024;

/// The position of a line in its reply.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// The only line.
    Only,
    /// The first of several lines.
    First,
    /// A line between the first and the last.
    Middle,
    /// The last of several lines.
    Last,
}

impl Part {
    /// Whether it is the first line.
    pub const fn begins(self) -> bool {
        matches!(self, Self::Only | Self::First)
    }

    /// Whether it is the last line.
    pub const fn ends(self) -> bool {
        matches!(self, Self::Only | Self::Last)
    }
}

/// A parsed line of a reply.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ReplyLine<'a> {
    /// The code, if the line begins with one.
    pub code: Option<Code>,
    /// Whether a hyphen after the code announces more lines.
    pub more: bool,
    /// The enhanced code at the start of the text.
    pub enhanced: Option<EnhancedCode>,
    /// The text after the code and its separator.
    pub text: &'a [u8],
    /// Deviations from the standard.
    pub oddities: Oddities,
}

impl<'a> ReplyLine<'a> {
    /// Parses a line of a reply (RFC 5321 section 4.2.1). Accepts a bare code without a space, as
    /// section 4.2 requires.
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
    /// The code of the first line, if it has one.
    pub first_code: Option<Code>,
    /// The code of the last line that has one.
    pub last_code: Option<Code>,
    /// The first enhanced code in the reply.
    pub enhanced: Option<EnhancedCode>,
    /// The text of each line, up to [`REPLY_LINES_CAP`] lines and [`REPLY_BYTES_CAP`] octets.
    pub texts: Vec<Box<[u8]>>,
    /// Deviations from the standard in any of its lines.
    pub oddities: Oddities,
}

impl Reply {
    /// Whether it is unexpected: unsolicited, a 421, or not a reply to what was sent. Nothing is sent
    /// automatically after such a reply.
    pub fn is_unexpected(&self, awaited: Option<Awaited>) -> bool {
        let Some((awaited, code)) = awaited.zip(self.code()) else {
            return true;
        };
        let odd = [
            Oddity::CodeChanged,
            Oddity::CodeOutOfRange,
            Oddity::Unfinished,
        ];
        code.number() == 421
            || !awaited.expects(code)
            || odd.into_iter().any(|oddity| self.oddities.contains(oddity))
    }

    /// Whether its text has one of these words, in any letter case.
    pub fn mentions(&self, words: &[&str]) -> bool {
        let is_one = |part: &[u8]| {
            let mut words = words.iter();
            words.any(|word| part.eq_ignore_ascii_case(word.as_bytes()))
        };
        let mut texts = self.texts.iter();
        texts.any(|text| {
            text.split(|octet| !octet.is_ascii_alphanumeric())
                .any(is_one)
        })
    }

    /// Whether it says that the client is logged in already.
    pub fn claims_login(&self) -> bool {
        let text = String::from_utf8_lossy(&self.texts.concat()).to_ascii_lowercase();
        let words = ["authenticated", "logged in", "authorized"];
        text.contains("already") && words.iter().any(|word| text.contains(word))
    }

    /// The effective code: that of the last line, unless the first line is a refusal; then the
    /// reply is a refusal, whatever follows.
    pub fn code(&self) -> Option<Code> {
        match self.first_code {
            Some(first) if first.is_negative() => Some(first),
            _ => self.last_code,
        }
    }
}

/// Assembles the lines of a reply.
#[derive(Debug, Default)]
pub struct ReplyReader {
    reply: Option<Reply>,
    lines: usize,
    bytes: usize,
    /// The last line was a piece of an overlong line: the code of that line, and whether more lines
    /// follow it.
    long_line: Option<(Option<Code>, bool)>,
}

/// The result of adding a line to the current reply.
#[derive(Debug, PartialEq, Eq)]
pub struct ReplyProgress {
    /// The position of the line in the reply.
    pub part: Part,
    /// Deviations from the standard, also in relation to the lines before it.
    pub oddities: Oddities,
    /// The code of the line.
    pub code: Option<Code>,
    /// The reply, if the line completed it.
    pub reply: Option<Reply>,
}

impl ReplyReader {
    /// Adds the next line.
    pub fn push(&mut self, line: &Line) -> ReplyProgress {
        let long_line = self.long_line.take();
        let mut parsed = match long_line {
            // The rest of an overlong line has no code of its own: that of the line applies.
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

        // A line without a code belongs to the reply that has begun; otherwise it is a reply of its
        // own.
        let stray_inside = parsed.code.is_none() && !begins && long_line.is_none();
        let continues = parsed.more || stray_inside;
        let capped = line.ending == Ending::Cap;
        self.long_line = capped.then_some((parsed.code, continues));
        let more = (continues || capped) && line.ending != Ending::Cut;
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
        ReplyProgress {
            part,
            oddities: parsed.oddities,
            code: parsed.code,
            reply,
        }
    }

    /// Whether a reply has begun but is not complete.
    pub fn in_reply(&self) -> bool {
        self.reply.is_some()
    }

    /// The code of a line and that of the reply that has begun, if they differ: the line may begin
    /// the next reply. `None` for a piece of an overlong line, which has no code of its own.
    pub fn changed_code(&self, line: &Line) -> Option<(Code, Code)> {
        let open = self.reply.as_ref()?.first_code?;
        let code = Code::parse(&line.bytes).filter(|code| *code != open)?;
        self.long_line.is_none().then_some((open, code))
    }

    /// Takes the reply that has begun, although its last line is missing.
    pub fn take_unfinished(&mut self) -> Option<Reply> {
        let mut reply = std::mem::take(self).reply?;
        reply.oddities.insert(Oddity::Unfinished);
        Some(reply)
    }

    /// Whether the reply that has begun has no code, so it answers nothing.
    pub fn in_stray(&self) -> bool {
        self.reply
            .as_ref()
            .is_some_and(|reply| reply.first_code.is_none())
    }

    /// The number of lines and octets of the incomplete reply.
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
    fn parses_lines_and_finds_their_oddities() {
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
    fn the_last_code_counts_unless_the_first_is_a_refusal() {
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
