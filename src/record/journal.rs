//! The journal: from its first entry a session is on disk, each entry as it happens, so that a
//! program that is killed loses nothing. While one is written its file is locked.

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, ErrorKind, Read, Seek, SeekFrom, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use rustix::fs::OFlags;

use super::error::RecordError;
use super::file::create;
use super::jsonl;
use super::session::{Meta, WallClock};
use crate::smtp::{Entry, Level};

/// Octets that one journal may have.
pub const JOURNAL_CAP: u64 = 64 * 1024 * 1024;
/// Octets that all journals together may have when a new one begins; the oldest go first.
pub const JOURNALS_CAP: u64 = 256 * 1024 * 1024;
/// How long a journal is kept.
pub const JOURNAL_AGE: Duration = Duration::from_secs(30 * 24 * 60 * 60);
/// Characters of a target that its journal's name keeps.
const NAME_CAP: usize = 80;
/// Journals of the same microsecond and target that can be told apart.
const SAME_NAME: u32 = 100;
const ENDING: &str = ".jsonl";

/// The journal of the session that is going on.
///
/// When it cannot be written that is told once; from then on what is lost is counted, and should the
/// file take entries again, the first one says how many are missing before it.
#[derive(Debug)]
pub struct Journal {
    file: File,
    path: PathBuf,
    clock: WallClock,
    /// Octets up to the end of the last whole line.
    length: u64,
    cap: u64,
    lost: u64,
    /// Half a line stands at the end and could not be taken back.
    torn: bool,
}

impl Journal {
    /// Begins a journal in `folder`, which is made with mode 0700 where it is missing. The file is
    /// new, has mode 0600 and a name of its start and target.
    ///
    /// # Errors
    /// What the system said about the folder or the file.
    pub fn create(folder: &Path, meta: &Meta) -> Result<Self, RecordError> {
        Self::with_cap(folder, meta, JOURNAL_CAP)
    }

    /// The same with another cap, in octets.
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
        let again = (1..=SAME_NAME).map(|number| format!("{name}-{number}{ENDING}"));
        let names = std::iter::once(format!("{name}{ENDING}")).chain(again);
        let (path, file) = create(names.map(|name| folder.join(name)))
            .map_err(|(path, error)| RecordError::File { path, error })?;
        // Nobody else knows the name yet; a file system without locks has journals that can be
        // pruned while they are written, and nothing worse.
        let _ = file.try_lock();
        Self::on(file, path, meta, cap)
    }

    /// A journal on a file that is open for writing and empty.
    ///
    /// # Errors
    /// When the head cannot be written.
    pub fn on(file: File, path: PathBuf, meta: &Meta, cap: u64) -> Result<Self, RecordError> {
        let mut journal = Self {
            file,
            path,
            clock: meta.clock,
            length: 0,
            cap,
            lost: 0,
            torn: false,
        };
        let head = jsonl::header(meta, false);
        journal
            .append(&head)
            .map_err(RecordError::at(&journal.path))?;
        Ok(journal)
    }

    /// The file.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Entries that are not in the file because it could not be written.
    pub fn lost(&self) -> u64 {
        self.lost
    }

    /// Writes an entry, in one write. It is there when this returns, whatever becomes of the program.
    ///
    /// # Errors
    /// The first time that an entry cannot be written, since the last time that one could.
    pub fn write(&mut self, entry: &Entry) -> Result<(), RecordError> {
        let mut text = String::new();
        if self.lost > 0 {
            let words = format!(
                "{} entries before this one are not in the journal",
                self.lost
            );
            let hole = Entry::note(entry.at, entry.tls, Level::Fault, words);
            text.push_str(&jsonl::entry(&self.clock, &hole, false));
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
        if self.lost == 1 { done } else { Ok(()) }
    }

    /// The session came to its end in order: the journal says so, and is never offered again.
    ///
    /// # Errors
    /// What the system said.
    pub fn end(mut self) -> Result<(), RecordError> {
        self.append(&jsonl::footer())
            .map_err(RecordError::at(&self.path))
    }

    /// Writes whole lines, or nothing of them.
    fn append(&mut self, text: &str) -> io::Result<()> {
        if self.torn {
            self.take_back()?;
        }
        match self.file.write_all(text.as_bytes()) {
            Ok(()) => {
                self.length += text.len() as u64;
                Ok(())
            }
            Err(error) => {
                self.torn = true;
                // Where this fails too it is tried again before the next entry.
                let _ = self.take_back();
                Err(error)
            }
        }
    }

    fn take_back(&mut self) -> io::Result<()> {
        self.file.set_len(self.length)?;
        self.file.seek(SeekFrom::Start(self.length))?;
        self.torn = false;
        Ok(())
    }
}

/// The latest journal that no end was written to, and that nobody writes: its program was killed.
///
/// # Errors
/// What the system said about the folder; one that is missing holds none.
pub fn last_unfinished(folder: &Path) -> Result<Option<PathBuf>, RecordError> {
    let mut journals = journals(folder)?;
    journals.sort_by(|a, b| b.path.cmp(&a.path));
    for JournalFile { path, .. } in journals {
        if let Ok(mut file) = open(&path, false)
            && !is_in_use(&file)
            && !is_ended(&mut file).map_err(RecordError::at(&path))?
        {
            return Ok(Some(path));
        }
    }
    Ok(None)
}

/// Marks a journal as seen: it is not offered again. A line that was cut is taken away.
///
/// # Errors
/// What the system said.
pub fn dismiss(path: &Path) -> Result<(), RecordError> {
    let done = || -> io::Result<()> {
        let mut file = open(path, true)?;
        if is_in_use(&file) || is_ended(&mut file)? {
            return Ok(());
        }
        let tail = tail(&mut file)?;
        let cut = tail.iter().rev().take_while(|&&octet| octet != b'\n');
        let length = file.metadata()?.len() - cut.count() as u64;
        file.set_len(length)?;
        file.seek(SeekFrom::Start(length))?;
        file.write_all(jsonl::footer().as_bytes())
    };
    done().map_err(RecordError::at(path))
}

/// Removes journals that are older than `age` at the time `now`, and the oldest of those that are
/// together larger than `total` octets; never one that is being written.
///
/// # Errors
/// What the system said about the folder; one that is missing holds none. A journal that cannot be
/// removed is passed over.
pub fn prune(folder: &Path, now: SystemTime, age: Duration, total: u64) -> Result<(), RecordError> {
    let mut journals = journals(folder)?;
    journals.sort_by(|a, b| b.path.cmp(&a.path));
    let mut sum = 0;
    for journal in journals {
        sum += journal.length;
        let old = now
            .duration_since(journal.written)
            .is_ok_and(|since| since > age);
        if (old || sum > total)
            && let Ok(file) = open(&journal.path, false)
            && !is_in_use(&file)
            && fs::remove_file(&journal.path).is_ok()
        {
            sum -= journal.length;
        }
    }
    Ok(())
}

/// A journal in the folder.
struct JournalFile {
    path: PathBuf,
    length: u64,
    written: SystemTime,
}

fn journals(folder: &Path) -> Result<Vec<JournalFile>, RecordError> {
    let entries = match fs::read_dir(folder) {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Vec::new()),
        entries => entries.map_err(RecordError::at(folder))?,
    };
    let mut found = Vec::new();
    for entry in entries.flatten() {
        let path = entry.path();
        // Not through a symbolic link: what is no plain file is none of ours.
        if let Ok(metadata) = entry.metadata()
            && metadata.is_file()
            && path.to_str().is_some_and(|path| path.ends_with(ENDING))
        {
            found.push(JournalFile {
                path,
                length: metadata.len(),
                written: metadata.modified().unwrap_or(SystemTime::UNIX_EPOCH),
            });
        }
    }
    Ok(found)
}

fn open(path: &Path, write: bool) -> io::Result<File> {
    let flags = OFlags::NOFOLLOW | OFlags::NONBLOCK;
    OpenOptions::new()
        .read(true)
        .write(write)
        .custom_flags(flags.bits().cast_signed())
        .open(path)
}

/// Whether another one writes it. The lock that this takes goes with the file.
fn is_in_use(file: &File) -> bool {
    matches!(file.try_lock(), Err(fs::TryLockError::WouldBlock))
}

fn is_ended(file: &mut File) -> io::Result<bool> {
    Ok(tail(file)?.ends_with(jsonl::footer().as_bytes()))
}

/// The end of a file, as long as a line may be.
fn tail(file: &mut File) -> io::Result<Vec<u8>> {
    let length = file.metadata()?.len();
    file.seek(SeekFrom::Start(
        length.saturating_sub(jsonl::LINE_CAP as u64),
    ))?;
    let mut tail = Vec::new();
    file.take(jsonl::LINE_CAP as u64).read_to_end(&mut tail)?;
    Ok(tail)
}

/// Its start and its target, of letters that are safe in any file system.
fn name(meta: &Meta) -> String {
    let start = meta.clock.start().strftime("%Y%m%dT%H%M%S.%6fZ");
    let safe = |letter: char| match letter {
        'a'..='z' | 'A'..='Z' | '0'..='9' | '.' | '-' | '_' => letter,
        _ => '_',
    };
    let target: String = meta.target.chars().map(safe).take(NAME_CAP).collect();
    format!("{start}-{target}")
}
