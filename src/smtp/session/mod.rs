//! The machine that follows a dialogue: octets and wishes in by `handle_*` and `send_*`, octets and
//! events out by `poll_*`, time as an argument. It never refuses to be spoken to by an odd server.

mod handshake;
mod login;
mod message;
mod raw;
mod receiving;
mod repeated;
mod sending;

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Instant;

use self::login::Login;
pub use self::message::MESSAGE_KEPT;
use self::message::Message;
pub use self::receiving::PARTIAL_SHOWN;
use self::repeated::SentSecrets;
use super::auto_start_tls::AutoStartTls;
use super::command::{CommandLine, Verb};
use super::envelope::Envelope;
use super::event::{Cap, End, Event, Exposure, Link, SessionStatus};
use super::extension::{CapabilityBook, Knowledge};
use super::line::{Ending, LINE_CAP, Line, LineBuffer};
use super::phase::{Awaited, Phase};
use super::reply::ReplyReader;
use super::transcript::{Entry, EntryKind, Level, Turn};

/// By how much a cap grows each time the user lets reading go on.
const CAP_GROWTH: usize = 16;

/// A question the server has not answered yet.
#[derive(Debug)]
struct PendingCommand {
    awaited: Awaited,
    turn: Option<Turn>,
    at: Instant,
    /// The verb the line reads as, should it be a command after all.
    verb: Verb,
    /// The line was a lone dot: it ends the message, should one begin before it.
    dot: bool,
    /// What stood behind MAIL or RCPT, for the envelope.
    argument: Box<str>,
}

/// One conversation with a server, from the connection to its end.
#[derive(Debug)]
pub struct Session {
    link: Link,
    phase: Phase,
    book: CapabilityBook,
    authenticated: bool,
    /// Logins that were begun: the one that is being answered, and those typed ahead.
    logins: VecDeque<Login>,
    /// AUTH was refused, or a 334 came unasked, and no known command has followed: whatever else is
    /// typed may be meant as an answer.
    login_refused: bool,
    /// What went as a secret on this connection.
    secrets: SentSecrets,
    lmtp: bool,
    recipients: u32,
    lines: LineBuffer,
    reader: ReplyReader,
    pending: VecDeque<PendingCommand>,
    turns: u32,
    unasked_replies: u32,
    /// What came unasked since the last answer: a reason to refuse the handshake of STARTTLS.
    unasked: Vec<u8>,
    /// Octets of a BDAT chunk that are still to be sent.
    chunk_left: u64,
    message: Option<Message>,
    /// What raw octets have begun of a line that no CR LF has ended yet.
    begun: Vec<u8>,
    /// The answer before this one was to a message, and lines had gone behind it: they may be its text.
    ended_early: bool,
    envelope: Arc<Envelope>,
    /// Lines typed while a message goes out, with their consent: they go behind its dot.
    behind_message: VecDeque<(CommandLine, Option<Exposure>)>,
    auto_start_tls: Option<AutoStartTls>,
    consent: Option<Exposure>,
    caps_granted: usize,
    paused: Option<Cap>,
    long_pieces: usize,
    told: SessionStatus,
    transmit: Vec<u8>,
    events: VecDeque<Event>,
}

impl Session {
    /// A session that is not connected yet. With an `auto_start_tls` it speaks by itself at first.
    pub fn new(auto_start_tls: Option<AutoStartTls>) -> Self {
        Self {
            link: Link::Clear,
            phase: Phase::Offline,
            book: CapabilityBook::default(),
            authenticated: false,
            logins: VecDeque::new(),
            login_refused: false,
            secrets: SentSecrets::default(),
            lmtp: false,
            recipients: 0,
            lines: LineBuffer::new(LINE_CAP),
            reader: ReplyReader::default(),
            pending: VecDeque::new(),
            turns: 0,
            unasked_replies: 0,
            unasked: Vec::new(),
            chunk_left: 0,
            message: None,
            begun: Vec::new(),
            ended_early: false,
            envelope: Arc::default(),
            behind_message: VecDeque::new(),
            auto_start_tls,
            consent: None,
            caps_granted: 1,
            paused: None,
            long_pieces: 0,
            told: SessionStatus::default(),
            transmit: Vec::new(),
            events: VecDeque::new(),
        }
    }

    /// The connection stands: in clear, or under TLS from the first octet. The greeting is due.
    pub fn handle_connected(&mut self, link: Link, now: Instant) {
        self.link = link;
        self.phase = Phase::Greeting;
        self.pending.push_back(PendingCommand {
            awaited: Awaited::Greeting,
            turn: None,
            at: now,
            verb: Verb::Other,
            dot: false,
            argument: "".into(),
        });
        self.tell_status();
    }

    /// TLS stands after STARTTLS. What was learnt in clear is forgotten (RFC 3207 section 4.2).
    pub fn handle_tls(&mut self, link: Link, now: Instant) {
        self.link = link;
        self.phase = Phase::Greeted;
        self.lines = LineBuffer::new(LINE_CAP);
        self.reader = ReplyReader::default();
        self.begun.clear();
        self.book.now = Knowledge::Forgotten;
        self.authenticated = false;
        self.logins.clear();
        self.note(
            now,
            Level::Info,
            "capabilities forgotten: send EHLO again (RFC 3207 s4.2)",
        );
        self.run_auto_start_tls(AutoStartTls::after_tls, now);
        self.tell_status();
    }

    /// Octets came from the server.
    pub fn handle_bytes(&mut self, bytes: &[u8], now: Instant) {
        self.lines.push(bytes);
        self.read_lines(now);
    }

    /// The user lets a reply that reached its cap go on.
    pub fn handle_read_on(&mut self, now: Instant) {
        if self.paused.take().is_some() {
            self.caps_granted = self.caps_granted.saturating_mul(CAP_GROWTH);
            self.read_lines(now);
        }
    }

    /// The connection is over.
    pub fn handle_end(&mut self, end: &End, now: Instant) {
        while let Some(line) = self.lines.next_line() {
            self.take_line(&line, now);
        }
        let rest = self.lines.take_rest();
        let cut_in_reply = !rest.is_empty() || self.reader.in_reply();
        if !rest.is_empty() {
            self.take_line(
                &Line {
                    bytes: rest,
                    ending: Ending::Cut,
                },
                now,
            );
        }
        self.events.push_back(Event::Partial {
            shown: Vec::new(),
            len: 0,
        });
        let expected = self.phase == Phase::Closing || *end == End::ByUs;
        let level = if expected && !cut_in_reply {
            Level::Info
        } else {
            Level::Fault
        };
        self.note(now, level, end.to_string());
        if cut_in_reply {
            self.note(
                now,
                Level::Fault,
                "the last reply is incomplete: its result is unknown",
            );
        }
        if self.unasked_replies > 0 || (!self.pending.is_empty() && !expected) {
            self.note(now, Level::Fault, self.count_words());
        }
        self.phase = Phase::Offline;
        self.pending.clear();
        self.auto_start_tls = None;
        self.logins.clear();
        self.message = None;
        self.begun.clear();
        self.chunk_left = 0;
        self.paused = None;
        self.secrets = SentSecrets::default();
        self.send_behind_message(now);
        self.tell_status();
    }

    /// Puts a note into the transcript.
    pub fn note(&mut self, now: Instant, level: Level, text: impl Into<Box<str>>) {
        self.events.push_back(Event::Entry(Entry::note(
            now,
            self.link != Link::Clear,
            level,
            text,
        )));
    }

    /// The octets to write next; empty when there is nothing to send.
    #[must_use]
    pub fn poll_transmit(&mut self) -> Vec<u8> {
        std::mem::take(&mut self.transmit)
    }

    /// The next event; none when all are told.
    #[must_use]
    pub fn poll_event(&mut self) -> Option<Event> {
        self.events.pop_front()
    }

    /// Whether more octets should be read from the server now.
    pub fn wants_bytes(&self) -> bool {
        self.paused.is_none() && self.phase != Phase::Handshake
    }

    /// Where the dialogue stands.
    pub fn status(&self) -> SessionStatus {
        SessionStatus {
            phase: self.phase,
            link: self.link,
            capabilities: self.book.clone(),
            authenticated: self.authenticated,
            secret_lines: self.secret_lines(),
            chunk_left: self.chunk_left,
            waiting: self
                .pending
                .front()
                .map(|command_pending| (command_pending.awaited, command_pending.at)),
            paused: self.paused,
            envelope: Arc::clone(&self.envelope),
        }
    }

    /// Which commands got no reply, and what came unasked, for the end of the session.
    fn count_words(&self) -> String {
        let missing: Vec<_> = self.pending.iter().map(|q| q.awaited.name()).collect();
        let mut words = match missing.join(", ") {
            none if none.is_empty() => "every command was answered".to_owned(),
            missing => format!("not answered: {missing}"),
        };
        if self.unasked_replies > 0 {
            let replies = count(self.unasked_replies.into(), "reply", "replies");
            words.push_str(&format!("; {replies} came unasked"));
        }
        words
    }

    fn awaits(&self, awaited: Awaited) -> bool {
        self.pending
            .iter()
            .any(|command_pending| command_pending.awaited == awaited)
    }

    /// Whether what is typed now is part of a SASL exchange (RFC 4954 section 4).
    fn secret_lines(&self) -> bool {
        self.phase == Phase::Exchange
            || self.awaits(Awaited::SaslAnswer)
            || self.awaits(Awaited::Command(Verb::Auth))
            || self.awaits(Awaited::Command(Verb::Xexps))
    }

    fn push_entry(&mut self, at: Instant, kind: EntryKind) {
        self.events.push_back(Event::Entry(Entry {
            at,
            tls: self.link != Link::Clear,
            kind,
        }));
    }

    fn tell_status(&mut self) {
        let status = self.status();
        if status != self.told {
            self.told = status.clone();
            self.events.push_back(Event::Status(Box::new(status)));
        }
    }
}

fn count(number: u64, one: &str, many: &str) -> String {
    format!("{number} {}", if number == 1 { one } else { many })
}
