//! What can be wrong with a record, its file or its journal.

use std::io;
use std::path::{Path, PathBuf};

/// A record could not be read, written or kept. Each is one line of words.
#[derive(Debug, thiserror::Error)]
pub enum RecordError {
    /// A line of a `.jsonl` record cannot be read.
    #[error("line {line}: {words}")]
    Line {
        /// Its number, from 1.
        line: usize,
        /// What is wrong, and what would be right.
        words: String,
    },
    /// The file is larger than is read.
    #[error("over {cap} octets: too large for a record")]
    TooLarge {
        /// The cap, in octets.
        cap: u64,
    },
    /// Nothing is in the file.
    #[error("is empty")]
    Empty,
    /// No form of a session that is known.
    #[error(
        "no session that can be read: known are .jsonl and .txt of ehlo, swaks, curl -v, openssl s_client, telnet, git send-email --smtp-debug, Python's smtplib"
    )]
    Unknown,
    /// The ending of a file name names no format.
    #[error("{}: the ending names the format: {known}", path.display())]
    UnknownExtension {
        /// The path.
        path: PathBuf,
        /// The endings that name one.
        known: String,
    },
    /// There is a file of that name.
    #[error("{}: exists already", .0.display())]
    Exists(PathBuf),
    /// What has that name is no plain file.
    #[error("{}: is {kind}; only a plain file will do", path.display())]
    NotRegularFile {
        /// The path.
        path: PathBuf,
        /// What it is.
        kind: &'static str,
    },
    /// There is no message that could be saved.
    #[error("no message was sent in this session")]
    NoMessage,
    /// There is nothing of which the words of another tool could be made.
    #[error("{0}")]
    NotExportable(&'static str),
    /// The journal has reached its cap.
    #[error("{}: the journal has reached {cap} octets; what follows is not kept", path.display())]
    JournalFull {
        /// The journal.
        path: PathBuf,
        /// The cap, in octets.
        cap: u64,
    },
    /// What is in a file is no record that can be read.
    #[error("{}: {error}", path.display())]
    In {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        error: Box<RecordError>,
    },
    /// The system refused.
    #[error("{}: {error}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// What the system said.
        error: io::Error,
    },
}

impl RecordError {
    /// For `map_err`, with the path that was used.
    pub(super) fn at(path: &Path) -> impl FnOnce(io::Error) -> Self {
        let path = path.to_owned();
        move |error| Self::File { path, error }
    }
}
