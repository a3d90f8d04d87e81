//! The console as lines, for dumb terminals, screen readers and pipes: no cursor is moved and no escape
//! sequence is sent.

use tokio::sync::mpsc;
use zeroize::Zeroizing;

use super::conversation::{Answer, Conversation};
use super::login::LoginNeed;
use super::outcome::{Outcome, first_line, usage};
use super::run::{RunOptions, Runner};
use super::script::{Expectation, LoginSpec, OwnCommand, Piece, SCRIPT_CAP, StepKind, names};
use super::session::Session;
use crate::diagnosis::{self, Question, ReplyContext, Tracker};
use crate::manual::phase_hint;
use crate::report::output;
use crate::smtp::lint::{Lint, LintContext, Severity, lint};
use crate::smtp::{CommandLine, EntryId, NotSentReason, Phase, Secret, Verb};

/// What `:help` says.
const HELP: &str =
    "A line is sent as it stands. ? says what comes next, ?WORD explains a command, a
reply code or any other word. After DATA, the lines up to a single dot are the message.";

/// Where the lines come from.
pub struct Lines {
    /// The lines, without their ends.
    pub lines: mpsc::Receiver<Result<Zeroizing<String>, LineFault>>,
    /// Whether somebody is there to be asked.
    pub interactive: bool,
    /// Standard output has the session as JSON: words go to standard error.
    pub json: bool,
    /// Shows or hides what is typed.
    pub echo: Box<dyn Fn(bool)>,
}

/// Why a line cannot be taken as it stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LineFault {
    /// It is too long.
    #[error("not sent: longer than {0} octets")]
    TooLong(usize),
    /// It is not UTF-8.
    #[error("not sent: not UTF-8; octets are sent with :raw and escapes such as \\xFF")]
    NotText,
}

/// Runs the console as lines, to QUIT or the end of the lines.
pub async fn plain(
    conversation: &mut Conversation,
    lines: Lines,
    options: &RunOptions<'_>,
) -> Outcome {
    let mut console = Plain {
        runner: Runner::new(Session::new(conversation, &options.plan), options),
        lines,
        last: Vec::new(),
        line_lost: false,
        mail: String::new(),
        tracker: Tracker::default(),
        tracked: EntryId(0),
    };
    let connected = console.runner.session.connect().await;
    if let Err(outcome) = connected {
        return console.runner.session.outcome(Err(outcome)).await;
    }
    console.explain_refusal();
    while console.step().await {}
    let ended = console.runner.session.finish().await;
    // A server that does not say goodbye is no failure of the console.
    drop(ended);
    console.runner.session.outcome(Ok(())).await
}

struct Plain<'a> {
    runner: Runner<'a>,
    /// The last replies, for an expectation.
    last: Vec<Answer>,
    /// A line could not be taken: a message without it would be another one.
    line_lost: bool,
    /// The last MAIL line.
    mail: String,
    /// What the session has come to, up to the entry `tracked`.
    tracker: Tracker,
    tracked: EntryId,
    lines: Lines,
}

impl Plain<'_> {
    /// One line, from the prompt to its reply. `false` at the end.
    async fn step(&mut self) -> bool {
        let secret = self.is_secret();
        let prompt = if secret { "(hidden) > " } else { "> " };
        let Some(line) = self.read(prompt, secret).await else {
            return false;
        };
        let _ = self.runner.session.conversation.take_not_sent();
        // A secret is nothing but a secret, whatever it begins with.
        if let Some(word) = line.strip_prefix('?').filter(|_| !secret) {
            self.help(word.trim());
            return true;
        }
        if let Some(expectation) = line.strip_prefix('<').filter(|_| !secret) {
            self.expect(expectation);
            return true;
        }
        match line.as_str() {
            _ if secret => {}
            ":quit" | ":q" | ":exit" => return false,
            ":help" | ":h" => {
                self.say(HELP);
                self.say(&format!("Commands: {}, :help, :quit", names()));
                return true;
            }
            "" => return true,
            _ => {}
        }
        let result = match line.strip_prefix(':') {
            Some(rest) if !secret => match OwnCommand::parse(rest) {
                Ok(OwnCommand::Login(spec)) => self.log_in(&spec).await,
                Ok(command) => self.runner.own(command).await,
                Err(fault) => {
                    self.say(&fault.to_string());
                    return true;
                }
            },
            _ => self.send(&line).await,
        };
        if let Err(outcome) = result {
            self.report(*outcome).await;
        }
        self.message().await;
        self.explain_refusal();
        let session = &mut self.runner.session;
        let over = session.quit;
        if !session.conversation.is_up() && !over {
            self.say("There is no connection: :reconnect, or :quit.");
        }
        !over
    }

    /// Whether the next line is a secret.
    fn is_secret(&self) -> bool {
        self.runner.session.conversation.status().secret_lines
    }

    /// The next line, after a prompt where somebody is there; `hidden`: it is not shown. What the server
    /// says meanwhile is printed.
    async fn read(&mut self, prompt: &str, hidden: bool) -> Option<Zeroizing<String>> {
        let hidden = hidden && self.lines.interactive;
        if hidden {
            // Before the prompt, so that a quick answer is not shown.
            (self.lines.echo)(false);
        }
        if self.lines.interactive {
            self.print(prompt);
        }
        let mut listening = true;
        let line = loop {
            tokio::select! {
                biased;
                line = self.lines.lines.recv() => match line {
                    Some(Err(fault)) => {
                        self.say(&fault.to_string());
                        self.line_lost = true;
                    }
                    Some(Ok(line)) => break Some(line),
                    None => break None,
                },
                alive = self.runner.session.conversation.listen(), if listening => listening = alive,
            }
        };
        if hidden {
            (self.lines.echo)(true);
            self.say("");
        }
        line
    }

    /// Logs in; asks for the password if nothing else has it.
    async fn log_in(&mut self, spec: &LoginSpec) -> Result<(), Box<Outcome>> {
        let login = self.runner.options.login;
        let plan = match login(spec, None) {
            Err(LoginNeed::Password(question)) if self.lines.interactive => {
                let typed = self.read(&question, true).await.unwrap_or_default();
                login(spec, Some(Secret::new(typed.as_bytes().to_vec())))
            }
            plan => plan,
        };
        let plan = plan.map_err(|need| usage(format!(":login: {need}")))?;
        self.runner.session.log_in(&plan).await
    }

    fn say(&self, text: &str) {
        self.print(&format!("{text}\n"));
    }

    /// Prints words, which are not part of the session.
    fn print(&self, text: &str) {
        // Whoever reads nothing gets the exit status all the same.
        let _ = match self.lines.json {
            true => output::print_error_text(text),
            false => output::print(text).map(drop),
        };
    }

    /// Says whether the last reply is what it has to be.
    fn expect(&mut self, text: &str) {
        let expectation = match Expectation::parse(text) {
            Ok(expectation) => expectation,
            Err(error) => return self.say(&error.to_string()),
        };
        let unmet = |answer: &&Answer| !expectation.is_met(&answer.reply);
        match self.last.iter().find(unmet) {
            Some(answer) => self.say(&format!(
                "expected {expectation}, got {}",
                first_line(&answer.reply)
            )),
            None if self.last.is_empty() => self.say("nothing was answered yet"),
            None => self.say("as expected"),
        }
    }

    /// `?` and `?WORD`.
    fn help(&self, word: &str) {
        if word.is_empty() {
            let hint = phase_hint(self.runner.session.conversation.status());
            self.say(&format!("Next: {}", hint.next));
            self.say(&hint.help);
            return;
        }
        let words: Vec<&str> = word.split_whitespace().collect();
        match diagnosis::look_up(&words) {
            Ok(pages) => self.print(&output::pages_text(&pages)),
            Err(error) => self.say(&error.to_string()),
        }
    }

    /// Sends a line; asks first where it is surely wrong, or would expose a secret.
    async fn send(&mut self, text: &str) -> Result<(), Box<Outcome>> {
        let status = self.runner.session.conversation.status();
        let context = LintContext {
            status,
            port: self.runner.session.plan.port,
            name: &self.runner.session.helo(),
            mail: self.mail(),
            refused: None,
            refused_names: &[],
        };
        let wrong = lint(text, &context).into_iter().find(|found| {
            found.lint.severity() == Severity::Warning
                && !matches!(found.lint, Lint::Unencrypted { .. })
        });
        if let Some(found) = wrong {
            let question = Question {
                title: "Send the line?",
                words: vec![found.lint.to_string()],
                yes: "send it anyway",
            };
            if !self.lines.interactive {
                // Advice never blocks: where nobody can be asked, the line is sent as it stands.
                self.say(&format!("({})", found.lint));
            } else if !self.ask(&question).await {
                self.say("not sent");
                return Ok(());
            }
        }
        let line = CommandLine::parse(text).map_err(|error| usage(error.to_string()))?;
        if line.verb() == Verb::Mail {
            text.clone_into(&mut self.mail);
        }
        self.runner.session.line(line).await
    }

    /// The MAIL line of the open transaction; empty without one.
    fn mail(&self) -> &str {
        match self.runner.session.conversation.status().phase {
            Phase::Transaction { .. } => &self.mail,
            _ => "",
        }
    }

    /// Says why something did not work; asks where the user can decide.
    async fn report(&mut self, outcome: Outcome) {
        let conversation = &mut self.runner.session.conversation;
        let reason = conversation.take_not_sent();
        let tls = conversation.tls().cloned();
        let question = match reason {
            Some(NotSentReason::Exposed(exposure)) => diagnosis::exposed(exposure, tls.as_ref()),
            Some(NotSentReason::FewIterations(number)) => {
                diagnosis::few_iterations("SCRAM", number)
            }
            _ => return self.say(&outcome.message),
        };
        if !self.ask(&question).await {
            return self.say("not sent");
        }
        let conversation = &mut self.runner.session.conversation;
        match reason {
            Some(NotSentReason::Exposed(exposure)) => conversation.allow_here(exposure),
            _ => conversation.allow_few_iterations(),
        }
        self.say("Allowed on this connection: send it again.");
    }

    /// Asks; without somebody to ask, the answer is no.
    async fn ask(&mut self, question: &Question) -> bool {
        for words in &question.words {
            self.say(words);
        }
        if !self.lines.interactive {
            return false;
        }
        self.say(question.title);
        self.say(&format!("  1  {}", question.yes));
        self.say("  2  do not send it (Enter)");
        let answer = self.read("1 or 2: ", false).await.unwrap_or_default();
        matches!(answer.trim(), "1" | "y" | "yes")
    }

    /// The message that the server waits for: the lines up to a single dot.
    async fn message(&mut self) {
        if self.runner.session.conversation.status().phase != Phase::Message {
            return;
        }
        if self.lines.interactive {
            self.say("The message; a single dot ends it.");
        }
        let mut lines = Vec::new();
        let mut octets = 0;
        self.line_lost = false;
        while let Some(line) = self.read("", false).await {
            if self.line_lost {
                self.say("The message is not sent: a line of it cannot be.");
                self.runner.session.conversation.close().await;
                return;
            }
            octets += line.len();
            if octets > SCRIPT_CAP {
                self.say("The message is too long: send it with :data FILE.");
                self.runner.session.conversation.close().await;
                return;
            }
            if line.as_str() == "." {
                let sent = self.runner.step(StepKind::Message(lines)).await;
                if let Err(outcome) = sent {
                    self.report(*outcome).await;
                }
                return;
            }
            lines.push(vec![Piece::Text(line.to_string())]);
        }
        // The lines ended in the middle of the message: it is not sent, as its end is not known.
        self.say("The message has no end, and is not sent.");
        self.runner.session.conversation.close().await;
    }

    /// What the last reply means, if it is a refusal.
    fn explain_refusal(&mut self) {
        let last = std::mem::take(&mut self.runner.session.last);
        if !last.is_empty() {
            self.last.clone_from(&last);
        }
        let Some(answer) = last.iter().find(|answer| answer.is_refusal()) else {
            return;
        };
        let transcript = self.runner.session.conversation.recorder.transcript();
        let new = self.tracked.max(transcript.start()).0..transcript.end().0;
        for entry in new.filter_map(|id| transcript.entry(EntryId(id))) {
            self.tracker.push(entry);
        }
        self.tracked = transcript.end();
        let mut situation = self.tracker.latest().clone();
        situation.host = Some(self.runner.session.plan.host.clone());
        situation.port = Some(self.runner.session.plan.port);
        let explanation = diagnosis::explain(&ReplyContext {
            reply: &answer.reply,
            situation: &situation,
        });
        self.say(&format!("{}: {}", explanation.title, explanation.headline));
        for (at, step) in explanation.next.iter().enumerate() {
            self.say(&format!("  {}. {}", at + 1, step.words));
        }
    }
}
