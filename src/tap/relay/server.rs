//! What a relay does with octets of the server.

use std::time::Instant;

use super::{Due, Relay};
use crate::practice::Place;
use crate::smtp::line::LINE_CAP;
use crate::smtp::{Awaited, Level, Phase};
use crate::tap::offers::{Offers, StartTls};

impl Relay {
    /// Takes octets of the server.
    pub(in crate::tap) fn server_octets(&mut self, octets: &[u8], now: Instant) {
        if self.begins {
            return self.begin(octets, now);
        }
        if self.passes_whole() {
            self.session.handle_bytes(octets, now);
            self.to_client.extend_from_slice(octets);
            self.after_reply();
            return;
        }
        self.from_server.extend_from_slice(octets);
        let buffer = std::mem::take(&mut self.from_server);
        let mut taken = 0;
        while let Some(end) = memchr::memchr(b'\n', &buffer[taken..]) {
            self.server_line(&buffer[taken..=taken + end], now);
            taken += end + 1;
        }
        let rest = &buffer[taken..];
        let is_due = self.holds() && rest.len() <= LINE_CAP;
        if !is_due && !rest.is_empty() {
            self.session.handle_bytes(rest, now);
            self.to_client.extend_from_slice(rest);
            taken = buffer.len();
        }
        self.from_server = buffer;
        self.from_server.drain(..taken);
        self.after_reply();
    }

    /// Whether the server's octets can go on as they come.
    fn passes_whole(&self) -> bool {
        let rules = &self.meddling.rules;
        let plain = rules.delays.is_empty() && rules.replies.is_empty();
        let held =
            !self.from_server.is_empty() || !self.held.is_empty() || !self.answers.is_empty();
        plain && !held && self.session.replies_due() <= 1 && !self.session.awaits_introduction()
    }

    /// Whether the reply that comes next is held back until it is complete.
    fn holds(&self) -> bool {
        self.session.awaits_introduction() || self.replaces_dot()
    }

    /// Whether a rule replaces the reply to the message that comes next.
    fn replaces_dot(&self) -> bool {
        let dot = matches!(
            self.session.next_awaited(),
            Some(Awaited::EndOfData | Awaited::Chunk { last: true })
        );
        dot && self.meddling.rules.reply_to(&Place::Dot, "").is_some()
    }

    fn server_line(&mut self, line: &[u8], now: Instant) {
        let introduces = self.session.awaits_introduction();
        let replaces = self.replaces_dot();
        let awaited = self.session.next_awaited();
        let due = self.session.replies_due();
        self.session.handle_bytes(line, now);
        let is_done = self.session.replies_due() < due;
        if introduces || replaces {
            self.held.extend_from_slice(line);
        } else {
            self.to_client.extend_from_slice(line);
        }
        if !is_done {
            return;
        }
        let held = std::mem::take(&mut self.held);
        if introduces {
            let start_tls = match self.meddling.start_tls {
                StartTls::Add if self.client_tls => StartTls::Remove,
                other => other,
            };
            let offers = Offers::of(&held, start_tls, &self.meddling.hidden);
            for words in &offers.notes {
                self.note(Level::Info, words, now);
            }
            self.to_client.extend_from_slice(&offers.reply);
        } else if replaces && let Some(reply) = self.meddling.rules.reply_to(&Place::Dot, "") {
            let reply = reply.octets();
            let words = "the client gets another reply to its message, as --reply says";
            self.note(Level::Fault, words, now);
            self.to_client.extend_from_slice(&reply);
        }
        self.pause_after(awaited, now);
        self.give_answers(now);
    }

    /// Lets a reply wait, if a rule says so.
    fn pause_after(&mut self, awaited: Option<Awaited>, now: Instant) {
        let place = match awaited {
            Some(Awaited::Greeting) => Place::Greeting,
            Some(Awaited::EndOfData | Awaited::Chunk { last: true }) => Place::Dot,
            Some(Awaited::Command(verb)) => Place::of(verb, verb.name()),
            _ => return,
        };
        let delay = self.meddling.rules.delay(&place);
        if !delay.is_zero() {
            self.pause = delay;
            let words = format!(
                "this reply is held back for {} s, as --delay says",
                delay.as_secs_f64()
            );
            self.note(Level::Fault, &words, now);
        }
    }

    fn after_reply(&mut self) {
        if self.session.replies_due() == 0 {
            self.starting_tls = false;
        }
    }

    /// Takes octets of the server while the tap begins by itself.
    fn begin(&mut self, octets: &[u8], now: Instant) {
        for piece in octets.split_inclusive(|octet| *octet == b'\n') {
            if self.session_awaits(Awaited::Greeting) {
                self.held.extend_from_slice(piece);
            }
            self.session.handle_bytes(piece, now);
        }
        if self.session.replies_due() > 0 || self.session.phase() == Phase::Handshake {
            return;
        }
        if self.session.has_tls() {
            // Also its second EHLO is answered: the client's turn, with the greeting.
            self.begins = false;
            self.to_client.append(&mut self.held);
        } else {
            let words =
                "dropped here: the server begins no TLS, which --tls or the target asks for";
            self.note(Level::Fault, words, now);
            self.to_client.append(&mut self.held);
            self.due = Due::Drop;
        }
    }
}
