//! A session out of a file: looked at like one that goes on, and nothing of it is ever sent by
//! itself.

use std::time::Duration;

use crate::config::Target;
use crate::record::{Excerpt, Meta, Record, Source};
use crate::smtp::{EntryId, EntryKind, Transcript};

/// A session out of a file.
#[derive(Debug)]
pub struct Saved {
    /// The file as it was named.
    pub name: String,
    /// The record's head.
    pub meta: Meta,
    /// The server, where the record names one.
    pub target: Option<Target>,
    /// What wrote it.
    pub source: Source,
    /// Whether it came to its end in order.
    pub ended: bool,
    /// What there is to say about how it was read.
    pub remarks: Vec<String>,
    /// Its connections, oldest first; one at least where there are entries.
    pub connections: Vec<SavedConnection>,
    /// The time from its beginning to its last entry.
    pub took: Duration,
}

/// A connection in a saved session.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SavedConnection {
    /// Its first entry: of all, or the greeting of a later one.
    pub first: EntryId,
    /// The name in its greeting.
    pub host: Option<String>,
}

impl Saved {
    /// What is known of a record whose entries are in `transcript`.
    pub fn new(name: String, record: Record, transcript: &Transcript) -> Self {
        let last = transcript.iter().next_back();
        Self {
            name,
            target: Target::parse(&record.meta.target).ok(),
            source: record.source,
            ended: record.ended,
            remarks: record.remarks,
            connections: connections(transcript),
            took: last.map_or(Duration::ZERO, |(_, entry)| {
                record.meta.clock.since(entry.at)
            }),
            meta: record.meta,
        }
    }

    /// All of it, to be saved in another form.
    pub fn excerpt<'a>(&'a self, transcript: &'a Transcript) -> Excerpt<'a> {
        let whole = Excerpt::of_transcript(&self.meta, transcript);
        Excerpt {
            ended: self.ended,
            ..whole
        }
    }

    /// The file without its folders.
    pub fn file_name(&self) -> &str {
        let name = self.name.rsplit('/').next();
        name.filter(|name| !name.is_empty()).unwrap_or(&self.name)
    }

    /// The host of an entry's connection: as the record names it, else by the name in the greeting (RFC
    /// 5321 section 4.3.1).
    pub fn host(&self, id: EntryId) -> Option<String> {
        if let Some(target) = &self.target {
            return Some(target.host.clone());
        }
        self.connection_of(id)?.host.clone()
    }

    /// The connection that an entry belongs to.
    pub fn connection_of(&self, id: EntryId) -> Option<&SavedConnection> {
        let mut connections = self.connections.iter();
        connections.rfind(|connection| connection.first <= id)
    }
}

/// The connections of a transcript, oldest first; one at least where there are entries.
fn connections(transcript: &Transcript) -> Vec<SavedConnection> {
    let is_greeting =
        |kind: &EntryKind| matches!(kind, EntryKind::Received(received) if received.is_greeting());
    let mut greetings = transcript
        .iter()
        .filter(|(_, entry)| is_greeting(&entry.kind))
        .map(|(first, entry)| SavedConnection {
            first,
            host: entry.greeting_name().map(str::to_owned),
        });
    let begin = (!transcript.is_empty()).then(|| SavedConnection {
        first: transcript.start(),
        host: greetings.next().and_then(|greeted| greeted.host),
    });
    begin.into_iter().chain(greetings).collect()
}
