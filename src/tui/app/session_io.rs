//! What live sessions have outside the model: a wire, a journal, a practice server each.

use std::collections::BTreeMap;
use std::io;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use futures_util::future::{FutureExt, select_all};

use super::journal::JournalWriter;
use super::kept_journals::KeptJournals;
use crate::config::{Paths, Retention};
use crate::net::{self, Handle};
use crate::practice::Practice;
use crate::tui::state::session_id::{Origin, SessionId};

/// What one live session has outside the model.
pub(super) struct SessionIo {
    /// The session, with the connection it asked for last.
    pub origin: Origin,
    /// Its connection.
    pub wire: Handle,
    /// Its journal.
    pub journal: JournalWriter,
    /// The practice server, as long as it is used.
    pub practice: Option<Practice>,
    /// Set to stop waiting for the password of a login.
    pub give_up: Arc<AtomicBool>,
}

/// The live sessions by their id.
pub(super) struct Sessions {
    all: BTreeMap<SessionId, SessionIo>,
    paths: Option<Paths>,
    retention: Retention,
    /// The journals of the sessions that were dropped.
    kept: KeptJournals,
    /// How often events were awaited.
    turn: usize,
}

impl Sessions {
    /// None yet. Their journals will be in the folder of `paths`, as long as `retention` says.
    pub fn new(paths: Option<Paths>, retention: Retention) -> Self {
        Self {
            all: BTreeMap::new(),
            paths,
            retention,
            kept: KeptJournals::default(),
            turn: 0,
        }
    }

    /// The session that asks for something; its wire is started the first time.
    ///
    /// # Errors
    /// When the system gives no thread for the wire.
    pub fn of(&mut self, origin: Origin) -> io::Result<&mut SessionIo> {
        if !self.all.contains_key(&origin.session) {
            let io = SessionIo {
                origin,
                wire: net::spawn()?,
                journal: JournalWriter::new(self.paths.as_ref(), self.retention),
                practice: None,
                give_up: Arc::default(),
            };
            self.all.insert(origin.session, io);
        }
        let io = self.all.get_mut(&origin.session);
        let io = io.ok_or_else(|| io::Error::other("the session is gone"))?;
        io.origin = origin;
        Ok(io)
    }

    /// The next events of any session, in order within each; `None` for one whose wire is gone.
    /// Waits for ever while there is no session.
    pub async fn events(&mut self) -> (Origin, Option<Vec<net::Event>>) {
        if self.all.is_empty() {
            return std::future::pending().await;
        }
        // The first that is ready wins: each comes first in turn, so that a flood in one does not
        // keep back another.
        self.turn = self.turn.wrapping_add(1);
        let first = self.turn % self.all.len();
        let mut all: Vec<&mut SessionIo> = self.all.values_mut().collect();
        all.rotate_left(first);
        let each = all.into_iter().map(|io| {
            let origin = io.origin;
            io.wire
                .events()
                .map(move |batch| (origin, batch))
                .boxed_local()
        });
        select_all(each).await.0
    }

    /// The journal of an earlier run that was cut short. It is offered once.
    pub fn unfinished(&self) -> Option<String> {
        JournalWriter::new(self.paths.as_ref(), self.retention).unfinished()
    }

    /// Drops a session: its connection is closed, its journal ends.
    pub fn close(&mut self, session: SessionId) {
        if let Some(io) = self.all.remove(&session) {
            self.kept.append(io.journal.into_kept());
        }
    }

    /// Drops all sessions; returns the journals that are left of this run.
    pub fn close_all(&mut self) -> KeptJournals {
        while let Some((_, io)) = self.all.pop_first() {
            self.kept.append(io.journal.into_kept());
        }
        std::mem::take(&mut self.kept)
    }

    /// The folder of the journals.
    pub fn folder(&self) -> Option<PathBuf> {
        self.paths.as_ref().map(Paths::journals)
    }

    /// The journals that are being written.
    pub fn journals(&self) -> Vec<PathBuf> {
        let all = self.all.values();
        all.filter_map(|io| io.journal.path()).collect()
    }

    /// The journal of a session that has events.
    pub fn journal(&mut self, session: SessionId) -> Option<&mut JournalWriter> {
        self.all.get_mut(&session).map(|io| &mut io.journal)
    }
}
