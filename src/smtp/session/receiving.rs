//! Receives octets: assembles replies, matches them with requests and updates the state.

use std::sync::Arc;
use std::time::Instant;

use super::{PendingCommand, Session};
use crate::smtp::code::Code;
use crate::smtp::command::Verb;
use crate::smtp::envelope::Envelope;
use crate::smtp::event::{Cap, Event, Link};
use crate::smtp::extension::{Capabilities, CapabilityState};
use crate::smtp::line::{Ending, Line};
use crate::smtp::oddity::{Oddities, Oddity};
use crate::smtp::phase::{Awaited, Phase};
use crate::smtp::reply::{Part, REPLY_BYTES_CAP, REPLY_LINES_CAP, Reply, ReplyProgress};
use crate::smtp::sniff;
use crate::smtp::transcript::{EntryKind, Level, Received};

/// How many octets of an incomplete line are reported while it arrives.
pub const PARTIAL_SHOWN: usize = 1024;

impl Session {
    /// Handles all complete lines in the buffer and reports the incomplete one.
    pub(super) fn read_lines(&mut self, now: Instant) {
        let mut read_any = false;
        while self.wants_read()
            && let Some(line) = self.lines.next_line()
        {
            read_any = true;
            let ending = line.ending;
            self.receive_line(line, now);
            self.check_caps(ending, now);
        }
        // While reading is paused, the buffered octets are not an incomplete line.
        let pending = if self.wants_read() {
            self.lines.pending()
        } else {
            &[]
        };
        if read_any || !pending.is_empty() {
            let shown = &pending[..pending.len().min(PARTIAL_SHOWN)];
            let shown = self.secrets.prefix_without(shown).to_vec();
            self.events.push_back(Event::Partial {
                shown,
                len: pending.len(),
            });
        }
        self.emit_status();
    }

    /// Pauses reading if a line or a reply has reached its cap.
    pub(super) fn check_caps(&mut self, ending: Ending, now: Instant) {
        self.long_line_pieces = if ending == Ending::Cap {
            self.long_line_pieces + 1
        } else {
            0
        };
        let (lines, bytes) = self.reader.size();
        let cap = if self.long_line_pieces >= self.cap_factor {
            Cap::Line
        } else if lines >= REPLY_LINES_CAP.saturating_mul(self.cap_factor)
            || bytes >= REPLY_BYTES_CAP.saturating_mul(self.cap_factor)
        {
            Cap::Reply { lines, bytes }
        } else {
            return;
        };
        self.paused = Some(cap);
        self.auto_start_tls = None;
        self.note(now, Level::Fault, format!("{cap}; reading is paused"));
    }

    /// Handles one line of the server: adds it to the transcript and to the current reply.
    pub(super) fn receive_line(&mut self, received_line: Line, now: Instant) {
        self.end_unfinished_reply(&received_line, now);
        self.restore_displaced(&received_line);
        self.end_recipient_replies(&received_line, now);
        let hidden = self.hide_repeated(&received_line);
        let repeats_secret = hidden.is_some();
        let line = hidden.as_ref().unwrap_or(&received_line);
        let begins = !self.reader.in_reply();
        let in_stray = self.reader.in_stray();
        let ReplyProgress {
            part,
            mut oddities,
            code,
            reply,
        } = self.reader.push(line);
        let pending = self.pending.front();
        // A line without a code answers no request: the real reply may still follow.
        let stray = code.is_none() && (begins || in_stray);
        let answered = pending.filter(|_| !stray);
        self.unexpected_since_send |= answered.is_none();
        match answered {
            None if !stray => oddities.insert(Oddity::Unasked),
            Some(pending)
                if code
                    .is_some_and(|code| code.number() != 421 && !pending.awaited.expects(code)) =>
            {
                oddities.insert(Oddity::Unexpected);
            }
            _ => {}
        }
        let annotation = answered
            .and_then(|pending| match code?.number() {
                334 if part == Part::Only => self.annotate_challenge(pending, &line.bytes[3..]),
                _ if begins => self.annotate_recipient(pending, code?),
                _ => None,
            })
            .map(Box::new);
        let took = answered
            .filter(|_| begins)
            .map(|pending| now.saturating_duration_since(pending.sent_at));
        let answers = answered.and_then(|pending| pending.request);
        let other_protocol = match self.phase {
            Phase::Greeting if begins => sniff::other_protocol(&line.bytes),
            _ => None,
        };
        let ending = line.ending;
        if is_unasked(oddities, stray) {
            self.keep_unasked(&received_line.bytes);
            self.keep_unasked(ending.octets());
        }
        let line = hidden.unwrap_or(received_line);
        let received = Received {
            // A server may send very many lines: they are not copied.
            bytes: line.bytes.into(),
            annotation,
            ending,
            code,
            part,
            oddities,
            answers,
            took,
        };
        self.push_entry(now, EntryKind::Received(received));
        if let Some(text) = other_protocol {
            self.note(now, Level::Fault, text);
        }
        if repeats_secret {
            self.note_repeated(now);
        }
        self.requests_at_line = self.requests;
        if let Some(reply) = reply
            && ending != Ending::Cut
        {
            self.receive_reply(reply, now);
        }
    }

    /// Handles a complete reply.
    pub(super) fn receive_reply(&mut self, reply: Reply, now: Instant) {
        self.cap_factor = 1;
        let Some(code) = reply.code() else { return };
        // The event of the reply precedes the events it causes.
        let place = self.events.len();
        // A login that is cut off here may have a response on its way from the user.
        self.login_refused |= code.number() == 421 && self.secret_lines();
        let pending = self.pending.pop_front();
        let awaited = pending.as_ref().map(|pending| pending.awaited);
        self.last_answered = awaited.or(self.last_answered);
        self.unexpected_since_send |= reply.is_unexpected(awaited);
        if let Some(pending) = pending {
            if self.is_second_greeting(&pending, code) {
                self.displace(pending, now);
            } else {
                self.note_misplaced_answer(awaited, code, &reply, now);
                self.receive_answer(pending, code, &reply, now);
            }
        } else {
            self.unasked_replies += 1;
            // The next line typed may be meant as a response to it.
            self.login_refused |= code.number() == 334;
            self.note_unasked(code, now);
            if code.number() != 421 {
                self.run_auto_start_tls(
                    |auto_start_tls| auto_start_tls.stop("received an unasked reply"),
                    now,
                );
            }
        }
        if code.number() == 421 {
            self.close(&reply, now);
        }
        self.events.insert(place, Event::Reply { reply, awaited });
    }

    /// Handles the reply to a request: updates the phase and everything that depends on it.
    pub(super) fn receive_answer(
        &mut self,
        pending: PendingCommand,
        code: Code,
        reply: &Reply,
        now: Instant,
    ) {
        let awaited = pending.awaited;
        if matches!(awaited, Awaited::Command(Verb::Auth | Verb::Xexps)) {
            self.drop_logins_before(pending.request);
        }
        let argument = pending.argument.clone();
        if reply.oddities.contains(Oddity::CodeChanged) {
            let why = format!("the reply to {} contains different codes", awaited.name());
            self.run_auto_start_tls(|auto_start_tls| auto_start_tls.stop(&why), now);
        } else if !awaited.expects(code) {
            let why = format!("unexpected code {code} in reply to {}", awaited.name());
            self.run_auto_start_tls(|auto_start_tls| auto_start_tls.stop(&why), now);
        }
        let begins = !matches!(self.phase, Phase::Transaction { .. });
        if self.is_for_a_recipient(awaited, code) {
            // The last one ends the transaction, whatever its code (RFC 2033 sections 4.2 and 4.3).
            self.recipients -= 1;
            if self.recipients > 0 {
                self.pending.push_front(pending);
            } else {
                self.phase = self.phase.after(Awaited::EndOfData, code);
            }
        } else {
            self.phase = self.phase.after(awaited, code);
        }
        if code.is_positive() && awaited.expects(code) {
            self.update_envelope(awaited, &argument, begins);
        }
        if code.number() != 421 {
            self.apply_reply(awaited, code, reply, now);
        }
        if awaited != Awaited::Command(Verb::StartTls) {
            self.unasked.clear();
        }
    }

    /// Updates the envelope: MAIL begins a new one, RCPT adds a recipient. With `begins`, no
    /// transaction was open before the reply.
    fn update_envelope(&mut self, awaited: Awaited, argument: &str, begins: bool) {
        match awaited {
            Awaited::Command(Verb::Mail) => self.envelope = Arc::new(Envelope::from_mail(argument)),
            Awaited::Command(Verb::Rcpt) => {
                if begins {
                    self.envelope = Arc::default();
                }
                Arc::make_mut(&mut self.envelope).add_recipient(argument);
            }
            _ => {}
        }
    }

    /// Applies what a reply changes besides the phase.
    pub(super) fn apply_reply(
        &mut self,
        awaited: Awaited,
        code: Code,
        reply: &Reply,
        now: Instant,
    ) {
        let accepted = code.is_positive() && awaited.expects(code);
        let early = std::mem::take(&mut self.ended_early);
        self.chunk_refused = false;
        self.hear_of_lmtp(awaited, accepted, reply);
        match awaited {
            Awaited::Greeting => {
                let lmtp = self.speaks_lmtp;
                self.run_auto_start_tls(
                    |auto_start_tls| auto_start_tls.after_greeting(accepted, lmtp),
                    now,
                );
            }
            Awaited::Command(verb @ (Verb::Ehlo | Verb::Lhlo)) if accepted => {
                self.lmtp = verb == Verb::Lhlo;
                self.recipients = 0;
                let capabilities = Capabilities::parse(reply);
                if let Some(text) = sniff::masked_keywords(&capabilities) {
                    self.note(now, Level::Fault, text);
                }
                if let Some(line) = &capabilities.no_keyword {
                    let text = format!("\"{line}\" in the reply to {verb} is text, not a keyword");
                    self.note(now, Level::Info, text);
                }
                let offered = capabilities.offers("STARTTLS");
                self.capabilities.update(
                    capabilities,
                    self.link != Link::Clear,
                    self.authenticated,
                );
                self.run_auto_start_tls(|auto_start_tls| auto_start_tls.after_ehlo(offered), now);
            }
            Awaited::Command(verb @ (Verb::Ehlo | Verb::Lhlo)) => {
                let lmtp = self.speaks_lmtp;
                self.run_auto_start_tls(
                    |auto_start_tls| auto_start_tls.refused(verb, code, lmtp),
                    now,
                );
            }
            Awaited::Command(Verb::Helo) if accepted => {
                self.capabilities.now = CapabilityState::Helo;
            }
            Awaited::Command(Verb::Xclient) if accepted => {
                self.capabilities.now = CapabilityState::Unknown;
            }
            Awaited::Command(Verb::Mail | Verb::Rset) if accepted => {
                self.recipients = 0;
                self.refused_early = false;
            }
            Awaited::Command(Verb::Rcpt) if accepted => self.recipients += 1,
            Awaited::Command(Verb::Data) if accepted => self.drop_typed_ahead_message(),
            Awaited::EndOfData => {
                self.ended_early = accepted && !self.pending.is_empty();
                self.note_broken_off(code, now);
            }
            Awaited::Command(Verb::Other) if early && matches!(code.number(), 500 | 502) => {
                let text = "the message ended at its first lone dot: the rest was read as commands \
                     (RFC 5321 s4.5.2)";
                self.note(now, Level::Fault, text);
            }
            Awaited::Command(Verb::StartTls) if accepted => self.begin_handshake(now),
            Awaited::Command(Verb::StartTls) => self.note_tls_refused(code, now),
            Awaited::Chunk { .. } if !accepted => self.refuse_chunk(code, now),
            Awaited::Command(Verb::Auth | Verb::Xexps)
            | Awaited::SaslResponse
            | Awaited::SaslCancel => {
                self.authenticated |= code.number() == 235;
                // After a success no more responses are due.
                self.login_refused = !matches!(code.number(), 235 | 334);
                self.reassign_typed_ahead(code.number() == 334);
                self.update_login(code, reply, now);
            }
            _ => {}
        }
    }

    /// After a 334, the first typed-ahead line is the SASL response and the rest are commands, until
    /// another 334. Otherwise all are commands.
    fn reassign_typed_ahead(&mut self, mut response_due: bool) {
        for pending in &mut self.pending {
            if std::mem::take(&mut response_due) {
                pending.awaited = if pending.is_star {
                    Awaited::SaslCancel
                } else {
                    Awaited::SaslResponse
                };
            } else if matches!(pending.awaited, Awaited::SaslResponse | Awaited::SaslCancel) {
                pending.awaited = Awaited::Command(pending.verb);
            }
        }
    }

    /// After 354, the lines typed ahead are the message, up to its dot: they get no replies of
    /// their own.
    pub(super) fn drop_typed_ahead_message(&mut self) {
        while let Some(pending) = self.pending.pop_front() {
            if pending.is_dot {
                self.phase = Phase::Submitted;
                return self.pending.push_front(PendingCommand {
                    awaited: Awaited::EndOfData,
                    ..pending
                });
            }
        }
    }

    /// Handles a 421: the server is about to close the connection.
    pub(super) fn close(&mut self, reply: &Reply, now: Instant) {
        self.phase = Phase::Closing;
        self.auto_start_tls = None;
        self.logins.clear();
        let text = reply
            .texts
            .first()
            .map(|text| String::from_utf8_lossy(text))
            .unwrap_or_default();
        self.note(
            now,
            Level::Fault,
            format!("the server is closing the session: {text}"),
        );
    }
}

/// Whether a line answers no request.
fn is_unasked(oddities: Oddities, stray: bool) -> bool {
    stray || oddities.contains(Oddity::Unasked)
}
