//! What a client behind a tap sends. It is passed on unchanged, whatever it is: a tap refuses nothing
//! for the client's sake, and asks nobody. Of a long text only the beginning is kept.

use std::time::Instant;

use memchr::memmem;

use super::Session;
use super::message::omitted;
use crate::smtp::event::Link;
use crate::smtp::phase::{Awaited, Phase};
use crate::smtp::transcript::{Level, RequestId};

/// The end of a message, with the end of the line before it (RFC 5321 section 4.1.1.4).
const END_OF_DATA: &[u8] = b"\r\n.\r\n";

/// How much of the texts of a tapped session is kept.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum TextKept {
    /// Nothing: the octets are counted.
    None,
    /// The first 64 KiB of each message.
    #[default]
    Head,
    /// Everything.
    All,
}

impl TextKept {
    /// The most octets of a message or a chunk.
    fn octets(self) -> usize {
        match self {
            Self::None => 0,
            Self::Head => 64 * 1024,
            Self::All => usize::MAX,
        }
    }
}

/// The message or the chunk that a client is sending.
#[derive(Debug, Default)]
pub(super) struct TappedText {
    /// How many octets are in the transcript.
    kept: usize,
    /// How many are not.
    omitted: u64,
    /// The last octets that are not, as the end of a message may be cut at any place.
    tail: Vec<u8>,
}

impl Session {
    /// Passes on what a client sends: of a text as much as is there, else the next line. With `forward`
    /// unset it is noted as sent and goes nowhere. Returns how many octets were taken: none if they are the
    /// beginning of a line of a text, of which the rest is to come.
    pub fn pass(&mut self, octets: &[u8], kept: TextKept, forward: bool, now: Instant) -> usize {
        self.unexpected_since_send = false;
        let start = self.transmit.len();
        let mut taken = 0;
        if self.is_in_text() {
            while self.is_in_text() && taken < octets.len() {
                match self.pass_text(&octets[taken..], kept, now) {
                    0 => break,
                    more => taken += more,
                }
            }
        } else {
            taken = octets.len() - self.write_next(octets, now).len();
        }
        if !forward {
            self.transmit.truncate(start);
        }
        self.emit_status();
        taken
    }

    /// Whether the server reads a message or a chunk now, and no commands.
    pub fn is_in_text(&self) -> bool {
        self.phase == Phase::Message || self.chunk_left > 0
    }

    /// Whether the next line of the client is a response in a login.
    pub fn awaits_response(&self) -> bool {
        self.secret_lines()
    }

    /// Whether the next reply of the server is that to EHLO, HELO or LHLO.
    pub fn awaits_introduction(&self) -> bool {
        matches!(self.next_awaited(), Some(Awaited::Command(verb)) if verb.is_introduction())
    }

    /// What the next reply of the server answers.
    pub fn next_awaited(&self) -> Option<Awaited> {
        self.pending.front().map(|pending| pending.awaited)
    }

    /// The request that the next reply of the server answers; none for the greeting.
    pub fn next_request(&self) -> Option<RequestId> {
        self.pending.front().and_then(|pending| pending.request)
    }

    /// The request sent last, if it is still unanswered.
    pub fn last_request(&self) -> Option<RequestId> {
        self.pending.back().and_then(|pending| pending.request)
    }

    /// The phase.
    pub fn phase(&self) -> Phase {
        self.phase
    }

    /// Whether the connection has TLS.
    pub fn has_tls(&self) -> bool {
        self.link != Link::Clear
    }

    /// How many replies are due.
    pub fn replies_due(&self) -> usize {
        self.pending.len()
    }

    /// Takes octets of a message or a chunk. Returns how many.
    fn pass_text(&mut self, octets: &[u8], kept: TextKept, now: Instant) -> usize {
        let chunk = usize::try_from(self.chunk_left).unwrap_or(usize::MAX);
        let octets = match chunk {
            0 => octets,
            left => &octets[..octets.len().min(left)],
        };
        let room = kept.octets().saturating_sub(self.tapped.kept);
        let taken = if room == 0 {
            self.pass_unseen(octets, chunk > 0, now)
        } else {
            let piece = &octets[..octets.len().min(room)];
            let lines = memchr::memrchr(b'\n', piece).map_or(0, |at| at + 1);
            // A line is taken whole, unless it is longer than what may be kept, or ends the chunk.
            let whole =
                piece.len() == room || piece.len() == chunk || piece.len() > super::LINE_CAP;
            let end = if whole && lines == 0 {
                piece.len()
            } else {
                lines
            };
            let mut rest = &piece[..end];
            while !rest.is_empty() && (self.chunk_left > 0) == (chunk > 0) && self.is_in_text() {
                rest = self.write_next(rest, now);
            }
            let taken = end - rest.len();
            self.tapped.kept += taken;
            taken
        };
        if !self.is_in_text() {
            self.end_text(now);
        }
        taken
    }

    /// Takes octets that are not kept. Returns how many.
    fn pass_unseen(&mut self, octets: &[u8], in_chunk: bool, now: Instant) -> usize {
        if in_chunk {
            self.transmit.extend_from_slice(octets);
            self.tapped.omitted += octets.len() as u64;
            self.fill_chunk(octets.len() as u64, now);
            return octets.len();
        }
        if self.tapped.tail.is_empty() {
            // What was kept, as the line of DATA, ends in the end of a line, or behind it in the next one.
            let end = [b"\r\n", self.unfinished_line.as_slice()].concat();
            let from = end.len().saturating_sub(END_OF_DATA.len() - 1);
            self.tapped.tail = end[from..].to_vec();
        }
        let before = self.tapped.tail.len();
        let joined = [self.tapped.tail.as_slice(), octets].concat();
        let Some(at) = memmem::find(&joined, END_OF_DATA) else {
            self.transmit.extend_from_slice(octets);
            self.tapped.omitted += octets.len() as u64;
            let from = joined.len().saturating_sub(END_OF_DATA.len() - 1);
            self.tapped.tail = joined[from..].to_vec();
            return octets.len();
        };
        let dot = at + b"\r\n".len();
        let end = at + END_OF_DATA.len() - before;
        // A part of the dot's line may have been passed on already.
        let text = dot.saturating_sub(before);
        self.transmit.extend_from_slice(&octets[..end]);
        self.tapped.omitted += text as u64;
        self.unfinished_line.clear();
        self.note_omitted_text(now);
        let start = self.transmit.len();
        self.write_next(b".\r\n", now);
        self.transmit.truncate(start);
        end
    }

    /// Notes what of a text is not kept.
    fn note_omitted_text(&mut self, now: Instant) {
        let count = std::mem::take(&mut self.tapped.omitted);
        if count > 0 {
            self.note(now, Level::Info, omitted(count));
        }
    }

    fn end_text(&mut self, now: Instant) {
        self.note_omitted_text(now);
        self.tapped = TappedText::default();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A session whose server waits for a message.
    fn waiting() -> Session {
        let now = Instant::now();
        let mut session = Session::new(None);
        session.handle_connected(Link::Clear, now);
        session.handle_bytes(b"220 mx\r\n", now);
        for (line, reply) in [
            ("MAIL FROM:<a@b.example>\r\n", "250 ok\r\n"),
            ("RCPT TO:<c@d.example>\r\n", "250 ok\r\n"),
            ("DATA\r\n", "354 go\r\n"),
        ] {
            session.pass(line.as_bytes(), TextKept::Head, true, now);
            session.handle_bytes(reply.as_bytes(), now);
        }
        let _ = session.poll_transmit();
        session
    }

    /// Wherever what is kept ends, and wherever a read does, the end of the message is seen, and what is
    /// sent is what came.
    #[test]
    fn the_end_of_a_message_is_found_at_any_place() {
        let kept = TextKept::Head.octets();
        for length in kept - 8..kept + 8 {
            let text = ["x".repeat(length).as_bytes(), b"\r\n.\r\nNOOP\r\n"].concat();
            for cut in [
                1,
                length - 1,
                length,
                length + 1,
                length + 2,
                length + 3,
                length + 4,
            ] {
                for how in [TextKept::None, TextKept::Head, TextKept::All] {
                    let now = Instant::now();
                    let mut session = waiting();
                    let mut buffer = Vec::new();
                    for piece in [&text[..cut], &text[cut..]] {
                        buffer.extend_from_slice(piece);
                        while !buffer.is_empty() && session.is_in_text() {
                            let taken = session.pass(&buffer, how, true, now);
                            if taken == 0 {
                                break;
                            }
                            buffer.drain(..taken);
                        }
                    }
                    let about = format!("{length} {cut} {how:?}");
                    assert!(!session.is_in_text(), "{about}");
                    assert_eq!(buffer, b"NOOP\r\n", "{about}");
                    assert_eq!(session.poll_transmit(), text[..text.len() - 6], "{about}");
                    assert_eq!(session.next_awaited(), Some(Awaited::EndOfData), "{about}");
                }
            }
        }
    }
}
