//! Forms: named fields, the field with the focus, editing, paste and drawing. If not all fields fit,
//! the one with the focus is visible.

mod field;

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use ratatui::layout::{Position, Rect};
use unicode_width::UnicodeWidthStr;

pub use self::field::Field;
use self::field::Value;
use crate::tui::widget::canvas::Canvas;
use crate::tui::widget::editor::TooLong;

/// Columns between the longest label and the values.
const GAP: usize = 2;

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

    /// Adds a field at the end, or removes the last one, so that there are `count` fields. `last` is
    /// the field to add.
    pub fn keep(&mut self, count: usize, last: impl FnOnce() -> Field) {
        self.fields.truncate(count);
        if self.fields.len() + 1 == count {
            self.fields.push(last());
        }
        self.focus = self.focus.map(|at| at.min(count.saturating_sub(1)));
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
        let field = self.fields.iter().find(|field| field.label() == label);
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

    /// Takes the focus from all fields: something outside of the form has it.
    pub fn leave(&mut self) {
        self.focus = None;
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
        field.is_some_and(Field::is_text)
    }

    /// Whether Space changes the field with the focus.
    pub fn takes_space(&self) -> bool {
        let field = self.focus.and_then(|at| self.fields.get(at));
        field.is_some_and(|field| matches!(field.value, Value::Choice(..) | Value::Toggle { .. }))
    }

    /// Takes a key for the field with the focus; `false` if the field does nothing with it. Text that is
    /// typed on a check box goes into the line of text above it, so that nothing is lost.
    pub fn handle(&mut self, key: KeyEvent) -> bool {
        let is_text = matches!(key.code, KeyCode::Char(letter) if letter != ' ')
            && key.modifiers.difference(KeyModifiers::SHIFT).is_empty();
        if is_text {
            self.leave_check_box();
        }
        let field = self.focus.and_then(|at| self.fields.get_mut(at));
        field.is_some_and(|field| field.handle(key))
    }

    /// Moves the focus from a check box to the line of text above it.
    fn leave_check_box(&mut self) {
        let at = self.focus.unwrap_or_default();
        let (above, from) = self.fields.split_at(at.min(self.fields.len()));
        if from.first().is_some_and(Field::is_toggle)
            && let Some(above) = above.iter().rposition(Field::is_text)
        {
            self.focus = Some(above);
        }
    }

    /// Takes pasted text for the field with the focus; `false` if the field takes no text.
    ///
    /// # Errors
    /// [`TooLong`]: nothing is inserted.
    pub fn paste(&mut self, pasted: &str) -> Result<bool, TooLong> {
        self.leave_check_box();
        let field = self.focus.and_then(|at| self.fields.get_mut(at));
        match field.map(|field| &mut field.value) {
            Some(Value::Text(editor)) => editor.paste(pasted).map(|()| true),
            _ => Ok(false),
        }
    }

    /// Draws the fields below one another, and returns the position of the cursor if a field has the
    /// focus.
    pub fn draw(&self, area: Rect, canvas: &mut Canvas<'_>) -> Option<Position> {
        let widest = self.fields.iter().map(|field| field.label().width()).max();
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
                // The field can be seen without the cursor, too.
                let width = u16::try_from(field.label().width()).unwrap_or(u16::MAX);
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

#[cfg(test)]
mod tests {
    use ratatui::buffer::Buffer;

    use super::*;
    use crate::tui::widget::look::Look;

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
            (KeyCode::Char('S'), "show"),
            (KeyCode::Char('o'), "off"),
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

    #[test]
    fn text_on_a_check_box_goes_into_the_line_above() {
        let mut form = Form::new(vec![Field::text("Name", ""), Field::toggle("on", false)]);
        form.focus_on(1);
        form.handle(KeyEvent::from(KeyCode::Char(' ')));
        assert!(form.fields()[1].is_on());
        form.handle(KeyEvent::from(KeyCode::Char('x')));
        assert_eq!((form.value(0), form.focus()), ("x", Some(0)));
        form.focus_on(1);
        assert_eq!(form.paste("yz"), Ok(true));
        assert_eq!(form.value(0), "xyz");
    }
}
