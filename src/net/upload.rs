//! Reads a file to send, in pieces, on its own thread. The thread pauses when the connection falls
//! behind, so memory use does not depend on the file size. A file that changes or cannot be
//! read to its end is an error, never a shorter message.

use std::fs::{File, Metadata, OpenOptions};
use std::io::{self, Read};
use std::os::unix::fs::{FileExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use rustix::fs::OFlags;
use tokio::sync::mpsc;

use super::file::no_wait;

/// Octets that are read at once.
const PIECE: usize = 128 * 1024;
/// Pieces that may wait for the connection.
const WAITING: usize = 4;

/// A file to send as a message.
#[derive(Debug)]
pub struct Upload {
    path: PathBuf,
    file: File,
    octets: u64,
    modified: Option<SystemTime>,
    as_is: bool,
}

/// Why a file cannot be sent, or not completely.
#[derive(Debug, thiserror::Error)]
pub enum UploadError {
    /// The file cannot be opened or read.
    #[error("{}: {error}", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// The system's error.
        error: io::Error,
    },
    /// The path is a folder.
    #[error("{}: is a folder", .0.display())]
    Folder(PathBuf),
    /// The path is something else, such as a pipe or a device.
    #[error("{}: not a regular file", .0.display())]
    NotAFile(PathBuf),
    /// The file changed after it was opened.
    #[error("{}: changed while it was read", .0.display())]
    Changed(PathBuf),
}

/// A piece of a file.
pub(super) enum Piece {
    /// The next octets.
    Octets(Vec<u8>),
    /// The end of the file; all of it has been read.
    End,
}

/// The pieces of a file that is being read. Dropping it stops the reader thread.
pub(super) struct Pieces {
    read: mpsc::Receiver<Result<Piece, UploadError>>,
    used: std::sync::mpsc::Sender<Vec<u8>>,
}

impl Upload {
    /// Opens a file.
    ///
    /// # Errors
    /// If the file cannot be opened, or is not a regular file.
    pub fn open(path: &Path) -> Result<Self, UploadError> {
        let unreadable = |error| UploadError::Unreadable {
            path: path.to_owned(),
            error,
        };
        let require_file = |found: &Metadata| match found.file_type() {
            kind if kind.is_file() => Ok(()),
            kind if kind.is_dir() => Err(UploadError::Folder(path.to_owned())),
            _ => Err(UploadError::NotAFile(path.to_owned())),
        };
        // Opening a device may have effects.
        require_file(&std::fs::metadata(path).map_err(unreadable)?)?;
        let mut options = OpenOptions::new();
        options.read(true).custom_flags(no_wait(OFlags::empty()));
        let file = options.open(path).map_err(unreadable)?;
        let metadata = file.metadata().map_err(unreadable)?;
        // The name may lead to another file by now.
        require_file(&metadata)?;
        Ok(Self {
            path: path.to_owned(),
            octets: metadata.len(),
            modified: metadata.modified().ok(),
            as_is: false,
            file,
        })
    }

    /// The same file, whose line endings are sent as they are.
    #[must_use]
    pub fn as_is(self) -> Self {
        Self {
            as_is: true,
            ..self
        }
    }

    /// Whether its line endings are sent as they are.
    pub fn is_as_is(&self) -> bool {
        self.as_is
    }

    /// The file name, without folders.
    pub fn name(&self) -> String {
        let name = self.path.file_name().unwrap_or(self.path.as_os_str());
        name.to_string_lossy().into_owned()
    }

    /// The beginning of the file, at most `cap` octets. What is sent does not change.
    ///
    /// # Errors
    /// If the file cannot be read.
    pub fn head(&self, cap: usize) -> Result<Vec<u8>, UploadError> {
        let mut head = vec![0; cap];
        let mut filled = 0;
        while filled < cap {
            match self.file.read_at(&mut head[filled..], filled as u64) {
                Ok(0) => break,
                Ok(read) => filled += read,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => {
                    let path = self.path.clone();
                    return Err(UploadError::Unreadable { path, error });
                }
            }
        }
        head.truncate(filled);
        Ok(head)
    }

    /// The size of the file, in octets.
    pub fn octets(&self) -> u64 {
        self.octets
    }

    /// Starts reading on a thread of its own. Must be called within a tokio runtime.
    pub(super) fn read(self) -> Pieces {
        let (sender, read) = mpsc::channel(WAITING);
        let (used, buffers) = std::sync::mpsc::channel();
        tokio::task::spawn_blocking(move || {
            let last = self
                .read_into(&sender, &buffers)
                .map_or_else(Err, |()| Ok(Piece::End));
            // If the receiver is gone, nobody needs the end.
            let _ = sender.blocking_send(last);
        });
        Pieces { read, used }
    }

    fn read_into(
        mut self,
        sender: &mpsc::Sender<Result<Piece, UploadError>>,
        used: &std::sync::mpsc::Receiver<Vec<u8>>,
    ) -> Result<(), UploadError> {
        let mut left = self.octets;
        while left > 0 {
            let most = usize::try_from(left).unwrap_or(PIECE).min(PIECE);
            let mut octets: Vec<u8> = used.try_recv().unwrap_or_default();
            octets.resize(most, 0);
            match self.file.read(&mut octets) {
                Ok(0) => return Err(UploadError::Changed(self.path)),
                Ok(read) => {
                    octets.truncate(read);
                    left -= read as u64;
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(error) => {
                    return Err(UploadError::Unreadable {
                        path: self.path,
                        error,
                    });
                }
            }
            if sender.blocking_send(Ok(Piece::Octets(octets))).is_err() {
                return Ok(());
            }
        }
        let is_unchanged = self
            .file
            .metadata()
            .is_ok_and(|now| now.len() == self.octets && now.modified().ok() == self.modified);
        if is_unchanged {
            Ok(())
        } else {
            Err(UploadError::Changed(self.path))
        }
    }
}

impl Pieces {
    /// The next piece. `None` if reading stopped without an end or an error.
    pub(super) async fn next(&mut self) -> Option<Result<Piece, UploadError>> {
        self.read.recv().await
    }

    /// Takes back a piece that is sent: its buffer is read into again.
    pub(super) fn give_back(&self, octets: Vec<u8>) {
        // At the end of the file nobody needs it.
        let _ = self.used.send(octets);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn refuses_paths_that_are_not_regular_files() {
        let folder = tempfile::tempdir().unwrap();
        let missing = folder.path().join("missing");
        let table = [
            (missing.as_path(), "missing: No such file"),
            (folder.path(), ": is a folder"),
            (Path::new("/dev/zero"), "/dev/zero: not a regular file"),
        ];
        for (path, expected) in table {
            let error = Upload::open(path).unwrap_err().to_string();
            assert!(error.contains(expected) && !error.contains('\n'), "{error}");
        }
    }
}
