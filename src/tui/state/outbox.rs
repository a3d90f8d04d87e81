//! Pasted lines that wait to be sent: one after each reply, all at once, or one at each Enter. An odd
//! reply or a refusal stops them.

use std::collections::VecDeque;

use crate::smtp::{Awaited, Code, CommandLine, LineError, Reply, Verb};

/// The most lines of one paste.
pub const PASTE_LINES: usize = 1000;
/// The most octets of one paste.
pub const PASTE_OCTETS: usize = 1024 * 1024;

/// How pasted lines are sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pace {
    /// One by one, each after the reply to the one before.
    Answered,
    /// At once, without waiting for replies; they stop only for a question about a secret.
    AtOnce,
    /// One at a time to the prompt, where Enter sends it.
    Stepped,
}

/// A paste of several lines.
#[derive(Debug, PartialEq, Eq)]
pub struct Paste {
    /// The lines to send.
    pub lines: Vec<CommandLine>,
    /// How many comment lines were left out. An exported session has such lines.
    pub comments: usize,
}

/// Reads a paste of several lines. Lines after AUTH may be its answers and are hidden up to the next
/// command; if an `exchange` is running already, they are hidden from the start. A line that begins
/// with `#` is a comment, except in a message: no verb begins with it.
///
/// # Errors
/// The first line that cannot be sent, with its number.
pub fn read(text: &str, exchange: bool) -> Result<Paste, (usize, LineError)> {
    let mut hidden = exchange;
    let mut in_message = false;
    let mut paste = Paste {
        lines: Vec::new(),
        comments: 0,
    };
    for (at, text) in text.split('\n').enumerate() {
        if text.starts_with('#') && !in_message {
            paste.comments += 1;
            continue;
        }
        let line = CommandLine::parse(text).map_err(|error| (at + 1, error))?;
        in_message = line.verb() == Verb::Data || in_message && text != ".";
        hidden &= line.verb() == Verb::Other;
        let begins = matches!(line.verb(), Verb::Auth | Verb::Xexps);
        paste.lines.push(line.hide(hidden));
        hidden |= begins;
    }
    Ok(paste)
}

/// The lines that wait to be sent.
#[derive(Debug)]
pub struct Outbox {
    lines: VecDeque<CommandLine>,
    pace: Pace,
    /// Lines given to the wire that were neither sent nor returned yet.
    on_the_way: usize,
}

impl Default for Outbox {
    fn default() -> Self {
        Self {
            lines: VecDeque::new(),
            pace: Pace::Answered,
            on_the_way: 0,
        }
    }
}

impl Outbox {
    /// Replaces what waits by these lines.
    pub fn fill(&mut self, lines: Vec<CommandLine>, pace: Pace) {
        *self = Self {
            lines: lines.into(),
            pace,
            on_the_way: 0,
        };
    }

    /// How the lines are sent.
    pub fn pace(&self) -> Pace {
        self.pace
    }

    /// Takes the next line.
    pub fn next(&mut self) -> Option<CommandLine> {
        self.lines.pop_front()
    }

    /// Takes the lines that may be sent without waiting: up to one that may raise a question.
    pub fn next_at_once(&mut self) -> Vec<CommandLine> {
        if self.pace != Pace::AtOnce || self.on_the_way > 0 {
            return Vec::new();
        }
        let secret = self.lines.iter().position(|line| line.secret().is_some());
        let count = secret.map_or(self.lines.len(), |at| at + 1);
        self.on_the_way = count;
        self.lines.drain(..count).collect()
    }

    /// Counts a line as sent.
    pub fn gone(&mut self) {
        self.on_the_way = self.on_the_way.saturating_sub(1);
    }

    /// How many lines wait.
    pub fn len(&self) -> usize {
        self.lines.len()
    }

    /// Whether no line waits.
    pub fn is_empty(&self) -> bool {
        self.lines.is_empty()
    }

    /// Drops all lines that wait; returns how many.
    pub fn clear(&mut self) -> usize {
        std::mem::take(self).lines.len()
    }

    /// Takes the lines up to a lone dot, for the editor that opens after 354.
    pub fn take_message(&mut self) -> Vec<String> {
        let dot = self.lines.iter().position(|line| line.text() == ".");
        let text = self.lines.drain(..dot.unwrap_or(self.lines.len()));
        // The lines are dot-stuffed; the editor shows them without stuffing.
        let meant = |line: CommandLine| {
            let text = line.text();
            text.strip_prefix('.')
                .filter(|rest| rest.starts_with('.'))
                .unwrap_or(text)
                .to_owned()
        };
        let text = text.map(meant).collect();
        self.lines.pop_front();
        text
    }
}

/// Whether the next line may be sent by itself after this reply.
pub fn may_go_on(reply: &Reply, awaited: Option<Awaited>) -> bool {
    let accepted = |code: Code| code.is_positive() && code != Code::new(354);
    !reply.is_surprise(awaited) && reply.code().is_some_and(accepted)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pasted(text: &str) -> Vec<CommandLine> {
        read(text, false).unwrap().lines
    }

    #[test]
    fn a_pasted_message_ends_with_its_dot() {
        let mut outbox = Outbox::default();
        outbox.fill(pasted("Subject: x\n\n..dot\n.\nQUIT"), Pace::Answered);
        assert_eq!(outbox.take_message(), ["Subject: x", "", ".dot"]);
        assert_eq!(outbox.next().unwrap().text(), "QUIT");
        assert!(outbox.is_empty());
    }

    #[test]
    fn a_comment_is_no_line_but_in_a_message_it_is() {
        let paste = read("# mx.example\nDATA\n# a heading\n.\n#end\nQUIT", false).unwrap();
        let lines: Vec<&str> = paste.lines.iter().map(CommandLine::text).collect();
        assert_eq!(lines, ["DATA", "# a heading", ".", "QUIT"]);
        assert_eq!(paste.comments, 2);
    }

    #[test]
    fn what_stands_behind_auth_is_hidden() {
        let shown =
            |lines: &[CommandLine]| lines.iter().map(CommandLine::masked).collect::<Vec<_>>();
        let lines = pasted("EHLO a\nAUTH PLAIN AGE=\nAUTH LOGIN\nYQ==\nYg==\nRSET\nX");
        let expected = [
            "EHLO a",
            "AUTH PLAIN [hidden]",
            "AUTH LOGIN",
            "[hidden]",
            "[hidden]",
            "RSET",
            "X",
        ];
        assert_eq!(shown(&lines), expected);
        let lines = read("YQ==\nYg==", true).unwrap().lines;
        assert_eq!(shown(&lines), ["[hidden]", "[hidden]"]);
        assert!(matches!(
            read("NOOP\n\0", false),
            Err((2, LineError::Nul(1)))
        ));
    }

    #[test]
    fn at_once_stops_where_a_question_may_come() {
        let mut outbox = Outbox::default();
        outbox.fill(
            pasted("EHLO a\nAUTH PLAIN AGE=\nMAIL FROM:<>\nQUIT"),
            Pace::AtOnce,
        );
        assert_eq!(outbox.next_at_once().len(), 2);
        outbox.gone();
        assert!(outbox.next_at_once().is_empty());
        outbox.gone();
        assert_eq!(outbox.next_at_once().len(), 2);
    }
}
