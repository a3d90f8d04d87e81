//! The files in the folder of journals: opened without waiting and without following links, read
//! only at their ends.

use std::fs::{self, File, OpenOptions};
use std::io::{self, ErrorKind};
use std::os::unix::fs::{FileExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use rustix::fs::OFlags;

use crate::record::error::RecordError;
use crate::record::journal::EXTENSION;
use crate::record::jsonl::{self, Ending};

/// The most files of the folder that are looked at.
const FILES_CAP: usize = 100_000;
/// The octets at the end of a file that contain its last line if that states how it ends.
const ENDING_CAP: u64 = 64;
/// The octets at the start of a file that tell a journal from anything else.
const SIGN_CAP: u64 = 64;

/// A file that has the name of a journal.
pub(super) struct JournalFile {
    /// The path.
    pub path: PathBuf,
    /// The file name. It begins with the start of the session, so that names sort by time.
    pub name: String,
    /// The size.
    pub octets: u64,
    /// The time of the last change.
    pub written: SystemTime,
}

/// The journals in a folder, the newest first. A missing folder has none.
pub(super) fn files(folder: &Path) -> Result<Vec<JournalFile>, RecordError> {
    let entries = match fs::read_dir(folder) {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Vec::new()),
        entries => entries.map_err(RecordError::at(folder))?,
    };
    let mut found = Vec::new();
    for entry in entries.flatten().take(FILES_CAP) {
        // A journal has an ASCII name and is a regular file. This metadata does not follow links.
        if let Ok(name) = entry.file_name().into_string()
            && name.ends_with(EXTENSION)
            && let Ok(metadata) = entry.metadata()
            && metadata.is_file()
        {
            found.push(JournalFile {
                path: entry.path(),
                name,
                octets: metadata.len(),
                written: metadata.modified().unwrap_or(SystemTime::UNIX_EPOCH),
            });
        }
    }
    found.sort_by(|a, b| b.name.cmp(&a.name));
    Ok(found)
}

/// Opens a journal. Another file may have taken its place since it was found: that is not waited
/// for, and refused.
pub(super) fn open(path: &Path, write: bool) -> io::Result<File> {
    let flags = OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::NOCTTY;
    let file = OpenOptions::new()
        .read(true)
        .write(write)
        .custom_flags(flags.bits().cast_signed())
        .open(path)?;
    if !file.metadata()?.is_file() {
        return Err(io::Error::other("is not a regular file"));
    }
    Ok(file)
}

/// Whether a process is writing the journal. If none is, the file stays locked until it is dropped,
/// so that nobody starts. The lock is shared, so that two processes that list the journals do not
/// take each other for one that writes.
pub(super) fn is_in_use(file: &File) -> bool {
    matches!(file.try_lock_shared(), Err(fs::TryLockError::WouldBlock))
}

/// Whether a file begins as a journal does.
pub(super) fn is_journal(file: &File) -> io::Result<bool> {
    Ok(jsonl::is_jsonl(&head(file, SIGN_CAP)?))
}

/// How a journal ends.
pub(super) fn ending(file: &File) -> io::Result<Ending> {
    Ok(Ending::read(&tail(file, ENDING_CAP)?))
}

/// Reads at most `cap` octets from the start of a file.
pub(super) fn head(file: &File, cap: u64) -> io::Result<Vec<u8>> {
    read_at(file, 0, cap)
}

/// Reads at most `cap` octets from the end of a file.
pub(super) fn tail(file: &File, cap: u64) -> io::Result<Vec<u8>> {
    let length = file.metadata()?.len();
    read_at(file, length.saturating_sub(cap), length.min(cap))
}

fn read_at(file: &File, from: u64, count: u64) -> io::Result<Vec<u8>> {
    let mut octets = vec![0; usize::try_from(count).unwrap_or(usize::MAX)];
    let mut filled = 0;
    while filled < octets.len() {
        match file.read_at(&mut octets[filled..], from + filled as u64) {
            Ok(0) => break,
            Ok(read) => filled += read,
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    octets.truncate(filled);
    Ok(octets)
}
