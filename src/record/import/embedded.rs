//! Replies that stand in other words: in an exception, a bounce, a line of a mail log.

use std::sync::LazyLock;

use regex::bytes::Regex;

use super::envelope::places;
use super::pattern::pattern;
use super::payload;
use super::smtp_line::code;

/// The most lines that one reply is folded over.
const FOLDED_CAP: usize = 30;

static TUPLE: LazyLock<Regex> =
    LazyLock::new(|| pattern(r#"\(([45]\d\d), (b?(?:'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*"))"#));
/// A code after a colon, a semicolon, a quote or a sign that begins it; not the port after a host.
static QUOTED: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r##"(?:(?:: |; ?|['"#(<])([45]\d\d[- ][^\r\n]*)|:([45]\d\d[- ][245]\.\d{1,3}\.\d[^\r\n]*))"##,
    )
});
static START: LazyLock<Regex> =
    LazyLock::new(|| pattern(r"^[45]\d\d[- ](?:[245]\.\d{1,3}\.\d{1,3}\b|.*[A-Za-z]{3})"));
static WORDS: LazyLock<Regex> = LazyLock::new(|| pattern(r"^[45]\d\d[- ]+\S*[A-Za-z0-9<]"));
/// What follows the text of the server.
static TAIL: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r#"(?:; from=<[^>]*> (?:to=<[^>]*> )?proto=.*| \((?:in reply to|code:)[^)]*\)\)?.*| ?['"][)}\]]*[,;]?(?: \(code: \d+\))?\.?|##.*)$"#,
    )
});
static SUPPRESSED: LazyLock<Regex> =
    LazyLock::new(|| pattern(r"(AUTH [A-Z0-9-]+) command trace suppressed"));
static DOTNET: LazyLock<Regex> =
    LazyLock::new(|| pattern(r"SmtpException: (.*?)\.? The server response was: ?(.+)$"));

/// The words that .NET prints in place of a reply code (`System.Net.Mail.SmtpStatusCode`).
const DOTNET_CODES: [(&str, u16); 12] = [
    ("Service not available", 421),
    ("Mailbox unavailable", 550),
    ("Error in processing", 451),
    ("Insufficient system storage", 452),
    ("Syntax error, command unrecognized", 500),
    ("Syntax error in parameters", 501),
    ("Command not implemented", 502),
    ("Bad sequence of commands", 503),
    ("requires a secure connection", 530),
    ("Exceeded storage allocation", 552),
    ("Mailbox name not allowed", 553),
    ("Transaction failed", 554),
];

/// Replies in a line and the lines after it.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Found {
    /// The lines of each reply.
    pub(super) replies: Vec<Vec<Vec<u8>>>,
    /// The number of lines after the first one that belong to them.
    pub(super) more: usize,
}

/// Finds the replies that a line quotes. `after`: the lines that follow. `start`: a reply may also
/// begin the line.
pub(super) fn find<'a>(
    line: &[u8],
    mut after: impl Iterator<Item = &'a [u8]>,
    start: bool,
) -> Option<Found> {
    let tuples: Vec<Vec<Vec<u8>>> = TUPLE
        .captures_iter(line)
        .filter_map(|found| {
            let text = payload::octets(&String::from_utf8_lossy(&found[2]))?;
            Some(with_code(&found[1], &text))
        })
        .collect();
    if !tuples.is_empty() {
        return Some(Found {
            replies: tuples,
            more: 0,
        });
    }
    if let Some(found) = DOTNET.captures(line) {
        let words = String::from_utf8_lossy(&found[1]).into_owned();
        let (_, code) = DOTNET_CODES.iter().find(|(text, _)| words.contains(text))?;
        return Some(Found {
            replies: vec![with_code(code.to_string().as_bytes(), &found[2])],
            more: 0,
        });
    }
    let mut lines = vec![first(line, start)?.to_vec()];
    let mut more = 0;
    let mut closed = TAIL.is_match(&lines[0]);
    while more < FOLDED_CAP && !closed {
        let Some(next) = after.next() else { break };
        let unfinished = lines.last().is_some_and(|line| line.get(3) == Some(&b'-'));
        let head = code(&lines[0]);
        let same = places(next)
            .iter()
            .map(|place| &next[place.at..])
            .find(|rest| unfinished && head.is_some() && code(rest) == head);
        if let Some(rest) = same {
            lines.push(rest.to_vec());
        } else if next.starts_with(b"    ") && !next.trim_ascii().is_empty() && !is_stack(next) {
            // A folded line of a bounce.
            if let Some(last) = lines.last_mut() {
                last.push(b' ');
                last.extend_from_slice(next.trim_ascii());
            }
        } else {
            break;
        }
        closed = lines.last().is_some_and(|line| TAIL.is_match(line));
        more += 1;
    }
    if let Some(last) = lines.last_mut() {
        let end = TAIL.find(last).map_or(last.len(), |found| found.start());
        last.truncate(end);
        let end = last.trim_ascii_end().len();
        last.truncate(end);
    }
    Some(Found {
        replies: vec![lines],
        more,
    })
}

/// Whether a line is one of a stack trace.
fn is_stack(line: &[u8]) -> bool {
    let line = line.trim_ascii();
    line.starts_with(b"at ") || line.starts_with(b"File \"") || line.starts_with(b"from ")
}

/// The first line of a reply in a line.
fn first(line: &[u8], start: bool) -> Option<&[u8]> {
    if start {
        let places = places(line);
        let found = places
            .iter()
            .map(|place| &line[place.at..])
            .find(|rest| START.is_match(rest));
        if found.is_some() {
            return found;
        }
    }
    let found = QUOTED.captures(line)?;
    let found = found.get(1).or(found.get(2))?.as_bytes();
    WORDS.is_match(found).then_some(found)
}

/// The lines of a reply whose text a program prints without its codes.
fn with_code(code: &[u8], text: &[u8]) -> Vec<Vec<u8>> {
    let lines: Vec<&[u8]> = text
        .split(|&octet| octet == b'\n')
        .map(<[u8]>::trim_ascii_end)
        .filter(|line| !line.is_empty())
        .collect();
    let last = lines.len().saturating_sub(1);
    lines
        .iter()
        .enumerate()
        .map(|(at, line)| {
            let dash: &[u8] = if at == last { b" " } else { b"-" };
            [code, dash, line].concat()
        })
        .collect()
}

/// The AUTH line that a note says was sent and not printed.
pub(super) fn suppressed(line: &[u8]) -> Option<&[u8]> {
    SUPPRESSED
        .captures(line)?
        .get(1)
        .map(|found| found.as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn replies(text: &str) -> Vec<Vec<String>> {
        let mut lines = text.split('\n').map(str::as_bytes);
        let first = lines.next().unwrap();
        let found = find(first, lines, false).unwrap_or_default();
        found
            .replies
            .into_iter()
            .map(|lines| {
                lines
                    .into_iter()
                    .map(|line| String::from_utf8(line).unwrap())
                    .collect()
            })
            .collect()
    }

    #[test]
    fn finds_replies_in_other_words() {
        let table: &[(&str, &[&[&str]])] = &[
            (
                "smtplib.SMTPAuthenticationError: (535, b'5.7.8 no')",
                &[&["535 5.7.8 no"]],
            ),
            (
                "x: {'a@b.example': (550, b'no\\nnever'), 'c@d.example': (450, b'later')}",
                &[&["550-no", "550 never"], &["450 later"]],
            ),
            (
                "host mx[192.0.2.1] said: 450 4.7.1 later (in reply to RCPT TO command))",
                &[&["450 4.7.1 later"]],
            ),
            (
                "<b@c.example>: host mx said: 554 5.7.1 Service\n    unavailable; blocked (in reply to RCPT TO command)",
                &[&["554 5.7.1 Service unavailable; blocked"]],
            ),
            (
                "Diagnostic-Code: smtp; 550 5.1.1 no\n    user",
                &[&["550 5.1.1 no user"]],
            ),
            (
                "Remote server returned '550 5.4.1 denied [a b]'",
                &[&["550 5.4.1 denied [a b]"]],
            ),
            (
                "SMTP ERROR: failed: 535-5.7.8 no\n   \t 535 5.7.8 see",
                &[&["535-5.7.8 no", "535 5.7.8 see"]],
            ),
            (
                "javax.mail.X: 550 5.7.1 no relay\n\n\tat com.sun",
                &[&["550 5.7.1 no relay"]],
            ),
            (
                "System.Net.Mail.SmtpException: Mailbox unavailable. The server response was: 5.7.1 no",
                &[&["550 5.7.1 no"]],
            ),
            (
                "failed with message \"550 no relay\" (code: 550)",
                &[&["550 no relay"]],
            ),
            (
                "NOQUEUE: reject: RCPT from x[192.0.2.4]: 554 5.7.1 <x>: denied; from=<a@b.example> to=<c@d.example> proto=ESMTP helo=<x>",
                &[&["554 5.7.1 <x>: denied"]],
            ),
            ("  response: '535 5.7.8 no',", &[&["535 5.7.8 no"]]),
            ("Connected to mx.example.org port 587", &[]),
            ("opening to mx.example.org:587 (refused)", &[]),
            ("relay=mx[192.0.2.4]:587, delay=1", &[]),
        ];
        for (text, expected) in table {
            assert_eq!(replies(text), *expected, "{text}");
        }
    }

    #[test]
    fn an_auth_line_that_is_not_printed_is_known() {
        let line = b"DEBUG SMTP: AUTH LOGIN command trace suppressed";
        assert_eq!(suppressed(line), Some(&b"AUTH LOGIN"[..]));
        assert_eq!(suppressed(b"AUTH LOGIN failed"), None);
    }
}
