//! Sends a session's lines again, each after the same class of reply as before. Secrets are left to
//! the user.

use std::collections::{HashMap, VecDeque};

use crate::smtp::line::{Ending, LINE_CAP};
use crate::smtp::raw::to_command_line;
use crate::smtp::session::MESSAGE_KEPT;
use crate::smtp::{
    Code, CommandLine, EntryId, EntryKind, Reply, Secret, Sent, SentKind, Transcript, Verb,
};

/// A message of at least this many octets may be incomplete in the transcript.
const MESSAGE_WHOLE: usize = MESSAGE_KEPT - LINE_CAP;

/// What messages and chunks are called on the screen.
const MESSAGE: &str = "the message";
const CHUNK: &str = "the chunk";

/// Why lines cannot be sent again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ReplayError {
    /// Nothing was sent up to the chosen line.
    #[error("nothing was sent up to this line")]
    Nothing,
    /// The transcript has reached its cap and lost its beginning.
    #[error("the beginning of that session is no longer available")]
    Dropped,
    /// The transcript has only the beginning of a long message.
    #[error("its message is too long to be kept completely: send it with :data FILE")]
    Message,
    /// A line that gets no reply, such as PROXY.
    #[error("one line (such as PROXY) gets no reply: send it by hand")]
    Unanswered,
}

/// A step of a replay.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    /// What to send.
    pub kind: StepContent,
    /// What the step is called on the screen.
    pub name: String,
    /// The code of the reply it got before.
    answered: Option<Code>,
}

impl Step {
    /// Whether it sends a message or part of one.
    pub fn is_message(&self) -> bool {
        [MESSAGE, CHUNK].contains(&self.name.as_str())
    }
}

/// What one step sends.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StepContent {
    /// A command line.
    Line(CommandLine),
    /// Octets as they were sent: a message, a chunk, or a line with another line end.
    Octets(Secret),
    /// Nothing: it was a secret, or began a login.
    Secret,
}

/// The state of a replay.
#[derive(Clone, Debug, PartialEq, Eq)]
enum State {
    /// Waiting for the reply to this step, which got this code before.
    Awaits(String, Option<Code>),
    /// Ready for the next step.
    Ready,
    /// Waiting for the user to do the next step.
    Paused,
}

/// A replay.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Replay {
    steps: VecDeque<Step>,
    sent: usize,
    state: State,
}

/// What a replay does next.
#[derive(Debug, PartialEq, Eq)]
pub enum Next {
    /// Waits.
    Wait,
    /// Sends this.
    Send(StepContent),
    /// Waits for the user to do the next step.
    Pause,
    /// Nothing: all steps are done.
    Done,
}

impl Replay {
    /// Reads the lines sent from the entry `first` to the entry `last`.
    ///
    /// # Errors
    /// Why the lines cannot be sent again.
    pub fn read(
        transcript: &Transcript,
        first: EntryId,
        last: EntryId,
    ) -> Result<Self, ReplayError> {
        if first < transcript.start() {
            return Err(ReplayError::Dropped);
        }
        let mut reader = Reader::default();
        let mut greeting = None;
        for id in (first.0..transcript.end().0).map(EntryId) {
            match transcript.entry(id).map(|entry| &entry.kind) {
                Some(EntryKind::Sent(sent)) if id <= last || !reader.begun.is_empty() => {
                    reader.push(sent)?;
                }
                Some(EntryKind::Received(received)) if received.part.begins() => {
                    match received.answers {
                        Some(turn) => {
                            let step = reader.turns.get(&turn.0);
                            if let Some(step) = step.and_then(|at| reader.steps.get_mut(*at)) {
                                step.answered = received.code;
                            }
                        }
                        None if received.is_greeting() && greeting.is_none() => {
                            greeting = received.code;
                        }
                        None => {}
                    }
                }
                _ => {}
            }
        }
        if reader.steps.is_empty() {
            return Err(ReplayError::Nothing);
        }
        Ok(Self {
            steps: reader.steps.into(),
            sent: 0,
            state: State::Awaits("the greeting".to_owned(), greeting),
        })
    }

    /// The steps that are left.
    pub fn steps(&self) -> &VecDeque<Step> {
        &self.steps
    }

    /// Removes a QUIT at the end.
    #[must_use]
    pub fn without_quit(mut self) -> Self {
        let quits = |step: &Step| matches!(&step.kind, StepContent::Line(line) if line.verb() == Verb::Quit);
        if self.steps.len() > 1 && self.steps.back().is_some_and(quits) {
            self.steps.pop_back();
        }
        self
    }

    /// Whether it is sending by itself.
    pub fn is_running(&self) -> bool {
        self.state != State::Paused
    }

    /// The progress in words, while it is running.
    pub fn progress(&self) -> Option<String> {
        let all = self.sent + self.steps.len();
        self.is_running()
            .then(|| format!("replaying, {} of {all} sent: ^C stops", self.sent))
    }

    /// Compares the reply to the last step with the one before.
    ///
    /// # Errors
    /// Words for the user, if the reply is of another class.
    pub fn take(&mut self, reply: &Reply) -> Result<(), String> {
        let State::Awaits(name, before) = &self.state else {
            return Ok(());
        };
        let now = reply.code();
        let class = |code: Option<Code>| code.map(Code::class);
        if class(now) != class(*before) {
            let said =
                |code: Option<Code>| code.map_or("nothing".to_owned(), |code| code.to_string());
            return Err(format!(
                "replay stopped: {name} was answered {} before, and {} now",
                said(*before),
                said(now)
            ));
        }
        self.state = State::Ready;
        Ok(())
    }

    /// Continues after a step that the user did.
    pub fn go_on(&mut self) {
        self.state = State::Ready;
    }

    /// Whether the next step sends octets, such as a message.
    pub fn has_octets(&self) -> bool {
        self.is_running()
            && matches!(self.steps.front(), Some(step) if matches!(step.kind, StepContent::Octets(_)))
    }

    /// Takes the next step, if it is ready.
    pub fn next(&mut self) -> Next {
        if self.state != State::Ready {
            return Next::Wait;
        }
        let Some(step) = self.steps.pop_front() else {
            return Next::Done;
        };
        if step.kind == StepContent::Secret {
            self.state = State::Paused;
            return Next::Pause;
        }
        self.sent += 1;
        self.state = State::Awaits(step.name, step.answered);
        Next::Send(step.kind)
    }
}

/// Collects the steps from a transcript.
#[derive(Default)]
struct Reader {
    steps: Vec<Step>,
    /// The step of each turn.
    turns: HashMap<u32, usize>,
    /// Octets of a step that is not complete yet.
    begun: Vec<u8>,
    /// How many octets a chunk still needs, and its turn.
    chunk: Option<(u64, u32)>,
}

impl Reader {
    fn push(&mut self, sent: &Sent) -> Result<(), ReplayError> {
        let octets = [&sent.visible, sent.ending.octets()].concat();
        if let Some((left, turn)) = self.chunk {
            self.begun.extend_from_slice(&octets);
            let left = left.saturating_sub(octets.len() as u64);
            self.chunk = (left > 0).then_some((left, turn));
            if self.begun.len() > MESSAGE_WHOLE {
                return Err(ReplayError::Message);
            }
            if left == 0 {
                let chunk = std::mem::take(&mut self.begun);
                self.step(StepContent::Octets(Secret::new(chunk)), CHUNK, Some(turn));
            }
            return Ok(());
        }
        let turn = sent.request.map(|turn| turn.0);
        match sent.kind {
            SentKind::SaslResponse => self.secret(),
            SentKind::Message => {
                self.begun.extend_from_slice(&octets);
                if self.begun.len() > MESSAGE_WHOLE {
                    return Err(ReplayError::Message);
                }
                if turn.is_some() {
                    let message = Secret::new(std::mem::take(&mut self.begun));
                    self.step(StepContent::Octets(message), MESSAGE, turn);
                }
            }
            SentKind::Command if sent.secret.is_some() => {
                self.begun.clear();
                self.secret();
            }
            SentKind::Command => self.command(sent, &octets)?,
        }
        Ok(())
    }

    fn command(&mut self, sent: &Sent, octets: &[u8]) -> Result<(), ReplayError> {
        if sent.ending == Ending::Cut {
            self.begun.extend_from_slice(octets);
            return Ok(());
        }
        let Some(turn) = sent.request.map(|turn| turn.0) else {
            return Err(ReplayError::Unanswered);
        };
        let whole = [self.begun.as_slice(), &sent.visible].concat();
        let line = to_command_line(&whole);
        if matches!(line.verb(), Verb::Auth | Verb::Xexps) {
            self.begun.clear();
            self.secret();
            return Ok(());
        }
        if let Some((octets_due, _)) = line.chunk().filter(|(due, _)| *due > 0) {
            self.begun.extend_from_slice(octets);
            self.chunk = Some((octets_due, turn));
            return Ok(());
        }
        let typed = std::str::from_utf8(&sent.visible).ok();
        let typed = typed.filter(|_| self.begun.is_empty() && sent.ending == Ending::CrLf);
        let kind = match typed.and_then(|text| CommandLine::parse(text).ok()) {
            Some(line) => StepContent::Line(line),
            None => {
                self.begun.extend_from_slice(octets);
                StepContent::Octets(Secret::new(std::mem::take(&mut self.begun)))
            }
        };
        let name = line.text().trim().to_owned();
        self.step(kind, &name, Some(turn));
        Ok(())
    }

    fn step(&mut self, kind: StepContent, name: &str, turn: Option<u32>) {
        self.turns.extend(turn.map(|turn| (turn, self.steps.len())));
        self.steps.push(Step {
            kind,
            name: name.to_owned(),
            answered: None,
        });
    }

    /// Adds a secret, or the start of a login; all of a login is one step.
    fn secret(&mut self) {
        if self
            .steps
            .last()
            .is_none_or(|step| step.kind != StepContent::Secret)
        {
            self.step(StepContent::Secret, "the login", None);
        }
    }
}
