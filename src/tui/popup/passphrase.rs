//! The passphrase of an encrypted key, asked for where nobody sees it.

use std::path::{Path, PathBuf};

use crossterm::event::{KeyCode, KeyEvent};
use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};
use ratatui::text::{Line, Span};

use super::Outcome;
use crate::report::text;
use crate::smtp::Secret;
use crate::tui::widget::editor::Editor;
use crate::tui::widget::look::Look;
use crate::tui::widget::{field, frame};

/// The question for a passphrase. Its Debug tells nothing of it.
#[derive(Debug)]
pub struct Passphrase {
    file: PathBuf,
    editor: Editor,
    error: Option<String>,
}

impl Passphrase {
    /// Asks for the passphrase of this file, with what was wrong with the one before.
    pub fn new(file: &Path, error: Option<String>) -> Self {
        Self {
            file: file.to_owned(),
            editor: Editor::line(),
            error,
        }
    }

    pub(super) fn paste(&mut self, pasted: &str) {
        self.error = self.editor.paste(pasted).err().map(|e| e.to_string());
    }

    pub(super) fn handle(&mut self, key: KeyEvent) -> Outcome {
        if key.code == KeyCode::Enter {
            let typed = self.editor.take().concat();
            return Outcome::Unlock(Secret::new(typed.into_bytes()));
        }
        if self.editor.handle(key) {
            self.error = None;
        }
        Outcome::Stay
    }

    pub(super) fn draw(&self, screen: Rect, buffer: &mut Buffer, look: &Look) -> Position {
        let columns = usize::from(screen.width.saturating_sub(2)).clamp(1, 74);
        let visible = |words: &str| text::words(words, columns, look.charset);
        let file = self.file.display().to_string();
        let mut lines: Vec<Line<'_>> = visible(&format!("{file} is encrypted."))
            .into_iter()
            .map(Line::from)
            .collect();
        if let Some(error) = &self.error {
            let rows = visible(error).into_iter();
            lines.extend(rows.map(|row| Line::from(Span::styled(row, look.theme.warn))));
        }
        // The field is never what a small screen leaves out.
        lines.truncate(usize::from(screen.height.saturating_sub(3)));
        let title = "passphrase: Enter opens the key, Esc goes back";
        let title = if columns < title.len() + 2 {
            "passphrase: Enter, Esc"
        } else {
            title
        };
        let inner = frame::frame(screen, (columns, lines.len() + 1), title, buffer, look);
        frame::draw_rows(&lines, inner, 0, buffer, look);
        let row = Rect {
            y: inner.bottom().saturating_sub(1),
            height: inner.height.min(1),
            ..inner
        };
        field::draw(&self.editor, "Passphrase  ", Some(0), row, buffer, look)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_seen_nowhere_and_handed_over_whole() {
        let error = Some("the passphrase does not open the key".to_owned());
        let mut popup = Passphrase::new(Path::new("/home/me/a-long-name-of-a-file.key"), error);
        popup.paste("white rab");
        for letter in "bit".chars() {
            popup.handle(KeyEvent::from(KeyCode::Char(letter)));
        }
        for (columns, rows) in [(80, 24), (40, 12), (20, 4), (10, 3)] {
            let area = Rect::new(0, 0, columns, rows);
            let mut buffer = Buffer::empty(area);
            let cursor = popup.draw(area, &mut buffer, &Look::default());
            assert!(area.contains(cursor), "{columns}x{rows}");
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
            panic!("nothing is handed over");
        };
        assert_eq!(passphrase.reveal(), b"white rabbit");
        assert!(popup.editor.is_empty());
    }
}
