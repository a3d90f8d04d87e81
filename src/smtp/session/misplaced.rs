//! Replies in odd places: which request they answer, and a note that says what they are.

use std::time::Instant;

use super::{PendingCommand, Session};
use crate::smtp::code::Code;
use crate::smtp::command::Verb;
use crate::smtp::event::Link;
use crate::smtp::line::Line;
use crate::smtp::phase::{Awaited, Phase};
use crate::smtp::reply::Reply;
use crate::smtp::transcript::Level;

/// The code of a greeting.
const GREETING: u16 = 220;

const EXTRA_REPLY: &str = "more replies than commands";
const WRONG_REPLY: &str = "a reply that does not fit its command";
const IN_MESSAGE: &str = "a reply in the middle of the message";
const BEFORE_COMMANDS: &str = "a reply although no command was sent";
const SECOND_GREETING: &str = "another greeting";
const CHUNK_AS_COMMANDS: &str = "the octets of the refused chunk are read as commands";

impl Session {
    /// Ends the reply that has begun if `line` begins the next one, although a last line is missing.
    pub(super) fn end_unfinished_reply(&mut self, line: &Line, now: Instant) {
        if !self.begins_next_reply(line) {
            return;
        }
        let Some(reply) = self.reader.take_unfinished() else {
            return;
        };
        let awaited = self.pending.front().map(|pending| pending.awaited);
        // Nothing may be sent automatically: what was sent before came too early, or was lost.
        self.unexpected_since_send = true;
        self.receive_reply(reply, now);
        let name = awaited.map_or("a command", Awaited::name);
        let next = self
            .pending
            .front()
            .map_or("the next command", |next| next.awaited.name());
        let text = if awaited == Some(Awaited::Greeting) {
            format!(
                "the greeting has no last line (\"220 \"): {next} was sent before its end, and \
                 this is the reply to it; usually mail is refused now: reconnect and wait"
            )
        } else {
            format!("the reply to {name} has no last line: this is the reply to {next}")
        };
        self.note(now, Level::Fault, text);
    }

    /// Whether a line begins the next reply, although the reply before it has no last line.
    ///
    /// A server may change the code within one reply (`250-a`, `550 b`), so another code alone proves
    /// nothing. It does if another request waits, and
    /// - the open reply is the greeting: no server greets with two codes, and postscreen never ends a
    ///   greeting if the client talks before its end;
    /// - or the request was sent after all lines of the open reply: the server had paused there;
    /// - or the code is a success that only the request can have, such as 354.
    fn begins_next_reply(&self, line: &Line) -> bool {
        let mut pending = self.pending.iter();
        let (Some(current), Some(next)) = (pending.next(), pending.next()) else {
            return false;
        };
        let Some((_, code)) = self.reader.changed_code(line) else {
            return false;
        };
        let sent_later = next
            .request
            .is_some_and(|request| request.0 >= self.requests_at_line);
        let only_next =
            code.is_positive() && next.awaited.expects(code) && !current.awaited.expects(code);
        current.awaited == Awaited::Greeting || sent_later || only_next
    }

    /// Whether a reply to `pending` is another greeting: a proxy has greeted, and then the server
    /// behind it. No server accepts EHLO with 220.
    pub(super) fn is_second_greeting(&self, pending: &PendingCommand, code: Code) -> bool {
        let greets = Awaited::Command(pending.verb) == pending.awaited
            && matches!(pending.verb, Verb::Ehlo | Verb::Helo | Verb::Lhlo);
        greets && self.phase == Phase::Greeted && code.number() == GREETING
    }

    /// Handles another greeting that came in place of the reply to `pending`. If more requests wait,
    /// the reply is still due. Otherwise it may never come, so it is not waited for.
    pub(super) fn displace(&mut self, pending: PendingCommand, now: Instant) {
        self.note_second_greeting(now);
        self.run_auto_start_tls(
            |auto_start_tls| auto_start_tls.stop("received another greeting"),
            now,
        );
        if self.pending.is_empty() {
            self.displaced = Some(pending);
        } else {
            self.pending.push_front(pending);
        }
    }

    /// Awaits the reply to the request that got another greeting, if `line` may begin it.
    pub(super) fn restore_displaced(&mut self, line: &Line) {
        let begins = self.pending.is_empty() && !self.reader.in_reply();
        let code = Code::parse(&line.bytes);
        let fits = |pending: &mut PendingCommand| {
            code.is_some_and(|code| code.number() != 421 && pending.awaited.expects(code))
        };
        if begins {
            self.pending.extend(self.displaced.take_if(fits));
        }
    }

    /// Adds a note about a reply that answers no request.
    pub(super) fn note_unasked(&mut self, code: Code, now: Instant) {
        let in_message = self.phase == Phase::Message || self.message.is_some();
        if code.number() == 421 || self.phase == Phase::Closing || self.detect_bare_lf(now) {
            // Their own notes say more.
        } else if in_message && code.is_negative() {
            self.refused_early = true;
            let detail = "the server refuses it before its end, and may read the rest of it as \
                          commands, and the final dot too";
            self.note_once(now, IN_MESSAGE, detail);
        } else if in_message {
            let detail = "it is not the reply to the final dot, which is still due";
            self.note_once(now, IN_MESSAGE, detail);
        } else if self.chunk_refused {
            let detail = "the server does not skip them, and replies to each line";
            self.note_once(now, CHUNK_AS_COMMANDS, detail);
        } else if code.number() == GREETING && self.phase == Phase::Greeted {
            self.note_second_greeting(now);
        } else if let (Some(last), true) = (self.last_answered, self.requests > 0) {
            self.note_extra_reply(last, now);
        } else {
            let detail =
                "it answers nothing; a server that replies in advance may not read commands";
            self.note_once(now, BEFORE_COMMANDS, detail);
        }
    }

    /// Adds a note about one reply too many. If commands were sent together, it is unknown which of
    /// them got two.
    fn note_extra_reply(&mut self, last: Awaited, now: Instant) {
        if !self.overlaps {
            let detail = format!(
                "this one is taken for a second reply to {}; if later ones do not fit their \
                 commands, reconnect",
                last.name()
            );
            return self.note_once(now, EXTRA_REPLY, &detail);
        }
        self.out_of_step = true;
        let detail = "one of the commands sent together got two, so replies may be credited to the \
                      wrong command; reconnect to be in step again";
        self.note_once(now, EXTRA_REPLY, detail);
    }

    fn note_second_greeting(&mut self, now: Instant) {
        let detail = "the first one probably came from a proxy or filter in front of this server";
        self.note_once(now, SECOND_GREETING, detail);
    }

    /// Adds a note if the code or the text of a reply contradicts the request that it answers.
    pub(super) fn note_misplaced_answer(
        &mut self,
        awaited: Option<Awaited>,
        code: Code,
        reply: &Reply,
        now: Instant,
    ) {
        let Some(awaited) = awaited else { return };
        let shifted = code.is_positive() && !awaited.expects(code) && !self.pending.is_empty();
        match (awaited, code.number()) {
            (_, 235) if awaited.is_login() && claims_failure(reply) => {
                let text = "the code 235 says that the login succeeded, but the text says that it \
                            failed: the code counts here; other clients may read the text";
                self.note(now, Level::Fault, text);
            }
            (Awaited::Command(Verb::Rcpt), 250 | 251) if self.phase == Phase::Ready => {
                let text = "the server accepts a recipient although it accepted no MAIL: it seems \
                            to have a transaction open; RSET clears it";
                self.note(now, Level::Fault, text);
            }
            _ if shifted => {
                self.out_of_step = true;
                let detail = format!(
                    "{code} is no reply to {}, so replies may be credited to the wrong command; \
                     reconnect to be in step again",
                    awaited.name()
                );
                self.note_once(now, WRONG_REPLY, &detail);
            }
            _ => {}
        }
    }

    /// Adds a note if the reply to the dot is one to a command: the server had refused the message
    /// before its end.
    pub(super) fn note_broken_off(&mut self, code: Code, now: Instant) {
        if std::mem::take(&mut self.refused_early) && matches!(code.number(), 500..=503) {
            let text = "the server had refused the message before its end: this is its reply to \
                        the dot as a command";
            self.note(now, Level::Fault, text);
        }
    }

    /// Adds a note about a refused STARTTLS: what the link stays.
    pub(super) fn note_tls_refused(&mut self, code: Code, now: Instant) {
        self.auto_start_tls = None;
        let (level, text) = match self.link {
            Link::Clear => (
                Level::Fault,
                format!("STARTTLS got reply {code}: the link stays in plain text"),
            ),
            Link::Unverified | Link::Verified => (
                Level::Info,
                format!("STARTTLS got reply {code}: TLS was active already and stays active"),
            ),
        };
        self.note(now, level, text);
    }
}

/// Whether the text of a reply says that something failed.
fn claims_failure(reply: &Reply) -> bool {
    const WORDS: [&str; 7] = [
        "fail",
        "denied",
        "invalid",
        "incorrect",
        "rejected",
        "unsuccessful",
        "not accepted",
    ];
    reply.texts.iter().any(|text| {
        let text = String::from_utf8_lossy(text).to_ascii_lowercase();
        WORDS.iter().any(|word| text.contains(word))
    })
}
