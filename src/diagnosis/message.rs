//! The message of a transaction, as its lines were sent: what the editor would have said of it.

use super::situation::Situation;
use crate::smtp::draft::{DraftIssue, EightBit, MessageRules, check};
use crate::smtp::{Capabilities, ParsedCommand, SizeLimit};

/// The note in a log of a program that does not print empty lines.
pub const NO_EMPTY_LINES: &str =
    "Net::SMTP does not print empty lines: the one between header and body is missing here";
/// The note in a log in which the end of a message is missing.
pub const MESSAGE_CUT: &str = "the end of the message is not in the log";
/// Words in angle brackets that stand in place of lines; others may be tags.
const LEFT_OUT: [&str; 6] = ["body", "cut", "message", "omitted", "redacted", "snip"];
/// The most lines of a message that are checked.
const LINES_CAP: usize = 1000;
/// The most octets of a line that are checked; longer lines are too long in any case.
const LINE_CAP: usize = 1024;

/// The lines of a message, without those beyond the cap.
#[derive(Debug, Default)]
pub(super) struct SentMessage {
    lines: Vec<String>,
    /// The log lacks a part, or its empty lines.
    cut: bool,
    no_empty_lines: bool,
}

impl SentMessage {
    /// Takes a line as it was sent, with its stuffed dot.
    pub(super) fn push(&mut self, line: &[u8]) {
        if self.lines.len() < LINES_CAP {
            let line = if line.starts_with(b"..") {
                &line[1..]
            } else {
                line
            };
            let line = &line[..line.len().min(LINE_CAP)];
            self.lines.push(String::from_utf8_lossy(line).into_owned());
        }
    }

    /// Another message begins.
    pub(super) fn begin(&mut self) {
        self.lines.clear();
        self.cut = false;
    }

    /// Takes a note of the transcript.
    pub(super) fn note(&mut self, text: &str) {
        self.cut |= text == MESSAGE_CUT;
        self.no_empty_lines |= text == NO_EMPTY_LINES;
    }

    /// The faults of the message, which ends with the line taken last: a single dot. `None` if not all of
    /// it is known.
    pub(super) fn faults(&self, now: &Situation) -> Option<Vec<DraftIssue>> {
        let (last, lines) = self.lines.split_last()?;
        let whole = self.lines.len() < LINES_CAP;
        if self.cut || lines.is_empty() || whole && last != "." {
            return None;
        }
        if lines.iter().any(|line| is_elision(line)) {
            return None;
        }
        let mut faults = check(lines, 0, &rules(now));
        if self.no_empty_lines {
            faults.retain(|fault| !fault.is_about_blank_line());
        }
        Some(faults)
    }
}

/// What the server and MAIL allow. What is not known is allowed.
fn rules(now: &Situation) -> MessageRules {
    let mail = now.mail.as_ref().map(|argument| format!("MAIL {argument}"));
    let mail = mail.as_deref().map(ParsedCommand::parse);
    let has = |parameter: &str| {
        mail.as_ref().is_none_or(|mail| {
            let mut parameters = mail.parameters();
            parameters.any(|token| mail.text_of(token).eq_ignore_ascii_case(parameter))
        })
    };
    let capabilities = now.capabilities.as_ref();
    let offers = |name: &str| capabilities.is_none_or(|now| now.offers(name));
    MessageRules {
        eight_bit: match offers("8BITMIME") {
            false => EightBit::NotOffered,
            true if capabilities.is_some() && !has("BODY=8BITMIME") => EightBit::NotDeclared,
            true => EightBit::Allowed,
        },
        utf8: has("SMTPUTF8"),
        size: match capabilities.and_then(Capabilities::size) {
            Some(SizeLimit::Octets(octets)) => Some(octets),
            _ => None,
        },
    }
}

/// Whether a line stands in place of lines that were left out: `...`, `<snip>`, `[body]`, `35 lines sent`.
fn is_elision(line: &str) -> bool {
    let line = line.trim();
    let marks =
        |first: char, last: char| line.len() > 2 && line.starts_with(first) && line.ends_with(last);
    let dots = line.len() > 1 && line.chars().all(|c| matches!(c, '.' | '…'));
    let counted = line
        .strip_suffix(" lines sent")
        .is_some_and(|count| count.parse::<u32>().is_ok());
    dots || line == "…"
        || line.starts_with("... ")
        || counted
        || marks('<', '>')
            && (line.contains(' ') || LEFT_OUT.contains(&&line[1..line.len() - 1]))
            && !line.contains(['=', '/', '!'])
        || marks('[', ']')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn faults(lines: &str) -> Option<Vec<String>> {
        let mut message = SentMessage::default();
        for line in lines.lines() {
            message.push(line.as_bytes());
        }
        let faults = message.faults(&Situation::default())?;
        Some(faults.iter().map(ToString::to_string).collect())
    }

    #[test]
    fn only_a_whole_message_is_checked() {
        let no_date = "no Date header (RFC 5322 s3.6)";
        let table: &[(&str, Option<&[&str]>)] = &[
            ("From: a@b.example\n\ntext\n.", Some(&[no_date])),
            ("From: a@b.example\nDate: x\n\n..a dot\n.", Some(&[])),
            (
                "From: a@b.example\ntext\n.",
                Some(&[
                    "line 2 is not a header: a blank line must come first",
                    no_date,
                ]),
            ),
            // What is left out is not known.
            ("From: a@b.example\n...\n.", None),
            ("35 lines sent\n.", None),
            ("From: a@b.example\n<snip>\n.", None),
            ("From: a@b.example\n[body]\n.", None),
            (
                "From: a@b.example\nDate: x\n\n<p>\n<a href=x>y</a>\n.",
                Some(&[]),
            ),
            ("From: a@b.example\ntext", None),
            (".", None),
        ];
        for (lines, expected) in table {
            let found = faults(lines);
            let found: Option<Vec<&str>> = found
                .as_ref()
                .map(|faults| faults.iter().map(String::as_str).collect());
            assert_eq!(found.as_deref(), *expected, "{lines}");
        }
    }

    #[test]
    fn notes_of_a_log_say_what_is_missing() {
        for (note, expected) in [(MESSAGE_CUT, None), (NO_EMPTY_LINES, Some(1))] {
            let mut message = SentMessage::default();
            message.note(note);
            for line in ["From: a@b.example", "text", "."] {
                message.push(line.as_bytes());
            }
            let faults = message.faults(&Situation::default());
            assert_eq!(faults.map(|faults| faults.len()), expected, "{note}");
        }
    }
}
