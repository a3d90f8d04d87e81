//! Lists in which one row is chosen: the keys that move the choice, the rows that are visible, and a
//! list that is filtered by typing.

use crossterm::event::{KeyCode, KeyEvent};
use ratatui::layout::{Position, Rect};
use ratatui::text::Line;

use super::canvas::{Canvas, below, row_of};
use super::click::Click;
use super::editor::Editor;
use super::input::Input;
use crate::report::text;

/// Rows that PgUp and PgDn move by.
const PAGE: usize = 10;
/// The label of a filter.
const FILTER: &str = ": ";

/// Which row of a list is chosen. The rows themselves belong to the owner.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct List {
    chosen: usize,
}

impl List {
    /// The chosen row, counted from 0.
    pub fn chosen(self) -> usize {
        self.chosen
    }

    /// Chooses this row.
    pub fn choose(&mut self, row: usize) {
        self.chosen = row;
    }

    /// Takes a key that moves the choice in a list of `count` rows; `false` for any other key.
    pub fn handle(&mut self, key: KeyCode, count: usize) -> bool {
        let last = count.saturating_sub(1);
        self.chosen = match key {
            KeyCode::Up => self.chosen.saturating_sub(1),
            KeyCode::Down => (self.chosen + 1).min(last),
            KeyCode::PageUp => self.chosen.saturating_sub(PAGE),
            KeyCode::PageDown => (self.chosen + PAGE).min(last),
            KeyCode::Home => 0,
            KeyCode::End => last,
            _ => return false,
        };
        true
    }

    /// Chooses the next row of `count`, or the previous one. `false` at either end: nothing changes.
    pub fn step(&mut self, forward: bool, count: usize) -> bool {
        let next = if forward {
            Some(self.chosen + 1)
        } else {
            self.chosen.checked_sub(1)
        };
        let next = next.filter(|next| *next < count);
        self.chosen = next.unwrap_or(self.chosen);
        next.is_some()
    }

    /// As [`step`](Self::step); after the last row comes the first, and before the first the last.
    pub fn step_round(&mut self, forward: bool, count: usize) {
        if !self.step(forward, count) {
            self.chosen = if forward { 0 } else { count.saturating_sub(1) };
        }
    }

    /// The first visible row if `page` rows fit: the choice is always visible.
    pub fn first_visible(self, page: usize) -> usize {
        (self.chosen + 1).saturating_sub(page.max(1))
    }

    /// Draws as many rows as fit, with the chosen one highlighted.
    pub fn draw(self, rows: &[Line<'_>], area: Rect, canvas: &mut Canvas<'_>) {
        let first = self.first_visible(usize::from(area.height));
        let visible = rows.iter().enumerate().skip(first);
        for ((at, row), area) in visible.zip(area.rows()) {
            canvas.row(row, area);
            canvas.clicks.push(area, Click::Row(at));
            if at == self.chosen {
                canvas.choose(area);
            }
        }
    }
}

/// A list below a line of text that filters it.
#[derive(Debug)]
pub struct FilteredList {
    filter: Editor,
    /// From which character on the filter is hidden: it may hold a secret.
    hidden_from: Option<usize>,
    list: List,
}

impl FilteredList {
    /// A list with nothing typed.
    pub fn new() -> Self {
        Self {
            filter: Editor::line(),
            hidden_from: None,
            list: List::default(),
        }
    }

    /// What is typed.
    pub fn filter(&self) -> &str {
        self.filter.text()
    }

    /// Replaces what is typed, and chooses the first row.
    pub fn set_filter(&mut self, text: &str) {
        self.filter.set(text);
        self.list.choose(0);
    }

    /// Hides what is typed from this character on.
    pub fn set_hidden_from(&mut self, hidden_from: Option<usize>) {
        self.hidden_from = hidden_from;
    }

    /// The chosen row, counted from 0.
    pub fn chosen(&self) -> usize {
        self.list.chosen()
    }

    /// Chooses this row.
    pub fn choose(&mut self, row: usize) {
        self.list.choose(row);
    }

    /// Takes a key that moves the choice among `count` rows or edits the filter. A new filter chooses
    /// the first row.
    pub fn handle(&mut self, key: KeyEvent, count: usize) {
        if self.list.handle(key.code, count) {
            return;
        }
        let before = self.filter.text().to_owned();
        if self.filter.handle(key) && self.filter.text() != before {
            self.list.choose(0);
        }
    }

    /// Inserts pasted text into the filter.
    pub fn paste(&mut self, text: &str) {
        // A paste that is too long for the editor cannot be the name of anything.
        let _ = self.filter.paste(text);
        self.list.choose(0);
    }

    /// Draws the filter and the rows below it. If there are no rows, `no_match` and the filter are shown in
    /// their place. Returns the position of the cursor.
    pub fn draw(
        &self,
        rows: &[Line<'_>],
        no_match: &str,
        area: Rect,
        canvas: &mut Canvas<'_>,
    ) -> Position {
        let input = Input::new(FILTER, &self.filter).hidden_from(self.hidden_from);
        let cursor = input.draw(row_of(area, 0), canvas);
        if rows.is_empty() {
            let typed = text::visible(self.filter().as_bytes(), canvas.look.charset);
            let words = match self.hidden_from {
                None => format!("{no_match} \"{typed}\" (Esc closes)"),
                Some(_) => format!("{no_match} (Esc closes)"),
            };
            canvas.row(&Line::styled(words, canvas.look.theme.dim), row_of(area, 1));
        }
        let area = below(area, 1);
        self.list.draw(rows, area, canvas);
        let page = usize::from(area.height);
        let first = self.list.first_visible(page);
        canvas.more(first, rows.len().saturating_sub(first + page), area);
        cursor
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_move_the_choice_and_stop_at_the_ends() {
        let mut list = List::default();
        let table = [
            (KeyCode::Up, 0),
            (KeyCode::Down, 1),
            (KeyCode::PageDown, 11),
            (KeyCode::PageDown, 14),
            (KeyCode::Down, 14),
            (KeyCode::PageUp, 4),
            (KeyCode::Home, 0),
            (KeyCode::End, 14),
        ];
        for (key, chosen) in table {
            assert!(list.handle(key, 15), "{key:?}");
            assert_eq!(list.chosen(), chosen, "{key:?}");
        }
        assert!(!list.handle(KeyCode::Tab, 15));
        assert_eq!(list.first_visible(5), 10);
        assert_eq!(list.first_visible(15), 0);
        assert!(!list.step(true, 15) && list.step(false, 15));
        assert_eq!(list.chosen(), 13);
        list.handle(KeyCode::Home, 15);
        list.step_round(false, 15);
        assert_eq!(list.chosen(), 14);
        list.step_round(true, 15);
        assert_eq!(list.chosen(), 0);
        // An empty list has no row to go to.
        list.handle(KeyCode::End, 0);
        list.step_round(false, 0);
        assert_eq!(list.chosen(), 0);
    }

    #[test]
    fn a_new_filter_chooses_the_first_row() {
        let mut list = FilteredList::new();
        list.paste("ab");
        list.handle(KeyCode::Down.into(), 3);
        list.handle(KeyCode::Left.into(), 3);
        assert_eq!(list.chosen(), 1);
        list.handle(KeyCode::Backspace.into(), 3);
        assert_eq!((list.filter(), list.chosen()), ("b", 0));
    }
}
