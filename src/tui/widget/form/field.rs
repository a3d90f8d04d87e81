//! A field of a form: a line of text, a choice, a check box or a fixed value.

use crossterm::event::{KeyCode, KeyEvent};
use ratatui::layout::{Position, Rect};
use ratatui::style::Style;
use ratatui::text::{Line, Span};

use crate::report::text;
use crate::tui::widget::canvas::{Canvas, indented};
use crate::tui::widget::editor::Editor;
use crate::tui::widget::input::Input;
use crate::tui::widget::look::Look;

/// A field of a form.
#[derive(Debug)]
pub struct Field {
    label: String,
    pub(super) value: Value,
    /// From which character on the text is hidden.
    hidden_from: Option<usize>,
    /// What applies while the field is empty.
    placeholder: String,
}

#[derive(Debug)]
pub(super) enum Value {
    /// A line of text.
    Text(Box<Editor>),
    /// One of these words.
    Choice(&'static [&'static str], usize),
    /// A check box.
    Toggle { words: &'static str, on: bool },
    /// A value that is changed elsewhere, and a remark about it.
    Fixed { text: String, remark: String },
}

impl Field {
    /// A field for a line of text.
    pub fn text(label: impl Into<String>, text: &str) -> Self {
        Self::new(label.into(), Value::Text(Box::new(Editor::with_text(text))))
    }

    /// A field for one of a few words.
    pub fn choice(label: impl Into<String>, words: &'static [&'static str], chosen: usize) -> Self {
        let chosen = chosen.min(words.len().saturating_sub(1));
        Self::new(label.into(), Value::Choice(words, chosen))
    }

    /// A check box; its words are to the right of it.
    pub fn toggle(words: &'static str, on: bool) -> Self {
        Self::new(String::new(), Value::Toggle { words, on })
    }

    /// A field whose value the form does not edit.
    pub fn fixed(label: impl Into<String>) -> Self {
        let (text, remark) = (String::new(), String::new());
        Self::new(label.into(), Value::Fixed { text, remark })
    }

    fn new(label: String, value: Value) -> Self {
        Self {
            label,
            value,
            hidden_from: None,
            placeholder: String::new(),
        }
    }

    /// The same field, its text hidden if it is a secret.
    #[must_use]
    pub fn hidden(mut self, hidden: bool) -> Self {
        self.set_hidden(hidden);
        self
    }

    /// The same field with words for what applies while it is empty.
    #[must_use]
    pub fn placeholder(mut self, placeholder: &str) -> Self {
        self.set_placeholder(placeholder.to_owned());
        self
    }

    /// Its label.
    pub fn label(&self) -> &str {
        &self.label
    }

    /// Its text, or the word that is chosen.
    pub fn value(&self) -> &str {
        match &self.value {
            Value::Text(editor) => editor.text(),
            Value::Choice(words, chosen) => words.get(*chosen).copied().unwrap_or_default(),
            Value::Fixed { text, .. } => text,
            Value::Toggle { .. } => "",
        }
    }

    /// Whether it is a check box that is checked.
    pub fn is_on(&self) -> bool {
        matches!(self.value, Value::Toggle { on: true, .. })
    }

    /// Whether it is a check box.
    pub fn is_toggle(&self) -> bool {
        matches!(self.value, Value::Toggle { .. })
    }

    /// Whether it is a line of text.
    pub fn is_text(&self) -> bool {
        matches!(self.value, Value::Text(_))
    }

    /// Replaces its label.
    pub fn set_label(&mut self, label: &str) {
        label.clone_into(&mut self.label);
    }

    /// Replaces its text, if it has one.
    pub fn set(&mut self, text: &str) {
        if let Value::Text(editor) = &mut self.value {
            editor.set(text);
        }
    }

    /// Takes its text out; undo cannot restore it.
    pub fn take(&mut self) -> String {
        match &mut self.value {
            Value::Text(editor) => editor.take().concat(),
            _ => String::new(),
        }
    }

    /// Makes it a check box.
    pub fn set_toggle(&mut self, words: &'static str, on: bool) {
        self.value = Value::Toggle { words, on };
    }

    /// Makes it a value that is changed elsewhere, with a remark about it.
    pub fn set_fixed(&mut self, text: String, remark: String) {
        self.value = Value::Fixed { text, remark };
    }

    /// Hides all of its text, or none.
    pub fn set_hidden(&mut self, hidden: bool) {
        self.hidden_from = hidden.then_some(0);
    }

    /// Hides its text from this character on.
    pub fn set_hidden_from(&mut self, hidden_from: Option<usize>) {
        self.hidden_from = hidden_from;
    }

    /// Sets the words for what applies while it is empty.
    pub fn set_placeholder(&mut self, placeholder: String) {
        self.placeholder = placeholder;
    }

    pub(super) fn handle(&mut self, key: KeyEvent) -> bool {
        match (&mut self.value, key.code) {
            (Value::Text(editor), _) => return editor.handle(key),
            (Value::Choice(_, at), KeyCode::Left) => *at = at.saturating_sub(1),
            (Value::Choice(words, at), KeyCode::Right) => {
                *at = (*at + 1).min(words.len().saturating_sub(1));
            }
            (Value::Choice(words, at), KeyCode::Char(' ')) => {
                *at = (*at + 1) % words.len().max(1);
            }
            // A letter chooses the next word that begins with it.
            (Value::Choice(words, at), KeyCode::Char(letter)) => {
                let begins = |word: &str| {
                    let first = word.chars().next();
                    first.is_some_and(|first| first.eq_ignore_ascii_case(&letter))
                };
                let mut order = (1..=words.len()).map(|ahead| (*at + ahead) % words.len());
                match order.find(|next| begins(words[*next])) {
                    Some(next) => *at = next,
                    None => return false,
                }
            }
            (Value::Toggle { on, .. }, KeyCode::Char(' ')) => *on = !*on,
            _ => return false,
        }
        true
    }
}

impl Field {
    /// Draws the field in one row, its label in this many columns. Returns the position of the cursor.
    pub(super) fn draw(
        &self,
        columns: usize,
        focused: bool,
        row: Rect,
        canvas: &mut Canvas<'_>,
    ) -> Position {
        let label = format!("{:<columns$}", self.label);
        let look = canvas.look;
        let value = match &self.value {
            Value::Text(editor) => {
                let empty = editor.is_empty() && !self.placeholder.is_empty();
                let ghost = if empty {
                    let words = format!("({})", self.placeholder);
                    text::visible(words.as_bytes(), look.charset)
                } else {
                    String::new()
                };
                let input = Input::new(&label, editor)
                    .hidden_from(self.hidden_from)
                    .ghost(&ghost);
                return input.draw(row, canvas);
            }
            Value::Choice(words, chosen) => {
                let room = usize::from(row.width).saturating_sub(columns);
                choice_row(words, *chosen, room, focused, look)
            }
            Value::Toggle { words, on } => {
                let mark = if *on { "[x]" } else { "[ ]" };
                vec![Span::styled(
                    format!("{mark} {words}"),
                    chosen_if(focused, look),
                )]
            }
            Value::Fixed { text, remark } => {
                let of_remark = if text.is_empty() && focused {
                    look.theme.chosen
                } else {
                    look.theme.dim
                };
                vec![
                    Span::styled(text.clone(), chosen_if(focused, look)),
                    Span::styled(remark.clone(), of_remark),
                ]
            }
        };
        let label = std::iter::once(Span::styled(label, look.theme.key));
        canvas.row(&Line::from_iter(label.chain(value)), row);
        let at_value = indented(row, columns);
        Position {
            x: at_value.x.min(row.right().saturating_sub(1)),
            y: row.y,
        }
    }
}

fn chosen_if(focused: bool, look: &Look) -> Style {
    if focused {
        look.theme.chosen
    } else {
        Style::new()
    }
}

/// All words with the chosen one marked, or the chosen one alone if there is no room for all.
fn choice_row(
    words: &[&'static str],
    chosen: usize,
    room: usize,
    focused: bool,
    look: &Look,
) -> Vec<Span<'static>> {
    let row = |chosen_only: bool| {
        let mut spans = Vec::new();
        let shown = words.iter().enumerate();
        for (at, word) in shown.filter(|(at, _)| !chosen_only || *at == chosen) {
            if !spans.is_empty() {
                spans.push(Span::raw(" "));
            }
            let mark = if at == chosen { "(x)" } else { "( )" };
            let style = chosen_if(at == chosen && focused, look);
            spans.push(Span::styled(format!("{mark} {word}"), style));
        }
        spans
    };
    let all = row(false);
    let width: usize = all.iter().map(Span::width).sum();
    if width > room { row(true) } else { all }
}
