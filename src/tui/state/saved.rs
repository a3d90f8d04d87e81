//! The metadata of a session read from a file.

use std::time::Duration;

use crate::config::Target;
use crate::record::{Excerpt, Meta, Record, Source};
use crate::smtp::{EntryId, EntryKind, Transcript};

/// A session read from a file. Nothing is ever sent in it.
#[derive(Debug)]
pub struct Saved {
    /// The file name as given.
    pub name: String,
    /// The head of the record.
    pub meta: Meta,
    /// The server, if the record names one.
    pub target: Option<Target>,
    /// The program that wrote the file.
    pub source: Source,
    /// Whether the session ended normally, and was not cut short.
    pub ended: bool,
    /// Remarks about how the file was read.
    pub remarks: Vec<String>,
    /// Its connections, oldest first; at least one if there are entries.
    pub connections: Vec<SavedConnection>,
    /// The time from the first entry to the last.
    pub took: Duration,
}

/// A connection in a saved session.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SavedConnection {
    /// Its first entry: the first of the file, or the greeting of a later connection.
    pub first: EntryId,
    /// The server's name in the greeting.
    pub host: Option<String>,
}

impl Saved {
    /// Describes a record whose entries are in `transcript`.
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

    /// The whole session, to be saved in another format.
    pub fn excerpt<'a>(&'a self, transcript: &'a Transcript) -> Excerpt<'a> {
        let whole = Excerpt::of_transcript(&self.meta, transcript);
        Excerpt {
            ended: self.ended,
            ..whole
        }
    }

    /// The file name without directories.
    pub fn file_name(&self) -> &str {
        let name = self.name.rsplit('/').next();
        name.filter(|name| !name.is_empty()).unwrap_or(&self.name)
    }

    /// The host of an entry's connection: as the record names it, else the name in the greeting (RFC
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

/// The connections of a transcript, oldest first; at least one if there are entries.
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
