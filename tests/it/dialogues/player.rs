//! Plays a dialogue through a session and compares the result with the expectations.

use std::time::Instant;

use ehlo::smtp::line::Ending;
use ehlo::smtp::reply::{REPLY_BYTES_CAP, REPLY_LINES_CAP};
use ehlo::smtp::{
    AutoStartTls, Awaited, CommandLine, EntryKind, Event, NotSentReason, Oddity, Phase, Received,
    Reply, RequestId, Secret, Sent, SentKind, Session, Verb,
};

use super::description::{actual, describe_event, is_met, mismatch, state};
use super::script::{Action, Failure, Key, Script, Step};
use super::wire::{Chunking, TimedEvent, Wire, excerpt, line_of};

/// The ways to cut the octets of the server; all must give the same result.
const CHUNKINGS: [Chunking; 6] = [
    Chunking::Lines,
    Chunking::Whole,
    Chunking::Octets,
    Chunking::Random(1),
    Chunking::Random(20),
    Chunking::Random(300),
];

/// Plays a dialogue with each chunking.
pub(super) fn play(script: &Script) -> Result<(), Failure> {
    let start = Instant::now();
    let mut first: Option<Vec<(usize, String)>> = None;
    for chunking in CHUNKINGS {
        let with_chunking = |failure: Failure| Failure {
            message: format!("({chunking:?}) {}", failure.message),
            ..failure
        };
        let record = Player::new(script, chunking, start)
            .play()
            .map_err(with_chunking)?;
        let Some(first) = &first else {
            first = Some(record);
            continue;
        };
        for at in 0..first.len().max(record.len()) {
            let (expected, other) = (first.get(at), record.get(at));
            if expected != other {
                let line = other.or(expected).map_or(0, |(line, _)| *line);
                let message = format!(
                    "the result depends on how the octets are cut\n  expected {}\n  received {}",
                    expected.map_or("nothing", |(_, event)| event),
                    other.map_or("nothing", |(_, event)| event)
                );
                return Err(with_chunking(Failure { line, message }));
            }
        }
    }
    Ok(())
}

struct Player<'a> {
    steps: &'a [Step],
    chunking: Chunking,
    wire: Wire,
    /// The end of the written octets that a step has accounted for.
    claimed: usize,
    /// Each line sent as a request, by its number.
    requests: Vec<Vec<u8>>,
    /// The beginning of a line sent as raw octets.
    unfinished_line: Vec<u8>,
    handshake_due: bool,
    /// The request that the last line of the server answers. A reply without its last line is only
    /// complete when the next line comes.
    last_answers: Option<RequestId>,
    record: Vec<(usize, String)>,
}

impl<'a> Player<'a> {
    fn new(script: &'a Script, chunking: Chunking, start: Instant) -> Self {
        Self {
            steps: &script.steps,
            chunking,
            wire: Wire::new(script.auto_start_tls.clone().map(AutoStartTls::new), start),
            claimed: 0,
            requests: Vec::new(),
            unfinished_line: Vec::new(),
            handshake_due: false,
            last_answers: None,
            record: Vec::new(),
        }
    }

    fn play(mut self) -> Result<Vec<(usize, String)>, Failure> {
        let steps = self.steps;
        let mut at = 0;
        while at < steps.len() {
            let together = at + self.together(&steps[at..]);
            let batch = &steps[at..together];
            at = together;
            let events = self.act(batch).map_err(|message| Failure {
                line: batch[0].line,
                message,
            })?;
            for (step, events) in batch.iter().zip(&events) {
                self.check(step, events)?;
            }
            let last = &batch[batch.len() - 1];
            self.record
                .push((last.line, format!("{:?}", self.wire.status())));
        }
        self.check_end()?;
        Ok(self.record)
    }

    /// How many of the next steps are played together: lines of the server, up to one with an
    /// expectation about the state.
    fn together(&self, steps: &[Step]) -> usize {
        let is_server = |step: &&Step| matches!(step.action, Action::Server { .. });
        let checks_state = |step: &Step| step.expected.iter().any(|e| e.key.is_state());
        let servers = steps.iter().take_while(is_server).count();
        let until = steps[..servers].iter().position(checks_state);
        until.map_or(servers, |at| at + 1).max(1)
    }

    /// Plays the steps and returns the events of each.
    fn act(&mut self, batch: &[Step]) -> Result<Vec<Vec<TimedEvent>>, String> {
        let step = &batch[0];
        let start = self.wire.written();
        if self.claimed < start && !matches!(step.action, Action::Automatic(_)) {
            return Err(format!(
                "the session sent by itself, without an O: line, \"{}\"",
                excerpt(self.wire.written_since(self.claimed))
            ));
        }
        let sends = matches!(step.action, Action::Client { .. } | Action::Message { .. });
        if self.handshake_due && sends {
            return Err("the handshake of STARTTLS is due".into());
        }
        let events = match &step.action {
            Action::Connect(link) => self
                .wire
                .act(|session, now| session.handle_connected(*link, now))?,
            Action::Server { .. } => return self.feed(batch),
            Action::Client {
                line,
                consent,
                queued,
                wire,
            } => {
                let consent = self.wire.status().link.exposure().filter(|_| *consent);
                let sent = self
                    .wire
                    .act(|session, now| session.send_line(line.clone(), consent, now))?;
                let whole = || [line.text().as_bytes(), b"\r\n"].concat();
                let octets = wire.clone().unwrap_or_else(whole);
                self.claim(start, if *queued { b"" } else { &octets })?;
                sent
            }
            Action::NotSent(line) => {
                let returned = self
                    .wire
                    .act(|session, now| session.send_line(line.clone(), None, now))?;
                self.claim(start, b"")?;
                returned
            }
            Action::Authenticate {
                exchange, consent, ..
            } => {
                let consent = self.wire.status().link.exposure().filter(|_| *consent);
                let exchange = exchange.clone();
                self.wire
                    .act(|session, now| session.authenticate(exchange, consent, now))?
            }
            Action::Raw {
                octets,
                consent,
                comes_back,
            } => {
                let consent = self.wire.status().link.exposure().filter(|_| *consent);
                let secret = Secret::new(octets.clone());
                let sent = self
                    .wire
                    .act(|session, now| session.send_raw(secret, consent, now))?;
                self.claim(start, if *comes_back { b"" } else { octets })?;
                sent
            }
            Action::Chunk(octets) => {
                let sent = self
                    .wire
                    .act(|session, now| session.send_chunk(octets, now))?;
                let announced = format!("BDAT {} LAST\r\n", octets.len());
                self.claim(start, &[announced.as_bytes(), octets].concat())?;
                sent
            }
            Action::Automatic(text) => {
                let octets = [text.as_bytes(), b"\r\n"].concat();
                let written = self.wire.written_since(self.claimed);
                if !written.starts_with(&octets) {
                    return Err(differ(&octets, written));
                }
                self.claimed += octets.len();
                Vec::new()
            }
            Action::Message { text, wire } => {
                let pieces = self.chunking.cut(&[(text, false)]);
                let sent = self.wire.send_message(&pieces)?;
                self.claim(start, wire)?;
                sent
            }
            Action::EndOfMessage { wire } => {
                let sent = self.wire.end_message()?;
                self.claim(start, wire)?;
                sent
            }
            Action::Time(time) => {
                self.wire.pass(*time);
                Vec::new()
            }
            Action::Tls(link) => {
                if !std::mem::take(&mut self.handshake_due) {
                    return Err("no handshake is due".into());
                }
                self.wire
                    .act(|session, now| session.handle_tls(*link, now))?
            }
            Action::Resume => {
                let mut events = self.wire.act(Session::resume_reading)?;
                events.extend(self.wire.feed(Vec::new())?);
                events
            }
            Action::End(end) => {
                self.handshake_due = false;
                self.wire.act(|session, now| session.handle_end(end, now))?
            }
        };
        Ok(vec![events])
    }

    /// Feeds the lines of the server. An event belongs to the line whose octets were reported last.
    fn feed(&mut self, batch: &[Step]) -> Result<Vec<Vec<TimedEvent>>, String> {
        let mut parts = Vec::new();
        let mut ends = Vec::new();
        let mut end = self.wire.fed();
        for step in batch {
            let Action::Server {
                octets,
                same_segment,
            } = &step.action
            else {
                unreachable!("only steps of the server are played together")
            };
            end += octets.len();
            ends.push(end);
            parts.push((octets.as_slice(), *same_segment));
        }
        let mut events: Vec<_> = batch.iter().map(|_| Vec::new()).collect();
        for event in self.wire.feed(self.chunking.cut(&parts))? {
            let step = ends.iter().position(|&end| event.reported <= end);
            events[step.unwrap_or(ends.len() - 1)].push(event);
        }
        let expected = batch[batch.len() - 1]
            .expected
            .iter()
            .any(|e| e.key == Key::Unread);
        if self.wire.held() > 0 && self.wire.status().paused.is_none() && !expected {
            return Err(format!(
                "the session does not read any more: {} octets of the server are left",
                self.wire.held()
            ));
        }
        Ok(events)
    }

    /// Checks that exactly these octets were written since `start`.
    fn claim(&mut self, start: usize, octets: &[u8]) -> Result<(), String> {
        let written = self.wire.written_since(start);
        if written != octets {
            return Err(differ(octets, written));
        }
        self.claimed += octets.len();
        Ok(())
    }

    fn check(&mut self, step: &Step, events: &[TimedEvent]) -> Result<(), Failure> {
        let replies = self.follow(step, events).map_err(|message| Failure {
            line: step.line,
            message,
        })?;
        for (name, key) in Key::NAMED {
            let expected: Vec<_> = step.expected.iter().filter(|e| e.key == key).collect();
            if expected.is_empty() && !key.is_strict() {
                continue;
            }
            let actual = match key {
                Key::Reply => replies.clone(),
                Key::Unread => vec![self.wire.held().to_string()],
                _ if key.is_state() => vec![state(key, self.wire.status())],
                _ => actual(key, events),
            };
            if !is_met(key, &expected, &actual) {
                return Err(Failure {
                    line: expected.first().map_or(step.line, |e| e.line),
                    message: mismatch(name, &expected, &actual),
                });
            }
        }
        Ok(())
    }

    /// Checks what must be true for the events of every step, and returns the replies.
    fn follow(&mut self, step: &Step, events: &[TimedEvent]) -> Result<Vec<String>, String> {
        let mut replies = Vec::new();
        for TimedEvent { event, .. } in events {
            match event {
                Event::Entry(entry) => match &entry.kind {
                    EntryKind::Sent(sent) => self.take_sent(sent)?,
                    EntryKind::Received(received) => {
                        check_time(received)?;
                        self.last_answers = received.answers;
                    }
                    EntryKind::Note(_) => {}
                },
                Event::Reply { reply, awaited } => {
                    replies.push(self.describe_reply(reply, *awaited, self.last_answers)?);
                }
                Event::StartTls => self.handshake_due = true,
                _ => {}
            }
            let description = describe_event(event).map(|text| (step.line, text));
            self.record.extend(description);
        }
        if let Action::NotSent(line) = &step.action {
            let returned = events
                .iter()
                .filter_map(|TimedEvent { event, .. }| match event {
                    Event::NotSent { line, reason } => Some((line, reason)),
                    _ => None,
                });
            if !returned.clone().any(|(back, _)| back.text() == line.text()) {
                return Err("the line did not come back".into());
            }
            let mut exposed =
                returned.filter(|(_, reason)| matches!(reason, NotSentReason::Exposed(_)));
            if exposed.any(|(back, _)| back.secret().is_none()) {
                return Err("the line came back with a visible secret".into());
            }
        }
        if let Action::Authenticate { comes_back, .. } = &step.action {
            let came_back = events
                .iter()
                .any(|TimedEvent { event, .. }| matches!(event, Event::ExchangeNotSent { .. }));
            if came_back != *comes_back {
                return Err(format!("the exchange came back: {came_back}"));
            }
        }
        Ok(replies)
    }

    fn take_sent(&mut self, sent: &Sent) -> Result<(), String> {
        let Some(RequestId(number)) = sent.request else {
            return match sent.kind {
                SentKind::Message => Ok(()),
                SentKind::Command if sent.ending == Ending::Cut => {
                    self.unfinished_line.extend(line_of(sent));
                    Ok(())
                }
                SentKind::Command if sent.visible.starts_with(b"PROXY ") => Ok(()),
                kind => Err(format!("a {kind:?} was not sent as a request")),
            };
        };
        if number as usize != self.requests.len() {
            return Err(format!(
                "request {number} is not request {}",
                self.requests.len()
            ));
        }
        let beginning = std::mem::take(&mut self.unfinished_line);
        let mut line = [beginning, line_of(sent)].concat();
        if sent.ending == Ending::Lf {
            line.pop();
        }
        // A server that accepts a bare LF has answered the part before it.
        let from = line.iter().rposition(|&octet| octet == b'\n');
        self.requests
            .push(line.split_off(from.map_or(0, |at| at + 1)));
        Ok(())
    }

    /// Describes a reply and the line it answers; checks that the line is what the session says.
    fn describe_reply(
        &self,
        reply: &Reply,
        awaited: Option<Awaited>,
        request: Option<RequestId>,
    ) -> Result<String, String> {
        let octets: usize = reply.texts.iter().map(|text| text.len()).sum();
        if reply.texts.len() > REPLY_LINES_CAP || octets > REPLY_BYTES_CAP {
            return Err(format!("a reply has {octets} octets of text"));
        }
        let code = reply
            .code()
            .map_or_else(|| "---".into(), |code| code.to_string());
        let awaited = match (awaited, request) {
            (None, None) => return Ok(format!("{code} unasked")),
            (Some(Awaited::Greeting), None) => return Ok(format!("{code} answers the greeting")),
            (Some(awaited), Some(RequestId(number))) => {
                (awaited, self.requests.get(number as usize))
            }
            _ => {
                return Err(format!(
                    "the reply {code} answers {awaited:?}, request {request:?}"
                ));
            }
        };
        let (awaited, line) = (awaited.0, awaited.1.ok_or("unknown request")?);
        let text = String::from_utf8_lossy(line);
        let verb = CommandLine::parse(text.as_ref()).map_or(Verb::Other, |line| line.verb());
        let fits = match awaited {
            Awaited::Command(awaited) => awaited == verb,
            Awaited::Chunk { last } => verb == Verb::Bdat && last == text.ends_with(" LAST"),
            Awaited::EndOfData => text == ".",
            Awaited::SaslResponse => text != "*",
            Awaited::SaslCancel => text == "*",
            Awaited::Greeting => false,
        };
        if fits {
            Ok(format!("{code} answers {text}"))
        } else {
            Err(format!(
                "the reply {code} is reported as the answer to {awaited:?}, but its request is \
                 {text:?}"
            ))
        }
    }

    /// Checks that the dialogue leaves nothing pending without expecting it.
    fn check_end(&self) -> Result<(), Failure> {
        let Some(last) = self.steps.last() else {
            return Err(Failure {
                line: 0,
                message: "an empty dialogue".into(),
            });
        };
        let fail = |message: String| {
            Err(Failure {
                line: last.line,
                message,
            })
        };
        let status = self.wire.status();
        if self.claimed < self.wire.written() {
            return fail("the session sent by itself, without an O: line".into());
        }
        if self.handshake_due {
            return fail("the dialogue ends before the handshake of STARTTLS".into());
        }
        let expects = |key| last.expected.iter().any(|e| e.key == key);
        if status.waiting.is_some() && !expects(Key::Waiting) {
            return fail(format!(
                "the dialogue ends without a reply to {} and without = waiting",
                state(Key::Waiting, status)
            ));
        }
        if status.paused.is_some() && status.phase != Phase::Offline && !expects(Key::Paused) {
            return fail("the dialogue ends in a pause and without = paused".into());
        }
        Ok(())
    }
}

/// Checks that exactly the first line of a reply has the time since its request.
fn check_time(line: &Received) -> Result<(), String> {
    let answers = line.code.is_some() && !line.oddities.contains(Oddity::Unasked);
    if line.took.is_some() == (line.part.begins() && answers) {
        Ok(())
    } else {
        Err(format!("unexpected time: {line:?}"))
    }
}

fn differ(expected: &[u8], written: &[u8]) -> String {
    format!(
        "octets to the server\n  expected \"{}\"\n  received \"{}\"",
        excerpt(expected),
        excerpt(written)
    )
}
