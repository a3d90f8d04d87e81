//! Octets that go as they are: no CR LF is added. What they come to on the server's side is followed
//! all the same: each CR LF ends a line, and a line may come in several goes.

use std::time::Instant;

use super::Session;
use crate::smtp::command::Verb;
use crate::smtp::event::{Event, Exposure, Unsent};
use crate::smtp::line::{Ending, LINE_CAP};
use crate::smtp::phase::Phase;
use crate::smtp::raw::{Piece, pieces, reading, secret};
use crate::smtp::secret::Secret;
use crate::smtp::transcript::Level;

impl Session {
    /// Sends octets just as they are. `consent` is for a secret among them, as with
    /// [`send_line`](Self::send_line). Octets that cannot go come back in [`Event::RawNotSent`].
    pub fn send_raw(&mut self, octets: Secret, consent: Option<Exposure>, now: Instant) {
        let why = match self.phase {
            Phase::Offline => Some(Unsent::NotConnected),
            Phase::Handshake => Some(Unsent::Handshake),
            _ if self.message.is_some() => Some(Unsent::Busy),
            _ if self.holds_secret(octets.reveal()) => self.withholds(consent),
            _ => None,
        };
        if let Some(why) = why {
            return self.events.push_back(Event::RawNotSent { octets, why });
        }
        self.take_over(&reading(octets.reveal()), now);
        let mut rest = octets.reveal();
        while !rest.is_empty() {
            rest = self.write_raw(rest, now);
        }
        self.tell_status();
    }

    /// Whether raw octets have begun a line that nothing has ended yet: what is sent now is its rest.
    pub fn is_in_line(&self) -> bool {
        !self.begun.is_empty()
    }

    /// Writes what belongs together of raw octets: what a chunk still wants, or one line. Gives back
    /// the rest.
    fn write_raw<'a>(&mut self, octets: &'a [u8], now: Instant) -> &'a [u8] {
        if self.chunk_left > 0 {
            let wanted = usize::try_from(self.chunk_left).unwrap_or(usize::MAX);
            let (chunk, rest) = octets.split_at(octets.len().min(wanted));
            for piece in pieces(chunk, false) {
                self.write_octets(&reading(b""), piece, None, now);
            }
            return rest;
        }
        let after_cr = self.begun.ends_with(b"\r");
        let Some(piece) = pieces(octets, after_cr).first().copied() else {
            return &[];
        };
        let before = self.begun.len();
        self.begun.extend_from_slice(piece.octets);
        self.begun.truncate(LINE_CAP);
        if piece.ending == Ending::Lf {
            self.begun.pop();
        }
        let whole = std::mem::take(&mut self.begun);
        let line = reading(&whole);
        // What went before as the begin of a line stands in the transcript already.
        let secret = self
            .secret_begun(&whole, false)
            .map(|from| from.saturating_sub(before));
        self.write_octets(&line, piece, secret, now);
        if piece.ending == Ending::Cut {
            self.begun = whole;
        }
        &octets[piece.octets.len() + piece.ending.octets().len()..]
    }

    /// Whether there is a secret among raw octets: in a line, or in the answer of an exchange that
    /// one of them begins. What a chunk still wants and what belongs to a message are none.
    fn holds_secret(&self, octets: &[u8]) -> bool {
        let chunk = usize::try_from(self.chunk_left).unwrap_or(usize::MAX);
        let behind = octets.get(chunk..).unwrap_or_default();
        let joined = match self.chunk_left {
            0 => Secret::new([self.begun.as_slice(), octets].concat()),
            _ => Secret::new(behind.to_vec()),
        };
        let mut lines = joined.reveal();
        if self.phase == Phase::Message {
            let mut end = 0;
            let dot = pieces(lines, false).into_iter().find(|piece| {
                end += piece.octets.len() + piece.ending.octets().len();
                piece.octets == b"." && piece.ending == Ending::CrLf
            });
            lines = dot.map_or(&[], |_| &lines[end..]);
        }
        secret(lines, self.secret_lines()).is_some()
            || self.secrets.find(lines).is_some()
            || (self.login_refused && self.goes_on(&pieces(lines, false)))
    }

    /// Whether lines behind a login that was refused may go on with it, up to a known command.
    fn goes_on(&self, lines: &[Piece<'_>]) -> bool {
        let lines = lines.iter().map(|piece| reading(piece.octets));
        lines
            .take_while(|line| line.verb() == Verb::Other)
            .any(|line| self.secret_from(&line).is_some())
    }

    /// A reply came that nobody asked for, while a line was begun: where a bare LF stands in it, the
    /// server took that for the end of the line.
    pub(super) fn see_bare_lf(&mut self, now: Instant) {
        if let Some(at) = self.begun.iter().rposition(|&octet| octet == b'\n') {
            self.begun.drain(..=at);
            let words = "this server takes a bare LF as the end of a line (RFC 5321 s2.3.8: CR LF)";
            self.note(now, Level::Info, words);
        }
    }
}
