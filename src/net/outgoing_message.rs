//! A message on its way into the session, piece by piece; each piece waits until the previous one
//! is written. The message is a text in memory, or a file.

use std::time::{Duration, Instant};

use super::upload::{Piece, Pieces, Upload, UploadError};
use crate::smtp::{CapabilityState, Level, Phase, Session};

/// Octets of a text that are handed to the session at once.
const PIECE: usize = 64 * 1024;
/// How often the UI is told the progress of a file.
const PROGRESS_INTERVAL: Duration = Duration::from_millis(100);

/// A message on its way.
pub(super) enum OutgoingMessage {
    /// A text; this many octets of it are handed over.
    Text { text: Vec<u8>, done: usize },
    /// A file.
    File {
        pieces: Pieces,
        sent: u64,
        total: u64,
        /// When progress was last reported.
        reported: Option<Instant>,
    },
}

/// The result of handing over a piece of a file.
pub(super) enum FeedResult {
    /// Continue.
    Continue,
    /// Continue, and report this progress.
    Progress { sent: u64, total: u64 },
    /// The rest of the file cannot be read: the connection has to end. With a final dot, half a
    /// message would pass for a whole one.
    Failed,
}

impl OutgoingMessage {
    pub(super) fn text(text: Vec<u8>) -> Self {
        tracing::debug!(octets = text.len(), "message begins");
        Self::Text { text, done: 0 }
    }

    pub(super) fn file(upload: Upload, session: &mut Session) -> Self {
        if upload.is_as_is() {
            session.begin_message_as_is();
        } else {
            session.begin_message();
        }
        tracing::debug!(octets = upload.octets(), "message from a file begins");
        Self::File {
            sent: 0,
            total: upload.octets(),
            reported: None,
            pieces: upload.read(),
        }
    }

    /// Hands the session the next piece of a text, and ends the message after the last one.
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

    /// The next piece of a file. Never resolves if no file is being sent.
    pub(super) async fn next_piece(
        message: &mut Option<Self>,
    ) -> Option<Result<Piece, UploadError>> {
        match message {
            Some(Self::File { pieces, .. }) => pieces.next().await,
            _ => std::future::pending().await,
        }
    }

    /// Hands the session the next piece of a file, and ends the message after the last one.
    pub(super) fn feed_file(
        message: &mut Option<Self>,
        session: &mut Session,
        piece: Option<Result<Piece, UploadError>>,
    ) -> FeedResult {
        let Some(Self::File {
            sent,
            total,
            reported,
            pieces,
        }) = message
        else {
            return FeedResult::Continue;
        };
        let now = Instant::now();
        let (sent, total) = match piece {
            Some(Ok(Piece::Octets(octets))) => {
                session.send_message(&octets, now);
                *sent += octets.len() as u64;
                pieces.give_back(octets);
                if reported.is_some_and(|at| now.duration_since(at) < PROGRESS_INTERVAL) {
                    return FeedResult::Continue;
                }
                *reported = Some(now);
                (*sent, *total)
            }
            Some(Ok(Piece::End)) => {
                let total = *total;
                session.end_message(now);
                *message = None;
                (total, total)
            }
            failed => {
                let reason = match failed {
                    Some(Err(error)) => error.to_string(),
                    _ => "reading the file stopped unexpectedly".to_owned(),
                };
                session.note(now, Level::Fault, reason);
                let text = "the message is incomplete: connection dropped without the final dot";
                session.note(now, Level::Fault, text);
                tracing::debug!(
                    sent = *sent,
                    total = *total,
                    "the file cannot be read further"
                );
                return FeedResult::Failed;
            }
        };
        FeedResult::Progress { sent, total }
    }
}

/// Whether a message can begin now.
pub(super) fn takes_message(session: &Session) -> bool {
    session.status().phase == Phase::Message && !session.is_mid_line()
}

/// Whether a chunk can begin now. BDAT must not become part of something else that is under way,
/// and a server that does not support it would read the octets after it as commands.
pub(super) fn takes_chunk(session: &Session) -> bool {
    let status = session.status();
    let offers_chunking = match &status.capabilities.now {
        CapabilityState::Known(now) => now.offers("CHUNKING"),
        CapabilityState::Unknown | CapabilityState::Helo | CapabilityState::Discarded => false,
    };
    offers_chunking
        && status.chunk_left == 0
        && !status.secret_lines
        && !session.is_mid_line()
        && matches!(status.phase, Phase::Ready | Phase::Transaction { .. })
}
