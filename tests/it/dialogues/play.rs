//! Plays a dialogue through a session and holds what came against what was expected.

use std::time::Instant;

use ehlo::smtp::line::Ending;
use ehlo::smtp::reply::{REPLY_BYTES_CAP, REPLY_LINES_CAP};
use ehlo::smtp::{
    AutoStartTls, Awaited, CommandLine, EntryKind, Event, Oddity, Phase, Received, Reply, Secret,
    Sent, SentKind, Session, Turn, Unsent, Verb,
};

use super::script::{Act, Failure, Key, Script, Step};
use super::wire::{Chunking, Happening, Wire, excerpt, line_of};
use super::words::{came, fulfils, record, stands, unfulfilled};

/// The ways each dialogue is played; all must come to the same.
const CHUNKINGS: [Chunking; 6] = [
    Chunking::Lines,
    Chunking::Whole,
    Chunking::Octets,
    Chunking::Random(1),
    Chunking::Random(20),
    Chunking::Random(300),
];

/// Plays a dialogue in all ways.
pub(super) fn play(script: &Script) -> Result<(), Failure> {
    let start = Instant::now();
    let mut first: Option<Vec<(usize, String)>> = None;
    for chunking in CHUNKINGS {
        let in_this_way = |failure: Failure| Failure {
            words: format!("({chunking:?}) {}", failure.words),
            ..failure
        };
        let record = Player::new(script, chunking, start)
            .play()
            .map_err(in_this_way)?;
        let Some(first) = &first else {
            first = Some(record);
            continue;
        };
        for at in 0..first.len().max(record.len()) {
            let (written, other) = (first.get(at), record.get(at));
            if written != other {
                let line = other.or(written).map_or(0, |(line, _)| *line);
                let words = format!(
                    "differs by how the octets are cut\n  expected {}\n  came     {}",
                    written.map_or("nothing", |(_, words)| words),
                    other.map_or("nothing", |(_, words)| words)
                );
                return Err(in_this_way(Failure { line, words }));
            }
        }
    }
    Ok(())
}

struct Player<'a> {
    steps: &'a [Step],
    chunking: Chunking,
    wire: Wire,
    /// Octets that were written with no line typed, of which no `O:` has told yet.
    unclaimed: usize,
    /// Each line that was sent as a question, by its turn.
    awaited: Vec<Vec<u8>>,
    /// What raw octets have begun of a line.
    begun: Vec<u8>,
    handshake_due: bool,
    record: Vec<(usize, String)>,
}

impl<'a> Player<'a> {
    fn new(script: &'a Script, chunking: Chunking, start: Instant) -> Self {
        Self {
            steps: &script.steps,
            chunking,
            wire: Wire::new(script.opening.clone().map(AutoStartTls::new), start),
            unclaimed: 0,
            awaited: Vec::new(),
            begun: Vec::new(),
            handshake_due: false,
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
            let happened = self.act(batch).map_err(|words| Failure {
                line: batch[0].line,
                words,
            })?;
            for (step, happenings) in batch.iter().zip(&happened) {
                self.check(step, happenings)?;
            }
            let last = &batch[batch.len() - 1];
            self.record
                .push((last.line, format!("{:?}", self.wire.status())));
        }
        self.check_end()?;
        Ok(self.record)
    }

    /// How many of the next steps happen at once: lines of the server, up to one at which it is
    /// asked where the dialogue stands.
    fn together(&self, steps: &[Step]) -> usize {
        let is_server = |step: &&Step| matches!(step.act, Act::Server { .. });
        let stands = |step: &Step| step.expected.iter().any(|e| e.key.is_standing());
        let servers = steps.iter().take_while(is_server).count();
        let until = steps[..servers].iter().position(stands);
        until.map_or(servers, |at| at + 1).max(1)
    }

    /// Lets the steps happen and gives back what came of each.
    fn act(&mut self, batch: &[Step]) -> Result<Vec<Vec<Happening>>, String> {
        let step = &batch[0];
        let start = self.wire.written();
        if self.unclaimed < start && !matches!(step.act, Act::ByItself(_)) {
            return Err(format!(
                "the session sent by itself what no O: told of: \"{}\"",
                excerpt(self.wire.written_since(self.unclaimed))
            ));
        }
        let goes_out = matches!(step.act, Act::Client { .. } | Act::Message { .. });
        if self.handshake_due && goes_out {
            return Err("the handshake of STARTTLS is due here".into());
        }
        let happenings = match &step.act {
            Act::Connect(link) => self
                .wire
                .act(|session, now| session.handle_connected(*link, now))?,
            Act::Server { .. } => return self.feed(batch),
            Act::Client {
                line,
                consent,
                waits,
            } => {
                let consent = self.wire.status().link.exposure().filter(|_| *consent);
                let sent = self
                    .wire
                    .act(|session, now| session.send_line(line.clone(), consent, now))?;
                let octets = [line.text().as_bytes(), b"\r\n"].concat();
                self.claim(start, if *waits { b"" } else { &octets })?;
                sent
            }
            Act::Unsent(line) => {
                let kept = self
                    .wire
                    .act(|session, now| session.send_line(line.clone(), None, now))?;
                self.claim(start, b"")?;
                kept
            }
            Act::Authenticate {
                exchange, consent, ..
            } => {
                let consent = self.wire.status().link.exposure().filter(|_| *consent);
                let exchange = exchange.clone();
                self.wire
                    .act(|session, now| session.authenticate(exchange, consent, now))?
            }
            Act::Raw {
                octets,
                consent,
                goes,
            } => {
                let consent = self.wire.status().link.exposure().filter(|_| *consent);
                let secret = Secret::new(octets.clone());
                let sent = self
                    .wire
                    .act(|session, now| session.send_raw(secret, consent, now))?;
                self.claim(start, if *goes { octets } else { b"" })?;
                sent
            }
            Act::Chunk(octets) => {
                let sent = self
                    .wire
                    .act(|session, now| session.send_chunk(octets, now))?;
                let announced = format!("BDAT {} LAST\r\n", octets.len());
                self.claim(start, &[announced.as_bytes(), octets].concat())?;
                sent
            }
            Act::ByItself(text) => {
                let octets = [text.as_bytes(), b"\r\n"].concat();
                let came = self.wire.written_since(self.unclaimed);
                if !came.starts_with(&octets) {
                    return Err(differ(&octets, came));
                }
                self.unclaimed += octets.len();
                Vec::new()
            }
            Act::Message { text, wire } => {
                let pieces = self.chunking.cut(&[(text, false)]);
                let sent = self.wire.send_message(&pieces)?;
                self.claim(start, wire)?;
                sent
            }
            Act::EndOfMessage { wire } => {
                let sent = self.wire.end_message()?;
                self.claim(start, wire)?;
                sent
            }
            Act::Time(time) => {
                self.wire.pass(*time);
                Vec::new()
            }
            Act::Tls(link) => {
                if !std::mem::take(&mut self.handshake_due) {
                    return Err("no handshake is due".into());
                }
                self.wire
                    .act(|session, now| session.handle_tls(*link, now))?
            }
            Act::ReadOn => {
                let mut happenings = self.wire.act(Session::handle_read_on)?;
                happenings.extend(self.wire.feed(Vec::new())?);
                happenings
            }
            Act::End(end) => {
                self.handshake_due = false;
                self.wire.act(|session, now| session.handle_end(end, now))?
            }
        };
        Ok(vec![happenings])
    }

    /// The lines of the server arrive. What happens belongs to the line whose octets were told
    /// last.
    fn feed(&mut self, batch: &[Step]) -> Result<Vec<Vec<Happening>>, String> {
        let mut parts = Vec::new();
        let mut ends = Vec::new();
        let mut end = self.wire.fed();
        for step in batch {
            let Act::Server { octets, glued } = &step.act else {
                unreachable!("a batch of several steps is the server's")
            };
            end += octets.len();
            ends.push(end);
            parts.push((octets.as_slice(), *glued));
        }
        let mut happened: Vec<_> = batch.iter().map(|_| Vec::new()).collect();
        for happening in self.wire.feed(self.chunking.cut(&parts))? {
            let step = ends.iter().position(|&end| happening.told <= end);
            happened[step.unwrap_or(ends.len() - 1)].push(happening);
        }
        let stated = batch[batch.len() - 1]
            .expected
            .iter()
            .any(|e| e.key == Key::Unread);
        if self.wire.held() > 0 && self.wire.status().paused.is_none() && !stated {
            return Err(format!(
                "{} octets of the server are not wanted any more",
                self.wire.held()
            ));
        }
        Ok(happened)
    }

    /// What was written since `start` is just this.
    fn claim(&mut self, start: usize, octets: &[u8]) -> Result<(), String> {
        let came = self.wire.written_since(start);
        if came != octets {
            return Err(differ(octets, came));
        }
        self.unclaimed += octets.len();
        Ok(())
    }

    fn check(&mut self, step: &Step, happenings: &[Happening]) -> Result<(), Failure> {
        let replies = self.follow(step, happenings).map_err(|words| Failure {
            line: step.line,
            words,
        })?;
        for (name, key) in Key::NAMED {
            let expected: Vec<_> = step.expected.iter().filter(|e| e.key == key).collect();
            if expected.is_empty() && !key.is_strict() {
                continue;
            }
            let came = match key {
                Key::Reply => replies.clone(),
                Key::Unread => vec![self.wire.held().to_string()],
                _ if key.is_standing() => vec![stands(key, self.wire.status())],
                _ => came(key, happenings),
            };
            if !fulfils(key, &expected, &came) {
                return Err(Failure {
                    line: expected.first().map_or(step.line, |e| e.line),
                    words: unfulfilled(name, &expected, &came),
                });
            }
        }
        Ok(())
    }

    /// Goes through what came of a step, checks what must be so of any, and gives back the replies.
    fn follow(&mut self, step: &Step, happenings: &[Happening]) -> Result<Vec<String>, String> {
        let mut last_line: Option<&Received> = None;
        let mut replies = Vec::new();
        for Happening { event, .. } in happenings {
            match event {
                Event::Entry(entry) => match &entry.kind {
                    EntryKind::Sent(sent) => self.take_sent(sent)?,
                    EntryKind::Received(received) => {
                        check_time(received)?;
                        last_line = Some(received);
                    }
                    EntryKind::Note(_) => {}
                },
                Event::Reply { reply, awaited } => {
                    let turn = last_line.and_then(|line| line.answers);
                    replies.push(self.describe(reply, *awaited, turn)?);
                }
                Event::StartTls => self.handshake_due = true,
                _ => {}
            }
            let words = record(event).map(|words| (step.line, words));
            self.record.extend(words);
        }
        if let Act::Unsent(line) = &step.act {
            let back = happenings.iter().any(|Happening { event, .. }| {
                matches!(event, Event::NotSent { line: kept, .. } if kept.text() == line.text())
            });
            if !back {
                return Err("the line did not come back".into());
            }
            let shown = happenings.iter().any(|Happening { event, .. }| {
                matches!(event, Event::NotSent { line, why: Unsent::Exposed(_) } if line.secret().is_none())
            });
            if shown {
                return Err("the line came back with its secret in clear".into());
            }
        }
        if let Act::Authenticate { comes_back, .. } = &step.act {
            let back = happenings
                .iter()
                .any(|Happening { event, .. }| matches!(event, Event::ExchangeNotSent { .. }));
            if back != *comes_back {
                return Err(format!("the exchange came back: {back}"));
            }
        }
        Ok(replies)
    }

    fn take_sent(&mut self, sent: &Sent) -> Result<(), String> {
        let Some(Turn(turn)) = sent.turn else {
            return match sent.kind {
                SentKind::Message => Ok(()),
                SentKind::Command if sent.ending == Ending::Cut => {
                    self.begun.extend(line_of(sent));
                    Ok(())
                }
                SentKind::Command if sent.open.starts_with(b"PROXY ") => Ok(()),
                kind => Err(format!("a {kind:?} was sent as no question")),
            };
        };
        if turn as usize != self.awaited.len() {
            return Err(format!("turn {turn} follows turn {}", self.awaited.len()));
        }
        let begun = std::mem::take(&mut self.begun);
        let mut line = [begun, line_of(sent)].concat();
        if sent.ending == Ending::Lf {
            line.pop();
        }
        // A server that took a bare LF as an end has answered what stands before it.
        let from = line.iter().rposition(|&octet| octet == b'\n');
        self.awaited
            .push(line.split_off(from.map_or(0, |at| at + 1)));
        Ok(())
    }

    /// A reply and the line it answers, which must be such a line as the session says.
    fn describe(
        &self,
        reply: &Reply,
        awaited: Option<Awaited>,
        turn: Option<Turn>,
    ) -> Result<String, String> {
        let octets: usize = reply.texts.iter().map(|text| text.len()).sum();
        if reply.texts.len() > REPLY_LINES_CAP || octets > REPLY_BYTES_CAP {
            return Err(format!("a reply keeps {octets} octets of text"));
        }
        let code = reply
            .code()
            .map_or_else(|| "---".into(), |code| code.to_string());
        let awaited = match (awaited, turn) {
            (None, None) => return Ok(format!("{code} unasked")),
            (Some(Awaited::Greeting), None) => return Ok(format!("{code} answers the greeting")),
            (Some(awaited), Some(Turn(turn))) => (awaited, self.awaited.get(turn as usize)),
            _ => {
                return Err(format!(
                    "the reply {code} answers {awaited:?}, its line {turn:?}"
                ));
            }
        };
        let (awaited, line) = (awaited.0, awaited.1.ok_or("a turn that never was")?);
        let text = String::from_utf8_lossy(line);
        let verb = CommandLine::parse(text.as_ref()).map_or(Verb::Other, |line| line.verb());
        let fits = match awaited {
            Awaited::Command(awaited) => awaited == verb,
            Awaited::Chunk { last } => verb == Verb::Bdat && last == text.ends_with(" LAST"),
            Awaited::EndOfData => text == ".",
            Awaited::SaslAnswer => true,
            Awaited::Greeting => false,
        };
        if fits {
            Ok(format!("{code} answers {text}"))
        } else {
            Err(format!(
                "the reply {code} is said to answer {awaited:?}, which {text:?} is not"
            ))
        }
    }

    /// A dialogue that leaves the connection open leaves nothing else open, but what it says.
    fn check_end(&self) -> Result<(), Failure> {
        let Some(last) = self.steps.last() else {
            return Err(Failure {
                line: 0,
                words: "an empty dialogue".into(),
            });
        };
        let fail = |words: String| {
            Err(Failure {
                line: last.line,
                words,
            })
        };
        let status = self.wire.status();
        if self.unclaimed < self.wire.written() {
            return fail("the session sent by itself what no O: tells of".into());
        }
        if self.handshake_due {
            return fail("the dialogue ends before the handshake of STARTTLS".into());
        }
        let stated = |key| last.expected.iter().any(|e| e.key == key);
        if status.waiting.is_some() && !stated(Key::Waiting) {
            return fail(format!(
                "the dialogue ends without an answer to {}, and no = waiting says so",
                stands(Key::Waiting, status)
            ));
        }
        if status.paused.is_some() && status.phase != Phase::Offline && !stated(Key::Paused) {
            return fail("the dialogue ends in a pause, and no = paused says so".into());
        }
        Ok(())
    }
}

/// The time since the question stands on the first line of an answer, and nowhere else.
fn check_time(line: &Received) -> Result<(), String> {
    let answers = line.code.is_some() && !line.oddities.contains(Oddity::Unasked);
    if line.took.is_some() == (line.part.begins() && answers) {
        Ok(())
    } else {
        Err(format!("the time it took stands at {line:?}"))
    }
}

fn differ(expected: &[u8], came: &[u8]) -> String {
    format!(
        "octets to the server\n  expected \"{}\"\n  came     \"{}\"",
        excerpt(expected),
        excerpt(came)
    )
}
