//! A message on its way out, piece by piece.

use std::time::Instant;

use super::{Session, count};
use crate::smtp::body::{Stuffer, Tally};
use crate::smtp::command::{CommandLine, Verb};
use crate::smtp::line::{Ending, LINE_CAP, LineBuffer};
use crate::smtp::phase::{Awaited, Phase};
use crate::smtp::transcript::{EntryKind, Level, Sent, SentKind};

/// Octets of one message that are kept in the transcript, line by line; of the rest it keeps a count.
pub const MESSAGE_KEPT: usize = 256 * 1024;

/// A message on its way out.
#[derive(Debug)]
pub(super) struct Message {
    stuffer: Stuffer,
    copy: LineBuffer,
    kept: usize,
}

impl Default for Message {
    fn default() -> Self {
        Self {
            stuffer: Stuffer::default(),
            copy: LineBuffer::new(LINE_CAP),
            kept: 0,
        }
    }
}

impl Session {
    /// From now on a message goes out in pieces after 354. A line typed before
    /// [`end_message`](Self::end_message) waits for it.
    pub fn begin_message(&mut self) {
        self.message.get_or_insert_default();
    }

    /// Sends the next piece of a message after 354: line endings made CR LF, dots stuffed.
    pub fn send_message(&mut self, text: &[u8], now: Instant) {
        let mut message = self.message.take().unwrap_or_default();
        let start = self.transmit.len();
        message.stuffer.push(text, &mut self.transmit);
        self.copy_message(&mut message, start, now);
        self.message = Some(message);
    }

    /// Sends a whole message as one chunk: `BDAT n LAST` and then its octets as they are (RFC 3030
    /// section 2). It waits for no reply in between.
    pub fn send_chunk(&mut self, octets: &[u8], now: Instant) {
        if matches!(self.phase, Phase::Offline | Phase::Handshake) || self.message.is_some() {
            return;
        }
        let line = CommandLine::plain(format!("BDAT {} LAST", octets.len()));
        self.write_line(&line, None, now);
        let mut message = Message::default();
        let start = self.transmit.len();
        self.transmit.extend_from_slice(octets);
        self.copy_message(&mut message, start, now);
        self.note_not_kept(&message, now);
        self.chunk_left = 0;
        let sent = count(octets.len() as u64, "octet", "octets");
        self.note(
            now,
            Level::Info,
            format!("message sent: {sent} in one chunk"),
        );
        self.tell_status();
    }

    /// Ends the message with its dot. The server's word on it is due.
    pub fn end_message(&mut self, now: Instant) {
        let mut message = self.message.take().unwrap_or_default();
        let start = self.transmit.len();
        let tally = std::mem::take(&mut message.stuffer).finish(&mut self.transmit);
        let dot = self.transmit.len() - b".\r\n".len();
        let end = self.transmit.split_off(dot);
        self.copy_message(&mut message, start, now);
        self.transmit.extend_from_slice(&end);
        self.note_not_kept(&message, now);
        let turn = Some(self.ask(Awaited::EndOfData, Verb::Other, true, now));
        let dot = Sent {
            turn,
            open: b".".as_slice().into(),
            secret: None,
            gloss: None,
            kind: SentKind::Message,
            ending: Ending::CrLf,
            out_of_order: false,
        };
        self.push_entry(now, EntryKind::Sent(dot));
        self.note(now, Level::Info, message_words(tally));
        self.send_behind_message(now);
        self.tell_status();
    }

    fn note_not_kept(&mut self, message: &Message, now: Instant) {
        if message.kept > MESSAGE_KEPT {
            let text = format!(
                "{} octets of the message went out and are not shown here",
                message.kept - MESSAGE_KEPT + message.copy.pending().len()
            );
            self.note(now, Level::Info, text);
        }
    }

    pub(super) fn send_behind_message(&mut self, now: Instant) {
        for (line, consent) in std::mem::take(&mut self.behind_message) {
            self.send_line(line, consent, now);
        }
    }

    /// Enters the lines of a message that stand in `transmit` from `start` into the transcript.
    pub(super) fn copy_message(&mut self, message: &mut Message, start: usize, now: Instant) {
        let wire = &self.transmit[start..];
        let room = MESSAGE_KEPT.saturating_sub(message.kept);
        message.kept += wire.len();
        message.copy.push(&wire[..wire.len().min(room)]);
        while let Some(line) = message.copy.next_line() {
            let sent = Sent {
                turn: None,
                open: line.bytes.into(),
                secret: None,
                gloss: None,
                kind: SentKind::Message,
                ending: line.ending,
                out_of_order: false,
            };
            self.push_entry(now, EntryKind::Sent(sent));
        }
    }
}

fn message_words(tally: Tally) -> String {
    let mut words = format!(
        "message sent: {}, {}",
        count(tally.lines, "line", "lines"),
        count(tally.octets, "octet", "octets")
    );
    if tally.stuffed > 0 {
        words.push_str(&format!(", {} dot-stuffed", tally.stuffed));
    }
    if tally.mended > 0 {
        let endings = count(tally.mended, "line ending", "line endings");
        words.push_str(&format!(", {endings} made CR LF"));
    }
    words
}
