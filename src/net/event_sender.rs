//! What the task tells its driver: facts in batches, and a note for the transcript beside those
//! that a person wants to read there.

use std::time::Instant;

use tokio::sync::mpsc;

use super::dial::{Millis, Step};
use super::tls::{Dane, TlsFacts};
use super::{Event, Failure};
use crate::smtp::{Entry, Event as Told, Level, Session};

/// The driver is gone, and so is the reason to go on.
pub(super) struct Abandoned;

/// What the session wants of its connection.
pub(super) enum Wish {
    None,
    StartTls,
    Refuse(usize),
}

/// The way to the driver.
pub(super) struct EventSender {
    events: mpsc::Sender<Vec<Event>>,
    /// Events that found no room yet. Kept here and not in a future, so that a cancel loses none.
    untold: Vec<Event>,
}

impl EventSender {
    pub(super) fn new(events: mpsc::Sender<Vec<Event>>) -> Self {
        Self {
            events,
            untold: Vec::new(),
        }
    }

    pub(super) async fn tell(&mut self, event: Event) -> Result<(), Abandoned> {
        self.send(vec![event]).await
    }

    pub(super) async fn tell_failure(&mut self, failure: Failure) -> Result<(), Abandoned> {
        tracing::info!(%failure, "not connected");
        let note = note(Level::Fault, failure.to_string());
        self.send(vec![note, Event::Failed(failure)]).await
    }

    pub(super) async fn tell_note(&mut self, level: Level, text: &str) -> Result<(), Abandoned> {
        self.send(vec![note(level, text.to_owned())]).await
    }

    pub(super) async fn tell_step(&mut self, step: Step) -> Result<(), Abandoned> {
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

    pub(super) async fn tell_tls(&mut self, facts: TlsFacts) -> Result<(), Abandoned> {
        let settled = format!(
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
        let mut batch = vec![note(Level::Info, settled), note(level, certificate)];
        if let Some(before) = facts.changed_from {
            let now = facts.chain.first().map(|leaf| leaf.fingerprint.hex());
            let words = format!(
                "the certificate is another than at the last connection: SHA-256 was {}, is {}",
                before.hex(),
                now.unwrap_or_default()
            );
            batch.push(note(Level::Fault, words));
        }
        batch.extend(
            facts
                .asked
                .as_ref()
                .map(|asked| note(Level::Info, asked.to_string())),
        );
        if facts.dane != Dane::NotAsked {
            batch.push(note(Level::Info, format!("DANE: {}", facts.dane)));
        }
        if let Some(path) = &facts.key_log {
            let words = format!("this session's keys are written to {}", path.display());
            batch.push(note(Level::Info, words));
        }
        batch.push(Event::Tls(Box::new(facts)));
        self.send(batch).await
    }

    /// Hands over all the session has to tell, and what it wants of the connection itself.
    pub(super) async fn tell_session(&mut self, session: &mut Session) -> Result<Wish, Abandoned> {
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

    /// Waits for room: a server that floods meets back-pressure here.
    pub(super) async fn send(&mut self, batch: Vec<Event>) -> Result<(), Abandoned> {
        self.untold.extend(batch);
        let room = self.events.reserve().await.map_err(|_| Abandoned)?;
        room.send(std::mem::take(&mut self.untold));
        Ok(())
    }
}

fn note(level: Level, text: String) -> Event {
    Event::Session(Told::Entry(Entry::note(Instant::now(), false, level, text)))
}
