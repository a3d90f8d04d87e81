//! From octets to replies: what each answers, and what it changes.

use std::borrow::Cow;
use std::sync::Arc;
use std::time::Instant;

use super::{PendingCommand, Session};
use crate::smtp::code::Code;
use crate::smtp::command::Verb;
use crate::smtp::envelope::Envelope;
use crate::smtp::event::{Cap, Event, Link};
use crate::smtp::extension::{Capabilities, Knowledge};
use crate::smtp::line::{Ending, Line};
use crate::smtp::oddity::{Oddities, Oddity};
use crate::smtp::phase::{Awaited, Phase};
use crate::smtp::reply::{Part, REPLY_BYTES_CAP, REPLY_LINES_CAP, Reply, Step};
use crate::smtp::sniff;
use crate::smtp::transcript::{EntryKind, Level, Received};

/// Octets of an unfinished line that are told while it is coming.
pub const PARTIAL_SHOWN: usize = 1024;
impl Session {
    pub(super) fn read_lines(&mut self, now: Instant) {
        let mut read_any = false;
        while self.wants_bytes()
            && let Some(line) = self.lines.next_line()
        {
            read_any = true;
            self.take_line(&line, now);
            self.check_caps(&line, now);
        }
        // What waits behind a cap is no line that is coming.
        let pending = if self.wants_bytes() {
            self.lines.pending()
        } else {
            &[]
        };
        if read_any || !pending.is_empty() {
            let shown = &pending[..pending.len().min(PARTIAL_SHOWN)];
            let shown = self.secrets.before(shown).to_vec();
            self.events.push_back(Event::Partial {
                shown,
                len: pending.len(),
            });
        }
        self.tell_status();
    }

    pub(super) fn check_caps(&mut self, line: &Line, now: Instant) {
        self.long_pieces = if line.ending == Ending::Cap {
            self.long_pieces + 1
        } else {
            0
        };
        let (lines, bytes) = self.reader.size();
        let cap = if self.long_pieces >= self.caps_granted {
            Cap::Line
        } else if lines >= REPLY_LINES_CAP.saturating_mul(self.caps_granted)
            || bytes >= REPLY_BYTES_CAP.saturating_mul(self.caps_granted)
        {
            Cap::Reply { lines, bytes }
        } else {
            return;
        };
        self.paused = Some(cap);
        self.auto_start_tls = None;
        self.note(now, Level::Fault, format!("{cap}; reading is paused"));
    }

    pub(super) fn take_line(&mut self, came: &Line, now: Instant) {
        let hidden = self.hide_repeated(came);
        let repeats = matches!(hidden, Cow::Owned(_));
        let line = &*hidden;
        let begins = !self.reader.in_reply();
        let in_stray = self.reader.in_stray();
        let Step {
            part,
            mut oddities,
            code,
            reply,
        } = self.reader.push(line);
        let command_pending = self.pending.front();
        // A line without a code answers nothing: a real reply may still follow.
        let stray = code.is_none() && (begins || in_stray);
        let answers = command_pending.filter(|_| !stray);
        match answers {
            None if !stray => oddities.insert(Oddity::Unasked),
            Some(command_pending)
                if code.is_some_and(|code| {
                    code.number() != 421 && !command_pending.awaited.answers_with(code)
                }) =>
            {
                oddities.insert(Oddity::Unexpected);
            }
            _ => {}
        }
        let gloss = answers
            .filter(|_| code.is_some_and(|code| code.number() == 334) && part == Part::Only)
            .and_then(|command_pending| self.read_challenge(command_pending, &line.bytes[3..]))
            .map(Box::new);
        let received = Received {
            bytes: line.bytes.as_slice().into(),
            gloss,
            ending: line.ending,
            code,
            part,
            oddities,
            answers: answers.and_then(|command_pending| command_pending.turn),
            took: answers
                .filter(|_| begins)
                .map(|command_pending| now.saturating_duration_since(command_pending.at)),
        };
        if self.phase == Phase::Greeting
            && begins
            && let Some(words) = sniff::foreign(&line.bytes)
        {
            self.push_entry(now, EntryKind::Received(received));
            self.note(now, Level::Fault, words);
        } else {
            self.push_entry(now, EntryKind::Received(received));
        }
        if repeats {
            self.note_repeated(now);
        }
        if answers_nothing(oddities, stray) {
            self.keep_unasked(&came.bytes);
            self.keep_unasked(line.ending.octets());
        }
        if let Some(reply) = reply
            && line.ending != Ending::Cut
        {
            self.take_reply(reply, now);
        }
    }

    pub(super) fn take_reply(&mut self, reply: Reply, now: Instant) {
        self.caps_granted = 1;
        let Some(code) = reply.code() else { return };
        // A reply is told before what comes of it.
        let place = self.events.len();
        let command_pending = self.pending.pop_front();
        let awaited = command_pending
            .as_ref()
            .map(|command_pending| command_pending.awaited);
        if let Some(command_pending) = command_pending {
            self.take_answer(command_pending, code, &reply, now);
        } else {
            self.unasked_replies += 1;
            // Whatever it is for, what is typed next may be meant as its answer.
            self.login_refused |= code.number() == 334;
            self.see_bare_lf(now);
            if code.number() != 421 {
                self.run_auto_start_tls(
                    |auto_start_tls| auto_start_tls.stop("a reply came unasked"),
                    now,
                );
            }
        }
        if code.number() == 421 {
            self.close(&reply, now);
        }
        self.events.insert(place, Event::Reply { reply, awaited });
    }

    pub(super) fn take_answer(
        &mut self,
        command_pending: PendingCommand,
        code: Code,
        reply: &Reply,
        now: Instant,
    ) {
        let awaited = command_pending.awaited;
        if matches!(awaited, Awaited::Command(Verb::Auth | Verb::Xexps)) {
            self.reach_login(command_pending.turn);
        }
        let question_argument = command_pending.argument.clone();
        if reply.oddities.contains(Oddity::CodeChanged) {
            let why = format!("the codes of {} contradict each other", awaited.name());
            self.run_auto_start_tls(|auto_start_tls| auto_start_tls.stop(&why), now);
        } else if !awaited.answers_with(code) {
            let why = format!("{} came with code {code}", awaited.name());
            self.run_auto_start_tls(|auto_start_tls| auto_start_tls.stop(&why), now);
        }
        let ends_message = matches!(awaited, Awaited::EndOfData | Awaited::Chunk { last: true });
        if ends_message && self.lmtp && self.recipients > 0 && code.number() != 421 {
            // LMTP answers once for each recipient; the last of these answers ends the transaction,
            // whatever it says (RFC 2033 sections 4.2 and 4.3).
            self.recipients -= 1;
            if self.recipients > 0 {
                self.pending.push_front(command_pending);
            } else {
                self.phase = self.phase.after(Awaited::EndOfData, code);
            }
        } else {
            self.phase = self.phase.after(awaited, code);
        }
        if code.is_positive() && awaited.answers_with(code) {
            self.keep_envelope(awaited, &question_argument);
        }
        if code.number() != 421 {
            self.apply(awaited, code, reply, now);
        }
        if awaited != Awaited::Command(Verb::StartTls) {
            self.unasked.clear();
        }
    }

    /// MAIL opens an envelope, RCPT adds to it; it is kept until the next MAIL.
    fn keep_envelope(&mut self, awaited: Awaited, argument: &str) {
        match awaited {
            Awaited::Command(Verb::Mail) => self.envelope = Arc::new(Envelope::open(argument)),
            Awaited::Command(Verb::Rcpt) => Arc::make_mut(&mut self.envelope).add(argument),
            _ => {}
        }
    }

    /// What a reply changes beside the phase.
    pub(super) fn apply(&mut self, awaited: Awaited, code: Code, reply: &Reply, now: Instant) {
        let yes = code.is_positive() && awaited.answers_with(code);
        let early = std::mem::take(&mut self.ended_early);
        match awaited {
            Awaited::Greeting => {
                self.run_auto_start_tls(|auto_start_tls| auto_start_tls.after_greeting(yes), now);
            }
            Awaited::Command(verb @ (Verb::Ehlo | Verb::Lhlo)) if yes => {
                self.lmtp = verb == Verb::Lhlo;
                self.recipients = 0;
                let capabilities = Capabilities::parse(reply);
                if let Some(words) = sniff::masked(&capabilities) {
                    self.note(now, Level::Fault, words);
                }
                let offered = capabilities.offers("STARTTLS");
                self.book
                    .learn(capabilities, self.link != Link::Clear, self.authenticated);
                self.run_auto_start_tls(|auto_start_tls| auto_start_tls.after_ehlo(offered), now);
            }
            Awaited::Command(Verb::Ehlo) => {
                self.run_auto_start_tls(
                    |auto_start_tls| auto_start_tls.refused(Verb::Ehlo, code),
                    now,
                );
            }
            Awaited::Command(Verb::Helo) if yes => self.book.now = Knowledge::Helo,
            Awaited::Command(Verb::Xclient) if yes => self.book.now = Knowledge::Unknown,
            Awaited::Command(Verb::Mail | Verb::Rset) if yes => self.recipients = 0,
            Awaited::Command(Verb::Rcpt) if yes => self.recipients += 1,
            Awaited::Command(Verb::Data) if yes => self.take_typed_ahead(),
            Awaited::EndOfData => self.ended_early = yes && !self.pending.is_empty(),
            Awaited::Command(Verb::Other) if early && matches!(code.number(), 500 | 502) => {
                let words = "the message ended early, at its first lone dot: what stood behind it was \
                             read as commands (RFC 5321 s4.5.2)";
                self.note(now, Level::Fault, words);
            }
            Awaited::Command(Verb::StartTls) if yes => self.begin_handshake(now),
            Awaited::Command(Verb::StartTls) => {
                self.note(
                    now,
                    Level::Fault,
                    format!("STARTTLS was answered {code}: the link stays in clear"),
                );
                self.auto_start_tls = None;
            }
            Awaited::Chunk { .. } if matches!(code.number(), 500 | 502) && self.chunk_left > 0 => {
                // A server that knows BDAT takes its octets even where it refuses them; this one
                // does not know it.
                self.chunk_left = 0;
                let words = "BDAT is not known here: what is typed now is a command again";
                self.note(now, Level::Fault, words);
            }
            Awaited::Command(Verb::Auth | Verb::Xexps) | Awaited::SaslAnswer => {
                self.authenticated |= code.number() == 235;
                // A login that succeeded is behind its last answer.
                self.login_refused = !matches!(code.number(), 235 | 334);
                self.sort_typed_ahead(code.number() == 334);
                self.follow_login(code, reply, now);
            }
            _ => {}
        }
    }

    /// An exchange goes on, or is over: the next line that was typed ahead is an answer of it, and
    /// those behind it are commands until another 334 says otherwise.
    fn sort_typed_ahead(&mut self, mut answer_due: bool) {
        for command_pending in &mut self.pending {
            if std::mem::take(&mut answer_due) {
                command_pending.awaited = Awaited::SaslAnswer;
            } else if command_pending.awaited == Awaited::SaslAnswer {
                command_pending.awaited = Awaited::Command(command_pending.verb);
            }
        }
    }

    /// 354 is here: what was typed ahead of it is the message, up to its dot.
    pub(super) fn take_typed_ahead(&mut self) {
        while let Some(command_pending) = self.pending.pop_front() {
            if command_pending.dot {
                self.phase = Phase::Submitted;
                return self.pending.push_front(PendingCommand {
                    awaited: Awaited::EndOfData,
                    ..command_pending
                });
            }
        }
    }

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

/// Whether a line counts as evidence of a server that speaks out of turn.
fn answers_nothing(oddities: Oddities, stray: bool) -> bool {
    stray || oddities.contains(Oddity::Unasked)
}
