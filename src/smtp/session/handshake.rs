//! The 220 to STARTTLS, behind which not one more plain octet may count.

use std::borrow::Cow;
use std::time::Instant;

use super::{Session, count};
use crate::smtp::event::Event;
use crate::smtp::line::{Ending, Line};
use crate::smtp::oddity::Oddity;
use crate::smtp::reply::{ReplyReader, Step};
use crate::smtp::transcript::{EntryKind, Level, Received};

/// Octets that nobody asked for which are kept as evidence.
const UNASKED_KEPT: usize = 4096;
impl Session {
    /// The 220 to STARTTLS is here: not one more plain octet may count (RFC 3207 section 6).
    pub(super) fn begin_handshake(&mut self, now: Instant) {
        let mut evidence = std::mem::take(&mut self.unasked);
        evidence.extend_from_slice(self.lines.pending());
        self.show_leftover(now);
        if evidence.is_empty() && self.pending.is_empty() {
            return self.events.push_back(Event::StartTls);
        }
        let why = if evidence.is_empty() {
            "TLS refused: commands sent after STARTTLS are still unanswered (RFC 3207 s4)"
                .to_owned()
        } else {
            format!(
                "TLS refused: {} of plain text came around the 220 to STARTTLS, \
                 as an injected reply would (RFC 3207 s6)",
                count(evidence.len() as u64, "octet", "octets")
            )
        };
        self.note(now, Level::Fault, why);
        let evidence = self.secrets.hide(&evidence).unwrap_or(evidence);
        self.events.push_back(Event::Refused { evidence });
    }

    /// Enters the octets that wait behind a reply after which none may come.
    pub(super) fn show_leftover(&mut self, now: Instant) {
        loop {
            let line = self.lines.next_line().unwrap_or_else(|| Line {
                bytes: self.lines.take_rest(),
                ending: Ending::Cut,
            });
            if line.bytes.is_empty() && line.ending == Ending::Cut {
                self.reader = ReplyReader::default();
                return;
            }
            let hidden = self.hide_repeated(&line);
            let repeats = matches!(hidden, Cow::Owned(_));
            let Step {
                part,
                mut oddities,
                code,
                ..
            } = self.reader.push(&hidden);
            oddities.insert(Oddity::Unasked);
            let received = Received {
                bytes: hidden.bytes.as_slice().into(),
                ending: line.ending,
                code,
                part,
                gloss: None,
                oddities,
                answers: None,
                took: None,
            };
            self.push_entry(now, EntryKind::Received(received));
            if repeats {
                self.note_repeated(now);
            }
        }
    }

    pub(super) fn keep_unasked(&mut self, octets: &[u8]) {
        let room = UNASKED_KEPT.saturating_sub(self.unasked.len());
        self.unasked
            .extend_from_slice(&octets[..octets.len().min(room)]);
    }
}
