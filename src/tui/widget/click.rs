//! What a click stands for: what is drawn says what a click on it does.

use crossterm::event::KeyEvent;
use ratatui::layout::Rect;

use crate::smtp::EntryId;

/// What a click stands for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Click {
    /// These keys.
    Keys(Vec<KeyEvent>),
    /// A row of a popup's list: it is chosen, and Enter.
    Row(usize),
    /// A row of the list of completions: it is inserted.
    Completion(usize),
    /// An entry of the transcript: it is chosen; chosen already, its details open.
    Entry(EntryId),
}

/// Places of the screen with what a click on them stands for. Later ones cover earlier ones.
#[derive(Debug, Default)]
pub struct Clicks {
    places: Vec<(Rect, Click)>,
}

impl Clicks {
    /// A click in this area stands for this.
    pub fn push(&mut self, area: Rect, click: Click) {
        self.places.push((area, click));
    }

    /// Nothing drawn so far can be clicked: something covers it.
    pub fn clear(&mut self) {
        self.places.clear();
    }

    /// What a click at this column and row stands for.
    pub fn at(&self, column: u16, row: u16) -> Option<&Click> {
        let position = ratatui::layout::Position { x: column, y: row };
        let hit = self
            .places
            .iter()
            .rfind(|(area, _)| area.contains(position));
        hit.map(|(_, click)| click)
    }
}
