//! What a relay does with octets of the client.

use std::time::Instant;

use super::{Due, Relay};
use crate::practice::Place;
use crate::smtp::line::LINE_CAP;
use crate::smtp::raw::to_command_line;
use crate::smtp::{Awaited, Level, TextKept, Verb};
use crate::tap::offers::StartTls;

/// The answer to a login that would leave TLS (RFC 4954 section 6).
const NO_LOGIN: &[u8] =
    b"538 5.7.11 ehlo tap: the login came under TLS, and the link to the server is not as safe\r\n";
/// The answer to what may be a response of such a login.
const NO_RESPONSE: &[u8] =
    b"500 5.5.1 ehlo tap: not passed on, as it may be a response of the login\r\n";
/// Why a login is not passed on.
const WITHHELD: &str = "the login is not passed on: it came under TLS, and the link to the server is not \
                        encrypted, or its certificate is not verified";
/// The answer to a STARTTLS that the tap answers.
const START_TLS: &[u8] = b"220 2.0.0 ehlo tap: begin TLS\r\n";
/// What is marked in octets that came too early for TLS: they go on as they came, without it.
const BEHIND_STARTTLS: &str = "the client sent octets behind STARTTLS, before the reply";
/// What is marked in lines of the client.
const BARE_LF: &str = "the client sends lines that end in LF without CR";

impl Relay {
    /// Takes octets of the client.
    pub(in crate::tap) fn client_octets(&mut self, octets: &[u8], now: Instant) {
        self.from_client.extend_from_slice(octets);
        if self.session_awaits(Awaited::Greeting) {
            self.mark("the client did not wait for the greeting", now);
        }
        let buffer = std::mem::take(&mut self.from_client);
        let mut taken = 0;
        while self.due == Due::Nothing && taken < buffer.len() {
            let rest = &buffer[taken..];
            if self.starting_tls {
                self.mark(BEHIND_STARTTLS, now);
            }
            let passed = if self.session.is_in_text() {
                self.client_text(rest, now)
            } else {
                match memchr::memchr(b'\n', rest) {
                    Some(end) => self.client_line(&rest[..=end], now),
                    None if rest.len() > LINE_CAP && self.guards_logins() => {
                        // It cannot be known whether it is a login.
                        self.note(Level::Fault, "dropped here: a line without an end", now);
                        self.due = Due::Drop;
                        rest.len()
                    }
                    None if rest.len() > LINE_CAP => self.pass(rest, true, now),
                    None => 0,
                }
            };
            if passed == 0 {
                break;
            }
            taken += passed;
        }
        self.from_client = buffer;
        self.from_client.drain(..taken);
    }

    /// The client has ended: what it sent last goes on, even if it ends no line.
    pub(in crate::tap) fn client_ended(&mut self, now: Instant) {
        let rest = std::mem::take(&mut self.from_client);
        if self.guards_logins() && !self.session.is_in_text() {
            // The beginning of a line may be that of a login.
            return;
        }
        let mut taken = 0;
        while let Some(rest) = rest.get(taken..).filter(|rest| !rest.is_empty()) {
            taken += self.session.pass(rest, TextKept::All, true, now).max(1);
        }
    }

    fn pass(&mut self, octets: &[u8], forward: bool, now: Instant) -> usize {
        self.session.pass(octets, self.meddling.kept, forward, now)
    }

    /// Takes octets of a message or a chunk. Returns how many.
    fn client_text(&mut self, octets: &[u8], now: Instant) -> usize {
        let passed = self.pass(octets, !self.withholds, now);
        let text = &octets[..passed];
        // The CR of an LF at the beginning came before.
        if has_bare_lf(text.strip_prefix(b"\n").unwrap_or(text)) {
            self.mark(BARE_LF, now);
        }
        if self.withholds && !self.session.is_in_text() {
            self.withholds = false;
            self.give_answers(now);
        }
        passed
    }

    /// Takes a line of the client that is no text. Returns how many octets were taken.
    fn client_line(&mut self, octets: &[u8], now: Instant) -> usize {
        if has_bare_lf(octets) {
            self.mark(BARE_LF, now);
        }
        let line = to_command_line(octets.trim_ascii_end());
        let awaits_response = self.session.awaits_response();
        if awaits_response && !(self.guards_logins() && self.login_withheld) {
            return self.pass(octets, true, now);
        }
        let verb = line.verb();
        let place = Place::of(verb, line.text().split(' ').next().unwrap_or_default());
        if self.meddling.rules.drops(&place) {
            self.pass(octets, false, now);
            let words = format!("dropped here, as --drop-at {place} says");
            self.note(Level::Fault, &words, now);
            self.due = Due::Drop;
            return octets.len();
        }
        if let Some(reply) = self.meddling.rules.reply_to(&place, line.argument()) {
            let reply = reply.octets();
            return self.answer(octets, reply, "answered here, as --reply says", now);
        }
        let is_login = begins_login(octets);
        if self.guards_logins() {
            if is_login {
                self.login_withheld = true;
                return self.answer(octets, NO_LOGIN.to_vec(), WITHHELD, now);
            }
            // The client may have sent its responses without waiting for the reply.
            if self.login_withheld && (awaits_response || verb == Verb::Other) {
                return self.answer(octets, NO_RESPONSE.to_vec(), WITHHELD, now);
            }
            self.login_withheld = false;
        }
        if is_login && !self.client_tls {
            self.mark("the client logs in without TLS", now);
        }
        if verb == Verb::StartTls && self.meddling.start_tls == StartTls::Add {
            self.note(
                Level::Info,
                "STARTTLS is answered here; the server does not see it",
                now,
            );
            self.to_client.extend_from_slice(START_TLS);
            self.due = Due::ClientTls;
            return octets.len();
        }
        let passed = self.pass(octets, true, now);
        self.starting_tls |= verb == Verb::StartTls;
        passed
    }

    /// Whether what logs in may not go on: it comes under TLS, and the link to the server is not as safe.
    fn guards_logins(&self) -> bool {
        self.client_tls && !self.server_verified && !self.meddling.insecure_target
    }

    /// Answers a line of the client, once the replies before it have come. Returns how many octets were
    /// taken.
    fn answer(&mut self, octets: &[u8], reply: Vec<u8>, why: &str, now: Instant) -> usize {
        self.pass(octets, false, now);
        self.note(Level::Fault, why, now);
        if let Some(request) = self.session.last_request() {
            self.answers.insert(request, reply);
        }
        self.withholds = self.session.is_in_text();
        self.give_answers(now);
        octets.len()
    }

    /// Gives the tap's answers to requests that are next.
    pub(super) fn give_answers(&mut self, now: Instant) {
        while !self.withholds
            && let Some(next) = self.session.next_request()
            && let Some(reply) = self.answers.remove(&next)
        {
            self.to_client.extend_from_slice(&reply);
            self.session.handle_bytes(&reply, now);
        }
    }
}

/// Whether a line is a login to any server: some take a bare CR for the end of a line.
fn begins_login(octets: &[u8]) -> bool {
    octets.split(|octet| *octet == b'\r').any(|line| {
        let line = to_command_line(line.trim_ascii());
        matches!(line.verb(), Verb::Auth | Verb::Xexps)
    })
}

/// Whether a line ends in LF without CR.
fn has_bare_lf(octets: &[u8]) -> bool {
    memchr::memchr_iter(b'\n', octets).any(|at| at == 0 || octets.get(at - 1) != Some(&b'\r'))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::smtp::{Link, Session};
    use crate::tap::relay::Meddling;

    /// A relay with TLS in front and none behind, after the greeting.
    fn unsafe_behind() -> Relay {
        let now = Instant::now();
        let mut relay = Relay::new(Meddling::default(), Session::new(None), true);
        relay.connected(Link::Clear, false, now);
        relay.server_octets(b"220 mx\r\n", now);
        relay
    }

    #[test]
    fn a_login_that_came_under_tls_stays_here_however_it_is_sent() {
        let table: &[(&[u8], &str)] = &[
            (b"AUTH PLAIN AGFsaWNlAHB3\r\n", ""),
            (b" auth plain AGFsaWNlAHB3\r\n", ""),
            // Without the end of the line, and without waiting for the reply.
            (b"AUTH PLAIN AGFsaWNlAHB3", ""),
            (
                b"AUTH LOGIN\r\nYWxpY2U=\r\ncHc=\r\nMAIL FROM:<a@b>\r\n",
                "MAIL FROM:<a@b>\r\n",
            ),
            (b"NOOP\r\nAUTH LOGIN\r\nYWxpY2U=\r\ncHc=\r\n", "NOOP\r\n"),
            // With an end that some servers take for one.
            (b"NOOP\rAUTH PLAIN AGFsaWNlAHB3\r\n", ""),
            (b"NOOP\nAUTH PLAIN AGFsaWNlAHB3\n", "NOOP\n"),
        ];
        for (octets, expected) in table {
            let now = Instant::now();
            let mut relay = unsafe_behind();
            relay.client_octets(octets, now);
            relay.client_ended(now);
            let sent = String::from_utf8(relay.session().poll_transmit()).unwrap();
            assert_eq!(sent, *expected, "{}", octets.escape_ascii());
        }
        // A line whose end does not come.
        let mut relay = unsafe_behind();
        let line = [b"AUTH PLAIN ".to_vec(), vec![b'a'; LINE_CAP + 1]].concat();
        relay.client_octets(&line, Instant::now());
        assert_eq!(relay.due(), Due::Drop);
        assert!(relay.session().poll_transmit().is_empty());
    }
}
