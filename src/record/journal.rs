//! The journal: writes each entry to disk as it happens, so that a killed program loses nothing.
//! The file is locked while it is being written.

use std::fs::{DirBuilder, File, TryLockError};
use std::io::{self, Seek, SeekFrom, Write};
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use super::error::RecordError;
use super::file::create;
use super::jsonl;
use super::session::{Meta, WallClock};
use crate::smtp::{Entry, Level};

/// The maximum size of one journal, in octets.
pub const JOURNAL_CAP: u64 = 64 * 1024 * 1024;
/// The maximum number of characters of the target in a file name.
const NAME_CAP: usize = 80;
/// The maximum number of journals with the same start time and target.
const SAME_NAME_CAP: u32 = 100;
/// The end of the name of each journal.
pub(super) const EXTENSION: &str = ".jsonl";
/// How often locking a new journal is tried, and the wait between two tries: a process that lists
/// the journals holds a lock on each for a moment.
const LOCK_TRIES: u32 = 50;
const LOCK_WAIT: Duration = Duration::from_millis(1);

/// The journal of a running session.
///
/// The first failed write returns an error; further ones are only counted. When writing succeeds
/// again, or at the end, a note in the journal says how many entries are missing.
#[derive(Debug)]
pub struct Journal {
    file: File,
    path: PathBuf,
    clock: WallClock,
    /// Octets up to the end of the last complete line.
    length: u64,
    cap: u64,
    lost: u64,
    /// When the latest lost entry happened, and whether under TLS.
    lost_at: Option<(Instant, bool)>,
    /// The file ends in a partial line that could not be removed yet.
    torn: bool,
}

impl Journal {
    /// Creates a journal in `folder`, which is created with mode 0700 if missing. The file is new,
    /// has mode 0600 and is named after start time and target.
    ///
    /// # Errors
    /// [`RecordError::File`] if the folder or the file cannot be created or written.
    pub fn create(folder: &Path, meta: &Meta) -> Result<Self, RecordError> {
        Self::with_cap(folder, meta, JOURNAL_CAP)
    }

    /// Like [`create`](Self::create), with another size limit in octets.
    ///
    /// # Errors
    /// As [`create`](Self::create).
    pub fn with_cap(folder: &Path, meta: &Meta, cap: u64) -> Result<Self, RecordError> {
        DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(folder)
            .map_err(RecordError::at(folder))?;
        let name = name(meta);
        let again = (1..=SAME_NAME_CAP).map(|number| format!("{name}-{number}{EXTENSION}"));
        let names = std::iter::once(format!("{name}{EXTENSION}")).chain(again);
        let (path, file) = create(names.map(|name| folder.join(name)))
            .map_err(|(path, error)| RecordError::File { path, error })?;
        lock(&file);
        Self::on(file, path, meta, cap)
    }

    /// Starts a journal in an empty file that is open for writing.
    ///
    /// # Errors
    /// [`RecordError::File`] if the header cannot be written.
    pub fn on(file: File, path: PathBuf, meta: &Meta, cap: u64) -> Result<Self, RecordError> {
        let mut journal = Self {
            file,
            path,
            clock: meta.clock,
            length: 0,
            cap,
            lost: 0,
            lost_at: None,
            torn: false,
        };
        let head = jsonl::header(meta, false);
        journal
            .append(&head)
            .map_err(RecordError::at(&journal.path))?;
        Ok(journal)
    }

    /// The path of the file.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The number of entries lost since the last successful write.
    pub fn lost(&self) -> u64 {
        self.lost
    }

    /// Writes an entry, in one write. When this returns the entry survives a kill of the program.
    ///
    /// # Errors
    /// [`RecordError::JournalFull`] or [`RecordError::File`] for the first entry that cannot be
    /// written after a successful one.
    pub fn write(&mut self, entry: &Entry) -> Result<(), RecordError> {
        let mut text = String::new();
        if self.lost > 0 {
            let words = format!(
                "{} entries before this one are missing from the journal",
                self.lost
            );
            text.push_str(&self.fault(entry.at, entry.tls, words));
        }
        text.push_str(&jsonl::entry(&self.clock, entry, false));
        let done = if self.length + text.len() as u64 > self.cap {
            Err(RecordError::JournalFull {
                path: self.path.clone(),
                cap: self.cap,
            })
        } else {
            self.append(&text).map_err(RecordError::at(&self.path))
        };
        if done.is_ok() {
            self.lost = 0;
            return done;
        }
        self.lost += 1;
        self.lost_at = Some((entry.at, entry.tls));
        if self.lost == 1 { done } else { Ok(()) }
    }

    /// Marks the session as ended, so that the journal is not offered for recovery. If its last
    /// entries are missing, a note says so: a small one has room even in a full journal.
    ///
    /// # Errors
    /// [`RecordError::File`] if the lines cannot be written.
    pub fn end(mut self) -> Result<(), RecordError> {
        let gap = self.lost_at.filter(|_| self.lost > 0).map(|(at, tls)| {
            let words = format!(
                "the last {} entries are missing from the journal",
                self.lost
            );
            self.fault(at, tls, words)
        });
        self.append(&(gap.unwrap_or_default() + &jsonl::footer()))
            .map_err(RecordError::at(&self.path))
    }

    /// A note about the journal, as a line.
    fn fault(&self, at: Instant, tls: bool, words: String) -> String {
        let note = Entry::note(at, tls, Level::Fault, words);
        jsonl::entry(&self.clock, &note, false)
    }

    /// Appends complete lines, or nothing.
    fn append(&mut self, text: &str) -> io::Result<()> {
        if self.torn {
            self.remove_partial_line()?;
        }
        match self.file.write_all(text.as_bytes()) {
            Ok(()) => {
                self.length += text.len() as u64;
                Ok(())
            }
            Err(error) => {
                self.torn = true;
                // If this fails too, it is retried before the next entry.
                let _ = self.remove_partial_line();
                Err(error)
            }
        }
    }

    fn remove_partial_line(&mut self) -> io::Result<()> {
        self.file.set_len(self.length)?;
        self.file.seek(SeekFrom::Start(self.length))?;
        self.torn = false;
        Ok(())
    }
}

/// Locks a new journal. On a file system without locks the journal might be removed while it is
/// being written, nothing worse.
fn lock(file: &File) {
    for _ in 0..LOCK_TRIES {
        match file.try_lock() {
            Err(TryLockError::WouldBlock) => std::thread::sleep(LOCK_WAIT),
            Ok(()) | Err(TryLockError::Error(_)) => return,
        }
    }
}

/// The file name: start time and target, in characters that are safe in any file system.
fn name(meta: &Meta) -> String {
    let start = meta.clock.start().strftime("%Y%m%dT%H%M%S.%6fZ");
    let safe = |letter: char| match letter {
        'a'..='z' | 'A'..='Z' | '0'..='9' | '.' | '-' | '_' => letter,
        _ => '_',
    };
    let target: String = meta.target.chars().map(safe).take(NAME_CAP).collect();
    format!("{start}-{target}")
}
