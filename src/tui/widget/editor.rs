//! The text editor: one line or many, with undo, kill, yank and paste. It wraps the text widget, and
//! its owner draws it.

use std::ops::Range;

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use tui_textarea::{CursorMove, TextArea};

use crate::report::text::line_feeds;

/// The maximum number of octets in an editor: the cost of a key grows with the text.
pub const EDITOR_CAP: usize = 256 * 1024;

/// A text that is being edited.
pub struct Editor {
    area: TextArea<'static>,
    many_lines: bool,
    octets: usize,
}

/// The text would be longer than [`EDITOR_CAP`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the text is too long to edit here: at most {} KiB", EDITOR_CAP / 1024)]
pub struct TooLong;

impl Editor {
    /// An empty editor of one line.
    pub fn line() -> Self {
        Self {
            area: TextArea::default(),
            many_lines: false,
            octets: 0,
        }
    }

    /// An empty editor of many lines.
    pub fn lines() -> Self {
        Self {
            many_lines: true,
            ..Self::line()
        }
    }

    /// An editor of one line with `text` in it and the cursor after it.
    pub fn with_text(text: &str) -> Self {
        let mut editor = Self::line();
        editor.set(text);
        editor
    }

    /// The lines, without their endings; at least one.
    pub fn text_lines(&self) -> &[String] {
        self.area.lines()
    }

    /// The first line; the whole text of an editor of one line.
    pub fn text(&self) -> &str {
        self.area.lines().first().map_or("", String::as_str)
    }

    /// Whether the text is empty.
    pub fn is_empty(&self) -> bool {
        self.area.is_empty()
    }

    /// The cursor: its line, and how many characters of that line are before it.
    pub fn cursor(&self) -> (usize, usize) {
        let cursor = self.area.cursor();
        (cursor.0, cursor.1)
    }

    /// Replaces the text. Undo brings back the old one.
    pub fn set(&mut self, text: &str) {
        // The user did not cut this: what can be yanked stays as it is.
        let yank = self.area.yank_text();
        self.area.select_all();
        self.area.cut();
        self.area.set_yank_text(yank);
        let lines = if self.many_lines {
            text
        } else {
            text.lines().next().unwrap_or_default()
        };
        self.area.insert_str(lines);
        self.count();
    }

    /// Replaces a span of the first line, in octets, and moves the cursor after the new text. Undo
    /// restores the old text. A span outside of the line changes nothing.
    pub fn replace_span(&mut self, span: Range<usize>, text: &str) {
        let line = self.text();
        let (Some(before), Some(_)) = (line.get(..span.start), line.get(span.clone())) else {
            return;
        };
        let (before, out) = (before.chars().count(), line[span].chars().count());
        // The widget cannot jump to a column beyond this.
        let Ok(column) = u16::try_from(before) else {
            return;
        };
        if self.octets + text.len() > EDITOR_CAP {
            return;
        }
        let yank = self.area.yank_text();
        self.area.move_cursor(CursorMove::Jump(0, column));
        self.area.delete_str(out);
        self.area.insert_str(text);
        self.area.set_yank_text(yank);
        self.count();
    }

    /// Takes the text out. Undo and yank cannot restore it.
    pub fn take(&mut self) -> Vec<String> {
        let fresh = if self.many_lines {
            Self::lines()
        } else {
            Self::line()
        };
        std::mem::replace(self, fresh).area.into_lines()
    }

    /// Inserts pasted text at the cursor. An editor of one line takes only its first line.
    ///
    /// # Errors
    /// [`TooLong`]: nothing is inserted.
    pub fn paste(&mut self, text: &str) -> Result<(), TooLong> {
        if self.octets + text.len() > EDITOR_CAP {
            return Err(TooLong);
        }
        let text = line_feeds(text);
        let text = if self.many_lines {
            text.as_str()
        } else {
            text.lines().next().unwrap_or_default()
        };
        self.area.insert_str(text);
        self.count();
        Ok(())
    }

    /// Replaces the text. Undo brings back the old one.
    ///
    /// # Errors
    /// [`TooLong`]: nothing changes.
    pub fn replace(&mut self, text: &str) -> Result<(), TooLong> {
        if text.len() > EDITOR_CAP {
            return Err(TooLong);
        }
        self.set(text);
        Ok(())
    }

    /// Replaces the text by one from outside, such as a file. If its lines end in CR LF, a bare CR or LF
    /// stays within its line, where it is visible; otherwise LF ends a line.
    ///
    /// # Errors
    /// [`TooLong`]: nothing changes.
    pub fn load(&mut self, text: &str) -> Result<(), TooLong> {
        let ending = if text.contains("\r\n") { "\r\n" } else { "\n" };
        let bare = text.split(ending).any(|line| line.contains(['\r', '\n']));
        if !bare || text.len() > EDITOR_CAP {
            return self.replace(text);
        }
        // Inserting breaks lines at a bare CR or LF; only a new widget keeps them.
        let yank = self.area.yank_text();
        self.area = TextArea::new(text.split(ending).map(str::to_owned).collect());
        self.area.set_yank_text(yank);
        self.area.move_cursor(CursorMove::Bottom);
        self.area.move_cursor(CursorMove::End);
        self.count();
        Ok(())
    }

    /// Moves the cursor to the end of a line, counted from 0.
    pub fn go_to_line(&mut self, line: usize) {
        let line = u16::try_from(line).unwrap_or(u16::MAX);
        self.area.move_cursor(CursorMove::Jump(line, 0));
        self.area.move_cursor(CursorMove::End);
    }

    /// Breaks the line at the cursor, in an editor of many lines.
    pub fn newline(&mut self) {
        if self.many_lines && self.octets < EDITOR_CAP {
            self.area.insert_newline();
            self.count();
        }
    }

    /// Takes a key as readline does; `false` if the key does nothing here.
    pub fn handle(&mut self, key: KeyEvent) -> bool {
        let control = key.modifiers.contains(KeyModifiers::CONTROL);
        let alt = key.modifiers.contains(KeyModifiers::ALT);
        match (key.code, control, alt) {
            (KeyCode::Char('h'), true, false) | (KeyCode::Backspace, false, false) => {
                if !self.many_lines && self.cursor().1 == 0 {
                    return true;
                }
                self.area.delete_char();
            }
            (KeyCode::Delete, _, false) => _ = self.area.delete_next_char(),
            (KeyCode::Char('d'), true, false) if !self.is_empty() => {
                _ = self.area.delete_next_char();
            }
            (KeyCode::Char('k'), true, false) => _ = self.area.delete_line_by_end(),
            (KeyCode::Char('u'), true, false) => _ = self.area.delete_line_by_head(),
            (KeyCode::Char('w'), true, false) | (KeyCode::Backspace, _, true) => {
                _ = self.area.delete_word();
            }
            (KeyCode::Char('d'), false, true) => _ = self.area.delete_next_word(),
            (KeyCode::Char('y'), true, false) => _ = self.area.paste(),
            // Terminals send Ctrl-_ and Ctrl-/ as Ctrl-7.
            (KeyCode::Char('7' | '_' | '/'), true, false) => _ = self.area.undo(),
            (KeyCode::Char('r'), false, true) => _ = self.area.redo(),
            (KeyCode::Char('a'), true, false) | (KeyCode::Home, ..) => {
                self.area.move_cursor(CursorMove::Head);
            }
            (KeyCode::Char('e'), true, false) | (KeyCode::End, ..) => {
                self.area.move_cursor(CursorMove::End);
            }
            (KeyCode::Char('b') | KeyCode::Left, false, true) | (KeyCode::Left, true, false) => {
                self.area.move_cursor(CursorMove::WordBack);
            }
            (KeyCode::Char('f') | KeyCode::Right, false, true) | (KeyCode::Right, true, false) => {
                self.area.move_cursor(CursorMove::WordForward);
            }
            (KeyCode::Char('b'), true, false) | (KeyCode::Left, false, false) => {
                self.area.move_cursor(CursorMove::Back);
            }
            (KeyCode::Char('f'), true, false) | (KeyCode::Right, false, false) => {
                self.area.move_cursor(CursorMove::Forward);
            }
            (KeyCode::Up, false, false) if self.many_lines => self.area.move_cursor(CursorMove::Up),
            (KeyCode::Down, false, false) if self.many_lines => {
                self.area.move_cursor(CursorMove::Down);
            }
            (KeyCode::PageUp, ..) if self.many_lines => {
                self.area.move_cursor(CursorMove::ParagraphBack);
            }
            (KeyCode::PageDown, ..) if self.many_lines => {
                self.area.move_cursor(CursorMove::ParagraphForward);
            }
            (KeyCode::Char(character), false, false) if self.octets < EDITOR_CAP => {
                self.area.insert_char(character);
            }
            _ => return false,
        }
        self.count();
        true
    }

    fn count(&mut self) {
        self.octets = self.area.lines().iter().map(|line| line.len() + 1).sum();
    }
}

impl std::fmt::Debug for Editor {
    /// Shows the number of lines only: the text may be a secret.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Editor({} lines)", self.area.lines().len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn press(editor: &mut Editor, keys: &str) {
        for key in keys.split(' ') {
            let (modifiers, name) = match key.split_once('-') {
                Some(("C", name)) => (KeyModifiers::CONTROL, name),
                Some(("M", name)) => (KeyModifiers::ALT, name),
                _ => (KeyModifiers::NONE, key),
            };
            let code = match name {
                "Left" => KeyCode::Left,
                "Home" => KeyCode::Home,
                "BS" => KeyCode::Backspace,
                "Del" => KeyCode::Delete,
                one => KeyCode::Char(one.chars().next().unwrap()),
            };
            editor.handle(KeyEvent::new(code, modifiers));
        }
    }

    #[test]
    fn keys_edit_as_readline_does() {
        let table = [
            ("a b c", "a b c", "abc"),
            ("MAIL FROM:", "C-a X", "XMAIL FROM:"),
            ("MAIL FROM", "C-w x", "MAIL x"),
            ("MAIL FROM", "C-u x", "x"),
            ("MAIL FROM", "C-w C-y C-y", "MAIL FROMFROM"),
            ("MAIL FROM", "M-b x", "MAIL xFROM"),
            ("MAIL FROM", "Home C-k", ""),
            ("MAIL FROM", "Home C-k C-7", "MAIL FROM"),
            ("MAIL", "BS C-h", "MA"),
            ("MAIL", "Home BS Del x", "xAIL"),
            ("a ü日", "BS BS x", "a x"),
        ];
        for (text, keys, expected) in table {
            let mut editor = if text == "a b c" {
                Editor::line()
            } else {
                Editor::with_text(text)
            };
            press(&mut editor, keys);
            assert_eq!(editor.text(), expected, "{text:?} {keys}");
        }
    }

    #[test]
    fn a_paste_into_one_line_stays_one_line() {
        let mut editor = Editor::line();
        editor.paste("NOOP\rQUIT\r").unwrap();
        assert_eq!(editor.text_lines(), ["NOOP"]);
        let mut editor = Editor::lines();
        editor.paste("a\rb\r\nc\nd").unwrap();
        assert_eq!(editor.text_lines(), ["a", "b", "c", "d"]);
        assert_eq!(editor.paste(&"x".repeat(EDITOR_CAP)), Err(TooLong));
        assert_eq!(editor.text_lines(), ["a", "b", "c", "d"]);
    }

    #[test]
    fn a_loaded_text_keeps_bare_line_breaks() {
        let table: &[(&str, &[&str])] = &[
            ("a\nb", &["a", "b"]),
            ("a\r\nb\r\n", &["a", "b", ""]),
            ("a\r\nb\nc\rd", &["a", "b\nc\rd"]),
            ("a\rb\nc", &["a\rb", "c"]),
        ];
        for (text, lines) in table {
            let mut editor = Editor::lines();
            editor.load(text).unwrap();
            assert_eq!(editor.text_lines(), *lines, "{text:?}");
        }
        let mut editor = Editor::lines();
        assert_eq!(editor.load(&"\rx".repeat(EDITOR_CAP)), Err(TooLong));
        assert!(editor.is_empty());
    }

    #[test]
    fn undo_and_yank_do_not_bring_back_a_taken_text() {
        let mut editor = Editor::with_text("secret");
        press(&mut editor, "C-u C-y");
        assert_eq!(editor.take(), ["secret"]);
        press(&mut editor, "C-7 C-y");
        assert!(editor.is_empty());
        assert!(!format!("{editor:?}").contains("secret"));
    }
}
