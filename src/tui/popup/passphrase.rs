//! The passphrase of an encrypted key. It is hidden while it is typed.

use std::path::{Path, PathBuf};

use crossterm::event::{KeyCode, KeyEvent};
use ratatui::layout::{Position, Rect};
use ratatui::text::Line;

use super::outcome::Outcome;
use crate::report::text;
use crate::smtp::Secret;
use crate::tui::widget::canvas::{Canvas, inner_columns, inner_rows, row_of};
use crate::tui::widget::form::{Field, Form};

/// The number of the only field.
const PASSPHRASE: usize = 0;

/// Asks for a passphrase. Its `Debug` does not show what is typed.
#[derive(Debug)]
pub struct Passphrase {
    file: PathBuf,
    form: Form,
    error: Option<String>,
}

impl Passphrase {
    /// Asks for the passphrase of this file; `error` is what was wrong with the previous one.
    pub fn new(file: &Path, error: Option<String>) -> Self {
        Self {
            file: file.to_owned(),
            form: Form::new(vec![Field::text("Passphrase", "").hidden(true)]),
            error,
        }
    }

    pub(super) fn paste(&mut self, pasted: &str) {
        self.error = self.form.paste(pasted).err().map(|e| e.to_string());
    }

    pub(super) fn handle(&mut self, key: KeyEvent) -> Outcome {
        if key.code == KeyCode::Enter {
            let typed = self.form.field_mut(PASSPHRASE).map(Field::take);
            return Outcome::Unlock(Secret::new(typed.unwrap_or_default().into_bytes()));
        }
        if self.form.handle(key) {
            self.error = None;
        }
        Outcome::Stay
    }

    pub(super) fn draw(&self, screen: Rect, canvas: &mut Canvas<'_>) -> Option<Position> {
        let look = canvas.look;
        let columns = inner_columns(screen);
        let wrapped = |words: &str| text::words(words, columns, look.charset).into_iter();
        let file = format!("{} is encrypted.", self.file.display());
        let mut lines: Vec<Line<'_>> = wrapped(&file).map(Line::from).collect();
        if let Some(error) = &self.error {
            lines.extend(wrapped(error).map(|row| Line::styled(row, look.theme.warn)));
        }
        // A small screen shows the field before the words.
        lines.truncate(inner_rows(screen).saturating_sub(1));
        let inner = canvas.frame(screen, (columns, lines.len() + 1), "Passphrase");
        canvas.rows(&lines, inner);
        let last = usize::from(inner.height).saturating_sub(1);
        self.form.draw(row_of(inner, last), canvas)
    }
}

#[cfg(test)]
mod tests {
    use ratatui::buffer::Buffer;

    use super::*;
    use crate::tui::widget::look::Look;

    #[test]
    fn the_passphrase_is_visible_nowhere_and_handed_over_whole() {
        let error = Some("wrong passphrase".to_owned());
        let mut popup = Passphrase::new(Path::new("/home/me/a-long-name-of-a-file.key"), error);
        popup.paste("white rab");
        for letter in "bit".chars() {
            popup.handle(KeyEvent::from(KeyCode::Char(letter)));
        }
        let look = Look::default();
        for (columns, rows) in [(80, 24), (40, 12), (20, 4), (10, 3)] {
            let area = Rect::new(0, 0, columns, rows);
            let mut buffer = Buffer::empty(area);
            let cursor = popup.draw(area, &mut Canvas::new(&mut buffer, &look));
            assert!(area.contains(cursor.unwrap()), "{columns}x{rows}");
            let cells = buffer.content().iter().map(ratatui::buffer::Cell::symbol);
            let screen: String = cells.collect();
            assert!(
                !screen.contains("rab") && !screen.contains("bit"),
                "{screen}"
            );
            assert_eq!(screen.contains("••••••••••••"), columns >= 40, "{screen}");
        }
        assert!(!format!("{popup:?}").contains("rab"));
        let Outcome::Unlock(passphrase) = popup.handle(KeyEvent::from(KeyCode::Enter)) else {
            panic!("no passphrase");
        };
        assert_eq!(passphrase.reveal(), b"white rabbit");
        assert!(popup.form.value(PASSPHRASE).is_empty());
    }
}
