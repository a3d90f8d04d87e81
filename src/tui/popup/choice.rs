//! A question with a few answers, each with its key: after a failed connection, before a secret is
//! sent in clear text, before a paste of several lines, before leaving.

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

use super::outcome::Outcome;
pub use super::outcome::{Answer, CopyScope};
use crate::report::text;
use crate::tui::widget::canvas::{Canvas, inner_columns, inner_rows};
use crate::tui::widget::look::Look;
use crate::tui::widget::scroll::Scroll;

/// Columns of a question at most.
const COLUMNS: usize = 72;

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
    /// Whether a letter without an answer closes the question.
    pub strict: bool,
    scroll: Scroll,
}

impl Choice {
    /// A question without answers; Esc does nothing but close it.
    pub fn new(title: impl Into<String>, words: Vec<String>) -> Self {
        Self {
            title: title.into(),
            words,
            options: Vec::new(),
            on_escape: Answer::Nothing,
            strict: false,
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

    /// Closes the question at a letter without an answer: the user is typing a line, and the Enter at
    /// its end must not answer.
    #[must_use]
    pub fn no_line_typed(mut self) -> Self {
        self.strict = true;
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

    pub(super) fn handle(&mut self, key: KeyEvent) -> Outcome {
        let plain = key.modifiers.difference(KeyModifiers::SHIFT).is_empty();
        let chosen = self
            .options
            .iter()
            .find(|option| plain && option.key == key.code);
        match (chosen, key.code) {
            (Some(option), _) => return Outcome::Answer(option.answer.clone()),
            (None, KeyCode::Char(_)) if self.strict => return Outcome::Answer(self.escape()),
            (None, code) => _ = self.scroll.handle(code),
        }
        Outcome::Stay
    }

    pub(super) fn draw(&mut self, screen: Rect, canvas: &mut Canvas<'_>) {
        let look = canvas.look;
        let columns = inner_columns(screen, COLUMNS);
        let mut rows: Vec<Line<'_>> = Vec::new();
        for words in &self.words {
            let wrapped = text::words(words, columns, look.charset);
            rows.extend(wrapped.into_iter().map(Line::from));
        }
        let mut answers: Vec<Line<'_>> = vec![Line::default()];
        for ChoiceOption { key, words, .. } in &self.options {
            answers.push(answer_row(&key_name(*key), words, look));
        }
        let escape = |option: &ChoiceOption| option.answer == self.on_escape;
        if !self.options.iter().any(escape) {
            let words = match &self.on_escape {
                Answer::Withhold(_) => "do not send it",
                Answer::Nothing => "back",
                _ => "no",
            };
            answers.push(answer_row("Esc", words, look));
        }
        // A small screen shows the answers before the words.
        let most = inner_rows(screen);
        rows.truncate(most.saturating_sub(answers.len()));
        if rows.is_empty() {
            answers.remove(0);
        }
        self.scroll.fit(most, answers.len());
        let mut title = self.title.clone();
        if answers.len() > most {
            let more = "Up Down for more";
            title = if title.chars().count() + more.len() + 4 > columns {
                more.to_owned()
            } else {
                format!("{title}: {more}")
            };
        }
        rows.extend(answers.into_iter().skip(self.scroll.top()));
        let size = (columns, rows.len().min(most));
        let inner = canvas.frame(screen, size, &title);
        canvas.rows(&rows, inner);
    }
}

fn answer_row<'a>(key: &str, words: &'a str, look: &Look) -> Line<'a> {
    Line::from(vec![
        Span::styled(format!(" {key:>5} "), look.theme.key),
        Span::raw(" "),
        Span::raw(words),
    ])
}

fn key_name(key: KeyCode) -> String {
    match key {
        KeyCode::Char(letter) => letter.to_string(),
        other => format!("{other:?}"),
    }
}
