//! What a session waits for before it can go on: a file to be read, a password, the user's consent.

use std::time::Instant;

use crate::record::Record;
use crate::smtp::sasl::Exchange;

/// A saved session or a log on its way to the screen.
#[derive(Debug, Default)]
pub enum FileRequest {
    /// No file was asked for.
    #[default]
    None,
    /// The file is being read.
    Loading {
        /// Its name.
        name: String,
        /// When a character was last typed before that.
        typed_at: Option<Instant>,
    },
    /// The file was read while a line was being typed; the user opens it when it suits.
    Ready {
        /// Its name.
        name: String,
        /// Its contents.
        record: Box<Record>,
    },
}

/// A login on its way to the wire.
#[derive(Debug, Default)]
pub enum PendingLogin {
    /// There is none.
    #[default]
    None,
    /// The password is being fetched from here.
    Fetching(String),
    /// The login waits for the user's consent.
    Withheld(Box<Exchange>),
}

impl PendingLogin {
    /// Where the password is being fetched from.
    pub fn source(&self) -> Option<&str> {
        match self {
            Self::Fetching(source) => Some(source),
            Self::None | Self::Withheld(_) => None,
        }
    }
}
