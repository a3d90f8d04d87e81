//! A line of the client, as a log has it.

use crate::smtp::line::Ending;
use crate::smtp::{Sent, SentKind};

/// A line of the client as a log has it.
#[derive(Clone, Debug, Default)]
pub(super) struct ClientLine {
    /// Its octets, without an ending.
    pub(super) octets: Vec<u8>,
    /// Octets of a secret behind them that the log leaves out.
    pub(super) hidden: Option<usize>,
    /// No CR LF is behind it.
    pub(super) cut: bool,
    /// It is marked as out of order.
    pub(super) out_of_order: bool,
}

impl ClientLine {
    /// Octets that a CR LF ended.
    pub(super) fn new(octets: &[u8]) -> Self {
        Self {
            octets: octets.to_vec(),
            ..Self::default()
        }
    }

    /// The line with nothing that a session knows about it.
    pub(super) fn to_sent(&self) -> Sent {
        Sent {
            turn: None,
            open: self.octets.as_slice().into(),
            secret: None,
            gloss: None,
            kind: SentKind::Command,
            ending: Ending::CrLf,
            out_of_order: self.out_of_order,
        }
    }
}
