//! Sends events to the UI in batches, with a note for the transcript where a person should read
//! about the event there.

use std::time::Instant;

use tokio::sync::mpsc;

use super::dial::{ConnectReport, ConnectStep, Millis};
use super::log::{self, SessionLog};
use super::tls::{Dane, TlsFacts};
use super::{Event, Failure};
use crate::smtp::{Entry, Event as SessionEvent, Level, Session};

/// The UI has dropped its handle, so the task has no reason to continue.
pub(crate) struct HandleDropped;

/// What the session requests of its connection.
pub(crate) enum SessionRequest {
    /// Nothing.
    None,
    /// A TLS handshake.
    StartTls,
    /// An end without TLS, because this many octets of plain text came where none may come.
    /// 0: because of unanswered commands.
    RefuseTls(usize),
}

/// The sending end of the event channel.
pub(crate) struct EventSender {
    events: mpsc::Sender<Vec<Event>>,
    /// Events that wait for room in the channel. They are kept here and not in a future, so that
    /// cancelling the future does not lose them.
    pending: Vec<Event>,
    log: SessionLog,
}

impl EventSender {
    pub(crate) fn new(events: mpsc::Sender<Vec<Event>>) -> Self {
        Self {
            events,
            pending: Vec::new(),
            log: SessionLog::default(),
        }
    }

    pub(crate) async fn send(&mut self, event: Event) -> Result<(), HandleDropped> {
        self.send_batch(vec![event]).await
    }

    pub(crate) async fn send_failure(&mut self, failure: Failure) -> Result<(), HandleDropped> {
        log::failure(&failure);
        let note = note(Level::Fault, failure.to_string());
        self.send_batch(vec![note, Event::Failed(failure)]).await
    }

    pub(crate) async fn send_note(
        &mut self,
        level: Level,
        text: &str,
    ) -> Result<(), HandleDropped> {
        self.send_batch(vec![note(level, text.to_owned())]).await
    }

    async fn send_connect_step(&mut self, step: ConnectStep) -> Result<(), HandleDropped> {
        log::connect_step(&step);
        let level = if matches!(step, ConnectStep::Failed(_)) {
            Level::Fault
        } else {
            Level::Info
        };
        // If the host is an address already, "resolved" says nothing new.
        let is_news = !matches!(step, ConnectStep::Resolved { took: None, .. });
        let mut batch: Vec<Event> = is_news
            .then(|| note(level, step.to_string()))
            .into_iter()
            .collect();
        batch.push(Event::Dial(step));
        self.send_batch(batch).await
    }

    pub(crate) async fn send_tls(&mut self, facts: TlsFacts) -> Result<(), HandleDropped> {
        log::tls(&facts);
        let parameters = format!(
            "{} {} {}   handshake {}",
            facts.version,
            facts.suite,
            facts.group,
            Millis(facts.took)
        );
        let name = facts
            .chain
            .first()
            .map_or("unreadable", |leaf| leaf.subject());
        let (level, mark) = if facts.verdict.is_verified() {
            (Level::Info, "")
        } else {
            (Level::Fault, "!! ")
        };
        let certificate = format!("certificate {name}: {mark}{}", facts.verdict);
        let mut batch = vec![note(Level::Info, parameters), note(level, certificate)];
        if let Some(previous) = facts.previous_fingerprint {
            let now = facts.chain.first().map(|leaf| leaf.fingerprint.hex());
            let text = format!(
                "the certificate changed since the last connection: SHA-256 was {}, is {}",
                previous.hex(),
                now.unwrap_or_default()
            );
            batch.push(note(Level::Fault, text));
        }
        batch.extend(
            facts
                .certificate_request
                .as_ref()
                .map(|request| note(Level::Info, request.to_string())),
        );
        if facts.dane != Dane::NotAsked {
            batch.push(note(Level::Info, format!("DANE: {}", facts.dane)));
        }
        if let Some(path) = &facts.key_log {
            let text = format!("the session keys are logged to {}", path.display());
            batch.push(note(Level::Info, text));
        }
        batch.push(Event::Tls(Box::new(facts)));
        self.send_batch(batch).await
    }

    /// Sends all events of the session. Returns what the session requests of the connection.
    pub(crate) async fn send_session_events(
        &mut self,
        session: &mut Session,
    ) -> Result<SessionRequest, HandleDropped> {
        let mut batch = Vec::new();
        let mut request = SessionRequest::None;
        while let Some(event) = session.poll_event() {
            self.log.record(&event);
            match event {
                SessionEvent::StartTls => request = SessionRequest::StartTls,
                SessionEvent::Refused { evidence } => {
                    request = SessionRequest::RefuseTls(evidence.len());
                }
                event => batch.push(Event::Session(event)),
            }
        }
        if !batch.is_empty() {
            self.send_batch(batch).await?;
        }
        Ok(request)
    }

    /// Sends the last events of a session, then those of the connection itself.
    pub(crate) async fn send_last(
        &mut self,
        session: &mut Session,
        last: impl IntoIterator<Item = Event>,
    ) -> Result<(), HandleDropped> {
        let mut batch = Vec::new();
        while let Some(event) = session.poll_event() {
            self.log.record(&event);
            batch.push(Event::Session(event));
        }
        batch.extend(last);
        self.send_batch(batch).await
    }

    /// Waits for room in the channel: back-pressure against a server that floods.
    async fn send_batch(&mut self, batch: Vec<Event>) -> Result<(), HandleDropped> {
        self.pending.extend(batch);
        let permit = self.events.reserve().await.map_err(|_| HandleDropped)?;
        permit.send(std::mem::take(&mut self.pending));
        Ok(())
    }
}

impl ConnectReport for EventSender {
    async fn report(&mut self, step: ConnectStep) {
        // If the handle is dropped, the next command shows it.
        let _ = self.send_connect_step(step).await;
    }
}

fn note(level: Level, text: String) -> Event {
    Event::Session(SessionEvent::Entry(Entry::note(
        Instant::now(),
        false,
        level,
        text,
    )))
}
