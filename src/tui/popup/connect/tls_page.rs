//! The second page of the connect form: the TLS settings.

use ratatui::layout::{Position, Rect};
use ratatui::style::Style;
use ratatui::text::Line;

use crate::config::{TlsField, TlsOverrideError, TlsOverrides};
use crate::report::text;
use crate::tui::widget::canvas::{Canvas, below, inner_columns, inner_rows, top};
use crate::tui::widget::form::{Field, Form};
use crate::tui::widget::look::Look;

/// Rows for a hint below the fields; an error may take more.
const WORDS: usize = 2;

/// The TLS settings as they are filled in.
#[derive(Debug)]
pub(super) struct TlsPage {
    pub(super) form: Form,
    /// The settings that the fields began with.
    overrides: TlsOverrides,
}

impl TlsPage {
    /// A page that begins with these settings.
    pub(super) fn new(overrides: TlsOverrides) -> Self {
        let field = |field: TlsField| {
            let (words, text) = (field.values(), initial(&overrides, field));
            if words.is_empty() {
                return Field::text(field.name(), &text).placeholder(field.default_text());
            }
            let at = words.iter().position(|word| *word == text);
            Field::choice(field.name(), words, at.unwrap_or_default())
        };
        Self {
            form: Form::new(TlsField::ALL.map(field).into()),
            overrides,
        }
    }

    /// The settings in the fields. A field that was not changed keeps its setting, even if its text
    /// cannot be read back.
    pub(super) fn overrides(&self) -> Result<TlsOverrides, TlsOverrideError> {
        let mut overrides = self.overrides.clone();
        for (field, filled) in TlsField::ALL.into_iter().zip(self.form.fields()) {
            if filled.value() != initial(&self.overrides, field) {
                overrides.set(field, filled.value())?;
            }
        }
        Ok(overrides)
    }

    /// Moves the focus to this field.
    pub(super) fn focus_on(&mut self, wanted: TlsField) {
        let at = TlsField::ALL.iter().position(|field| *field == wanted);
        self.form.focus_on(at.unwrap_or_default());
    }

    /// The settings that differ from the defaults, in one line.
    pub(super) fn summary(&self) -> String {
        let all = TlsField::ALL.into_iter().zip(self.form.fields());
        let changed = all.filter(|(field, filled)| {
            let value = filled.value().trim();
            !value.is_empty() && value != field.default_text()
        });
        let changed: Vec<String> = changed
            .map(|(field, filled)| format!("{} {}", field.name(), filled.value().trim()))
            .collect();
        if changed.is_empty() {
            "defaults".to_owned()
        } else {
            changed.join(", ")
        }
    }

    pub(super) fn draw(
        &self,
        error: Option<&str>,
        screen: Rect,
        canvas: &mut Canvas<'_>,
    ) -> Option<Position> {
        let columns = inner_columns(screen);
        let lines = self.words(error, columns, canvas.look);
        let words = lines.len().max(WORDS);
        let most = inner_rows(screen).max(1);
        let rows = (self.form.len() + 1 + words).min(most);
        let inner = canvas.frame(screen, (columns, rows), "TLS settings");
        canvas.rows(&lines, below(inner, rows.saturating_sub(words)));
        let fields = self.form.len().min(rows.saturating_sub(words).max(1));
        self.form.draw(top(inner, fields), canvas)
    }

    /// The error, or a hint for the field with the focus.
    fn words(&self, error: Option<&str>, columns: usize, look: &Look) -> Vec<Line<'static>> {
        let field = self.form.focus().and_then(|at| TlsField::ALL.get(at));
        let (words, style) = match (error, field) {
            (Some(error), _) => (error.to_owned(), look.theme.warn),
            (None, Some(field)) => (hint(*field), look.theme.dim),
            (None, None) => (String::new(), Style::new()),
        };
        let rows = text::words(&words, columns, look.charset);
        rows.into_iter()
            .map(|row| Line::styled(row, style))
            .collect()
    }
}

/// What a field takes, and how it is changed if not by typing.
fn hint(field: TlsField) -> String {
    if field.values().is_empty() {
        field.hint().to_owned()
    } else {
        format!("Space changes it. {}", field.hint())
    }
}

/// What a field begins with: a choice without a setting begins with its default.
fn initial(overrides: &TlsOverrides, field: TlsField) -> String {
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
    fn every_hint_fits_a_small_screen() {
        for field in TlsField::ALL {
            let rows = text::words(&hint(field), 38, Charset::default());
            assert!(rows.len() <= WORDS, "{field:?}: {rows:?}");
        }
    }
}
