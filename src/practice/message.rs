//! What the server received, kept in memory and nowhere else.

use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};

/// How many messages are kept; the oldest goes first.
pub(super) const MESSAGES_CAP: usize = 32;
/// How many octets of a message are kept. All are counted.
pub(super) const KEPT_BODY_CAP: usize = 1024 * 1024;

/// One message as it was received.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredMessage {
    /// Its place in the life of the server, from 1: the `P1` of the reply.
    pub number: u64,
    /// The address of MAIL FROM, without brackets; empty for the null reverse-path.
    pub from: String,
    /// The addresses of RCPT TO that were taken, without brackets.
    pub recipients: Vec<String>,
    /// How many octets it has, dots unstuffed, the final dot not counted (RFC 1870 section 3).
    pub octets: u64,
    /// How many lines it has.
    pub lines: u64,
    /// Its first MiB.
    pub body: Vec<u8>,
}

/// The messages of one server.
#[derive(Debug, Default)]
pub(super) struct Mailbox {
    kept: Mutex<Stored>,
}

#[derive(Debug, Default)]
struct Stored {
    received: u64,
    messages: VecDeque<StoredMessage>,
}

impl Mailbox {
    /// Takes a message and gives it its number.
    pub(super) fn keep(&self, mut message: StoredMessage) -> u64 {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        kept.received += 1;
        message.number = kept.received;
        if kept.messages.len() == MESSAGES_CAP {
            kept.messages.pop_front();
        }
        kept.messages.push_back(message);
        kept.received
    }

    /// A copy of what is kept, newest last.
    pub(super) fn messages(&self) -> Vec<StoredMessage> {
        let kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        kept.messages.iter().cloned().collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_newest_messages_are_kept_and_numbered() {
        let mailbox = Mailbox::default();
        for n in 1..=MESSAGES_CAP as u64 + 3 {
            let message = StoredMessage {
                number: 0,
                from: String::new(),
                recipients: Vec::new(),
                octets: n,
                lines: 0,
                body: Vec::new(),
            };
            assert_eq!(mailbox.keep(message), n);
        }
        let kept = mailbox.messages();
        assert_eq!(kept.len(), MESSAGES_CAP);
        assert!(kept.iter().all(|message| message.octets == message.number));
        assert_eq!(kept.first().unwrap().number, 4);
    }
}
