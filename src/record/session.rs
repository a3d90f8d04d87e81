//! A session as a document: the server, the start time and the entries.

use std::time::{Duration, Instant, SystemTime};

use jiff::Timestamp;

use super::source::Source;
use crate::diagnosis::{self, Situation, Verdict};
use crate::smtp::{Entry, EntryKind, Transcript};

/// The maximum number of entries of a log of another program.
pub const ENTRIES_CAP: usize = 1_000_000;

/// A session as a document.
#[derive(Clone, Debug)]
pub struct Record {
    /// The program that wrote it.
    pub source: Source,
    /// Version, server and start time.
    pub meta: Meta,
    /// The entries, oldest first.
    pub entries: Vec<Entry>,
    /// Whether the end of the session was recorded; if not, the journal was cut short.
    pub ended: bool,
    /// Warnings from reading the file.
    pub remarks: Vec<String>,
}

impl Record {
    /// What the session came to: the refusals that decided it, with what the program that wrote the log
    /// adds to them; without any, what its messages mean.
    pub fn verdicts(&self) -> Vec<Verdict> {
        let (host, port) = host_and_port(&self.meta.target);
        let host = Some(host).filter(|host| !host.is_empty());
        let tracker = self.source.tracker();
        let mut verdicts = diagnosis::verdicts(tracker, &self.entries, host.as_deref());
        if !matches!(self.source, Source::Log { .. }) {
            return verdicts;
        }
        let notes = self.notes();
        // telnet says when it is connected, and by whom the connection is closed.
        let silent = !self
            .entries
            .iter()
            .any(|entry| matches!(entry.kind, EntryKind::Received(_)));
        let mut texts = notes.iter().map(|(_, text)| text);
        let connected = texts.any(|text| text.trim_start().starts_with("Escape character is"));
        let closed = (notes.iter()).find(|(_, text)| text.contains("closed by foreign host"));
        if let (true, true, Some(&(at, _))) = (silent, connected, closed) {
            return vec![diagnosis::closed_silently(at)];
        }
        let situation = Situation {
            host,
            port,
            early: Some(diagnosis::speaks_first(&self.entries)),
            ..Situation::default()
        };
        let message = diagnosis::of_lines(notes.iter().map(|(_, text)| *text), &situation);
        match (message, verdicts.first_mut()) {
            (Some(message), Some(verdict)) => verdict.explanation.add(&message),
            (Some(message), None) => {
                let at = notes.get(message.line).map_or(0, |(at, _)| *at);
                verdicts.push(Verdict {
                    at,
                    explanation: message.explanation,
                });
            }
            (None, _) => {}
        }
        verdicts
    }

    /// The notes, with their places. After the reply to QUIT, it means nothing that the connection closes.
    fn notes(&self) -> Vec<(usize, &str)> {
        let mut ends = false;
        let mut notes = Vec::new();
        for (at, entry) in self.entries.iter().enumerate() {
            match &entry.kind {
                EntryKind::Note(note) if ends && note.text.to_lowercase().contains("closed") => {}
                EntryKind::Note(note) => notes.push((at, &*note.text)),
                EntryKind::Received(received) => ends = received.bytes.starts_with(b"221"),
                _ => ends = false,
            }
        }
        notes
    }
}

/// The header of a record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Meta {
    /// The version of the program that wrote it.
    pub version: String,
    /// The server as the user named it; empty if unknown.
    pub target: String,
    /// The start time.
    pub clock: WallClock,
    /// Whether the start time is known. Logs of other tools have none; their clock is a
    /// placeholder.
    pub dated: bool,
}

impl Meta {
    /// The header of a session that this program records.
    pub fn new(target: impl Into<String>, clock: WallClock) -> Self {
        Self {
            version: env!("CARGO_PKG_VERSION").to_owned(),
            target: target.into(),
            clock,
            dated: true,
        }
    }
}

/// Converts the instants of entries to wall clock time and back, in whole microseconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WallClock {
    start: Timestamp,
    origin: Instant,
}

impl WallClock {
    /// A clock that showed `wall` at `origin`. A time outside the years -9999 to 9999 becomes 1970.
    pub fn new(wall: SystemTime, origin: Instant) -> Self {
        Self::at(Timestamp::try_from(wall).unwrap_or_default(), origin)
    }

    pub(super) fn at(start: Timestamp, origin: Instant) -> Self {
        let start = Timestamp::from_microsecond(start.as_microsecond()).unwrap_or_default();
        Self { start, origin }
    }

    /// The wall clock time of the start.
    pub fn start(&self) -> Timestamp {
        self.start
    }

    /// The time from the start to `at`; zero if `at` is earlier.
    pub fn since(&self, at: Instant) -> Duration {
        truncate_to_micros(at.saturating_duration_since(self.origin))
    }

    /// The wall clock time at `at`.
    pub fn wall(&self, at: Instant) -> Timestamp {
        let since = i64::try_from(self.since(at).as_micros()).unwrap_or(i64::MAX);
        let micros = self.start.as_microsecond().saturating_add(since);
        Timestamp::from_microsecond(micros).unwrap_or(Timestamp::MAX)
    }

    /// The instant `since` after the start; `None` if it is out of range.
    pub fn instant(&self, since: Duration) -> Option<Instant> {
        self.origin.checked_add(since)
    }
}

/// Drops the nanoseconds below whole microseconds.
pub(super) fn truncate_to_micros(duration: Duration) -> Duration {
    Duration::new(duration.as_secs(), duration.subsec_micros() * 1000)
}

/// A record, or part of one, borrowed for writing.
#[derive(Clone, Debug)]
pub struct Excerpt<'a> {
    /// The header.
    pub meta: &'a Meta,
    /// The entries, oldest first.
    pub entries: Vec<&'a Entry>,
    /// Whether the end of the session is written too.
    pub ended: bool,
}

impl<'a> Excerpt<'a> {
    /// All entries of a transcript.
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

/// Splits a target into host and port.
pub(super) fn host_and_port(target: &str) -> (String, Option<u16>) {
    let bare = target.split_once("://").map_or(target, |(_, rest)| rest);
    let bare = bare.trim_end_matches('/');
    if let Some((host, rest)) = bare.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
        let port = rest.strip_prefix(':').and_then(|port| port.parse().ok());
        return (host.to_owned(), port);
    }
    match bare.rsplit_once(':') {
        Some((host, port)) if !host.contains(':') => (host.to_owned(), port.parse().ok()),
        _ => (bare.to_owned(), None),
    }
}
