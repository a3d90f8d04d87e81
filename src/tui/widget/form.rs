//! Forms: named fields, the field with the focus, editing, paste and drawing. If not all fields fit,
//! the one with the focus is visible.

use crossterm::event::{KeyCode, KeyEvent};
use ratatui::layout::{Position, Rect};
use ratatui::style::Style;
use ratatui::text::{Line, Span};
use unicode_width::UnicodeWidthStr;

use super::canvas::{Canvas, indented};
use super::editor::{Editor, TooLong};
use super::input::Input;
use super::look::Look;
use crate::report::text;

/// Columns between the longest label and the values.
const GAP: usize = 2;

/// A field of a form.
#[derive(Debug)]
pub struct Field {
    label: String,
    value: Value,
    /// From which character on the text is hidden.
    hidden_from: Option<usize>,
    /// What applies while the field is empty.
    placeholder: String,
}

#[derive(Debug)]
enum Value {
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

    /// Takes its text out; undo does not bring it back.
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

    fn handle(&mut self, key: KeyEvent) -> bool {
        match (&mut self.value, key.code) {
            (Value::Text(editor), _) => return editor.handle(key),
            (Value::Choice(_, at), KeyCode::Left) => *at = at.saturating_sub(1),
            (Value::Choice(words, at), KeyCode::Right) => {
                *at = (*at + 1).min(words.len().saturating_sub(1));
            }
            (Value::Choice(words, at), KeyCode::Char(' ')) => {
                *at = (*at + 1) % words.len().max(1);
            }
            (Value::Toggle { on, .. }, KeyCode::Char(' ')) => *on = !*on,
            _ => return false,
        }
        true
    }
}

/// Fields below one another.
#[derive(Debug)]
pub struct Form {
    fields: Vec<Field>,
    /// The field with the focus; none if something outside of the form has it.
    focus: Option<usize>,
    label_columns: Option<usize>,
}

impl Form {
    /// A form with the focus on its first field.
    pub fn new(fields: Vec<Field>) -> Self {
        Self {
            focus: (!fields.is_empty()).then_some(0),
            fields,
            label_columns: None,
        }
    }

    /// The same form with this many columns for labels, gap included.
    #[must_use]
    pub fn label_columns(mut self, columns: usize) -> Self {
        self.label_columns = Some(columns);
        self
    }

    /// All fields, in order.
    pub fn fields(&self) -> &[Field] {
        &self.fields
    }

    /// A field to be changed.
    pub fn field_mut(&mut self, at: usize) -> Option<&mut Field> {
        self.fields.get_mut(at)
    }

    /// The value of a field.
    pub fn value(&self, at: usize) -> &str {
        self.fields.get(at).map_or("", Field::value)
    }

    /// The value of the field with this label.
    pub fn value_of(&self, label: &str) -> &str {
        let field = self.fields.iter().find(|field| field.label == label);
        field.map_or("", Field::value)
    }

    /// How many fields there are.
    pub fn len(&self) -> usize {
        self.fields.len()
    }

    /// The field with the focus; none if something outside of the form has it.
    pub fn focus(&self) -> Option<usize> {
        self.focus
    }

    /// Whether this field has the focus.
    pub fn is_at(&self, at: usize) -> bool {
        self.focus == Some(at)
    }

    /// Gives the focus to this field.
    pub fn focus_on(&mut self, at: usize) {
        self.focus = Some(at.min(self.fields.len().saturating_sub(1)));
    }

    /// Moves the focus to the next field, or the previous one. After the last comes the first.
    pub fn step_round(&mut self, forward: bool) {
        self.step_out(forward);
        if self.focus.is_none() {
            self.step_out(forward);
        }
    }

    /// Moves the focus to the next field, or the previous one. After the last field it leaves the form;
    /// from outside it comes to the first field, or the last.
    pub fn step_out(&mut self, forward: bool) {
        let count = self.fields.len();
        let next = match (self.focus, forward) {
            (Some(at), true) => Some(at + 1),
            (Some(at), false) => at.checked_sub(1),
            (None, true) => Some(0),
            (None, false) => count.checked_sub(1),
        };
        self.focus = next.filter(|next| *next < count);
    }

    /// Whether the field with the focus is edited as text.
    pub fn takes_text(&self) -> bool {
        let field = self.focus.and_then(|at| self.fields.get(at));
        field.is_some_and(|field| matches!(field.value, Value::Text(_)))
    }

    /// Whether Space changes the field with the focus.
    pub fn takes_space(&self) -> bool {
        let field = self.focus.and_then(|at| self.fields.get(at));
        field.is_some_and(|field| matches!(field.value, Value::Choice(..) | Value::Toggle { .. }))
    }

    /// Takes a key for the field with the focus; `false` if the field does nothing with it.
    pub fn handle(&mut self, key: KeyEvent) -> bool {
        let field = self.focus.and_then(|at| self.fields.get_mut(at));
        field.is_some_and(|field| field.handle(key))
    }

    /// Takes pasted text for the field with the focus; `false` if the field takes no text.
    ///
    /// # Errors
    /// [`TooLong`]: nothing is inserted.
    pub fn paste(&mut self, pasted: &str) -> Result<bool, TooLong> {
        let field = self.focus.and_then(|at| self.fields.get_mut(at));
        match field.map(|field| &mut field.value) {
            Some(Value::Text(editor)) => editor.paste(pasted).map(|()| true),
            _ => Ok(false),
        }
    }

    /// Draws the fields below one another, and returns the position of the cursor if a field has the
    /// focus.
    pub fn draw(&self, area: Rect, canvas: &mut Canvas<'_>) -> Option<Position> {
        let widest = self.fields.iter().map(|field| field.label.width()).max();
        let columns = self
            .label_columns
            .unwrap_or(widest.unwrap_or_default() + GAP);
        let skipped = self.focus.map_or(0, |at| {
            (at + 1).saturating_sub(usize::from(area.height).max(1))
        });
        let mut cursor = None;
        let fields = self.fields.iter().enumerate().skip(skipped);
        for ((at, field), row) in fields.zip(area.rows()) {
            let focused = self.is_at(at);
            let position = field.draw(columns, focused, row, canvas);
            if focused {
                // The field is recognized without the cursor, too.
                let width = u16::try_from(field.label.width()).unwrap_or(u16::MAX);
                let label = Rect {
                    width: width.min(row.width),
                    ..row
                };
                canvas.style(label, canvas.look.theme.chosen);
            }
            cursor = cursor.or(focused.then_some(position));
        }
        cursor
    }
}

impl Field {
    /// Draws the field in one row, its label in so many columns. Returns the position of the cursor.
    fn draw(&self, columns: usize, focused: bool, row: Rect, canvas: &mut Canvas<'_>) -> Position {
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

#[cfg(test)]
mod tests {
    use ratatui::buffer::Buffer;

    use super::*;

    fn form() -> Form {
        Form::new(vec![
            Field::text("host", "mx.example"),
            Field::choice("how", &["off", "show"], 1).placeholder("show"),
            Field::text("key", "").placeholder("none").hidden(true),
        ])
    }

    fn press(form: &mut Form, code: KeyCode) -> bool {
        form.handle(KeyEvent::from(code))
    }

    #[test]
    fn the_focus_goes_round_or_leaves_the_form() {
        let mut form = form();
        let mut seen = Vec::new();
        for _ in 0..4 {
            form.step_out(true);
            seen.push(form.focus());
        }
        assert_eq!(seen, [Some(1), Some(2), None, Some(0)]);
        form.step_out(false);
        assert_eq!(form.focus(), None);
        assert!(!press(&mut form, KeyCode::Char('x')));
        assert_eq!(form.paste("x"), Ok(false));
        form.step_out(false);
        assert_eq!(form.focus(), Some(2));
        form.step_round(true);
        assert_eq!(form.focus(), Some(0));
        form.step_round(false);
        assert_eq!(form.focus(), Some(2));
    }

    #[test]
    fn a_text_is_edited_and_a_word_is_chosen() {
        let mut form = form();
        assert!(press(&mut form, KeyCode::Backspace));
        assert_eq!(form.value_of("host"), "mx.exampl");
        form.focus_on(1);
        assert!(!press(&mut form, KeyCode::Char('x')));
        assert_eq!(form.paste("x"), Ok(false));
        for (code, word) in [
            (KeyCode::Right, "show"),
            (KeyCode::Left, "off"),
            (KeyCode::Left, "off"),
            (KeyCode::Char(' '), "show"),
            (KeyCode::Char(' '), "off"),
        ] {
            assert!(press(&mut form, code));
            assert_eq!(form.value_of("how"), word);
        }
        let mut form = Form::new(vec![Field::toggle("all", false)]);
        assert!(press(&mut form, KeyCode::Char(' ')) && !press(&mut form, KeyCode::Char('x')));
        assert!(form.fields()[0].is_on());
    }

    #[test]
    fn a_small_area_shows_the_field_with_the_focus() {
        let mut form = form();
        form.focus_on(2);
        form.paste("secret").unwrap();
        let area = Rect::new(0, 0, 20, 2);
        let mut buffer = Buffer::empty(area);
        let look = Look::default();
        let cursor = form.draw(area, &mut Canvas::new(&mut buffer, &look));
        assert_eq!(cursor, Some(Position { x: 12, y: 1 }));
        let row = |y| (0..20).map(|x| buffer[(x, y)].symbol()).collect::<String>();
        assert_eq!(row(0), "how   (x) show      ");
        assert_eq!(row(1), "key   ••••••        ");
    }
}
