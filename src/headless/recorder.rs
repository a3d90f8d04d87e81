//! What a session without a screen prints, and keeps.

use std::time::{Instant, SystemTime};

use crate::record::{self, Excerpt, Meta, WallClock};
use crate::report::output::{self, Reader};
use crate::smtp::transcript::TRANSCRIPT_CAP;
use crate::smtp::{Entry, Transcript};

/// Octets that may wait to be printed.
const WAITING_CAP: usize = 64 * 1024;

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
    /// What is still to be printed.
    waiting: String,
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
            waiting: String::new(),
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

    /// Takes the next entry; [`flush`](Self::flush) prints it.
    pub fn push(&mut self, entry: Entry) {
        let line = match self.output {
            _ if self.reader == Reader::Closed => String::new(),
            Output::Text => record::text_line(&entry),
            Output::Json => record::json_line(&self.meta.clock, &entry),
            Output::None => String::new(),
        };
        self.waiting.push_str(&line);
        if self.waiting.len() >= WAITING_CAP {
            self.flush();
        }
        self.transcript.push(entry);
    }

    /// Prints a line or several, unless nothing is to be printed or nobody reads any more.
    pub fn print(&mut self, text: &str) {
        if self.output != Output::None {
            self.waiting.push_str(text);
            self.flush();
        }
    }

    /// Prints what was taken: the entries that came at once, in one write.
    pub fn flush(&mut self) {
        if self.reader == Reader::Open && !self.waiting.is_empty() {
            // A full disk is no reason to break off a session, but it is said at the end.
            let printed = output::print_octets(self.waiting.as_bytes());
            self.reader = printed.unwrap_or_else(|error| {
                self.failed = Some(error.to_string());
                Reader::Closed
            });
        }
        self.waiting.clear();
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
