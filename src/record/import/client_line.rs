//! A line of the client, as it appears in a log.

use crate::smtp::line::Ending;
use crate::smtp::{Sent, SentKind};

/// A line of the client, as it appears in a log.
#[derive(Clone, Debug, Default)]
pub(super) struct ClientLine {
    /// The octets, without the line ending.
    pub(super) octets: Vec<u8>,
    /// The length of a secret that follows them and is masked in the log.
    pub(super) hidden: Option<usize>,
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
