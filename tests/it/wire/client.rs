//! A driver of the wire for tests: sends commands, keeps all events, waits without guessing, and
//! fails with the transcript and the server's journal in hand.

use std::fmt::{Debug, Write};
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use ehlo::net::{
    self, Command, Event, Failure, Handle, LookUp, MailRoute, Plan, Resolver, Security, Sni, Step,
    TlsFacts, TlsOptions,
};
use ehlo::smtp::sasl::RefusedLogin;
use ehlo::smtp::{
    self, Awaited, Cap, CommandLine, End, Entry, EntryKind, NotSentReason, Phase, SessionStatus,
};
use tokio::runtime::Runtime;

use super::text::{fits, line};
use crate::support::scripted::{Scripted, ServerLog};

/// Longer than anything here takes; only a test that hangs meets it.
pub const TIMEOUT: Duration = Duration::from_secs(20);

/// How long no event may come before what is waited for is looked at again: it may be no event's.
const LOOK: Duration = Duration::from_millis(20);

/// The name that the tests' certificates are for.
pub const HOST: &str = "mx.example";

/// The wire's driver, and all it was told.
pub struct Client {
    runtime: Runtime,
    handle: Handle,
    journals: Vec<ServerLog>,
    /// Servers that end with the client, and behind it: they wait for its going.
    kept: Vec<Scripted>,
    /// The whole transcript.
    pub entries: Vec<Entry>,
    /// Where in the transcript the last connection began to stand.
    connected: usize,
    /// Connections asked for.
    awaited: usize,
    /// Connections that ended or failed.
    over: usize,
    /// Lines that went or came back.
    handled: usize,
    /// The steps of all dials.
    pub steps: Vec<Step>,
    /// Lines that came back.
    pub not_sent: Vec<(String, NotSentReason)>,
    /// Logins that were refused.
    pub refused: Vec<RefusedLogin>,
    /// How far a file was told to be.
    pub progress: Vec<(u64, u64)>,
    /// Lengths of the unfinished lines that were told.
    pub partials: Vec<usize>,
    /// The caps at which reading paused.
    pub caps: Vec<Cap>,
    /// The codes acted on, with what they answer.
    pub replies: Vec<(Option<u16>, Option<Awaited>)>,
    /// What each handshake settled.
    pub tls: Vec<TlsFacts>,
    /// Where the dialogue stands.
    pub status: SessionStatus,
    /// Why there was no connection, one for each that failed.
    pub failures: Vec<Failure>,
    /// Which servers take mail for the domains that were asked about.
    pub routes: Vec<MailRoute>,
    /// How connections ended.
    pub ends: Vec<End>,
}

/// A plan for a server.
pub fn plan(server: &Scripted, security: Security) -> Plan {
    plan_to(server.address(), security)
}

/// A plan for an address.
pub fn plan_to(address: SocketAddr, security: Security) -> Plan {
    Plan {
        host: address.ip().to_string(),
        port: address.port(),
        security,
        timeout: TIMEOUT,
        tls: TlsOptions {
            sni: Sni::Name(HOST.to_owned()),
            ..TlsOptions::default()
        },
        helo: Some("me.example".to_owned()),
        ..Plan::default()
    }
}

impl Client {
    /// A driver without a connection.
    pub fn new() -> Self {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .unwrap();
        Self {
            runtime,
            handle: net::spawn().unwrap(),
            journals: Vec::new(),
            kept: Vec::new(),
            entries: Vec::new(),
            connected: 0,
            awaited: 0,
            over: 0,
            handled: 0,
            steps: Vec::new(),
            not_sent: Vec::new(),
            refused: Vec::new(),
            progress: Vec::new(),
            partials: Vec::new(),
            caps: Vec::new(),
            replies: Vec::new(),
            tls: Vec::new(),
            status: SessionStatus::default(),
            failures: Vec::new(),
            routes: Vec::new(),
            ends: Vec::new(),
        }
    }

    /// A driver that was told to connect to `server`, whose journal then belongs to its failures.
    pub fn of(server: &Scripted, security: Security) -> Self {
        let mut client = Self::new();
        client.watch(server);
        client.connect(plan(server, security));
        client
    }

    /// Shows the server's journal in failures.
    pub fn watch(&mut self, server: &Scripted) {
        self.journals.push(server.log());
    }

    /// Keeps a server as long as the client lives.
    pub fn keep(&mut self, server: Scripted) {
        self.kept.push(server);
    }

    /// Asks for a connection.
    pub fn connect(&mut self, plan: Plan) {
        self.awaited += 1;
        self.send(Command::Connect(Box::new(plan)));
    }

    /// Asks which servers take mail for a domain.
    pub fn looks_up(&mut self, domain: &str, resolver: Resolver) {
        self.awaited += 1;
        self.send(Command::LookUp(Box::new(LookUp {
            domain: domain.to_owned(),
            resolver,
        })));
    }

    /// Hands over a command.
    pub fn send(&self, command: Command) {
        if self.handle.send(command).is_err() {
            self.fail("the wire is busy");
        }
    }

    /// Drops what is under way.
    pub fn cancel(&self) {
        self.handle.cancel();
    }

    /// Hands over a line and waits for nothing.
    pub fn push(&self, line: &str, consent: bool) {
        let consent = self.status.link.exposure().filter(|_| consent);
        let line = CommandLine::parse(line).unwrap();
        self.send(Command::Send { line, consent });
    }

    /// Types a line and waits until it went or came back.
    pub fn types(&mut self, line: &str) {
        self.types_so(line, false);
    }

    /// Types a line and agrees that a secret in it is exposed.
    pub fn consents(&mut self, line: &str) {
        self.types_so(line, true);
    }

    fn types_so(&mut self, line: &str, consent: bool) {
        let due = self.handled + 1;
        self.push(line, consent);
        self.until(line, |client| client.handled >= due);
    }

    /// Types a line and waits for the answers to all that was asked.
    pub fn asks(&mut self, line: &str) {
        self.types(line);
        self.answered();
    }

    /// Waits until the server has answered everything.
    pub fn answered(&mut self) {
        self.until("an answer", |client| {
            let status = &client.status;
            client.is_over() || (status.phase != Phase::Offline && status.waiting.is_none())
        });
    }

    /// Waits until the dialogue stands there.
    pub fn reaches(&mut self, phase: Phase) {
        self.until(&format!("{phase:?}"), |client| client.status.phase == phase);
    }

    /// Waits until the connection ended or failed.
    pub fn over(&mut self) {
        self.until("an end", Self::is_over);
    }

    fn is_over(&self) -> bool {
        self.over == self.awaited
    }

    /// Takes events until `done`.
    pub fn until(&mut self, kind: &str, mut done: impl FnMut(&Self) -> bool) {
        let deadline = Instant::now() + TIMEOUT;
        while !done(self) {
            let events = self.handle.events();
            // The timer has to be made inside the runtime.
            let batch = self
                .runtime
                .block_on(async { tokio::time::timeout(LOOK, events).await });
            match batch {
                Ok(Some(batch)) => {
                    // Where TLS could not be had within a session, both come together.
                    let is_over = |event: &Event| {
                        matches!(
                            event,
                            Event::Ended(_) | Event::Failed(_) | Event::MailRoute(_)
                        )
                    };
                    self.over += usize::from(batch.iter().any(is_over));
                    batch.into_iter().for_each(|event| self.take(event));
                }
                Ok(None) => self.fail(&format!("the wire is gone while {kind} was due")),
                Err(_) if Instant::now() < deadline => {}
                Err(_) => self.fail(&format!("waited for {kind} in vain")),
            }
        }
    }

    fn take(&mut self, event: Event) {
        match event {
            Event::Begun | Event::MessageNotSent => {}
            Event::Progress { sent, total } => self.progress.push((sent, total)),
            Event::Dial(step) => {
                if matches!(step, Step::Connected { .. }) {
                    self.connected = self.entries.len();
                }
                self.steps.push(step);
            }
            Event::Tls(facts) => self.tls.push(*facts),
            Event::MailRoute(route) => self.routes.push(*route),
            Event::Failed(failure) => self.failures.push(failure),
            Event::Ended(end) => self.ends.push(end),
            Event::Session(event) => self.take_session(event),
        }
    }

    fn take_session(&mut self, event: smtp::Event) {
        match event {
            smtp::Event::Entry(entry) => {
                self.handled += usize::from(matches!(entry.kind, EntryKind::Sent(_)));
                self.entries.push(entry);
            }
            smtp::Event::NotSent { line, reason } => {
                self.handled += 1;
                self.not_sent.push((line.text().to_owned(), reason));
            }
            smtp::Event::RawNotSent { .. } => self.handled += 1,
            smtp::Event::Partial { len, .. } => self.partials.push(len),
            smtp::Event::Status(status) => {
                let before = std::mem::replace(&mut self.status, *status);
                if before.paused.is_none() {
                    self.caps.extend(self.status.paused);
                }
            }
            smtp::Event::Reply { reply, awaited } => {
                let code = reply.code().map(smtp::Code::number);
                self.replies.push((code, awaited));
            }
            smtp::Event::ExchangeNotSent { reason, .. } => {
                self.handled += 1;
                self.not_sent.push(("an exchange".to_owned(), reason));
            }
            smtp::Event::LoginRefused(attempt) => self.refused.push(*attempt),
            smtp::Event::StartTls | smtp::Event::Refused { .. } => {
                self.fail("an event that is for the wire alone");
            }
        }
    }

    /// The transcript since the connection stood, line by line.
    fn lines(&self) -> Vec<String> {
        self.entries[self.connected..].iter().map(line).collect()
    }

    /// The transcript since the connection stood has to be this and no more. A `…` in a line stands
    /// for anything.
    #[track_caller]
    pub fn reads(&self, expected: &[&str]) {
        let lines = self.lines();
        let alike = lines.len() == expected.len()
            && lines
                .iter()
                .zip(expected)
                .all(|(line, pattern)| fits(line, pattern));
        if !alike {
            self.fail(&format!(
                "the transcript should read\n  {}\n",
                expected.join("\n  ")
            ));
        }
    }

    /// A line of the whole transcript has to be like this; a `…` stands for anything.
    #[track_caller]
    pub fn shows(&self, pattern: &str) {
        if !self.entries.iter().any(|entry| fits(&line(entry), pattern)) {
            self.fail(&format!("no line like {pattern}"));
        }
    }

    /// Connections have to have ended so.
    #[track_caller]
    pub fn has_ended(&self, ends: &[End]) {
        self.same("ends", &*self.ends, ends);
    }

    /// Connections have to have failed so.
    #[track_caller]
    pub fn has_failed(&self, failures: &[Failure]) {
        self.same("failures", &*self.failures, failures);
    }

    /// The dialogue has to stand there.
    #[track_caller]
    pub fn stands(&self, phase: Phase) {
        self.same("phase", &self.status.phase, &phase);
    }

    /// These lines have to have come back.
    #[track_caller]
    pub fn came_back(&self, lines: &[(&str, NotSentReason)]) {
        let back: Vec<_> = self
            .not_sent
            .iter()
            .map(|(line, why)| (&**line, *why))
            .collect();
        self.same("not sent", &*back, lines);
    }

    /// Two things have to be the same.
    #[track_caller]
    pub fn same<T, U>(&self, kind: &str, found: &T, expected: &U)
    where
        T: Debug + PartialEq<U> + ?Sized,
        U: Debug + ?Sized,
    {
        if found != expected {
            self.fail(&format!(
                "{kind}\n  should be {expected:?}\n  but is    {found:?}"
            ));
        }
    }

    /// Something has to be so.
    #[track_caller]
    pub fn check(&self, kind: &str, is_so: bool) {
        self.same(kind, &is_so, &true);
    }

    /// Gives up, with all there is to know.
    #[track_caller]
    pub fn fail(&self, why: &str) -> ! {
        const SHOWN: usize = 60;
        let mut words = format!("{why}\ntranscript:\n");
        let skipped = self.entries.len().saturating_sub(SHOWN);
        if skipped > 0 {
            let _ = writeln!(words, "  ({skipped} entries before)");
        }
        for entry in &self.entries[skipped..] {
            let line = line(entry);
            let cut: String = line.chars().take(300).collect();
            let _ = writeln!(words, "  {cut}");
        }
        let _ = writeln!(words, "not sent: {:?}", self.not_sent);
        let _ = writeln!(
            words,
            "phase {:?}, link {:?}, waiting {:?}, paused {:?}",
            self.status.phase,
            self.status.link,
            self.status.waiting.map(|(awaited, _)| awaited),
            self.status.paused
        );
        let _ = writeln!(words, "failures {:?}, ends {:?}", self.failures, self.ends);
        for journal in &self.journals {
            let _ = write!(words, "server:\n{journal}");
        }
        panic!("{words}");
    }
}
