//! The loop that owns the connection: commands and octets into the session, what it says out to the
//! wire and the driver. It reads while it writes, and the driver can stop it at any await.

use std::io;
use std::time::Instant;

use tokio::sync::{mpsc, watch};

use super::dial::{self, Millis, Step};
use super::stream::{Moved, Stream, is_gone};
use super::tls::{self, TlsError, TlsFacts};
use super::{Command, Event, Failure, Plan, Security};
use crate::smtp::{
    self, CommandLine, End, Entry, Event as Told, Level, Link, Opening, Phase, Session, Unsent,
};

/// Octets that are read at once.
const READ: usize = 64 * 1024;
/// Octets of a message that are handed to the session at once.
const PIECE: usize = 64 * 1024;

/// The driver is gone, and so is the reason to go on.
struct Abandoned;

/// How a conversation ended, and what comes next.
enum After {
    /// The connection is over.
    Ended(End),
    /// TLS could not be had, and the connection is closed.
    NoTls(TlsError),
    /// The driver wants another connection instead.
    Replaced(Box<Plan>),
}

pub(super) struct Task {
    commands: mpsc::Receiver<Command>,
    events: mpsc::Sender<Vec<Event>>,
    /// Events that found no room yet. Kept here and not in a future, so that a cancel loses none.
    untold: Vec<Event>,
    /// The connection up to which all are called off.
    called_off: watch::Receiver<u64>,
    /// Connections begun so far.
    begun: u64,
}

impl Task {
    pub(super) fn new(
        commands: mpsc::Receiver<Command>,
        events: mpsc::Sender<Vec<Event>>,
        called_off: watch::Receiver<u64>,
    ) -> Self {
        Self {
            commands,
            events,
            untold: Vec::new(),
            called_off,
            begun: 0,
        }
    }

    /// Serves the driver until it is gone.
    pub(super) async fn run(mut self) {
        let mut plan = None;
        while let Ok(next) = self.serve(plan.take()).await {
            plan = next;
        }
    }

    /// One connection from its plan to its end; without a plan, one command.
    async fn serve(&mut self, plan: Option<Box<Plan>>) -> Result<Option<Box<Plan>>, Abandoned> {
        let Some(plan) = plan else {
            return match self.commands.recv().await.ok_or(Abandoned)? {
                Command::Connect(plan) => Ok(Some(plan)),
                Command::Send { line, .. } => {
                    let event = Told::NotSent {
                        line,
                        why: Unsent::NotConnected,
                    };
                    self.tell(Event::Session(event)).await?;
                    Ok(None)
                }
                _ => Ok(None),
            };
        };
        tracing::info!(host = plan.host, port = plan.port, security = ?plan.security, "connecting");
        self.begun += 1;
        self.tell(Event::Begun).await?;
        let number = self.begun;
        let mut called_off = self.called_off.clone();
        let mut session = None;
        let outcome = tokio::select! {
            biased;
            // It fails when the driver is gone, which calls off everything.
            _ = called_off.wait_for(|&up_to| up_to >= number) => Ok(After::Ended(End::ByUs)),
            outcome = self.connect_and_converse(&plan, &mut session) => outcome,
        };
        match (outcome, session) {
            (Err(Stop::Abandoned), _) => Err(Abandoned),
            (Err(Stop::Failed(failure)), _) => {
                self.fail(failure).await?;
                Ok(None)
            }
            (Ok(_), None) => {
                self.fail(Failure::Cancelled).await?;
                Ok(None)
            }
            (Ok(after), Some(session)) => self.finish(session, after).await,
        }
    }

    async fn connect_and_converse(
        &mut self,
        plan: &Plan,
        kept: &mut Option<Session>,
    ) -> Result<After, Stop> {
        let tcp = dial::dial(plan, async |step| {
            // A driver that is gone is noticed at the next command.
            let _ = self.tell_step(step).await;
        })
        .await?;
        let helo = plan.helo.clone().unwrap_or_else(|| dial::literal(&tcp));
        let mut stream = Stream::Clear(tcp);
        let mut link = Link::Clear;
        if plan.security == Security::Implicit {
            let facts;
            (stream, facts) = secure(stream, plan).await.map_err(Failure::Tls)?;
            link = facts.link();
            self.tell_tls(facts).await?;
        }
        let opening = match plan.security {
            Security::StartTls => CommandLine::parse(format!("EHLO {helo}"))
                .ok()
                .map(Opening::new),
            Security::None | Security::Implicit => None,
        };
        let session = kept.insert(Session::new(opening));
        session.handle_connected(link, Instant::now());
        self.converse(session, stream, plan).await
    }

    async fn converse(
        &mut self,
        session: &mut Session,
        mut stream: Stream,
        plan: &Plan,
    ) -> Result<After, Stop> {
        let mut input = vec![0; READ];
        let mut output = Vec::new();
        let mut written = 0;
        let mut flush = false;
        let mut message: Option<(Vec<u8>, usize)> = None;
        loop {
            if written == output.len() {
                output.clear();
                written = 0;
                feed(session, &mut message);
            }
            output.extend(session.poll_transmit());
            match self.tell_session(session).await? {
                Wish::None => {}
                Wish::Refuse(0) => return Ok(After::NoTls(TlsError::Unanswered)),
                Wish::Refuse(octets) => return Ok(After::NoTls(TlsError::Injected(octets))),
                Wish::StartTls => match secure(stream, plan).await {
                    Ok((secured, facts)) => {
                        stream = secured;
                        let link = facts.link();
                        self.tell_tls(facts).await?;
                        session.handle_tls(link, Instant::now());
                        continue;
                    }
                    Err(error) => return Ok(After::NoTls(error)),
                },
            }
            let reads = session.wants_bytes().then_some(input.as_mut_slice());
            tokio::select! {
                command = self.commands.recv() => match command.ok_or(Stop::Abandoned)? {
                    Command::Connect(plan) => return Ok(After::Replaced(plan)),
                    Command::Close => return Ok(After::Ended(End::ByUs)),
                    Command::Send { line, consent } => session.send_line(line, consent, Instant::now()),
                    Command::ReadOn => session.handle_read_on(Instant::now()),
                    Command::SendMessage(text) => {
                        if message.is_none() && session.standing().phase == Phase::Message {
                            message = Some((text, 0));
                        }
                    }
                },
                moved = stream.exchange(&output[written..], flush, reads) => match moved {
                    Ok(Moved::In(0)) => return Ok(After::Ended(End::Closed)),
                    Ok(Moved::In(octets)) => session.handle_bytes(&input[..octets], Instant::now()),
                    Ok(Moved::Out(octets)) => {
                        written += octets;
                        flush = true;
                    }
                    Ok(Moved::Flushed) => flush = false,
                    Err(error) => {
                        return Ok(After::Ended(self.last_words(session, stream, &error).await?));
                    }
                },
            }
        }
    }

    /// A write failed: the server is gone, but what it said before may still be there to read.
    async fn last_words(
        &mut self,
        session: &mut Session,
        mut stream: Stream,
        error: &io::Error,
    ) -> Result<End, Stop> {
        let end = end_of(error);
        if !is_gone(error) {
            return Ok(end);
        }
        let mut input = vec![0; READ];
        while session.wants_bytes() {
            match stream.exchange(&[], false, Some(&mut input)).await {
                Ok(Moved::In(octets)) if octets > 0 => {
                    session.handle_bytes(&input[..octets], Instant::now());
                    self.tell_session(session).await?;
                }
                _ => break,
            }
        }
        Ok(end)
    }

    async fn finish(
        &mut self,
        mut session: Session,
        after: After,
    ) -> Result<Option<Box<Plan>>, Abandoned> {
        let now = Instant::now();
        let (end, failure, plan) = match after {
            After::Ended(end) => (end, None, None),
            After::NoTls(error) => (End::ByUs, Some(Failure::Tls(error)), None),
            After::Replaced(plan) => (End::ByUs, None, Some(plan)),
        };
        if let Some(failure) = &failure
            && !told_by_session(failure)
        {
            session.note(now, Level::Fault, failure.to_string());
        }
        session.handle_end(&end, now);
        tracing::info!(%end, "connection over");
        let mut batch = Vec::new();
        while let Some(event) = session.poll_event() {
            batch.push(Event::Session(event));
        }
        batch.extend(failure.map(Event::Failed));
        batch.push(Event::Ended(end));
        self.send(batch).await?;
        Ok(plan)
    }

    async fn fail(&mut self, failure: Failure) -> Result<(), Abandoned> {
        tracing::info!(%failure, "not connected");
        let note = note(Level::Fault, failure.to_string());
        self.send(vec![note, Event::Failed(failure)]).await
    }

    async fn tell_step(&mut self, step: Step) -> Result<(), Abandoned> {
        let level = if matches!(step, Step::Failed(_)) {
            Level::Fault
        } else {
            Level::Info
        };
        // That an address has itself as its address is no news.
        let news = !matches!(step, Step::Resolved { took: None, .. });
        let mut batch: Vec<Event> = news
            .then(|| note(level, step.to_string()))
            .into_iter()
            .collect();
        batch.push(Event::Dial(step));
        self.send(batch).await
    }

    async fn tell_tls(&mut self, facts: TlsFacts) -> Result<(), Abandoned> {
        let settled = format!(
            "{} {} {}   handshake {}",
            facts.version,
            facts.suite,
            facts.group,
            Millis(facts.took)
        );
        let name = facts
            .leaf
            .as_ref()
            .map_or("unreadable", |leaf| leaf.subject.as_str());
        let (level, mark) = if facts.verdict.is_verified() {
            (Level::Info, "")
        } else {
            (Level::Fault, "!! ")
        };
        let certificate = format!("certificate CN={name}: {mark}{}", facts.verdict);
        let batch = vec![
            note(Level::Info, settled),
            note(level, certificate),
            Event::Tls(Box::new(facts)),
        ];
        self.send(batch).await
    }

    /// Hands over all the session has to tell, and what it wants of the connection itself.
    async fn tell_session(&mut self, session: &mut Session) -> Result<Wish, Abandoned> {
        let mut batch = Vec::new();
        let mut wish = Wish::None;
        while let Some(event) = session.poll_event() {
            match event {
                Told::StartTls => wish = Wish::StartTls,
                Told::Refused { evidence } => wish = Wish::Refuse(evidence.len()),
                event => batch.push(Event::Session(event)),
            }
        }
        if !batch.is_empty() {
            self.send(batch).await?;
        }
        Ok(wish)
    }

    async fn tell(&mut self, event: Event) -> Result<(), Abandoned> {
        self.send(vec![event]).await
    }

    /// Waits for room: a server that floods meets back-pressure here.
    async fn send(&mut self, batch: Vec<Event>) -> Result<(), Abandoned> {
        self.untold.extend(batch);
        let room = self.events.reserve().await.map_err(|_| Abandoned)?;
        room.send(std::mem::take(&mut self.untold));
        Ok(())
    }
}

/// Whether the session, which refused the handshake itself, has said so already.
fn told_by_session(failure: &Failure) -> bool {
    matches!(
        failure,
        Failure::Tls(TlsError::Injected(_) | TlsError::Unanswered)
    )
}

/// What the session wants of its connection.
enum Wish {
    None,
    StartTls,
    Refuse(usize),
}

/// Why there is no conversation to go on with.
enum Stop {
    Abandoned,
    Failed(Failure),
}

impl From<Abandoned> for Stop {
    fn from(_: Abandoned) -> Self {
        Self::Abandoned
    }
}

impl From<Failure> for Stop {
    fn from(failure: Failure) -> Self {
        Self::Failed(failure)
    }
}

async fn secure(stream: Stream, plan: &Plan) -> Result<(Stream, TlsFacts), TlsError> {
    match stream {
        Stream::Clear(tcp) => tls::handshake(tcp, plan, tls::system_roots()).await,
        Stream::Tls(_) => Err(TlsError::Other(
            "TLS inside TLS is not supported".to_owned(),
        )),
    }
}

/// Hands the session the next piece of the message; after the last, its end.
fn feed(session: &mut Session, message: &mut Option<(Vec<u8>, usize)>) {
    let Some((text, done)) = message else { return };
    let now = Instant::now();
    let end = text.len().min(*done + PIECE);
    session.send_message(&text[*done..end], now);
    *done = end;
    if end == text.len() {
        session.end_message(now);
        *message = None;
    }
}

fn note(level: Level, text: String) -> Event {
    Event::Session(smtp::Event::Entry(Entry::note(
        Instant::now(),
        false,
        level,
        text,
    )))
}

fn end_of(error: &io::Error) -> End {
    match error.kind() {
        io::ErrorKind::ConnectionReset => End::Reset,
        io::ErrorKind::UnexpectedEof => End::Truncated,
        _ => End::Lost(tls::words(error)),
    }
}
