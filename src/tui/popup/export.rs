//! A connection as input for other tools, one format at a time: to read, to copy, or to print as plain
//! text. If a format cannot express the connection, its tab says why.

use crossterm::event::{KeyCode, KeyEvent};
use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::text::{Line, Span};

use super::outcome::Outcome;
use crate::record::{self, Excerpt, Export};
use crate::report::text;
use crate::smtp::Secret;
use crate::tui::widget::canvas::{Canvas, below, indented, inner_columns, inner_rows, top};
use crate::tui::widget::click::Click;
use crate::tui::widget::hint::Hint;
use crate::tui::widget::look::Look;
use crate::tui::widget::scroll::Scroll;

/// Rows above the text: the formats, and which connection it is.
const ABOVE: usize = 2;
/// Indentation of the continuation of a wrapped line.
const INDENT: usize = 2;

/// A connection in all formats.
#[derive(Debug)]
pub struct Exports {
    /// Which connection it is.
    about: String,
    /// Each format with its text, or why there is none.
    formats: Vec<(Export, Result<String, String>)>,
    shown: usize,
    scroll: Scroll,
    /// The rows as last wrapped, with the format and the width they were wrapped for.
    wrapped: (Option<(usize, usize)>, Vec<Line<'static>>),
}

impl Exports {
    /// A connection in all formats; `about` says which connection it is. `first` is shown first.
    pub fn new(excerpt: &Excerpt<'_>, about: String, first: Export) -> Self {
        let export = |format| {
            let text = record::export(excerpt, format);
            (format, text.map_err(|error| error.to_string()))
        };
        let first = Export::ALL.iter().position(|format| *format == first);
        Self {
            about,
            formats: Export::ALL.map(export).into(),
            shown: first.unwrap_or(0),
            scroll: Scroll::default(),
            wrapped: (None, Vec::new()),
        }
    }

    pub(super) fn handle(&mut self, key: KeyEvent) -> Outcome {
        let count = self.formats.len();
        match key.code {
            KeyCode::Tab | KeyCode::Right => self.show((self.shown + 1) % count),
            KeyCode::BackTab | KeyCode::Left => self.show((self.shown + count - 1) % count),
            KeyCode::Char('q') => return Outcome::Close,
            KeyCode::Char('y') if let Some(text) = self.text() => {
                return Outcome::Copy(Secret::new(text.as_bytes().to_vec()));
            }
            KeyCode::Char('p') if let Some(text) = self.text() => {
                return Outcome::Print(text.to_owned());
            }
            key => _ = self.scroll.handle_as_less(key),
        }
        Outcome::Stay
    }

    pub(super) fn hints(&self) -> Vec<Hint> {
        let mut hints = vec![Hint::new("Tab", "next")];
        if self.text().is_some() {
            hints.push(Hint::new("y", "copy"));
            hints.push(Hint::new("p", "print"));
        }
        hints.extend(self.scroll.hint());
        hints
    }

    pub(super) fn show(&mut self, format: usize) {
        self.shown = format;
        self.scroll = Scroll::default();
    }

    /// The text in the format that is shown, if there is one.
    fn text(&self) -> Option<&str> {
        let (_, text) = self.formats.get(self.shown)?;
        text.as_deref().ok()
    }

    pub(super) fn draw(&mut self, screen: Rect, canvas: &mut Canvas<'_>) {
        let look = canvas.look;
        let columns = inner_columns(screen);
        if self.wrapped.0 != Some((self.shown, columns)) {
            self.wrapped = (Some((self.shown, columns)), self.rows(columns, look));
        }
        let rows = &self.wrapped.1;
        let size = (columns, (rows.len() + ABOVE).min(inner_rows(screen)));
        let inner = canvas.frame(screen, size, "Export");
        let page = usize::from(inner.height).saturating_sub(ABOVE).max(1);
        self.scroll.fit(page, rows.len());
        let about = text::visible(self.about.as_bytes(), look.charset);
        let head = [self.tabs(look), Line::styled(about, look.theme.dim)];
        canvas.rows(&head, inner);
        let mut rest = top(inner, 1);
        for (at, (format, _)) in self.formats.iter().enumerate() {
            let width = format.name().len() + 1;
            let tab = Rect {
                width: u16::try_from(width).unwrap_or(u16::MAX).min(rest.width),
                ..rest
            };
            canvas.clicks.push(tab, Click::Row(at));
            rest = indented(rest, width);
        }
        let visible = &rows[self.scroll.top().min(rows.len())..];
        canvas.rows(visible, top(below(inner, ABOVE), page));
        self.scroll.mark_more(inner, canvas);
    }

    /// The names of the formats: the one that is shown is highlighted, one without a text is dim.
    fn tabs(&self, look: &Look) -> Line<'static> {
        let mut spans = Vec::new();
        for (at, (format, text)) in self.formats.iter().enumerate() {
            let style = match text {
                _ if at == self.shown => look.theme.chosen,
                Ok(_) => look.theme.key,
                Err(_) => look.theme.dim,
            };
            spans.push(Span::styled(format.name(), style));
            spans.push(Span::raw(" "));
        }
        Line::from(spans)
    }

    /// The rows of the text, or of why there is none.
    fn rows(&self, columns: usize, look: &Look) -> Vec<Line<'static>> {
        match self.formats.get(self.shown) {
            Some((_, Ok(text))) => text_rows(text, columns, look),
            Some((_, Err(why))) => error_rows(why, columns, look),
            None => Vec::new(),
        }
    }
}

fn text_rows(text: &str, columns: usize, look: &Look) -> Vec<Line<'static>> {
    let mut rows = Vec::new();
    for line in text.lines() {
        let style = if line.starts_with('#') {
            look.theme.dim
        } else {
            Style::new()
        };
        let glyphs = text::glyphs(line.as_bytes(), look.charset);
        let wrapped = text::rows(&glyphs, columns.saturating_sub(INDENT).max(1));
        for (at, range) in wrapped.into_iter().enumerate() {
            let words: String = glyphs[range].iter().map(|glyph| &*glyph.text).collect();
            let continued = look.charset.pick("› ", "> ");
            let mark = if at == 0 { "" } else { continued };
            rows.push(Line::from(vec![
                Span::styled(mark, look.theme.dim),
                Span::styled(words, style),
            ]));
        }
    }
    rows
}

fn error_rows(why: &str, columns: usize, look: &Look) -> Vec<Line<'static>> {
    let words = text::words(why, columns.saturating_sub(3).max(1), look.charset);
    let marks = std::iter::once("!!").chain(std::iter::repeat("  "));
    let row = |(mark, row)| {
        let mark = Span::styled(mark, look.theme.warn);
        Line::from(vec![mark, Span::raw(format!(" {row}"))])
    };
    marks.zip(words).map(row).collect()
}
