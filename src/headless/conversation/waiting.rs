//! Waits for replies, and takes what happens meanwhile.

use std::time::Duration;

use tokio::time::{Instant, sleep_until};

use super::{ANSWERS_CAP, Answer, Conversation, Stop};
use crate::net::{Command, ConnectStep, Event};
use crate::smtp::{self, Awaited, End, EntryKind, Phase, SessionStatus};

impl Conversation {
    /// Waits until everything that was sent is answered. What is sent may take as long as it takes; from
    /// then on, `limit` is the time for the whole reply.
    pub(super) async fn answered(&mut self, limit: Option<Duration>) -> Result<Vec<Answer>, Stop> {
        let mut deadline = None;
        loop {
            // After the end nothing is pending, though a reply may be missing.
            let settled = self.is_settled() && !self.unfinished;
            if self.requested && settled && !self.answers.is_empty() {
                return Ok(self.answers.drain(..).collect());
            }
            let is_line = !self.is_content;
            if is_line && self.sent && settled && self.no_reply && self.answers.is_empty() {
                return Ok(Vec::new());
            }
            if is_line && self.sent && self.status.chunk_left > 0 && self.answers.is_empty() {
                return Ok(Vec::new());
            }
            if self.requested && deadline.is_none() {
                deadline = limit.map(|limit| Instant::now() + limit);
            }
            let left = deadline.map(|deadline| deadline.saturating_duration_since(Instant::now()));
            let received = self.receive(left.or(limit)).await;
            match (received, limit) {
                (Err(Stop::TimedOut(_)), Some(limit)) => return Err(Stop::TimedOut(limit)),
                (received, _) => received?,
            }
        }
    }

    fn is_settled(&self) -> bool {
        let status = &self.status;
        status.unanswered == 0 && !status.in_reply && status.phase != Phase::Handshake
    }

    /// Takes the next events. The time of a reply begins anew with everything that comes.
    pub(super) async fn receive(&mut self, limit: Option<Duration>) -> Result<(), Stop> {
        self.check_stopped()?;
        let Some(batch) = self.next_batch(limit).await else {
            return Err(Stop::TimedOut(limit.unwrap_or_default()));
        };
        self.take(batch);
        if self.answers.is_empty() {
            self.check_stopped()?;
        }
        Ok(())
    }

    /// Why it cannot continue: the end of the connection stays, anything else is said once.
    fn check_stopped(&mut self) -> Result<(), Stop> {
        match &self.stopped {
            None => Ok(()),
            Some(stop @ (Stop::Ended(_) | Stop::Failed(_))) => Err(stop.clone()),
            Some(_) => self.stopped.take().map_or(Ok(()), Err),
        }
    }

    /// The next events; `None` if there are none in time.
    pub(super) async fn next_batch(&mut self, limit: Option<Duration>) -> Option<Vec<Event>> {
        let Some(limit) = limit else {
            return Some(self.wire().events().await.unwrap_or_default());
        };
        tokio::select! {
            batch = self.wire().events() => Some(batch.unwrap_or_default()),
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
                    self.unfinished = false;
                    self.allowed = None;
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
        self.recorder.flush();
    }

    fn take_session(&mut self, event: smtp::Event) {
        match event {
            smtp::Event::Entry(entry) => {
                if let EntryKind::Sent(sent) = &entry.kind {
                    self.sent = true;
                    self.no_reply = sent.request.is_none();
                    self.requested |= sent.request.is_some();
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
                    let _ = self.wire().send(Command::ResumeReading);
                }
                if status.phase == Phase::Offline && self.status.phase != Phase::Offline {
                    self.unfinished = !self.is_settled();
                }
                self.status = status;
            }
            smtp::Event::NotSent { reason, .. }
            | smtp::Event::ExchangeNotSent { reason, .. }
            | smtp::Event::RawNotSent { reason, .. } => {
                self.not_sent = Some(reason);
                self.stopped = Some(Stop::NotSent(reason));
            }
            smtp::Event::LoginRefused(_)
            | smtp::Event::Partial { .. }
            | smtp::Event::StartTls
            | smtp::Event::Refused { .. } => {}
        }
    }
}
