//! Follows a session through the entries of its transcript, so that the situation of each reply is
//! known.

use std::collections::VecDeque;

use super::message::SentMessage;
use super::situation::{Greeted, Situation};
use crate::smtp::draft::DraftIssue;
use crate::smtp::line::{Ending, Line};
use crate::smtp::reply::ReplyLine;
use crate::smtp::{
    Awaited, Capabilities, Code, CommandLine, Entry, EntryId, EntryKind, Oddities, ParsedCommand,
    Part, Phase, Received, Reply, RequestId, Sent, SentKind, Transcript, Verb,
};

/// The most requests without a reply that are followed.
const PENDING_CAP: usize = 1024;
/// The most lines of one reply that are kept.
const LINES_CAP: usize = 256;
/// The most octets of a line that are kept.
const LINE_CAP: usize = 1024;

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
}

/// A request that was sent.
#[derive(Debug)]
struct Request {
    id: RequestId,
    awaited: Awaited,
    line: String,
    early: bool,
}

impl Tracker {
    /// The situation of the reply that the entry `id` is part of.
    pub fn at(transcript: &Transcript, id: EntryId) -> Situation {
        let mut tracker = Self::default();
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
        let Some(id) = sent.request else { return };
        let visible = &sent.visible[..sent.visible.len().min(LINE_CAP)];
        let line = String::from_utf8_lossy(visible).into_owned();
        let awaited = sent.awaited();
        if matches!(awaited, Awaited::Command(Verb::Auth | Verb::Xexps)) {
            let parsed = CommandLine::parse(line.as_str()).ok();
            let mechanism = parsed.as_ref().and_then(CommandLine::mechanism);
            self.now.mechanism = mechanism.map(|(name, _)| name.to_owned());
            let parsed = ParsedCommand::parse(&line);
            self.now.initial_response = Some(sent.secret.is_some() || parsed.tokens.len() > 2);
        }
        if sent.kind == SentKind::Message {
            self.now.phase = self.now.phase.map(|_| Phase::Submitted);
            self.now.message = self.message.faults(&self.now);
        }
        // Another connection counts from 0 again.
        if self.pending.back().is_some_and(|last| last.id >= id) {
            self.pending.clear();
        }
        if self.pending.len() == PENDING_CAP {
            self.pending.pop_front();
        }
        self.pending.push_back(Request {
            id,
            awaited,
            line,
            early: self.now.phase == Some(Phase::Greeting),
        });
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
            line: request.as_ref().map(|request| request.line.clone()),
            early: request.as_ref().map(|request| request.early),
            ..self.now.clone()
        };
        if let Some(awaited) = self.latest.awaited {
            let line = request.map(|request| request.line).unwrap_or_default();
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
        let front = self.pending.front().filter(|front| front.id == id)?;
        Some(Request {
            line: front.line.clone(),
            ..*front
        })
    }

    /// Applies what a reply changes.
    fn apply(&mut self, awaited: Awaited, code: Code, line: &str, reply: &Reply) {
        let now = &mut self.now;
        now.phase = now.phase.map(|phase| phase.after(awaited, code));
        let accepted = code.is_positive() && awaited.expects(code);
        let argument = || {
            line.split_once([' ', '\t'])
                .map(|(_, rest)| rest.to_owned())
        };
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
            }
            Awaited::Command(Verb::Rset) | Awaited::Chunk { last: true } | Awaited::EndOfData
                if accepted =>
            {
                now.end_transaction();
            }
            Awaited::Command(Verb::Data) => self.message.begin(),
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
        ..Situation::default()
    }
}
