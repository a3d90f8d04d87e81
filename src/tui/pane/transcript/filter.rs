//! Which entries are shown. What a filter keeps is written down as it comes, so that neither moving
//! nor drawing ever has to look for it.

use std::collections::VecDeque;

use super::Pane;
use super::cycle::Cycle;
use super::scroll::{Anchor, View};
use crate::smtp::{Code, Entry, EntryId, EntryKind, Level, Part, Transcript};

/// A kind of entries.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Filter {
    /// Every entry.
    #[default]
    All,
    /// What the client sent.
    Client,
    /// What the server sent.
    Server,
    /// Refusals, faults, and what is odd.
    Errors,
    /// Our own words.
    Notes,
}

impl Cycle for Filter {
    const EACH: &'static [Self] = &[
        Self::All,
        Self::Client,
        Self::Server,
        Self::Errors,
        Self::Notes,
    ];

    fn name(self) -> &'static str {
        match self {
            Self::All => "all",
            Self::Client => "client",
            Self::Server => "server",
            Self::Errors => "errors",
            Self::Notes => "notes",
        }
    }
}

impl Filter {
    fn keeps(self, entry: &Entry) -> bool {
        match self {
            Self::All => true,
            Self::Client => matches!(entry.kind, EntryKind::Sent(_)),
            Self::Server => matches!(entry.kind, EntryKind::Received(_)),
            Self::Errors => is_error(entry),
            Self::Notes => matches!(entry.kind, EntryKind::Note(_)),
        }
    }
}

/// Whether an entry is a refusal, a fault, or odd.
pub(super) fn is_error(entry: &Entry) -> bool {
    match &entry.kind {
        EntryKind::Sent(_) => false,
        EntryKind::Received(received) => {
            received.code.is_some_and(Code::is_negative)
                || received.oddities.iter().next().is_some()
        }
        EntryKind::Note(note) => note.level == Level::Fault,
    }
}

/// Whether an error begins here: the later lines of a refusal are part of it.
pub(super) fn begins_error(entry: &Entry) -> bool {
    let goes_on = |part: Part| !part.begins();
    match &entry.kind {
        EntryKind::Received(received) if goes_on(received.part) => {
            received.oddities.iter().next().is_some()
        }
        _ => is_error(entry),
    }
}

/// The entries that a filter keeps.
#[derive(Debug, Default)]
pub(super) struct Kept {
    filter: Filter,
    /// Their numbers, in order; not written down where all are kept.
    ids: VecDeque<EntryId>,
}

impl Kept {
    /// What a filter keeps of a transcript.
    pub(super) fn of(filter: Filter, transcript: &Transcript) -> Self {
        let mut kept = Self {
            filter,
            ids: VecDeque::new(),
        };
        if filter != Filter::All {
            let entries = transcript.iter();
            let ids = entries.filter(|(_, entry)| filter.keeps(entry));
            kept.ids.extend(ids.map(|(id, _)| id));
        }
        kept
    }

    pub(super) fn filter(&self) -> Filter {
        self.filter
    }

    /// The newest entry came, and those before `transcript.start()` went.
    pub(super) fn push(&mut self, id: EntryId, transcript: &Transcript) {
        if self.filter == Filter::All {
            return;
        }
        if transcript
            .entry(id)
            .is_some_and(|entry| self.filter.keeps(entry))
        {
            self.ids.push_back(id);
        }
        while self.ids.front().is_some_and(|id| *id < transcript.start()) {
            self.ids.pop_front();
        }
    }

    /// How many entries it keeps from `from` on.
    pub(super) fn count_from(&self, from: EntryId, transcript: &Transcript) -> u64 {
        if self.filter == Filter::All {
            return transcript.end().0 - from.max(transcript.start()).0.min(transcript.end().0);
        }
        (self.ids.len() - self.ids.partition_point(|id| *id < from)) as u64
    }

    /// The first kept entry from `id` on.
    pub(super) fn at_or_after(&self, id: EntryId, transcript: &Transcript) -> Option<EntryId> {
        if self.filter == Filter::All {
            let id = id.max(transcript.start());
            return (id < transcript.end()).then_some(id);
        }
        self.ids
            .get(self.ids.partition_point(|kept| *kept < id))
            .copied()
    }

    /// The last kept entry before `id`.
    pub(super) fn before(&self, id: EntryId, transcript: &Transcript) -> Option<EntryId> {
        if self.filter == Filter::All {
            let id = EntryId(id.min(transcript.end()).0.checked_sub(1)?);
            return (id >= transcript.start()).then_some(id);
        }
        let at = self.ids.partition_point(|kept| *kept < id);
        self.ids.get(at.checked_sub(1)?).copied()
    }
}

impl Pane {
    /// Which entries are shown.
    pub fn filter(&self) -> Filter {
        self.kept.filter()
    }

    /// How many entries the filter keeps, and of how many.
    pub fn counts(&self) -> (u64, u64) {
        let start = self.transcript.start();
        let kept = self.kept.count_from(start, &self.transcript);
        (kept, self.transcript.end().0 - start.0)
    }

    /// Whether only some entries are shown, or a range has begun.
    pub fn is_narrowed(&self) -> bool {
        self.mark.is_some() || self.filter() != Filter::All
    }

    /// Shows these entries alone, and stays as near as it can to what is on the screen.
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
            // Where nothing is kept, what was chosen is chosen again when it is back.
            self.chosen = Some(self.nearest(chosen).unwrap_or(chosen));
        }
    }

    pub(super) fn is_kept(&self, id: EntryId) -> bool {
        self.kept.at_or_after(id, &self.transcript) == Some(id)
    }

    /// The entry that is shown at this place, else behind it, else before it.
    pub(super) fn nearest(&self, id: EntryId) -> Option<EntryId> {
        self.kept
            .at_or_after(id, &self.transcript)
            .or_else(|| self.kept.before(id, &self.transcript))
    }
}
