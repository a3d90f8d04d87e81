//! A message on its way out, piece by piece.

use std::time::Instant;

use super::{Session, count};
use crate::smtp::body::{Stuffer, Tally};
use crate::smtp::command::Verb;
use crate::smtp::line::{LINE_CAP, LineBuffer};
use crate::smtp::phase::Asked;
use crate::smtp::transcript::{Level, Sent, SentKind, What};

/// Octets of one message that are kept in the transcript, line by line; of the rest it keeps a count.
pub const MESSAGE_KEPT: usize = 256 * 1024;
/// A message on its way out.
#[derive(Debug)]
pub(super) struct Message {
    stuffer: Stuffer,
    copy: LineBuffer,
    kept: usize,
}

impl Session {
    /// Sends the next piece of a message after 354: line endings made CR LF, dots stuffed. A line
    /// typed before [`end_message`](Self::end_message) waits for it.
    pub fn send_message(&mut self, text: &[u8], now: Instant) {
        let mut message = self.message.take().unwrap_or_else(|| Message {
            stuffer: Stuffer::default(),
            copy: LineBuffer::new(LINE_CAP),
            kept: 0,
        });
        let start = self.transmit.len();
        message.stuffer.push(text, &mut self.transmit);
        self.copy_message(&mut message, start, now);
        self.message = Some(message);
    }

    /// Ends the message with its dot. The server's word on it is due.
    pub fn end_message(&mut self, now: Instant) {
        let mut message = self.message.take().unwrap_or_else(|| Message {
            stuffer: Stuffer::default(),
            copy: LineBuffer::new(LINE_CAP),
            kept: 0,
        });
        let start = self.transmit.len();
        let tally = std::mem::take(&mut message.stuffer).finish(&mut self.transmit);
        let dot = self.transmit.len() - b".\r\n".len();
        let end = self.transmit.split_off(dot);
        self.copy_message(&mut message, start, now);
        self.transmit.extend_from_slice(&end);
        if message.kept > MESSAGE_KEPT {
            let text = format!(
                "{} octets of the message went out and are not kept here",
                message.kept - MESSAGE_KEPT + message.copy.pending().len()
            );
            self.note(now, Level::Info, text);
        }
        let turn = Some(self.ask(Asked::EndOfData, Verb::Other, true, now));
        let dot = Sent {
            turn,
            open: b".".as_slice().into(),
            secret: None,
            gloss: None,
            kind: SentKind::Message,
            out_of_order: false,
        };
        self.push_entry(now, What::Sent(dot));
        self.note(now, Level::Info, message_words(tally));
        self.send_behind_message(now);
        self.tell_standing();
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
                out_of_order: false,
            };
            self.push_entry(now, What::Sent(sent));
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
