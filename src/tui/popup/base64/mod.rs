//! Base64 both ways, live: text with escapes, base64, what PLAIN and LOGIN would read in it, hex,
//! and what is odd about it. What may be a secret is masked until it is revealed.

mod view;

use crossterm::event::{KeyCode, KeyEvent};

use super::Outcome;
use crate::smtp::{Secret, base64, escape};
use crate::tui::widget::editor::Editor;

/// Which part has the cursor.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Field {
    Text,
    Coded,
    Actions,
}

/// The popup.
#[derive(Debug)]
pub struct Base64 {
    text: Editor,
    coded: Editor,
    octets: Secret,
    field: Field,
    revealed: bool,
    /// A backslash in the text begins an escape.
    escapes: bool,
    /// What about the text or the base64 as it is typed is odd.
    oddities: Vec<String>,
}

impl Base64 {
    /// An empty popup: what is typed is masked, as it may be a password.
    pub fn new() -> Self {
        Self {
            text: Editor::line(),
            coded: Editor::line(),
            octets: Secret::new(Vec::new()),
            field: Field::Text,
            revealed: false,
            escapes: true,
            oddities: Vec::new(),
        }
    }

    /// The popup on a word of base64, masked if it is a secret.
    pub fn decoding(word: &str, secret: bool) -> Self {
        let mut popup = Self {
            coded: Editor::with_text(word),
            field: Field::Coded,
            revealed: !secret,
            ..Self::new()
        };
        popup.read_coded();
        popup
    }

    pub(in crate::tui::popup) fn paste(&mut self, pasted: &str) {
        // Line breaks in a paste are part of a text, and none of base64's.
        let taken = match self.field {
            Field::Text if self.escapes => {
                let breaks = pasted.replace('\r', "\\r").replace('\n', "\\n");
                self.text.paste(&breaks)
            }
            Field::Text => self.text.paste(pasted),
            Field::Coded => self.coded.paste(&pasted.replace(['\r', '\n'], " ")),
            Field::Actions => Ok(()),
        };
        match (taken, self.field) {
            (Err(error), _) => self.oddities = vec![error.to_string()],
            (Ok(()), Field::Text) => self.read_text(),
            (Ok(()), _) => self.read_coded(),
        }
    }

    pub(in crate::tui::popup) fn handle(&mut self, key: KeyEvent) -> Outcome {
        match (key.code, self.field) {
            (KeyCode::Enter, _) | (KeyCode::Char('i'), Field::Actions) => {
                return Outcome::Insert(Secret::new(base64::encode(self.octets.reveal()).into()));
            }
            (KeyCode::Tab | KeyCode::Down, field) => {
                self.field = match field {
                    Field::Text => Field::Coded,
                    Field::Coded => Field::Actions,
                    Field::Actions => Field::Text,
                }
            }
            (KeyCode::BackTab | KeyCode::Up, field) => {
                self.field = match field {
                    Field::Text => Field::Actions,
                    Field::Coded => Field::Text,
                    Field::Actions => Field::Coded,
                }
            }
            (KeyCode::Char('y'), Field::Actions) => {
                return Outcome::Copy(Secret::new(base64::encode(self.octets.reveal()).into()));
            }
            (KeyCode::Char('r'), Field::Actions) => self.revealed = !self.revealed,
            (KeyCode::Char('e'), Field::Actions) => self.toggle_escapes(),
            (KeyCode::Char('s'), Field::Actions) => self.set(strip_newline(self.octets.reveal())),
            (KeyCode::Char('n'), Field::Actions) => self.set(mend_nul(self.octets.reveal())),
            (KeyCode::Char('d'), Field::Actions) => {
                self.set(base64::decode(self.octets.reveal()).bytes);
            }
            (_, Field::Text) if self.text.handle(key) => self.read_text(),
            (_, Field::Coded) if self.coded.handle(key) => self.read_coded(),
            _ => {}
        }
        Outcome::Stay
    }

    fn read_text(&mut self) {
        let octets = if self.escapes {
            escape::unescape(self.text.text())
        } else {
            Ok(self.text.text().as_bytes().to_vec())
        };
        match octets {
            Ok(octets) => {
                self.octets = Secret::new(octets);
                self.oddities.clear();
                self.coded.set(&base64::encode(self.octets.reveal()));
            }
            Err(error) => self.oddities = vec![error.to_string()],
        }
    }

    fn read_coded(&mut self) {
        let decoded = base64::decode(self.coded.text().as_bytes());
        self.oddities = decoded
            .issues
            .iter()
            .map(|oddity| oddity.as_str().to_owned())
            .collect();
        self.octets = decoded.bytes;
        self.write_text();
    }

    fn set(&mut self, octets: Secret) {
        self.octets = octets;
        self.oddities.clear();
        self.coded.set(&base64::encode(self.octets.reveal()));
        self.write_text();
    }

    fn write_text(&mut self) {
        // Not everything can be written without them.
        self.escapes = true;
        self.text.set(&escape::escape(self.octets.reveal()));
    }

    /// With escapes or without, the text stays as it is typed and means something else.
    fn toggle_escapes(&mut self) {
        self.escapes = !self.escapes;
        self.read_text();
    }
}

/// The word of a line that is most likely base64: the longest that could be.
pub fn token(line: &str) -> Option<&str> {
    line.split([' ', '\t', '='].as_slice())
        .filter(|word| !word.is_empty())
        .max_by_key(|word| word.len())
        .and_then(|word| {
            let at = word.as_ptr() as usize - line.as_ptr() as usize;
            let end = line[at + word.len()..]
                .find(|character| character != '=')
                .map_or(line.len(), |more| at + word.len() + more);
            let whole = &line[at..end];
            base64::decode(whole.as_bytes())
                .is_base64()
                .then_some(whole)
        })
}

fn strip_newline(octets: &[u8]) -> Secret {
    let line = octets.strip_suffix(b"\n").unwrap_or(octets);
    Secret::new(line.strip_suffix(b"\r").unwrap_or(line).to_vec())
}

fn mend_nul(octets: &[u8]) -> Secret {
    let mut mended = Vec::with_capacity(octets.len());
    let mut rest = octets;
    while let Some((&octet, after)) = rest.split_first() {
        if rest.starts_with(b"\\0") {
            mended.push(0);
            rest = &rest[2..];
        } else {
            mended.push(octet);
            rest = after;
        }
    }
    Secret::new(mended)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_the_longest_word_that_is_base64() {
        let table = [
            ("334 VXNlcm5hbWU6", Some("VXNlcm5hbWU6")),
            ("AUTH PLAIN AGFsaWNlAHB3", Some("AGFsaWNlAHB3")),
            ("YWxpY2U=", Some("YWxpY2U=")),
            ("AUTH=LOGIN YWxpY2U=", Some("YWxpY2U=")),
            ("220 mx.example.test ESMTP", None),
            ("", None),
        ];
        for (line, word) in table {
            assert_eq!(token(line), word, "{line}");
        }
    }

    #[test]
    fn what_is_mended_is_mended_alone() {
        assert_eq!(mend_nul(b"\\0a\\0\\1").reveal(), b"\0a\0\\1");
        assert_eq!(strip_newline(b"a\r\n").reveal(), b"a");
        assert_eq!(strip_newline(b"a\n\n").reveal(), b"a\n");
    }
}
