//! Sends lines: decides what a line is in the current phase, which part of it is secret, and which
//! reply it will get.

use std::time::Instant;

use super::{PendingCommand, Session};
use crate::smtp::auto_start_tls::{AutoStartTls, NextStep};
use crate::smtp::code::Code;
use crate::smtp::command::{CommandLine, Verb};
use crate::smtp::event::{Event, Exposure, Link, NotSentReason};
use crate::smtp::line::Ending;
use crate::smtp::phase::{Awaited, Phase};
use crate::smtp::raw::{self, RawLine, to_command_line};
use crate::smtp::secret::Secret;
use crate::smtp::transcript::{EntryKind, Level, RequestId, Sent, SentKind};

/// How many lines may be queued while a message is being sent.
const QUEUED_LINES_CAP: usize = 1000;

impl Session {
    /// Sends a typed line, plus CR LF. `consent` allows sending a secret despite that exposure; it
    /// is needed once for each kind of link.
    ///
    /// A line that cannot be sent comes back in [`Event::NotSent`], so it is never lost.
    pub fn send_line(&mut self, line: CommandLine, consent: Option<Exposure>, now: Instant) {
        self.unexpected_since_send = false;
        self.send_or_queue(line, consent, now);
    }

    /// Sends a line, or queues it while a message is being sent.
    pub(super) fn send_or_queue(
        &mut self,
        line: CommandLine,
        consent: Option<Exposure>,
        now: Instant,
    ) {
        if self.message.is_some() {
            if self.queued_lines.len() == QUEUED_LINES_CAP {
                let reason = NotSentReason::Busy;
                return self.events.push_back(Event::NotSent { line, reason });
            }
            return self.queued_lines.push_back((line, consent));
        }
        if matches!(self.phase, Phase::Offline | Phase::Handshake) {
            let reason = if self.phase == Phase::Offline {
                NotSentReason::NotConnected
            } else {
                NotSentReason::Handshake
            };
            return self.events.push_back(Event::NotSent { line, reason });
        }
        if self.chunk_left > 0 {
            return self.send_in_chunk(line, consent, now);
        }
        let secret_from = self.secret_in_typed(&line);
        if secret_from.is_some()
            && let Some(reason) = self.missing_consent(consent)
        {
            // A secret that the grammar does not recognise stays hidden when the line comes back.
            let hidden = line.is_hidden() || line.secret() != secret_from;
            let line = line.hide(hidden);
            return self.events.push_back(Event::NotSent { line, reason });
        }
        self.take_over(&line, now);
        self.write_line(&line, secret_from, now);
        self.emit_status();
    }

    /// The offset of the secret in a typed line, which may continue a line begun by raw octets.
    fn secret_in_typed(&self, line: &CommandLine) -> Option<usize> {
        if self.unfinished_line.is_empty() {
            let known = self.known_secret(line.text().as_bytes());
            return earlier(self.secret_from(line), known);
        }
        let whole = [self.unfinished_line.as_slice(), line.text().as_bytes()].concat();
        let from = self.secret_in_joined(&whole, line.is_hidden())?;
        Some(from.saturating_sub(self.unfinished_line.len()))
    }

    /// The offset of the secret in a line that raw octets have begun. It may contain bare LFs.
    pub(super) fn secret_in_joined(&self, whole: &[u8], hidden: bool) -> Option<usize> {
        let after_lf = || raw::find_secret(whole, false).filter(|_| self.phase != Phase::Message);
        let from = self
            .secret_from(&to_command_line(whole).hide(hidden))
            .or_else(after_lf);
        earlier(from, self.known_secret(whole))
    }

    /// The offset of a secret that was sent before on this connection. Lines of a message do not
    /// count.
    fn known_secret(&self, line: &[u8]) -> Option<usize> {
        let from = self.secrets.find(line)?;
        (self.phase != Phase::Message).then_some(from)
    }

    /// The offset of the secret in a line, from its grammar and the state of the session.
    pub(super) fn secret_from(&self, line: &CommandLine) -> Option<usize> {
        let is_response = self.secret_lines();
        match line.text() {
            "*" | "" | "=" if is_response || self.login_refused => None,
            _ if is_response || line.is_hidden() => line.clone().hide(true).secret(),
            // A line of a message is not a command, even if it looks like one. Before 354 it may be
            // one.
            _ if self.phase == Phase::Message => None,
            // A user who did not notice the refusal types the next response, in base64 or not.
            _ if self.login_refused && line.verb() == Verb::Other => {
                line.clone().hide(true).secret()
            }
            // After DATA it is a line of the message, such as one of an attachment in base64.
            _ if line.is_plain_response() && self.expected_phase() == Phase::Message => None,
            _ => line.secret(),
        }
    }

    /// Writes a line and CR LF. It may end a line begun by raw octets.
    pub(super) fn write_line(
        &mut self,
        line: &CommandLine,
        secret_from: Option<usize>,
        now: Instant,
    ) {
        let raw_line = RawLine {
            octets: line.text().as_bytes(),
            ending: Ending::CrLf,
        };
        if self.unfinished_line.is_empty() || self.chunk_left > 0 {
            return self.write_octets(line, raw_line, secret_from, now);
        }
        let beginning = std::mem::take(&mut self.unfinished_line);
        let whole = to_command_line(&[beginning.as_slice(), raw_line.octets].concat());
        self.write_octets(&whole, raw_line, secret_from, now);
    }

    /// Writes `raw_line`. `line` is the whole line it ends, with the octets sent before.
    pub(super) fn write_octets(
        &mut self,
        line: &CommandLine,
        raw_line: RawLine<'_>,
        secret_from: Option<usize>,
        now: Instant,
    ) {
        let verb = line.verb();
        let in_exchange = self.secret_lines();
        let octets = (raw_line.octets.len() + raw_line.ending.octets().len()) as u64;
        let (kind, awaited) = if self.chunk_left > 0 {
            self.fill_chunk(octets, now);
            (SentKind::Message, None)
        } else if self.phase == Phase::Message {
            let ends = line.text() == "." && raw_line.ending != Ending::Cut;
            (SentKind::Message, ends.then_some(Awaited::EndOfData))
        } else if raw_line.ending == Ending::Cut || self.is_proxy(line) {
            // The first is not a request yet, the second never is.
            (SentKind::Command, None)
        } else if self.phase == Phase::Exchange {
            let awaited = match line.text() {
                "*" => Awaited::SaslCancel,
                _ => Awaited::SaslResponse,
            };
            (SentKind::SaslResponse, Some(awaited))
        } else if let Some((size, last)) = line.chunk() {
            self.chunk_left = size;
            (SentKind::Command, Some(Awaited::Chunk { last }))
        } else {
            (SentKind::Command, Some(Awaited::Command(verb)))
        };
        self.login_refused &= verb == Verb::Other;
        let out_of_order = match awaited {
            Some(_) if self.awaits(Awaited::Greeting) => true,
            Some(Awaited::Command(verb)) => {
                !self.expected_phase().allows(verb)
                    || (verb == Verb::StartTls && self.link != Link::Clear)
            }
            Some(Awaited::Chunk { .. }) => !self.expected_phase().allows(Verb::Bdat),
            _ => false,
        };
        let request =
            awaited.map(|awaited| self.push_pending(awaited, verb, line.text() == ".", now));
        if let Some(pending) = self.pending.back_mut().filter(|_| request.is_some()) {
            pending.is_star = line.text() == "*";
        }
        if let Some(Awaited::Command(Verb::Mail | Verb::Rcpt)) = awaited
            && let Some(pending) = self.pending.back_mut()
        {
            pending.argument = line.argument().into();
        }
        let (visible, secret) = raw_line.octets.split_at(
            secret_from.map_or(raw_line.octets.len(), |at| at.min(raw_line.octets.len())),
        );
        let secret = secret_from.map(|_| Secret::new(secret.to_vec()));
        let annotation = self
            .annotate_sent(line, awaited, request, in_exchange)
            .map(Box::new);
        if let Some(secret) = secret.as_ref().filter(|_| raw_line.ending != Ending::Cut) {
            self.remember_secret(line, secret);
        }
        let sent = Sent {
            request,
            visible: visible.into(),
            secret,
            annotation,
            kind,
            ending: raw_line.ending,
            out_of_order,
        };
        self.push_entry(now, EntryKind::Sent(sent));
        self.transmit.extend_from_slice(raw_line.octets);
        self.transmit.extend_from_slice(raw_line.ending.octets());
    }

    /// Remembers the secret of a complete line. `end` is its last part, if raw octets began it.
    fn remember_secret(&mut self, line: &CommandLine, end: &Secret) {
        let names = self.login_names();
        let text = line.text();
        let from = line.clone().hide(false).secret();
        if line.verb() == Verb::Other || end.len() < text.len() {
            self.secrets.remember(end.reveal(), &names);
        }
        // A command typed instead of a response is a mistake, and its words are not secret.
        let from = from.or((line.verb() == Verb::Other).then_some(0));
        if let Some(from) = from {
            self.secrets.remember(&text.as_bytes()[from..], &names);
        }
    }

    /// Whether a line is a header of HAProxy's PROXY protocol, version 1: it comes first and gets
    /// no reply.
    fn is_proxy(&self, line: &CommandLine) -> bool {
        self.requests == 0 && self.phase == Phase::Greeting && line.text().starts_with("PROXY ")
    }

    /// Registers a request that is being sent; its reply is then awaited.
    pub(super) fn push_pending(
        &mut self,
        awaited: Awaited,
        verb: Verb,
        is_dot: bool,
        now: Instant,
    ) -> RequestId {
        let request = RequestId(self.requests);
        self.requests += 1;
        self.displaced = None;
        self.overlaps = !self.pending.is_empty();
        if awaited == Awaited::EndOfData && self.phase == Phase::Message {
            self.phase = Phase::Submitted;
        }
        if self.pending.is_empty() {
            // The beginning of an unasked line.
            let early = self.lines.pending().to_vec();
            self.keep_unasked(&early);
        }
        self.pending.push_back(PendingCommand {
            awaited,
            request: Some(request),
            sent_at: now,
            verb,
            is_dot,
            is_star: false,
            argument: "".into(),
        });
        request
    }

    /// The phase after all pending requests, if they succeed.
    pub(super) fn expected_phase(&self) -> Phase {
        let mut phase = self.phase;
        for pending in &self.pending {
            if phase == Phase::Message {
                // The lines after DATA are the message, up to its dot.
                if pending.is_dot {
                    phase = Phase::Ready;
                }
                continue;
            }
            let success = match pending.awaited {
                Awaited::Greeting | Awaited::Command(Verb::StartTls) => 220,
                Awaited::Command(Verb::Data) => 354,
                Awaited::Command(Verb::Quit) => 221,
                awaited if awaited.is_login() => 235,
                _ => 250,
            };
            if pending.awaited != Awaited::Greeting {
                phase = phase.after(pending.awaited, Code::new(success));
            }
        }
        phase
    }

    /// Advances the automatic STARTTLS, if it is running.
    pub(super) fn run_auto_start_tls(
        &mut self,
        step: impl FnOnce(AutoStartTls) -> NextStep,
        now: Instant,
    ) {
        let Some(auto_start_tls) = self.auto_start_tls.take() else {
            return;
        };
        let mut next = step(auto_start_tls.clone());
        if next.send.is_some() && self.has_unexpected_input() {
            next = auto_start_tls.stop(if self.unexpected_since_send {
                "the server sent an unexpected reply"
            } else {
                "the server sent more than one reply"
            });
        }
        self.auto_start_tls = next.state;
        if let Some(fault) = next.fault {
            self.note(now, Level::Fault, fault);
        }
        if let Some(line) = next.send {
            self.write_line(&line, None, now);
        }
    }
}

/// The smaller of two optional offsets.
fn earlier(one: Option<usize>, other: Option<usize>) -> Option<usize> {
    one.into_iter().chain(other).min()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn returns_lines_above_the_cap_of_the_queue() {
        let now = Instant::now();
        let mut session = Session::new(None);
        session.handle_connected(Link::Clear, now);
        session.begin_message();
        while session.poll_event().is_some() {}
        for _ in 0..QUEUED_LINES_CAP {
            session.send_line(CommandLine::parse("NOOP").unwrap(), None, now);
        }
        assert!(session.poll_event().is_none());
        let line = CommandLine::parse("RSET").unwrap();
        session.send_line(line.clone(), None, now);
        let Some(Event::NotSent {
            line: returned,
            reason,
        }) = session.poll_event()
        else {
            panic!("the line was not returned");
        };
        assert_eq!((returned, reason), (line, NotSentReason::Busy));
        session.end_message(now);
        let sent = String::from_utf8(session.poll_transmit()).unwrap();
        assert_eq!(sent.matches("NOOP\r\n").count(), QUEUED_LINES_CAP);
        assert!(!sent.contains("RSET"));
    }
}
