//! The machine that follows a dialogue: octets and wishes in by `handle_*` and `send_*`, octets and
//! events out by `poll_*`, time as an argument. It never refuses to be spoken to by an odd server.

use std::collections::VecDeque;
use std::time::Instant;

use super::body::Stuffer;
use super::code::Code;
use super::command::{CommandLine, Verb};
use super::event::{Cap, End, Event, Exposure, Link, Standing, Unsent};
use super::extension::{Capabilities, CapabilityBook, Knowledge};
use super::line::{Ending, LINE_CAP, Line, LineBuffer};
use super::oddity::{Oddities, Oddity};
use super::opening::Opening;
use super::phase::{Asked, Phase};
use super::reply::{REPLY_BYTES_CAP, REPLY_LINES_CAP, Reply, ReplyReader, Step};
use super::secret::Secret;
use super::sniff;
use super::transcript::{Entry, Level, Received, Sent, SentKind, Turn, What};

/// Octets of one message that are kept in the transcript, line by line; of the rest it keeps a count.
pub const MESSAGE_KEPT: usize = 256 * 1024;
/// Octets of an unfinished line that are told while it is coming.
pub const PARTIAL_SHOWN: usize = 1024;
/// Octets that nobody asked for which are kept as evidence.
const UNASKED_KEPT: usize = 4096;
/// By how much a cap grows each time the user lets reading go on.
const CAP_GROWTH: usize = 16;

/// A question the server has not answered yet.
#[derive(Debug)]
struct Question {
    asked: Asked,
    turn: Option<Turn>,
    at: Instant,
    /// The line was a lone dot: it ends the message, should one begin before it.
    dot: bool,
}

/// One conversation with a server, from the connection to its end.
#[derive(Debug)]
pub struct Session {
    link: Link,
    phase: Phase,
    book: CapabilityBook,
    authenticated: bool,
    lmtp: bool,
    recipients: u32,
    lines: LineBuffer,
    reader: ReplyReader,
    questions: VecDeque<Question>,
    turns: u32,
    answers: u32,
    unasked_replies: u32,
    /// What came unasked since the last answer: a reason to refuse the handshake of STARTTLS.
    unasked: Vec<u8>,
    /// Octets of a BDAT chunk that are still to be sent.
    chunk_left: u64,
    message: Option<Message>,
    /// Lines typed while a message goes out, with their consent: they go behind its dot.
    behind_message: VecDeque<(CommandLine, bool)>,
    opening: Option<Opening>,
    consent: Option<Exposure>,
    caps_granted: usize,
    paused: Option<Cap>,
    long_pieces: usize,
    told: Standing,
    transmit: Vec<u8>,
    events: VecDeque<Event>,
}

/// A message on its way out.
#[derive(Debug)]
struct Message {
    stuffer: Stuffer,
    copy: LineBuffer,
    kept: usize,
}

impl Session {
    /// A session that is not connected yet. With an `opening` it speaks by itself at first.
    pub fn new(opening: Option<Opening>) -> Self {
        Self {
            link: Link::Clear,
            phase: Phase::Offline,
            book: CapabilityBook::default(),
            authenticated: false,
            lmtp: false,
            recipients: 0,
            lines: LineBuffer::new(LINE_CAP),
            reader: ReplyReader::default(),
            questions: VecDeque::new(),
            turns: 0,
            answers: 0,
            unasked_replies: 0,
            unasked: Vec::new(),
            chunk_left: 0,
            message: None,
            behind_message: VecDeque::new(),
            opening,
            consent: None,
            caps_granted: 1,
            paused: None,
            long_pieces: 0,
            told: Standing::default(),
            transmit: Vec::new(),
            events: VecDeque::new(),
        }
    }

    /// The connection stands: in clear, or under TLS from the first octet. The greeting is due.
    pub fn handle_connected(&mut self, link: Link, now: Instant) {
        self.link = link;
        self.phase = Phase::Greeting;
        self.questions.push_back(Question {
            asked: Asked::Greeting,
            turn: None,
            at: now,
            dot: false,
        });
        self.tell_standing();
    }

    /// TLS stands after STARTTLS. What was learnt in clear is forgotten (RFC 3207 section 4.2).
    pub fn handle_tls(&mut self, link: Link, now: Instant) {
        self.link = link;
        self.phase = Phase::Greeted;
        self.lines = LineBuffer::new(LINE_CAP);
        self.reader = ReplyReader::default();
        self.book.now = Knowledge::Forgotten;
        self.authenticated = false;
        self.note(
            now,
            Level::Info,
            "capabilities forgotten: send EHLO again (RFC 3207 s4.2)",
        );
        self.run_opening(Opening::after_tls, now);
        self.tell_standing();
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
                "the last reply is cut: do not trust what is missing",
            );
        }
        if self.unasked_replies > 0 || (!self.questions.is_empty() && !expected) {
            self.note(now, Level::Fault, self.count_words());
        }
        self.phase = Phase::Offline;
        self.questions.clear();
        self.opening = None;
        self.message = None;
        self.chunk_left = 0;
        self.paused = None;
        self.send_behind_message(now);
        self.tell_standing();
    }

    /// Sends a line as it was typed, plus CR LF. `consent` lets a secret go over a clear or
    /// unverified link; it is asked for once a link.
    ///
    /// A line that cannot go comes back in [`Event::NotSent`], so that it is never lost.
    pub fn send_line(&mut self, line: CommandLine, consent: bool, now: Instant) {
        if self.message.is_some() {
            return self.behind_message.push_back((line, consent));
        }
        if matches!(self.phase, Phase::Offline | Phase::Handshake) {
            let why = if self.phase == Phase::Offline {
                Unsent::NotConnected
            } else {
                Unsent::Handshake
            };
            return self.events.push_back(Event::NotSent { line, why });
        }
        let answers = self.secret_lines();
        let secret_from = match line.text() {
            "*" | "" | "=" if answers => None,
            _ if answers => Some(0),
            // A line of a message is no command, even if it reads like one. Before 354 it may be one.
            _ if self.chunk_left > 0 || self.phase == Phase::Message => None,
            _ => line.secret(),
        };
        if secret_from.is_some()
            && let Some(exposure) = self.link.exposure()
            && self.consent != Some(exposure)
        {
            if !consent {
                return self.events.push_back(Event::NotSent {
                    line,
                    why: Unsent::Exposed(exposure),
                });
            }
            self.consent = Some(exposure);
        }
        self.write_line(&line, secret_from, now);
        self.tell_standing();
    }

    fn write_line(&mut self, line: &CommandLine, secret_from: Option<usize>, now: Instant) {
        let verb = line.verb();
        let octets = line.text().len() as u64 + 2;
        let (kind, asked) = if self.chunk_left > 0 {
            self.chunk_left = self.chunk_left.saturating_sub(octets);
            (SentKind::Message, None)
        } else if self.phase == Phase::Message {
            let ends = line.text() == ".";
            (SentKind::Message, ends.then_some(Asked::EndOfData))
        } else if self.phase == Phase::Exchange {
            (SentKind::SaslAnswer, Some(Asked::SaslAnswer))
        } else if let Some((size, last)) = line.chunk() {
            self.chunk_left = size;
            (SentKind::Command, Some(Asked::Chunk { last }))
        } else {
            (SentKind::Command, Some(Asked::Command(verb)))
        };
        let out_of_order = match asked {
            Some(_) if self.awaits(Asked::Greeting) => true,
            Some(Asked::Command(verb)) => {
                !self.expected_phase().allows(verb)
                    || (verb == Verb::StartTls && self.link != Link::Clear)
            }
            Some(Asked::Chunk { .. }) => !self.expected_phase().allows(Verb::Bdat),
            _ => false,
        };
        let turn = asked.map(|asked| self.ask(asked, line.text() == ".", now));
        let (open, secret) = line
            .text()
            .split_at(secret_from.unwrap_or(line.text().len()));
        let secret = secret_from.map(|_| Secret::new(secret.as_bytes().to_vec()));
        let sent = Sent {
            turn,
            open: open.as_bytes().into(),
            secret,
            kind,
            out_of_order,
        };
        self.push_entry(now, What::Sent(sent));
        self.transmit.extend_from_slice(line.text().as_bytes());
        self.transmit.extend_from_slice(b"\r\n");
    }

    /// Sends the next piece of a message after 354: line endings made CR LF, dots stuffed. A line
    /// typed before [`end_message`](Self::end_message) waits for it.
    pub fn send_message(&mut self, text: &[u8], now: Instant) {
        let mut message = self.message.take().unwrap_or_else(|| Message {
            stuffer: Stuffer::default(),
            copy: LineBuffer::new(LINE_CAP),
            kept: 0,
        });
        let start = self.transmit.len();
        message.stuffer.push(text, &mut self.transmit);
        self.copy_message(&mut message, start, now);
        self.message = Some(message);
    }

    /// Ends the message with its dot. The server's word on it is due.
    pub fn end_message(&mut self, now: Instant) {
        let mut message = self.message.take().unwrap_or_else(|| Message {
            stuffer: Stuffer::default(),
            copy: LineBuffer::new(LINE_CAP),
            kept: 0,
        });
        let start = self.transmit.len();
        let tally = std::mem::take(&mut message.stuffer).finish(&mut self.transmit);
        let dot = self.transmit.len() - b".\r\n".len();
        let end = self.transmit.split_off(dot);
        self.copy_message(&mut message, start, now);
        self.transmit.extend_from_slice(&end);
        if message.kept > MESSAGE_KEPT {
            let text = format!(
                "{} octets of the message went out and are not kept here",
                message.kept - MESSAGE_KEPT + message.copy.pending().len()
            );
            self.note(now, Level::Info, text);
        }
        let turn = Some(self.ask(Asked::EndOfData, true, now));
        let dot = Sent {
            turn,
            open: b".".as_slice().into(),
            secret: None,
            kind: SentKind::Message,
            out_of_order: false,
        };
        self.push_entry(now, What::Sent(dot));
        self.note(now, Level::Info, message_words(tally));
        self.send_behind_message(now);
        self.tell_standing();
    }

    fn send_behind_message(&mut self, now: Instant) {
        for (line, consent) in std::mem::take(&mut self.behind_message) {
            self.send_line(line, consent, now);
        }
    }

    /// Enters the lines of a message that stand in `transmit` from `start` into the transcript.
    fn copy_message(&mut self, message: &mut Message, start: usize, now: Instant) {
        let wire = &self.transmit[start..];
        let room = MESSAGE_KEPT.saturating_sub(message.kept);
        message.kept += wire.len();
        message.copy.push(&wire[..wire.len().min(room)]);
        while let Some(line) = message.copy.next_line() {
            let sent = Sent {
                turn: None,
                open: line.bytes.into(),
                secret: None,
                kind: SentKind::Message,
                out_of_order: false,
            };
            self.push_entry(now, What::Sent(sent));
        }
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
    pub fn standing(&self) -> Standing {
        Standing {
            phase: self.phase,
            link: self.link,
            capabilities: self.book.clone(),
            authenticated: self.authenticated,
            secret_lines: self.secret_lines(),
            chunk_left: self.chunk_left,
            waiting: self
                .questions
                .front()
                .map(|question| (question.asked, question.at)),
            paused: self.paused,
        }
    }

    fn read_lines(&mut self, now: Instant) {
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
            let shown = pending[..pending.len().min(PARTIAL_SHOWN)].to_vec();
            self.events.push_back(Event::Partial {
                shown,
                len: pending.len(),
            });
        }
        self.tell_standing();
    }

    fn check_caps(&mut self, line: &Line, now: Instant) {
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
        self.opening = None;
        self.note(now, Level::Fault, format!("{cap}; reading is paused"));
    }

    fn take_line(&mut self, line: &Line, now: Instant) {
        let begins = !self.reader.in_reply();
        let in_stray = self.reader.in_stray();
        let Step {
            part,
            mut oddities,
            code,
            reply,
        } = self.reader.push(line);
        let question = self.questions.front();
        // A line without a code answers nothing: a real reply may still follow.
        let stray = code.is_none() && (begins || in_stray);
        let answers = question.filter(|_| !stray);
        match answers {
            None if !stray => oddities.insert(Oddity::Unasked),
            Some(question)
                if code.is_some_and(|code| {
                    code.number() != 421 && !question.asked.answers_with(code)
                }) =>
            {
                oddities.insert(Oddity::Unexpected);
            }
            _ => {}
        }
        let received = Received {
            bytes: line.bytes.as_slice().into(),
            ending: line.ending,
            code,
            part,
            oddities,
            answers: answers.and_then(|question| question.turn),
            took: answers
                .filter(|_| begins)
                .map(|question| now.saturating_duration_since(question.at)),
        };
        if self.phase == Phase::Greeting
            && begins
            && let Some(words) = sniff::foreign(&line.bytes)
        {
            self.push_entry(now, What::Received(received));
            self.note(now, Level::Fault, words);
        } else {
            self.push_entry(now, What::Received(received));
        }
        if answers_nothing(oddities, stray) {
            self.keep_unasked(&line.bytes);
            self.keep_unasked(line.ending.octets());
        }
        if let Some(reply) = reply
            && line.ending != Ending::Cut
        {
            self.take_reply(reply, now);
        }
    }

    fn take_reply(&mut self, reply: Reply, now: Instant) {
        self.caps_granted = 1;
        let Some(code) = reply.code() else { return };
        // A reply is told before what comes of it.
        let place = self.events.len();
        let question = self.questions.pop_front();
        let asked = question.as_ref().map(|question| question.asked);
        if let Some(question) = question {
            self.answers += 1;
            self.take_answer(question, code, &reply, now);
        } else {
            self.unasked_replies += 1;
            if code.number() != 421 {
                self.run_opening(|opening| opening.stop("a reply came unasked"), now);
            }
        }
        if code.number() == 421 {
            self.close(&reply, now);
        }
        self.events.insert(place, Event::Reply { reply, asked });
    }

    fn take_answer(&mut self, question: Question, code: Code, reply: &Reply, now: Instant) {
        let asked = question.asked;
        if reply.oddities.contains(Oddity::CodeChanged) {
            let why = format!("the codes of {} contradict each other", asked.name());
            self.run_opening(|opening| opening.stop(&why), now);
        } else if !asked.answers_with(code) {
            let why = format!("{} came with code {code}", asked.name());
            self.run_opening(|opening| opening.stop(&why), now);
        }
        let ends_message = matches!(asked, Asked::EndOfData | Asked::Chunk { last: true });
        if ends_message && self.lmtp && self.recipients > 0 && code.number() != 421 {
            // LMTP answers once for each recipient; the last of these answers ends the transaction,
            // whatever it says (RFC 2033 sections 4.2 and 4.3).
            self.recipients -= 1;
            if self.recipients > 0 {
                self.questions.push_front(question);
            } else {
                self.phase = self.phase.after(Asked::EndOfData, code);
            }
        } else {
            self.phase = self.phase.after(asked, code);
        }
        if code.number() != 421 {
            self.apply(asked, code, reply, now);
        }
        if asked != Asked::Command(Verb::StartTls) {
            self.unasked.clear();
        }
    }

    /// What a reply changes beside the phase.
    fn apply(&mut self, asked: Asked, code: Code, reply: &Reply, now: Instant) {
        let yes = code.is_positive() && asked.answers_with(code);
        match asked {
            Asked::Greeting => self.run_opening(|opening| opening.after_greeting(yes), now),
            Asked::Command(verb @ (Verb::Ehlo | Verb::Lhlo)) if yes => {
                self.lmtp = verb == Verb::Lhlo;
                self.recipients = 0;
                let capabilities = Capabilities::parse(reply);
                if let Some(words) = sniff::masked(&capabilities) {
                    self.note(now, Level::Fault, words);
                }
                let offered = capabilities.offers("STARTTLS");
                self.book
                    .learn(capabilities, self.link != Link::Clear, self.authenticated);
                self.run_opening(|opening| opening.after_ehlo(offered), now);
            }
            Asked::Command(Verb::Ehlo) => {
                self.run_opening(|opening| opening.refused(Verb::Ehlo, code), now);
            }
            Asked::Command(Verb::Helo) if yes => self.book.now = Knowledge::Helo,
            Asked::Command(Verb::Xclient) if yes => self.book.now = Knowledge::Unknown,
            Asked::Command(Verb::Mail | Verb::Rset) if yes => self.recipients = 0,
            Asked::Command(Verb::Rcpt) if yes => self.recipients += 1,
            Asked::Command(Verb::Data) if yes => self.take_typed_ahead(),
            Asked::Command(Verb::StartTls) if yes => self.begin_handshake(now),
            Asked::Command(Verb::StartTls) => {
                self.note(
                    now,
                    Level::Fault,
                    format!("STARTTLS was answered {code}: the link stays in clear"),
                );
                self.opening = None;
            }
            Asked::Command(Verb::Auth | Verb::Xexps) | Asked::SaslAnswer
                if code.number() == 235 =>
            {
                self.authenticated = true;
            }
            Asked::Command(Verb::Auth | Verb::Xexps) | Asked::SaslAnswer
                if code.number() == 334 =>
            {
                // What was typed ahead of the 334 is the answer to it.
                if let Some(next) = self.questions.front_mut() {
                    next.asked = Asked::SaslAnswer;
                }
            }
            _ => {}
        }
    }

    /// 354 is here: what was typed ahead of it is the message, up to its dot.
    fn take_typed_ahead(&mut self) {
        while let Some(question) = self.questions.pop_front() {
            if question.dot {
                self.phase = Phase::Submitted;
                return self.questions.push_front(Question {
                    asked: Asked::EndOfData,
                    ..question
                });
            }
        }
    }

    /// The 220 to STARTTLS is here: not one more plain octet may count (RFC 3207 section 6).
    fn begin_handshake(&mut self, now: Instant) {
        let mut evidence = std::mem::take(&mut self.unasked);
        evidence.extend_from_slice(self.lines.pending());
        self.show_leftover(now);
        if evidence.is_empty() && self.questions.is_empty() {
            return self.events.push_back(Event::StartTls);
        }
        let why = if evidence.is_empty() {
            "TLS refused: commands sent after STARTTLS are still unanswered (RFC 3207 s4)"
                .to_owned()
        } else {
            format!(
                "TLS refused: {} of plain text came around the 220 to STARTTLS, \
                 as an injected reply would (RFC 3207 s6)",
                count(evidence.len() as u64, "octet", "octets")
            )
        };
        self.note(now, Level::Fault, why);
        self.events.push_back(Event::Refused { evidence });
    }

    /// Enters the octets that wait behind a reply after which none may come.
    fn show_leftover(&mut self, now: Instant) {
        loop {
            let line = self.lines.next_line().unwrap_or_else(|| Line {
                bytes: self.lines.take_rest(),
                ending: Ending::Cut,
            });
            if line.bytes.is_empty() && line.ending == Ending::Cut {
                self.reader = ReplyReader::default();
                return;
            }
            let Step {
                part,
                mut oddities,
                code,
                ..
            } = self.reader.push(&line);
            oddities.insert(Oddity::Unasked);
            let received = Received {
                bytes: line.bytes.into(),
                ending: line.ending,
                code,
                part,
                oddities,
                answers: None,
                took: None,
            };
            self.push_entry(now, What::Received(received));
        }
    }

    fn close(&mut self, reply: &Reply, now: Instant) {
        self.phase = Phase::Closing;
        self.opening = None;
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

    fn run_opening(
        &mut self,
        step: impl FnOnce(Opening) -> (Option<Opening>, Option<CommandLine>, Option<String>),
        now: Instant,
    ) {
        let Some(opening) = self.opening.take() else {
            return;
        };
        let mut moved = step(opening.clone());
        if moved.1.is_some() && !self.lines.pending().is_empty() {
            // What is already there cannot be the answer to what is still to be asked.
            moved = opening.stop("the server said more than it was asked");
        }
        let (next, line, words) = moved;
        self.opening = next;
        if let Some(words) = words {
            self.note(now, Level::Fault, words);
        }
        if let Some(line) = line {
            self.write_line(&line, None, now);
        }
    }

    fn ask(&mut self, asked: Asked, dot: bool, now: Instant) -> Turn {
        let turn = Turn(self.turns);
        self.turns += 1;
        if asked == Asked::EndOfData && self.phase == Phase::Message {
            self.phase = Phase::Submitted;
        }
        if self.questions.is_empty() {
            // The beginning of a line that nobody had asked for.
            let early = self.lines.pending().to_vec();
            self.keep_unasked(&early);
        }
        self.questions.push_back(Question {
            asked,
            turn: Some(turn),
            at: now,
            dot,
        });
        turn
    }

    fn keep_unasked(&mut self, octets: &[u8]) {
        let room = UNASKED_KEPT.saturating_sub(self.unasked.len());
        self.unasked
            .extend_from_slice(&octets[..octets.len().min(room)]);
    }

    /// How questions and answers went together, for the end of the session.
    fn count_words(&self) -> String {
        let asked = self.answers as usize + self.questions.len();
        let mut words = format!("{} of {asked} questions answered", self.answers);
        let missing: Vec<_> = self.questions.iter().map(|q| q.asked.name()).collect();
        if !missing.is_empty() {
            words.push_str(&format!(", not {}", missing.join(", ")));
        }
        if self.unasked_replies > 0 {
            let replies = count(self.unasked_replies.into(), "reply", "replies");
            words.push_str(&format!("; {replies} came unasked"));
        }
        words
    }

    fn awaits(&self, asked: Asked) -> bool {
        self.questions
            .iter()
            .any(|question| question.asked == asked)
    }

    /// Where the dialogue will stand if all that is under way succeeds.
    fn expected_phase(&self) -> Phase {
        let mut phase = self.phase;
        for question in &self.questions {
            if phase == Phase::Message {
                // What follows DATA is the message, up to its dot.
                if question.dot {
                    phase = Phase::Ready;
                }
                continue;
            }
            let success = match question.asked {
                Asked::Greeting | Asked::Command(Verb::StartTls) => 220,
                Asked::Command(Verb::Data) => 354,
                Asked::Command(Verb::Quit) => 221,
                Asked::Command(Verb::Auth | Verb::Xexps) | Asked::SaslAnswer => 235,
                _ => 250,
            };
            if question.asked != Asked::Greeting {
                phase = phase.after(question.asked, Code::new(success));
            }
        }
        phase
    }

    /// Whether what is typed now is part of a SASL exchange (RFC 4954 section 4).
    fn secret_lines(&self) -> bool {
        self.phase == Phase::Exchange
            || self.awaits(Asked::SaslAnswer)
            || self.awaits(Asked::Command(Verb::Auth))
            || self.awaits(Asked::Command(Verb::Xexps))
    }

    fn push_entry(&mut self, at: Instant, what: What) {
        self.events.push_back(Event::Entry(Entry {
            at,
            tls: self.link != Link::Clear,
            what,
        }));
    }

    fn tell_standing(&mut self) {
        let standing = self.standing();
        if standing != self.told {
            self.told = standing.clone();
            self.events.push_back(Event::Standing(Box::new(standing)));
        }
    }
}

/// Whether a line counts as evidence of a server that speaks out of turn.
fn answers_nothing(oddities: Oddities, stray: bool) -> bool {
    stray || oddities.contains(Oddity::Unasked)
}

fn message_words(tally: super::body::Tally) -> String {
    let mut words = format!(
        "message sent: {}, {}",
        count(tally.lines, "line", "lines"),
        count(tally.octets, "octet", "octets")
    );
    if tally.stuffed > 0 {
        words.push_str(&format!(", {} dot-stuffed", tally.stuffed));
    }
    if tally.mended > 0 {
        let endings = count(tally.mended, "line ending", "line endings");
        words.push_str(&format!(", {endings} made CR LF"));
    }
    words
}

fn count(number: u64, one: &str, many: &str) -> String {
    format!("{number} {}", if number == 1 { one } else { many })
}
