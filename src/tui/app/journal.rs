//! Writes each live session to a journal, entry by entry. A failure is reported once.

use std::path::PathBuf;
use std::time::{Instant, SystemTime};

use crate::config::{Paths, Retention};
use crate::record::{Journal, Meta, RecordError, WallClock, dismiss, last_unfinished, prune};
use crate::smtp::{Entry, EntryKind};
use crate::tui::app::kept_journals::KeptJournals;

/// Writes journals of one live session, one for each server it connects to.
#[derive(Debug)]
pub struct JournalWriter {
    folder: Option<PathBuf>,
    retention: Retention,
    journal: Option<Journal>,
    /// The server.
    target: String,
    /// The server of the latest request.
    requested: String,
    /// Whether something was sent or received since the journal began.
    spoke: bool,
    /// The journals that have ended.
    kept: KeptJournals,
    /// How many requests have not begun yet. Entries until then belong to the previous connection.
    due: u32,
}

impl JournalWriter {
    /// Writes journals to the user's journal folder; without a folder it writes nothing.
    pub fn new(paths: Option<&Paths>, retention: Retention) -> Self {
        Self {
            folder: paths.map(Paths::journals),
            retention,
            journal: None,
            target: String::new(),
            requested: String::new(),
            spoke: false,
            kept: KeptJournals::default(),
            due: 0,
        }
    }

    /// The journal that is being written.
    pub fn path(&self) -> Option<PathBuf> {
        self.journal
            .as_ref()
            .map(|journal| journal.path().to_owned())
    }

    /// Notes that a connection to this server is requested.
    pub fn request(&mut self, target: &str) {
        target.clone_into(&mut self.requested);
        self.due = self.due.saturating_add(1);
    }

    /// Forgets a request that did not reach the wire.
    pub fn forget_request(&mut self) {
        self.due = self.due.saturating_sub(1);
    }

    /// Notes that a request begins. The latest one begins a journal; returns why there is none.
    pub fn start(&mut self) -> Option<String> {
        self.due = self.due.saturating_sub(1);
        let target = std::mem::take(&mut self.requested);
        if self.due > 0 || target.is_empty() {
            self.requested = target;
            return None;
        }
        self.begin(&target)
    }

    /// The journal of a session that was cut short. Returned only once.
    pub fn unfinished(&self) -> Option<String> {
        let folder = self.folder.as_deref()?;
        let path = last_unfinished(folder).ok().flatten()?;
        // If marking it fails, it is offered again next time: harmless.
        let _ = dismiss(&path);
        Some(path.display().to_string())
    }

    /// Begins a journal at the first connection to a server, because its head names one server.
    /// Returns why there is none.
    fn begin(&mut self, target: &str) -> Option<String> {
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
                // Files that cannot be removed now may be removable next time.
                let _ = prune(&folder, now, self.retention.age, self.retention.octets);
                None
            }
            Err(error) => {
                self.folder = None;
                Some(format!("no journal of this session: {}", reason(&error)))
            }
        }
    }

    /// Ends the journal; returns those in which something was sent or received.
    pub fn into_kept(mut self) -> KeptJournals {
        self.end();
        std::mem::take(&mut self.kept)
    }

    fn end(&mut self) {
        if let Some(journal) = self.journal.take() {
            if std::mem::take(&mut self.spoke) {
                let path = journal.path().to_owned();
                self.kept.push(self.target.clone(), path);
            }
            // If this fails, the journal is still complete; it is only offered at the next start.
            let _ = journal.end();
        }
    }

    /// Writes an entry. Returns a failure, once.
    pub fn keep(&mut self, entry: &Entry) -> Option<String> {
        let journal = self.journal.as_mut()?;
        self.spoke |= !matches!(entry.kind, EntryKind::Note(_));
        let error = journal.write(entry).err()?;
        Some(format!("the journal stopped: {}", reason(&error)))
    }
}

impl Drop for JournalWriter {
    fn drop(&mut self) {
        self.end();
    }
}

/// Why it cannot be written. The file comes last: its name may be longer than the screen is wide.
fn reason(error: &RecordError) -> String {
    match error {
        RecordError::File { path, error } => format!("{error} ({})", path.display()),
        RecordError::JournalFull { path, cap } => {
            format!("its journal has reached {cap} octets ({})", path.display())
        }
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::load_regular_file;
    use crate::smtp::Level;

    #[test]
    fn late_entries_belong_to_the_connection_before() {
        let folder = tempfile::tempdir().unwrap();
        let mut writer = JournalWriter::new(None, Retention::default());
        writer.folder = Some(folder.path().to_owned());
        let keep = |writer: &mut JournalWriter, text: &str| {
            let note = Entry::note(Instant::now(), false, Level::Info, text);
            assert_eq!(writer.keep(&note), None);
        };
        writer.request("a.example:25");
        assert_eq!(writer.start(), None);
        keep(&mut writer, "of a");
        // Two requests, of which the first is replaced.
        writer.request("b.example:25");
        writer.request("c.example:25");
        keep(&mut writer, "late, of a");
        assert_eq!(writer.start(), None);
        keep(&mut writer, "of b");
        assert_eq!(writer.start(), None);
        keep(&mut writer, "of c");
        drop(writer);
        let read = |entry: std::io::Result<std::fs::DirEntry>| {
            let record = load_regular_file(&entry.unwrap().path()).unwrap();
            (record.meta.target.clone(), record.entries.len())
        };
        let mut kept: Vec<_> = folder.path().read_dir().unwrap().map(read).collect();
        kept.sort();
        let expected = [("a.example:25", 3), ("c.example:25", 1)];
        assert_eq!(
            kept,
            expected.map(|(target, count)| (target.to_owned(), count))
        );
    }
}
