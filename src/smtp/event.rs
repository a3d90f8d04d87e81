//! What a session tells its driver, in the past tense, and the words those facts are made of.

use std::fmt;
use std::sync::Arc;
use std::time::Instant;

use super::command::CommandLine;
use super::envelope::Envelope;
use super::extension::CapabilityBook;
use super::phase::{Awaited, Phase};
use super::reply::Reply;
use super::sasl::{Attempt, Exchange};
use super::secret::Secret;
use super::transcript::Entry;

/// A fact about the session.
#[derive(Debug)]
pub enum Event {
    /// A line of the transcript came to be.
    Entry(Entry),
    /// The line that is coming has so far `len` octets, of which the first are `shown`.
    Partial {
        /// Its first octets.
        shown: Vec<u8>,
        /// How many there are.
        len: usize,
    },
    /// A reply is complete.
    Reply {
        /// The reply.
        reply: Reply,
        /// What it answers; nothing when it came unasked.
        awaited: Option<Awaited>,
    },
    /// The dialogue stands elsewhere than before.
    Status(Box<SessionStatus>),
    /// A line was not sent, and here it is back.
    NotSent {
        /// The line.
        line: CommandLine,
        /// Why it did not go.
        why: Unsent,
    },
    /// An exchange was not begun, and here it is back.
    ExchangeNotSent {
        /// The exchange.
        exchange: Box<Exchange>,
        /// Why it was not begun.
        why: Unsent,
    },
    /// The server refused a login; its reply was told before.
    LoginRefused(Box<Attempt>),
    /// Raw octets were not sent, and here they are back.
    RawNotSent {
        /// The octets.
        octets: Secret,
        /// Why they did not go.
        why: Unsent,
    },
    /// The handshake of STARTTLS is due now; no octet may be read before it.
    StartTls,
    /// The handshake of STARTTLS is refused and the connection is to be closed.
    Refused {
        /// The plain octets that came where none may come.
        evidence: Vec<u8>,
    },
}

/// Why a line was not sent, or an exchange not begun.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unsent {
    /// So much waits to be sent already that it cannot be taken.
    Busy,
    /// There is no connection.
    NotConnected,
    /// A TLS handshake is under way.
    Handshake,
    /// An exchange: a message, another exchange or a line is under way, of which it would be a part.
    Occupied,
    /// An exchange: it is bound to a TLS channel, and there is none that it can be bound to so.
    NoBinding,
    /// It carries a secret that would go over such a link; it goes once the user agrees.
    Exposed(Exposure),
}

/// What protects the octets on the way.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Link {
    /// Nothing.
    #[default]
    Clear,
    /// TLS with a peer whose certificate does not prove its name.
    Unverified,
    /// TLS with a verified peer.
    Verified,
}

impl Link {
    /// What a secret would be exposed to.
    pub fn exposure(self) -> Option<Exposure> {
        match self {
            Self::Clear => Some(Exposure::Clear),
            Self::Unverified => Some(Exposure::Unverified),
            Self::Verified => None,
        }
    }
}

/// Why a link is not fit for a secret.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exposure {
    /// Anyone on the way can read it.
    Clear,
    /// Whoever answered can read it, and it is not proven who that is.
    Unverified,
}

/// A cap that a reply reached.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cap {
    /// One line is longer than [`LINE_CAP`](super::line::LINE_CAP).
    Line,
    /// One reply is larger than its caps.
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
                "one line of the server is over {} octets long",
                super::line::LINE_CAP
            ),
            Self::Reply { lines, bytes } => {
                write!(
                    f,
                    "one reply of the server has {lines} lines, {bytes} octets so far"
                )
            }
        }
    }
}

/// How a connection ended.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum End {
    /// The server closed it in good order.
    #[error("connection closed by the server")]
    Closed,
    /// The server reset it.
    #[error("connection reset by the server (RST)")]
    Reset,
    /// The server cut it without TLS' goodbye.
    #[error("connection cut by the server without close_notify: the end may be missing")]
    Truncated,
    /// We closed it.
    #[error("connection closed by ehlo")]
    ByUs,
    /// It broke.
    #[error("connection lost: {0}")]
    Lost(String),
}

/// Where the dialogue stands: the small copy a screen keeps.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct SessionStatus {
    /// The phase.
    pub phase: Phase,
    /// What protects the link.
    pub link: Link,
    /// What the server offers, now and before.
    pub capabilities: CapabilityBook,
    /// Whether AUTH succeeded.
    pub authenticated: bool,
    /// Whether the next line typed is part of a SASL exchange, and so a secret.
    pub secret_lines: bool,
    /// Octets of a BDAT chunk that are still due.
    pub chunk_left: u64,
    /// The oldest question without an answer, and when it was asked.
    pub waiting: Option<(Awaited, Instant)>,
    /// The cap at which reading has paused.
    pub paused: Option<Cap>,
    /// What the server accepted of the latest MAIL and the RCPTs behind it.
    pub envelope: Arc<Envelope>,
}
