//! Checks a message before it is sent: marks for single lines, and a list of issues for the whole.
//! The message is never changed, and no issue prevents sending it.

use std::fmt;

use super::event::SessionStatus;
use super::extension::{Capabilities, SizeLimit};
use super::phase::Phase;

/// The maximum length of a line in a message, in octets without CR LF (RFC 5322 section 2.1.1).
pub const TEXT_LINE_LIMIT: usize = 998;

/// Whether the message may contain octets above 127 (RFC 6152).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum EightBit {
    /// Allowed, or not known yet.
    #[default]
    Allowed,
    /// The server does not offer 8BITMIME.
    NotOffered,
    /// The server offers it, but MAIL did not have `BODY=8BITMIME`.
    NotDeclared,
}

/// What the server and the transaction allow in a message.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct MessageRules {
    /// Whether octets above 127 are allowed.
    pub eight_bit: EightBit,
    /// Whether headers may contain non-ASCII characters: MAIL had SMTPUTF8 (RFC 6531), or still
    /// can.
    pub utf8: bool,
    /// The maximum size of a message in octets, if the server has announced one (RFC 1870).
    pub size: Option<u64>,
}

impl MessageRules {
    /// The rules in the current state of a session.
    pub fn from_status(status: &SessionStatus) -> Self {
        let in_transaction = matches!(status.phase, Phase::Transaction { .. } | Phase::Message);
        let early = matches!(
            status.phase,
            Phase::Offline | Phase::Greeting | Phase::Greeted | Phase::Handshake
        );
        let capabilities = status.capabilities.current();
        let offers = |name| capabilities.is_some_and(|capabilities| capabilities.offers(name));
        let eight_bit = match (offers("8BITMIME"), in_transaction) {
            _ if early => EightBit::Allowed,
            (false, _) => EightBit::NotOffered,
            (true, true) if !status.envelope.eight_bit => EightBit::NotDeclared,
            (true, _) => EightBit::Allowed,
        };
        let size = match capabilities.and_then(Capabilities::size) {
            Some(SizeLimit::Octets(octets)) => Some(octets),
            _ => None,
        };
        Self {
            eight_bit,
            utf8: if in_transaction {
                status.envelope.utf8
            } else {
                early || offers("SMTPUTF8")
            },
            size,
        }
    }
}

/// A problem with a line, worst first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum LineFault {
    /// A LF without CR.
    BareLf,
    /// A CR without LF.
    BareCr,
    /// More than [`TEXT_LINE_LIMIT`] octets.
    TooLong,
    /// Octets above 127 that the rules do not allow.
    EightBit,
}

impl LineFault {
    /// A mark of at most four characters.
    pub const fn mark(self) -> &'static str {
        match self {
            Self::BareLf => "LF",
            Self::BareCr => "CR",
            Self::TooLong => ">998",
            Self::EightBit => "8b",
        }
    }

    fn is_in(self, line: &str, rules: &MessageRules) -> bool {
        match self {
            Self::BareLf => line.contains('\n'),
            Self::BareCr => line.contains('\r'),
            Self::TooLong => line.len() > TEXT_LINE_LIMIT,
            Self::EightBit => rules.eight_bit != EightBit::Allowed && !line.is_ascii(),
        }
    }
}

/// Finds the worst problem with a line, given without its CR LF.
pub fn line_fault(line: &str, rules: &MessageRules) -> Option<LineFault> {
    [
        LineFault::BareLf,
        LineFault::BareCr,
        LineFault::TooLong,
        LineFault::EightBit,
    ]
    .into_iter()
    .find(|fault| fault.is_in(line, rules))
}

/// A problem with a message. Lines are counted from 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DraftIssue {
    /// No blank line follows the headers, which end with this line.
    NoBlankLine(usize),
    /// This line stands where a header or the blank line after the headers is due (RFC 5322 section
    /// 2.1).
    NotAHeader(usize),
    /// No From header, which RFC 5322 section 3.6 requires.
    NoFrom,
    /// No Date header, which RFC 5322 section 3.6 requires.
    NoDate,
    /// A header that must name something is empty: its name, its line.
    EmptyHeader(&'static str, usize),
    /// A header that may occur once occurs again (RFC 5322 section 3.6): its name, the later line.
    RepeatedHeader(&'static str, usize),
    /// A header with non-ASCII characters, without SMTPUTF8.
    HeaderNotAscii(usize),
    /// A NUL (RFC 5321 section 4.5.2).
    Nul(usize),
    /// Lines with this problem: the first, and how many.
    Lines(LineFault, usize, usize),
    /// The first line with octets above 127, if MAIL did not declare them although 8BITMIME is
    /// offered.
    EightBitNotDeclared(usize),
    /// A line that is a single dot, which is not the end of the message.
    LoneDot(usize),
    /// Larger than the server accepts.
    TooLarge {
        /// The size in octets, including CR LF, without stuffed dots.
        octets: u64,
        /// The limit of the server.
        limit: u64,
    },
}

impl DraftIssue {
    /// Whether no blank line ends the headers.
    pub const fn is_about_blank_line(&self) -> bool {
        matches!(self, Self::NoBlankLine(_) | Self::NotAHeader(_))
    }

    /// Whether a required header is missing.
    pub const fn is_missing_header(&self) -> bool {
        matches!(self, Self::NoFrom | Self::NoDate)
    }

    /// Whether lines end in a bare CR or LF.
    pub const fn is_bare_ending(&self) -> bool {
        matches!(self, Self::Lines(LineFault::BareLf | LineFault::BareCr, ..))
    }
}

impl fmt::Display for DraftIssue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Self::NoBlankLine(line) => {
                write!(f, "no blank line after the headers (line {line})")
            }
            Self::NotAHeader(line) => {
                write!(
                    f,
                    "line {line} is not a header: a blank line must come first"
                )
            }
            Self::NoFrom => write!(f, "no From header (RFC 5322 s3.6)"),
            Self::NoDate => write!(f, "no Date header (RFC 5322 s3.6)"),
            Self::EmptyHeader(name, line) => write!(f, "line {line}: {name} is empty"),
            Self::RepeatedHeader(name, line) => {
                write!(f, "line {line}: a second {name} (RFC 5322 s3.6: one)")
            }
            Self::HeaderNotAscii(line) => {
                write!(
                    f,
                    "line {line}: non-ASCII characters in a header, without SMTPUTF8"
                )
            }
            Self::Nul(line) => write!(f, "line {line}: a NUL, which is not allowed in a message"),
            Self::Lines(fault, first, count) => {
                let text = match fault {
                    LineFault::BareLf => "a bare LF, sent as CR LF",
                    LineFault::BareCr => "a bare CR, sent as CR LF",
                    LineFault::TooLong => "longer than 998 octets (RFC 5322 s2.1.1)",
                    LineFault::EightBit => "8-bit, but 8BITMIME is not offered",
                };
                write_lines(f, first, count, text)
            }
            Self::EightBitNotDeclared(line) => {
                write!(f, "line {line}: 8-bit, but MAIL had no BODY=8BITMIME")
            }
            Self::LoneDot(line) => {
                write!(
                    f,
                    "line {line} is a single dot: sent as two, received as one"
                )
            }
            Self::TooLarge { octets, limit } => {
                write!(f, "{octets} octets, but the server accepts {limit}")
            }
        }
    }
}

fn write_lines(f: &mut fmt::Formatter<'_>, first: usize, count: usize, text: &str) -> fmt::Result {
    write!(f, "line {first}")?;
    if count > 1 {
        write!(f, " and {} more", count - 1)?;
    }
    write!(f, ": {text}")
}

/// Checks a message, given as lines without CR LF. `extra` is the number of octets sent in addition
/// to the lines. An empty message has no issues.
pub fn check(lines: &[impl AsRef<str>], extra: u64, rules: &MessageRules) -> Vec<DraftIssue> {
    let lines = || lines.iter().map(AsRef::as_ref).zip(1..);
    if lines().all(|(line, _)| line.is_empty()) {
        return Vec::new();
    }
    let mut issues = check_headers(lines(), rules);
    issues
        .extend(lines().find_map(|(line, at)| line.contains('\0').then_some(DraftIssue::Nul(at))));
    for fault in [
        LineFault::BareLf,
        LineFault::BareCr,
        LineFault::TooLong,
        LineFault::EightBit,
    ] {
        let mut faulty = lines().filter(|(line, _)| fault.is_in(line, rules));
        if let Some((_, first)) = faulty.next() {
            issues.push(match (fault, rules.eight_bit) {
                (LineFault::EightBit, EightBit::NotDeclared) => {
                    DraftIssue::EightBitNotDeclared(first)
                }
                _ => DraftIssue::Lines(fault, first, faulty.count() + 1),
            });
        }
    }
    issues.extend(lines().find_map(|(line, at)| (line == ".").then_some(DraftIssue::LoneDot(at))));
    let octets = extra + lines().map(|(line, _)| line.len() as u64 + 2).sum::<u64>();
    let limit = rules.size.filter(|limit| octets > *limit);
    issues.extend(limit.map(|limit| DraftIssue::TooLarge { octets, limit }));
    issues
}

/// Checks the headers.
fn check_headers<'a>(
    lines: impl Iterator<Item = (&'a str, usize)>,
    rules: &MessageRules,
) -> Vec<DraftIssue> {
    let mut issues = Vec::new();
    let mut required = [("From", 0), ("Date", 0)];
    let mut ended = None;
    let mut lines = lines.peekable();
    let mut last = 0;
    while let Some((line, at)) = lines.next() {
        last = at;
        if line.is_empty() {
            ended = Some(None);
            break;
        }
        let Some(name) = header_name(line) else {
            ended = Some(Some(at));
            break;
        };
        for (known, count) in &mut required {
            if !name.eq_ignore_ascii_case(known) {
                continue;
            }
            *count += 1;
            if *count == 2 {
                issues.push(DraftIssue::RepeatedHeader(known, at));
            }
            // The value may be in folded lines.
            let folded = lines
                .peek()
                .is_some_and(|(line, _)| line.starts_with([' ', '\t']) && !line.trim().is_empty());
            let value = line.split_once(':').map_or("", |(_, value)| value.trim());
            if value.is_empty() && !folded {
                issues.push(DraftIssue::EmptyHeader(known, at));
            }
        }
        let beyond_ascii = |issue: &DraftIssue| matches!(issue, DraftIssue::HeaderNotAscii(_));
        if !line.is_ascii() && !rules.utf8 && !issues.iter().any(beyond_ascii) {
            issues.push(DraftIssue::HeaderNotAscii(at));
        }
    }
    match ended {
        Some(None) => {}
        Some(Some(at)) => issues.insert(0, DraftIssue::NotAHeader(at)),
        None => issues.insert(0, DraftIssue::NoBlankLine(last)),
    }
    let [(_, from), (_, date)] = required;
    if from == 0 {
        issues.push(DraftIssue::NoFrom);
    }
    if date == 0 {
        issues.push(DraftIssue::NoDate);
    }
    issues
}

/// The headers that every message has, or that most have.
const HEADERS: [&str; 15] = [
    "bcc",
    "cc",
    "content-transfer-encoding",
    "content-type",
    "date",
    "from",
    "in-reply-to",
    "message-id",
    "mime-version",
    "received",
    "references",
    "reply-to",
    "sender",
    "subject",
    "to",
];

/// Whether a line is a header that is known of messages.
pub fn is_mail_header(line: &str) -> bool {
    let name = header_name(line).unwrap_or_default();
    HEADERS.contains(&name.to_ascii_lowercase().as_str())
}

/// The name of a header field (RFC 5322 section 3.6.8); empty for a folded line. `None` if the line
/// is not part of a header.
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

    fn rules(words: &str) -> MessageRules {
        let has = |word| words.split(' ').any(|each| each == word);
        MessageRules {
            eight_bit: match (has("7bit"), has("undeclared")) {
                (true, _) => EightBit::NotOffered,
                (_, true) => EightBit::NotDeclared,
                _ => EightBit::Allowed,
            },
            utf8: has("utf8"),
            size: has("size-100").then_some(100),
        }
    }

    #[test]
    fn checks_messages() {
        // Rules, the text after the headers above (or all of it, after "!"), the issues.
        let table: &[(&str, &str, &[&str])] = &[
            ("", "!", &[]),
            ("", "!\n", &[]),
            ("", "\nhello", &[]),
            (
                "",
                "hello",
                &["line 3 is not a header: a blank line must come first"],
            ),
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
            ("", "!From:\n a@b\nDate: x\n\nhello", &[]),
            ("", "!From: \nDate: x\n\nhello", &["line 1: From is empty"]),
            (
                "",
                "from: c@d\nDATE:\n\nhello",
                &[
                    "line 3: a second From (RFC 5322 s3.6: one)",
                    "line 4: a second Date (RFC 5322 s3.6: one)",
                    "line 4: Date is empty",
                ],
            ),
            (
                "",
                "!Hello Bob, how are you?\n",
                &[
                    "line 1 is not a header: a blank line must come first",
                    "no From header (RFC 5322 s3.6)",
                    "no Date header (RFC 5322 s3.6)",
                ],
            ),
            (
                "",
                "\n\n.\nlast",
                &["line 5 is a single dot: sent as two, received as one"],
            ),
            (
                "",
                "\na\0b",
                &["line 4: a NUL, which is not allowed in a message"],
            ),
            (
                "",
                "Subject: ü\n\n",
                &["line 3: non-ASCII characters in a header, without SMTPUTF8"],
            ),
            ("utf8", "Subject: ü\n\n", &[]),
            ("", "\nü", &[]),
            (
                "7bit",
                "\nü\nx\nö",
                &["line 4 and 1 more: 8-bit, but 8BITMIME is not offered"],
            ),
            (
                "undeclared",
                "\nü",
                &["line 4: 8-bit, but MAIL had no BODY=8BITMIME"],
            ),
            ("", "\na\rb", &["line 4: a bare CR, sent as CR LF"]),
            (
                "size-100",
                "\n0123456789 0123456789 0123456789 0123456789 0123456789 0123456789 0123456789",
                &["102 octets, but the server accepts 100"],
            ),
        ];
        for (words, text, expected) in table {
            let text = text
                .strip_prefix('!')
                .map_or_else(|| format!("{HEAD}{text}"), str::to_owned);
            let lines: Vec<_> = text.split('\n').collect();
            let found: Vec<_> = check(&lines, 0, &rules(words))
                .iter()
                .map(ToString::to_string)
                .collect();
            assert_eq!(found, *expected, "{words}: {text:?}");
            assert!(found.iter().all(|issue| issue.len() <= 72), "{found:?}");
        }
    }

    #[test]
    fn marks_lines() {
        let long = "x".repeat(TEXT_LINE_LIMIT + 1);
        let table = [
            ("", "plain", None),
            ("", &long[..TEXT_LINE_LIMIT], None),
            ("", &long, Some(">998")),
            ("", "ü", None),
            ("7bit", "ü", Some("8b")),
            ("undeclared", "ü", Some("8b")),
            ("7bit", "ü\r", Some("CR")),
            ("", "a\nb\r", Some("LF")),
        ];
        for (words, line, mark) in table {
            assert_eq!(
                line_fault(line, &rules(words)).map(LineFault::mark),
                mark,
                "{line}"
            );
        }
    }

    #[test]
    fn extra_octets_count_towards_the_size() {
        let issue = DraftIssue::TooLarge {
            octets: 130,
            limit: 100,
        };
        let lines = ["From: a@b", "Date: x", "", ""];
        assert_eq!(check(&lines, 106, &rules("size-100")), [issue]);
    }
}
