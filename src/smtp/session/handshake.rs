//! The reply 220 to STARTTLS, after which no octet in plain text may be accepted.

use std::time::Instant;

use super::Session;
use crate::smtp::count::count;
use crate::smtp::event::Event;
use crate::smtp::line::{Ending, Line};
use crate::smtp::oddity::Oddity;
use crate::smtp::reply::{ReplyProgress, ReplyReader};
use crate::smtp::transcript::{EntryKind, Level, Received};

/// How many unasked octets are kept as evidence.
const UNASKED_CAP: usize = 4096;

impl Session {
    /// Handles the 220 to STARTTLS: begins the handshake, or refuses it if plain text or replies to
    /// other commands may be mixed in (RFC 3207 section 6).
    pub(super) fn begin_handshake(&mut self, now: Instant) {
        let mut evidence = std::mem::take(&mut self.unasked);
        evidence.extend_from_slice(self.lines.pending());
        self.drain_plain_text(now);
        if evidence.is_empty() && self.pending.is_empty() {
            return self.events.push_back(Event::StartTls);
        }
        let reason = if evidence.is_empty() {
            "TLS refused: commands sent after STARTTLS have no reply yet (RFC 3207 s4)".to_owned()
        } else {
            format!(
                "TLS refused: {} of plain text arrived with the 220 to STARTTLS, \
                 as in a response injection attack (RFC 3207 s6)",
                count(evidence.len() as u64, "octet", "octets")
            )
        };
        self.note(now, Level::Fault, reason);
        let evidence = self.secrets.hide(&evidence).unwrap_or(evidence);
        self.events.push_back(Event::Refused { evidence });
    }

    /// Adds the plain text that was received before the handshake to the transcript.
    pub(super) fn drain_plain_text(&mut self, now: Instant) {
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
            let repeats_secret = hidden.is_some();
            let line = hidden.unwrap_or(line);
            let ending = line.ending;
            let ReplyProgress {
                part,
                mut oddities,
                code,
                ..
            } = self.reader.push(&line);
            oddities.insert(Oddity::Unasked);
            let received = Received {
                bytes: line.bytes.into(),
                ending,
                code,
                part,
                annotation: None,
                oddities,
                answers: None,
                took: None,
            };
            self.push_entry(now, EntryKind::Received(received));
            if repeats_secret {
                self.note_repeated(now);
            }
        }
    }

    /// Keeps unasked octets as evidence, up to [`UNASKED_CAP`].
    pub(super) fn keep_unasked(&mut self, octets: &[u8]) {
        let room = UNASKED_CAP.saturating_sub(self.unasked.len());
        self.unasked
            .extend_from_slice(&octets[..octets.len().min(room)]);
    }
}
