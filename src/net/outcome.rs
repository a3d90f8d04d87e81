//! How a connection ends, and the request that replaces it.

use std::io;

use super::event_sender::HandleDropped;
use super::tls::{self, CertificateRequest, TlsError};
use super::{ConnectPlan, Failure, MxLookup};
use crate::smtp::End;

/// How a conversation ended.
pub(super) enum Outcome {
    /// The connection ended.
    Ended(End),
    /// The TLS handshake failed, which ends the connection.
    TlsFailed(TlsError),
    /// The UI made another request, which ends the connection.
    Replaced(Request),
}

/// A request of the UI that ends the current connection.
pub(super) enum Request {
    /// Open a connection.
    Connect(Box<ConnectPlan>),
    /// Look up MX records.
    LookUpMx(Box<MxLookup>),
}

/// Why a conversation did not begin or cannot continue.
pub(crate) enum Abort {
    HandleDropped,
    Failed(Failure),
}

impl From<HandleDropped> for Abort {
    fn from(_: HandleDropped) -> Self {
        Self::HandleDropped
    }
}

impl From<Failure> for Abort {
    fn from(failure: Failure) -> Self {
        Self::Failed(failure)
    }
}

/// Whether the session refused the handshake itself, and so has put a note into the transcript.
pub(crate) fn is_noted_by_session(failure: &Failure) -> bool {
    matches!(
        failure,
        Failure::Tls(TlsError::Injected(_) | TlsError::Unanswered)
    )
}

/// How an I/O error ends the conversation. `request` is the server's request for a client certificate
/// if it was not answered and nothing has arrived since.
pub(super) fn outcome_of(error: &io::Error, request: Option<CertificateRequest>) -> Outcome {
    match tls::certificate_demand(error, request) {
        Some(error) => Outcome::TlsFailed(error),
        None => Outcome::Ended(end_of(error)),
    }
}

/// How an I/O error ends the connection.
pub(crate) fn end_of(error: &io::Error) -> End {
    match error.kind() {
        io::ErrorKind::ConnectionReset => End::Reset,
        io::ErrorKind::UnexpectedEof => End::Truncated,
        _ => End::Lost(tls::error_text(error)),
    }
}
