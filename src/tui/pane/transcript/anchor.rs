//! The visible part of the transcript.

use crate::smtp::EntryId;

/// Which part of the transcript is visible.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum View {
    /// The newest entries.
    Follow,
    /// The rows from `top` on. `seen` is where the transcript ended when following stopped.
    From { top: Anchor, seen: EntryId },
}

/// A row of the transcript: an entry, and which of its rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Anchor {
    pub(super) entry: EntryId,
    pub(super) row: usize,
}

impl Anchor {
    /// The first row of an entry.
    pub(super) fn at(entry: EntryId) -> Self {
        Self { entry, row: 0 }
    }
}
