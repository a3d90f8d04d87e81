//! The visible rows of a text that is scrolled, and the keys that scroll it.

use crossterm::event::KeyCode;
use ratatui::layout::Rect;

use super::canvas::Canvas;
use super::hint::Hint;

/// Which rows of a text are visible.
#[derive(Clone, Copy, Debug)]
pub struct Scroll {
    top: usize,
    page: usize,
    rows: usize,
}

impl Default for Scroll {
    /// The beginning of a text. How many rows it has is known when it is drawn.
    fn default() -> Self {
        Self {
            top: 0,
            page: 1,
            rows: usize::MAX,
        }
    }
}

impl Scroll {
    /// The first visible row.
    pub fn top(self) -> usize {
        self.top
    }

    /// Whether a row is visible.
    pub fn shows(self, row: usize) -> bool {
        (self.top..self.top.saturating_add(self.page)).contains(&row)
    }

    /// Takes a key that scrolls: arrows, paging, Home and End. `false` for any other key.
    pub fn handle(&mut self, key: KeyCode) -> bool {
        let top = match key {
            KeyCode::Up => self.top.saturating_sub(1),
            KeyCode::Down => self.top.saturating_add(1),
            KeyCode::PageUp => self.top.saturating_sub(self.page),
            KeyCode::PageDown => self.top.saturating_add(self.page),
            KeyCode::Home => 0,
            KeyCode::End => usize::MAX,
            _ => return false,
        };
        self.top = top.min(self.last());
        true
    }

    /// As [`handle`](Self::handle), with the letters of `less` too.
    pub fn handle_as_less(&mut self, key: KeyCode) -> bool {
        self.handle(match key {
            KeyCode::Char('k') => KeyCode::Up,
            KeyCode::Char('j') => KeyCode::Down,
            KeyCode::Char(' ') => KeyCode::PageDown,
            KeyCode::Char('g') => KeyCode::Home,
            KeyCode::Char('G') => KeyCode::End,
            key => key,
        })
    }

    /// Makes this the first visible row, as far as enough rows follow it when the text is drawn.
    pub fn go_to(&mut self, top: usize) {
        self.top = top;
    }

    /// Scrolls as little as possible until a row is visible.
    pub fn reveal(&mut self, row: usize) {
        self.go_to(self.top.min(row).max((row + 1).saturating_sub(self.page)));
    }

    /// Takes how many rows fit on the screen, and how many rows the text has.
    pub fn fit(&mut self, page: usize, rows: usize) {
        (self.page, self.rows) = (page.max(1), rows);
        self.top = self.top.min(self.last());
    }

    /// The keys that scroll, if there is more than fits.
    pub fn hint(self) -> Option<Hint> {
        let more = self.rows > self.page && self.rows != usize::MAX;
        more.then(|| Hint::new("PgDn PgUp", "scroll"))
    }

    /// Marks on the frame around `inner` that there is more above or below.
    pub fn mark_more(self, inner: Rect, canvas: &mut Canvas<'_>) {
        let below = self.rows.saturating_sub(self.top.saturating_add(self.page));
        canvas.more(self.top, below, inner);
    }

    /// The last row that can be at the top.
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
        scroll.handle(KeyCode::End);
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
            assert!(scroll.handle_as_less(key), "{key:?}");
            assert_eq!(scroll.top(), top, "{key:?}");
        }
        assert!(!scroll.handle_as_less(KeyCode::Char('x')));
        assert!(!scroll.handle(KeyCode::Char('k')));
        scroll.reveal(20);
        assert_eq!(scroll.top(), 11);
        assert!(scroll.shows(20) && !scroll.shows(21) && !scroll.shows(10));
        scroll.fit(30, 25);
        assert_eq!(scroll.top(), 0);
    }
}
