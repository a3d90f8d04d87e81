//! How far a text in a popup is scrolled, and the keys that scroll it.

use crossterm::event::KeyCode;

/// The rows of a text that are on the screen.
#[derive(Clone, Copy, Debug)]
pub(super) struct Scroll {
    top: usize,
    page: usize,
    rows: usize,
}

impl Default for Scroll {
    /// The begin of a text that was not drawn yet: how many rows it has is known then.
    fn default() -> Self {
        Self {
            top: 0,
            page: 1,
            rows: usize::MAX,
        }
    }
}

impl Scroll {
    /// The first row on the screen.
    pub(super) fn top(self) -> usize {
        self.top
    }

    /// Whether a row is on the screen.
    pub(super) fn shows(self, row: usize) -> bool {
        (self.top..self.top.saturating_add(self.page)).contains(&row)
    }

    /// Takes a key that scrolls; `false` for another one.
    pub(super) fn take(&mut self, key: KeyCode) -> bool {
        let top = match key {
            KeyCode::Up | KeyCode::Char('k') => self.top.saturating_sub(1),
            KeyCode::Down | KeyCode::Char('j') => self.top.saturating_add(1),
            KeyCode::PageUp => self.top.saturating_sub(self.page),
            KeyCode::PageDown | KeyCode::Char(' ') => self.top.saturating_add(self.page),
            KeyCode::Home | KeyCode::Char('g') => 0,
            KeyCode::End | KeyCode::Char('G') => usize::MAX,
            _ => return false,
        };
        self.top = top.min(self.last());
        true
    }

    /// Has a row stand first, as far as there are rows behind it when it is drawn.
    pub(super) fn go(&mut self, top: usize) {
        self.top = top;
    }

    /// Scrolls no further than until a row is on the screen.
    pub(super) fn reveal(&mut self, row: usize) {
        self.go(self.top.min(row).max((row + 1).saturating_sub(self.page)));
    }

    /// So many rows of so many are on the screen now.
    pub(super) fn fit(&mut self, page: usize, rows: usize) {
        (self.page, self.rows) = (page.max(1), rows);
        self.top = self.top.min(self.last());
    }

    /// The last row that can stand first.
    fn last(self) -> usize {
        self.rows.saturating_sub(self.page)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_scroll_from_end_to_end_and_no_further() {
        let mut scroll = Scroll::default();
        scroll.take(KeyCode::End);
        scroll.fit(10, 25);
        let table = [
            (KeyCode::Home, 0),
            (KeyCode::Up, 0),
            (KeyCode::Down, 1),
            (KeyCode::PageDown, 11),
            (KeyCode::Char(' '), 15),
            (KeyCode::Char('G'), 15),
            (KeyCode::PageUp, 5),
            (KeyCode::Char('k'), 4),
        ];
        assert_eq!(scroll.top(), 15);
        for (key, top) in table {
            assert!(scroll.take(key), "{key:?}");
            assert_eq!(scroll.top(), top, "{key:?}");
        }
        assert!(!scroll.take(KeyCode::Char('x')));
        scroll.reveal(20);
        assert_eq!(scroll.top(), 11);
        assert!(scroll.shows(20) && !scroll.shows(21) && !scroll.shows(10));
        scroll.fit(30, 25);
        assert_eq!(scroll.top(), 0);
    }
}
