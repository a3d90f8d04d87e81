//! Folded replies: of a reply with several lines only the first is shown.

use std::collections::BTreeMap;

use crate::smtp::{Entry, EntryId, EntryKind, Part, Transcript};

/// The folded replies: the first entry of each, and its last.
#[derive(Debug, Default)]
pub(super) struct Folds(BTreeMap<EntryId, EntryId>);

impl Folds {
    /// Folds a reply or unfolds it. `true` if it is folded now.
    pub(super) fn toggle(&mut self, (first, last): (EntryId, EntryId)) -> bool {
        let folded = self.0.remove(&first).is_none();
        if folded {
            self.0.insert(first, last);
        }
        folded
    }

    /// Unfolds the reply that hides an entry.
    pub(super) fn open(&mut self, id: EntryId) {
        if let Some((&first, &last)) = self.0.range(..=id).next_back()
            && id <= last
        {
            self.0.remove(&first);
        }
    }

    /// How many entries are folded into this one.
    pub(super) fn folded_into(&self, id: EntryId) -> Option<u64> {
        self.0.get(&id).map(|last| last.0 - id.0)
    }

    /// Whether a fold hides an entry. Notes between the lines of a reply stay visible.
    pub(super) fn hide(&self, id: EntryId, transcript: &Transcript) -> bool {
        let Some((_, &last)) = self.0.range(..id).next_back() else {
            return false;
        };
        id <= last
            && transcript
                .entry(id)
                .is_some_and(|entry| part(entry).is_some())
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
