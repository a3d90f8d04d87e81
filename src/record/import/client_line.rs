//! A line of the client, as it appears in a log.

use crate::smtp::line::Ending;
use crate::smtp::{Sent, SentKind};

/// What stands in place of a secret in a log.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Hidden {
    /// Its length.
    Octets(usize),
    /// Words from which nothing can be concluded.
    Words(Vec<u8>),
    /// Words that may be a secret, and from which nothing is concluded.
    Perhaps(Vec<u8>),
}

/// A line of the client, as it appears in a log.
#[derive(Clone, Debug, Default)]
pub(super) struct ClientLine {
    /// The octets, without the line ending.
    pub(super) octets: Vec<u8>,
    /// What stands in place of the secret that followed them.
    pub(super) hidden: Option<Hidden>,
    /// The line does not end in CR LF.
    pub(super) cut: bool,
    /// The line is marked as sent out of order.
    pub(super) out_of_order: bool,
}

impl ClientLine {
    /// A line that ended in CR LF.
    pub(super) fn new(octets: &[u8]) -> Self {
        Self {
            octets: octets.to_vec(),
            ..Self::default()
        }
    }

    /// The line as a plain command, without what a session would add.
    pub(super) fn to_sent(&self) -> Sent {
        Sent {
            request: None,
            visible: self.octets.as_slice().into(),
            secret: None,
            annotation: None,
            kind: SentKind::Command,
            ending: Ending::CrLf,
            out_of_order: self.out_of_order,
        }
    }
}
