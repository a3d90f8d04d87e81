//! A session without a screen, step by step: what each reply means for it, and how it ends.

use super::conversation::{Answer, Conversation, Stop};
use super::login::{LoginFailure, LoginPlan, log_in};
use super::outcome::{LOST, Outcome, first_line, usage};
use super::stage::Stage;
use crate::net::{ConnectPlan, Security};
use crate::smtp::{Awaited, CommandLine, End, NotSentReason, Phase, Verb};

/// A session that takes steps until one fails.
pub(super) struct Session<'a> {
    pub(super) conversation: &'a mut Conversation,
    pub(super) plan: &'a ConnectPlan,
    /// The stage that was begun last.
    pub(super) stage: Option<Stage>,
    /// The last replies: LMTP gives one for each recipient.
    pub(super) last: Vec<Answer>,
    /// Whether somebody said what they have to be.
    pub(super) expected: bool,
    /// What made the session begin anew: STARTTLS or XCLIENT.
    pub(super) begun_anew: Option<Stage>,
    /// Whether QUIT was sent.
    pub(super) quit: bool,
}

impl<'a> Session<'a> {
    /// A session that has not begun.
    pub(super) fn new(conversation: &'a mut Conversation, plan: &'a ConnectPlan) -> Self {
        Self {
            conversation,
            plan,
            stage: Some(Stage::Connect),
            last: Vec::new(),
            expected: false,
            begun_anew: None,
            quit: false,
        }
    }

    pub(super) async fn connect(&mut self) -> Result<(), Box<Outcome>> {
        self.connect_behind(None).await
    }

    /// Connects as a proxy does: with a header that tells whose connection it is.
    pub(super) async fn connect_behind(
        &mut self,
        proxy_header: Option<CommandLine>,
    ) -> Result<(), Box<Outcome>> {
        self.stage = Some(Stage::Connect);
        let plan = self.plan.clone();
        let automatic = plan.security == Security::StartTls;
        self.begun_anew = automatic.then_some(Stage::Tls);
        self.quit = false;
        let answers = self.conversation.connect(plan, proxy_header).await;
        if self.conversation.status().phase != Phase::Offline {
            self.stage = Some(match self.conversation.status().phase {
                _ if self.conversation.is_greeting_due() => Stage::Banner,
                Phase::Handshake => Stage::Tls,
                _ if self.conversation.tls().is_some() => Stage::Helo,
                _ => Stage::FirstHelo,
            });
        }
        let answers = answers.map_err(|stop| self.stopped(&stop))?;
        let refused = answers.iter().find(|answer| answer.is_refusal());
        if automatic
            && let Some(answer) = refused.filter(|answer| answer.awaited != Awaited::Greeting)
        {
            let tls = self.conversation.tls().map(|_| Stage::Tls);
            return Err(Box::new(Outcome::refused(
                Stage::of(answer.awaited, tls),
                answer,
            )));
        }
        if automatic && refused.is_none() && self.conversation.tls().is_none() {
            return Err(Box::new(Outcome {
                status: Stage::Tls.status(),
                stage: Some(Stage::Tls),
                message: "STARTTLS is not offered".to_owned(),
                ..Outcome::default()
            }));
        }
        self.last = answers.into_iter().take(1).collect();
        self.expected = false;
        Ok(())
    }

    /// Ends the session after something went wrong.
    pub(super) async fn leave(&mut self) {
        match self.conversation.status().phase {
            // In the middle of a message or a login QUIT would become a part of it.
            Phase::Message | Phase::Submitted | Phase::Exchange | Phase::Handshake => {}
            _ if self.conversation.status().chunk_left > 0 => {}
            _ => _ = self.conversation.quit().await,
        }
    }

    /// A refusal that the script does not expect ends it.
    pub(super) fn settle(&mut self) -> Result<(), Box<Outcome>> {
        let expected = std::mem::take(&mut self.expected);
        let last = std::mem::take(&mut self.last);
        let refusal = last.iter().find(|answer| answer.is_refusal());
        match refusal {
            Some(answer) if !expected => {
                let stage = Stage::of(answer.awaited, self.begun_anew);
                Err(Box::new(Outcome::refused(stage, answer)))
            }
            _ => Ok(()),
        }
    }

    /// Keeps the answers to a request.
    pub(super) fn keep(&mut self, answers: Result<Vec<Answer>, Stop>) -> Result<(), Box<Outcome>> {
        self.last = answers.map_err(|stop| self.stopped(&stop))?;
        Ok(())
    }

    /// The outcome of a connection that has ended.
    pub(super) fn lost(&self) -> Box<Outcome> {
        let stop = self.conversation.stop().cloned();
        self.stopped(&stop.unwrap_or(Stop::Ended(End::ByUs)))
    }

    /// Whether the server waits for the message. `false` if it refused DATA.
    pub(super) fn takes_message(&self) -> Result<bool, Box<Outcome>> {
        match self.conversation.status().phase {
            Phase::Message => Ok(true),
            Phase::Closing | Phase::Offline => {
                Err(self.stopped(&Stop::NotSent(NotSentReason::NotDue)))
            }
            _ => Ok(false),
        }
    }

    pub(super) fn stopped(&self, stop: &Stop) -> Box<Outcome> {
        let mut outcome =
            Outcome::stopped(self.stage, stop, self.plan, &self.conversation.recorder);
        if let Some(reply) = self.conversation.unasked()
            && outcome.status == LOST
        {
            outcome.message = format!("{}: {}", outcome.message, first_line(reply));
            outcome.reply = Some(reply.clone());
        }
        Box::new(outcome)
    }

    pub(super) async fn command(&mut self, text: &str) -> Result<(), Box<Outcome>> {
        let line = CommandLine::parse(text);
        let line = line.map_err(|error| usage(error.to_string()))?;
        self.line(line).await
    }

    pub(super) async fn line(&mut self, line: CommandLine) -> Result<(), Box<Outcome>> {
        let verb = line.verb();
        self.stage = Stage::of(Awaited::Command(verb), self.begun_anew);
        let answer = self.conversation.ask(line).await;
        if verb == Verb::Quit {
            self.quit = true;
            if let Err(Stop::Ended(_)) = answer {
                return Ok(());
            }
            self.keep(answer)?;
            self.conversation.wait_for_end().await;
            return Ok(());
        }
        self.keep(answer)?;
        let accepted = !self.last.iter().any(Answer::is_refusal);
        match verb {
            Verb::StartTls if self.conversation.tls().is_some() => {
                self.begun_anew = Some(Stage::Tls);
            }
            Verb::Xclient if accepted => self.begun_anew = Some(Stage::Xclient),
            _ => {}
        }
        Ok(())
    }

    pub(super) async fn log_in(&mut self, plan: &LoginPlan) -> Result<(), Box<Outcome>> {
        self.stage = Some(Stage::Auth);
        let (host, port) = (&self.plan.host, self.plan.port);
        match log_in(self.conversation, plan, host, port).await {
            Ok(answer) if answer.reply.code().is_some_and(|code| code.number() == 334) => {
                // The session does not continue it: the server said something unexpected.
                self.command("*").await?;
                Err(Box::new(Outcome::refused(Some(Stage::Auth), &answer)))
            }
            Ok(answer) => {
                self.last = vec![answer];
                Ok(())
            }
            Err(LoginFailure::Stopped(stop)) => {
                if matches!(stop, Stop::NotSent(NotSentReason::FewIterations(_))) {
                    // The session has called it off; its reply comes before QUIT.
                    self.conversation.end_login().await;
                }
                Err(self.stopped(&stop))
            }
            Err(LoginFailure::NotBegun(message)) => Err(Box::new(Outcome {
                status: Stage::Auth.status(),
                stage: Some(Stage::Auth),
                message: format!("not logged in: {message}"),
                ..Outcome::default()
            })),
        }
    }

    /// The name for EHLO: that of the user, else our address.
    pub(super) fn helo(&self) -> String {
        self.conversation.helo(self.plan)
    }

    /// Sends a message in chunks of this size, or in one (RFC 3030).
    pub(super) async fn chunks(
        &mut self,
        octets: &[u8],
        size: Option<usize>,
    ) -> Result<(), Box<Outcome>> {
        self.stage = Some(Stage::Dot);
        let capabilities = self.conversation.status().capabilities.current();
        if capabilities.is_some_and(|now| !now.offers("CHUNKING")) {
            // Such a server would read the octets of a chunk as commands.
            return Err(Box::new(Outcome {
                status: Stage::Dot.status(),
                stage: Some(Stage::Dot),
                message: "not sent: CHUNKING is not offered, so the server does not know BDAT"
                    .to_owned(),
                ..Outcome::default()
            }));
        }
        let size = size.unwrap_or(usize::MAX).max(1);
        let mut rest = octets;
        while rest.len() > size {
            let (piece, after) = rest.split_at(size);
            rest = after;
            let chunk = [format!("BDAT {}\r\n", piece.len()).as_bytes(), piece].concat();
            let answer = self.conversation.send_raw(chunk).await;
            self.keep(answer)?;
            self.settle()?;
        }
        let answers = self.conversation.send_chunk(rest.to_vec()).await;
        self.keep(answers)
    }

    /// Ends the session with QUIT, unless it has ended.
    pub(super) async fn finish(&mut self) -> Result<(), Box<Outcome>> {
        if self.quit || !self.conversation.is_up() {
            return Ok(());
        }
        self.stage = Some(Stage::Quit);
        let answer = self.conversation.quit().await;
        self.quit = true;
        self.keep(answer)?;
        self.settle()
    }

    /// The outcome of what was done: after a failure, QUIT is sent where the server can take it.
    pub(super) async fn outcome(&mut self, result: Result<(), Box<Outcome>>) -> Outcome {
        let mut outcome = result.map_or_else(|outcome| *outcome, |()| Outcome::default());
        if outcome.status != 0 && !self.quit && self.conversation.is_up() && !outcome.timed_out {
            self.leave().await;
        }
        self.conversation.close().await;
        outcome.explain_session(&self.conversation.recorder, self.plan);
        outcome
    }
}
