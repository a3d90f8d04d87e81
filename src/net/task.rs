//! The task that owns the connection. It passes commands and octets to the session, and what the
//! session produces to the server and to the UI. It reads while it writes, and the UI can cancel it
//! at any await.

use std::io;
use std::time::Instant;

use tokio::sync::{mpsc, watch};

use super::dial::{dial, local_literal};
use super::dns;
use super::event_sender::{EventSender, HandleDropped, SessionRequest};
use super::log;
use super::outcome::{Abort, Outcome, Request, is_noted_by_session, outcome_of};
use super::outgoing_message::{self, FeedResult, OutgoingMessage};
use super::start_tls::{CertificateHistory, PROBE_NOTE, explain_probe, secure, secure_or_probe};
use super::stream::{Stream, Transfer, is_peer_gone};
use super::tls::{self, CertificateRequest, TlsError, TlsFacts};
use super::{Command, ConnectPlan, Event, Failure, MxLookup, Security};
use crate::smtp::{AutoStartTls, CommandLine, End, Level, Link, NotSentReason, Session, Verb};

/// Octets that are read at once.
const READ: usize = 64 * 1024;

pub(super) struct Task {
    commands: mpsc::Receiver<Command>,
    events: EventSender,
    /// The number of the latest connection that is cancelled. All before it are cancelled too.
    cancelled: watch::Receiver<u64>,
    /// The number of the current connection or lookup, from 1.
    number: u64,
    certificates: CertificateHistory,
    /// The server's request for a client certificate, if none was sent; until the server sends more.
    unanswered: Option<CertificateRequest>,
}

impl Task {
    pub(super) fn new(
        commands: mpsc::Receiver<Command>,
        events: mpsc::Sender<Vec<Event>>,
        cancelled: watch::Receiver<u64>,
    ) -> Self {
        Self {
            commands,
            events: EventSender::new(events),
            cancelled,
            number: 0,
            certificates: CertificateHistory::default(),
            unanswered: None,
        }
    }

    /// Serves the UI until it drops its handle.
    pub(super) async fn run(mut self) {
        let mut request = None;
        while let Ok(next) = self.serve(request.take()).await {
            request = next;
        }
    }

    /// Handles one request to its end; without a request, one command. Returns the request that
    /// replaced this one, if any.
    async fn serve(&mut self, request: Option<Request>) -> Result<Option<Request>, HandleDropped> {
        let Some(request) = request else {
            return match self.commands.recv().await.ok_or(HandleDropped)? {
                Command::Connect(plan) => Ok(Some(Request::Connect(plan))),
                Command::LookUpMx(lookup) => Ok(Some(Request::LookUpMx(lookup))),
                command => {
                    self.return_unsent(command, NotSentReason::NotConnected)
                        .await?;
                    Ok(None)
                }
            };
        };
        self.number += 1;
        self.unanswered = None;
        self.events.send(Event::Started).await?;
        let plan = match request {
            Request::Connect(plan) => plan,
            Request::LookUpMx(lookup) => return self.look_up_mx(&lookup).await.map(|()| None),
        };
        tracing::info!(host = plan.host, port = plan.port, security = ?plan.security, "connecting");
        tracing::debug!(family = ?plan.family, timeout = ?plan.timeout, "connect options");
        let number = self.number;
        let mut cancelled = self.cancelled.clone();
        let mut session = None;
        let outcome = tokio::select! {
            biased;
            // This also resolves, with an error, if the handle is dropped.
            _ = cancelled.wait_for(|&up_to| up_to >= number) => Ok(Outcome::Ended(End::ByUs)),
            outcome = self.connect_and_converse(&plan, &mut session) => outcome,
        };
        match (outcome, session) {
            (Err(Abort::HandleDropped), _) => Err(HandleDropped),
            (Err(Abort::Failed(failure)), _) => {
                self.events.send_failure(failure).await?;
                Ok(None)
            }
            (Ok(_), None) => {
                self.events.send_failure(Failure::Cancelled).await?;
                Ok(None)
            }
            (Ok(outcome), Some(session)) => self.finish(session, outcome).await,
        }
    }

    async fn look_up_mx(&mut self, lookup: &MxLookup) -> Result<(), HandleDropped> {
        tracing::info!(domain = lookup.domain, "looking up MX");
        let text = format!("looking up the MX of {}", lookup.domain);
        self.events.send_note(Level::Info, &text).await?;
        let number = self.number;
        let mut cancelled = self.cancelled.clone();
        let found = tokio::select! {
            biased;
            _ = cancelled.wait_for(|&up_to| up_to >= number) => Err(Failure::Cancelled),
            found = dns::mail_route(&lookup.resolver, &lookup.domain) => {
                found.map_err(Failure::MailRoute)
            }
        };
        match found {
            Ok(route) => {
                tracing::info!(%route, "MX found");
                self.events
                    .send_note(Level::Info, &route.to_string())
                    .await?;
                self.events.send(Event::MailRoute(Box::new(route))).await
            }
            Err(failure) => self.events.send_failure(failure).await,
        }
    }

    /// Connects and converses. The session is put into `slot`, so that it outlives a cancel.
    async fn connect_and_converse(
        &mut self,
        plan: &ConnectPlan,
        slot: &mut Option<Session>,
    ) -> Result<Outcome, Abort> {
        if plan.security != Security::None {
            tls::warm_up();
        }
        let tcp = dial(plan, &mut self.events).await?;
        let helo = plan.helo.clone().unwrap_or_else(|| local_literal(&tcp));
        let mut stream = Stream::Clear(tcp);
        let mut link = Link::Clear;
        if plan.security == Security::Implicit {
            let facts;
            (stream, facts) = secure_or_probe(&mut self.events, stream, plan).await?;
            link = facts.link();
            self.send_tls(facts, plan).await?;
        }
        let auto_start_tls = match plan.security {
            Security::StartTls => {
                let verb = Verb::introduction(plan.port, false);
                let ehlo = CommandLine::parse(format!("{verb} {helo}")).ok();
                ehlo.map(AutoStartTls::new)
            }
            Security::None | Security::Implicit => None,
        };
        let session = slot.insert(Session::new(auto_start_tls));
        session.handle_connected(link, Instant::now());
        self.converse(session, stream, plan, &helo).await
    }

    async fn converse(
        &mut self,
        session: &mut Session,
        mut stream: Stream,
        plan: &ConnectPlan,
        helo: &str,
    ) -> Result<Outcome, Abort> {
        let mut input = vec![0; READ];
        let mut output = Vec::new();
        let mut written = 0;
        let mut flush = false;
        let mut message: Option<OutgoingMessage> = None;
        loop {
            if written == output.len() {
                output.clear();
                written = 0;
                OutgoingMessage::feed_text(&mut message, session);
            }
            session.transmit_into(&mut output);
            match self.events.send_session_events(session).await? {
                SessionRequest::None => {}
                SessionRequest::RefuseTls(0) => {
                    return Ok(Outcome::TlsFailed(TlsError::Unanswered));
                }
                SessionRequest::RefuseTls(octets) => {
                    return Ok(Outcome::TlsFailed(TlsError::Injected(octets)));
                }
                SessionRequest::StartTls => match self.start_tls(stream, plan, helo).await? {
                    Ok((secured, facts)) => {
                        stream = secured;
                        let link = facts.link();
                        self.send_tls(facts, plan).await?;
                        session.handle_tls(link, Instant::now());
                        continue;
                    }
                    Err(outcome) => return Ok(outcome),
                },
            }
            let reads = session.wants_read().then_some(input.as_mut_slice());
            tokio::select! {
                command = self.commands.recv() => match command.ok_or(Abort::HandleDropped)?.permitted(session) {
                    Err((command, reason)) => self.return_unsent(command, reason).await?,
                    Ok(Command::Connect(plan)) => {
                        return Ok(Outcome::Replaced(Request::Connect(plan)));
                    }
                    Ok(Command::LookUpMx(lookup)) => {
                        return Ok(Outcome::Replaced(Request::LookUpMx(lookup)));
                    }
                    Ok(Command::Close) => return Ok(Outcome::Ended(End::ByUs)),
                    Ok(Command::SendMessage(text))
                        if message.is_none() && outgoing_message::takes_message(session) =>
                    {
                        session.begin_message();
                        message = Some(OutgoingMessage::text(text));
                    }
                    Ok(Command::SendFile(upload))
                        if message.is_none() && outgoing_message::takes_message(session) =>
                    {
                        message = Some(OutgoingMessage::file(upload, session));
                    }
                    Ok(Command::SendChunk(octets)) if outgoing_message::takes_chunk(session) => {
                        session.send_chunk(&octets, Instant::now());
                    }
                    Ok(
                        Command::SendMessage(_) | Command::SendFile(_) | Command::SendChunk(_),
                    ) => {
                        let reason = NotSentReason::NotDue;
                        self.events.send(Event::MessageNotSent(reason)).await?;
                    }
                    Ok(command) => command.pass_to(session, &stream),
                },
                piece = OutgoingMessage::next_piece(&mut message), if written == output.len() => {
                    match OutgoingMessage::feed_file(&mut message, session, piece) {
                        FeedResult::Continue => {}
                        FeedResult::Progress { sent, total } => {
                            self.events.send(Event::Progress { sent, total }).await?;
                        }
                        FeedResult::Failed => return Ok(Outcome::Ended(End::ByUs)),
                    }
                }
                transfer = stream.transfer(&output[written..], flush, reads) => match transfer {
                    Ok(Transfer::Read(0)) => return Ok(Outcome::Ended(End::Closed)),
                    Ok(Transfer::Read(octets)) => {
                        self.unanswered = None;
                        session.handle_bytes(&input[..octets], Instant::now());
                    }
                    Ok(Transfer::Written(octets)) => {
                        written += octets;
                        flush = true;
                    }
                    Ok(Transfer::Flushed) => flush = false,
                    Err(error) => {
                        let error = self.read_remaining(session, stream, error).await?;
                        return Ok(outcome_of(&error, self.unanswered.take()));
                    }
                },
            }
        }
    }

    /// Does the handshake of STARTTLS. If it fails because both sides have nothing in common, the
    /// server is probed.
    async fn start_tls(
        &mut self,
        stream: Stream,
        plan: &ConnectPlan,
        helo: &str,
    ) -> Result<Result<(Stream, TlsFacts), Outcome>, Abort> {
        let peer = stream.peer();
        let error = match self.interruptible(secure(stream, plan, true)).await? {
            Ok(Ok(secured)) => return Ok(Ok(secured)),
            Ok(Err(error)) => error,
            Err(outcome) => return Ok(Err(outcome)),
        };
        let Some(peer) = peer.filter(|_| error.is_worth_a_probe()) else {
            return Ok(Err(Outcome::TlsFailed(error)));
        };
        self.events.send_note(Level::Info, PROBE_NOTE).await?;
        let probe = tls::probe(peer, plan, Some(helo));
        let outcome = match self.interruptible(probe).await? {
            Ok(outcome) => outcome,
            Err(outcome) => return Ok(Err(outcome)),
        };
        let (note, error) = explain_probe(outcome, error, plan);
        if let Some(note) = note {
            self.events.send_note(Level::Info, &note).await?;
        }
        Ok(Err(Outcome::TlsFailed(error)))
    }

    /// Waits for `work` and handles commands meanwhile. Lines are returned unsent: they must not go
    /// out under TLS as if they had been typed for it.
    async fn interruptible<T>(
        &mut self,
        work: impl Future<Output = T>,
    ) -> Result<Result<T, Outcome>, Abort> {
        tokio::pin!(work);
        loop {
            tokio::select! {
                result = &mut work => return Ok(Ok(result)),
                command = self.commands.recv() => match command.ok_or(Abort::HandleDropped)? {
                    Command::Connect(plan) => {
                        return Ok(Err(Outcome::Replaced(Request::Connect(plan))));
                    }
                    Command::LookUpMx(lookup) => {
                        return Ok(Err(Outcome::Replaced(Request::LookUpMx(lookup))));
                    }
                    Command::Close => return Ok(Err(Outcome::Ended(End::ByUs))),
                    command => self.return_unsent(command, NotSentReason::Handshake).await?,
                },
            }
        }
    }

    async fn send_tls(
        &mut self,
        mut facts: TlsFacts,
        plan: &ConnectPlan,
    ) -> Result<(), HandleDropped> {
        self.unanswered = facts.unanswered_request();
        facts.previous_fingerprint = self.certificates.record(plan, &facts);
        self.events.send_tls(facts).await
    }

    /// Returns the content of a command that cannot be carried out now to the UI.
    async fn return_unsent(
        &mut self,
        command: Command,
        reason: NotSentReason,
    ) -> Result<(), HandleDropped> {
        match command.unsent(reason) {
            Some(event) => self.events.send(event).await,
            None => Ok(()),
        }
    }

    /// Handles a failed write: if the server is gone, what it sent before may still be readable.
    /// Returns the error that ends the connection: an alert of the server, if it sent one.
    async fn read_remaining(
        &mut self,
        session: &mut Session,
        mut stream: Stream,
        error: io::Error,
    ) -> Result<io::Error, Abort> {
        if !is_peer_gone(&error) {
            return Ok(error);
        }
        let mut input = vec![0; READ];
        while session.wants_read() {
            match stream.transfer(&[], false, Some(&mut input)).await {
                Ok(Transfer::Read(octets)) if octets > 0 => {
                    session.handle_bytes(&input[..octets], Instant::now());
                    self.events.send_session_events(session).await?;
                }
                Err(alert) if tls::is_alert(&alert) => return Ok(alert),
                _ => break,
            }
        }
        Ok(error)
    }

    /// Ends the session and reports the end. Returns the request that replaces it, if any.
    async fn finish(
        &mut self,
        mut session: Session,
        outcome: Outcome,
    ) -> Result<Option<Request>, HandleDropped> {
        let now = Instant::now();
        let (end, failure, next) = match outcome {
            Outcome::Ended(end) => (end, None, None),
            Outcome::TlsFailed(TlsError::PlainText(octets)) => {
                let error = TlsError::PlainText(session.without_secrets(octets));
                (End::ByUs, Some(Failure::Tls(error)), None)
            }
            Outcome::TlsFailed(error) => (End::ByUs, Some(Failure::Tls(error)), None),
            Outcome::Replaced(request) => (End::ByUs, None, Some(request)),
        };
        if let Some(failure) = &failure {
            log::failure(failure);
            if !is_noted_by_session(failure) {
                session.note(now, Level::Fault, failure.to_string());
            }
        }
        session.handle_end(&end, now);
        tracing::info!(reason = %end, "connection ended");
        let last = failure.map(Event::Failed).into_iter();
        let last = last.chain([Event::Ended(end)]);
        self.events.send_last(&mut session, last).await?;
        Ok(next)
    }
}
