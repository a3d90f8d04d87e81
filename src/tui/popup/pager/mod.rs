//! A text to read: an entry of the transcript, an explained reply, the server's extensions, a page of
//! the manual, two sessions compared. Some lines link to a page of the manual; n and N go to the next
//! and the previous difference.

pub mod comparison;
pub mod timeline;

use crossterm::event::{KeyCode, KeyEvent};
use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::text::Line;

use self::comparison::Comparison;
use self::timeline::Bar;
use super::outcome::{Answer, Outcome};
use crate::manual::Page;
use crate::report::{page, text};
use crate::tui::keymap::Action;
use crate::tui::widget::canvas::{Canvas, below, full_columns, inner_columns, inner_rows, top};
use crate::tui::widget::hint::Hint;
use crate::tui::widget::list::List;
use crate::tui::widget::look::Look;
use crate::tui::widget::scroll::Scroll;

/// A part of the text.
#[derive(Debug)]
pub enum PagerPart {
    /// Lines of this program, each with the topic of the manual that it links to.
    Lines(Vec<Row>),
    /// A list with hyphens. It may quote a server.
    Points(Vec<String>),
    /// Octets, made visible.
    Octets(Vec<u8>),
    /// A page of the manual.
    Page(Page),
    /// Bars on one scale.
    Bars(Vec<Bar>),
    /// Two sessions, as wide as the screen.
    Comparison(Box<Comparison>),
}

/// Rows that stay visible above a difference.
const ABOVE: usize = 2;

/// A row, and the topic of the manual that it links to.
type Row = (Line<'static>, Option<String>);

/// A text, and what of it is visible.
#[derive(Debug)]
pub struct Pager {
    title: String,
    parts: Vec<PagerPart>,
    scroll: Scroll,
    /// Which of the links is chosen.
    link: List,
    /// The links: the row of each, and its topic.
    links: Vec<(usize, String)>,
    /// The rows at which a difference begins, and the one that n or N went to last.
    places: Vec<usize>,
    place: Option<usize>,
    /// The rows as last laid out, and the width they were laid out for.
    rows: (usize, Vec<Row>),
    /// Letters that run an action, with their words.
    keys: Vec<(char, &'static str, Action)>,
    /// Letters that give an answer, with their words.
    answers: Vec<(char, &'static str, Answer)>,
    /// Whether it is at the top of the screen, where it leaves the newest lines of the transcript
    /// visible.
    at_top: bool,
}

impl Pager {
    /// A pager with these parts.
    pub fn new(title: impl Into<String>, parts: Vec<PagerPart>) -> Self {
        Self {
            title: title.into(),
            parts,
            scroll: Scroll::default(),
            link: List::default(),
            links: Vec::new(),
            places: Vec::new(),
            place: None,
            rows: (0, Vec::new()),
            keys: Vec::new(),
            answers: Vec::new(),
            at_top: false,
        }
    }

    /// The same pager with a letter that runs an action.
    #[must_use]
    pub fn key(mut self, letter: char, words: &'static str, action: Action) -> Self {
        self.keys.push((letter, words, action));
        self
    }

    /// The same pager with a letter that gives an answer.
    #[must_use]
    pub fn answer(mut self, letter: char, words: &'static str, answer: Answer) -> Self {
        self.answers.push((letter, words, answer));
        self
    }

    /// The same pager at the top of the screen: it is about the lines below it.
    #[must_use]
    pub fn at_top(self) -> Self {
        Self {
            at_top: true,
            ..self
        }
    }

    pub(super) fn handle(&mut self, key: KeyEvent) -> Outcome {
        let mut keys = self.keys.iter();
        if let Some((.., action)) = keys.find(|(letter, ..)| key.code == KeyCode::Char(*letter)) {
            return Outcome::Run(*action, String::new());
        }
        let mut answers = self.answers.iter();
        if let Some((.., answer)) = answers.find(|(letter, ..)| key.code == KeyCode::Char(*letter))
        {
            return Outcome::Answer(answer.clone());
        }
        let has_links = !self.links.is_empty();
        match key.code {
            KeyCode::Up | KeyCode::Char('k') if has_links => self.step_link(false),
            KeyCode::Down | KeyCode::Char('j') if has_links => self.step_link(true),
            KeyCode::Enter if let Some((_, topic)) = self.links.get(self.link.chosen()) => {
                return Outcome::Read(topic.clone());
            }
            key if self.scroll.handle_as_less(key) => {}
            KeyCode::Char('n') => self.step_place(true),
            KeyCode::Char('N') => self.step_place(false),
            KeyCode::Enter | KeyCode::Char('q') => return Outcome::Close,
            _ => {}
        }
        Outcome::Stay
    }

    /// Chooses the next link or the previous one, and scrolls until it is visible.
    fn step_link(&mut self, forward: bool) {
        self.link.step(forward, self.links.len());
        if let Some((row, _)) = self.links.get(self.link.chosen()) {
            self.scroll.reveal(*row);
        }
    }

    /// Goes to the difference after the last one, or before it. If that one is no longer visible,
    /// goes to the difference after or before the visible rows.
    fn step_place(&mut self, forward: bool) {
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
            self.scroll.go_to(row.saturating_sub(ABOVE));
        }
    }

    /// Lays out the rows for this many columns.
    fn make_rows(&mut self, columns: usize, look: &Look) {
        let mut rows: Vec<Row> = Vec::new();
        self.places.clear();
        for part in &self.parts {
            if !rows.is_empty() {
                rows.push((Line::default(), None));
            }
            match part {
                PagerPart::Lines(lines) => rows.extend(lines.iter().cloned()),
                PagerPart::Comparison(comparison) => {
                    let made = comparison.rows(columns, look);
                    let places = made.places.into_iter();
                    self.places.extend(places.map(|row| row + rows.len()));
                    rows.extend(made.rows.into_iter().map(without_link));
                }
                PagerPart::Bars(bars) => {
                    let lines = timeline::lines(bars, columns, look).into_iter();
                    rows.extend(lines.map(without_link));
                }
                PagerPart::Points(points) => {
                    for point in points {
                        rows.extend(point_rows(point, columns, look).map(without_link));
                    }
                }
                PagerPart::Octets(octets) => {
                    rows.extend(octet_rows(octets, columns, look).map(without_link));
                }
                PagerPart::Page(page) => {
                    rows.extend(page_rows(page, columns, look).map(without_link));
                }
            }
        }
        let links = rows.iter().enumerate();
        let links = links.filter_map(|(at, (_, topic))| Some((at, topic.clone()?)));
        self.links = links.collect();
        self.rows = (columns, rows);
    }

    pub(super) fn draw(&mut self, screen: Rect, canvas: &mut Canvas<'_>) {
        let is_wide = |part: &PagerPart| matches!(part, PagerPart::Comparison(_));
        let columns = if self.parts.iter().any(is_wide) {
            full_columns(screen)
        } else {
            inner_columns(screen)
        };
        if self.rows.0 != columns {
            self.make_rows(columns, canvas.look);
            self.show_place();
        }
        let rows = &self.rows.1;
        let screen = if self.at_top {
            // The header stays visible, too.
            top(below(screen, 1), rows.len() + 2)
        } else {
            screen
        };
        let most = inner_rows(screen);
        let title = self.title();
        let inner = canvas.frame(screen, (columns, rows.len().min(most)), &title);
        self.scroll.fit(usize::from(inner.height), rows.len());
        let link = self.links.get(self.link.chosen()).map(|(row, _)| *row);
        let place = self.place.and_then(|place| self.places.get(place));
        let visible = rows.iter().enumerate().skip(self.scroll.top());
        for ((at, (row, _)), area) in visible.zip(inner.rows()) {
            canvas.row(row, area);
            if link == Some(at) || link.is_none() && place == Some(&at) {
                canvas.choose(area);
            }
        }
        self.scroll.mark_more(inner, canvas);
    }

    /// The title, with which difference is shown.
    fn title(&self) -> String {
        match self.place {
            Some(at) => format!("{}: {} of {}", self.title, at + 1, self.places.len()),
            None => self.title.clone(),
        }
    }

    pub(super) fn hints(&self) -> Vec<Hint> {
        let keys = self.keys.iter();
        let mut hints: Vec<Hint> = keys
            .map(|(letter, words, _)| Hint::new(*letter, *words))
            .collect();
        let answers = self.answers.iter();
        hints.extend(answers.map(|(letter, words, _)| Hint::new(*letter, *words)));
        if !self.places.is_empty() {
            hints.push(Hint::new("n N", "next, previous"));
        }
        if self.links.is_empty() {
            hints.push(Hint::new("Enter", "close"));
        } else {
            hints.push(Hint::new("Enter", "open"));
            hints.push(Hint::new("Up Down", "choose"));
        }
        hints.extend(self.scroll.hint());
        hints
    }
}

fn without_link(line: Line<'static>) -> Row {
    (line, None)
}

/// A point, wrapped after a hyphen.
fn point_rows(point: &str, columns: usize, look: &Look) -> impl Iterator<Item = Line<'static>> {
    let marks = std::iter::once("- ").chain(std::iter::repeat("  "));
    let wrapped = text::words(point, columns.saturating_sub(2).max(1), look.charset);
    let rows = marks.zip(wrapped);
    rows.map(|(mark, row)| Line::from(format!("{mark}{row}")))
}

fn octet_rows(octets: &[u8], columns: usize, look: &Look) -> impl Iterator<Item = Line<'static>> {
    let glyphs = text::glyphs(octets, look.charset);
    let rows = text::rows(&glyphs, columns).into_iter();
    rows.map(move |range| {
        let shown: String = glyphs[range].iter().map(|glyph| &*glyph.text).collect();
        Line::from(shown)
    })
}

fn page_rows(page: &Page, columns: usize, look: &Look) -> impl Iterator<Item = Line<'static>> {
    let heading = look.theme.heading;
    let rows = page::rows(page, columns, look.charset).into_iter();
    rows.map(move |row| {
        let style = if row.heading { heading } else { Style::new() };
        Line::styled(row.text, style)
    })
}
