//! The blanks of a pasted script that have no value: a field each. A secret is hidden.

use crossterm::event::{KeyCode, KeyEvent};
use ratatui::layout::{Position, Rect};
use ratatui::text::Line;

use super::outcome::{FilledScript, Outcome};
use crate::report::text;
use crate::smtp::Secret;
use crate::tui::state::outbox::Missing;
use crate::tui::widget::canvas::{Canvas, below, inner_columns, inner_rows};
use crate::tui::widget::form::{Field, Form};
use crate::tui::widget::hint::Hint;

/// What is said above the fields.
const WORDS: &str = "The script has blanks. Nothing is sent before their values are filled in.";

/// Asks for the values of blanks. Its `Debug` shows neither the script nor a secret.
#[derive(Debug)]
pub struct BlanksForm {
    script: Secret,
    blanks: Vec<Missing>,
    form: Form,
    error: Option<String>,
}

impl BlanksForm {
    /// Asks for the values of these blanks of a script.
    pub fn new(script: &str, blanks: Vec<Missing>) -> Self {
        let field = |blank: &Missing| Field::text(blank.name.clone(), "").hidden(blank.secret);
        Self {
            script: Secret::new(script.as_bytes().to_vec()),
            form: Form::new(blanks.iter().map(field).collect()),
            blanks,
            error: None,
        }
    }

    /// Shows what is wrong with a value.
    pub fn show_error(&mut self, words: String) {
        self.error = Some(words);
    }

    pub(super) fn paste(&mut self, pasted: &str) {
        self.error = self.form.paste(pasted).err().map(|e| e.to_string());
    }

    pub(super) fn choose(&mut self, row: usize) {
        self.form.focus_on(row);
    }

    pub(super) fn hints(&self) -> Vec<Hint> {
        let mut hints = vec![Hint::new("Enter", "fill in")];
        if self.form.len() > 1 {
            hints.push(Hint::new("Tab", "next"));
        }
        hints
    }

    pub(super) fn handle(&mut self, key: KeyEvent) -> Outcome {
        self.error = None;
        match key.code {
            KeyCode::Enter => return self.submit(),
            KeyCode::Tab | KeyCode::Down => self.form.step_round(true),
            KeyCode::BackTab | KeyCode::Up => self.form.step_round(false),
            _ => _ = self.form.handle(key),
        }
        Outcome::Stay
    }

    /// Gives the values, or moves the focus to the first field that is empty.
    fn submit(&mut self) -> Outcome {
        let empty = self.form.fields().iter();
        let empty = empty.map(Field::value).position(str::is_empty);
        if let Some((at, blank)) = empty.and_then(|at| Some((at, self.blanks.get(at)?))) {
            self.error = Some(format!("{} has no value yet", blank.name));
            self.form.focus_on(at);
            return Outcome::Stay;
        }
        let values = self.blanks.iter().cloned().enumerate();
        let value = |at| Secret::new(self.form.value(at).as_bytes().to_vec());
        Outcome::Fill(Box::new(FilledScript {
            script: self.script.clone(),
            values: values.map(|(at, blank)| (blank, value(at))).collect(),
        }))
    }

    pub(super) fn draw(&self, screen: Rect, canvas: &mut Canvas<'_>) -> Option<Position> {
        let look = canvas.look;
        let columns = inner_columns(screen);
        let most = inner_rows(screen);
        let fields = self.form.len().min(most.saturating_sub(1).max(1));
        let wrapped = |words: &str| text::words(words, columns, look.charset).into_iter();
        let mut lines: Vec<Line<'_>> = match &self.error {
            Some(error) => wrapped(error)
                .map(|row| Line::styled(row, look.theme.warn))
                .collect(),
            None => wrapped(WORDS).map(Line::from).collect(),
        };
        // A small screen shows the fields before the words.
        lines.truncate(most.saturating_sub(fields));
        let size = (columns, lines.len() + fields);
        let inner = canvas.frame(screen, size, "Blanks of the script");
        canvas.rows(&lines, inner);
        self.form.draw(below(inner, lines.len()), canvas)
    }
}
