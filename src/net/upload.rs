//! A file that goes as a message: read piece by piece on a thread that waits for the wire, so that
//! its size costs no memory. A file that does not come whole is never passed off as whole.

use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use tokio::sync::mpsc;

/// Octets that are read at once.
const PIECE: usize = 64 * 1024;
/// Pieces that may wait for the wire.
const WAITING: usize = 4;

/// A file that can be sent.
#[derive(Debug)]
pub struct Upload {
    path: PathBuf,
    file: File,
    octets: u64,
    modified: Option<SystemTime>,
}

/// Why a file cannot be sent, or cannot be sent on.
#[derive(Debug, thiserror::Error)]
pub enum UploadError {
    /// It cannot be opened or read.
    #[error("{}: {error}", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// What the system said.
        error: io::Error,
    },
    /// It is a folder.
    #[error("{}: is a folder", .0.display())]
    Folder(PathBuf),
    /// It is a pipe, a device.
    #[error("{}: is no file that can be read from begin to end", .0.display())]
    NotAFile(PathBuf),
    /// It is not any more what it was when it was opened.
    #[error("{}: changed while it was read", .0.display())]
    Changed(PathBuf),
}

/// What comes of reading.
pub(super) enum Piece {
    /// The next octets.
    Octets(Vec<u8>),
    /// That was all, and it is whole.
    End,
}

/// A file being read. Dropping it ends the reading.
pub(super) struct Pieces(mpsc::Receiver<Result<Piece, UploadError>>);

impl Upload {
    /// Opens a file.
    ///
    /// # Errors
    /// What cannot be opened, or is none.
    pub fn open(path: &Path) -> Result<Self, UploadError> {
        let unreadable = |error| UploadError::Unreadable {
            path: path.to_owned(),
            error,
        };
        // To open a pipe would wait for whoever writes into it.
        let kind = std::fs::metadata(path).map_err(unreadable)?.file_type();
        if kind.is_dir() {
            return Err(UploadError::Folder(path.to_owned()));
        }
        if !kind.is_file() {
            return Err(UploadError::NotAFile(path.to_owned()));
        }
        let file = File::open(path).map_err(unreadable)?;
        let facts = file.metadata().map_err(unreadable)?;
        Ok(Self {
            path: path.to_owned(),
            octets: facts.len(),
            modified: facts.modified().ok(),
            file,
        })
    }

    /// Its name, without the folders before it.
    pub fn name(&self) -> String {
        let name = self.path.file_name().unwrap_or(self.path.as_os_str());
        name.to_string_lossy().into_owned()
    }

    /// Its octets.
    pub fn octets(&self) -> u64 {
        self.octets
    }

    /// Begins to read, on a thread of its own. Called within a runtime.
    pub(super) fn read(self) -> Pieces {
        let (sender, receiver) = mpsc::channel(WAITING);
        tokio::task::spawn_blocking(move || {
            let last = self
                .read_into(&sender)
                .map_or_else(Err, |()| Ok(Piece::End));
            // Whoever does not listen any more has no use for the end.
            let _ = sender.blocking_send(last);
        });
        Pieces(receiver)
    }

    fn read_into(
        mut self,
        sender: &mpsc::Sender<Result<Piece, UploadError>>,
    ) -> Result<(), UploadError> {
        let mut left = self.octets;
        while left > 0 {
            let most = usize::try_from(left).unwrap_or(PIECE).min(PIECE);
            let mut octets = vec![0; most];
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
        let same = self
            .file
            .metadata()
            .is_ok_and(|now| now.len() == self.octets && now.modified().ok() == self.modified);
        if same {
            Ok(())
        } else {
            Err(UploadError::Changed(self.path))
        }
    }
}

impl Pieces {
    /// The next piece; nothing when the reading broke off without a word.
    pub(super) async fn next(&mut self) -> Option<Result<Piece, UploadError>> {
        self.0.recv().await
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_file_is_told() {
        let folder = tempfile::tempdir().unwrap();
        let missing = folder.path().join("missing");
        let table = [
            (missing.as_path(), "missing: No such file"),
            (folder.path(), ": is a folder"),
            (Path::new("/dev/zero"), "/dev/zero: is no file"),
        ];
        for (path, words) in table {
            let error = Upload::open(path).unwrap_err().to_string();
            assert!(error.contains(words) && !error.contains('\n'), "{error}");
        }
    }
}
