//! What a session is as a document: who was spoken to, when it began, and its entries.

use std::time::{Duration, Instant, SystemTime};

use jiff::Timestamp;

use super::source::Source;
use crate::smtp::{Entry, Transcript};

/// Entries that a record may have.
pub const ENTRIES_CAP: usize = 1_000_000;

/// A session as a document.
#[derive(Clone, Debug)]
pub struct Record {
    /// What wrote it.
    pub source: Source,
    /// What stands at its head.
    pub meta: Meta,
    /// Its entries, oldest first.
    pub entries: Vec<Entry>,
    /// Whether it came to its end in order; a journal that does not was cut short.
    pub ended: bool,
    /// What there is to say about how it was read.
    pub remarks: Vec<String>,
}

/// The head of a record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Meta {
    /// The version of the program that wrote it.
    pub version: String,
    /// The server as the user named it; empty where that is not known.
    pub target: String,
    /// When it began.
    pub clock: WallClock,
    /// Whether that is known: a log tells none, and its clock is a stand-in.
    pub dated: bool,
}

impl Meta {
    /// The head of a session that begins now, with this program.
    pub fn new(target: impl Into<String>, clock: WallClock) -> Self {
        Self {
            version: env!("CARGO_PKG_VERSION").to_owned(),
            target: target.into(),
            clock,
            dated: true,
        }
    }
}

/// A wall clock's time and the instant that it was: the times of entries become wall clock, and back.
/// Both in whole microseconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WallClock {
    start: Timestamp,
    origin: Instant,
}

impl WallClock {
    /// A clock that showed `wall` at `origin`. A time before the year -9999 or behind 9999 is 1970.
    pub fn new(wall: SystemTime, origin: Instant) -> Self {
        Self::at(Timestamp::try_from(wall).unwrap_or_default(), origin)
    }

    pub(super) fn at(start: Timestamp, origin: Instant) -> Self {
        let start = Timestamp::from_microsecond(start.as_microsecond()).unwrap_or_default();
        Self { start, origin }
    }

    /// What the wall clock showed at the beginning.
    pub fn start(&self) -> Timestamp {
        self.start
    }

    /// How long after the beginning an instant is; none before it.
    pub fn since(&self, at: Instant) -> Duration {
        truncate_to_micros(at.saturating_duration_since(self.origin))
    }

    /// What the wall clock showed at an instant.
    pub fn wall(&self, at: Instant) -> Timestamp {
        let since = i64::try_from(self.since(at).as_micros()).unwrap_or(i64::MAX);
        let micros = self.start.as_microsecond().saturating_add(since);
        Timestamp::from_microsecond(micros).unwrap_or(Timestamp::MAX)
    }

    /// The instant so long after the beginning; none where no instant can be so late.
    pub fn instant(&self, since: Duration) -> Option<Instant> {
        self.origin.checked_add(since)
    }
}

/// A duration without what is below its microseconds.
pub(super) fn truncate_to_micros(duration: Duration) -> Duration {
    Duration::new(duration.as_secs(), duration.subsec_micros() * 1000)
}

/// A record, or a part of one, that is written somewhere: its entries stay where they are.
#[derive(Clone, Debug)]
pub struct Excerpt<'a> {
    /// The head.
    pub meta: &'a Meta,
    /// The entries, oldest first.
    pub entries: Vec<&'a Entry>,
    /// Whether the session has ended in order.
    pub ended: bool,
}

impl<'a> Excerpt<'a> {
    /// All that a transcript keeps.
    pub fn of_transcript(meta: &'a Meta, transcript: &'a Transcript) -> Self {
        Self {
            meta,
            entries: transcript.iter().map(|(_, entry)| entry).collect(),
            ended: true,
        }
    }
}

impl<'a> From<&'a Record> for Excerpt<'a> {
    fn from(record: &'a Record) -> Self {
        Self {
            meta: &record.meta,
            entries: record.entries.iter().collect(),
            ended: record.ended,
        }
    }
}
