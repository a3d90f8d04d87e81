//! The loop that owns the connection: commands and octets into the session, what it says out to the
//! wire and the driver. It reads while it writes, and the driver can stop it at any await.

use std::io;
use std::time::Instant;

use tokio::sync::{mpsc, watch};

use super::after::{After, Next, Stop, end_of, told_by_session};
use super::dial;
use super::dns;
use super::event_sender::{Abandoned, EventSender, Wish};
use super::outgoing::{self, Fed, Outgoing};
use super::secure::{ASKING, Known, secure, secure_or_ask, told};
use super::stream::{Moved, Stream, is_gone};
use super::tls::{self, TlsError, TlsFacts};
use super::{Command, Event, Failure, LookUp, Plan, Security};
use crate::smtp::{
    AutoStartTls, CommandLine, End, Event as Told, Level, Link, NotSentReason, Session,
};

/// Octets that are read at once.
const READ: usize = 64 * 1024;

pub(super) struct Task {
    commands: mpsc::Receiver<Command>,
    teller: EventSender,
    /// The connection up to which all are called off.
    called_off: watch::Receiver<u64>,
    /// Connections begun so far.
    begun: u64,
    /// The certificates that servers showed.
    known: Known,
}

impl Task {
    pub(super) fn new(
        commands: mpsc::Receiver<Command>,
        events: mpsc::Sender<Vec<Event>>,
        called_off: watch::Receiver<u64>,
    ) -> Self {
        Self {
            commands,
            teller: EventSender::new(events),
            called_off,
            begun: 0,
            known: Known::default(),
        }
    }

    /// Serves the driver until it is gone.
    pub(super) async fn run(mut self) {
        let mut wanted = None;
        while let Ok(next) = self.serve(wanted.take()).await {
            wanted = next;
        }
    }

    /// One connection from its plan to its end, or one lookup; where nothing is wanted, one command.
    async fn serve(&mut self, wanted: Option<Next>) -> Result<Option<Next>, Abandoned> {
        let Some(wanted) = wanted else {
            return match self.commands.recv().await.ok_or(Abandoned)? {
                Command::Connect(plan) => Ok(Some(Next::Connect(plan))),
                Command::LookUp(wanted) => Ok(Some(Next::LookUp(wanted))),
                command => {
                    self.give_back(command, NotSentReason::NotConnected).await?;
                    Ok(None)
                }
            };
        };
        self.begun += 1;
        self.teller.tell(Event::Begun).await?;
        let plan = match wanted {
            Next::Connect(plan) => plan,
            Next::LookUp(wanted) => return self.look_up(&wanted).await.map(|()| None),
        };
        tracing::info!(host = plan.host, port = plan.port, security = ?plan.security, "connecting");
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
                self.teller.tell_failure(failure).await?;
                Ok(None)
            }
            (Ok(_), None) => {
                self.teller.tell_failure(Failure::Cancelled).await?;
                Ok(None)
            }
            (Ok(after), Some(session)) => self.finish(session, after).await,
        }
    }

    async fn look_up(&mut self, wanted: &LookUp) -> Result<(), Abandoned> {
        let words = format!("looking up the MX of {}", wanted.domain);
        self.teller.tell_note(Level::Info, &words).await?;
        let number = self.begun;
        let mut called_off = self.called_off.clone();
        let found = tokio::select! {
            biased;
            _ = called_off.wait_for(|&up_to| up_to >= number) => Err(Failure::Cancelled),
            found = dns::mail_route(&wanted.resolver, &wanted.domain) => {
                found.map_err(Failure::MailRoute)
            }
        };
        match found {
            Ok(route) => {
                self.teller
                    .tell_note(Level::Info, &route.to_string())
                    .await?;
                self.teller.tell(Event::MailRoute(Box::new(route))).await
            }
            Err(failure) => self.teller.tell_failure(failure).await,
        }
    }

    async fn connect_and_converse(
        &mut self,
        plan: &Plan,
        kept: &mut Option<Session>,
    ) -> Result<After, Stop> {
        let tcp = dial::dial(plan, async |step| {
            // A driver that is gone is noticed at the next command.
            let _ = self.teller.tell_step(step).await;
        })
        .await?;
        let helo = plan.helo.clone().unwrap_or_else(|| dial::literal(&tcp));
        let mut stream = Stream::Clear(tcp);
        let mut link = Link::Clear;
        if plan.security == Security::Implicit {
            let facts;
            (stream, facts) = secure_or_ask(&mut self.teller, stream, plan).await?;
            link = facts.link();
            self.tell_tls(facts, plan).await?;
        }
        let auto_start_tls = match plan.security {
            Security::StartTls => CommandLine::parse(format!("EHLO {helo}"))
                .ok()
                .map(AutoStartTls::new),
            Security::None | Security::Implicit => None,
        };
        let session = kept.insert(Session::new(auto_start_tls));
        session.handle_connected(link, Instant::now());
        self.converse(session, stream, plan, &helo).await
    }

    async fn converse(
        &mut self,
        session: &mut Session,
        mut stream: Stream,
        plan: &Plan,
        helo: &str,
    ) -> Result<After, Stop> {
        let mut input = vec![0; READ];
        let mut output = Vec::new();
        let mut written = 0;
        let mut flush = false;
        let mut message: Option<Outgoing> = None;
        loop {
            if written == output.len() {
                output.clear();
                written = 0;
                Outgoing::feed_text(&mut message, session);
            }
            output.extend(session.poll_transmit());
            match self.teller.tell_session(session).await? {
                Wish::None => {}
                Wish::Refuse(0) => return Ok(After::NoTls(TlsError::Unanswered)),
                Wish::Refuse(octets) => return Ok(After::NoTls(TlsError::Injected(octets))),
                Wish::StartTls => match self.secure_meanwhile(stream, plan, helo).await? {
                    Ok((secured, facts)) => {
                        stream = secured;
                        let link = facts.link();
                        self.tell_tls(facts, plan).await?;
                        session.handle_tls(link, Instant::now());
                        continue;
                    }
                    Err(after) => return Ok(after),
                },
            }
            let reads = session.wants_read().then_some(input.as_mut_slice());
            tokio::select! {
                command = self.commands.recv() => match permitted(command.ok_or(Stop::Abandoned)?, session) {
                    Command::Automatic(command) => {
                        self.give_back(*command, NotSentReason::Surprise).await?;
                    }
                    Command::Connect(plan) => return Ok(After::Replaced(Next::Connect(plan))),
                    Command::LookUp(wanted) => return Ok(After::Replaced(Next::LookUp(wanted))),
                    Command::Close => return Ok(After::Ended(End::ByUs)),
                    Command::Send { line, consent } => session.send_line(line, consent, Instant::now()),
                    Command::Authenticate { mut exchange, consent } => {
                        if let Some(wish) = exchange.wants_binding() {
                            exchange.bind(stream.binding(wish));
                        }
                        session.authenticate(exchange, consent, Instant::now());
                    }
                    Command::ReadOn => session.resume_reading(Instant::now()),
                    Command::SendRaw { octets, consent } => session.send_raw(octets, consent, Instant::now()),
                    Command::SendChunk(octets) if outgoing::takes_chunk(session) => {
                        session.send_chunk(&octets, Instant::now());
                    }
                    Command::SendMessage(text) if message.is_none() && outgoing::takes_message(session) => {
                        session.begin_message();
                        message = Some(Outgoing::text(text));
                    }
                    Command::SendFile(upload) if message.is_none() && outgoing::takes_message(session) => {
                        session.begin_message();
                        message = Some(Outgoing::file(upload));
                    }
                    Command::SendMessage(_) | Command::SendFile(_) | Command::SendChunk(_) => {
                        self.teller.tell(Event::MessageNotSent).await?;
                    }
                },
                piece = Outgoing::next_piece(&mut message), if written == output.len() => {
                    match Outgoing::feed_file(&mut message, session, piece) {
                        Fed::On => {}
                        Fed::Told { sent, total } => {
                            self.teller.tell(Event::Progress { sent, total }).await?;
                        }
                        Fed::Broken => return Ok(After::Ended(End::ByUs)),
                    }
                }
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

    /// Does the handshake; where it fails for want of something in common, the server is asked what it
    /// would choose.
    async fn secure_meanwhile(
        &mut self,
        stream: Stream,
        plan: &Plan,
        helo: &str,
    ) -> Result<Result<(Stream, TlsFacts), After>, Stop> {
        let peer = stream.peer();
        let error = match self.meanwhile(secure(stream, plan, true)).await? {
            Ok(Ok(done)) => return Ok(Ok(done)),
            Ok(Err(error)) => error,
            Err(after) => return Ok(Err(after)),
        };
        let Some(peer) = peer.filter(|_| error.is_about_choices()) else {
            return Ok(Err(After::NoTls(error)));
        };
        self.teller.tell_note(Level::Info, ASKING).await?;
        let probed = match self.meanwhile(tls::probe(peer, plan, Some(helo))).await? {
            Ok(probed) => probed,
            Err(after) => return Ok(Err(after)),
        };
        let (note, error) = told(probed, error, plan);
        if let Some(note) = note {
            self.teller.tell_note(Level::Info, &note).await?;
        }
        Ok(Err(After::NoTls(error)))
    }

    /// Waits for `work`. Lines that are typed meanwhile come back: they must not go under TLS as if
    /// they had been meant for it.
    async fn meanwhile<T>(
        &mut self,
        work: impl Future<Output = T>,
    ) -> Result<Result<T, After>, Stop> {
        tokio::pin!(work);
        loop {
            tokio::select! {
                done = &mut work => return Ok(Ok(done)),
                command = self.commands.recv() => match command.ok_or(Stop::Abandoned)? {
                    Command::Connect(plan) => {
                        return Ok(Err(After::Replaced(Next::Connect(plan))));
                    }
                    Command::LookUp(wanted) => {
                        return Ok(Err(After::Replaced(Next::LookUp(wanted))));
                    }
                    Command::Close => return Ok(Err(After::Ended(End::ByUs))),
                    command => self.give_back(command, NotSentReason::Handshake).await?,
                },
            }
        }
    }

    async fn tell_tls(&mut self, mut facts: TlsFacts, plan: &Plan) -> Result<(), Abandoned> {
        facts.changed_from = self.known.change(plan, &facts);
        self.teller.tell_tls(facts).await
    }

    /// What cannot be done now comes back.
    async fn give_back(
        &mut self,
        command: Command,
        reason: NotSentReason,
    ) -> Result<(), Abandoned> {
        let event = match command {
            Command::Automatic(command) => return Box::pin(self.give_back(*command, reason)).await,
            Command::Send { line, .. } => Event::Session(Told::NotSent { line, reason }),
            Command::Authenticate { exchange, .. } => {
                Event::Session(Told::ExchangeNotSent { exchange, reason })
            }
            Command::SendRaw { octets, .. } => Event::Session(Told::RawNotSent { octets, reason }),
            Command::SendMessage(_) | Command::SendFile(_) | Command::SendChunk(_) => {
                Event::MessageNotSent
            }
            Command::Connect(_) | Command::LookUp(_) | Command::ReadOn | Command::Close => {
                return Ok(());
            }
        };
        self.teller.tell(event).await
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
        while session.wants_read() {
            match stream.exchange(&[], false, Some(&mut input)).await {
                Ok(Moved::In(octets)) if octets > 0 => {
                    session.handle_bytes(&input[..octets], Instant::now());
                    self.teller.tell_session(session).await?;
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
    ) -> Result<Option<Next>, Abandoned> {
        let now = Instant::now();
        let (end, failure, next) = match after {
            After::Ended(end) => (end, None, None),
            After::NoTls(error) => (End::ByUs, Some(Failure::Tls(error)), None),
            After::Replaced(next) => (End::ByUs, None, Some(next)),
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
        self.teller.send(batch).await?;
        Ok(next)
    }
}

/// Unwraps a command that was to be sent automatically, unless the server has sent something odd.
fn permitted(command: Command, session: &Session) -> Command {
    match command {
        Command::Automatic(command) if !session.is_surprised() => *command,
        command => command,
    }
}
