//! Filtering the transcript.

use super::anchor::{Anchor, View};
use super::filter::{Filter, Kept};
use super::pane::TranscriptPane;
use crate::smtp::EntryId;

impl TranscriptPane {
    /// Which entries are shown.
    pub fn filter(&self) -> Filter {
        self.kept.filter()
    }

    /// How many entries the filter keeps, and how many there are.
    pub fn counts(&self) -> (u64, u64) {
        let start = self.transcript.start();
        let kept = self.kept.count_from(start, &self.transcript);
        (kept, self.transcript.end().0 - start.0)
    }

    /// Whether a filter is active or a range is marked.
    pub fn is_narrowed(&self) -> bool {
        self.mark.is_some() || self.filter() != Filter::All
    }

    /// Shows only these entries. The view stays as close as possible to what is visible now.
    pub fn set_filter(&mut self, filter: Filter) {
        self.kept = Kept::of(filter, &self.transcript);
        self.mark = None;
        if let View::From { top, seen } = self.view
            && !self.is_kept(top.entry)
        {
            let near = self.nearest(top.entry).map(Anchor::at);
            self.view = near.map_or(View::Follow, |top| View::From { top, seen });
        }
        if let Some(chosen) = self.chosen {
            // If the filter keeps nothing, the chosen entry returns when it is shown again.
            self.chosen = Some(self.nearest(chosen).unwrap_or(chosen));
        }
    }

    pub(super) fn is_kept(&self, id: EntryId) -> bool {
        self.kept.at_or_after(id, &self.transcript) == Some(id)
    }

    /// The kept entry at this place, else the next one after it, else the last one before it.
    pub(super) fn nearest(&self, id: EntryId) -> Option<EntryId> {
        self.kept
            .at_or_after(id, &self.transcript)
            .or_else(|| self.kept.before(id, &self.transcript))
    }
}
