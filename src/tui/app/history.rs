//! What is remembered from one session to the next, and the files it is remembered in. What cannot
//! be kept is said, and nothing else suffers.

use std::path::PathBuf;

use crate::config::{History, Paths, Recent};
use crate::tui::message::Message;

/// The history of one host, and the targets connected to.
#[derive(Debug)]
pub struct HistoryStore {
    paths: Option<Paths>,
    history: History,
    /// Commands remembered for each host.
    cap: usize,
    recent: Recent,
    /// It was said that the history is not kept.
    told: bool,
}

impl HistoryStore {
    /// A memory in the files of `paths`; in none without them.
    pub fn new(paths: Option<Paths>, cap: usize) -> Self {
        Self {
            paths,
            history: History::unkept(cap),
            cap,
            recent: Recent::default(),
            told: false,
        }
    }

    /// The folder for what is there for a moment only.
    pub fn scratch(&self) -> PathBuf {
        let paths = self.paths.as_ref();
        paths.map_or_else(std::env::temp_dir, Paths::scratch)
    }

    /// The targets connected to before, latest first.
    ///
    /// # Errors
    /// Why they are not known, in words.
    pub fn recent(&mut self) -> Result<Vec<String>, String> {
        if let Some(paths) = &self.paths {
            self.recent = Recent::open(paths)
                .map_err(|error| format!("recent targets are not remembered: {error}"))?;
        }
        Ok(self.recent.targets().to_vec())
    }

    /// Turns to the history of `host`, and remembers it as recent where it is to be.
    pub fn open(&mut self, host: &str, recent: bool) -> Vec<Message> {
        let mut messages = Vec::new();
        if let Some(paths) = &self.paths {
            self.history = History::open(paths, host, self.cap).unwrap_or_else(|error| {
                let words = format!("the history is not kept: {error}");
                messages.push(Message::Trouble(words));
                History::unkept(self.cap)
            });
        }
        if recent && let Err(error) = self.recent.push(host) {
            let words = format!("the target is not remembered: {error}");
            messages.push(Message::Trouble(words));
        }
        messages.push(self.remembered());
        messages
    }

    /// Remembers a command for this host.
    pub fn remember(&mut self, line: &str) -> Vec<Message> {
        let mut messages = Vec::new();
        match self.history.push(line) {
            Ok(()) => self.told = false,
            Err(error) if !std::mem::replace(&mut self.told, true) => {
                let words = format!("the history is not kept: {error}");
                messages.push(Message::Trouble(words));
            }
            Err(_) => {}
        }
        messages.push(self.remembered());
        messages
    }

    fn remembered(&self) -> Message {
        Message::Remembered {
            history: self.history.lines().to_vec(),
            recent: self.recent.targets().to_vec(),
        }
    }
}
