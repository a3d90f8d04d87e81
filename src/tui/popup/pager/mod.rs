//! A text to read: the whole of an entry, a reply explained, what the server offers, a page of the
//! manual, two sessions compared. Lines that lead to a page can be chosen; n and N go from one
//! difference to the next.

pub mod comparison;
pub mod timeline;

use crossterm::event::{KeyCode, KeyEvent};
use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};
use ratatui::style::Style;
use ratatui::text::{Line, Span};

use super::Outcome;
use super::scroll::Scroll;
use crate::manual::Page;
use crate::report::{page, text};
use crate::tui::keymap::Action;
use crate::tui::popup::pager::comparison::Comparison;
use crate::tui::popup::pager::timeline::Bar;
use crate::tui::widget::frame;
use crate::tui::widget::look::Look;

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
    /// Two sessions, as wide as the screen is.
    Comparison(Box<Comparison>),
}

/// Columns of a text, so that it is read well.
const COLUMNS: usize = 76;
/// Rows that stay in sight above a place that is gone to.
const ABOVE: usize = 2;

/// A row on the screen, and the topic it leads to.
type Row = (Line<'static>, Option<String>);

/// A text and how far it is scrolled.
#[derive(Debug)]
pub struct Pager {
    title: String,
    parts: Vec<Part>,
    scroll: Scroll,
    /// Which of the lines that lead somewhere is chosen.
    chosen: usize,
    /// The topics of those lines, and the rows they were drawn in.
    topics: Vec<(usize, String)>,
    /// Rows that are gone to with n and N, and which of them was last.
    places: Vec<usize>,
    place: Option<usize>,
    /// The rows as they were laid out last, for so many columns.
    laid_out: (usize, Vec<Row>),
    /// Letters that lead on to an action, with their words.
    keys: Vec<(char, &'static str, Action)>,
    /// It stands at the top, where it leaves the newest lines of the transcript free.
    at_top: bool,
}

impl Pager {
    /// A pager of these parts.
    pub fn new(title: impl Into<String>, parts: Vec<Part>) -> Self {
        Self {
            title: title.into(),
            parts,
            scroll: Scroll::default(),
            chosen: 0,
            topics: Vec::new(),
            places: Vec::new(),
            place: None,
            laid_out: (0, Vec::new()),
            keys: Vec::new(),
            at_top: false,
        }
    }

    /// The same pager with a letter that leads on to an action.
    #[must_use]
    pub fn key(mut self, letter: char, words: &'static str, action: Action) -> Self {
        self.keys.push((letter, words, action));
        self
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
        let links = self.topics.len();
        let mut keys = self.keys.iter();
        if let Some((.., action)) = keys.find(|(letter, ..)| key.code == KeyCode::Char(*letter)) {
            return Outcome::Run(*action, String::new());
        }
        match key.code {
            KeyCode::Up | KeyCode::Char('k') if links > 0 => self.choose(self.chosen.max(1) - 1),
            KeyCode::Down | KeyCode::Char('j') if links > 0 => {
                self.choose((self.chosen + 1).min(links - 1));
            }
            KeyCode::Enter if let Some((_, topic)) = self.topics.get(self.chosen) => {
                return Outcome::Read(topic.clone());
            }
            key if self.scroll.take(key) => {}
            KeyCode::Char('n') => self.go(true),
            KeyCode::Char('N') => self.go(false),
            KeyCode::Enter | KeyCode::Char('q') => return Outcome::Close,
            _ => {}
        }
        Outcome::Stay
    }

    /// Chooses a line that leads somewhere, and scrolls so that it is seen.
    fn choose(&mut self, at: usize) {
        self.chosen = at;
        if let Some((row, _)) = self.topics.get(at) {
            self.scroll.reveal(*row);
        }
    }

    /// Goes to the place after the one gone to last, or before it. Once that is scrolled out of sight,
    /// it is the place after or before what is in sight.
    fn go(&mut self, forward: bool) {
        let last = self.place.and_then(|place| self.places.get(place));
        let last = last.copied().filter(|row| self.scroll.shows(*row));
        let place = match (forward, last) {
            (true, Some(last)) => self.places.iter().position(|row| *row > last),
            (true, None) => self.places.iter().position(|row| *row >= self.scroll.top()),
            (false, last) => {
                let before = last.unwrap_or(self.scroll.top());
                self.places.iter().rposition(|row| *row < before)
            }
        };
        self.place = place.or(self.place);
        if place.is_some() {
            self.show_place();
        }
    }

    fn show_place(&mut self) {
        if let Some(row) = self.place.and_then(|place| self.places.get(place)) {
            self.scroll.go(row.saturating_sub(ABOVE));
        }
    }

    fn rows(&mut self, columns: usize, look: &Look) -> Vec<Row> {
        let mut rows: Vec<Row> = Vec::new();
        self.places.clear();
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
                Part::Comparison(comparison) => {
                    let laid = comparison.lay_out(columns, look);
                    let above = rows.len();
                    let places = laid.places.into_iter();
                    self.places.extend(places.map(|row| row + above));
                    rows.extend(laid.rows.into_iter().map(|line| (line, None)));
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
        let wide = |part: &Part| matches!(part, Part::Comparison(_));
        let most = if self.parts.iter().any(wide) {
            usize::MAX
        } else {
            COLUMNS
        };
        let columns = usize::from(screen.width.saturating_sub(2)).clamp(1, most);
        if self.laid_out.0 != columns {
            self.laid_out = (columns, self.rows(columns, look));
            self.show_place();
        }
        let rows = &self.laid_out.1;
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
        let hint = match (self.place, self.places.len()) {
            (_, 0) => hint.to_owned(),
            (None, _) => "n N next  Esc closes".to_owned(),
            (Some(at), count) => format!("n N {} of {count}  Esc closes", at + 1),
        };
        let keys = self.keys.iter();
        let keys: String = keys
            .map(|(letter, words, _)| format!("{letter} {words}  "))
            .collect();
        let mut title = format!("{} ({keys}{hint})", self.title);
        if !keys.is_empty() && title.len() + 2 > columns {
            title = format!("{} ({keys}Esc)", self.title);
        }
        let size = (columns, rows.len().min(most));
        let inner = frame::frame(screen, size, &title, buffer, look);
        self.scroll.fit(usize::from(inner.height), rows.len());
        let place = self.place.and_then(|place| self.places.get(place));
        let topic = self.topics.get(self.chosen).map(|(row, _)| row);
        let chosen = topic.or(place).copied();
        let shown = rows.iter().enumerate().skip(self.scroll.top());
        for ((at, (row, _)), y) in shown.zip(inner.y..inner.bottom()) {
            let place = Position { x: inner.x, y };
            let end = frame::draw_row(buffer, place, row, inner.width, look);
            if chosen == Some(at) {
                let width = match topic {
                    Some(_) => end.saturating_sub(inner.x),
                    None => inner.width,
                };
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
