//! Scrolling the transcript and choosing entries. Only visible entries are laid out.

use super::anchor::{Anchor, View};
use super::pane::TranscriptPane;
use crate::smtp::EntryId;
use crate::tui::widget::look::Look;

/// Rows of context around the chosen entry.
const MARGIN: usize = 1;

impl TranscriptPane {
    /// How many entries arrived since following stopped; none while the newest entries are visible.
    pub fn unseen(&self) -> Option<u64> {
        match self.view {
            View::Follow => None,
            View::From { seen, .. } => Some(self.kept.count_from(seen, &self.transcript)),
        }
    }

    /// Shows the newest entries, and follows new ones.
    pub fn follow(&mut self) {
        self.view = View::Follow;
        if self.chosen.is_some() {
            self.chosen = self.last_visible();
        }
    }

    /// Shows the oldest entries.
    pub fn oldest(&mut self, look: &Look) {
        let start = self.transcript.start();
        let entry = self.nearest(start).unwrap_or(start);
        self.scroll_to(Anchor::at(entry), look);
        if self.chosen.is_some() {
            self.chosen = Some(entry);
        }
    }

    /// Scrolls by rows; a negative number scrolls up.
    pub fn scroll(&mut self, rows: isize, look: &Look) {
        let top = self.step(self.top(look), rows, look);
        self.scroll_to(top, look);
        if let Some(chosen) = self.chosen {
            let (first, last) = self.shown(look);
            self.chosen = Some(chosen.clamp(first, last.max(first)));
        }
    }

    /// Scrolls by pages; a negative number scrolls up.
    pub fn page(&mut self, pages: isize, look: &Look) {
        let rows = self.size.1.saturating_sub(MARGIN).max(1);
        self.scroll(pages * rows.cast_signed(), look);
    }

    /// Chooses the next entry or the previous one.
    pub fn choose(&mut self, forward: bool, look: &Look) {
        let Some(chosen) = self.chosen else {
            return self.browse();
        };
        let next = if forward {
            self.next_visible(chosen)
        } else {
            self.previous_visible(chosen)
        };
        if let Some(next) = next {
            self.choose_entry(next, look);
        }
    }

    /// Chooses the entry at this place of the session, and scrolls until it is visible.
    pub fn choose_at(&mut self, place: usize, look: &Look) {
        let start = self.transcript.start();
        let id = EntryId(start.0.saturating_add(place as u64));
        if let Some(id) = self.nearest(id) {
            self.choose_entry(id, look);
        }
    }

    /// Scrolls until the chosen entry is visible, if there is one.
    pub fn show_chosen(&mut self, look: &Look) {
        if let Some((id, _)) = self.chosen() {
            self.choose_entry(id, look);
        }
    }

    /// Chooses an entry, and scrolls until it is visible.
    pub fn choose_entry(&mut self, id: EntryId, look: &Look) {
        self.chosen = Some(id);
        let (first, last) = self.shown(look);
        if id <= first {
            let above = self.step(Anchor::at(id), -MARGIN.cast_signed(), look);
            self.scroll_to(above, look);
        } else if id >= last {
            let rows = self.rows_of(id, look);
            let bottom = Anchor {
                entry: id,
                row: rows.saturating_sub(1),
            };
            let room = self.size.1.saturating_sub(1 + MARGIN);
            let top = self.step(bottom, -room.cast_signed(), look);
            self.scroll_to(top.min(Anchor::at(id)), look);
        }
    }

    pub(super) fn next_visible(&self, id: EntryId) -> Option<EntryId> {
        self.after_or_at(EntryId(id.0 + 1))
    }

    pub(super) fn after_or_at(&self, id: EntryId) -> Option<EntryId> {
        let mut id = self.kept.at_or_after(id, &self.transcript)?;
        while self.folds.hide(id, &self.transcript) {
            id = self.kept.at_or_after(EntryId(id.0 + 1), &self.transcript)?;
        }
        Some(id)
    }

    fn previous_visible(&self, id: EntryId) -> Option<EntryId> {
        let mut id = self.kept.before(id, &self.transcript)?;
        while self.folds.hide(id, &self.transcript) {
            id = self.kept.before(id, &self.transcript)?;
        }
        Some(id)
    }

    pub(super) fn last_visible(&self) -> Option<EntryId> {
        self.previous_visible(self.transcript.end())
    }

    /// The first visible row.
    pub(super) fn top(&self, look: &Look) -> Anchor {
        match self.view {
            View::From { top, .. } => top,
            View::Follow => self.bottom_top(look),
        }
    }

    /// The first visible row while the newest entries are visible.
    fn bottom_top(&self, look: &Look) -> Anchor {
        let mut room = self
            .size
            .1
            .saturating_sub(usize::from(self.partial.is_some()));
        let mut top = Anchor::at(self.transcript.start());
        let mut next = self.last_visible();
        while let Some(entry) = next {
            let rows = self.rows_of(entry, look);
            if rows >= room {
                return Anchor {
                    entry,
                    row: rows - room,
                };
            }
            room -= rows;
            top = Anchor::at(entry);
            next = self.previous_visible(entry);
        }
        top
    }

    fn scroll_to(&mut self, top: Anchor, look: &Look) {
        let seen = match self.view {
            View::Follow => self.transcript.end(),
            View::From { seen, .. } => seen,
        };
        let at_the_end = top >= self.bottom_top(look);
        self.view = if at_the_end {
            View::Follow
        } else {
            View::From { top, seen }
        };
    }

    /// The row this many rows below, or above if negative; it stops at either end.
    fn step(&self, from: Anchor, rows: isize, look: &Look) -> Anchor {
        let mut at = from;
        let mut left = rows.unsigned_abs();
        while left > 0 {
            if rows < 0 {
                if at.row >= left {
                    return Anchor {
                        row: at.row - left,
                        ..at
                    };
                }
                left -= at.row;
                let Some(entry) = self.previous_visible(at.entry) else {
                    return Anchor { row: 0, ..at };
                };
                left -= 1;
                at = Anchor {
                    entry,
                    row: self.rows_of(entry, look) - 1,
                };
            } else {
                let last = self.rows_of(at.entry, look).saturating_sub(1);
                if at.row + left <= last {
                    return Anchor {
                        row: at.row + left,
                        ..at
                    };
                }
                left -= last.saturating_sub(at.row);
                let Some(entry) = self.next_visible(at.entry) else {
                    return Anchor { row: last, ..at };
                };
                left -= 1;
                at = Anchor::at(entry);
            }
        }
        at
    }

    /// The first and the last entry that are fully visible.
    fn shown(&self, look: &Look) -> (EntryId, EntryId) {
        let top = self.top(look);
        let bottom = self.step(top, self.size.1.saturating_sub(1).cast_signed(), look);
        let first = if top.row == 0 {
            Some(top.entry)
        } else {
            self.next_visible(top.entry)
        };
        let whole = bottom.row + 1 >= self.rows_of(bottom.entry, look);
        let last = if whole {
            Some(bottom.entry)
        } else {
            self.previous_visible(bottom.entry)
        };
        (first.unwrap_or(top.entry), last.unwrap_or(bottom.entry))
    }

    fn rows_of(&self, id: EntryId, look: &Look) -> usize {
        let entry = self.transcript.entry(id);
        entry.map_or(0, |entry| self.rows(look).of(entry, self.context(id)).len())
    }
}
