//! A text to read: the whole of an entry, what the server offers.

use crossterm::event::{KeyCode, KeyEvent};
use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};
use ratatui::text::Line;

use super::Outcome;
use crate::tui::look::Look;
use crate::tui::text;

/// What there is to read.
#[derive(Debug)]
enum Content {
    /// Lines of ours, already harmless.
    Lines(Vec<Line<'static>>),
    /// Octets, shown through the door.
    Octets(Vec<u8>),
}

/// A text and how far it is scrolled.
#[derive(Debug)]
pub struct Pager {
    title: String,
    content: Content,
    top: usize,
    /// Rows that were on the screen, and how many there are in all.
    seen: (usize, usize),
    /// It stands at the top, where it leaves the newest lines of the transcript free.
    at_top: bool,
}

impl Pager {
    /// A pager of lines.
    pub fn lines(title: impl Into<String>, lines: Vec<Line<'static>>) -> Self {
        Self {
            title: title.into(),
            content: Content::Lines(lines),
            top: 0,
            seen: (1, 1),
            at_top: false,
        }
    }

    /// The same pager at the top of the screen: it speaks of what stands further down.
    #[must_use]
    pub fn at_top(self) -> Self {
        Self {
            at_top: true,
            ..self
        }
    }

    /// A pager of octets.
    pub fn octets(title: impl Into<String>, octets: Vec<u8>) -> Self {
        Self {
            title: title.into(),
            content: Content::Octets(octets),
            top: 0,
            seen: (1, 1),
            at_top: false,
        }
    }

    pub(super) fn handle(&mut self, key: KeyEvent) -> Outcome {
        let (page, all) = self.seen;
        let last = all.saturating_sub(page);
        self.top = match key.code {
            KeyCode::Up | KeyCode::Char('k') => self.top.saturating_sub(1),
            KeyCode::Down | KeyCode::Char('j') => self.top + 1,
            KeyCode::PageUp => self.top.saturating_sub(page),
            KeyCode::PageDown | KeyCode::Char(' ') => self.top + page,
            KeyCode::Home | KeyCode::Char('g') => 0,
            KeyCode::End | KeyCode::Char('G') => last,
            KeyCode::Enter | KeyCode::Char('q') => return Outcome::Close,
            _ => self.top,
        }
        .min(last);
        Outcome::Stay
    }

    pub(super) fn draw(&mut self, screen: Rect, buffer: &mut Buffer, look: &Look) {
        let columns = usize::from(screen.width.saturating_sub(2)).clamp(1, 76);
        let glyphs;
        let rows: Vec<Line<'_>> = match &self.content {
            Content::Lines(lines) => lines.clone(),
            Content::Octets(octets) => {
                glyphs = text::glyphs(octets, look.charset);
                let row = |range: std::ops::Range<usize>| {
                    Line::from(
                        glyphs[range]
                            .iter()
                            .map(|glyph| glyph.text.as_ref())
                            .collect::<String>(),
                    )
                };
                text::rows(&glyphs, columns).into_iter().map(row).collect()
            }
        };
        let most = usize::from(screen.height).saturating_sub(2);
        let hint = if rows.len() > most {
            "PgUp PgDn  Esc closes"
        } else {
            "Esc closes"
        };
        let title = format!("{} ({hint})", self.title);
        let screen = if self.at_top {
            let height = u16::try_from(rows.len() + 2).unwrap_or(u16::MAX);
            Rect {
                y: screen.y + 1.min(screen.height),
                height: height.min(screen.height.saturating_sub(1)),
                ..screen
            }
        } else {
            screen
        };
        let most = usize::from(screen.height).saturating_sub(2);
        let inner = super::frame(
            screen,
            (columns, rows.len().min(most)),
            &title,
            buffer,
            look,
        );
        self.seen = (usize::from(inner.height).max(1), rows.len());
        self.top = self.top.min(rows.len().saturating_sub(self.seen.0));
        for (row, y) in rows.iter().skip(self.top).zip(inner.y..inner.bottom()) {
            super::draw_row(buffer, Position { x: inner.x, y }, row, inner.width, look);
        }
    }
}
