//! The sessions kept on disk by their journals: listed, found by id, selected, offered, removed.
//! These are files that anything may have written: their content is hostile, and only their ends
//! are read.

mod filter;
mod folder;
mod upkeep;

use std::cmp::Reverse;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::time::Duration;

use jiff::Timestamp;
use serde::Serialize;
use sha2::{Digest, Sha256};

pub use self::filter::KeptFilter;
use self::folder::JournalFile;
pub use self::upkeep::{delete, dismiss, last_unfinished, prune};
use super::error::RecordError;
use super::jsonl::{self, Ending, Head, Tail};
use crate::smtp::Code;

/// The most sessions that are listed: the newest.
pub const LISTED_CAP: usize = 10_000;
/// The most octets of a journal that are read for its header.
const HEAD_CAP: u64 = 4 * 1024;
/// The most octets of a journal that are read for its last entries.
const TAIL_CAP: u64 = 16 * 1024;
/// The octets of the hash of a file name that make an id, and the hexadecimal digits that are used
/// of them.
const ID_OCTETS: usize = 4;
const ID_DIGITS: usize = 7;
/// The fewest digits of an id that a user may type.
const ID_DIGITS_LEAST: usize = 4;
/// What an id begins with.
const ID_SIGN: char = '@';

/// A session kept on disk.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeptSession {
    /// The journal.
    pub path: PathBuf,
    /// The server as the journal names it, usually HOST:PORT; empty if unknown. It may contain any
    /// characters.
    pub target: String,
    /// The start of the session; `None` if the header does not state it.
    pub started: Option<Timestamp>,
    /// The time from the start to the last entry; `None` if the end of the journal has no entry.
    pub duration: Option<Duration>,
    /// The code of the last reply; the 221 that answers QUIT only if there is no other near the end.
    pub last_code: Option<Code>,
    /// The size of the journal.
    pub octets: u64,
    /// The state.
    pub state: KeptState,
}

/// The state of a kept session.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeptState {
    /// A process is writing the journal.
    Running,
    /// The session came to its end.
    Ended,
    /// The program was killed before the end of the session.
    Interrupted {
        /// Whether the session was offered to the user, at a later start of the program.
        offered: bool,
    },
    /// The file cannot be read, or is not a journal.
    Damaged,
}

impl KeptState {
    /// Each state once.
    pub const ALL: [Self; 4] = [
        Self::Running,
        Self::Ended,
        Self::Interrupted { offered: false },
        Self::Damaged,
    ];

    /// The name of the state, one word.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Running => "running",
            Self::Ended => "ended",
            Self::Interrupted { .. } => "interrupted",
            Self::Damaged => "damaged",
        }
    }
}

/// Lists the sessions kept in a folder, the newest first, at most [`LISTED_CAP`]. A missing folder
/// has none; files that are not journals by name and type are left out.
///
/// # Errors
/// [`RecordError::File`] if the folder cannot be read.
pub fn list(folder: &Path) -> Result<Vec<KeptSession>, RecordError> {
    let mut files = folder::files(folder)?;
    files.truncate(LISTED_CAP);
    let mut listed: Vec<_> = files.into_iter().filter_map(summarize).collect();
    // The names are in this order already, unless somebody renamed a file.
    listed.sort_by_key(|(since, _)| Reverse(*since));
    Ok(listed.into_iter().map(|(_, session)| session).collect())
}

/// A session with the time to sort it by; `None` for a file that is gone.
fn summarize(found: JournalFile) -> Option<(Timestamp, KeptSession)> {
    let opened = folder::open(&found.path, false);
    if opened.as_ref().is_err_and(is_gone) {
        return None;
    }
    let mut session = KeptSession {
        path: found.path,
        target: String::new(),
        started: None,
        duration: None,
        last_code: None,
        octets: found.octets,
        state: KeptState::Damaged,
    };
    if let Ok(file) = opened {
        session.read(&file);
    }
    let written = || Timestamp::try_from(found.written).unwrap_or_default();
    Some((session.started.unwrap_or_else(written), session))
}

fn is_gone(error: &std::io::Error) -> bool {
    error.kind() == std::io::ErrorKind::NotFound
}

/// Finds a session by its id, or by the beginning of one that has at least four digits, or by its
/// file.
///
/// # Errors
/// [`RecordError::UnknownSession`] and [`RecordError::AmbiguousSession`].
pub fn find<'a>(sessions: &'a [KeptSession], word: &str) -> Result<&'a KeptSession, RecordError> {
    let unknown = || RecordError::UnknownSession(word.to_owned());
    if !is_id(word) {
        let mut same = sessions.iter().filter(|session| session.is_file(word));
        return same.next().ok_or_else(unknown);
    }
    let digits = word.to_ascii_lowercase();
    let mut same = sessions
        .iter()
        .filter(|session| session.id().starts_with(&digits));
    match (same.next(), same.next()) {
        (Some(session), None) => Ok(session),
        (Some(_), Some(_)) => Err(RecordError::AmbiguousSession(word.to_owned())),
        (None, _) => Err(unknown()),
    }
}

/// Whether a text is the id of a kept session, or its beginning: `@` and hexadecimal digits.
pub fn is_id(text: &str) -> bool {
    text.strip_prefix(ID_SIGN).is_some_and(|digits| {
        (ID_DIGITS_LEAST..=ID_DIGITS).contains(&digits.len())
            && digits.bytes().all(|digit| digit.is_ascii_hexdigit())
    })
}

/// The id of the session in this journal: `@` and digits that depend on the name of the file alone,
/// so that it stays the same when other sessions come and go.
pub fn id_of(path: &Path) -> String {
    let name = path.file_name().unwrap_or_default();
    let hash = Sha256::digest(name.as_encoded_bytes());
    let hex = hash.iter().take(ID_OCTETS);
    let hex: String = hex.map(|octet| format!("{octet:02x}")).collect();
    format!("{ID_SIGN}{}", &hex[..ID_DIGITS])
}

impl KeptSession {
    /// The id, see [`id_of`].
    pub fn id(&self) -> String {
        id_of(&self.path)
    }

    /// The session as one line of JSON. Every key is in every line; what is unknown is null.
    pub fn json(&self) -> String {
        jsonl::line_of(&JsonSession {
            id: self.id(),
            file: self.path.to_string_lossy().into_owned(),
            target: &self.target,
            started: self.started,
            seconds: self.duration.map(|duration| duration.as_secs_f64()),
            code: self.last_code.map(Code::number),
            octets: self.octets,
            state: self.state.as_str(),
            offered: match self.state {
                KeptState::Interrupted { offered } => Some(offered),
                _ => None,
            },
        })
    }

    /// Reads the two ends of the journal.
    fn read(&mut self, file: &File) {
        let running = folder::is_in_use(file);
        let ends =
            folder::head(file, HEAD_CAP).and_then(|head| Ok((head, folder::tail(file, TAIL_CAP)?)));
        let head = ends.as_ref().ok().and_then(|(head, _)| Head::read(head));
        let Some((head, (_, tail))) = head.zip(ends.ok()) else {
            // The header of a session that begins just now may not be there yet.
            if running {
                self.state = KeptState::Running;
            }
            return;
        };
        let tail = Tail::read(&tail);
        self.target = head.target;
        self.started = head.start;
        self.duration = tail.duration;
        self.last_code = tail.code;
        self.state = match tail.ending {
            _ if running => KeptState::Running,
            Ending::Ended => KeptState::Ended,
            Ending::Offered => KeptState::Interrupted { offered: true },
            Ending::Open => KeptState::Interrupted { offered: false },
        };
    }

    /// Whether a text names the journal: by its file name alone, or by a path to it.
    fn is_file(&self, text: &str) -> bool {
        let path = Path::new(text);
        if path.file_name().is_none() || path.file_name() != self.path.file_name() {
            return false;
        }
        let real = |folder: &Path| fs::canonicalize(folder).ok();
        match path.parent() {
            None => false,
            Some(folder) if folder.as_os_str().is_empty() => true,
            Some(folder) => {
                real(folder).is_some() && real(folder) == self.path.parent().and_then(real)
            }
        }
    }
}

/// The keys of a line of JSON. Other programs read them: they do not follow renames.
#[derive(Serialize)]
struct JsonSession<'a> {
    id: String,
    file: String,
    target: &'a str,
    started: Option<Timestamp>,
    seconds: Option<f64>,
    code: Option<u16>,
    octets: u64,
    state: &'static str,
    offered: Option<bool>,
}
