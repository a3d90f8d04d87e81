//! How a conversation ends, and what comes after it.

use std::io;

use super::event_sender::Abandoned;
use super::tls::{self, TlsError};
use super::{Failure, LookUp, Plan};
use crate::smtp::End;

/// How a conversation ended, and what comes next.
pub(super) enum After {
    /// The connection is over.
    Ended(End),
    /// TLS could not be had, and the connection is closed.
    NoTls(TlsError),
    /// The driver wants another connection instead.
    Replaced(Next),
}

/// What the driver wants a connection for.
pub(super) enum Next {
    /// To converse.
    Connect(Box<Plan>),
    /// To know where to connect.
    LookUp(Box<LookUp>),
}

/// Whether the session, which refused the handshake itself, has said so already.
pub(super) fn told_by_session(failure: &Failure) -> bool {
    matches!(
        failure,
        Failure::Tls(TlsError::Injected(_) | TlsError::Unanswered)
    )
}

/// Why there is no conversation to go on with.
pub(super) enum Stop {
    Abandoned,
    Failed(Failure),
}

impl From<Abandoned> for Stop {
    fn from(_: Abandoned) -> Self {
        Self::Abandoned
    }
}

impl From<Failure> for Stop {
    fn from(failure: Failure) -> Self {
        Self::Failed(failure)
    }
}

pub(super) fn end_of(error: &io::Error) -> End {
    match error.kind() {
        io::ErrorKind::ConnectionReset => End::Reset,
        io::ErrorKind::UnexpectedEof => End::Truncated,
        _ => End::Lost(tls::words(error)),
    }
}
