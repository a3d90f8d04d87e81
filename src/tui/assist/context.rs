//! The context for help with a typed line: the state of the session and what it has shown.

use super::seen::Seen;
use crate::smtp::lint::PARSED_CAP;
use crate::smtp::{LintContext, Phase};

/// The context for help with a typed line.
#[derive(Clone, Copy, Debug)]
pub struct Context<'a> {
    /// The state of the session, and the server.
    pub lint: LintContext<'a>,
    /// What this session has shown so far.
    pub seen: &'a Seen,
    /// The commands sent to this host before, oldest first.
    pub history: &'a [String],
}

impl Context<'_> {
    /// Whether this text is a command of reasonable length, and not an answer to a 334, a chunk or a
    /// line of a message.
    pub(super) fn is_command(&self, text: &str) -> bool {
        let status = self.lint.status;
        text.len() <= PARSED_CAP
            && !status.secret_lines
            && status.chunk_left == 0
            && status.phase != Phase::Message
    }
}
