//! Folded replies: a reply of many lines shown as its first.

use std::collections::BTreeMap;

use crate::smtp::{Entry, EntryId, EntryKind, Part, Transcript};

/// The folded replies, from the first entry of each to its last.
#[derive(Debug, Default)]
pub(super) struct Folds(BTreeMap<EntryId, EntryId>);

impl Folds {
    /// Folds a reply, or unfolds it. `true` when it is folded now.
    pub(super) fn toggle(&mut self, (first, last): (EntryId, EntryId)) -> bool {
        let folded = self.0.remove(&first).is_none();
        if folded {
            self.0.insert(first, last);
        }
        folded
    }

    /// Unfolds whatever hides an entry.
    pub(super) fn open(&mut self, id: EntryId) {
        if let Some((&first, &last)) = self.0.range(..=id).next_back()
            && id <= last
        {
            self.0.remove(&first);
        }
    }

    /// How many lines an entry stands for beside itself.
    pub(super) fn behind(&self, id: EntryId) -> Option<u64> {
        self.0.get(&id).map(|last| last.0 - id.0)
    }

    /// Whether an entry is hidden in a fold. Notes between the lines of a reply stay.
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

/// The first and last entry of the reply around an entry, if it has more than one line.
pub(super) fn reply_around(transcript: &Transcript, id: EntryId) -> Option<(EntryId, EntryId)> {
    let part_at = |id| transcript.entry(id).and_then(part);
    part_at(id)?;
    let mut first = id;
    while !part_at(first).is_some_and(Part::begins) {
        first = step(transcript, first, false)?;
    }
    let mut last = id;
    while !part_at(last).is_some_and(Part::ends) {
        // The reply may not be complete yet.
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

/// The newest reply of several lines.
pub(super) fn last_long_reply(transcript: &Transcript) -> Option<EntryId> {
    let several = |entry: &Entry| part(entry).is_some_and(|part| part != Part::Only);
    transcript
        .iter()
        .rev()
        .find(|(_, entry)| several(entry))
        .map(|(id, _)| id)
}

/// The next line of the server, or the one before.
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
