//! Runs a script against a server.

mod own;

use std::collections::VecDeque;
use std::time::Instant;

use tokio::sync::mpsc;
use zeroize::Zeroizing;

use crate::headless::conversation::{Answer, Conversation, Stop};
use crate::headless::login::LoginPlan;
use crate::headless::outcome::{LOST, Outcome, UNEXPECTED, first_line};
use crate::headless::script::{
    Blanks, Expectation, LoginSpec, Script, ScriptError, Step, StepKind,
};
use crate::headless::stage::Stage;
use crate::net::{ConnectPlan, Security};
use crate::smtp::{Awaited, CommandLine, Phase, Verb, address_literal};

/// How a script runs.
pub struct RunOptions<'a> {
    /// The connection.
    pub plan: ConnectPlan,
    /// The values of its blanks.
    pub blanks: Blanks,
    /// What a `:login` needs, made from what it says.
    pub login: &'a dyn Fn(&LoginSpec) -> Result<LoginPlan, String>,
    /// A file of the user may be replaced by `:save`.
    pub replace: bool,
}

/// Where the steps come from.
pub enum Steps {
    /// A script that was read whole.
    Whole(VecDeque<Step>),
    /// Lines as they come from another program.
    Lines(mpsc::Receiver<Result<Step, ScriptError>>),
}

impl From<Script> for Steps {
    fn from(script: Script) -> Self {
        Self::Whole(script.steps.into())
    }
}

/// Runs a script, from the connection to QUIT.
pub async fn run(
    conversation: &mut Conversation,
    mut steps: Steps,
    options: &RunOptions<'_>,
) -> Outcome {
    let began = Instant::now();
    let mut runner = Runner {
        conversation,
        options,
        stage: Some(Stage::Connect),
        last: Vec::new(),
        expected: false,
        start_tls: false,
        quit: false,
    };
    let mut outcome = match runner.script(&mut steps).await {
        Ok(()) => Outcome::default(),
        Err(outcome) => *outcome,
    };
    if outcome.status != 0 && !runner.quit && runner.conversation.is_up() && !outcome.timed_out {
        runner.leave().await;
    }
    runner.conversation.close().await;
    outcome.explain_session(&runner.conversation.recorder, &runner.options.plan);
    outcome.took = began.elapsed();
    outcome
}

/// The state of a run.
struct Runner<'a> {
    conversation: &'a mut Conversation,
    options: &'a RunOptions<'a>,
    /// The stage that was begun last.
    stage: Option<Stage>,
    /// The last replies: LMTP gives one for each recipient.
    last: Vec<Answer>,
    /// Whether the script said what they have to be.
    expected: bool,
    start_tls: bool,
    /// Whether QUIT was sent.
    quit: bool,
}

impl Runner<'_> {
    async fn script(&mut self, steps: &mut Steps) -> Result<(), Box<Outcome>> {
        self.connect().await?;
        loop {
            let step = match steps {
                Steps::Whole(steps) => steps.pop_front(),
                Steps::Lines(lines) => match self.next_line(lines).await {
                    Some(Ok(step)) => Some(step),
                    Some(Err(error)) => return Err(usage(error.to_string())),
                    None => None,
                },
            };
            let Some(step) = step else { break };
            if let StepKind::Expect(expectation) = &step.kind {
                self.expect(step.line, expectation)?;
                continue;
            }
            self.settle()?;
            self.step(step.kind).await?;
        }
        self.settle()?;
        if self.quit || !self.conversation.is_up() {
            return Ok(());
        }
        self.stage = Some(Stage::Quit);
        let answer = self.conversation.quit().await;
        self.quit = true;
        self.keep(answer)?;
        self.settle()
    }

    /// The next line of another program. What the server says meanwhile is printed.
    async fn next_line(
        &mut self,
        lines: &mut mpsc::Receiver<Result<Step, ScriptError>>,
    ) -> Option<Result<Step, ScriptError>> {
        loop {
            tokio::select! {
                biased;
                line = lines.recv() => return line,
                alive = self.conversation.listen() => if !alive {
                    return lines.recv().await;
                },
            }
        }
    }

    async fn connect(&mut self) -> Result<(), Box<Outcome>> {
        self.stage = Some(Stage::Connect);
        let plan = self.options.plan.clone();
        let automatic = plan.security == Security::StartTls;
        self.start_tls = automatic;
        self.quit = false;
        let answers = self.conversation.connect(plan).await;
        if self.conversation.status().phase != Phase::Offline {
            self.stage = Some(Stage::Banner);
        }
        let answers = answers.map_err(|stop| self.stopped(&stop))?;
        let refused = answers.iter().find(|answer| answer.is_refusal());
        if automatic
            && let Some(answer) = refused.filter(|answer| answer.awaited != Awaited::Greeting)
        {
            let tls = self.conversation.tls().is_some();
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
    async fn leave(&mut self) {
        match self.conversation.status().phase {
            // In the middle of a message or a login QUIT would become a part of it.
            Phase::Message | Phase::Submitted | Phase::Exchange | Phase::Handshake => {}
            _ if self.conversation.status().chunk_left > 0 => {}
            _ => _ = self.conversation.quit().await,
        }
    }

    fn expect(&mut self, line: usize, expectation: &Expectation) -> Result<(), Box<Outcome>> {
        self.expected = true;
        let failed = self
            .last
            .iter()
            .find(|answer| !expectation.is_met(&answer.reply));
        match failed {
            None if self.last.is_empty() => Err(Box::new(Outcome {
                status: UNEXPECTED,
                stage: self.stage,
                message: format!("line {line}: expected {expectation}, and nothing was answered"),
                ..Outcome::default()
            })),
            None => Ok(()),
            Some(answer) => Err(Box::new(Outcome {
                status: UNEXPECTED,
                stage: self.stage,
                message: format!(
                    "line {line}: expected {expectation}, got {}",
                    first_line(&answer.reply)
                ),
                reply: Some(answer.reply.clone()),
                ..Outcome::default()
            })),
        }
    }

    /// A refusal that the script does not expect ends it.
    fn settle(&mut self) -> Result<(), Box<Outcome>> {
        let expected = std::mem::take(&mut self.expected);
        let last = std::mem::take(&mut self.last);
        let refusal = last.iter().find(|answer| answer.is_refusal());
        match refusal {
            Some(answer) if !expected => {
                let stage = Stage::of(answer.awaited, self.start_tls);
                Err(Box::new(Outcome::refused(stage, answer)))
            }
            _ => Ok(()),
        }
    }

    /// Keeps the answer to a request.
    fn keep(&mut self, answer: Result<Option<Answer>, Stop>) -> Result<(), Box<Outcome>> {
        match answer {
            Ok(answer) => self.last = answer.into_iter().collect(),
            Err(stop) => return Err(self.stopped(&stop)),
        }
        Ok(())
    }

    fn keep_all(&mut self, answers: Result<Vec<Answer>, Stop>) -> Result<(), Box<Outcome>> {
        self.last = answers.map_err(|stop| self.stopped(&stop))?;
        Ok(())
    }

    fn stopped(&self, stop: &Stop) -> Box<Outcome> {
        let mut outcome = Outcome::stopped(self.stage, stop, &self.options.plan);
        if let Some(reply) = self.conversation.unasked()
            && outcome.status == LOST
        {
            outcome.message = format!("{}: {}", outcome.message, first_line(reply));
            outcome.reply = Some(reply.clone());
        }
        Box::new(outcome)
    }

    async fn step(&mut self, kind: StepKind) -> Result<(), Box<Outcome>> {
        match kind {
            StepKind::Expect(_) => Ok(()),
            StepKind::Line(pieces) => {
                let filled = self.options.blanks.fill(&pieces, &self.helo());
                let filled = filled.map_err(|fault| usage(fault.to_string()))?;
                let line = CommandLine::parse(filled.text.as_str());
                let line = line.map_err(|error| usage(error.to_string()))?;
                self.line(line.hide(filled.secret)).await
            }
            StepKind::Message(lines) => {
                if self.conversation.status().phase != Phase::Message {
                    // DATA was refused, as the script expects: its message goes nowhere.
                    return Ok(());
                }
                let mut text = Zeroizing::new(Vec::new());
                for pieces in &lines {
                    let filled = self.options.blanks.fill(pieces, &self.helo());
                    let filled = filled.map_err(|fault| usage(fault.to_string()))?;
                    text.extend_from_slice(filled.text.as_bytes());
                    text.extend_from_slice(b"\r\n");
                }
                self.stage = Some(Stage::Dot);
                let answers = self.conversation.send_message(text.to_vec()).await;
                self.keep_all(answers)
            }
            StepKind::Own(command) => self.own(command).await,
        }
    }

    async fn line(&mut self, line: CommandLine) -> Result<(), Box<Outcome>> {
        let verb = line.verb();
        self.stage = Stage::of(Awaited::Command(verb), self.start_tls);
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
        self.start_tls |= verb == Verb::StartTls && self.conversation.tls().is_some();
        self.keep(answer)
    }

    /// The name for EHLO: that of the user, else our address.
    fn helo(&self) -> String {
        let local = || self.conversation.local().map(address_literal);
        let helo = self.options.plan.helo.clone().or_else(local);
        helo.unwrap_or_else(|| "localhost".to_owned())
    }
}

/// The outcome of a script that cannot go on.
fn usage(message: String) -> Box<Outcome> {
    Box::new(Outcome {
        status: 1,
        message,
        ..Outcome::default()
    })
}
