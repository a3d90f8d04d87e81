//! What a session without a screen prints, and keeps.

use std::time::{Instant, SystemTime};

use crate::record::{self, Excerpt, Meta, WallClock};
use crate::report::output::{self, Reader};
use crate::smtp::transcript::TRANSCRIPT_CAP;
use crate::smtp::{Entry, Transcript};

/// What is printed of a session as it happens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Output {
    /// Its transcript as text.
    Text,
    /// Its transcript as lines of JSON.
    Json,
    /// Nothing.
    None,
}

/// Prints and keeps the entries of a session.
pub struct Recorder {
    output: Output,
    meta: Meta,
    transcript: Transcript,
    /// Whether somebody still reads standard output.
    reader: Reader,
    /// Why standard output could not be written.
    failed: Option<String>,
}

impl Recorder {
    /// A recorder of a session with this server, as the user named it.
    pub fn new(target: &str, output: Output) -> Self {
        let clock = WallClock::new(SystemTime::now(), Instant::now());
        let mut recorder = Self {
            output,
            meta: Meta::new(target, clock),
            transcript: Transcript::new(TRANSCRIPT_CAP),
            reader: Reader::Open,
            failed: None,
        };
        let header = match output {
            Output::Text => record::text_header(&recorder.meta),
            Output::Json => record::json_header(&recorder.meta),
            Output::None => String::new(),
        };
        recorder.print(&header);
        recorder
    }

    /// Takes the next entry.
    pub fn push(&mut self, entry: Entry) {
        match self.output {
            Output::Text => self.print(&record::text_line(&entry)),
            Output::Json => self.print(&record::json_line(&self.meta.clock, &entry)),
            Output::None => {}
        }
        self.transcript.push(entry);
    }

    /// Prints a line or several, unless nothing is to be printed or nobody reads any more.
    pub fn print(&mut self, text: &str) {
        if self.output == Output::None || self.reader == Reader::Closed || text.is_empty() {
            return;
        }
        // A full disk is no reason to break off a session, but it is said at the end.
        self.reader = output::print_octets(text.as_bytes()).unwrap_or_else(|error| {
            self.failed = Some(error.to_string());
            Reader::Closed
        });
    }

    /// Why not all could be printed.
    pub fn failed(&self) -> Option<&str> {
        self.failed.as_deref()
    }

    /// What is printed.
    pub fn output(&self) -> Output {
        self.output
    }

    /// What has been said so far.
    pub fn transcript(&self) -> &Transcript {
        &self.transcript
    }

    /// The session as a document.
    pub fn excerpt(&self) -> Excerpt<'_> {
        Excerpt::of_transcript(&self.meta, &self.transcript)
    }

    /// The header of the document.
    pub fn meta(&self) -> &Meta {
        &self.meta
    }
}
