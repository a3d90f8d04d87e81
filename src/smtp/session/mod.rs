//! The state machine of one SMTP session: `handle_*` takes octets from the server, `send_*` takes
//! input of the user, `poll_*` returns octets to write and events. The caller passes the time. A
//! session accepts whatever a server sends.

mod chunk;
mod handshake;
mod lmtp;
mod login;
mod message;
mod misplaced;
mod raw;
mod receiving;
mod repeated;
mod sending;
mod status;
mod tapped;

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Instant;

pub use self::chunk::ChunkPiece;
use self::login::Login;
pub use self::message::MESSAGE_KEPT;
use self::message::OutgoingMessage;
pub use self::receiving::PARTIAL_SHOWN;
use self::repeated::SentSecrets;
use self::tapped::TappedText;
pub use self::tapped::TextKept;
use super::auto_start_tls::AutoStartTls;
use super::command::{CommandLine, Verb};
use super::envelope::Envelope;
use super::event::{Cap, End, Event, Exposure, Link, SessionStatus};
use super::extension::{CapabilityHistory, CapabilityState};
use super::line::{Ending, LINE_CAP, Line, LineBuffer};
use super::phase::{Awaited, Phase};
use super::reply::ReplyReader;
use super::transcript::{Entry, EntryKind, Level, RequestId};

/// By which factor the caps grow each time the user continues reading.
const CAP_GROWTH: usize = 16;

/// A request without a reply yet.
#[derive(Debug)]
struct PendingCommand {
    awaited: Awaited,
    /// `None` for the greeting, which the server sends without a request.
    request: Option<RequestId>,
    sent_at: Instant,
    /// The verb of the line, in case it turns out to be a command.
    verb: Verb,
    /// The line was a lone dot: it ends the message, if one begins before it.
    is_dot: bool,
    /// The line was a lone asterisk: it cancels the exchange, if one is under way.
    is_star: bool,
    /// The argument of MAIL or RCPT, for the envelope.
    argument: Box<str>,
}

/// One session with a server, from the connection to its end.
#[derive(Debug)]
pub struct Session {
    link: Link,
    phase: Phase,
    capabilities: CapabilityHistory,
    authenticated: bool,
    /// The logins under way: the one waiting for a reply, and those typed ahead.
    logins: VecDeque<Login>,
    /// AUTH was refused, or an unasked 334 arrived, and no known command was sent since: other
    /// lines may be meant as responses.
    login_refused: bool,
    /// The secrets sent on this connection.
    secrets: SentSecrets,
    /// LHLO was accepted: the end of the message gets one reply for each recipient.
    lmtp: bool,
    /// The server speaks LMTP, by its own words or because it accepted LHLO.
    speaks_lmtp: bool,
    /// Accepted recipients, or in LMTP the replies to the message that are still missing.
    recipients: u32,
    lines: LineBuffer,
    reader: ReplyReader,
    pending: VecDeque<PendingCommand>,
    /// How many requests were sent.
    requests: u32,
    unasked_replies: u32,
    /// How many requests had been sent when the last line of the server came.
    requests_at_line: u32,
    /// A request whose reply was another greeting: its own reply may still follow.
    displaced: Option<PendingCommand>,
    /// A reply could not be matched with a command.
    out_of_step: bool,
    /// The last request was sent while another one had no reply.
    overlaps: bool,
    /// What the last reply to a request answered.
    last_answered: Option<Awaited>,
    /// The beginnings of notes that are not repeated on this connection.
    said: Vec<&'static str>,
    /// The server refused the message before its end.
    refused_early: bool,
    /// A chunk was refused after its octets had been sent: the server may read them as commands.
    chunk_refused: bool,
    /// Octets received unasked since the last reply to a request: a reason to refuse STARTTLS.
    unasked: Vec<u8>,
    /// Octets of a BDAT chunk that are still to be sent.
    chunk_left: u64,
    message: Option<OutgoingMessage>,
    /// The text that a client behind a tap is sending.
    tapped: TappedText,
    /// The beginning of a line sent as raw octets, until CR LF ends it.
    unfinished_line: Vec<u8>,
    /// The last reply was to a message, and more lines were sent after the message: they may be the
    /// rest of its text.
    ended_early: bool,
    envelope: Arc<Envelope>,
    /// Lines typed while a message is being sent, with their consent: they are sent after its dot.
    queued_lines: VecDeque<(CommandLine, Option<Exposure>)>,
    auto_start_tls: Option<AutoStartTls>,
    /// The server sent something unexpected since the user last sent anything. Nothing is sent
    /// automatically until the user sends again.
    unexpected_since_send: bool,
    /// The exposure of secrets that the user has accepted.
    consent: Option<Exposure>,
    /// The factor by which the caps are raised for the current reply.
    cap_factor: usize,
    paused: Option<Cap>,
    /// How many pieces of an overlong line were received in a row.
    long_line_pieces: usize,
    /// The status as last reported in an event.
    reported: SessionStatus,
    transmit: Vec<u8>,
    events: VecDeque<Event>,
}

impl Session {
    /// Creates a session that is not connected. With `auto_start_tls`, it begins by sending EHLO
    /// and STARTTLS by itself.
    pub fn new(auto_start_tls: Option<AutoStartTls>) -> Self {
        Self {
            link: Link::Clear,
            phase: Phase::Offline,
            capabilities: CapabilityHistory::default(),
            authenticated: false,
            logins: VecDeque::new(),
            login_refused: false,
            secrets: SentSecrets::default(),
            lmtp: false,
            speaks_lmtp: false,
            recipients: 0,
            lines: LineBuffer::new(LINE_CAP),
            reader: ReplyReader::default(),
            pending: VecDeque::new(),
            requests: 0,
            unasked_replies: 0,
            requests_at_line: 0,
            displaced: None,
            out_of_step: false,
            overlaps: false,
            last_answered: None,
            said: Vec::new(),
            refused_early: false,
            chunk_refused: false,
            unasked: Vec::new(),
            chunk_left: 0,
            message: None,
            tapped: TappedText::default(),
            unfinished_line: Vec::new(),
            ended_early: false,
            envelope: Arc::default(),
            queued_lines: VecDeque::new(),
            auto_start_tls,
            unexpected_since_send: false,
            consent: None,
            cap_factor: 1,
            paused: None,
            long_line_pieces: 0,
            reported: SessionStatus::default(),
            transmit: Vec::new(),
            events: VecDeque::new(),
        }
    }

    /// The connection is established: in plain text, or with TLS from the first octet. The server
    /// must send its greeting now.
    pub fn handle_connected(&mut self, link: Link, now: Instant) {
        self.link = link;
        self.phase = Phase::Greeting;
        self.pending.push_back(PendingCommand {
            awaited: Awaited::Greeting,
            request: None,
            sent_at: now,
            verb: Verb::Other,
            is_dot: false,
            is_star: false,
            argument: "".into(),
        });
        self.emit_status();
    }

    /// The TLS handshake after STARTTLS is done. Discards everything learned before it (RFC 3207
    /// section 4.2).
    pub fn handle_tls(&mut self, link: Link, now: Instant) {
        self.link = link;
        self.phase = Phase::Greeted;
        self.lines = LineBuffer::new(LINE_CAP);
        self.reader = ReplyReader::default();
        self.unfinished_line.clear();
        self.capabilities.now = CapabilityState::Discarded;
        self.authenticated = false;
        self.logins.clear();
        self.note(
            now,
            Level::Info,
            "capabilities discarded: send EHLO again (RFC 3207 s4.2)",
        );
        self.run_auto_start_tls(AutoStartTls::after_tls, now);
        self.emit_status();
    }

    /// Whether something may be sent automatically now. If not, neither may what follows it, until
    /// the user sends something: a gap in a sequence of lines would change its meaning.
    pub fn permits_automatic(&mut self) -> bool {
        self.unexpected_since_send |= self.has_unexpected_input();
        !self.unexpected_since_send
    }

    /// Whether every request has its reply, so that a command may follow: no reply is due, unless the
    /// server waits for more of a chunk, and no message.
    pub fn is_answered(&self) -> bool {
        let busy = self.message.is_some() || self.phase == Phase::Message;
        !busy && (self.pending.is_empty() || self.chunk_left > 0)
    }

    /// Whether the server has sent something unexpected since the user last sent anything, or octets
    /// while no reply is due: they cannot reply to what would be sent next. While replies are due, octets
    /// that are not handled yet are a part of one of them.
    fn has_unexpected_input(&self) -> bool {
        let unasked = self.pending.is_empty() && !self.lines.pending().is_empty();
        self.unexpected_since_send || unasked || self.paused.is_some()
    }

    /// Takes octets from the server.
    pub fn handle_bytes(&mut self, bytes: &[u8], now: Instant) {
        self.lines.push(bytes);
        self.read_lines(now);
    }

    /// Continues a reply that was paused at its cap.
    pub fn resume_reading(&mut self, now: Instant) {
        if self.paused.take().is_some() {
            self.cap_factor = self.cap_factor.saturating_mul(CAP_GROWTH);
            self.read_lines(now);
        }
    }

    /// The connection has ended.
    pub fn handle_end(&mut self, end: &End, now: Instant) {
        while let Some(line) = self.lines.next_line() {
            self.receive_line(line, now);
        }
        let rest = self.lines.take_rest();
        let cut_in_reply = !rest.is_empty() || self.reader.in_reply();
        if !rest.is_empty() {
            let ending = Ending::Cut;
            self.receive_line(
                Line {
                    bytes: rest,
                    ending,
                },
                now,
            );
        }
        self.events.push_back(Event::Partial {
            shown: Vec::new(),
            len: 0,
        });
        let expected = self.phase == Phase::Closing || matches!(end, End::ByUs | End::ByClient);
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
            self.note(now, Level::Fault, self.reply_summary());
        }
        let is_login = |pending: &PendingCommand| pending.awaited.is_login();
        self.login_refused |= self.secret_lines() || self.pending.iter().any(is_login);
        self.phase = Phase::Offline;
        self.pending.clear();
        self.displaced = None;
        self.reader = ReplyReader::default();
        self.auto_start_tls = None;
        self.logins.clear();
        self.message = None;
        self.unfinished_line.clear();
        self.chunk_left = 0;
        self.paused = None;
        self.secrets = SentSecrets::default();
        self.send_queued_lines(now);
        self.emit_status();
    }

    /// Octets of the server without the secrets that were sent on this connection.
    pub fn without_secrets(&self, octets: Vec<u8>) -> Vec<u8> {
        self.secrets.hide(&octets).unwrap_or(octets)
    }

    /// Adds a note about a problem, unless one with this beginning was added before on this connection.
    fn note_once(&mut self, now: Instant, what: &'static str, detail: &str) {
        if !self.said.contains(&what) {
            self.said.push(what);
            self.note(now, Level::Fault, format!("{what}: {detail}"));
        }
    }

    /// Adds a note to the transcript.
    pub fn note(&mut self, now: Instant, level: Level, text: impl Into<Box<str>>) {
        self.events.push_back(Event::Entry(Entry::note(
            now,
            self.link != Link::Clear,
            level,
            text,
        )));
    }

    /// Returns the octets to write next; empty if there is nothing to send.
    #[must_use]
    pub fn poll_transmit(&mut self) -> Vec<u8> {
        std::mem::take(&mut self.transmit)
    }

    /// Moves the octets to write next to the end of `output`. Both buffers stay in use.
    pub fn transmit_into(&mut self, output: &mut Vec<u8>) {
        if output.is_empty() {
            std::mem::swap(output, &mut self.transmit);
        } else {
            output.append(&mut self.transmit);
        }
    }

    /// Returns the next event.
    #[must_use]
    pub fn poll_event(&mut self) -> Option<Event> {
        self.events.pop_front()
    }

    /// Whether the caller should read octets from the server now.
    pub fn wants_read(&self) -> bool {
        self.paused.is_none() && self.phase != Phase::Handshake
    }

    fn awaits(&self, awaited: Awaited) -> bool {
        self.pending
            .iter()
            .any(|pending| pending.awaited == awaited)
    }

    /// Whether the next line typed is a response in a SASL exchange (RFC 4954 section 4).
    fn secret_lines(&self) -> bool {
        let is_login = |pending: &PendingCommand| pending.awaited.is_login();
        self.phase == Phase::Exchange || self.pending.iter().any(is_login)
    }

    fn push_entry(&mut self, at: Instant, kind: EntryKind) {
        self.events.push_back(Event::Entry(Entry {
            at,
            tls: self.link != Link::Clear,
            kind,
        }));
    }
}
