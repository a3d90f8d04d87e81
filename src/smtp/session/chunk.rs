//! Typed lines inside a BDAT chunk (RFC 3030 section 2). The chunk ends at its announced size, so no
//! octet is sent beyond it, not even of a line ending.

use std::time::Instant;

use super::Session;
use crate::smtp::code::Code;
use crate::smtp::command::CommandLine;
use crate::smtp::event::{Event, Exposure, NotSentReason};
use crate::smtp::line::Ending;
use crate::smtp::phase::Awaited;
use crate::smtp::raw::RawLine;
use crate::smtp::transcript::Level;

/// What of a typed line goes into a chunk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ChunkPiece {
    /// How many octets of the text.
    pub octets: usize,
    /// Whether CR LF follows them.
    pub ended: bool,
}

impl ChunkPiece {
    /// The piece of `text` for a chunk with `left` octets to come. CR LF follows the text if there is
    /// room for both octets. `None` if nothing can be sent: the chunk would end inside a character,
    /// or the text is empty and CR LF does not fit.
    pub fn of(text: &str, left: u64) -> Option<Self> {
        let room = usize::try_from(left).unwrap_or(usize::MAX);
        let octets = text.len().min(room);
        let ended = room - octets >= Ending::CrLf.octets().len();
        let sends = octets > 0 || ended;
        (sends && text.is_char_boundary(octets)).then_some(Self { octets, ended })
    }

    /// The octets on the wire.
    pub fn size(self) -> u64 {
        let ending = if self.ended {
            Ending::CrLf.octets()
        } else {
            b""
        };
        (self.octets + ending.len()) as u64
    }
}

impl Session {
    /// Sends a typed line as content of the chunk, as far as it fits. The rest comes back.
    pub(super) fn send_in_chunk(
        &mut self,
        line: CommandLine,
        consent: Option<Exposure>,
        now: Instant,
    ) {
        let Some(piece) = ChunkPiece::of(line.text(), self.chunk_left) else {
            let reason = NotSentReason::BeyondChunk;
            return self.events.push_back(Event::NotSent { line, reason });
        };
        // Only a line that was hidden at the prompt may be a secret here.
        let secret_from = line.secret().filter(|_| line.is_hidden());
        if secret_from.is_some()
            && let Some(reason) = self.missing_consent(consent)
        {
            return self.events.push_back(Event::NotSent { line, reason });
        }
        let (text, rest) = line.text().split_at(piece.octets);
        let raw_line = RawLine {
            octets: text.as_bytes(),
            ending: if piece.ended {
                Ending::CrLf
            } else {
                Ending::Cut
            },
        };
        self.write_octets(&line, raw_line, secret_from, now);
        if !rest.is_empty() {
            let line = CommandLine::from_checked(rest.to_owned()).hide(line.is_hidden());
            let reason = NotSentReason::BeyondChunk;
            self.events.push_back(Event::NotSent { line, reason });
        }
        self.emit_status();
    }

    /// Counts octets sent into the chunk. Its reply is due from the last one on, not from BDAT on.
    pub(super) fn fill_chunk(&mut self, octets: u64, now: Instant) {
        self.chunk_left = self.chunk_left.saturating_sub(octets);
        let last = self.pending.back_mut();
        let chunk = last.filter(|last| matches!(last.awaited, Awaited::Chunk { .. }));
        if let (Some(chunk), 0) = (chunk, self.chunk_left) {
            chunk.sent_at = now;
        }
    }

    /// Handles a refused chunk. A server that implements BDAT reads its octets nevertheless; one that
    /// does not know the command reads them as commands.
    pub(super) fn refuse_chunk(&mut self, code: Code, now: Instant) {
        self.chunk_refused = self.chunk_left == 0;
        if self.chunk_left > 0 && matches!(code.number(), 500 | 502) {
            self.chunk_left = 0;
            let text = "the server does not know BDAT: the next line typed is a command again";
            self.note(now, Level::Fault, text);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_sent_beyond_the_chunk() {
        let table = [
            ("hello", 20, Some((5, true))),
            ("hello", 7, Some((5, true))),
            ("hello", 6, Some((5, false))),
            ("hello", 5, Some((5, false))),
            ("hello", 4, Some((4, false))),
            ("", 2, Some((0, true))),
            ("", 1, None),
            ("\u{e9}", 1, None),
            ("\u{e9}", 3, Some((2, false))),
        ];
        for (text, left, expected) in table {
            let piece = ChunkPiece::of(text, left).map(|piece| (piece.octets, piece.ended));
            assert_eq!(piece, expected, "{text:?} in {left}");
        }
    }
}
