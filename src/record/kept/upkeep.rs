//! Takes care of the journals: finds one that was cut short, marks it as offered, removes old ones.

use std::fs;
use std::io::{self, Write};
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use super::KeptSession;
use super::folder::{self, JournalFile};
use crate::record::error::RecordError;
use crate::record::jsonl::{self, Ending};

/// Finds the latest journal that was cut short and not offered yet: its program was killed.
///
/// # Errors
/// [`RecordError::File`] if the folder or a journal cannot be read. A missing folder is no error.
pub fn last_unfinished(folder: &Path) -> Result<Option<PathBuf>, RecordError> {
    for JournalFile { path, .. } in folder::files(folder)? {
        if let Ok(file) = folder::open(&path, false)
            && !folder::is_in_use(&file)
            && is_to_be_offered(&file).map_err(RecordError::at(&path))?
        {
            return Ok(Some(path));
        }
    }
    Ok(None)
}

/// Marks a journal that was cut short as offered, so that it is not offered again, and removes a
/// partial last line.
///
/// # Errors
/// [`RecordError::File`] if the journal cannot be read or written.
pub fn dismiss(path: &Path) -> Result<(), RecordError> {
    let done = || -> io::Result<()> {
        let mut file = folder::open(path, true)?;
        // Not a shared lock: two processes may offer the same journal.
        if matches!(file.try_lock(), Err(fs::TryLockError::WouldBlock)) || !is_to_be_offered(&file)?
        {
            return Ok(());
        }
        let tail = folder::tail(&file, jsonl::LINE_CAP as u64)?;
        let cut = tail.iter().rev().take_while(|&&octet| octet != b'\n');
        let length = file.metadata()?.len() - cut.count() as u64;
        file.set_len(length)?;
        file.write_all_at(jsonl::offered_footer().as_bytes(), length)?;
        file.flush()
    };
    done().map_err(RecordError::at(path))
}

/// Removes journals older than `age` at the time `now`, and the oldest ones until the rest has at
/// most `total` octets. A journal that is being written is kept, and so is one that was cut short
/// until it was offered.
///
/// # Errors
/// [`RecordError::File`] if the folder cannot be read. A missing folder is no error, and a journal
/// that cannot be removed is skipped.
pub fn prune(folder: &Path, now: SystemTime, age: Duration, total: u64) -> Result<(), RecordError> {
    let mut sum: u64 = 0;
    for journal in folder::files(folder)? {
        sum = sum.saturating_add(journal.octets);
        let since = now.duration_since(journal.written);
        let old = since.is_ok_and(|since| since > age);
        // Removing an empty file frees nothing, and it may be a journal that is about to begin.
        let too_much = sum > total && journal.octets > 0;
        if (old || too_much)
            && let Ok(file) = folder::open(&journal.path, false)
            && !folder::is_in_use(&file)
            && is_to_be_offered(&file).is_ok_and(|wanted| !wanted)
            && fs::remove_file(&journal.path).is_ok()
        {
            sum = sum.saturating_sub(journal.octets);
        }
    }
    Ok(())
}

/// Deletes the journal of a session, also one that was never offered.
///
/// # Errors
/// [`RecordError::Running`] if the journal is being written, and [`RecordError::File`] if it cannot
/// be deleted.
pub fn delete(session: &KeptSession) -> Result<(), RecordError> {
    let path = &session.path;
    let file = folder::open(path, false).map_err(RecordError::at(path))?;
    if folder::is_in_use(&file) {
        return Err(RecordError::Running(path.clone()));
    }
    fs::remove_file(path).map_err(RecordError::at(path))
}

/// Whether it is a journal that was cut short, and not offered yet, if nobody writes it.
fn is_to_be_offered(file: &fs::File) -> io::Result<bool> {
    Ok(folder::is_journal(file)? && folder::ending(file)? == Ending::Open)
}
