//! Raw octets: a line with escapes, and below it the octets it stands for, before they go.

use crossterm::event::{KeyCode, KeyEvent};
use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};
use ratatui::text::{Line, Span};

use super::octets::{ROWS, octet_rows};
use super::{Outcome, Payload};
use crate::smtp::{Secret, escape, raw};
use crate::tui::widget::editor::Editor;
use crate::tui::widget::look::Look;
use crate::tui::widget::{field, frame};

/// The octets being written.
#[derive(Debug)]
pub struct Raw {
    field: Editor,
    /// What is sent now answers a 334, and is a secret.
    exchange: bool,
}

impl Raw {
    /// The popup with a text to begin with.
    pub fn new(text: &str, exchange: bool) -> Self {
        Self {
            field: Editor::with_text(text),
            exchange,
        }
    }

    pub(super) fn paste(&mut self, text: &str) {
        // What is too long for the editor is left out, and the octets show it.
        let _ = self.field.paste(text);
    }

    pub(super) fn handle(&mut self, key: KeyEvent) -> Outcome {
        if key.code == KeyCode::Enter {
            return match escape::unescape(self.field.text()) {
                Ok(octets) if !octets.is_empty() => {
                    Outcome::Send(Payload::Raw(Secret::new(octets)))
                }
                _ => Outcome::Stay,
            };
        }
        self.field.handle(key);
        Outcome::Stay
    }

    pub(super) fn draw(&self, screen: Rect, buffer: &mut Buffer, look: &Look) -> Position {
        let columns = usize::from(screen.width.saturating_sub(2)).clamp(1, 74);
        let typed = self.field.text();
        let parsed = escape::unescape(typed);
        let (rows, words, style, hidden) = match &parsed {
            Ok(octets) => {
                let secret = raw::find_secret(octets, self.exchange);
                let hidden = secret.map(|at| escape::char_index_of(typed, at));
                let words = match octets.as_slice() {
                    [] => "type text and \\r \\n \\t \\0 \\xHH \\\\; nothing is added".to_owned(),
                    all if all.ends_with(b"\r\n") => format!("{} octets", all.len()),
                    all => format!("{} octets, no CR LF at their end", all.len()),
                };
                (
                    octet_rows(octets, secret, columns, look),
                    words,
                    look.theme.dim,
                    hidden,
                )
            }
            // What stands before the fault may be a secret all the same.
            Err(error) => {
                let hidden = self.exchange.then_some(0).or_else(|| {
                    raw::find_secret(typed.as_bytes(), false)
                        .map(|at| escape::char_index_of(typed, at))
                });
                (Vec::new(), error.to_string(), look.theme.warn, hidden)
            }
        };
        let title = "raw octets: Enter sends them just so, Esc closes";
        let most = usize::from(screen.height).saturating_sub(2).max(1);
        let inner = frame::frame(screen, (columns, (ROWS + 2).min(most)), title, buffer, look);
        let input = Rect {
            height: 1.min(inner.height),
            ..inner
        };
        let cursor = field::draw(&self.field, "raw> ", hidden, input, buffer, look);
        let mut lines = vec![Line::from(Span::styled(words, style))];
        lines.extend(rows);
        frame::draw_rows(&lines, inner, 1, buffer, look);
        cursor
    }
}
