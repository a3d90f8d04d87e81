//! The events of a session, and the types in them.

use std::fmt;
use std::sync::Arc;
use std::time::Instant;

use super::command::CommandLine;
use super::envelope::Envelope;
use super::extension::CapabilityHistory;
use super::phase::{Awaited, Phase};
use super::reply::Reply;
use super::sasl::{Exchange, RefusedLogin};
use super::secret::Secret;
use super::transcript::Entry;

/// Something that happened in the session.
#[derive(Debug)]
pub enum Event {
    /// A new entry of the transcript.
    Entry(Entry),
    /// The state of the incomplete line at the end of the received octets.
    Partial {
        /// Its first octets, without a secret.
        shown: Vec<u8>,
        /// How many octets it has so far; 0 if there is none.
        len: usize,
    },
    /// A complete reply.
    Reply {
        /// The reply.
        reply: Reply,
        /// What it answers; `None` if it is unasked.
        awaited: Option<Awaited>,
    },
    /// The status has changed.
    Status(Box<SessionStatus>),
    /// A line that was not sent.
    NotSent {
        /// The line.
        line: CommandLine,
        /// Why it was not sent.
        reason: NotSentReason,
    },
    /// A SASL exchange that was not begun.
    ExchangeNotSent {
        /// The exchange.
        exchange: Box<Exchange>,
        /// Why it was not begun.
        reason: NotSentReason,
    },
    /// The server refused a login. The event of its reply comes first.
    LoginRefused(Box<RefusedLogin>),
    /// Raw octets that were not sent.
    RawNotSent {
        /// The octets.
        octets: Secret,
        /// Why they were not sent.
        reason: NotSentReason,
    },
    /// The caller must now do the TLS handshake of STARTTLS, before reading any more octets.
    StartTls,
    /// The session refused the handshake of STARTTLS; the caller must close the connection.
    Refused {
        /// The plain-text octets that must not have been there.
        evidence: Vec<u8>,
    },
}

/// Why a line or raw octets were not sent, or an exchange was not begun.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotSentReason {
    /// Too much is waiting to be sent.
    #[error("too much is already waiting to be sent")]
    Busy,
    /// There is no connection.
    #[error("not connected")]
    NotConnected,
    /// A TLS handshake is in progress.
    #[error("TLS is being set up")]
    Handshake,
    /// For an exchange: its lines would become part of a message, another exchange or an unfinished
    /// line.
    #[error("a message, another login or an unfinished line is in progress")]
    Occupied,
    /// For an exchange: it needs a TLS channel binding that the connection does not provide.
    #[error("it needs a TLS channel binding, and this connection has none")]
    NoBinding,
    /// For a message: the server does not wait for one.
    #[error("the server does not wait for a message")]
    NotDue,
    /// Of a typed line, what the chunk has no room for.
    #[error("beyond the end of the chunk")]
    BeyondChunk,
    /// It was to be sent automatically, and the server has sent something unexpected meanwhile.
    #[error("stopped: the server sent something unexpected")]
    UnexpectedReply,
    /// It was to be sent automatically after all replies, and one is still due, or the message.
    #[error("another reply is due")]
    ReplyDue,
    /// The login was cancelled: the server asks for so few iterations of SCRAM that the proof makes
    /// guessing the password cheap; the user has to agree first.
    #[error("the server asks for too few iterations")]
    FewIterations(u32),
    /// It contains a secret, and the link exposes it; the user has to agree first.
    #[error("its secret would be exposed")]
    Exposed(Exposure),
}

/// The security of the connection.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Link {
    /// No encryption.
    #[default]
    Clear,
    /// TLS, but the certificate is not valid for the server name.
    Unverified,
    /// TLS with a verified certificate.
    Verified,
}

impl Link {
    /// How a secret sent over this link would be exposed; `None` if it is safe.
    pub fn exposure(self) -> Option<Exposure> {
        match self {
            Self::Clear => Some(Exposure::Clear),
            Self::Unverified => Some(Exposure::Unverified),
            Self::Verified => None,
        }
    }
}

/// Why a link is not safe for a secret.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exposure {
    /// No encryption: anyone on the network path can read it.
    Clear,
    /// The server is not authenticated: an attacker in its place could read it.
    Unverified,
}

/// A cap that a reply has reached.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cap {
    /// A line is longer than [`LINE_CAP`](super::line::LINE_CAP).
    Line,
    /// A reply has too many lines or octets.
    Reply {
        /// Its lines so far.
        lines: usize,
        /// Its octets so far.
        bytes: usize,
    },
}

impl fmt::Display for Cap {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Line => write!(
                f,
                "a line of the server is longer than {} octets",
                super::line::LINE_CAP
            ),
            Self::Reply { lines, bytes } => {
                write!(
                    f,
                    "a reply of the server has {lines} lines, {bytes} octets so far"
                )
            }
        }
    }
}

/// How a connection ended.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum End {
    /// The server closed it normally.
    #[error("connection closed by the server")]
    Closed,
    /// The server reset it.
    #[error("connection reset by the server (RST)")]
    Reset,
    /// The server closed it without the TLS close_notify alert.
    #[error("connection closed by the server without close_notify: data may be missing")]
    Truncated,
    /// The client closed it.
    #[error("connection closed by ehlo")]
    ByUs,
    /// The client behind a tap closed it.
    #[error("connection closed by the client")]
    ByClient,
    /// It failed, for this reason.
    #[error("connection lost: {0}")]
    Lost(String),
}

/// The state of a session, as a small copy for display.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct SessionStatus {
    /// The phase.
    pub phase: Phase,
    /// The security of the connection.
    pub link: Link,
    /// The capabilities of the server, now and at earlier stages.
    pub capabilities: CapabilityHistory,
    /// Whether AUTH has succeeded.
    pub authenticated: bool,
    /// Whether the next line typed is a response in a SASL exchange, so it is secret.
    pub secret_lines: bool,
    /// Whether a login has failed or was cut off since the last known command: a line that is not
    /// one may be a secret.
    pub secret_likely: bool,
    /// Octets of a BDAT chunk that are still to be sent.
    pub chunk_left: u64,
    /// The oldest request without a reply, and when it was sent.
    pub waiting: Option<(Awaited, Instant)>,
    /// How many requests have no reply yet.
    pub unanswered: usize,
    /// Whether the reply to the oldest one has begun, and its last line is due.
    pub in_reply: bool,
    /// Whether a reply could not be matched with a command: later ones may be credited to the wrong
    /// command.
    pub out_of_step: bool,
    /// Whether the server speaks LMTP: its greeting says so, it asked for LHLO, or accepted it.
    pub lmtp: bool,
    /// The cap at which reading is paused.
    pub paused: Option<Cap>,
    /// The accepted parts of the latest MAIL and its RCPTs.
    pub envelope: Arc<Envelope>,
}
