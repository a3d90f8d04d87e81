//! The TLS choices of the connect form: its second page.

use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};
use ratatui::style::Style;
use ratatui::text::{Line, Span};

use crate::config::{TlsField, TlsOverrideError, TlsOverrides};
use crate::report::text;
use crate::tui::widget::form::{Field, Fields};
use crate::tui::widget::frame::{draw_rows, frame};
use crate::tui::widget::look::Look;

/// Rows below the fields, for words; what is wrong may take more.
const WORDS: usize = 2;

/// What is said about the handshake, as it is filled in.
#[derive(Debug)]
pub(super) struct Choices {
    pub(super) fields: Fields,
    /// What the fields began with.
    overrides: TlsOverrides,
}

impl Choices {
    /// Fields that begin with what is said already.
    pub(super) fn new(overrides: TlsOverrides) -> Self {
        let field = |field: TlsField| {
            let (words, text) = (field.values(), begin(&overrides, field));
            if words.is_empty() {
                return Field::text(field.name(), &text).usual(field.default_text());
            }
            let at = words.iter().position(|word| *word == text);
            Field::word(field.name(), words, at.unwrap_or_default())
        };
        Self {
            fields: Fields::new(TlsField::ALL.map(field).into()),
            overrides,
        }
    }

    /// What the fields say now. One that was left alone says what it said before, also where its
    /// text could not be read back.
    pub(super) fn overrides(&self) -> Result<TlsOverrides, TlsOverrideError> {
        let mut overrides = self.overrides.clone();
        for (field, filled) in TlsField::ALL.into_iter().zip(self.fields.all()) {
            if filled.value() != begin(&self.overrides, field) {
                overrides.set(field, filled.value())?;
            }
        }
        Ok(overrides)
    }

    /// Puts the cursor into this field.
    pub(super) fn go_to(&mut self, wanted: TlsField) {
        let at = TlsField::ALL.iter().position(|field| *field == wanted);
        self.fields.go_to(at.unwrap_or_default());
    }

    /// In one line what differs from the usual.
    pub(super) fn summary(&self) -> String {
        let all = TlsField::ALL.into_iter().zip(self.fields.all());
        let other = all.filter(|(field, filled)| {
            let value = filled.value().trim();
            !value.is_empty() && value != field.default_text()
        });
        let other: Vec<String> = other
            .map(|(field, filled)| format!("{} {}", field.name(), filled.value().trim()))
            .collect();
        if other.is_empty() {
            "as usual".to_owned()
        } else {
            other.join(", ")
        }
    }

    pub(super) fn draw(
        &self,
        error: Option<&str>,
        screen: Rect,
        buffer: &mut Buffer,
        look: &Look,
    ) -> Option<Position> {
        let columns = usize::from(screen.width.saturating_sub(2)).clamp(1, 74);
        let title = if columns < 52 {
            "TLS choices: ^T back, Enter connects"
        } else {
            "TLS choices: Tab moves, ^T goes back, Enter connects"
        };
        let lines = self.words(error, columns, look);
        let below = lines.len().max(WORDS);
        let most = usize::from(screen.height).saturating_sub(2).max(1);
        let rows = (self.fields.len() + 1 + below).min(most);
        let inner = frame(screen, (columns, rows), title, buffer, look);
        let shown = self.fields.len().min(rows.saturating_sub(below).max(1));
        let area = Rect {
            height: u16::try_from(shown).unwrap_or(u16::MAX).min(inner.height),
            ..inner
        };
        let cursor = self.fields.draw(true, area, buffer, look);
        draw_rows(&lines, inner, rows.saturating_sub(below), buffer, look);
        cursor
    }

    /// What is wrong, or what would be right where the cursor stands.
    fn words(&self, error: Option<&str>, columns: usize, look: &Look) -> Vec<Line<'static>> {
        let (words, style) = match (error, TlsField::ALL.get(self.fields.at())) {
            (Some(error), _) => (error.to_owned(), look.theme.warn),
            (None, Some(field)) => (hint(*field), look.theme.dim),
            (None, None) => (String::new(), Style::new()),
        };
        let line = |row| Line::from(Span::styled(row, style));
        let rows = text::words(&words, columns, look.charset);
        rows.into_iter().map(line).collect()
    }
}

/// What would be right in a field, and how it is changed where that is not by typing.
fn hint(field: TlsField) -> String {
    if field.values().is_empty() {
        field.hint().to_owned()
    } else {
        format!("Space changes it. {}", field.hint())
    }
}

/// What stands in a field at first: for one of a few words the usual one, where none is said.
fn begin(overrides: &TlsOverrides, field: TlsField) -> String {
    let text = overrides.text(field);
    if text.is_empty() && !field.values().is_empty() {
        return field.default_text().to_owned();
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::text::Charset;

    #[test]
    fn every_hint_has_room_on_a_small_screen() {
        for field in TlsField::ALL {
            let rows = text::words(&hint(field), 38, Charset::default());
            assert!(rows.len() <= WORDS, "{field:?}: {rows:?}");
        }
    }
}
