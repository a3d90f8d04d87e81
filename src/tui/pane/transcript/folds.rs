//! Folded replies: of a reply with several lines only the first is shown.

use std::collections::BTreeMap;

use crate::smtp::{Entry, EntryId, EntryKind, Part, Transcript};

/// The folded replies, by their first entry.
#[derive(Debug, Default)]
pub(super) struct Folds {
    all: BTreeMap<EntryId, Fold>,
    /// Whether long replies are folded.
    long: bool,
}

/// A reply that is folded.
#[derive(Clone, Copy, Debug)]
struct Fold {
    /// Its last entry.
    last: EntryId,
    /// Whether it is folded for its length only, and not by hand.
    long: bool,
}

impl Folds {
    /// Folds a reply or unfolds it. `true` if it is folded now.
    pub(super) fn toggle(&mut self, (first, last): (EntryId, EntryId)) -> bool {
        let folded = self.folded_into(first).is_none();
        self.all.remove(&first);
        if folded {
            self.all.insert(first, Fold { last, long: false });
        }
        folded
    }

    /// Adds a reply that is folded as long as long replies are.
    pub(super) fn add_long(&mut self, (first, last): (EntryId, EntryId)) {
        self.all.insert(first, Fold { last, long: true });
    }

    /// Sets whether long replies are folded; returns whether that is a change.
    pub(super) fn fold_long(&mut self, long: bool) -> bool {
        std::mem::replace(&mut self.long, long) != long
    }

    /// Forgets the replies that begin before this entry.
    pub(super) fn forget_before(&mut self, start: EntryId) {
        if self
            .all
            .first_key_value()
            .is_some_and(|(first, _)| *first < start)
        {
            self.all = self.all.split_off(&start);
        }
    }

    /// Unfolds the reply that hides an entry.
    pub(super) fn open(&mut self, id: EntryId) {
        if let Some((first, last)) = self.around(id)
            && id <= last
        {
            self.all.remove(&first);
        }
    }

    /// How many entries are folded into this one.
    pub(super) fn folded_into(&self, id: EntryId) -> Option<u64> {
        let fold = self.all.get(&id).filter(|fold| self.long || !fold.long)?;
        Some(fold.last.0 - id.0)
    }

    /// Whether a fold hides an entry. Notes between the lines of a reply stay visible.
    pub(super) fn hide(&self, id: EntryId, transcript: &Transcript) -> bool {
        let Some((first, last)) = self.around(id) else {
            return false;
        };
        (first.0 + 1..=last.0).contains(&id.0)
            && transcript
                .entry(id)
                .is_some_and(|entry| part(entry).is_some())
    }

    /// The last reply that begins at this entry or before it, if it is folded. Replies do not overlap.
    fn around(&self, id: EntryId) -> Option<(EntryId, EntryId)> {
        let (first, fold) = self.all.range(..=id).next_back()?;
        (self.long || !fold.long).then_some((*first, fold.last))
    }
}

/// The first and the last entry of the reply that contains an entry, if it has several lines.
pub(super) fn reply_around(transcript: &Transcript, id: EntryId) -> Option<(EntryId, EntryId)> {
    let part_at = |id| transcript.entry(id).and_then(part);
    part_at(id)?;
    let mut first = id;
    while !part_at(first).is_some_and(Part::begins) {
        first = step(transcript, first, false)?;
    }
    let mut last = id;
    while !part_at(last).is_some_and(Part::ends) {
        // The reply may be incomplete.
        let Some(next) = step(transcript, last, true) else {
            break;
        };
        if part_at(next).is_some_and(Part::begins) {
            break;
        }
        last = next;
    }
    (first < last).then_some((first, last))
}

/// An entry of the newest reply with several lines.
pub(super) fn last_long_reply(transcript: &Transcript) -> Option<EntryId> {
    let several = |entry: &Entry| part(entry).is_some_and(|part| part != Part::Only);
    transcript
        .iter()
        .rev()
        .find(|(_, entry)| several(entry))
        .map(|(id, _)| id)
}

/// The next line from the server, or the previous one.
fn step(transcript: &Transcript, id: EntryId, forward: bool) -> Option<EntryId> {
    let mut id = id;
    loop {
        id = EntryId(if forward {
            id.0 + 1
        } else {
            id.0.checked_sub(1)?
        });
        if part(transcript.entry(id)?).is_some() {
            return Some(id);
        }
    }
}

fn part(entry: &Entry) -> Option<Part> {
    match &entry.kind {
        EntryKind::Received(received) => Some(received.part),
        EntryKind::Sent(_) | EntryKind::Note(_) => None,
    }
}
