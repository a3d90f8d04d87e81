//! Waits for replies, and takes what happens meanwhile.

use std::time::Duration;

use tokio::time::{Instant, sleep_until};

use super::{ANSWERS_CAP, Answer, Conversation, MESSAGE_TIMEOUT, Stop};
use crate::net::{Command, ConnectStep, Event};
use crate::smtp::{self, Awaited, End, EntryKind, Phase, SessionStatus};

impl Conversation {
    /// Waits until everything that was sent is answered; the last answer stays the result, those before
    /// it in the queue.
    pub(super) async fn answer(&mut self, limit: Option<Duration>) -> Result<Option<Answer>, Stop> {
        // A reply that never ends is given up, too.
        let whole = limit.map(|limit| Instant::now() + limit.max(MESSAGE_TIMEOUT));
        loop {
            let settled = self.status.unanswered == 0
                && !self.status.in_reply
                && self.status.phase != Phase::Handshake;
            if self.sent && settled {
                if let Some(answer) = self.answers.pop_back() {
                    return Ok(Some(answer));
                }
                if self.no_reply {
                    return Ok(None);
                }
            }
            if self.sent && self.status.chunk_left > 0 && self.answers.is_empty() {
                return Ok(None);
            }
            if whole.is_some_and(|whole| Instant::now() >= whole) {
                return Err(Stop::TimedOut(MESSAGE_TIMEOUT));
            }
            self.receive(limit).await?;
        }
    }

    /// Takes the next events. The time of a reply begins anew with everything that comes.
    pub(super) async fn receive(&mut self, limit: Option<Duration>) -> Result<(), Stop> {
        match self.stopped.take() {
            Some(Stop::Ended(end)) => {
                self.stopped = Some(Stop::Ended(end.clone()));
                return Err(Stop::Ended(end));
            }
            Some(stop) => return Err(stop),
            None => {}
        }
        let Some(batch) = self.next_batch(limit).await else {
            return Err(Stop::TimedOut(limit.unwrap_or_default()));
        };
        self.take(batch);
        if !self.answers.is_empty() {
            return Ok(());
        }
        match self.stopped.take() {
            None => Ok(()),
            Some(Stop::Ended(end)) => {
                self.stopped = Some(Stop::Ended(end.clone()));
                Err(Stop::Ended(end))
            }
            Some(stop) => Err(stop),
        }
    }

    /// The next events; `None` if there are none in time.
    pub(super) async fn next_batch(&mut self, limit: Option<Duration>) -> Option<Vec<Event>> {
        let Some(limit) = limit else {
            return Some(self.wire.events().await.unwrap_or_default());
        };
        tokio::select! {
            batch = self.wire.events() => Some(batch.unwrap_or_default()),
            () = sleep_until(Instant::now() + limit) => None,
        }
    }

    pub(super) fn take(&mut self, batch: Vec<Event>) {
        if batch.is_empty() {
            self.stopped.get_or_insert(Stop::Ended(End::ByUs));
        }
        for event in batch {
            match event {
                Event::Tls(facts) => self.tls = Some(facts),
                // What is about the connection before is over.
                Event::Failed(_) | Event::Ended(_) | Event::MessageNotSent(_) if !self.started => {}
                Event::Session(event)
                    if !self.started && !matches!(event, smtp::Event::Entry(_)) => {}
                Event::Session(event) => self.take_session(event),
                Event::MessageNotSent(reason) => {
                    self.not_sent = Some(reason);
                    self.stopped = Some(Stop::NotSent(reason));
                }
                Event::Failed(failure) => {
                    self.stopped.get_or_insert(Stop::Failed(failure));
                }
                Event::Ended(end) => {
                    self.stopped.get_or_insert(Stop::Ended(end));
                }
                Event::Started => {
                    self.started = true;
                    *self.status = SessionStatus::default();
                    self.tls = None;
                    self.stopped = None;
                    self.unasked = None;
                    self.greeted = false;
                    self.connect_time = None;
                    self.answers.clear();
                }
                Event::Dial(ConnectStep::Connected { local, took, .. }) => {
                    self.local = Some(local.ip());
                    self.connect_time = Some(took);
                }
                Event::Progress { .. } | Event::MailRoute(_) | Event::Dial(_) => {}
            }
        }
    }

    fn take_session(&mut self, event: smtp::Event) {
        match event {
            smtp::Event::Entry(entry) => {
                if let EntryKind::Sent(sent) = &entry.kind {
                    self.sent = true;
                    self.no_reply = sent.request.is_none();
                }
                self.recorder.push(entry);
            }
            smtp::Event::Reply {
                reply,
                awaited: Some(awaited),
            } => {
                self.greeted |= awaited == Awaited::Greeting;
                if self.answers.len() < ANSWERS_CAP {
                    self.answers.push_back(Answer { reply, awaited });
                }
            }
            smtp::Event::Reply {
                reply,
                awaited: None,
            } => self.unasked = Some(reply),
            smtp::Event::Status(status) => {
                // Long replies are read to their end: the transcript has its own cap.
                if status.paused.is_some() {
                    let _ = self.wire.send(Command::ResumeReading);
                }
                self.status = status;
            }
            smtp::Event::NotSent { reason, .. }
            | smtp::Event::ExchangeNotSent { reason, .. }
            | smtp::Event::RawNotSent { reason, .. } => {
                self.not_sent = Some(reason);
                self.stopped = Some(Stop::NotSent(reason));
            }
            smtp::Event::LoginRefused(attempt) => self.refused_login = Some(attempt),
            smtp::Event::Partial { .. } | smtp::Event::StartTls | smtp::Event::Refused { .. } => {}
        }
    }
}
