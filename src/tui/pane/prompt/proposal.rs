//! An address that Tab has inserted as a whole: what is typed next takes its place.

use std::ops::Range;

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

use super::{Mode, Prompt};
use crate::smtp::{Fix, ParsedCommand};

impl Prompt {
    /// Tab has applied this edit: typing replaces an address that is part of it.
    pub fn propose(&mut self, edit: &Fix) {
        let text = self.command.text();
        let whole = address(text).is_some_and(|address| edit.span.start <= address.start);
        self.proposed = whole.then(|| text.to_owned());
    }

    /// The place of the address that typing replaces, in octets.
    pub fn replaceable(&self) -> Option<Range<usize>> {
        let (text, cursor) = self.typed();
        let is_there = self.proposed.as_deref() == Some(text) && cursor == text.len();
        address(text).filter(|_| is_there && self.mode() == Mode::Command)
    }

    /// Removes the address that typing replaces. The cursor is in its place then.
    pub fn drop_replaceable(&mut self) -> bool {
        let address = self.replaceable();
        self.proposed = None;
        if let Some(address) = &address {
            self.command.replace_span(address.clone(), "");
        }
        address.is_some()
    }

    /// Takes a key for the editor; `false` if the key does nothing here.
    pub fn handle(&mut self, key: KeyEvent) -> bool {
        let plain = key.modifiers.difference(KeyModifiers::SHIFT).is_empty();
        let replaces = match key.code {
            // A parameter follows the address.
            KeyCode::Char(' ' | '>') => false,
            KeyCode::Char(_) | KeyCode::Backspace => plain,
            _ => false,
        };
        let dropped = replaces && self.drop_replaceable();
        if dropped && key.code == KeyCode::Backspace {
            return true;
        }
        self.editor().handle(key)
    }
}

/// The address between angle brackets at the end of a line, in octets.
fn address(text: &str) -> Option<Range<usize>> {
    let line = ParsedCommand::parse(text);
    let path = line.path.as_ref()?;
    let address = path.bare_address(text);
    let is_last = path.brackets(text) == (true, true) && path.address.end == text.len();
    (is_last && !address.is_empty()).then_some(address)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn prompt(typed: &str, inserted: &str) -> Prompt {
        let mut prompt = Prompt::default();
        prompt.command.set(typed);
        let end = typed.len();
        let edit = Fix {
            span: end..end,
            text: inserted.to_owned(),
        };
        prompt.apply(&edit);
        prompt.propose(&edit);
        prompt
    }

    #[test]
    fn typing_replaces_a_proposed_address() {
        let rcpt = ("", "RCPT TO:<postmaster>");
        let table = [
            (rcpt, KeyCode::Char('b'), "RCPT TO:<b>"),
            (rcpt, KeyCode::Backspace, "RCPT TO:<>"),
            (rcpt, KeyCode::Char(' '), "RCPT TO:<postmaster> "),
            (
                ("RCPT TO:<", "ü@b.example>"),
                KeyCode::Char('日'),
                "RCPT TO:<日>",
            ),
            // A part of it was typed.
            (
                ("RCPT TO:<bo", "b@c.example>"),
                KeyCode::Char('x'),
                "RCPT TO:<bob@c.example>x",
            ),
            (("", "MAIL FROM:<>"), KeyCode::Char('x'), "MAIL FROM:<>x"),
            (("", "STARTTLS"), KeyCode::Backspace, "STARTTL"),
        ];
        for ((typed, inserted), key, expected) in table {
            let mut prompt = prompt(typed, inserted);
            assert!(prompt.handle(key.into()));
            assert_eq!(prompt.command.text(), expected);
            prompt.edited();
            assert_eq!(prompt.replaceable(), None, "{expected}");
        }
    }

    #[test]
    fn a_moved_cursor_or_another_line_ends_the_proposal() {
        let mut moved = prompt("", "RCPT TO:<postmaster>");
        assert!(moved.handle(KeyCode::Left.into()));
        moved.edited();
        assert_eq!(moved.replaceable(), None);
        assert!(moved.handle(KeyCode::End.into()));
        assert_eq!(moved.replaceable(), None);

        let mut other = prompt("", "RCPT TO:<postmaster>");
        other.command.set("RCPT TO:<a@b.example>");
        assert_eq!(other.replaceable(), None);
    }
}
