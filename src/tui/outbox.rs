//! Lines that were pasted and wait to be sent: each when the one before is answered, or each when
//! the user says so. What is odd or refused stops it; nothing is sent on top of a surprise.

use std::collections::VecDeque;

use crate::smtp::{Asked, Code, Oddity, Reply};

/// Lines that one paste may hold.
pub const PASTE_LINES: usize = 1000;
/// Octets that one paste may hold.
pub const PASTE_OCTETS: usize = 1024 * 1024;

/// How the lines go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pace {
    /// By themselves, each when the one before is answered.
    Answered,
    /// One at a time to the prompt, where Enter sends it.
    Stepped,
}

/// The lines that wait.
#[derive(Debug)]
pub struct Outbox {
    lines: VecDeque<String>,
    pace: Pace,
}

impl Default for Outbox {
    fn default() -> Self {
        Self {
            lines: VecDeque::new(),
            pace: Pace::Answered,
        }
    }
}

impl Outbox {
    /// Puts lines in, in place of what waited.
    pub fn fill(&mut self, lines: Vec<String>, pace: Pace) {
        self.lines = lines.into();
        self.pace = pace;
    }

    /// Puts a line that came back before the others.
    pub fn put_back(&mut self, line: String) {
        self.lines.push_back(line);
    }

    /// How the lines go.
    pub fn pace(&self) -> Pace {
        self.pace
    }

    /// The next line.
    pub fn next(&mut self) -> Option<String> {
        self.lines.pop_front()
    }

    /// How many lines wait.
    pub fn len(&self) -> usize {
        self.lines.len()
    }

    /// Whether none waits.
    pub fn is_empty(&self) -> bool {
        self.lines.is_empty()
    }

    /// Drops what waits, and says how much that was.
    pub fn clear(&mut self) -> usize {
        std::mem::take(&mut self.lines).len()
    }

    /// The lines up to a lone dot, for the editor of the message that 354 asks for.
    pub fn take_message(&mut self) -> Vec<String> {
        let end = self
            .lines
            .iter()
            .position(|line| line == ".")
            .unwrap_or(self.lines.len());
        let mut text: Vec<String> = self.lines.drain(..end).collect();
        self.lines.pop_front();
        // On the wire they were stuffed; the editor holds what they mean.
        for line in &mut text {
            if line.starts_with("..") {
                line.remove(0);
            }
        }
        text
    }
}

/// Whether the next line may follow this reply by itself.
pub fn may_go_on(reply: &Reply, asked: Option<Asked>) -> bool {
    let Some((asked, code)) = asked.zip(reply.code()) else {
        return false;
    };
    let odd = [
        Oddity::CodeChanged,
        Oddity::CodeOutOfRange,
        Oddity::Unexpected,
    ];
    asked.answers_with(code)
        && code.is_positive()
        && code != Code::new(354)
        && !odd
            .into_iter()
            .any(|oddity| reply.oddities.contains(oddity))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pasted_message_ends_with_its_dot() {
        let mut outbox = Outbox::default();
        let lines = ["Subject: x", "", "..dot", ".", "QUIT"].map(str::to_owned);
        outbox.fill(lines.into(), Pace::Answered);
        assert_eq!(outbox.take_message(), ["Subject: x", "", ".dot"]);
        assert_eq!(outbox.next().as_deref(), Some("QUIT"));
        assert!(outbox.is_empty());
    }
}
