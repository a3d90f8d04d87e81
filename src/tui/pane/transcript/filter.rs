//! Filters: which entries are shown. The entries that a filter keeps are recorded as they arrive, so
//! that neither moving nor drawing has to search for them.

use std::collections::VecDeque;

use super::named_value::NamedValue;
use crate::smtp::{Code, Entry, EntryId, EntryKind, Level, Part, Transcript};

/// Which kind of entries is shown.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Filter {
    /// Every entry.
    #[default]
    All,
    /// Lines from the client.
    Client,
    /// Lines from the server.
    Server,
    /// Refusals, faults and unusual lines.
    Errors,
    /// Notes of this program.
    Notes,
}

impl NamedValue for Filter {
    const ALL: &'static [Self] = &[
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

/// Whether an entry is a refusal, a fault or unusual.
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

/// Whether an error begins at this entry. The later lines of a refusal do not begin one.
pub(super) fn begins_error(entry: &Entry) -> bool {
    let continues = |part: Part| !part.begins();
    match &entry.kind {
        EntryKind::Received(received) if continues(received.part) => {
            received.oddities.iter().next().is_some()
        }
        _ => is_error(entry),
    }
}

/// The entries that a filter keeps.
#[derive(Debug, Default)]
pub(super) struct Kept {
    filter: Filter,
    /// Their ids, in order; not recorded if all entries are kept.
    ids: VecDeque<EntryId>,
}

impl Kept {
    /// The entries of a transcript that a filter keeps.
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

    /// Records the newest entry, and forgets those before `transcript.start()`.
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

    /// How many entries from `from` on are kept.
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
