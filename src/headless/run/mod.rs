//! Runs a script against a server.

mod own;

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use tokio::sync::mpsc;
use tokio::time::timeout;
use zeroize::Zeroizing;

use crate::headless::conversation::Conversation;
use crate::headless::login::{LoginNeed, LoginPlan};
use crate::headless::outcome::{Outcome, UNEXPECTED, first_line, usage};
use crate::headless::script::{
    Blanks, Expectation, LoginSpec, Piece, Script, ScriptError, ScriptFault, Step, StepKind,
};
use crate::headless::session::Session;
use crate::headless::stage::Stage;
use crate::net::ConnectPlan;
use crate::smtp::{CommandLine, Secret};

/// How long the first line may take, which may be a PROXY header, before the connection.
const FIRST_LINE_TIMEOUT: Duration = Duration::from_millis(200);
/// How long the next line may take after the connection has ended.
const CLOSED_TIMEOUT: Duration = Duration::from_secs(2);

/// How a script runs.
pub struct RunOptions<'a> {
    /// The connection.
    pub plan: ConnectPlan,
    /// The values of its blanks.
    pub blanks: Blanks,
    /// What a `:login` needs, made from what it says and the password, if that was asked for.
    pub login: &'a dyn Fn(&LoginSpec, Option<Secret>) -> Result<LoginPlan, LoginNeed>,
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
    let mut runner = Runner::new(Session::new(conversation, &options.plan), options);
    let result = runner.script(&mut steps).await;
    let mut outcome = runner.session.outcome(result).await;
    outcome.took = began.elapsed();
    outcome
}

/// The state of a run.
pub(super) struct Runner<'a> {
    pub(super) session: Session<'a>,
    pub(super) options: &'a RunOptions<'a>,
}

impl<'a> Runner<'a> {
    /// A run that has not begun.
    pub(super) fn new(session: Session<'a>, options: &'a RunOptions<'a>) -> Self {
        Self { session, options }
    }

    async fn script(&mut self, steps: &mut Steps) -> Result<(), Box<Outcome>> {
        let mut first = match steps {
            Steps::Whole(steps) => steps.pop_front(),
            // A program that talks back and forth waits for the greeting.
            Steps::Lines(lines) => match timeout(FIRST_LINE_TIMEOUT, lines.recv()).await {
                Ok(line) => line.transpose().map_err(|error| usage(error.to_string()))?,
                Err(_) => None,
            },
        };
        let header = match first.take_if(|step| step.kind.is_proxy_header()) {
            Some(Step {
                kind: StepKind::Line(pieces),
                ..
            }) => Some(self.fill(&pieces)?),
            _ => None,
        };
        self.session.connect_behind(header).await?;
        loop {
            let step = match steps {
                _ if first.is_some() => first.take(),
                Steps::Whole(steps) => steps.pop_front(),
                Steps::Lines(lines) => self.next_line(lines).await?,
            };
            let Some(step) = step else { break };
            if let StepKind::Expect(expectation) = &step.kind {
                self.expect(step.line, expectation)?;
                continue;
            }
            self.session.settle()?;
            self.step(step.kind).await?;
        }
        self.session.settle()?;
        self.session.finish().await
    }

    /// The next step of another program. What the server says meanwhile is printed.
    async fn next_line(
        &mut self,
        lines: &mut mpsc::Receiver<Result<Step, ScriptError>>,
    ) -> Result<Option<Step>, Box<Outcome>> {
        let next = loop {
            tokio::select! {
                biased;
                line = lines.recv() => break line,
                alive = self.session.conversation.listen() => if !alive {
                    // A :reconnect may be on its way; but the other program may wait for us as well.
                    match timeout(CLOSED_TIMEOUT, lines.recv()).await {
                        Ok(line) => break line,
                        Err(_) if self.session.quit => break None,
                        Err(_) => return Err(self.session.lost()),
                    }
                },
            }
        };
        let step = next.transpose();
        step.map_err(|error| usage(error.to_string()))
    }

    fn expect(&mut self, line: usize, expectation: &Expectation) -> Result<(), Box<Outcome>> {
        self.session.expected = true;
        let failed = self
            .session
            .last
            .iter()
            .find(|answer| !expectation.is_met(&answer.reply));
        match failed {
            None if self.session.last.is_empty() => Err(Box::new(Outcome {
                status: UNEXPECTED,
                stage: self.session.stage,
                message: format!("line {line}: expected {expectation}, and nothing was answered"),
                ..Outcome::default()
            })),
            None => Ok(()),
            Some(answer) => Err(Box::new(Outcome {
                status: UNEXPECTED,
                stage: self.session.stage,
                message: format!(
                    "line {line}: expected {expectation}, got {}",
                    first_line(&answer.reply)
                ),
                reply: Some(answer.reply.clone()),
                ..Outcome::default()
            })),
        }
    }

    /// A line with its blanks filled.
    fn fill(&self, pieces: &[Piece]) -> Result<CommandLine, Box<Outcome>> {
        let helo = match pieces {
            [Piece::Text(_)] => String::new(),
            _ => self.session.helo(),
        };
        let filled = self.options.blanks.fill(pieces, &helo);
        let filled = filled.map_err(|fault| usage(fault.to_string()))?;
        let line = CommandLine::parse(filled.text.as_str());
        let line = line.map_err(|error| usage(error.to_string()))?;
        Ok(line.hide(filled.secret))
    }

    pub(super) async fn step(&mut self, kind: StepKind) -> Result<(), Box<Outcome>> {
        match kind {
            StepKind::Expect(_) => Ok(()),
            StepKind::Line(pieces) => {
                let line = self.fill(&pieces)?;
                self.session.line(line).await
            }
            StepKind::Message(lines) => {
                if !self.session.takes_message()? {
                    // DATA was refused, as the script expects: its message goes nowhere.
                    return Ok(());
                }
                let mut text = Zeroizing::new(Vec::new());
                let helo = self.session.helo();
                for pieces in &lines {
                    let filled = self.options.blanks.fill(pieces, &helo);
                    let filled = filled.map_err(|fault| usage(fault.to_string()))?;
                    if filled.secret {
                        return Err(usage(ScriptFault::SecretInMessage.to_string()));
                    }
                    text.extend_from_slice(filled.text.as_bytes());
                    text.extend_from_slice(b"\r\n");
                }
                self.session.stage = Some(Stage::Dot);
                let answers = self.session.conversation.send_message(text.to_vec()).await;
                self.session.keep(answers)
            }
            StepKind::Own(command) => self.own(command).await,
        }
    }
}
