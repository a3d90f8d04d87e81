//! Fields to fill in: each a name and a line of text or one of a few words. The cursor goes from
//! one to the next; where not all fit on the screen, the one with the cursor does.

use crossterm::event::{KeyCode, KeyEvent};
use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};
use ratatui::style::Style;
use ratatui::text::{Line, Span};

use crate::tui::widget::editor::Editor;
use crate::tui::widget::field;
use crate::tui::widget::frame::draw_row;
use crate::tui::widget::look::Look;

/// Columns between the names and what stands in the fields.
const GAP: usize = 2;

/// One field.
#[derive(Debug)]
pub struct Field {
    name: String,
    value: Value,
    hidden: bool,
    /// What counts while nothing stands there.
    usual: &'static str,
}

/// What stands in a field.
#[derive(Debug)]
enum Value {
    /// A line of text.
    Text(Box<Editor>),
    /// One of these words.
    Word(&'static [&'static str], usize),
}

impl Field {
    /// A field for a line of text.
    pub fn text(name: impl Into<String>, text: &str) -> Self {
        Self {
            name: name.into(),
            value: Value::Text(Box::new(Editor::with_text(text))),
            hidden: false,
            usual: "",
        }
    }

    /// A field for one of a few words.
    pub fn word(name: impl Into<String>, words: &'static [&'static str], at: usize) -> Self {
        Self {
            value: Value::Word(words, at.min(words.len().saturating_sub(1))),
            ..Self::text(name, "")
        }
    }

    /// The same, with its text hidden where it is a secret.
    #[must_use]
    pub fn hidden(self, hidden: bool) -> Self {
        Self { hidden, ..self }
    }

    /// The same, with words for what counts while it is empty.
    #[must_use]
    pub fn usual(self, usual: &'static str) -> Self {
        Self { usual, ..self }
    }

    /// Its name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// What stands there.
    pub fn value(&self) -> &str {
        match &self.value {
            Value::Text(editor) => editor.text(),
            Value::Word(words, at) => words.get(*at).copied().unwrap_or_default(),
        }
    }

    /// Puts a text into it, where it takes one.
    #[cfg(test)]
    pub fn set(&mut self, text: &str) {
        if let Value::Text(editor) = &mut self.value {
            editor.set(text);
        }
    }

    /// Takes a key. `false` when it means nothing here.
    fn handle(&mut self, key: KeyEvent) -> bool {
        match (&mut self.value, key.code) {
            (Value::Text(editor), _) => return editor.handle(key),
            (Value::Word(_, at), KeyCode::Left) => *at = at.saturating_sub(1),
            (Value::Word(words, at), KeyCode::Right) => *at = (*at + 1).min(words.len() - 1),
            (Value::Word(words, at), KeyCode::Char(' ')) => *at = (*at + 1) % words.len(),
            _ => return false,
        }
        true
    }
}

/// The fields, and which of them has the cursor.
#[derive(Debug)]
pub struct Fields {
    all: Vec<Field>,
    at: usize,
}

impl Fields {
    /// These, the cursor in the first.
    pub fn new(all: Vec<Field>) -> Self {
        Self { all, at: 0 }
    }

    /// All of them, in order.
    pub fn all(&self) -> &[Field] {
        &self.all
    }

    /// All of them, to be changed.
    #[cfg(test)]
    pub fn all_mut(&mut self) -> &mut [Field] {
        &mut self.all
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.all.len()
    }

    /// The number of the one with the cursor.
    pub fn at(&self) -> usize {
        self.at
    }

    /// Puts the cursor into this one.
    pub fn go_to(&mut self, at: usize) {
        self.at = at.min(self.all.len().saturating_sub(1));
    }

    /// To the next field, or the one before. `false` at the end; then nothing changes.
    pub fn step(&mut self, on: bool) -> bool {
        let next = if on {
            self.at + 1
        } else {
            self.at.wrapping_sub(1)
        };
        let there = next < self.all.len();
        if there {
            self.at = next;
        }
        there
    }

    /// To the next field, or the one before, and round at the end.
    pub fn step_round(&mut self, on: bool) {
        if !self.step(on) {
            self.at = if on {
                0
            } else {
                self.all.len().saturating_sub(1)
            };
        }
    }

    /// What stands in the field of this name.
    pub fn value(&self, name: &str) -> &str {
        let field = self.all.iter().find(|field| field.name == name);
        field.map_or("", Field::value)
    }

    /// Takes a key for the field with the cursor. `false` when it means nothing there.
    pub fn handle(&mut self, key: KeyEvent) -> bool {
        let field = self.all.get_mut(self.at);
        field.is_some_and(|field| field.handle(key))
    }

    /// Takes pasted text for the field with the cursor.
    pub fn paste(&mut self, text: &str) {
        if let Some(Field {
            value: Value::Text(editor),
            ..
        }) = self.all.get_mut(self.at)
        {
            // Too long a paste is no value of anything.
            let _ = editor.paste(text);
        }
    }

    /// Draws them below one another, and says where the cursor stands. Those that have the keys show
    /// it.
    pub fn draw(
        &self,
        has_keys: bool,
        area: Rect,
        buffer: &mut Buffer,
        look: &Look,
    ) -> Option<Position> {
        let names = self.all.iter().map(|field| field.name.chars().count());
        let width = names.max().unwrap_or_default();
        let skipped = (self.at + 1).saturating_sub(usize::from(area.height).max(1));
        let mut cursor = None;
        let rows = self.all.iter().enumerate().skip(skipped);
        for ((number, field), y) in rows.zip(area.y..area.bottom()) {
            let row = Rect {
                y,
                height: 1,
                ..area
            };
            let here = has_keys && number == self.at;
            let mark = format!("{:<width$}{:GAP$}", field.name, "");
            match &field.value {
                Value::Text(editor) => {
                    let hidden = field.hidden.then_some(0);
                    let empty = editor.is_empty() && !field.usual.is_empty();
                    let ghost = if empty {
                        format!("({})", field.usual)
                    } else {
                        String::new()
                    };
                    let ghost = (ghost.as_str(), [].as_slice());
                    let at = field::draw_with(editor, &mark, hidden, ghost, row, buffer, look);
                    cursor = cursor.or(here.then_some(at));
                }
                Value::Word(words, at) => {
                    let line = word_row(&mark, words, *at, here, usize::from(row.width), look);
                    draw_row(buffer, Position { x: row.x, y }, &line, row.width, look);
                }
            }
        }
        cursor
    }
}

/// All the words with the chosen one marked; that one alone where there is no room for all.
fn word_row(
    mark: &str,
    words: &[&'static str],
    chosen: usize,
    here: bool,
    room: usize,
    look: &Look,
) -> Line<'static> {
    let row = |narrow: bool| {
        let mut spans = vec![Span::styled(mark.to_owned(), look.theme.key)];
        let shown = words.iter().enumerate();
        for (at, words) in shown.filter(|(at, _)| !narrow || *at == chosen) {
            let style = if at == chosen && here {
                look.theme.chosen
            } else {
                Style::new()
            };
            if spans.len() > 1 {
                spans.push(Span::raw(" "));
            }
            let mark = if at == chosen { "(x)" } else { "( )" };
            spans.push(Span::styled(format!("{mark} {words}"), style));
        }
        Line::from(spans)
    };
    let wide = row(false);
    if wide.width() > room { row(true) } else { wide }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fields() -> Fields {
        Fields::new(vec![
            Field::text("host", "mx.example"),
            Field::word("how", &["off", "show"], 1).usual("show"),
            Field::text("key", "").usual("none").hidden(true),
        ])
    }

    fn press(fields: &mut Fields, code: KeyCode) -> bool {
        fields.handle(KeyEvent::from(code))
    }

    #[test]
    fn the_cursor_goes_round_or_stops_at_the_end() {
        let mut fields = fields();
        assert!(!fields.step(false));
        assert!(fields.step(true) && fields.step(true) && !fields.step(true));
        assert_eq!(fields.at(), 2);
        fields.step_round(true);
        assert_eq!(fields.at(), 0);
        fields.step_round(false);
        assert_eq!(fields.at(), 2);
    }

    #[test]
    fn a_text_is_edited_and_a_word_is_chosen() {
        let mut fields = fields();
        assert!(press(&mut fields, KeyCode::Backspace));
        assert_eq!(fields.value("host"), "mx.exampl");
        fields.go_to(1);
        assert!(!press(&mut fields, KeyCode::Char('x')));
        fields.paste("x");
        for (code, word) in [
            (KeyCode::Right, "show"),
            (KeyCode::Left, "off"),
            (KeyCode::Left, "off"),
            (KeyCode::Char(' '), "show"),
            (KeyCode::Char(' '), "off"),
        ] {
            assert!(press(&mut fields, code));
            assert_eq!(fields.value("how"), word);
        }
    }

    #[test]
    fn a_small_place_shows_the_field_with_the_cursor() {
        let mut fields = fields();
        fields.go_to(2);
        fields.paste("secret");
        let area = Rect::new(0, 0, 20, 2);
        let mut buffer = Buffer::empty(area);
        let cursor = fields.draw(true, area, &mut buffer, &Look::default());
        assert_eq!(cursor, Some(Position { x: 12, y: 1 }));
        let row = |y| (0..20).map(|x| buffer[(x, y)].symbol()).collect::<String>();
        assert_eq!(row(0), "how   (x) show      ");
        assert_eq!(row(1), "key   ••••••        ");
    }
}
