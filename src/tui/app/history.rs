//! What is remembered from one session to the next, and the files it is remembered in. What cannot
//! be kept is said, and nothing else suffers.

use std::collections::BTreeMap;
use std::path::PathBuf;

use crate::config::{History, Paths, RecentTargets};
use crate::tui::message::SessionMessage;
use crate::tui::state::session_id::SessionId;

/// The history of one host, and the targets connected to.
#[derive(Debug)]
pub struct HistoryStore {
    paths: Option<Paths>,
    histories: BTreeMap<SessionId, History>,
    /// Commands remembered for each host.
    cap: usize,
    recent: RecentTargets,
    /// It was said that the history is not kept.
    told: bool,
}

impl HistoryStore {
    /// A memory in the files of `paths`; in none without them.
    pub fn new(paths: Option<Paths>, cap: usize) -> Self {
        Self {
            paths,
            histories: BTreeMap::new(),
            cap,
            recent: RecentTargets::default(),
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
            self.recent = RecentTargets::open(paths)
                .map_err(|error| format!("recent targets are not kept: {}", error.cause_first()))?;
        }
        Ok(self.recent.targets().to_vec())
    }

    /// Turns to the history of `host`, and remembers it as recent where it is to be.
    pub fn open(&mut self, session: SessionId, host: &str, recent: bool) -> Vec<SessionMessage> {
        let mut messages = Vec::new();
        let unkept = || History::in_memory(self.cap);
        let history = self.paths.as_ref().map_or_else(
            || Ok(unkept()),
            |paths| History::open(paths, host, self.cap),
        );
        let history = history.unwrap_or_else(|error| {
            let words = format!("the history is not kept: {}", error.cause_first());
            messages.push(SessionMessage::Trouble(words));
            unkept()
        });
        messages.push(SessionMessage::History(history.lines().to_vec()));
        self.histories.insert(session, history);
        if recent && let Err(error) = self.recent.push(host) {
            let words = format!("the target is not kept: {}", error.cause_first());
            messages.push(SessionMessage::Trouble(words));
        }
        let recent = self.recent.targets().to_vec();
        messages.push(SessionMessage::Recent(recent));
        messages
    }

    /// Remembers a command for this host.
    pub fn remember(&mut self, session: SessionId, line: &str) -> Vec<SessionMessage> {
        let mut messages = Vec::new();
        let Some(history) = self.histories.get_mut(&session) else {
            return messages;
        };
        match history.push(line) {
            Ok(()) => self.told = false,
            Err(error) if !std::mem::replace(&mut self.told, true) => {
                let words = format!("the history is not kept: {}", error.cause_first());
                messages.push(SessionMessage::Trouble(words));
            }
            Err(_) => {}
        }
        messages.push(SessionMessage::History(history.lines().to_vec()));
        messages
    }
}
