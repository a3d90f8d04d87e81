//! A connection in the words of other tools, one form at a time: to be read, copied, or printed
//! without frames. A form in which it cannot be told says why; the others stay.

use crossterm::event::{KeyCode, KeyEvent};
use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};
use ratatui::style::Style;
use ratatui::text::{Line, Span};

use super::Outcome;
use super::scroll::Scroll;
use crate::record::{self, Excerpt, Export};
use crate::report::text;
use crate::smtp::Secret;
use crate::tui::widget::frame;
use crate::tui::widget::look::Look;

/// Columns of the popup at the most.
const COLUMNS: usize = 98;
/// Rows around the text: the forms, what is told, the keys.
const AROUND: usize = 3;
/// Columns in front of what goes on in a next row.
const INDENT: usize = 2;

/// A connection in all forms.
#[derive(Debug)]
pub struct Exports {
    /// Which connection it is.
    about: String,
    forms: Vec<(Export, Result<String, String>)>,
    chosen: usize,
    scroll: Scroll,
    /// The rows as they were laid out last: of which form, for so many columns.
    laid_out: (Option<(usize, usize)>, Vec<Line<'static>>),
}

impl Exports {
    /// A connection in all forms, one of them in front; `about` says which connection it is.
    pub fn new(excerpt: &Excerpt<'_>, about: String, first: Export) -> Self {
        let tell = |form| {
            let told = record::export(excerpt, form);
            (form, told.map_err(|error| error.to_string()))
        };
        Self {
            about,
            forms: Export::ALL.map(tell).into(),
            chosen: Export::ALL
                .iter()
                .position(|form| *form == first)
                .unwrap_or(0),
            scroll: Scroll::default(),
            laid_out: (None, Vec::new()),
        }
    }

    pub(super) fn handle(&mut self, key: KeyEvent) -> Outcome {
        let count = self.forms.len();
        match key.code {
            KeyCode::Tab | KeyCode::Right => self.choose((self.chosen + 1) % count),
            KeyCode::BackTab | KeyCode::Left => self.choose((self.chosen + count - 1) % count),
            KeyCode::Char('q') => return Outcome::Close,
            KeyCode::Char('y') if let Some(told) = self.told() => {
                return Outcome::Copy(Secret::new(told.as_bytes().to_vec()));
            }
            KeyCode::Char('p') if let Some(told) = self.told() => {
                return Outcome::Print(told.to_owned());
            }
            key => {
                self.scroll.take(key);
            }
        }
        Outcome::Stay
    }

    fn choose(&mut self, at: usize) {
        self.chosen = at;
        self.scroll = Scroll::default();
    }

    /// The form in front, where there is one.
    fn told(&self) -> Option<&str> {
        let (_, told) = self.forms.get(self.chosen)?;
        told.as_deref().ok()
    }

    pub(super) fn draw(&mut self, screen: Rect, buffer: &mut Buffer, look: &Look) {
        let columns = usize::from(screen.width.saturating_sub(2)).clamp(1, COLUMNS);
        if self.laid_out.0 != Some((self.chosen, columns)) {
            self.laid_out = (Some((self.chosen, columns)), self.rows(columns, look));
        }
        let rows = &self.laid_out.1;
        let most = usize::from(screen.height).saturating_sub(2);
        let size = (columns, (rows.len() + AROUND).min(most));
        let inner = frame::frame(screen, size, "export", buffer, look);
        let page = usize::from(inner.height).saturating_sub(AROUND).max(1);
        self.scroll.fit(page, rows.len());
        let about = text::visible(self.about.as_bytes(), look.charset);
        let head = [self.tabs(look), Line::styled(about, look.theme.dim)];
        frame::draw_rows(&head, inner, 0, buffer, look);
        let top = self.scroll.top();
        let shown = &rows[top..(top + page).min(rows.len())];
        frame::draw_rows(shown, inner, head.len(), buffer, look);
        if inner.height > 0 {
            let more = rows.len() > page;
            let place = Position {
                x: inner.x,
                y: inner.bottom() - 1,
            };
            let keys = keys(self.told().is_some(), more, look);
            frame::draw_row(buffer, place, &keys, inner.width, look);
        }
    }

    /// The names of the forms. The one in front is marked, and one that says nothing is faint.
    fn tabs(&self, look: &Look) -> Line<'static> {
        let mut spans = Vec::new();
        for (at, (form, told)) in self.forms.iter().enumerate() {
            let style = match told {
                _ if at == self.chosen => look.theme.chosen,
                Ok(_) => look.theme.key,
                Err(_) => look.theme.dim,
            };
            spans.push(Span::styled(form.name(), style));
            spans.push(Span::raw(" "));
        }
        Line::from(spans)
    }

    /// The text, or why there is none.
    fn rows(&self, columns: usize, look: &Look) -> Vec<Line<'static>> {
        let Some((_, told)) = self.forms.get(self.chosen) else {
            return Vec::new();
        };
        let told = match told {
            Ok(told) => told,
            Err(why) => {
                let words = text::words(why, columns.saturating_sub(3).max(1), look.charset);
                let marks = std::iter::once("!!").chain(std::iter::repeat("  "));
                let row = |(mark, row)| {
                    let mark = Span::styled(mark, look.theme.warn);
                    Line::from(vec![mark, Span::raw(format!(" {row}"))])
                };
                return marks.zip(words).map(row).collect();
            }
        };
        let mut rows = Vec::new();
        for line in told.lines() {
            let style = if line.starts_with('#') {
                look.theme.dim
            } else {
                Style::new()
            };
            let glyphs = text::glyphs(line.as_bytes(), look.charset);
            let wrapped = text::rows(&glyphs, columns.saturating_sub(INDENT).max(1));
            for (at, range) in wrapped.into_iter().enumerate() {
                let words: String = glyphs[range].iter().map(|glyph| &*glyph.text).collect();
                let goes_on = look.charset.pick("› ", "> ");
                let mark = if at == 0 { "" } else { goes_on };
                let spans = vec![
                    Span::styled(mark, look.theme.dim),
                    Span::styled(words, style),
                ];
                rows.push(Line::from(spans));
            }
        }
        rows
    }
}

/// The keys: those that take a form only where there is one, those that scroll only where there is more
/// than is seen.
fn keys(told: bool, more: bool, look: &Look) -> Line<'static> {
    let keys = [
        (true, "Tab", "next"),
        (told, "y", "copy"),
        (told, "p", "print"),
        (true, "Esc", "close"),
        (more, "PgDn", "scroll"),
    ];
    let mut spans = Vec::new();
    for (_, key, does) in keys.into_iter().filter(|(counts, ..)| *counts) {
        spans.push(Span::styled(key, look.theme.key));
        spans.push(Span::raw(format!(" {does}  ")));
    }
    Line::from(spans)
}
