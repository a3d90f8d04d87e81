//! Provokes the refusals of a real server, as `refusals.txt` says, and explains each as the console
//! does.

use std::collections::HashSet;
use std::fmt::Write as _;
use std::net::SocketAddr;
use std::path::Path;
use std::thread;
use std::time::Duration;

use ehlo::diagnosis::{self, Certainty, Explanation, ReplyContext, Situation, Tracker};
use ehlo::net::{self, Command, ConnectPlan, Event, Security, Sni, TlsOptions};
use ehlo::smtp::line::{Ending, Line};
use ehlo::smtp::reply::ReplyReader;
use ehlo::smtp::{
    self, Awaited, Code, CommandLine, Entry, EntryKind, Exposure, Phase, Reply, RequestId, Secret,
    Verb,
};

/// The sessions. `refusals.txt` begins with their format.
const SESSIONS: &str = include_str!("refusals.txt");
/// More than any server needs for a reply.
const TIMEOUT: Duration = Duration::from_secs(20);
/// A server also refuses by closing the connection.
const CLOSING: Code = Code::new(221);
/// How long the server has to close the connection after a reply.
const PAUSE: Duration = Duration::from_millis(100);
/// The most octets of a line in the snapshot.
const LINE_CAP: usize = 110;

/// A session of `refusals.txt`.
#[derive(Clone, Copy, Debug)]
struct Script<'a> {
    kind: &'a str,
    in_clear: bool,
    steps: &'a str,
}

/// All refusals of a server and their explanations, as text. `endpoint` gives the address of a kind of
/// endpoint, if the server has it.
pub fn provoke(server: &str, ca_file: &Path, endpoint: impl Fn(&str) -> Option<String>) -> String {
    let scripts = scripts(server);
    let available: Vec<_> = scripts
        .iter()
        .filter_map(|script| Some((script, endpoint(script.kind)?.parse().unwrap())))
        .collect();
    let pages = thread::scope(|scope| {
        let sessions = available.iter().map(|&(script, address)| {
            scope.spawn(move || (script.kind, run(script, address, ca_file)))
        });
        let sessions: Vec<_> = sessions.collect();
        let joined = sessions.into_iter().map(|session| session.join().unwrap());
        joined.collect::<Vec<_>>()
    });
    let mut text = String::new();
    let mut known = HashSet::new();
    for (kind, rows) in &pages {
        let rows: Vec<&str> = rows.iter().map(String::as_str).collect();
        let rows: Vec<&str> = rows.into_iter().filter(|row| known.insert(*row)).collect();
        if !rows.is_empty() {
            let _ = write!(text, "## {kind}\n\n{}", rows.concat());
        }
    }
    text
}

/// The sessions for a server.
fn scripts(server: &str) -> Vec<Script<'static>> {
    let sessions = SESSIONS.split("\n@ ").skip(1);
    let sessions = sessions.map(|session| session.split_once('\n').unwrap_or((session, "")));
    let for_it = sessions.filter_map(|(head, steps)| {
        let mut words = head.split(' ');
        let kind = words.next()?;
        let (clear, servers): (Vec<_>, Vec<_>) = words.partition(|word| *word == "clear");
        let script = Script {
            kind,
            in_clear: !clear.is_empty(),
            steps,
        };
        (servers.is_empty() || servers.contains(&server)).then_some(script)
    });
    for_it.collect()
}

/// Runs a session. Returns its refusals, explained.
fn run(script: &Script<'_>, address: SocketAddr, ca_file: &Path) -> Vec<String> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    runtime.block_on(async {
        let mut player = Player::connect(script, address, ca_file);
        player.settle(Wanted::Greeting).await;
        let lines = script.steps.lines().map(str::trim_start);
        for step in lines.filter(|line| !line.is_empty() && !line.starts_with('#')) {
            if player.ended {
                break;
            }
            player.play(step).await;
        }
        player.rows
    })
}

/// What to wait for after a step.
#[derive(Clone, Copy, Debug)]
enum Wanted {
    /// The greeting, and with STARTTLS the EHLO reply after it.
    Greeting,
    /// The reply to a request.
    Reply,
    /// That so many octets are sent, and the requests in them are answered.
    Octets(usize),
}

struct Player {
    handle: net::Handle,
    tracker: Tracker,
    reader: ReplyReader,
    port: u16,
    starts_tls: bool,
    /// The latest request, and the latest one that is answered.
    requested: Option<RequestId>,
    answered: Option<RequestId>,
    /// Octets sent since the step began.
    octets: usize,
    replies: usize,
    phase: Phase,
    ended: bool,
    rows: Vec<String>,
}

impl Player {
    fn connect(script: &Script<'_>, address: SocketAddr, ca_file: &Path) -> Self {
        let security = match script.kind {
            "tls" => Security::Implicit,
            "starttls" if !script.in_clear => Security::StartTls,
            _ => Security::None,
        };
        let plan = ConnectPlan {
            host: address.ip().to_string(),
            port: address.port(),
            security,
            timeout: TIMEOUT,
            tls: TlsOptions {
                sni: Sni::Name("mail.ehlo.test".to_owned()),
                authorities: net::read_ca_file(ca_file).unwrap(),
                ..TlsOptions::default()
            },
            helo: Some("client.example".to_owned()),
            ..ConnectPlan::default()
        };
        let handle = net::spawn().unwrap();
        handle.send(Command::Connect(Box::new(plan))).unwrap();
        Self {
            handle,
            tracker: Tracker::default(),
            reader: ReplyReader::default(),
            // The ports that such services usually have.
            port: match script.kind {
                "plain" | "strict" => 25,
                "tls" => 465,
                _ => 587,
            },
            starts_tls: security == Security::StartTls,
            requested: None,
            answered: None,
            octets: 0,
            replies: 0,
            phase: Phase::Offline,
            ended: false,
            rows: Vec::new(),
        }
    }

    async fn play(&mut self, step: &str) {
        self.octets = 0;
        let (command, wanted) = if let Some(octets) = step.strip_prefix("raw: ") {
            let octets = unescaped(octets);
            let wanted = Wanted::Octets(octets.len());
            let consent = Some(Exposure::Clear);
            let octets = Secret::new(octets);
            (Command::SendRaw { octets, consent }, wanted)
        } else if let Some(text) = step.strip_prefix("message: ") {
            let text = unescaped(text);
            (Command::SendMessage(text), Wanted::Reply)
        } else {
            let line = CommandLine::parse(unescaped_text(step)).unwrap();
            let consent = Some(Exposure::Clear);
            (Command::Send { line, consent }, Wanted::Reply)
        };
        let before = self.requested;
        self.handle.send(command).unwrap();
        self.settle_after(step, wanted, before).await;
        // After some replies the server closes the connection.
        while !self.ended
            && let Ok(batch) = tokio::time::timeout(PAUSE, self.handle.events()).await
        {
            for event in batch.unwrap_or_default() {
                self.take(step, event);
            }
        }
    }

    async fn settle(&mut self, wanted: Wanted) {
        self.settle_after("the connection", wanted, None).await;
    }

    /// Takes events until what is `wanted` has come, or the connection has ended.
    async fn settle_after(&mut self, step: &str, wanted: Wanted, before: Option<RequestId>) {
        while !self.ended && !self.is_settled(wanted, before) {
            let Ok(batch) = tokio::time::timeout(TIMEOUT, self.handle.events()).await else {
                self.rows
                    .push(format!("{}\n    (no reply)\n\n", shortened(step)));
                self.ended = true;
                return;
            };
            for event in batch.unwrap_or_default() {
                self.take(step, event);
            }
        }
    }

    fn is_settled(&self, wanted: Wanted, before: Option<RequestId>) -> bool {
        let is_answered = self.answered == self.requested && self.phase != Phase::Handshake;
        match wanted {
            Wanted::Greeting if self.starts_tls => {
                self.phase == Phase::Ready && self.tracker.latest().tls == Some(true)
            }
            Wanted::Greeting => self.replies > 0,
            Wanted::Reply => self.requested > before && is_answered,
            Wanted::Octets(number) => self.octets >= number && is_answered,
        }
    }

    fn take(&mut self, step: &str, event: Event) {
        match event {
            Event::Session(smtp::Event::Entry(entry)) => self.take_entry(step, &entry),
            Event::Session(smtp::Event::Status(status)) => self.phase = status.phase,
            Event::Session(smtp::Event::LoginRefused(attempt)) => {
                let situation = self.situation();
                let explanation = diagnosis::explain(&ReplyContext {
                    reply: &attempt.reply,
                    situation: &situation,
                });
                let checks = diagnosis::checks(&attempt, &explanation, &situation);
                let checks: String = checks
                    .iter()
                    .map(|check| format!("    - {check}\n"))
                    .collect();
                self.rows
                    .push(format!("{}: login refused\n{checks}\n", shortened(step)));
            }
            Event::Session(
                smtp::Event::NotSent { reason, .. } | smtp::Event::RawNotSent { reason, .. },
            )
            | Event::MessageNotSent(reason) => panic!("{step}: not sent: {reason:?}"),
            Event::Failed(failure) => {
                self.rows
                    .push(format!("{}\n    ({failure})\n\n", shortened(step)));
                self.ended = true;
            }
            Event::Ended(_) => {
                if self.answered != self.requested {
                    let line = shortened(step);
                    self.rows
                        .push(format!("{line}\n    (the connection ends)\n\n"));
                }
                self.ended = true;
            }
            _ => {}
        }
    }

    fn take_entry(&mut self, step: &str, entry: &Entry) {
        match &entry.kind {
            EntryKind::Sent(sent) => {
                let secret = sent
                    .secret
                    .as_ref()
                    .map_or(0, |secret| secret.reveal().len());
                self.octets += sent.visible.len() + secret + sent.ending.octets().len();
                self.requested = sent.request.or(self.requested);
                self.tracker.push(entry);
            }
            EntryKind::Received(received) => {
                let complete = self.tracker.push(entry);
                let line = Line {
                    bytes: received.bytes.to_vec(),
                    ending: Ending::CrLf,
                };
                let reply = self.reader.push(&line).reply;
                if complete {
                    self.answered = received.answers.or(self.answered);
                    self.replies += 1;
                    if let Some(reply) = reply {
                        self.explain(step, &reply);
                    }
                }
            }
            EntryKind::Note(_) => {}
        }
    }

    fn situation(&self) -> Situation {
        Situation {
            port: Some(self.port),
            ..self.tracker.latest().clone()
        }
    }

    /// Writes down a refusal and what is said about it.
    fn explain(&mut self, step: &str, reply: &Reply) {
        let situation = self.situation();
        let asked_to_close = situation.awaited == Some(Awaited::Command(Verb::Quit));
        let closes = reply.code() == Some(CLOSING) && !asked_to_close;
        if !closes && !reply.code().is_some_and(Code::is_negative) {
            return;
        }
        let explanation = diagnosis::explain(&ReplyContext {
            reply,
            situation: &situation,
        });
        let line = match (situation.awaited, &situation.line) {
            (Some(Awaited::EndOfData), _) => "(the end of the message)".to_owned(),
            // Its secrets are not.
            (Some(Awaited::Command(Verb::Auth) | Awaited::SaslResponse), _) => shortened(step),
            (_, Some(line)) => shortened(line),
            (Some(Awaited::Greeting), _) => "(the greeting)".to_owned(),
            // A line that may be a secret.
            (Some(_), None) => shortened(step),
            _ => "(nothing)".to_owned(),
        };
        let code = reply
            .code()
            .map_or_else(String::new, |code| code.to_string());
        let mut text = format!("{line}\n");
        for line in &reply.texts {
            let line = String::from_utf8_lossy(line);
            let _ = writeln!(text, "    {code} {}", shortened(line.trim()));
        }
        text.push_str(&said(&explanation));
        text.push('\n');
        self.rows.push(text);
    }
}

/// The headline, the causes, the steps, and what is still possible.
fn said(explanation: &Explanation) -> String {
    let sign = match explanation.certainty {
        Certainty::Known => '=',
        Certainty::Likely => '~',
    };
    let mut text = format!("  {sign} {}\n", explanation.headline);
    for cause in &explanation.causes {
        let _ = writeln!(text, "  ? {cause}");
    }
    for step in &explanation.next {
        let _ = writeln!(text, "  > {}", step.words);
    }
    for remark in &explanation.remarks {
        let _ = writeln!(text, "  ! {remark}");
    }
    if let Some(still) = &explanation.still_possible {
        let _ = writeln!(text, "  + {still}");
    }
    text
}

/// A line as printable text, without parts that differ from run to run, and cut if it is long.
fn shortened(line: &str) -> String {
    let mut text: String = line
        .escape_debug()
        .to_string()
        .replace("\\'", "'")
        .replace("\\\"", "\"");
    let characters: Vec<char> = text.chars().collect();
    if characters.len() > LINE_CAP {
        let (head, tail) = (
            &characters[..LINE_CAP / 2],
            &characters[characters.len() - LINE_CAP / 2..],
        );
        text = head.iter().chain(&['.', '.', '.']).chain(tail).collect();
    }
    text
}

fn unescaped_text(text: &str) -> String {
    String::from_utf8(unescaped(text)).unwrap()
}

/// `\r`, `\n`, `\0` and `\\` are what they are in Rust; `\*N:C` is N times the character C.
fn unescaped(text: &str) -> Vec<u8> {
    let mut octets = Vec::new();
    let mut rest = text;
    while let Some((head, tail)) = rest.split_once('\\') {
        octets.extend_from_slice(head.as_bytes());
        let kind = tail.chars().next().unwrap();
        rest = &tail[1..];
        match kind {
            'r' => octets.push(b'\r'),
            'n' => octets.push(b'\n'),
            '0' => octets.push(0),
            '\\' => octets.push(b'\\'),
            '*' => {
                let (number, tail) = rest.split_once(':').unwrap();
                let one = tail.chars().next().unwrap();
                let many = one.to_string().repeat(number.parse().unwrap());
                octets.extend_from_slice(many.as_bytes());
                rest = &tail[one.len_utf8()..];
            }
            _ => panic!("unknown escape in {text}"),
        }
    }
    octets.extend_from_slice(rest.as_bytes());
    octets
}
