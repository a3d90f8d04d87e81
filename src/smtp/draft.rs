//! What there is to say about a message before it goes: marks for single lines, findings for the
//! whole. Nothing here changes a message, and no finding keeps it from being sent.

use std::fmt;

use super::event::SessionStatus;
use super::extension::{Capabilities, SizeLimit};
use super::phase::Phase;

/// The longest line of a message, in octets without its CR LF (RFC 5322 section 2.1.1).
pub const LINE_LIMIT: usize = 998;

/// Whether octets over 127 may stand in the message (RFC 6152).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum EightBit {
    /// They may, or it is not known yet.
    #[default]
    Fine,
    /// The server does not offer 8BITMIME.
    NotOffered,
    /// It does, but MAIL did not say `BODY=8BITMIME`.
    NotAsked,
}

/// What the server and the transaction let a message be.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Terms {
    /// Octets over 127.
    pub eight_bit: EightBit,
    /// MAIL said SMTPUTF8: headers may hold more than ASCII (RFC 6531).
    pub utf8: bool,
    /// The largest message in octets, where the server named one (RFC 1870).
    pub size: Option<u64>,
}

impl Terms {
    /// The terms of where a dialogue stands.
    pub fn of(status: &SessionStatus) -> Self {
        let open = matches!(status.phase, Phase::Transaction { .. } | Phase::Message);
        let early = matches!(
            status.phase,
            Phase::Offline | Phase::Greeting | Phase::Greeted | Phase::Handshake
        );
        let capabilities = status.capabilities.current();
        let offers = |name| capabilities.is_some_and(|capabilities| capabilities.offers(name));
        let eight_bit = match (offers("8BITMIME"), open) {
            _ if early => EightBit::Fine,
            (false, _) => EightBit::NotOffered,
            (true, true) if !status.envelope.eight_bit => EightBit::NotAsked,
            (true, _) => EightBit::Fine,
        };
        let size = match capabilities.and_then(Capabilities::size) {
            Some(SizeLimit::Octets(octets)) => Some(octets),
            _ => None,
        };
        Self {
            eight_bit,
            utf8: if open {
                status.envelope.utf8
            } else {
                early || offers("SMTPUTF8")
            },
            size,
        }
    }
}

/// What is wrong with a line, worst first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Fault {
    /// A LF without its CR.
    BareLf,
    /// A CR without its LF.
    BareCr,
    /// Over [`LINE_LIMIT`] octets.
    TooLong,
    /// Octets over 127 that the terms do not allow.
    EightBit,
}

impl Fault {
    /// Its mark, of at most four characters.
    pub const fn mark(self) -> &'static str {
        match self {
            Self::BareLf => "LF",
            Self::BareCr => "CR",
            Self::TooLong => ">998",
            Self::EightBit => "8b",
        }
    }

    fn is_in(self, line: &str, terms: &Terms) -> bool {
        match self {
            Self::BareLf => line.contains('\n'),
            Self::BareCr => line.contains('\r'),
            Self::TooLong => line.len() > LINE_LIMIT,
            Self::EightBit => terms.eight_bit != EightBit::Fine && !line.is_ascii(),
        }
    }
}

/// The worst fault of a line, given without its CR LF.
pub fn fault(line: &str, terms: &Terms) -> Option<Fault> {
    [
        Fault::BareLf,
        Fault::BareCr,
        Fault::TooLong,
        Fault::EightBit,
    ]
    .into_iter()
    .find(|fault| fault.is_in(line, terms))
}

/// Something to say about a message. Lines are counted from 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Finding {
    /// A line that is no header stands before the first blank line, or there is no blank line.
    NoBlankLine(usize),
    /// No From, which RFC 5322 section 3.6 requires.
    NoFrom,
    /// No Date, which RFC 5322 section 3.6 requires.
    NoDate,
    /// A header holds more than ASCII without SMTPUTF8.
    HeaderNotAscii(usize),
    /// A NUL (RFC 5321 section 4.5.2).
    Nul(usize),
    /// Lines with such a fault: the first, and how many.
    Lines(Fault, usize, usize),
    /// 8BITMIME is offered and was not asked for: the first line that needs it.
    EightBitNotAsked(usize),
    /// A line that is a lone dot and no end.
    LoneDot(usize),
    /// Larger than the server takes.
    TooLarge {
        /// Its octets, CR LF included, without stuffed dots.
        octets: u64,
        /// The server's limit.
        limit: u64,
    },
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Self::NoBlankLine(line) => {
                write!(f, "no blank line after the headers (line {line})")
            }
            Self::NoFrom => write!(f, "no From header (RFC 5322 s3.6)"),
            Self::NoDate => write!(f, "no Date header (RFC 5322 s3.6)"),
            Self::HeaderNotAscii(line) => {
                write!(
                    f,
                    "line {line}: more than ASCII in a header, without SMTPUTF8"
                )
            }
            Self::Nul(line) => write!(f, "line {line}: a NUL, which no message may hold"),
            Self::Lines(fault, first, count) => {
                let words = match fault {
                    Fault::BareLf => "a bare LF, sent as CR LF",
                    Fault::BareCr => "a bare CR, sent as CR LF",
                    Fault::TooLong => "over 998 octets (RFC 5322 s2.1.1)",
                    Fault::EightBit => "8-bit, and 8BITMIME is not offered",
                };
                write_lines(f, first, count, words)
            }
            Self::EightBitNotAsked(line) => {
                write!(f, "line {line}: 8-bit, but MAIL had no BODY=8BITMIME")
            }
            Self::LoneDot(line) => {
                write!(
                    f,
                    "line {line} is a lone dot: it goes as two, and arrives as one"
                )
            }
            Self::TooLarge { octets, limit } => {
                write!(f, "{octets} octets, and the server takes {limit}")
            }
        }
    }
}

fn write_lines(f: &mut fmt::Formatter<'_>, first: usize, count: usize, words: &str) -> fmt::Result {
    write!(f, "line {first}")?;
    if count > 1 {
        write!(f, " and {} more", count - 1)?;
    }
    write!(f, ": {words}")
}

/// All there is to say about a message of these lines, each without its CR LF. `beside` is what else
/// will go, in octets. An empty message has no findings.
pub fn findings(lines: &[impl AsRef<str>], beside: u64, terms: &Terms) -> Vec<Finding> {
    let lines = || lines.iter().map(AsRef::as_ref).zip(1..);
    if lines().all(|(line, _)| line.is_empty()) {
        return Vec::new();
    }
    let mut findings = head_findings(lines(), terms);
    findings.extend(lines().find_map(|(line, at)| line.contains('\0').then_some(Finding::Nul(at))));
    for fault in [
        Fault::BareLf,
        Fault::BareCr,
        Fault::TooLong,
        Fault::EightBit,
    ] {
        let mut faulty = lines().filter(|(line, _)| fault.is_in(line, terms));
        if let Some((_, first)) = faulty.next() {
            findings.push(match (fault, terms.eight_bit) {
                (Fault::EightBit, EightBit::NotAsked) => Finding::EightBitNotAsked(first),
                _ => Finding::Lines(fault, first, faulty.count() + 1),
            });
        }
    }
    findings.extend(lines().find_map(|(line, at)| (line == ".").then_some(Finding::LoneDot(at))));
    let octets = beside + lines().map(|(line, _)| line.len() as u64 + 2).sum::<u64>();
    let limit = terms.size.filter(|limit| octets > *limit);
    findings.extend(limit.map(|limit| Finding::TooLarge { octets, limit }));
    findings
}

/// What there is to say about the headers.
fn head_findings<'a>(lines: impl Iterator<Item = (&'a str, usize)>, terms: &Terms) -> Vec<Finding> {
    let mut findings = Vec::new();
    let (mut from, mut date, mut ended) = (false, false, None);
    let mut last = 0;
    for (line, at) in lines {
        last = at;
        if line.is_empty() {
            ended = Some(None);
            break;
        }
        let Some(name) = header_name(line) else {
            ended = Some(Some(at));
            break;
        };
        from |= name.eq_ignore_ascii_case("From");
        date |= name.eq_ignore_ascii_case("Date");
        if !line.is_ascii() && !terms.utf8 && findings.is_empty() {
            findings.push(Finding::HeaderNotAscii(at));
        }
    }
    if let Some(at) = ended.unwrap_or(Some(last)) {
        findings.insert(0, Finding::NoBlankLine(at));
    }
    if !from {
        findings.push(Finding::NoFrom);
    }
    if !date {
        findings.push(Finding::NoDate);
    }
    findings
}

/// The name of a header field (RFC 5322 section 3.6.8); an empty one for a folded line.
fn header_name(line: &str) -> Option<&str> {
    if line.starts_with([' ', '\t']) {
        return Some("");
    }
    let (name, _) = line.split_once(':')?;
    let name = name.trim_end_matches([' ', '\t']);
    (!name.is_empty() && name.bytes().all(|byte| byte.is_ascii_graphic())).then_some(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEAD: &str = "From: a@b\nDate: now\n";

    fn terms(words: &str) -> Terms {
        let has = |word| words.split(' ').any(|each| each == word);
        Terms {
            eight_bit: match (has("7bit"), has("unasked")) {
                (true, _) => EightBit::NotOffered,
                (_, true) => EightBit::NotAsked,
                _ => EightBit::Fine,
            },
            utf8: has("utf8"),
            size: has("size-100").then_some(100),
        }
    }

    #[test]
    fn messages_and_what_there_is_to_say() {
        // Terms, the text behind the headers above (or all of it, after "!"), the findings.
        let table: &[(&str, &str, &[&str])] = &[
            ("", "!", &[]),
            ("", "!\n", &[]),
            ("", "\nhello", &[]),
            ("", "hello", &["no blank line after the headers (line 3)"]),
            (
                "",
                "Subject: x",
                &["no blank line after the headers (line 3)"],
            ),
            ("", "Subject: x\n\tfolded\n\nhello", &[]),
            (
                "",
                "!\nhello",
                &[
                    "no From header (RFC 5322 s3.6)",
                    "no Date header (RFC 5322 s3.6)",
                ],
            ),
            ("", "!FROM : a@b\ndate: x\n\nhello", &[]),
            (
                "",
                "!Hello Bob, how are you?\n",
                &[
                    "no blank line after the headers (line 1)",
                    "no From header (RFC 5322 s3.6)",
                    "no Date header (RFC 5322 s3.6)",
                ],
            ),
            (
                "",
                "\n\n.\nlast",
                &["line 5 is a lone dot: it goes as two, and arrives as one"],
            ),
            ("", "\na\0b", &["line 4: a NUL, which no message may hold"]),
            (
                "",
                "Subject: ü\n\n",
                &["line 3: more than ASCII in a header, without SMTPUTF8"],
            ),
            ("utf8", "Subject: ü\n\n", &[]),
            ("", "\nü", &[]),
            (
                "7bit",
                "\nü\nx\nö",
                &["line 4 and 1 more: 8-bit, and 8BITMIME is not offered"],
            ),
            (
                "unasked",
                "\nü",
                &["line 4: 8-bit, but MAIL had no BODY=8BITMIME"],
            ),
            ("", "\na\rb", &["line 4: a bare CR, sent as CR LF"]),
            (
                "size-100",
                "\n0123456789 0123456789 0123456789 0123456789 0123456789 0123456789 0123456789",
                &["102 octets, and the server takes 100"],
            ),
        ];
        for (words, text, said) in table {
            let text = text
                .strip_prefix('!')
                .map_or_else(|| format!("{HEAD}{text}"), str::to_owned);
            let lines: Vec<_> = text.split('\n').collect();
            let came: Vec<_> = findings(&lines, 0, &terms(words))
                .iter()
                .map(ToString::to_string)
                .collect();
            assert_eq!(came, *said, "{words}: {text:?}");
            assert!(came.iter().all(|words| words.len() <= 72), "{came:?}");
        }
    }

    #[test]
    fn lines_and_their_marks() {
        let long = "x".repeat(LINE_LIMIT + 1);
        let table = [
            ("", "plain", None),
            ("", &long[..LINE_LIMIT], None),
            ("", &long, Some(">998")),
            ("", "ü", None),
            ("7bit", "ü", Some("8b")),
            ("unasked", "ü", Some("8b")),
            ("7bit", "ü\r", Some("CR")),
            ("", "a\nb\r", Some("LF")),
        ];
        for (words, line, mark) in table {
            assert_eq!(fault(line, &terms(words)).map(Fault::mark), mark, "{line}");
        }
    }

    #[test]
    fn what_goes_beside_counts_towards_the_size() {
        let finding = Finding::TooLarge {
            octets: 130,
            limit: 100,
        };
        let lines = ["From: a@b", "Date: x", "", ""];
        assert_eq!(findings(&lines, 106, &terms("size-100")), [finding]);
    }
}
