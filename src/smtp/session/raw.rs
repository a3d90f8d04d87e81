//! Sends raw octets: no CR LF is added. The session still tracks the lines that the server reads:
//! each CR LF ends one, and several calls may build one line.

use std::time::Instant;

use super::Session;
use crate::smtp::command::Verb;
use crate::smtp::event::{Event, Exposure, NotSentReason};
use crate::smtp::line::{Ending, LINE_CAP};
use crate::smtp::phase::Phase;
use crate::smtp::raw::{RawLine, find_secret, split_lines, to_command_line};
use crate::smtp::secret::Secret;
use crate::smtp::transcript::Level;

impl Session {
    /// Sends octets unchanged. `consent` is for a secret in them, as in
    /// [`send_line`](Self::send_line). Octets that cannot be sent come back in
    /// [`Event::RawNotSent`].
    pub fn send_raw(&mut self, octets: Secret, consent: Option<Exposure>, now: Instant) {
        self.unexpected_since_send = false;
        let reason = match self.phase {
            Phase::Offline => Some(NotSentReason::NotConnected),
            Phase::Handshake => Some(NotSentReason::Handshake),
            _ if self.message.is_some() => Some(NotSentReason::Busy),
            _ if self.contains_secret(octets.reveal()) => self.missing_consent(consent),
            _ => None,
        };
        if let Some(reason) = reason {
            return self.events.push_back(Event::RawNotSent { octets, reason });
        }
        self.take_over(&to_command_line(octets.reveal()), now);
        let mut rest = octets.reveal();
        while !rest.is_empty() {
            rest = self.write_next(rest, now);
        }
        self.emit_status();
    }

    /// Whether raw octets have begun a line that is not ended: the next octets sent continue it.
    pub fn is_mid_line(&self) -> bool {
        !self.unfinished_line.is_empty()
    }

    /// Writes the octets that a chunk still needs, or one line. Returns the rest.
    pub(super) fn write_next<'a>(&mut self, octets: &'a [u8], now: Instant) -> &'a [u8] {
        if self.chunk_left > 0 {
            let needed = usize::try_from(self.chunk_left).unwrap_or(usize::MAX);
            let (chunk, rest) = octets.split_at(octets.len().min(needed));
            for raw_line in split_lines(chunk, false) {
                self.write_octets(&to_command_line(b""), raw_line, None, now);
            }
            return rest;
        }
        let after_cr = self.unfinished_line.ends_with(b"\r");
        let Some(raw_line) = split_lines(octets, after_cr).first().copied() else {
            return &[];
        };
        let before = self.unfinished_line.len();
        self.unfinished_line.extend_from_slice(raw_line.octets);
        let last = self.unfinished_line.last().copied();
        self.unfinished_line.truncate(LINE_CAP);
        // Of a line that is too long to keep, the end is needed: the LF after its CR may still come.
        if let (Some(kept), Some(last)) = (self.unfinished_line.last_mut(), last) {
            *kept = last;
        }
        if raw_line.ending == Ending::Lf {
            self.unfinished_line.pop();
        }
        let whole = std::mem::take(&mut self.unfinished_line);
        let line = to_command_line(&whole);
        // The octets sent before are in the transcript already.
        let secret = self
            .secret_in_joined(&whole, false)
            .map(|from| from.saturating_sub(before));
        self.write_octets(&line, raw_line, secret, now);
        if raw_line.ending == Ending::Cut {
            self.unfinished_line = whole;
        }
        &octets[raw_line.octets.len() + raw_line.ending.octets().len()..]
    }

    /// Whether raw octets contain a secret: in a command, or in a response of an exchange that one
    /// of the lines begins. Octets of a chunk or a message do not count.
    fn contains_secret(&self, octets: &[u8]) -> bool {
        let chunk = usize::try_from(self.chunk_left).unwrap_or(usize::MAX);
        let after_chunk = octets.get(chunk..).unwrap_or_default();
        let joined = match self.chunk_left {
            0 => Secret::new([self.unfinished_line.as_slice(), octets].concat()),
            _ => Secret::new(after_chunk.to_vec()),
        };
        let mut lines = joined.reveal();
        if self.phase == Phase::Message {
            let mut end = 0;
            let dot = split_lines(lines, false).into_iter().find(|line| {
                end += line.octets.len() + line.ending.octets().len();
                line.octets == b"." && line.ending == Ending::CrLf
            });
            lines = dot.map_or(&[], |_| &lines[end..]);
        }
        find_secret(lines, self.secret_lines()).is_some()
            || self.secrets.find(lines).is_some()
            || (self.login_refused && self.continues_login(&split_lines(lines, false)))
    }

    /// Whether lines sent after a refused login may be responses of it. A known command ends them.
    fn continues_login(&self, lines: &[RawLine<'_>]) -> bool {
        let lines = lines.iter().map(|line| to_command_line(line.octets));
        lines
            .take_while(|line| line.verb() == Verb::Other)
            .any(|line| self.secret_from(&line).is_some())
    }

    /// Handles an unasked reply in the middle of a raw line: if the line contains a bare LF, the
    /// server took it as the end of the line. Returns whether it does.
    pub(super) fn detect_bare_lf(&mut self, now: Instant) -> bool {
        let found = self.unfinished_line.contains(&b'\n');
        if let Some(at) = self
            .unfinished_line
            .iter()
            .rposition(|&octet| octet == b'\n')
        {
            self.unfinished_line.drain(..=at);
            let text =
                "this server accepts a bare LF as the end of a line (RFC 5321 s2.3.8: CR LF)";
            self.note(now, Level::Info, text);
        }
        found
    }
}
