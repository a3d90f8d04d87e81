//! Raw octets: a line with escapes, and below it the octets that it stands for, before they are sent.

use crossterm::event::{KeyCode, KeyEvent};
use ratatui::layout::{Position, Rect};
use ratatui::text::Line;

use super::outcome::{Outcome, Payload};
use crate::smtp::{Secret, count, escape, raw};
use crate::tui::widget::canvas::{Canvas, below, inner_columns, inner_rows, row_of};
use crate::tui::widget::form::{Field, Form};
use crate::tui::widget::hex::{HEX_ROWS, hex_rows};
use crate::tui::widget::hint::Hint;

/// The label of the only field, and its width.
const LABEL: &str = "raw>";
const LABEL_COLUMNS: usize = 5;
/// The number of the only field.
const OCTETS: usize = 0;

/// The octets as they are typed.
#[derive(Debug)]
pub struct Raw {
    form: Form,
    /// Whether what is sent now answers a 334 and is a secret.
    exchange: bool,
}

impl Raw {
    /// The popup with this text in it.
    pub fn new(text: &str, exchange: bool) -> Self {
        let form = Form::new(vec![Field::text(LABEL, text)]);
        Self {
            form: form.label_columns(LABEL_COLUMNS),
            exchange,
        }
    }

    pub(super) fn hints(&self) -> Vec<Hint> {
        match escape::unescape(self.form.value(OCTETS)) {
            Ok(octets) if !octets.is_empty() => vec![Hint::new("Enter", "send unchanged")],
            _ => Vec::new(),
        }
    }

    pub(super) fn paste(&mut self, text: &str) {
        // If the paste is too long, nothing is inserted, and the octets show that.
        let _ = self.form.paste(text);
    }

    pub(super) fn handle(&mut self, key: KeyEvent) -> Outcome {
        if key.code == KeyCode::Enter {
            return match escape::unescape(self.form.value(OCTETS)) {
                Ok(octets) if !octets.is_empty() => {
                    Outcome::Send(Payload::Raw(Secret::new(octets)))
                }
                _ => Outcome::Stay,
            };
        }
        self.form.handle(key);
        Outcome::Stay
    }

    pub(super) fn draw(&mut self, screen: Rect, canvas: &mut Canvas<'_>) -> Option<Position> {
        let look = canvas.look;
        let columns = inner_columns(screen);
        let typed = self.form.value(OCTETS);
        let (rows, words, style, hidden) = match escape::unescape(typed) {
            Ok(octets) => {
                let secret = raw::find_secret(&octets, self.exchange);
                let hidden = secret.map(|at| escape::char_index_of(typed, at));
                let words = match octets.as_slice() {
                    [] => "type text and \\r \\n \\t \\0 \\xHH \\\\; nothing is added".to_owned(),
                    all if all.ends_with(b"\r\n") => size_of(all),
                    all => format!("{}, no CR LF at the end", size_of(all)),
                };
                let rows = hex_rows(&octets, secret, columns, look);
                (rows, words, look.theme.dim, hidden)
            }
            // The text before the fault may be a secret.
            Err(error) => {
                let secret = || raw::find_secret(typed.as_bytes(), false);
                let hidden = if self.exchange {
                    Some(0)
                } else {
                    secret().map(|at| escape::char_index_of(typed, at))
                };
                (Vec::new(), error.to_string(), look.theme.warn, hidden)
            }
        };
        if let Some(field) = self.form.field_mut(OCTETS) {
            field.set_hidden_from(hidden);
        }
        let most = inner_rows(screen).max(1);
        let inner = canvas.frame(screen, (columns, (HEX_ROWS + 2).min(most)), "Raw octets");
        let mut lines = vec![Line::styled(words, style)];
        lines.extend(rows);
        canvas.rows(&lines, below(inner, 1));
        self.form.draw(row_of(inner, 0), canvas)
    }
}

fn size_of(all: &[u8]) -> String {
    count(all.len() as u64, "octet", "octets")
}
