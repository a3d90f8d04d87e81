//! The state of a session as the screen sees it, and as its end sums it up.

use std::sync::Arc;

use super::Session;
use crate::smtp::count::count;
use crate::smtp::event::{Event, SessionStatus};

impl Session {
    /// A copy of the current state, for display.
    pub fn status(&self) -> SessionStatus {
        SessionStatus {
            phase: self.phase,
            link: self.link,
            capabilities: self.capabilities.clone(),
            authenticated: self.authenticated,
            secret_lines: self.secret_lines(),
            secret_likely: self.login_refused,
            chunk_left: self.chunk_left,
            waiting: self
                .pending
                .front()
                .map(|pending| (pending.awaited, pending.sent_at)),
            unanswered: self.pending.len(),
            in_reply: self.reader.in_reply() && !self.reader.in_stray() && !self.pending.is_empty(),
            out_of_step: self.out_of_step,
            lmtp: self.speaks_lmtp,
            paused: self.paused,
            envelope: Arc::clone(&self.envelope),
        }
    }

    /// Lists commands without a reply and counts unasked replies, for the end of the session.
    pub(super) fn reply_summary(&self) -> String {
        let missing: Vec<_> = self
            .pending
            .iter()
            .map(|pending| pending.awaited.name())
            .collect();
        let mut text = match missing.join(", ") {
            none if none.is_empty() => "every command got a reply".to_owned(),
            missing => format!("no reply to: {missing}"),
        };
        if self.unasked_replies > 0 {
            let replies = count(self.unasked_replies, "unasked reply", "unasked replies");
            text.push_str(&format!("; {replies}"));
        }
        text
    }

    /// Reports the status in an event, if it has changed.
    pub(super) fn emit_status(&mut self) {
        let status = self.status();
        if status != self.reported {
            self.reported = status.clone();
            self.events.push_back(Event::Status(Box::new(status)));
        }
    }
}
