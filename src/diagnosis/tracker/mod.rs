//! Follows a session through the entries of its transcript, so that the situation of each reply is
//! known.

mod login;

use std::collections::VecDeque;

use super::line::is_http;
use super::message::SentMessage;
use super::request::{self, LINE_CAP, Request};
use super::response::SentResponse;
use super::situation::{EndedBy, Greeted, Situation};
use crate::smtp::draft::DraftIssue;
use crate::smtp::line::{Ending, Line};
use crate::smtp::reply::ReplyLine;
use crate::smtp::{
    Awaited, Capabilities, Code, Entry, EntryId, EntryKind, Oddities, Part, Phase, Received, Reply,
    RequestId, Secret, Sent, SentKind, Transcript, Verb,
};

/// The most requests without a reply that are followed.
const PENDING_CAP: usize = 1024;
/// The most lines of one reply that are kept.
const LINES_CAP: usize = 256;
/// Codes with which a server refuses BDAT without reading its octets: the verb is unknown to it, or not
/// allowed before a login.
const UNREAD_CHUNK: [u16; 3] = [500, 502, 530];

/// Follows a session: takes its entries in order, and keeps the situation of the latest reply.
#[derive(Debug, Default)]
pub struct Tracker {
    /// What is known now.
    now: Situation,
    pending: VecDeque<Request>,
    /// The lines of the reply that is not complete.
    texts: Vec<Box<[u8]>>,
    first_code: Option<Code>,
    /// The situation of the latest complete reply.
    latest: Situation,
    /// Whether the server has sent anything.
    received: bool,
    message: SentMessage,
    /// The latest request that is answered.
    answered: Option<RequestId>,
    /// How many responses the current login has.
    responses: usize,
    /// What its responses were, see [`Situation::response`].
    response: Option<SentResponse>,
    /// Whether the octets of a refused BDAT stand before the next line.
    after_chunk: bool,
    /// Whether the entries are of the log of another program, which may say nothing of TLS.
    of_log: bool,
}

impl Tracker {
    /// A tracker for the log of another program.
    pub fn of_log() -> Self {
        Self {
            of_log: true,
            ..Self::default()
        }
    }

    /// The situation of the reply that the entry `id` is part of.
    pub fn at(self, transcript: &Transcript, id: EntryId) -> Situation {
        let mut tracker = self;
        for (at, entry) in transcript.iter() {
            let complete = tracker.push(entry);
            if at >= id && complete {
                return tracker.latest;
            }
        }
        Situation::default()
    }

    /// Another connection begins, in the same log.
    pub fn reconnect(&mut self) {
        let message = std::mem::take(&mut self.message);
        *self = Self {
            message,
            of_log: self.of_log,
            ..Self::default()
        };
        self.message.begin();
    }

    /// The situation of the latest complete reply.
    pub fn latest(&self) -> &Situation {
        &self.latest
    }

    /// The faults of the message that was sent last, until the next one begins; empty if not all of it is
    /// known.
    pub fn message_faults(&self) -> &[DraftIssue] {
        self.now.message.as_deref().unwrap_or_default()
    }

    /// Whether the server has sent anything.
    pub fn has_received(&self) -> bool {
        self.received
    }

    /// Takes the next entry. Returns whether it completes a reply.
    pub fn push(&mut self, entry: &Entry) -> bool {
        match &entry.kind {
            EntryKind::Note(note) => {
                self.message.note(&note.text);
                false
            }
            EntryKind::Sent(sent) => {
                self.set_tls(entry.tls);
                self.sent(sent);
                false
            }
            EntryKind::Received(received) => {
                self.received = true;
                if received.is_greeting() {
                    self.begin();
                }
                self.set_tls(entry.tls);
                self.received(received)
            }
        }
    }

    /// A greeting begins a connection: what was known is over. Lines sent before it were too early.
    fn begin(&mut self) {
        for request in &mut self.pending {
            request.early = true;
        }
        self.now = Situation {
            phase: Some(Phase::Greeting),
            lmtp: Some(false),
            ..fresh()
        };
    }

    /// Whether the connection is encrypted, as far as that is known: a log of another program shows only by
    /// an offer of STARTTLS that it is not.
    fn tls(&self) -> Option<bool> {
        let offer = self.now.capabilities.as_ref();
        let offered = offer.is_some_and(|now| now.offers("STARTTLS"));
        self.now.tls.filter(|on| *on || !self.of_log || offered)
    }

    fn set_tls(&mut self, tls: bool) {
        if tls && self.now.tls == Some(false) {
            // RFC 3207 section 4.2: what was known before TLS is discarded.
            self.now = Situation {
                phase: Some(Phase::Greeted),
                lmtp: self.now.lmtp,
                ..fresh()
            };
        }
        self.now.tls = Some(tls);
    }

    fn sent(&mut self, sent: &Sent) {
        if sent.kind == SentKind::Message {
            self.message.push(&sent.visible);
        }
        let Some(id) = sent.request else {
            return self.content(sent);
        };
        let awaited = sent.awaited();
        let line = request::line_of(sent, awaited);
        self.begin_login(sent, awaited, line.as_deref());
        self.judge_response(sent, awaited);
        if sent.kind == SentKind::Message {
            self.now.phase = self.now.phase.map(|_| Phase::Submitted);
            self.now.message = self.message.faults(&self.now);
        }
        // Another connection counts from 0 again.
        if self.pending.back().is_some_and(|last| last.id >= id) {
            self.pending.clear();
            self.answered = None;
        }
        if self.pending.len() == PENDING_CAP {
            self.pending.pop_front();
        }
        let is_open = |request: &&Request| Some(request.id) > self.answered;
        let is_ehlo = |request: &Request| matches!(request.awaited, Awaited::Command(verb) if verb.is_introduction());
        let with_ehlo = self.pending.iter().filter(is_open).any(is_ehlo);
        self.pending.push_back(Request {
            id,
            awaited,
            line,
            early: self.now.phase == Some(Phase::Greeting),
            with_ehlo,
            response: self.response.filter(|_| awaited.is_login()),
            after_chunk: std::mem::take(&mut self.after_chunk),
            chunk_unended: false,
        });
    }

    /// Counts the octets of a message, and looks how those of a chunk end.
    fn content(&mut self, sent: &Sent) {
        if sent.kind != SentKind::Message {
            return;
        }
        if let Some(Request {
            awaited: Awaited::Chunk { .. },
            chunk_unended,
            ..
        }) = self.pending.back_mut()
        {
            *chunk_unended = sent.ending != Ending::CrLf;
        } else if let Some(size) = &mut self.now.message_size {
            let secret = sent.secret.as_ref().map_or(0, Secret::len);
            let octets = sent.visible.len() + secret + sent.ending.octets().len();
            *size = size.saturating_add(octets as u64);
        }
    }

    fn received(&mut self, received: &Received) -> bool {
        if received.part.begins() {
            self.texts.clear();
            self.first_code = received.code;
        }
        if self.texts.len() < LINES_CAP {
            let line = Line {
                bytes: received.bytes[..received.bytes.len().min(LINE_CAP)].to_vec(),
                ending: Ending::CrLf,
            };
            self.texts.push(ReplyLine::parse(&line).text.into());
        }
        if !matches!(received.part, Part::Only | Part::Last) {
            return false;
        }
        let reply = Reply {
            first_code: self.first_code,
            last_code: received.code.or(self.first_code),
            enhanced: None,
            texts: std::mem::take(&mut self.texts),
            oddities: Oddities::NONE,
        };
        let Some(code) = reply.code() else {
            return false;
        };
        let request = received.answers.and_then(|id| self.answer(id));
        let is_greeting = received.answers.is_none() && self.now.phase == Some(Phase::Greeting);
        self.latest = Situation {
            awaited: match &request {
                Some(request) => Some(request.awaited),
                None => is_greeting.then_some(Awaited::Greeting),
            },
            line: request.as_ref().and_then(|request| request.line.clone()),
            early: request.as_ref().map(|request| request.early),
            sent_with_ehlo: request.as_ref().map(|request| request.with_ehlo),
            response: request.as_ref().and_then(|request| request.response),
            tls: self.tls(),
            after_chunk: request.as_ref().map(|request| request.after_chunk),
            chunk_unended: request.as_ref().map(|request| request.chunk_unended),
            ..self.now.clone()
        };
        if let Some(awaited) = self.latest.awaited {
            let unread = request
                .as_ref()
                .is_some_and(|request| request.chunk_unended);
            self.after_chunk |= unread && UNREAD_CHUNK.contains(&code.number());
            let line = request.and_then(|request| request.line).unwrap_or_default();
            self.apply(awaited, code, &line, &reply);
        }
        self.latest.phase_after = self.now.phase;
        true
    }

    /// The request that is answered. Earlier ones are over; it stays, as LMTP answers the end of a
    /// message once for each recipient.
    fn answer(&mut self, id: RequestId) -> Option<Request> {
        while self.pending.front().is_some_and(|front| front.id < id) {
            self.pending.pop_front();
        }
        self.answered = self.answered.max(Some(id));
        self.pending.front().filter(|front| front.id == id).cloned()
    }

    /// Applies what a reply changes.
    fn apply(&mut self, awaited: Awaited, code: Code, line: &str, reply: &Reply) {
        let now = &mut self.now;
        let was_open = matches!(now.phase, Some(Phase::Transaction { .. }));
        let another = !matches!(awaited, Awaited::Command(Verb::Other));
        if awaited.is_login() || another {
            now.login_ended = Some(awaited.is_login() && code.is_negative());
        }
        now.phase = now.phase.map(|phase| phase.after(awaited, code));
        let accepted = code.is_positive() && awaited.expects(code);
        let argument = || {
            line.split_once([' ', '\t'])
                .map(|(_, rest)| rest.to_owned())
        };
        if matches!(
            awaited,
            Awaited::Chunk { .. } | Awaited::Command(Verb::Bdat | Verb::Burl)
        ) && code.is_negative()
            && !UNREAD_CHUNK.contains(&code.number())
        {
            now.chunk_refused = Some(true);
        }
        if let Awaited::Command(verb) = awaited {
            if verb.is_introduction() {
                now.ehlo_name = argument().map(|name| name.trim().to_owned());
            }
            now.after_http = now.after_http.map(|after| after || is_http(line));
        }
        match awaited {
            Awaited::Greeting => now.lmtp = Some(accepted && reply.mentions(&["LMTP"])),
            Awaited::Command(verb) if verb.is_introduction() && accepted => {
                now.greeted = Some(match verb {
                    Verb::Lhlo => Greeted::Lhlo,
                    Verb::Helo => Greeted::Helo,
                    _ => Greeted::Ehlo,
                });
                now.capabilities = (verb != Verb::Helo).then(|| Capabilities::parse(reply));
                now.phase = Some(Phase::Ready);
                now.end_transaction();
                now.chunk_refused = Some(false);
                if was_open {
                    now.ended_by = Some(EndedBy::Ehlo);
                }
            }
            Awaited::Command(Verb::Ehlo | Verb::Helo) if reply.mentions(&["LMTP", "LHLO"]) => {
                now.lmtp = Some(true);
            }
            Awaited::Command(Verb::Xclient) if accepted => {
                now.greeted = Some(Greeted::No);
                now.capabilities = None;
            }
            Awaited::Command(Verb::Auth | Verb::Xexps) | Awaited::SaslResponse
                if code.number() == 235 || code.is_negative() && reply.claims_login() =>
            {
                now.logged_in = Some(true);
            }
            Awaited::Command(Verb::Mail) if accepted => {
                now.end_transaction();
                self.message.begin();
                now.mail = argument();
                now.phase = Some(Phase::Ready.after(awaited, code));
                // The server wants no RSET.
                now.chunk_refused = Some(false);
                now.mail_refused = Some(false);
                now.ended_by = Some(EndedBy::Nothing);
            }
            Awaited::Command(Verb::Mail) if code.is_negative() && !was_open => {
                now.mail_refused = Some(true);
            }
            Awaited::Command(Verb::Rset) if accepted => {
                now.end_transaction();
                now.chunk_refused = Some(false);
                if was_open {
                    now.ended_by = Some(EndedBy::Rset);
                }
            }
            Awaited::EndOfData if code.is_negative() || accepted => {
                let refused = now.message.take().filter(|_| !accepted);
                now.end_transaction();
                now.message = refused;
                now.message_size = None;
                now.ended_by = Some(EndedBy::Message);
            }
            Awaited::Chunk { last: true } if accepted => {
                now.end_transaction();
                now.ended_by = Some(EndedBy::Message);
            }
            Awaited::Command(Verb::Data) => {
                self.message.begin();
                now.message_size = accepted.then_some(0);
            }
            Awaited::Chunk { last: false } if accepted => now.chunks = Some(true),
            _ => {}
        }
    }
}

/// What holds on a connection before the client has said anything.
fn fresh() -> Situation {
    Situation {
        logged_in: Some(false),
        greeted: Some(Greeted::No),
        chunks: Some(false),
        mail_refused: Some(false),
        ended_by: Some(EndedBy::Nothing),
        login_ended: Some(false),
        chunk_refused: Some(false),
        after_http: Some(false),
        password_exposed: Some(false),
        ..Situation::default()
    }
}
