//! Sends a message, piece by piece.

use std::time::Instant;

use super::Session;
use crate::smtp::body::{BodyStats, MessageEncoder};
use crate::smtp::command::{CommandLine, Verb};
use crate::smtp::count::count;
use crate::smtp::line::{Ending, LINE_CAP, LineBuffer};
use crate::smtp::phase::Awaited;
use crate::smtp::transcript::{EntryKind, Level, Sent, SentKind};

/// How many octets of a message the transcript keeps; the rest is only counted.
pub const MESSAGE_KEPT: usize = 256 * 1024;

/// A message being sent.
#[derive(Debug)]
pub(super) struct OutgoingMessage {
    encoder: MessageEncoder,
    copy: LineBuffer,
    kept: usize,
}

impl Default for OutgoingMessage {
    fn default() -> Self {
        Self {
            encoder: MessageEncoder::default(),
            copy: LineBuffer::new(LINE_CAP),
            kept: 0,
        }
    }
}

impl Session {
    /// Begins sending a message in pieces, after 354. Lines typed before
    /// [`end_message`](Self::end_message) are queued.
    pub fn begin_message(&mut self) {
        self.unexpected_since_send = false;
        self.message.get_or_insert_default();
    }

    /// Begins a message whose line endings are sent as they are.
    pub fn begin_message_as_is(&mut self) {
        self.begin_message();
        if let Some(message) = &mut self.message {
            message.encoder = MessageEncoder::as_is();
        }
    }

    /// Sends the next piece of a message after 354. Converts line endings to CR LF, unless it began
    /// otherwise, and stuffs dots.
    pub fn send_message(&mut self, text: &[u8], now: Instant) {
        let mut message = self.message.take().unwrap_or_default();
        let start = self.transmit.len();
        message.encoder.push(text, &mut self.transmit);
        self.copy_message(&mut message, start, now);
        self.message = Some(message);
    }

    /// Sends a whole message as one chunk: `BDAT n LAST`, then the unchanged octets (RFC 3030
    /// section 2), without waiting for a reply. The caller checks that the server takes one.
    pub fn send_chunk(&mut self, octets: &[u8], now: Instant) {
        self.unexpected_since_send = false;
        let line = CommandLine::from_checked(format!("BDAT {} LAST", octets.len()));
        self.write_line(&line, None, now);
        let mut message = OutgoingMessage::default();
        let start = self.transmit.len();
        self.transmit.extend_from_slice(octets);
        self.copy_message(&mut message, start, now);
        if message.kept <= MESSAGE_KEPT && !message.copy.pending().is_empty() {
            // A chunk may end in the middle of a line.
            let rest = message.copy.pending().into();
            self.push_message_line(rest, Ending::Cut, now);
        }
        self.note_omitted(&message, now);
        self.chunk_left = 0;
        let sent = count(octets.len() as u64, "octet", "octets");
        self.note(
            now,
            Level::Info,
            format!("message sent: {sent} in one chunk"),
        );
        self.emit_status();
    }

    /// Ends the message with its dot; the server's reply is then due.
    pub fn end_message(&mut self, now: Instant) {
        let mut message = self.message.take().unwrap_or_default();
        let start = self.transmit.len();
        let stats = std::mem::take(&mut message.encoder).finish(&mut self.transmit);
        let dot = self.transmit.len() - b".\r\n".len();
        let end = self.transmit.split_off(dot);
        self.copy_message(&mut message, start, now);
        self.transmit.extend_from_slice(&end);
        self.note_omitted(&message, now);
        let request = Some(self.push_pending(Awaited::EndOfData, Verb::Other, true, now));
        let dot = Sent {
            request,
            visible: b".".as_slice().into(),
            secret: None,
            annotation: None,
            kind: SentKind::Message,
            ending: Ending::CrLf,
            out_of_order: false,
        };
        self.push_entry(now, EntryKind::Sent(dot));
        self.note(now, Level::Info, message_summary(stats));
        self.send_queued_lines(now);
        self.emit_status();
    }

    fn note_omitted(&mut self, message: &OutgoingMessage, now: Instant) {
        if message.kept > MESSAGE_KEPT {
            let octets = message.kept - MESSAGE_KEPT + message.copy.pending().len();
            self.note(now, Level::Info, omitted(octets as u64));
        }
    }

    pub(super) fn send_queued_lines(&mut self, now: Instant) {
        for (line, consent) in std::mem::take(&mut self.queued_lines) {
            self.send_or_queue(line, consent, now);
        }
    }

    /// Adds the lines of a message in `transmit`, from `start` on, to the transcript.
    pub(super) fn copy_message(
        &mut self,
        message: &mut OutgoingMessage,
        start: usize,
        now: Instant,
    ) {
        let wire = &self.transmit[start..];
        let room = MESSAGE_KEPT.saturating_sub(message.kept);
        message.kept += wire.len();
        message.copy.push(&wire[..wire.len().min(room)]);
        while let Some(line) = message.copy.next_line() {
            self.push_message_line(line.bytes.into(), line.ending, now);
        }
    }

    fn push_message_line(&mut self, visible: Box<[u8]>, ending: Ending, now: Instant) {
        let sent = Sent {
            request: None,
            visible,
            secret: None,
            annotation: None,
            kind: SentKind::Message,
            ending,
            out_of_order: false,
        };
        self.push_entry(now, EntryKind::Sent(sent));
    }
}

/// That so many octets of a message are not in the transcript.
pub(super) fn omitted(octets: u64) -> String {
    format!("{octets} more octets of the message were sent but are not shown here")
}

fn message_summary(stats: BodyStats) -> String {
    let mut text = format!(
        "message sent: {}, {}",
        count(stats.lines, "line", "lines"),
        count(stats.octets, "octet", "octets")
    );
    if stats.stuffed > 0 {
        text.push_str(&format!(", {} dot-stuffed", stats.stuffed));
    }
    if stats.converted > 0 {
        let endings = count(stats.converted, "line ending", "line endings");
        text.push_str(&format!(", {endings} converted to CR LF"));
    }
    text
}
