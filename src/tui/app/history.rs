//! What is remembered between sessions. Failures are reported and otherwise ignored.

use std::collections::BTreeMap;
use std::path::PathBuf;

use crate::config::{History, Paths, RecentTarget, RecentTargets};
use crate::tui::message::SessionMessage;
use crate::tui::state::session_id::SessionId;

/// The command histories of all live sessions, and the recent targets.
#[derive(Debug)]
pub struct HistoryStore {
    paths: Option<Paths>,
    histories: BTreeMap<SessionId, History>,
    /// The maximum number of commands for each host.
    cap: usize,
    recent: RecentTargets,
    /// Whether it was reported that the history cannot be saved.
    failure_reported: bool,
}

impl HistoryStore {
    /// A store in the files of `paths`, or in memory if there are none.
    pub fn new(paths: Option<Paths>, cap: usize) -> Self {
        Self {
            paths,
            histories: BTreeMap::new(),
            cap,
            recent: RecentTargets::default(),
            failure_reported: false,
        }
    }

    /// The folder for temporary files.
    pub fn scratch(&self) -> PathBuf {
        let paths = self.paths.as_ref();
        paths.map_or_else(std::env::temp_dir, Paths::scratch)
    }

    /// The targets connected to before, latest first.
    ///
    /// # Errors
    /// Why they cannot be read, in words.
    pub fn recent(&mut self) -> Result<Vec<RecentTarget>, String> {
        if let Some(paths) = &self.paths {
            self.recent = RecentTargets::open(paths).map_err(|error| {
                format!("recent targets are not saved: {}", error.cause_first())
            })?;
        }
        Ok(self.recent.targets().to_vec())
    }

    /// Opens the history of `host`.
    pub fn open(&mut self, session: SessionId, host: &str) -> Vec<SessionMessage> {
        let mut messages = Vec::new();
        let unkept = || History::in_memory(self.cap);
        let history = self.paths.as_ref().map_or_else(
            || Ok(unkept()),
            |paths| History::open(paths, host, self.cap),
        );
        let history = history.unwrap_or_else(|error| {
            let words = format!("the history is not saved: {}", error.cause_first());
            messages.push(SessionMessage::Trouble(words));
            unkept()
        });
        messages.push(SessionMessage::History(history.lines().to_vec()));
        self.histories.insert(session, history);
        messages
    }

    /// Adds a target to the recent ones.
    pub fn reached(&mut self, target: RecentTarget) -> Vec<SessionMessage> {
        let mut messages = Vec::new();
        if let Err(error) = self.recent.push(target) {
            let words = format!("the recent target is not saved: {}", error.cause_first());
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
            Ok(()) => self.failure_reported = false,
            Err(error) if !std::mem::replace(&mut self.failure_reported, true) => {
                let words = format!("the history is not saved: {}", error.cause_first());
                messages.push(SessionMessage::Trouble(words));
            }
            Err(_) => {}
        }
        messages.push(SessionMessage::History(history.lines().to_vec()));
        messages
    }
}
