//! What keeps the session while it goes on: a journal for each server, written entry by entry, and
//! told of once where it cannot be.

use std::path::PathBuf;
use std::time::{Instant, SystemTime};

use crate::config::{Paths, Retention};
use crate::record::{Journal, Meta, RecordError, WallClock, dismiss, last_unfinished, prune};
use crate::smtp::Entry;

/// The journal of the server that is connected to.
#[derive(Debug)]
pub struct JournalWriter {
    folder: Option<PathBuf>,
    retention: Retention,
    journal: Option<Journal>,
    /// The server.
    target: String,
}

impl JournalWriter {
    /// A keeper of journals in the user's folder for them; without one nothing is kept.
    pub fn new(paths: Option<&Paths>, retention: Retention) -> Self {
        Self {
            folder: paths.map(Paths::journals),
            retention,
            journal: None,
            target: String::new(),
        }
    }

    /// The journal of a session that did not come to its end. It is told once.
    pub fn unfinished(&self) -> Option<String> {
        let folder = self.folder.as_deref()?;
        let path = last_unfinished(folder).ok().flatten()?;
        // Where it cannot be marked as seen it is told again the next time, which does no harm.
        let _ = dismiss(&path);
        Some(path.display().to_string())
    }

    /// Begins a journal with the first connection to a server: its head names one. The words say why
    /// there is none.
    pub fn begin(&mut self, target: &str) -> Option<String> {
        let folder = self.folder.clone()?;
        if self.journal.is_some() && self.target == target {
            return None;
        }
        self.end();
        target.clone_into(&mut self.target);
        let now = SystemTime::now();
        let meta = Meta::new(target, WallClock::new(now, Instant::now()));
        match Journal::create(&folder, &meta) {
            Ok(journal) => {
                self.journal = Some(journal);
                // What cannot be cleared away now may be the next time.
                let _ = prune(&folder, now, self.retention.age, self.retention.octets);
                None
            }
            Err(error) => {
                self.folder = None;
                Some(format!("the session is not kept: {}", reason(&error)))
            }
        }
    }

    fn end(&mut self) {
        if let Some(journal) = self.journal.take() {
            // A journal without its end is offered the next time, and is whole all the same.
            let _ = journal.end();
        }
    }

    /// Keeps an entry. The words say, once, that it cannot be kept.
    pub fn keep(&mut self, entry: &Entry) -> Option<String> {
        let error = self.journal.as_mut()?.write(entry).err()?;
        Some(format!(
            "the session is not kept any more: {}",
            reason(&error)
        ))
    }
}

impl Drop for JournalWriter {
    fn drop(&mut self) {
        self.end();
    }
}

/// Why it cannot be kept. The file comes last: its name may be longer than the screen is wide.
fn reason(error: &RecordError) -> String {
    match error {
        RecordError::File { path, error } => format!("{error} ({})", path.display()),
        RecordError::JournalFull { path, cap } => {
            format!("its journal has reached {cap} octets ({})", path.display())
        }
        other => other.to_string(),
    }
}
