//! Plays a dialogue through a session and holds what came against what was expected.

use std::time::Instant;

use ehlo::smtp::{
    Asked, Cap, Capabilities, CommandLine, Event, Knowledge, Level, Note, Oddity, Opening, Phase,
    Received, Reply, Sent, SentKind, Standing, Turn, Verb, What,
};

use ehlo::smtp::reply::{REPLY_BYTES_CAP, REPLY_LINES_CAP};

use super::script::{Act, Expectation, Failure, Key, Script, Step};
use super::wire::{Chunking, Happening, Wire, excerpt, line_of};

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
    asked: Vec<Vec<u8>>,
    handshake_due: bool,
    record: Vec<(usize, String)>,
}

impl<'a> Player<'a> {
    fn new(script: &'a Script, chunking: Chunking, start: Instant) -> Self {
        Self {
            steps: &script.steps,
            chunking,
            wire: Wire::new(script.opening.clone().map(Opening::new), start),
            unclaimed: 0,
            asked: Vec::new(),
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
                .push((last.line, format!("{:?}", self.wire.standing())));
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
        if self.unclaimed < start && !matches!(step.act, Act::Opening(_)) {
            return Err(format!(
                "the session sent by itself what no O: told of: \"{}\"",
                excerpt(self.wire.written_since(self.unclaimed))
            ));
        }
        let may_wait = matches!(step.act, Act::Client { .. } | Act::Message { .. });
        if self.handshake_due && may_wait {
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
                let sent = self
                    .wire
                    .act(|session, now| session.send_line(line.clone(), *consent, now))?;
                let octets = [line.text().as_bytes(), b"\r\n"].concat();
                self.claim(start, if *waits { b"" } else { &octets })?;
                sent
            }
            Act::Unsent(line) => {
                let kept = self
                    .wire
                    .act(|session, now| session.send_line(line.clone(), false, now))?;
                self.claim(start, b"")?;
                kept
            }
            Act::Opening(text) => {
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
                let mut happenings = self.wire.act(ehlo::smtp::Session::handle_read_on)?;
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
        if self.wire.held() > 0 && self.wire.standing().paused.is_none() && !stated {
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
        let fail = |words| Failure {
            line: step.line,
            words,
        };
        let mut last_line: Option<&Received> = None;
        let mut answer = None;
        let mut replies = Vec::new();
        for Happening { event, .. } in happenings {
            match event {
                Event::Entry(entry) => match &entry.what {
                    What::Sent(sent) => self.take_sent(sent).map_err(fail)?,
                    What::Received(received) => {
                        let answers =
                            received.code.is_some() && !received.oddities.contains(Oddity::Unasked);
                        if received.took.is_some() != (received.part.begins() && answers) {
                            return Err(fail(format!("the time it took stands at {received:?}")));
                        }
                        last_line = Some(received);
                        if received.answers.is_some() {
                            answer = last_line;
                        }
                    }
                    What::Note(_) => {}
                },
                Event::Reply { reply, asked } => {
                    // What is refused behind a 220 to STARTTLS is told before that reply is.
                    let line = if asked.is_some() { answer } else { last_line };
                    let turn = line.and_then(|line| line.answers);
                    replies.push(self.describe(reply, *asked, turn).map_err(fail)?);
                }
                Event::StartTls => self.handshake_due = true,
                _ => {}
            }
            if let Some(words) = record(event) {
                self.record.push((step.line, words));
            }
        }
        if let Act::Unsent(line) = &step.act {
            let back = happenings.iter().any(|Happening { event, .. }| {
                matches!(event, Event::NotSent { line: kept, .. } if kept == line)
            });
            if !back {
                return Err(fail("the line did not come back".into()));
            }
        }
        for (name, key) in Key::NAMED {
            let expected: Vec<_> = step.expected.iter().filter(|e| e.key == key).collect();
            if expected.is_empty() && !key.is_strict() {
                continue;
            }
            let came = match key {
                Key::Reply => replies.clone(),
                Key::Unread => vec![self.wire.held().to_string()],
                _ if key.is_standing() => vec![stands(key, self.wire.standing())],
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

    fn take_sent(&mut self, sent: &Sent) -> Result<(), String> {
        let Some(Turn(turn)) = sent.turn else {
            return match sent.kind {
                SentKind::Message => Ok(()),
                kind => Err(format!("a {kind:?} was sent as no question")),
            };
        };
        if turn as usize != self.asked.len() {
            return Err(format!("turn {turn} follows turn {}", self.asked.len()));
        }
        self.asked.push(line_of(sent));
        Ok(())
    }

    /// A reply and the line it answers, which must be such a line as the session says.
    fn describe(
        &self,
        reply: &Reply,
        asked: Option<Asked>,
        turn: Option<Turn>,
    ) -> Result<String, String> {
        let octets: usize = reply.texts.iter().map(|text| text.len()).sum();
        if reply.texts.len() > REPLY_LINES_CAP || octets > REPLY_BYTES_CAP {
            return Err(format!("a reply keeps {octets} octets of text"));
        }
        let code = reply
            .code()
            .map_or_else(|| "---".into(), |code| code.to_string());
        let asked = match (asked, turn) {
            (None, None) => return Ok(format!("{code} unasked")),
            (Some(Asked::Greeting), None) => return Ok(format!("{code} answers the greeting")),
            (Some(asked), Some(Turn(turn))) => (asked, self.asked.get(turn as usize)),
            _ => {
                return Err(format!(
                    "the reply {code} answers {asked:?}, its line {turn:?}"
                ));
            }
        };
        let (asked, line) = (asked.0, asked.1.ok_or("a turn that never was")?);
        let text = String::from_utf8_lossy(line);
        let verb = CommandLine::parse(text.as_ref()).map_or(Verb::Other, |line| line.verb());
        let fits = match asked {
            Asked::Command(asked) => asked == verb,
            Asked::Chunk { last } => verb == Verb::Bdat && last == text.ends_with(" LAST"),
            Asked::EndOfData => text == ".",
            Asked::SaslAnswer => true,
            Asked::Greeting => false,
        };
        if fits {
            Ok(format!("{code} answers {text}"))
        } else {
            Err(format!(
                "the reply {code} is said to answer {asked:?}, which {text:?} is not"
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
        let standing = self.wire.standing();
        if self.unclaimed < self.wire.written() {
            return fail("the session sent by itself what no O: tells of".into());
        }
        if self.handshake_due {
            return fail("the dialogue ends before the handshake of STARTTLS".into());
        }
        let stated = |key| last.expected.iter().any(|e| e.key == key);
        if standing.waiting.is_some() && !stated(Key::Waiting) {
            return fail(format!(
                "the dialogue ends without an answer to {}, and no = waiting says so",
                stands(Key::Waiting, standing)
            ));
        }
        if standing.paused.is_some() && standing.phase != Phase::Offline && !stated(Key::Paused) {
            return fail("the dialogue ends in a pause, and no = paused says so".into());
        }
        Ok(())
    }
}

/// What a step brought of `key`, each as an expectation would have it.
fn came(key: Key, happenings: &[Happening]) -> Vec<String> {
    let mut came = Vec::new();
    for Happening { event, .. } in happenings {
        let entry = match event {
            Event::Entry(entry) => &entry.what,
            Event::NotSent { why, .. } if key == Key::NotSent => {
                came.push(dashed(&format!("{why:?}")));
                continue;
            }
            Event::Refused { evidence } if key == Key::Refused => {
                came.push(quoted(evidence));
                continue;
            }
            _ => continue,
        };
        match (key, entry) {
            (Key::Fault, What::Note(note)) if note.level == Level::Fault => came.push(words(note)),
            (Key::Info, What::Note(note)) if note.level == Level::Info => came.push(words(note)),
            (Key::Hidden, What::Sent(sent)) if sent.secret.is_some() => {
                came.push(quoted(&sent.open));
            }
            (Key::Kind, What::Sent(sent)) => came.push(dashed(&format!("{:?}", sent.kind))),
            (Key::OutOfOrder, What::Sent(sent)) if sent.out_of_order => came.push(String::new()),
            (Key::Took, What::Received(received)) => {
                came.extend(received.took.map(|took| format!("{took:?}")));
            }
            (Key::Oddity, What::Received(received)) => {
                let names: Vec<_> = received.oddities.iter().map(oddity).collect();
                if !names.is_empty() {
                    came.push(names.join(" "));
                }
            }
            _ => {}
        }
    }
    if key == Key::Oddity {
        came.dedup();
    }
    came
}

/// Where the dialogue stands, in the one respect that `key` is about.
fn stands(key: Key, standing: &Standing) -> String {
    let yes_or_no = |yes| if yes { "yes" } else { "no" }.to_owned();
    match key {
        Key::Phase => match standing.phase {
            Phase::Transaction { accepted, refused } => {
                format!("transaction, {accepted} accepted, {refused} refused")
            }
            phase => dashed(&format!("{phase:?}")),
        },
        Key::Link => dashed(&format!("{:?}", standing.link)),
        Key::Capabilities => match &standing.capabilities.now {
            Knowledge::Known(known) => keywords(known),
            knowledge => dashed(&format!("{knowledge:?}")),
        },
        Key::EarlierCapabilities => standing
            .capabilities
            .earlier()
            .map_or_else(|| "none".into(), keywords),
        Key::Authenticated => yes_or_no(standing.authenticated),
        Key::SecretLines => if standing.secret_lines { "on" } else { "off" }.into(),
        Key::Waiting => standing
            .waiting
            .map_or("nothing", |(asked, _)| asked.name())
            .into(),
        Key::Paused => standing.paused.map_or_else(
            || "no".into(),
            |cap| match cap {
                Cap::Line => "line".into(),
                Cap::Reply { .. } => "reply".into(),
            },
        ),
        Key::ChunkLeft => standing.chunk_left.to_string(),
        _ => unreachable!("{key:?} is about a step"),
    }
}

/// Each keyword as it was sent; of a very long one the beginning.
fn keywords(capabilities: &Capabilities) -> String {
    const LONG: usize = 60;
    let lines = capabilities.keywords.iter().map(|keyword| {
        let line = format!("{} {}", keyword.name, keyword.parameters);
        match line.trim_end() {
            long if long.len() > LONG => format!("{:.8}... {} octets", long, long.len()),
            line => line.to_owned(),
        }
    });
    lines.collect::<Vec<_>>().join(", ")
}

/// Whether what came is what was expected: notes by a part of their words, replies by the
/// beginning of the line they answer, all else to the letter.
fn fulfils(key: Key, expected: &[&Expectation], came: &[String]) -> bool {
    let mut left = came.iter();
    let fits = |expected: &Expectation, came: &String| match key {
        Key::Fault | Key::Info => came.contains(expected.value.trim_matches('"')),
        Key::Reply => came.starts_with(&expected.value),
        Key::Oddity => sorted(came) == sorted(&expected.value),
        _ => *came == expected.value,
    };
    if key == Key::Info {
        return expected
            .iter()
            .all(|expected| left.any(|came| fits(expected, came)));
    }
    expected.len() == came.len() && expected.iter().zip(left).all(|(e, came)| fits(e, came))
}

fn unfulfilled(name: &str, expected: &[&Expectation], came: &[String]) -> String {
    let list = |items: Vec<&str>| match items.as_slice() {
        [] => "nothing".to_owned(),
        items => items.join("\n           "),
    };
    format!(
        "{name}\n  expected {}\n  came     {}",
        list(expected.iter().map(|e| e.value.as_str()).collect()),
        list(came.iter().map(String::as_str).collect())
    )
}

/// An event in words that tell all of it, as far as it may not depend on how octets are cut. Of
/// very many octets they tell the first and the count; the books of the wire know the others.
pub(super) fn record(event: &Event) -> Option<String> {
    let words = match event {
        Event::Partial { .. } | Event::Standing(_) => return None,
        Event::Entry(entry) => {
            let words = match &entry.what {
                What::Received(received) => {
                    let Received {
                        bytes,
                        ending,
                        code,
                        part,
                        oddities,
                        answers,
                        took,
                    } = received;
                    format!(
                        "\"{}\" {ending:?} {code:?} {part:?} {oddities:?} {answers:?} {took:?}",
                        excerpt(bytes)
                    )
                }
                What::Sent(sent) => {
                    let Sent {
                        turn,
                        open,
                        secret,
                        kind,
                        out_of_order,
                    } = sent;
                    let open = excerpt(open);
                    format!("\"{open}\" {secret:?} {turn:?} {kind:?} {out_of_order}")
                }
                What::Note(note) => format!("{note:?}"),
            };
            format!("{words} {:?} {}", entry.at, entry.tls)
        }
        Event::Reply { reply, asked } => {
            let Reply {
                first_code,
                last_code,
                enhanced,
                texts,
                oddities,
            } = reply;
            format!(
                "reply {first_code:?} {last_code:?} {enhanced:?} {oddities:?} to {asked:?}: {} \"{}\"",
                texts.len(),
                excerpt(&texts.concat())
            )
        }
        Event::NotSent { .. } | Event::StartTls | Event::Refused { .. } => format!("{event:?}"),
    };
    Some(words)
}

fn differ(expected: &[u8], came: &[u8]) -> String {
    format!(
        "octets to the server\n  expected \"{}\"\n  came     \"{}\"",
        excerpt(expected),
        excerpt(came)
    )
}

fn oddity(oddity: Oddity) -> String {
    dashed(&format!("{oddity:?}"))
}

fn words(note: &Note) -> String {
    note.text.clone().into_string()
}

fn quoted(octets: &[u8]) -> String {
    format!("\"{}\"", octets.escape_ascii())
}

fn sorted(words: &str) -> Vec<&str> {
    let mut words: Vec<_> = words.split(' ').collect();
    words.sort_unstable();
    words
}

/// `BareLf` as `bare-lf`, `Exposed(Clear)` as `exposed-clear`.
fn dashed(name: &str) -> String {
    let mut dashed = String::new();
    for character in name.chars().filter(char::is_ascii_alphanumeric) {
        if character.is_ascii_uppercase() && !dashed.is_empty() {
            dashed.push('-');
        }
        dashed.push(character.to_ascii_lowercase());
    }
    dashed
}
