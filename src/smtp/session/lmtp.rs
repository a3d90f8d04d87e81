//! LMTP (RFC 2033): how a server shows that it speaks it, and its replies for each recipient.

use std::time::Instant;

use super::{PendingCommand, Session};
use crate::smtp::code::Code;
use crate::smtp::command::Verb;
use crate::smtp::count::count;
use crate::smtp::line::Line;
use crate::smtp::phase::{Awaited, Phase};
use crate::smtp::reply::Reply;
use crate::smtp::sasl::Annotation;
use crate::smtp::transcript::Level;

impl Session {
    /// Notices that the server speaks LMTP: its greeting contains the word, it refuses EHLO or HELO
    /// with a hint at LHLO, or it accepts LHLO.
    pub(super) fn hear_of_lmtp(&mut self, awaited: Awaited, accepted: bool, reply: &Reply) {
        match awaited {
            Awaited::Greeting => self.speaks_lmtp = accepted && reply.mentions(&["LMTP"]),
            Awaited::Command(Verb::Lhlo) => self.speaks_lmtp |= accepted,
            Awaited::Command(Verb::Ehlo | Verb::Helo) if accepted => self.speaks_lmtp = false,
            Awaited::Command(Verb::Ehlo | Verb::Helo) => {
                self.speaks_lmtp |= reply.mentions(&["LMTP", "LHLO"]);
            }
            _ => {}
        }
    }

    /// Whether a reply is one of those that LMTP sends for each recipient, after the dot or the last
    /// chunk. A server that does not take BDAT at all refuses it once, for all recipients.
    pub(super) fn is_for_a_recipient(&self, awaited: Awaited, code: Code) -> bool {
        let is_first = self.recipients >= self.envelope.recipients;
        let whole = is_first && matches!(code.number(), 500..=503);
        let ends = match awaited {
            Awaited::EndOfData => true,
            Awaited::Chunk { last } => last && !whole,
            _ => false,
        };
        ends && self.lmtp && self.recipients > 0 && code.number() != 421
    }

    /// Ends the replies to a message if `line` can only answer the next request: this server sends
    /// fewer replies than there are recipients.
    pub(super) fn end_recipient_replies(&mut self, line: &Line, now: Instant) {
        let mut pending = self.pending.iter();
        let (Some(current), Some(next)) = (pending.next(), pending.next()) else {
            return;
        };
        let fits = |code: &Code| {
            let only_next = next.awaited.expects(*code) && !current.awaited.expects(*code);
            only_next && self.is_for_a_recipient(current.awaited, *code)
        };
        let begun = self.recipients < self.envelope.recipients && !self.reader.in_reply();
        if begun && Code::parse(&line.bytes).filter(fits).is_some() {
            let missing = count(self.recipients, "recipient has", "recipients have");
            let text = format!("{missing} no reply: in LMTP each gets one (RFC 2033 s4.2)");
            self.recipients = 0;
            self.pending.pop_front();
            self.phase = Phase::Ready;
            self.note(now, Level::Fault, text);
        }
    }

    /// Names the recipient that a reply to `pending` is for.
    pub(super) fn annotate_recipient(
        &self,
        pending: &PendingCommand,
        code: Code,
    ) -> Option<Annotation> {
        if !self.is_for_a_recipient(pending.awaited, code) {
            return None;
        }
        let before = self.envelope.recipients.checked_sub(self.recipients)?;
        let path = self.envelope.forward_paths.get(before as usize)?;
        Some(Annotation {
            decoded: format!("for <{path}>").into(),
            remarks: Vec::new(),
        })
    }
}
