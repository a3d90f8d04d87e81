//! Errors of reading, writing and exporting records.

use std::io;
use std::path::{Path, PathBuf};

/// Why a record could not be read, written or exported. Each message is one line.
#[derive(Debug, thiserror::Error)]
pub enum RecordError {
    /// A line of a `.jsonl` record is invalid.
    #[error("line {line}: {reason}")]
    Line {
        /// The line number, from 1.
        line: usize,
        /// What is wrong, and what would be right.
        reason: String,
    },
    /// The file is larger than the limit.
    #[error("file too large: at most {cap} octets")]
    TooLarge {
        /// The limit, in octets.
        cap: u64,
    },
    /// The file is empty.
    #[error("file is empty")]
    Empty,
    /// The format is not recognised.
    #[error(
        "no session found: expected lines of a client and a server, as programs log them, or a refusal that an error message or a bounce quotes"
    )]
    Unknown,
    /// The file name has no extension of a known format.
    #[error("{}: unknown file extension: use {known}", path.display())]
    UnknownExtension {
        /// The path.
        path: PathBuf,
        /// The known extensions, separated by spaces.
        known: String,
    },
    /// The file exists and may not be replaced.
    #[error("{}: file already exists", .0.display())]
    Exists(PathBuf),
    /// The path is not a regular file.
    #[error("{}: is {kind}, not a regular file", path.display())]
    NotRegularFile {
        /// The path.
        path: PathBuf,
        /// What it is, such as `a directory`.
        kind: &'static str,
    },
    /// The session has no message to save.
    #[error("no message was sent in this session")]
    NoMessage,
    /// The session cannot be expressed as a command of the tool.
    #[error("{0}")]
    NotExportable(&'static str),
    /// The journal has reached its limit.
    #[error("{}: journal limit of {cap} octets reached; later entries are not saved", path.display())]
    JournalFull {
        /// The journal.
        path: PathBuf,
        /// The limit, in octets.
        cap: u64,
    },
    /// The session is still being written.
    #[error("{}: the session is still running: end it first", .0.display())]
    Running(PathBuf),
    /// No kept session has this id or file name.
    #[error("unknown session {0:?}: use an id or a file that \"ehlo sessions\" lists")]
    UnknownSession(String),
    /// Several kept sessions have ids that begin like this.
    #[error("ambiguous session {0:?}: use more digits of the id, or the file")]
    AmbiguousSession(String),
    /// The content of a file is invalid.
    #[error("{}: {error}", path.display())]
    In {
        /// The file.
        path: PathBuf,
        /// What is wrong with its content.
        error: Box<RecordError>,
    },
    /// A file operation failed.
    #[error("{}: {error}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// The error of the system.
        error: io::Error,
    },
}

impl RecordError {
    /// The message with its path at the end, which may be cut: where there is one line for both, the cause
    /// must be in it.
    pub fn cause_first(&self) -> String {
        let path = match self {
            Self::UnknownExtension { path, .. }
            | Self::Exists(path)
            | Self::NotRegularFile { path, .. }
            | Self::JournalFull { path, .. }
            | Self::Running(path)
            | Self::In { path, .. }
            | Self::File { path, .. } => path.display().to_string(),
            _ => return self.to_string(),
        };
        let words = self.to_string();
        match words.strip_prefix(&format!("{path}: ")) {
            Some(cause) => format!("{cause}: {path}"),
            None => words,
        }
    }

    /// Adds the path to an I/O error, for `map_err`.
    pub(super) fn at(path: &Path) -> impl FnOnce(io::Error) -> Self {
        let path = path.to_owned();
        move |error| Self::File { path, error }
    }
}
