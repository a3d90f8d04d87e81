//! A question with a few answers, each with its key: after a failed connection, before a secret is
//! sent in clear text, before a paste of several lines, before leaving.
//!
//! A question that opens without a key takes no letters, because they belong to the line that is being
//! typed: its answers need Ctrl until an arrow key moves into it.

use std::ops::Range;

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

use super::outcome::Outcome;
pub use super::outcome::{Answer, CopyScope};
use crate::report::text;
use crate::tui::widget::canvas::{Canvas, inner_columns, inner_rows};
use crate::tui::widget::click::Click;
use crate::tui::widget::hint::Hint;
use crate::tui::widget::look::Look;
use crate::tui::widget::scroll::Scroll;

/// Width of an answer's key and the blanks after it.
const KEY: usize = 7;

/// An answer with its key.
#[derive(Debug)]
pub struct ChoiceOption {
    /// The key that gives this answer.
    pub key: KeyCode,
    /// What the answer does, in words.
    pub words: String,
    /// The answer.
    pub answer: Answer,
}

/// Rows of the words that stay in view on a small screen.
const BEGINNING: usize = 3;
/// What is added to the title if there is more than fits.
const MORE: &str = ": PgDn for more";

/// A question.
#[derive(Debug)]
pub struct Choice {
    /// What it is about.
    pub title: String,
    /// Paragraphs above the answers. They may quote a server.
    pub words: Vec<String>,
    /// The answers.
    pub options: Vec<ChoiceOption>,
    /// The answer that Esc gives.
    pub on_escape: Answer,
    /// Whether a letter that is not an answer closes the question.
    pub closes_on_letters: bool,
    /// The chosen answer, once an arrow key has moved into the list.
    chosen: Option<usize>,
    /// Whether a letter was typed that is no answer: whoever types a line must not answer with its Enter.
    strayed: bool,
    /// The rows of each answer, as they were last drawn below the words.
    places: Vec<Range<usize>>,
    scroll: Scroll,
}

impl Choice {
    /// A question without answers; Esc only closes it.
    pub fn new(title: impl Into<String>, words: Vec<String>) -> Self {
        Self {
            title: title.into(),
            words,
            options: Vec::new(),
            on_escape: Answer::Nothing,
            closes_on_letters: false,
            chosen: None,
            strayed: false,
            places: Vec::new(),
            scroll: Scroll::default(),
        }
    }

    /// Adds an answer.
    #[must_use]
    pub fn option(mut self, key: KeyCode, words: impl Into<String>, answer: Answer) -> Self {
        self.options.push(ChoiceOption {
            key,
            words: words.into(),
            answer,
        });
        self
    }

    /// A letter that is not an answer closes the question: the user is probably typing a line, and its
    /// Enter must not confirm.
    #[must_use]
    pub fn close_on_other_letters(mut self) -> Self {
        self.closes_on_letters = true;
        self
    }

    /// Sets the answer that Esc gives.
    #[must_use]
    pub fn or_else(mut self, answer: Answer) -> Self {
        self.on_escape = answer;
        self
    }

    /// Whether an answer replaces a file.
    pub fn replaces(&self) -> bool {
        let mut answers = self.options.iter().map(|option| &option.answer);
        answers.any(|answer| matches!(answer, Answer::Replace(..)))
    }

    pub(super) fn escape(&self) -> Answer {
        self.on_escape.clone()
    }

    pub(super) fn escape_word(&self) -> &'static str {
        match &self.on_escape {
            Answer::Withhold(_) => "do not send",
            Answer::Nothing => "back",
            _ => "no",
        }
    }

    pub(super) fn choose(&mut self, row: usize) {
        self.chosen = Some(row).filter(|row| *row < self.options.len());
    }

    pub(super) fn hints(&self) -> Vec<Hint> {
        let mut hints = Vec::new();
        if !self.options.is_empty() {
            hints.push(Hint::new("Up Down", "choose"));
        }
        if self.chosen.is_some() {
            hints.insert(0, Hint::new("Enter", "answer"));
        }
        hints.extend(self.scroll.hint());
        hints
    }

    pub(super) fn handle(&mut self, key: KeyEvent) -> Outcome {
        let control = key.modifiers == KeyModifiers::CONTROL;
        let plain = key.modifiers.difference(KeyModifiers::SHIFT).is_empty();
        let of_key = |option: &&ChoiceOption| {
            option.key == key.code && (plain || control && is_free_with_control(key.code))
        };
        let last = self.options.len().saturating_sub(1);
        let chosen = self.chosen.and_then(|at| self.options.get(at));
        match (self.options.iter().find(of_key), key.code) {
            (_, KeyCode::Enter) if let Some(option) = chosen => {
                return Outcome::Answer(option.answer.clone());
            }
            (_, KeyCode::Enter) if self.strayed => {}
            (Some(option), _) => return Outcome::Answer(option.answer.clone()),
            (None, KeyCode::Char(_)) if self.closes_on_letters => {
                return Outcome::Answer(self.escape());
            }
            (None, KeyCode::Char(_)) if plain => self.strayed = true,
            (None, KeyCode::Down) => {
                self.chosen = Some(self.chosen.map_or(0, |at| (at + 1).min(last)));
            }
            (None, KeyCode::Up) => {
                self.chosen = Some(self.chosen.map_or(last, |at| at.saturating_sub(1)));
            }
            (None, code) => _ = self.scroll.handle(code),
        }
        if matches!(key.code, KeyCode::Up | KeyCode::Down) {
            if self.options.is_empty() {
                self.chosen = None;
                self.scroll.handle(key.code);
            } else if let Some(place) = self.chosen.and_then(|at| self.places.get(at)) {
                self.scroll.reveal(place.end.saturating_sub(1));
                self.scroll.reveal(place.start);
            }
        }
        Outcome::Stay
    }

    /// Whether a question that opened without a key takes this key, although a line may be being typed.
    pub(super) fn takes_unasked(&self, key: KeyEvent) -> bool {
        let control = key.modifiers == KeyModifiers::CONTROL && is_free_with_control(key.code);
        control && self.options.iter().any(|option| option.key == key.code)
    }

    pub(super) fn draw(&mut self, screen: Rect, unasked: bool, canvas: &mut Canvas<'_>) {
        let look = canvas.look;
        let columns = inner_columns(screen);
        let mut rows: Vec<Line<'_>> = Vec::new();
        if self.strayed && self.chosen.is_none() {
            let words = "Not an answer: press a key in front of one, or choose it with Up Down.";
            let wrapped = text::words(words, columns, look.charset).into_iter();
            rows.extend(wrapped.map(|row| Line::styled(row, look.theme.warn)));
        }
        for words in &self.words {
            let wrapped = text::words(words, columns, look.charset);
            rows.extend(wrapped.into_iter().map(Line::from));
        }
        let mut answers: Vec<Line<'_>> = vec![Line::default()];
        self.places.clear();
        for ChoiceOption { key, words, .. } in &self.options {
            let first = answers.len();
            let rows = answer_rows(&key_name(*key, unasked), words, columns, look);
            answers.extend(rows);
            self.places.push(first..answers.len());
        }
        let escape = |option: &ChoiceOption| option.answer == self.on_escape;
        if !self.options.iter().any(escape) {
            let words = match &self.on_escape {
                Answer::Withhold(_) => "do not send it",
                Answer::Nothing => "back",
                _ => "no",
            };
            answers.extend(answer_rows("Esc", words, columns, look));
        }
        // If the screen is too small, the beginning stays in view, then as many answers as fit; the rest of
        // the words is below them.
        let most = inner_rows(screen);
        if rows.is_empty() || rows.len() + answers.len() > most {
            answers.remove(0);
            for place in &mut self.places {
                *place = place.start - 1..place.end - 1;
            }
        }
        let room = most
            .saturating_sub(answers.len())
            .max(BEGINNING.min(most / 2));
        if rows.len() > room {
            let rest = rows.split_off(room);
            if let Some(last) = rows.last_mut() {
                last.push_span(Span::styled(look.charset.pick(" …", " >"), look.theme.dim));
            }
            answers.push(Line::default());
            answers.extend(rest);
        }
        let below = most.saturating_sub(rows.len());
        self.scroll.fit(below, answers.len());
        let mut title = self.title.clone();
        let is_cut = answers.len() > below;
        if is_cut && title.chars().count() + MORE.len() + 4 <= columns {
            title += MORE;
        }
        let words = rows.len();
        rows.extend(answers.into_iter().skip(self.scroll.top()));
        let size = (columns, rows.len().min(most));
        let inner = canvas.frame(screen, size, &title);
        canvas.rows(&rows, inner);
        if is_cut {
            // The title is not covered.
            let free = columns.saturating_sub(title.chars().count()) > MORE.len();
            let above = if free { self.scroll.top() } else { 0 };
            let hidden = rows.len().saturating_sub(most);
            canvas.more(above, hidden, inner);
        }
        for (at, row) in inner.rows().enumerate().skip(words) {
            let at = at - words + self.scroll.top();
            let option = self.places.iter().position(|place| place.contains(&at));
            if let Some(option) = option {
                canvas.clicks.push(row, Click::Row(option));
                if self.chosen == Some(option) {
                    canvas.choose(row);
                }
            }
        }
    }
}

/// Whether a letter with Ctrl is free for an answer: some are sent by other keys (Enter, Tab,
/// Backspace), or mean the same everywhere.
fn is_free_with_control(key: KeyCode) -> bool {
    matches!(key, KeyCode::Char(letter) if letter.is_ascii_lowercase() && !"cdghijlmoqsz".contains(letter))
}

/// The rows of an answer: its key, and its words beside it.
fn answer_rows(key: &str, words: &str, columns: usize, look: &Look) -> Vec<Line<'static>> {
    let wrapped = text::words(words, columns.saturating_sub(KEY).max(1), look.charset);
    let row = |(at, words): (usize, String)| {
        let key = if at == 0 { key } else { "" };
        Line::from(vec![
            Span::styled(format!("{key:>5} "), look.theme.key),
            Span::raw(format!(" {words}")),
        ])
    };
    wrapped.into_iter().enumerate().map(row).collect()
}

/// A key as it is shown; empty if only the arrows lead to its answer.
fn key_name(key: KeyCode, unasked: bool) -> String {
    match key {
        KeyCode::Char(letter) if !unasked => letter.to_string(),
        KeyCode::Char(letter) if is_free_with_control(key) => {
            format!("^{}", letter.to_ascii_uppercase())
        }
        KeyCode::Char(_) => String::new(),
        other => format!("{other:?}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn enter_after_a_stray_letter_answers_nothing() {
        let mut choice = Choice::new("?", Vec::new())
            .option(KeyCode::Enter, "send", Answer::QuitPolitely)
            .option(KeyCode::Char('q'), "drop", Answer::Quit);
        let mut press = |code| choice.handle(KeyEvent::from(code));
        for code in [KeyCode::Char('N'), KeyCode::Char('o'), KeyCode::Enter] {
            assert_eq!(press(code), Outcome::Stay, "{code:?}");
        }
        assert_eq!(press(KeyCode::Down), Outcome::Stay);
        assert_eq!(press(KeyCode::Enter), Outcome::Answer(Answer::QuitPolitely));
    }

    #[test]
    fn arrows_and_enter_answer_too() {
        let mut choice = Choice::new("?", Vec::new())
            .option(KeyCode::Char('r'), "again", Answer::Quit)
            .option(KeyCode::Char('e'), "edit", Answer::QuitPolitely);
        let mut press = |code| choice.handle(KeyEvent::from(code));
        assert_eq!(press(KeyCode::Enter), Outcome::Stay, "nothing is chosen");
        assert_eq!(press(KeyCode::Down), Outcome::Stay);
        assert_eq!(press(KeyCode::Down), Outcome::Stay);
        assert_eq!(press(KeyCode::Enter), Outcome::Answer(Answer::QuitPolitely));
    }
}
