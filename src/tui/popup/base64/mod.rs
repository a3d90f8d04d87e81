//! Base64 as it is typed, in both directions: text with escapes, base64, what PLAIN and LOGIN would
//! read in it, hex, and anything unusual. Possible secrets are masked until they are revealed.

mod view;

use crossterm::event::{KeyCode, KeyEvent};

use super::outcome::Outcome;
use crate::smtp::{Secret, base64, escape};
use crate::tui::widget::form::{Field, Form};
use crate::tui::widget::hint::Hint;

/// The fields, in their order.
const TEXT: usize = 0;
const ENCODED: usize = 1;

/// The popup.
#[derive(Debug)]
pub struct Base64 {
    /// The text and the base64. If neither has the focus, letters run the actions.
    form: Form,
    octets: Secret,
    revealed: bool,
    /// Whether a backslash in the text begins an escape.
    escapes: bool,
    /// What is unusual about the text or the base64 as it is typed.
    issues: Vec<String>,
}

impl Base64 {
    /// An empty popup. What is typed is masked, as it may be a password.
    pub fn new() -> Self {
        Self {
            form: Form::new(vec![Field::text("TEXT", ""), Field::text("BASE64", "")]),
            octets: Secret::new(Vec::new()),
            revealed: false,
            escapes: true,
            issues: Vec::new(),
        }
    }

    /// The popup with a word of base64 in it, masked if it is a secret.
    pub fn decoding(word: &str, secret: bool) -> Self {
        let mut popup = Self {
            revealed: !secret,
            ..Self::new()
        };
        popup.form.focus_on(ENCODED);
        popup.set_field(ENCODED, word);
        popup.read_encoded();
        popup
    }

    pub(in crate::tui::popup) fn takes_text(&self) -> bool {
        self.form.focus().is_some()
    }

    pub(in crate::tui::popup) fn hints(&self) -> Vec<Hint> {
        let mut hints = vec![Hint::new("Enter", "insert"), Hint::new("Tab", "next")];
        if !self.takes_text() {
            hints.push(Hint::new("y", "copy"));
            hints.push(Hint::new(
                "r",
                if self.revealed { "hide" } else { "reveal" },
            ));
            hints.push(Hint::new("e", "escapes on or off"));
        }
        hints
    }

    pub(in crate::tui::popup) fn paste(&mut self, pasted: &str) {
        // A line break is part of a pasted text, but not of pasted base64.
        let pasted = match self.form.focus() {
            Some(TEXT) if self.escapes => pasted.replace('\r', "\\r").replace('\n', "\\n"),
            Some(TEXT) => pasted.to_owned(),
            _ => pasted.replace(['\r', '\n'], " "),
        };
        match self.form.paste(&pasted) {
            Ok(_) => self.read_field(),
            Err(error) => self.issues = vec![error.to_string()],
        }
    }

    pub(in crate::tui::popup) fn handle(&mut self, key: KeyEvent) -> Outcome {
        match key.code {
            KeyCode::Enter => return Outcome::Insert(self.encoded()),
            KeyCode::Tab | KeyCode::Down => self.form.step_out(true),
            KeyCode::BackTab | KeyCode::Up => self.form.step_out(false),
            KeyCode::Char(letter) if self.form.focus().is_none() => return self.act(letter),
            _ => {
                if self.form.handle(key) {
                    self.read_field();
                }
            }
        }
        Outcome::Stay
    }

    /// Runs an action by its letter.
    fn act(&mut self, letter: char) -> Outcome {
        match letter {
            'i' => return Outcome::Insert(self.encoded()),
            'y' => return Outcome::Copy(self.encoded()),
            'r' => self.revealed = !self.revealed,
            'e' => self.toggle_escapes(),
            's' => self.set(strip_newline(self.octets.reveal())),
            'n' => self.set(replace_literal_nul(self.octets.reveal())),
            'd' => self.set(base64::decode(self.octets.reveal()).bytes),
            _ => {}
        }
        Outcome::Stay
    }

    fn encoded(&self) -> Secret {
        Secret::new(base64::encode(self.octets.reveal()).into())
    }

    /// Reads the field that was edited, and fills the other one.
    fn read_field(&mut self) {
        match self.form.focus() {
            Some(TEXT) => self.read_text(),
            Some(_) => self.read_encoded(),
            None => {}
        }
    }

    fn read_text(&mut self) {
        let text = self.form.value(TEXT);
        let octets = if self.escapes {
            escape::unescape(text)
        } else {
            Ok(text.as_bytes().to_vec())
        };
        match octets {
            Ok(octets) => {
                self.octets = Secret::new(octets);
                self.issues.clear();
                self.write_encoded();
            }
            Err(error) => self.issues = vec![error.to_string()],
        }
    }

    fn read_encoded(&mut self) {
        let decoded = base64::decode(self.form.value(ENCODED).as_bytes());
        self.issues = decoded
            .issues
            .iter()
            .map(|issue| issue.as_str().to_owned())
            .collect();
        self.octets = decoded.bytes;
        self.write_text();
    }

    fn set(&mut self, octets: Secret) {
        self.octets = octets;
        self.issues.clear();
        self.write_encoded();
        self.write_text();
    }

    fn write_encoded(&mut self) {
        let encoded = base64::encode(self.octets.reveal());
        self.set_field(ENCODED, &encoded);
    }

    fn write_text(&mut self) {
        // Some octets can only be written as escapes.
        self.escapes = true;
        let text = escape::escape(self.octets.reveal());
        self.set_field(TEXT, &text);
    }

    fn set_field(&mut self, at: usize, text: &str) {
        if let Some(field) = self.form.field_mut(at) {
            field.set(text);
        }
    }

    /// Turns escapes on or off. The text stays as it is typed, and its meaning changes.
    fn toggle_escapes(&mut self) {
        self.escapes = !self.escapes;
        self.read_text();
    }
}

fn strip_newline(octets: &[u8]) -> Secret {
    let line = octets.strip_suffix(b"\n").unwrap_or(octets);
    Secret::new(line.strip_suffix(b"\r").unwrap_or(line).to_vec())
}

/// Replaces each backslash with a zero after it by a NUL.
fn replace_literal_nul(octets: &[u8]) -> Secret {
    let mut replaced = Vec::with_capacity(octets.len());
    let mut rest = octets;
    while let Some((&octet, after)) = rest.split_first() {
        if rest.starts_with(b"\\0") {
            replaced.push(0);
            rest = &rest[2..];
        } else {
            replaced.push(octet);
            rest = after;
        }
    }
    Secret::new(replaced)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_remedy_changes_nothing_else() {
        assert_eq!(replace_literal_nul(b"\\0a\\0\\1").reveal(), b"\0a\0\\1");
        assert_eq!(strip_newline(b"a\r\n").reveal(), b"a");
        assert_eq!(strip_newline(b"a\n\n").reveal(), b"a\n");
    }
}
