//! A dialogue that the server plays, such as that of a server in a report: lines `S:` of the server and
//! `C:` of the client. What a client sends beyond it is answered as ever.
//!
//! ```text
//! # a comment
//! S: 220 mx.example ESMTP            the greeting; CR LF is added
//! C: EHLO *                          a line of the client, * for any text
//! S: 250-mx.example
//! S: 250 SIZE 1000
//! C: MAIL FROM:*
//! S| 451 4.3.0 later\n               raw octets, with escapes
//! C: .                               the end of a message
//! S: 250 queued
//! END closed                         or END reset: the server ends after the line before
//! ```

use std::collections::VecDeque;

use super::rule::matches_pattern;
use crate::smtp::escape::unescape;

/// The most lines of a script.
const LINES_CAP: usize = 10_000;
/// The longest line, in octets.
const LINE_CAP: usize = 8_192;

/// How the server ends a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ScriptEnd {
    /// It closes it.
    Closed,
    /// It resets it.
    Reset,
}

/// What the server sends.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Answer {
    /// The octets.
    pub(super) octets: Vec<u8>,
    /// Whether the connection ends after them.
    pub(super) end: Option<ScriptEnd>,
    /// Whether the last line of a reply is in it.
    is_complete: bool,
}

impl Answer {
    /// The reply code; `None` if it does not begin with one.
    pub(super) fn code(&self) -> Option<u16> {
        let code = self.octets.get(..3)?;
        let digits = code.iter().all(u8::is_ascii_digit);
        digits.then(|| std::str::from_utf8(code).ok()?.parse().ok())?
    }

    /// Its first line, for the log.
    pub(super) fn first_line(&self) -> String {
        let line = self
            .octets
            .split(|octet| matches!(octet, b'\r' | b'\n'))
            .next();
        match line {
            Some(line) if !line.is_empty() => String::from_utf8_lossy(line).into_owned(),
            _ => "no reply".to_owned(),
        }
    }

    fn add(&mut self, octets: &[u8]) {
        self.octets.extend_from_slice(octets);
        let is_digit = |at: usize| octets.get(at).is_some_and(u8::is_ascii_digit);
        let has_code = (0..3).all(is_digit);
        self.is_complete = !has_code || octets.get(3) != Some(&b'-');
    }
}

/// A line of the client, and what the server sends then.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Exchange {
    /// The line in small letters, with `*` for any text.
    pattern: String,
    answer: Answer,
}

/// A dialogue that the server plays to each client.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Script {
    greeting: Option<Answer>,
    exchanges: Vec<Exchange>,
}

/// Why a text is no script.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: {reason}")]
pub struct ScriptError {
    /// The line, from 1.
    pub line: usize,
    /// What is wrong, and what would be right.
    pub reason: String,
}

impl Script {
    /// Reads a script.
    ///
    /// # Errors
    /// [`ScriptError`] with the first line that is none of a script.
    pub fn parse(text: &str) -> Result<Self, ScriptError> {
        let mut script = Self::default();
        // The lines of the client that have no reply yet: in a pipeline there are several.
        let mut unanswered: VecDeque<usize> = VecDeque::new();
        let mut in_message = false;
        for (at, line) in text.lines().enumerate() {
            let error = |reason: &str| ScriptError {
                line: at + 1,
                reason: reason.to_owned(),
            };
            if at >= LINES_CAP || line.len() > LINE_CAP {
                return Err(error("a script has at most 10000 lines of 8192 octets"));
            }
            let line = line.trim_start();
            if line.is_empty() || line.starts_with('#') {
                continue;
            }
            let part = |mark: &str| {
                line.strip_prefix(mark)
                    .map(|rest| rest.strip_prefix(' ').unwrap_or(rest))
            };
            if let Some(typed) = part("C:") {
                in_message &= typed != ".";
                if !in_message {
                    unanswered.push_back(script.exchanges.len());
                    script.exchanges.push(Exchange {
                        pattern: typed.trim_end().to_ascii_lowercase(),
                        answer: Answer::default(),
                    });
                }
                continue;
            }
            let octets = match (part("S:"), part("S|")) {
                (Some(text), _) => format!("{text}\r\n").into_bytes(),
                (_, Some(raw)) => unescape(raw).map_err(|why| error(&why.to_string()))?,
                _ => {
                    let end = match line {
                        "END closed" => ScriptEnd::Closed,
                        "END reset" => ScriptEnd::Reset,
                        _ => {
                            let reason = format!(
                                "{:?} is no line of a script: use S: for the server, C: for the client, \
                                 S| for raw octets, END closed or END reset, # for a comment",
                                line.chars().take(40).collect::<String>()
                            );
                            return Err(error(&reason));
                        }
                    };
                    let to = unanswered.front().copied();
                    script.answer(to).end = Some(end);
                    continue;
                }
            };
            // A complete reply belongs to the first line without one; what else comes, to the last line.
            let to = unanswered.front().copied();
            let answer = script.answer(to);
            answer.add(&octets);
            in_message = answer.code() == Some(354);
            if answer.is_complete {
                unanswered.pop_front();
            }
        }
        Ok(script)
    }

    /// The answer to the line of this number; without one, to the last line or the greeting.
    fn answer(&mut self, exchange: Option<usize>) -> &mut Answer {
        let last = self.exchanges.len().checked_sub(1);
        match exchange.or(last) {
            Some(at) if at < self.exchanges.len() => &mut self.exchanges[at].answer,
            _ => self.greeting.get_or_insert_default(),
        }
    }

    /// The greeting, if the script has one.
    pub(super) fn greeting(&self) -> Option<&Answer> {
        self.greeting.as_ref()
    }

    /// The answer to a line of the client, if that is the line of this number. `.` is the end of a message.
    pub(super) fn answer_to(&self, number: usize, line: &str) -> Option<&Answer> {
        let exchange = self.exchanges.get(number)?;
        let line = line.to_ascii_lowercase();
        matches_pattern(&exchange.pattern, &line).then_some(&exchange.answer)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_script_is_read_line_by_line() {
        let script = Script::parse(
            "# a report\nS: 220 mx\nC: EHLO *\nS: 250-mx\nS: 250 PIPELINING\n\nC: MAIL FROM:*\nC: RCPT TO:*\nC: DATA\n\
             S: 250 ok\nS: 550 no\nS: 354 go\nC: Subject: x\nC: .\nS| 250 done\\n\nEND reset\n",
        )
        .unwrap();
        assert_eq!(script.greeting().unwrap().octets, b"220 mx\r\n");
        let answer = |at, line: &str| {
            let answer = script.answer_to(at, line)?;
            Some((
                String::from_utf8(answer.octets.clone()).unwrap(),
                answer.end,
            ))
        };
        let table = [
            (0, "ehlo me", Some(("250-mx\r\n250 PIPELINING\r\n", None))),
            (0, "NOOP", None),
            (1, "MAIL FROM:<a@b>", Some(("250 ok\r\n", None))),
            (2, "RCPT TO:<c@d>", Some(("550 no\r\n", None))),
            (3, "DATA", Some(("354 go\r\n", None))),
            (4, ".", Some(("250 done\n", Some(ScriptEnd::Reset)))),
            (5, "QUIT", None),
        ];
        for (at, line, expected) in table {
            let expected = expected.map(|(text, end)| (text.to_owned(), end));
            assert_eq!(answer(at, line), expected, "{line}");
        }
    }

    #[test]
    fn what_is_no_script_is_refused_with_its_line() {
        for (text, line, words) in [
            ("S: 220 mx\n250 ok", 2, "use S: for the server"),
            ("C: EHLO *\nS| \\q", 2, "\\q"),
            ("END now", 1, "END closed or END reset"),
        ] {
            let error = Script::parse(text).unwrap_err();
            assert_eq!(error.line, line, "{text}");
            assert!(error.reason.contains(words), "{error}");
        }
    }
}
