//! Going from one entry to another: to a match of the search, or to an error.

use super::filter;
use super::needle::Needle;
use super::pane::TranscriptPane;
use crate::smtp::{Entry, EntryId};
use crate::tui::widget::look::Look;

impl TranscriptPane {
    /// What is searched for.
    pub fn needle(&self) -> Option<&Needle> {
        self.needle.as_ref()
    }

    /// Searches upwards from the newest entry; `None` ends the search. Entries that the filter hides are
    /// not searched. `false` if there is no match.
    pub fn search(&mut self, needle: Option<Needle>, look: &Look) -> bool {
        self.needle = needle;
        self.needle.is_none() || self.search_from(self.transcript.end(), false, look)
    }

    /// Searches downwards from the chosen entry, then from the oldest one. `false` if there is no match.
    pub fn search_down(&mut self, needle: Needle, look: &Look) -> bool {
        self.needle = Some(needle);
        let chosen = self.chosen.unwrap_or(self.transcript.start());
        let matches = |entry: &Entry| {
            let needle = self.needle.as_ref();
            needle.is_some_and(|needle| needle.is_in(entry, look))
        };
        let oldest = self
            .kept
            .at_or_after(self.transcript.start(), &self.transcript);
        let here = [Some(chosen), oldest]
            .into_iter()
            .flatten()
            .find_map(|from| {
                let at = self.transcript.entry(from).filter(|entry| matches(entry));
                at.map(|_| from).or_else(|| self.find(from, true, matches))
            });
        self.go_to(here, look)
    }

    /// Chooses the next match, downwards or upwards. `false` if there is none.
    pub fn search_on(&mut self, forward: bool, look: &Look) -> bool {
        let from = self.chosen.unwrap_or(self.transcript.end());
        self.needle.is_some() && self.search_from(from, forward, look)
    }

    fn search_from(&mut self, from: EntryId, forward: bool, look: &Look) -> bool {
        let Some(needle) = &self.needle else {
            return false;
        };
        let found = self.find(from, forward, |entry| needle.is_in(entry, look));
        self.go_to(found, look)
    }

    /// Chooses the next error or the previous one: a refusal, a fault or an unusual line.
    pub fn jump_to_error(&mut self, forward: bool, look: &Look) -> bool {
        let from = self.chosen.unwrap_or(self.transcript.end());
        let found = self.find(from, forward, filter::begins_error);
        self.go_to(found, look)
    }

    /// The first kept entry after `from` that matches, or the last one before it.
    fn find(
        &self,
        from: EntryId,
        forward: bool,
        matches: impl Fn(&Entry) -> bool,
    ) -> Option<EntryId> {
        let step = |id: EntryId| {
            if forward {
                self.kept.at_or_after(EntryId(id.0 + 1), &self.transcript)
            } else {
                self.kept.before(id, &self.transcript)
            }
        };
        let mut kept = std::iter::successors(step(from), |id| step(*id));
        kept.find(|id| self.transcript.entry(*id).is_some_and(&matches))
    }

    fn go_to(&mut self, found: Option<EntryId>, look: &Look) -> bool {
        if let Some(id) = found {
            self.folds.open(id);
            self.choose_entry(id, look);
        }
        found.is_some()
    }
}
