//! A key with its modifiers, as the table writes it and as a terminal reports it.

use std::fmt;

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

/// A key with its modifiers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Chord {
    code: KeyCode,
    modifiers: KeyModifiers,
}

impl Chord {
    /// Reads a key as it is written in the table: `Enter`, `x`, `^O`, `F1`.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let (text, modifiers) = match (text.strip_prefix('^'), text.strip_prefix("M-")) {
            (Some(letter), _) if !letter.is_empty() => (letter, KeyModifiers::CONTROL),
            (_, Some(letter)) if !letter.is_empty() => (letter, KeyModifiers::ALT),
            _ => (text, KeyModifiers::NONE),
        };
        let mut characters = text.chars();
        let code = match (characters.next()?, characters.next(), text) {
            (letter, None, _) if modifiers == KeyModifiers::CONTROL => {
                KeyCode::Char(control(letter)?)
            }
            (letter, None, _) => KeyCode::Char(letter),
            (.., "Del") => KeyCode::Delete,
            (.., "Down") => KeyCode::Down,
            (.., "End") => KeyCode::End,
            (.., "Enter") => KeyCode::Enter,
            (.., "Esc") => KeyCode::Esc,
            (.., "Home") => KeyCode::Home,
            (.., "Ins") => KeyCode::Insert,
            (.., "Left") => KeyCode::Left,
            (.., "PgDn") => KeyCode::PageDown,
            (.., "PgUp") => KeyCode::PageUp,
            (.., "Right") => KeyCode::Right,
            (.., "S-Tab") => KeyCode::BackTab,
            (.., "Tab") => KeyCode::Tab,
            (.., "Up") => KeyCode::Up,
            ('F', ..) => KeyCode::F(
                text[1..]
                    .parse()
                    .ok()
                    .filter(|key| (1..=12).contains(key))?,
            ),
            _ => return None,
        };
        Some(Self { code, modifiers })
    }

    /// The key for which a terminal sends the same octet (ECMA-48: `^I` is HT, `^M` CR, `^[` ESC; some send
    /// `^H` for Backspace).
    pub(super) fn same_in_terminals(self) -> Option<&'static str> {
        if self.modifiers != KeyModifiers::CONTROL {
            return None;
        }
        match self.code {
            KeyCode::Char('i') => Some("Tab"),
            KeyCode::Char('m' | 'j') => Some("Enter"),
            KeyCode::Char('[' | '3') => Some("Esc"),
            KeyCode::Char('h' | '8') => Some("Backspace"),
            _ => None,
        }
    }

    /// The event that a terminal reports for it.
    pub(super) fn event(self) -> KeyEvent {
        KeyEvent::new(self.code, self.modifiers)
    }

    /// Whether it types a character.
    pub(super) fn is_text(self) -> bool {
        matches!(self.code, KeyCode::Char(_)) && self.modifiers.is_empty()
    }

    pub(super) fn is(self, event: KeyEvent) -> bool {
        // Whether Shift is told beside a capital letter or this Tab differs from terminal to terminal.
        let shift =
            matches!(self.code, KeyCode::Char(_) | KeyCode::BackTab).then_some(KeyModifiers::SHIFT);
        let modifiers = event
            .modifiers
            .difference(shift.unwrap_or(KeyModifiers::NONE));
        self.code == event.code && self.modifiers == modifiers
    }
}

/// Signs that terminals send with Ctrl as a digit with Ctrl (ECMA-48: FS, GS, RS, US).
const SIGNS: [(char, char); 5] = [('\\', '4'), (']', '5'), ('^', '6'), ('_', '7'), ('/', '7')];

/// What a terminal reports for a key with Ctrl. `None` if it cannot send it.
fn control(key: char) -> Option<char> {
    match key.to_ascii_lowercase() {
        letter @ ('a'..='z' | '[' | '3'..='8' | ' ') => Some(letter),
        '@' | '2' => Some(' '),
        '?' => Some('8'),
        sign => {
            let sign = SIGNS.iter().find(|(known, _)| *known == sign);
            sign.map(|(_, digit)| *digit)
        }
    }
}

impl fmt::Display for Chord {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.modifiers.contains(KeyModifiers::CONTROL) {
            f.write_str("^")?;
        }
        if self.modifiers.contains(KeyModifiers::ALT) {
            f.write_str("M-")?;
        }
        match self.code {
            KeyCode::Char(letter) if self.modifiers.contains(KeyModifiers::CONTROL) => {
                let sign = SIGNS.iter().find(|(_, digit)| *digit == letter);
                let letter = sign.map_or(letter, |(sign, _)| *sign);
                write!(f, "{}", letter.to_ascii_uppercase())
            }
            KeyCode::Char(letter) => write!(f, "{letter}"),
            KeyCode::F(number) => write!(f, "F{number}"),
            KeyCode::PageUp => f.write_str("PgUp"),
            KeyCode::PageDown => f.write_str("PgDn"),
            KeyCode::BackTab => f.write_str("S-Tab"),
            KeyCode::Delete => f.write_str("Del"),
            KeyCode::Insert => f.write_str("Ins"),
            other => write!(f, "{other:?}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tui::keymap::commands;

    #[test]
    fn keys_are_shown_as_they_are_written() {
        for (_, key) in commands().flat_map(|command| command.keys) {
            let shown = Chord::parse(key).map(|chord| chord.to_string());
            assert_eq!(shown.as_deref(), Some(*key));
        }
        assert_eq!(Chord::parse("Hyper"), None);
        for (given, expected) in [
            ("^]", "^]"),
            ("^/", "^_"),
            ("^7", "^_"),
            ("^5", "^]"),
            ("^@", "^ "),
        ] {
            let shown = Chord::parse(given).map(|chord| chord.to_string());
            assert_eq!(shown.as_deref(), Some(expected), "{given}");
        }
        // No terminal sends these.
        for given in ["^1", "^9", "^.", "^é"] {
            assert_eq!(Chord::parse(given), None, "{given}");
        }
        for (given, other) in [("^?", "Backspace"), ("^3", "Esc"), ("^[", "Esc")] {
            let same = Chord::parse(given).and_then(Chord::same_in_terminals);
            assert_eq!(same, Some(other), "{given}");
        }
    }
}
