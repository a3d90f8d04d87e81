//! Writes files atomically with mode 0600, never through a symbolic link.

use std::fs::{self, File, FileType, OpenOptions};
use std::io::{self, ErrorKind, Write};
use std::os::unix::fs::{FileTypeExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use rustix::fs::{CWD, OFlags, RenameFlags, renameat_with};

use super::error::RecordError;

/// The maximum number of names tried for a temporary file.
const NAMES_TRIED: u32 = 100;

/// Writes a file with mode 0600. An existing file is replaced only if `replace` is set.
///
/// # Errors
/// [`RecordError::Exists`] if the file exists and `replace` is not set,
/// [`RecordError::NotRegularFile`] for a directory, link or device, and [`RecordError::File`] if
/// the system fails. No partial file is left behind.
pub fn write(path: &Path, octets: &[u8], replace: bool) -> Result<(), RecordError> {
    check(path, replace)?;
    let mut temp = TempFile::create(path)?;
    let written = temp.file.write_all(octets);
    written
        .and_then(|()| temp.file.sync_all())
        .map_err(RecordError::at(path))?;
    temp.publish(path, replace)
}

/// Checks that `path` is free in a folder that exists, or a regular file that may be replaced.
///
/// # Errors
/// [`RecordError::Exists`], [`RecordError::NotRegularFile`], and [`RecordError::File`].
pub fn check(path: &Path, replace: bool) -> Result<(), RecordError> {
    let found = match fs::symlink_metadata(path) {
        Err(error) if error.kind() == ErrorKind::NotFound => {
            let folder = path
                .parent()
                .filter(|folder| !folder.as_os_str().is_empty());
            let folder = folder.map_or(Ok(()), |folder| fs::metadata(folder).map(drop));
            return folder.map_err(RecordError::at(path));
        }
        metadata => metadata.map_err(RecordError::at(path))?.file_type(),
    };
    match found.is_file() {
        true if replace => Ok(()),
        true => Err(RecordError::Exists(path.to_owned())),
        false => Err(RecordError::NotRegularFile {
            path: path.to_owned(),
            kind: file_type_name(found),
        }),
    }
}

/// Names the type of a file that is not a regular file.
pub(super) fn file_type_name(found: FileType) -> &'static str {
    match found {
        found if found.is_symlink() => "a symbolic link",
        found if found.is_dir() => "a directory",
        found if found.is_fifo() => "a FIFO",
        found if found.is_socket() => "a socket",
        _ => "a device",
    }
}

/// Creates a file with mode 0600 under the first of `names` that does not exist.
///
/// # Errors
/// The name that failed, or the last one if all exist, and the error of the system.
pub(super) fn create(
    names: impl IntoIterator<Item = PathBuf>,
) -> Result<(PathBuf, File), (PathBuf, io::Error)> {
    let mut taken = (PathBuf::new(), ErrorKind::InvalidInput.into());
    for path in names {
        let opened = OpenOptions::new()
            .write(true)
            .create_new(true)
            .mode(0o600)
            .custom_flags(OFlags::NOFOLLOW.bits().cast_signed())
            .open(&path);
        match opened {
            Ok(file) => return Ok((path, file)),
            Err(error) if error.kind() == ErrorKind::AlreadyExists => taken = (path, error),
            Err(error) => return Err((path, error)),
        }
    }
    Err(taken)
}

/// A file that is being written, next to its destination; removed when dropped.
struct TempFile {
    file: File,
    path: PathBuf,
}

impl TempFile {
    fn create(target: &Path) -> Result<Self, RecordError> {
        let name = target.file_name().unwrap_or_default().to_string_lossy();
        let process = std::process::id();
        let names = (0..NAMES_TRIED)
            .map(|number| target.with_file_name(format!(".{name}.{process}-{number}.tmp")));
        let (path, file) = create(names).map_err(|(_, error)| RecordError::at(target)(error))?;
        Ok(Self { file, path })
    }

    /// Moves the file to its destination.
    fn publish(self, target: &Path, replace: bool) -> Result<(), RecordError> {
        if replace {
            return fs::rename(&self.path, target).map_err(RecordError::at(target));
        }
        match renameat_with(CWD, &self.path, CWD, target, RenameFlags::NOREPLACE) {
            Ok(()) => Ok(()),
            Err(error) if io::Error::from(error).kind() == ErrorKind::AlreadyExists => {
                Err(RecordError::Exists(target.to_owned()))
            }
            // Not every file system supports NOREPLACE; check again just before the rename.
            Err(_) => {
                check(target, replace)?;
                fs::rename(&self.path, target).map_err(RecordError::at(target))
            }
        }
    }
}

impl Drop for TempFile {
    fn drop(&mut self) {
        // After a successful rename there is nothing to remove.
        let _ = fs::remove_file(&self.path);
    }
}
