//! Octets into a file of their own: whole or not at all, readable by its owner alone, and never
//! through a symbolic link.

use std::fs::{self, File, FileType, OpenOptions};
use std::io::{self, ErrorKind, Write};
use std::os::unix::fs::{FileTypeExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use rustix::fs::{CWD, OFlags, RenameFlags, renameat_with};

use super::error::RecordError;

/// Names that are tried for a file that is still being written.
const NAMES_TRIED: u32 = 100;

/// Writes octets to a file with mode 0600. One that is there is replaced only where that is said.
///
/// # Errors
/// [`RecordError::Exists`] for a file that may not be replaced, [`RecordError::NotRegularFile`] for what is
/// no file at all, and what the system said. Then nothing is left of it.
pub fn write(path: &Path, octets: &[u8], replace: bool) -> Result<(), RecordError> {
    check(path, replace)?;
    let mut temp = TempFile::create(path)?;
    let written = temp.file.write_all(octets);
    written
        .and_then(|()| temp.file.sync_all())
        .map_err(RecordError::at(path))?;
    temp.publish(path, replace)
}

/// What stands under that name now, and whether it may be replaced.
pub(super) fn check(path: &Path, replace: bool) -> Result<(), RecordError> {
    let found = match fs::symlink_metadata(path) {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(()),
        metadata => metadata.map_err(RecordError::at(path))?.file_type(),
    };
    match found.is_file() {
        true if replace => Ok(()),
        true => Err(RecordError::Exists(path.to_owned())),
        false => Err(RecordError::NotRegularFile {
            path: path.to_owned(),
            kind: kind(found),
        }),
    }
}

/// What it is that is no plain file.
pub(super) fn kind(found: FileType) -> &'static str {
    match found {
        found if found.is_symlink() => "a symbolic link",
        found if found.is_dir() => "a folder",
        found if found.is_fifo() => "a FIFO",
        found if found.is_socket() => "a socket",
        _ => "a device",
    }
}

/// Makes a file with mode 0600 under the first of these names that nobody has.
///
/// # Errors
/// The last name that was tried, and what the system said of it.
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

/// A file that is still being written, beside the place it will have; it goes when it is dropped.
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

    /// Gives it its name.
    fn publish(self, target: &Path, replace: bool) -> Result<(), RecordError> {
        if replace {
            return fs::rename(&self.path, target).map_err(RecordError::at(target));
        }
        match renameat_with(CWD, &self.path, CWD, target, RenameFlags::NOREPLACE) {
            Ok(()) => Ok(()),
            Err(error) if io::Error::from(error).kind() == ErrorKind::AlreadyExists => {
                Err(RecordError::Exists(target.to_owned()))
            }
            // A file system that cannot rename so: what stands there was looked at just before.
            Err(_) => {
                check(target, replace)?;
                fs::rename(&self.path, target).map_err(RecordError::at(target))
            }
        }
    }
}

impl Drop for TempFile {
    fn drop(&mut self) {
        // Once it has its name it is no longer here.
        let _ = fs::remove_file(&self.path);
    }
}
