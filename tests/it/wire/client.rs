//! A client for tests: sends commands to `net`, keeps all events, waits for conditions, and fails
//! with the transcript and the server's journal in the message.

use std::fmt::{Debug, Write};
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use ehlo::net::{
    self, Command, ConnectPlan, ConnectStep, Event, Failure, Handle, MailRoute, MxLookup, Resolver,
    Security, Sni, TlsFacts, TlsOptions,
};
use ehlo::smtp::sasl::RefusedLogin;
use ehlo::smtp::{
    self, Awaited, Cap, CommandLine, End, Entry, EntryKind, NotSentReason, Phase, SessionStatus,
};
use tokio::runtime::Runtime;

use super::text::{line, matches_pattern};
use crate::support::scripted::{Scripted, ServerLog};

/// Longer than anything here takes; only a test that hangs reaches it.
pub const TIMEOUT: Duration = Duration::from_secs(20);

/// How often to check an awaited condition when no event comes: it may depend on the server
/// instead.
const POLL: Duration = Duration::from_millis(20);

/// The name for which the tests' certificates are valid.
pub const HOST: &str = "mx.example";

/// The owner of a handle, with all events received.
pub struct Client {
    runtime: Runtime,
    handle: Handle,
    journals: Vec<ServerLog>,
    /// Servers that are dropped after the handle: they wait for the client to close.
    kept: Vec<Scripted>,
    /// The whole transcript.
    pub entries: Vec<Entry>,
    /// The length of the transcript when the last connection was established.
    connected: usize,
    /// How many connections and lookups were requested.
    awaited: usize,
    /// How many of them ended or failed.
    over: usize,
    /// How many lines were sent or returned unsent.
    handled: usize,
    /// The connect steps of all connections.
    pub steps: Vec<ConnectStep>,
    /// Lines that were returned unsent.
    pub not_sent: Vec<(String, NotSentReason)>,
    /// Logins that were refused.
    pub refused: Vec<RefusedLogin>,
    /// The progress reports of files: octets sent, octets in all.
    pub progress: Vec<(u64, u64)>,
    /// The reported lengths of incomplete lines.
    pub partials: Vec<usize>,
    /// The caps at which reading paused.
    pub caps: Vec<Cap>,
    /// The reply codes, with what they answer.
    pub replies: Vec<(Option<u16>, Option<Awaited>)>,
    /// The results of all handshakes.
    pub tls: Vec<TlsFacts>,
    /// The latest status of the session.
    pub status: SessionStatus,
    /// The failures, one for each connection or lookup that failed.
    pub failures: Vec<Failure>,
    /// The results of MX lookups.
    pub routes: Vec<MailRoute>,
    /// How connections ended.
    pub ends: Vec<End>,
}

/// A plan for a connection to a server.
pub fn plan(server: &Scripted, security: Security) -> ConnectPlan {
    plan_to(server.address(), security)
}

/// A plan for a connection to an address.
pub fn plan_to(address: SocketAddr, security: Security) -> ConnectPlan {
    ConnectPlan {
        host: address.ip().to_string(),
        port: address.port(),
        security,
        timeout: TIMEOUT,
        tls: TlsOptions {
            sni: Sni::Name(HOST.to_owned()),
            ..TlsOptions::default()
        },
        helo: Some("me.example".to_owned()),
        ..ConnectPlan::default()
    }
}

impl Client {
    /// A client without a connection.
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

    /// A client that connects to `server` and prints its journal if a test fails.
    pub fn connect_to(server: &Scripted, security: Security) -> Self {
        let mut client = Self::new();
        client.show_journal_of(server);
        client.connect(plan(server, security));
        client
    }

    /// Prints the server's journal if a test fails.
    pub fn show_journal_of(&mut self, server: &Scripted) {
        self.journals.push(server.log());
    }

    /// Keeps a server for as long as the client lives.
    pub fn keep_server(&mut self, server: Scripted) {
        self.kept.push(server);
    }

    /// Requests a connection.
    pub fn connect(&mut self, plan: ConnectPlan) {
        self.awaited += 1;
        self.send(Command::Connect(Box::new(plan)));
    }

    /// Requests an MX lookup.
    pub fn look_up_mx(&mut self, domain: &str, resolver: Resolver) {
        self.awaited += 1;
        self.send(Command::LookUpMx(Box::new(MxLookup {
            domain: domain.to_owned(),
            resolver,
        })));
    }

    /// Sends a command to the task.
    pub fn send(&self, command: Command) {
        if self.handle.send(command).is_err() {
            self.fail("too many commands are waiting");
        }
    }

    /// Cancels the current connection or lookup.
    pub fn cancel(&self) {
        self.handle.cancel();
    }

    /// Sends a line without waiting for anything.
    pub fn send_line(&self, line: &str, consent: bool) {
        let consent = self.status.link.exposure().filter(|_| consent);
        let line = CommandLine::parse(line).unwrap();
        self.send(Command::Send { line, consent });
    }

    /// Sends a line and waits until it is sent or returned unsent.
    pub fn type_line(&mut self, line: &str) {
        self.type_and_wait(line, false);
    }

    /// The same, with consent to expose a secret in the line.
    pub fn type_with_consent(&mut self, line: &str) {
        self.type_and_wait(line, true);
    }

    fn type_and_wait(&mut self, line: &str, consent: bool) {
        let due = self.handled + 1;
        self.send_line(line, consent);
        self.wait_until(line, |client| client.handled >= due);
    }

    /// Sends a line and waits until the server has answered everything.
    pub fn ask(&mut self, line: &str) {
        self.type_line(line);
        self.wait_for_replies();
    }

    /// Waits until the server has answered everything.
    pub fn wait_for_replies(&mut self) {
        self.wait_until("a reply", |client| {
            let status = &client.status;
            client.is_over() || (status.phase != Phase::Offline && status.waiting.is_none())
        });
    }

    /// Waits until the session is in this phase.
    pub fn wait_for_phase(&mut self, phase: Phase) {
        self.wait_until(&format!("{phase:?}"), |client| client.status.phase == phase);
    }

    /// Waits until every connection and lookup has ended or failed.
    pub fn wait_for_end(&mut self) {
        self.wait_until("an end", Self::is_over);
    }

    fn is_over(&self) -> bool {
        self.over == self.awaited
    }

    /// Processes events until `done` returns true. `awaited` names the condition for failures.
    pub fn wait_until(&mut self, awaited: &str, mut done: impl FnMut(&Self) -> bool) {
        let deadline = Instant::now() + TIMEOUT;
        while !done(self) {
            let events = self.handle.events();
            // A timer must be created inside the runtime.
            let batch = self
                .runtime
                .block_on(async { tokio::time::timeout(POLL, events).await });
            match batch {
                Ok(Some(batch)) => {
                    // If TLS fails within a session, a failure and an end come in one batch.
                    let is_over = |event: &Event| {
                        matches!(
                            event,
                            Event::Ended(_) | Event::Failed(_) | Event::MailRoute(_)
                        )
                    };
                    self.over += usize::from(batch.iter().any(is_over));
                    batch.into_iter().for_each(|event| self.take_event(event));
                }
                Ok(None) => self.fail(&format!("the task ended while waiting for {awaited}")),
                Err(_) if Instant::now() < deadline => {}
                Err(_) => self.fail(&format!("timed out waiting for {awaited}")),
            }
        }
    }

    fn take_event(&mut self, event: Event) {
        match event {
            Event::Started | Event::MessageNotSent(_) => {}
            Event::Progress { sent, total } => self.progress.push((sent, total)),
            Event::Dial(step) => {
                if matches!(step, ConnectStep::Connected { .. }) {
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
                self.fail("this event must not leave the task");
            }
        }
    }

    /// The transcript since the connection was established, line by line.
    fn lines(&self) -> Vec<String> {
        self.entries[self.connected..].iter().map(line).collect()
    }

    /// Asserts that the transcript since the connection was established consists of these lines. A
    /// `…` in a line stands for any text.
    #[track_caller]
    pub fn assert_transcript(&self, expected: &[&str]) {
        let lines = self.lines();
        let matches = lines.len() == expected.len()
            && lines
                .iter()
                .zip(expected)
                .all(|(line, pattern)| matches_pattern(line, pattern));
        if !matches {
            self.fail(&format!(
                "expected transcript\n  {}\n",
                expected.join("\n  ")
            ));
        }
    }

    /// Asserts that a line of the whole transcript matches; a `…` stands for any text.
    #[track_caller]
    pub fn assert_line(&self, pattern: &str) {
        if !self
            .entries
            .iter()
            .any(|entry| matches_pattern(&line(entry), pattern))
        {
            self.fail(&format!("no line matches {pattern}"));
        }
    }

    /// Asserts how connections ended.
    #[track_caller]
    pub fn assert_ends(&self, ends: &[End]) {
        self.assert_equal("ends", &*self.ends, ends);
    }

    /// Asserts which connections failed, and why.
    #[track_caller]
    pub fn assert_failures(&self, failures: &[Failure]) {
        self.assert_equal("failures", &*self.failures, failures);
    }

    /// Asserts the phase of the session.
    #[track_caller]
    pub fn assert_phase(&self, phase: Phase) {
        self.assert_equal("phase", &self.status.phase, &phase);
    }

    /// Asserts which lines were returned unsent, and why.
    #[track_caller]
    pub fn assert_not_sent(&self, lines: &[(&str, NotSentReason)]) {
        let not_sent: Vec<_> = self
            .not_sent
            .iter()
            .map(|(line, why)| (&**line, *why))
            .collect();
        self.assert_equal("not sent", &*not_sent, lines);
    }

    /// Asserts that two values are equal; `what` names them.
    #[track_caller]
    pub fn assert_equal<T, U>(&self, what: &str, found: &T, expected: &U)
    where
        T: Debug + PartialEq<U> + ?Sized,
        U: Debug + ?Sized,
    {
        if found != expected {
            self.fail(&format!(
                "{what}\n  expected {expected:?}\n  found    {found:?}"
            ));
        }
    }

    /// Asserts a condition; `what` names it.
    #[track_caller]
    pub fn assert_that(&self, what: &str, condition: bool) {
        self.assert_equal(what, &condition, &true);
    }

    /// Fails with the transcript, the state and the servers' journals.
    #[track_caller]
    pub fn fail(&self, why: &str) -> ! {
        const SHOWN: usize = 60;
        let mut message = format!("{why}\ntranscript:\n");
        let skipped = self.entries.len().saturating_sub(SHOWN);
        if skipped > 0 {
            let _ = writeln!(message, "  ({skipped} entries before)");
        }
        for entry in &self.entries[skipped..] {
            let line = line(entry);
            let cut: String = line.chars().take(300).collect();
            let _ = writeln!(message, "  {cut}");
        }
        let _ = writeln!(message, "not sent: {:?}", self.not_sent);
        let _ = writeln!(
            message,
            "phase {:?}, link {:?}, waiting {:?}, paused {:?}",
            self.status.phase,
            self.status.link,
            self.status.waiting.map(|(awaited, _)| awaited),
            self.status.paused
        );
        let _ = writeln!(
            message,
            "failures {:?}, ends {:?}",
            self.failures, self.ends
        );
        for log in &self.journals {
            let _ = write!(message, "server:\n{log}");
        }
        panic!("{message}");
    }
}
