//! What a request comes to: an answer, or the reason why there is none.

use std::time::Duration;

use crate::net::Failure;
use crate::smtp::{Awaited, End, NotSentReason, Reply};

/// A reply, and what it answers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    /// The reply.
    pub reply: Reply,
    /// What it answers.
    pub awaited: Awaited,
}

impl Answer {
    /// Whether it refuses the request.
    pub fn is_refusal(&self) -> bool {
        let code = self.reply.code();
        code.is_none_or(|code| code.is_negative() || !self.awaited.expects(code))
    }
}

/// Why a conversation cannot continue.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Stop {
    /// There is no connection: the name, the network or TLS does not allow it.
    Failed(Failure),
    /// The connection ended.
    Ended(End),
    /// No reply came in time.
    TimedOut(Duration),
    /// Something was not sent.
    NotSent(NotSentReason),
}
