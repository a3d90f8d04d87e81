//! How the login form looks: its fields, and below them the mechanisms or what will go.

use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};
use ratatui::style::Style;
use ratatui::text::{Line, Span};

use super::{Candidate, FIELDS, Field, Login};
use crate::report::text;
use crate::smtp::Link;
use crate::smtp::sasl::Needs;
use crate::tui::widget::field;
use crate::tui::widget::frame::{draw_row, frame};
use crate::tui::widget::look::Look;

impl Login {
    pub(in crate::tui::popup) fn draw(
        &self,
        screen: Rect,
        buffer: &mut Buffer,
        look: &Look,
    ) -> Option<Position> {
        let columns = usize::from(screen.width.saturating_sub(2)).clamp(1, 74);
        let below = if self.field == Field::Mechanism {
            self.list(look)
        } else {
            self.words(columns, look)
        };
        let title = if columns < 60 {
            "log in: Enter sends, Esc closes"
        } else {
            "log in: Tab moves, Enter sends, Esc closes"
        };
        // The list and the words take the same room, so that nothing jumps.
        let rows = FIELDS.len() + below.len().max(self.candidates.len().min(9));
        let inner = frame(screen, (columns, rows), title, buffer, look);
        let mut cursor = None;
        for (at, y) in (0..FIELDS.len()).zip(inner.y..inner.bottom()) {
            let row = Rect {
                y,
                height: 1,
                ..inner
            };
            let position = self.draw_field(FIELDS[at], row, buffer, look);
            if FIELDS[at] == self.field {
                cursor = Some(position);
            }
        }
        let first_row = inner.y.saturating_add(6);
        let room = usize::from(inner.bottom().saturating_sub(first_row)).max(1);
        let skip = if self.field == Field::Mechanism {
            (self.chosen + 1).saturating_sub(room)
        } else {
            0
        };
        for (line, y) in below.iter().skip(skip).zip(first_row..inner.bottom()) {
            draw_row(buffer, Position { x: inner.x, y }, line, inner.width, look);
        }
        cursor
    }

    fn draw_field(&self, which: Field, row: Rect, buffer: &mut Buffer, look: &Look) -> Position {
        let here = which == self.field;
        let place = Position { x: row.x, y: row.y };
        let mark = |on: bool| if on { "[x]" } else { "[ ]" };
        let toggle = |on: bool, words: &str| {
            let style = if here {
                look.theme.chosen
            } else {
                Style::new()
            };
            Line::from(vec![
                Span::raw("           "),
                Span::styled(format!("{} {words}", mark(on)), style),
            ])
        };
        let line = match which {
            Field::User => {
                return field::draw(&self.user, self.user_label(), None, row, buffer, look);
            }
            Field::Authzid => {
                return field::draw(&self.authzid, "Act for    ", None, row, buffer, look);
            }
            Field::Password => {
                let hidden = (!self.show).then_some(0);
                let label = self.password_label();
                let position = field::draw(&self.password, label, hidden, row, buffer, look);
                if self.password.is_empty()
                    && let Some(source) = &self.source
                {
                    let x = row.x.saturating_add(11).min(row.right());
                    let words = format!("(from {})", source.description());
                    let words = text::visible(words.as_bytes(), look.charset);
                    let room = usize::from(row.right() - x);
                    buffer.set_stringn(x, row.y, words, room, look.theme.dim);
                }
                return position;
            }
            Field::Mechanism => {
                let style = if here {
                    look.theme.chosen
                } else {
                    Style::new()
                };
                let missing = self.candidates.get(self.chosen).and_then(|c| c.missing);
                let words = missing.unwrap_or("offered");
                let words = if here {
                    words.to_owned()
                } else {
                    format!("{words} (Up chooses)")
                };
                Line::from(vec![
                    Span::styled("Mechanism  ", look.theme.key),
                    Span::styled(format!("{:<18}", self.mechanism().name()), style),
                    Span::styled(format!(" {words}"), look.theme.dim),
                ])
            }
            Field::Show => toggle(
                self.show,
                if self.mechanism().needs() == Needs::Token {
                    "show the token"
                } else {
                    "show the password"
                },
            ),
            Field::Initial if !self.mechanism().sends_first() => Line::from(Span::styled(
                "           the server speaks first here",
                look.theme.dim,
            )),
            Field::Initial => toggle(self.initial(), "first answer in the AUTH line"),
        };
        draw_row(buffer, place, &line, row.width, look);
        Position {
            x: (row.x + 11).min(row.right().saturating_sub(1)),
            ..place
        }
    }

    fn user_label(&self) -> &'static str {
        match self.mechanism().needs() {
            Needs::Trace => "Trace      ",
            Needs::Nothing => "(User)     ",
            Needs::Password | Needs::Token => "User       ",
        }
    }

    fn password_label(&self) -> &'static str {
        match self.mechanism().needs() {
            Needs::Token => "Token      ",
            Needs::Password => "Password   ",
            Needs::Nothing | Needs::Trace => "(Password) ",
        }
    }

    /// The mechanisms, those that are offered first.
    fn list(&self, look: &Look) -> Vec<Line<'static>> {
        let row = |(at, candidate): (usize, &Candidate)| {
            let style = if at == self.chosen {
                look.theme.chosen
            } else {
                Style::new()
            };
            let words = candidate
                .missing
                .unwrap_or(match candidate.mechanism.needs() {
                    _ if candidate.mechanism.sends_secret_itself() => "offered; sends it as it is",
                    Needs::Password | Needs::Token => "offered; proves it without sending it",
                    Needs::Nothing => "offered; by the TLS client certificate",
                    Needs::Trace => "offered; no password",
                });
            Line::from(vec![
                Span::raw("  "),
                Span::styled(format!("{:<18}", candidate.mechanism.name()), style),
                Span::styled(format!(" {words}"), look.theme.dim),
            ])
        };
        let mut lines: Vec<_> = self.candidates.iter().enumerate().map(row).collect();
        lines.extend(self.by_hand.iter().map(|name| {
            let name = text::visible(name.as_bytes(), look.charset);
            Line::from(Span::styled(
                format!("  {name:<18} offered; by hand only"),
                look.theme.dim,
            ))
        }));
        lines
    }

    /// What will go, and what there is to know about it.
    fn words(&self, columns: usize, look: &Look) -> Vec<Line<'static>> {
        let plain = |words: &str, style: Style| -> Vec<Line<'static>> {
            text::words(words, columns, look.charset)
                .into_iter()
                .map(|row| Line::from(Span::styled(row, style)))
                .collect()
        };
        let mut lines = Vec::new();
        if let Some(error) = &self.error {
            lines.extend(plain(error, look.theme.warn));
        }
        if self.tried && self.field == Field::Password {
            let words = "What is typed takes the place of the password that was tried.";
            lines.extend(plain(words, look.theme.dim));
        }
        match self.request().preview() {
            Ok(preview) => {
                lines.push(Line::from(Span::styled(
                    "Will go, base64 where it is due:",
                    look.theme.dim,
                )));
                for row in preview {
                    let rows = text::words(&row, columns.saturating_sub(2).max(1), look.charset);
                    lines.extend(rows.into_iter().map(|row| Line::from(format!("  {row}"))));
                }
            }
            Err(_) => lines.extend(plain("What will go is shown here.", look.theme.dim)),
        }
        match self.link {
            Link::Verified => {}
            Link::Clear => lines.extend(plain(
                "The link is in clear: you will be asked before a password goes.",
                look.theme.dim,
            )),
            Link::Unverified => lines.extend(plain(
                "The server's certificate proves nothing: you will be asked before a password goes.",
                look.theme.dim,
            )),
        }
        if let Some(hint) = &self.hint {
            lines.extend(plain(hint, look.theme.info));
        }
        lines
    }
}
