//! A message on its way into the session, piece by piece, each when the one before has left: a text
//! that is in memory, or a file.

use std::time::{Duration, Instant};

use super::upload::{Piece, Pieces, Upload, UploadError};
use crate::smtp::{CapabilityState, Level, Phase, Session};

/// Octets of a text that are handed to the session at once.
const PIECE: usize = 64 * 1024;
/// How often the driver is told how far a file is.
const PROGRESS: Duration = Duration::from_millis(100);

/// A message on its way.
pub(super) enum Outgoing {
    /// A text, of which so many octets are done.
    Text { text: Vec<u8>, done: usize },
    /// A file.
    File {
        pieces: Pieces,
        sent: u64,
        total: u64,
        /// When the driver was last told how far it is.
        told: Option<Instant>,
    },
}

/// What a piece of a file came to.
pub(super) enum Fed {
    /// It went.
    On,
    /// It went, and it is time to tell how far the file is.
    Told { sent: u64, total: u64 },
    /// There is none and will be none: the connection has to end. With its dot, half a message would
    /// pass for a whole one.
    Broken,
}

impl Outgoing {
    pub(super) fn text(text: Vec<u8>) -> Self {
        Self::Text { text, done: 0 }
    }

    pub(super) fn file(upload: Upload) -> Self {
        Self::File {
            sent: 0,
            total: upload.octets(),
            told: None,
            pieces: upload.read(),
        }
    }

    /// Hands the session the next piece of a text; after the last, its end.
    pub(super) fn feed_text(message: &mut Option<Self>, session: &mut Session) {
        let Some(Self::Text { text, done }) = message else {
            return;
        };
        let now = Instant::now();
        let end = text.len().min(*done + PIECE);
        session.send_message(&text[*done..end], now);
        *done = end;
        if end == text.len() {
            session.end_message(now);
            *message = None;
        }
    }

    /// The next piece of a file; waits for ever where none is sent.
    pub(super) async fn next_piece(
        message: &mut Option<Self>,
    ) -> Option<Result<Piece, UploadError>> {
        match message {
            Some(Self::File { pieces, .. }) => pieces.next().await,
            _ => std::future::pending().await,
        }
    }

    /// Hands the session the next piece of a file; after the last, its end.
    pub(super) fn feed_file(
        message: &mut Option<Self>,
        session: &mut Session,
        piece: Option<Result<Piece, UploadError>>,
    ) -> Fed {
        let Some(Self::File {
            sent, total, told, ..
        }) = message
        else {
            return Fed::On;
        };
        let now = Instant::now();
        let (sent, total) = match piece {
            Some(Ok(Piece::Octets(octets))) => {
                session.send_message(&octets, now);
                *sent += octets.len() as u64;
                if told.is_some_and(|at| now.duration_since(at) < PROGRESS) {
                    return Fed::On;
                }
                *told = Some(now);
                (*sent, *total)
            }
            Some(Ok(Piece::End)) => {
                let all = *total;
                session.end_message(now);
                *message = None;
                (all, all)
            }
            broken => {
                let why = match broken {
                    Some(Err(error)) => error.to_string(),
                    _ => "the file could not be read on".to_owned(),
                };
                session.note(now, Level::Fault, why);
                let words = "the message is not whole: connection dropped without its final dot";
                session.note(now, Level::Fault, words);
                return Fed::Broken;
            }
        };
        Fed::Told { sent, total }
    }
}

/// Whether a message can begin now.
pub(super) fn takes_message(session: &Session) -> bool {
    session.status().phase == Phase::Message && !session.is_mid_line()
}

/// Whether a chunk can begin now: BDAT must not land in what something else waits for, and a server
/// that does not know it would read the octets behind it as commands.
pub(super) fn takes_chunk(session: &Session) -> bool {
    let status = session.status();
    let knows_it = match &status.capabilities.now {
        CapabilityState::Known(now) => now.offers("CHUNKING"),
        CapabilityState::Unknown | CapabilityState::Helo | CapabilityState::Discarded => false,
    };
    knows_it
        && status.chunk_left == 0
        && !status.secret_lines
        && !session.is_mid_line()
        && matches!(status.phase, Phase::Ready | Phase::Transaction { .. })
}
