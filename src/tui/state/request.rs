//! What a session waits for: a file to be read, a password, or the user's consent.

use std::time::Instant;

use crate::record::Record;
use crate::smtp::sasl::Exchange;

/// A request to open a saved session or a log.
#[derive(Debug, Default)]
pub enum FileRequest {
    /// No file was requested.
    #[default]
    None,
    /// The file is being read.
    Loading {
        /// Its name.
        name: String,
        /// When a character was last typed before the request.
        typed_at: Option<Instant>,
    },
    /// The file was read while a line was being typed; the user opens it when convenient.
    Ready {
        /// Its name.
        name: String,
        /// Its contents.
        record: Box<Record>,
    },
}

/// A login that is not on the wire yet.
#[derive(Debug, Default)]
pub enum PendingLogin {
    /// There is none.
    #[default]
    None,
    /// The password is being fetched.
    Fetching {
        /// The number of the request. The result of any other is dropped.
        number: u32,
        /// Where from, if that may take time.
        source: Option<String>,
    },
    /// Waiting for the user's consent.
    Withheld(Box<Exchange>),
}

impl PendingLogin {
    /// Where the password is being fetched from.
    pub fn source(&self) -> Option<&str> {
        match self {
            Self::Fetching { source, .. } => source.as_deref(),
            Self::None | Self::Withheld(_) => None,
        }
    }
}
