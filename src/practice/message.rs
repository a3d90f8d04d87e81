//! The messages that the server received, kept only in memory.

use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};

/// The maximum number of messages to keep; the oldest is dropped first.
pub(super) const MESSAGES_CAP: usize = 32;
/// The maximum number of octets of a message to keep; all octets are counted.
pub(super) const KEPT_BODY_CAP: usize = 1024 * 1024;

/// A received message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredMessage {
    /// The sequence number since the server started, from 1: the `P1` of the reply.
    pub number: u64,
    /// The address of MAIL FROM, without brackets; empty for the null reverse-path.
    pub from: String,
    /// The accepted addresses of RCPT TO, without brackets.
    pub recipients: Vec<String>,
    /// The size in octets, without dot-stuffing and the final dot (RFC 1870 section 3).
    pub octets: u64,
    /// The number of lines.
    pub lines: u64,
    /// The first MiB of the message.
    pub body: Vec<u8>,
}

/// The messages of a server.
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
    /// Stores a message and returns its number.
    pub(super) fn store(&self, mut message: StoredMessage) -> u64 {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        kept.received += 1;
        message.number = kept.received;
        if kept.messages.len() == MESSAGES_CAP {
            kept.messages.pop_front();
        }
        kept.messages.push_back(message);
        kept.received
    }

    /// A copy of the stored messages, newest last.
    pub(super) fn messages(&self) -> Vec<StoredMessage> {
        let kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        kept.messages.iter().cloned().collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keeps_and_numbers_the_newest_messages() {
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
            assert_eq!(mailbox.store(message), n);
        }
        let kept = mailbox.messages();
        assert_eq!(kept.len(), MESSAGES_CAP);
        assert!(kept.iter().all(|message| message.octets == message.number));
        assert_eq!(kept.first().unwrap().number, 4);
    }
}
