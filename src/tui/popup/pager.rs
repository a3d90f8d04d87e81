//! A text to read: the whole of an entry, a reply explained, what the server offers, a page of the
//! manual. Lines that lead to a page can be chosen.

use crossterm::event::{KeyCode, KeyEvent};
use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};
use ratatui::style::Style;
use ratatui::text::{Line, Span};

use super::Outcome;
use crate::manual::Page;
use crate::tui::look::Look;
use crate::tui::timeline::{self, Bar};
use crate::tui::{page, text};

/// A piece of what there is to read.
#[derive(Debug)]
pub enum Part {
    /// Lines of ours, already harmless, each with the topic it leads to.
    Lines(Vec<(Line<'static>, Option<String>)>),
    /// Points to go through, each wrapped behind a hyphen. They may quote a server.
    Points(Vec<String>),
    /// Octets, shown through the door.
    Octets(Vec<u8>),
    /// A page of the manual.
    Page(Page),
    /// Bars on one scale.
    Bars(Vec<Bar>),
}

/// A row on the screen, and the topic it leads to.
type Row = (Line<'static>, Option<String>);

/// A text and how far it is scrolled.
#[derive(Debug)]
pub struct Pager {
    title: String,
    parts: Vec<Part>,
    top: usize,
    /// Which of the lines that lead somewhere is chosen.
    chosen: usize,
    /// The topics of those lines, and the rows they were drawn in.
    topics: Vec<(usize, String)>,
    /// Rows that were on the screen, and how many there are in all.
    seen: (usize, usize),
    /// It stands at the top, where it leaves the newest lines of the transcript free.
    at_top: bool,
}

impl Pager {
    /// A pager of these parts.
    pub fn new(title: impl Into<String>, parts: Vec<Part>) -> Self {
        Self {
            title: title.into(),
            parts,
            top: 0,
            chosen: 0,
            topics: Vec::new(),
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

    pub(super) fn handle(&mut self, key: KeyEvent) -> Outcome {
        let (page, all) = self.seen;
        let last = all.saturating_sub(page);
        let links = self.topics.len();
        match key.code {
            KeyCode::Up | KeyCode::Char('k') if links > 0 => self.choose(self.chosen.max(1) - 1),
            KeyCode::Down | KeyCode::Char('j') if links > 0 => {
                self.choose((self.chosen + 1).min(links - 1));
            }
            KeyCode::Enter if let Some((_, topic)) = self.topics.get(self.chosen) => {
                return Outcome::Read(topic.clone());
            }
            KeyCode::Up | KeyCode::Char('k') => self.top = self.top.saturating_sub(1),
            KeyCode::Down | KeyCode::Char('j') => self.top += 1,
            KeyCode::PageUp => self.top = self.top.saturating_sub(page),
            KeyCode::PageDown | KeyCode::Char(' ') => self.top += page,
            KeyCode::Home | KeyCode::Char('g') => self.top = 0,
            KeyCode::End | KeyCode::Char('G') => self.top = last,
            KeyCode::Enter | KeyCode::Char('q') => return Outcome::Close,
            _ => {}
        }
        self.top = self.top.min(last);
        Outcome::Stay
    }

    /// Chooses a line that leads somewhere, and scrolls so that it is seen.
    fn choose(&mut self, at: usize) {
        self.chosen = at;
        if let Some((row, _)) = self.topics.get(at) {
            let (page, _) = self.seen;
            self.top = self.top.min(*row).max((row + 1).saturating_sub(page));
        }
    }

    fn rows(&self, columns: usize, look: &Look) -> Vec<Row> {
        let mut rows: Vec<Row> = Vec::new();
        for part in &self.parts {
            if !rows.is_empty() {
                rows.push((Line::default(), None));
            }
            match part {
                Part::Lines(lines) => rows.extend(lines.iter().cloned()),
                Part::Bars(bars) => {
                    let lines = timeline::lines(bars, columns, look);
                    rows.extend(lines.into_iter().map(|line| (line, None)));
                }
                Part::Points(points) => {
                    let most = columns.saturating_sub(2).max(1);
                    for point in points {
                        let marks = std::iter::once("- ").chain(std::iter::repeat("  "));
                        let wrapped = text::words(point, most, look.charset);
                        let row = |(mark, row)| (Line::from(format!("{mark}{row}")), None);
                        rows.extend(marks.zip(wrapped).map(row));
                    }
                }
                Part::Octets(octets) => {
                    let glyphs = text::glyphs(octets, look.charset);
                    let line = |range: std::ops::Range<usize>| {
                        let shown: String = glyphs[range]
                            .iter()
                            .map(|glyph| glyph.text.as_ref())
                            .collect();
                        (Line::from(shown), None)
                    };
                    rows.extend(text::rows(&glyphs, columns).into_iter().map(line));
                }
                Part::Page(page) => {
                    let line = |row: page::Row| {
                        let style = if row.heading {
                            look.theme.heading
                        } else {
                            Style::new()
                        };
                        (Line::from(Span::styled(row.text, style)), None)
                    };
                    rows.extend(
                        page::rows(page, columns, look.charset)
                            .into_iter()
                            .map(line),
                    );
                }
            }
        }
        rows
    }

    pub(super) fn draw(&mut self, screen: Rect, buffer: &mut Buffer, look: &Look) {
        let columns = usize::from(screen.width.saturating_sub(2)).clamp(1, 76);
        let rows = self.rows(columns, look);
        let linked = rows
            .iter()
            .enumerate()
            .filter_map(|(at, (_, topic))| Some((at, topic.clone()?)));
        self.topics = linked.collect();
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
        let hint = match (rows.len() > most, self.topics.is_empty()) {
            (_, false) => "Up Down Enter reads on  Esc closes",
            (true, true) => "PgUp PgDn  Esc closes",
            (false, true) => "Esc closes",
        };
        let title = format!("{} ({hint})", self.title);
        let size = (columns, rows.len().min(most));
        let inner = super::frame(screen, size, &title, buffer, look);
        self.seen = (usize::from(inner.height).max(1), rows.len());
        self.top = self.top.min(rows.len().saturating_sub(self.seen.0));
        let chosen = self.topics.get(self.chosen).map(|(row, _)| *row);
        let shown = rows.iter().enumerate().skip(self.top);
        for ((at, (row, _)), y) in shown.zip(inner.y..inner.bottom()) {
            let place = Position { x: inner.x, y };
            let end = super::draw_row(buffer, place, row, inner.width, look);
            if chosen == Some(at) {
                let width = end.saturating_sub(inner.x);
                let area = Rect {
                    x: inner.x,
                    y,
                    width,
                    height: 1,
                };
                buffer.set_style(area, look.theme.chosen);
            }
        }
    }
}
