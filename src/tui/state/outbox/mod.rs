//! Pasted lines that wait to be sent: one after each reply, all at once, or one at each Enter. An
//! unexpected reply or a refusal stops them; the rest is kept. A script is a paste with other steps,
//! too: commands of ours, and what replies have to be.

mod paste;
mod script;
mod step;

use std::collections::VecDeque;

pub use self::paste::{Missing, PASTE_LINES, PASTE_OCTETS, Paste, PasteError};
pub use self::step::{Step, StepKind};
use crate::headless::script::OwnCommand;
use crate::smtp::{Awaited, Code, CommandLine, Reply, Verb};

/// The most lines that wait or are kept: those of several pastes.
const KEPT_LINES: usize = 4 * PASTE_LINES;
/// The most octets that wait or are kept.
const KEPT_OCTETS: usize = 4 * PASTE_OCTETS;
/// The most replies to one step that are kept for its expectations.
const REPLIES_KEPT: usize = 16;

/// How pasted lines are sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pace {
    /// One by one, each after the reply to the one before.
    Answered,
    /// At once, without waiting for replies; they stop only for a question about a secret.
    AtOnce,
    /// One at a time to the prompt, where Enter sends it.
    Stepped,
}

/// Pasted lines: those that wait to be sent, those given to the wire, and the rest of a paste that
/// stopped. The rest is kept until the user continues or drops it; it is never sent by itself.
#[derive(Debug)]
pub struct Outbox {
    steps: VecDeque<Step>,
    pace: Pace,
    /// Lines given to the wire that were neither sent nor returned yet, including one that waits for
    /// the user's consent.
    on_the_way: VecDeque<CommandLine>,
    /// Octets of a script given to the wire that were neither sent nor returned yet.
    given: Option<Step>,
    /// The command of ours that is running, and its step, which is kept if it fails.
    own: Option<(OwnCommand, Step)>,
    /// How many lines have come back since the last one was given to the wire. They are the first
    /// of `steps`, or of `rest` if the paste has stopped.
    returned: usize,
    rest: VecDeque<Step>,
    /// Why there is a rest.
    stopped: String,
    /// The line taken last was DATA: the lines after it are the message.
    begins_message: bool,
    /// What waits has steps that only scripts have.
    is_script: bool,
    /// A step of the script is the message that the server waits for.
    takes_message: bool,
    /// The replies to the last step.
    replies: Vec<Reply>,
    /// How many `:sleep` have begun: the number of the latest.
    sleeps: u32,
}

impl Default for Outbox {
    fn default() -> Self {
        Self {
            steps: VecDeque::new(),
            pace: Pace::Answered,
            on_the_way: VecDeque::new(),
            given: None,
            own: None,
            returned: 0,
            rest: VecDeque::new(),
            stopped: String::new(),
            begins_message: false,
            is_script: false,
            takes_message: false,
            replies: Vec::new(),
            sleeps: 0,
        }
    }
}

impl Outbox {
    /// Takes these steps. What is left of a paste before them is kept as the rest. `last` is the last
    /// reply so far.
    ///
    /// # Errors
    /// The steps, if there is no room: too much is kept already.
    pub fn fill(
        &mut self,
        steps: Vec<Step>,
        pace: Pace,
        last: Option<Reply>,
    ) -> Result<(), Vec<Step>> {
        let all = || self.steps.iter().chain(&self.rest).chain(&steps);
        let octets = all().map(Step::octets).sum::<usize>();
        if all().count() > KEPT_LINES || octets > KEPT_OCTETS {
            return Err(steps);
        }
        self.stop();
        self.begin(steps.into(), pace);
        self.replies = last.into_iter().collect();
        Ok(())
    }

    fn begin(&mut self, steps: VecDeque<Step>, pace: Pace) {
        self.is_script = steps.iter().any(|step| step.as_line().is_none());
        self.steps = steps;
        self.pace = pace;
        self.returned = 0;
    }

    /// How the lines are sent.
    pub fn pace(&self) -> Pace {
        self.pace
    }

    /// The next step.
    pub fn peek(&self) -> Option<&Step> {
        self.steps.front()
    }

    /// Takes the next step. Its replies are awaited from now on, if it may get some.
    pub fn next(&mut self) -> Option<Step> {
        let step = self.steps.pop_front()?;
        self.returned = 0;
        self.begins_message = step.as_line().is_some_and(|line| line.verb() == Verb::Data);
        match &step.kind {
            StepKind::Line(line) => {
                self.replies.clear();
                self.on_the_way.push_back(line.clone());
            }
            StepKind::AfterTls(_) | StepKind::Expect(_) => {}
            StepKind::Raw(_) | StepKind::Message(_) => {
                self.replies.clear();
                self.given = Some(step.clone());
            }
            StepKind::Own(command, _) => {
                if !matches!(**command, OwnCommand::Save(_) | OwnCommand::Sleep(_)) {
                    self.replies.clear();
                }
                self.own = Some(((**command).clone(), step.clone()));
            }
        }
        Some(step)
    }

    /// Puts steps before all others.
    pub fn insert(&mut self, steps: Vec<Step>) {
        for step in steps.into_iter().rev() {
            self.steps.push_front(step);
        }
    }

    /// Takes the next line to put it at the prompt, and whether a message before it was left out: DATA was
    /// not accepted.
    pub fn next_for_prompt(&mut self) -> (Option<CommandLine>, bool) {
        let mut left_out = false;
        while let Some(step) = self.steps.pop_front() {
            left_out |= matches!(step.kind, StepKind::Message(_));
            if let Some(Ok(line)) = step.for_prompt() {
                self.returned = 0;
                // What a reply has to be comes between DATA and its message.
                self.begins_message = match line.verb() {
                    _ if step.is_expectation() => self.begins_message,
                    verb => verb == Verb::Data,
                };
                return (Some(line), left_out);
            }
        }
        (None, left_out)
    }

    /// Takes the lines that may be sent without waiting: up to one that may raise a question.
    pub fn next_at_once(&mut self) -> Vec<Step> {
        let stays = |step: &Step| step.as_line().is_none_or(|line| line.secret().is_some());
        let stop = self.steps.iter().position(stays);
        let count = stop.map_or(self.steps.len(), |at| at + 1);
        (0..count).filter_map(|_| self.next()).collect()
    }

    /// Whether a line was given to the wire and neither sent nor returned.
    pub fn is_on_the_way(&self, line: &CommandLine) -> bool {
        self.on_the_way.iter().any(|one| one.text() == line.text())
    }

    /// Something was sent: these visible octets, then these secret ones.
    pub fn line_sent(&mut self, visible: &[u8], secret: &[u8]) {
        self.given = None;
        let is_it =
            |line: &CommandLine| line.text().as_bytes().strip_prefix(visible) == Some(secret);
        let at = self.on_the_way.iter().position(is_it);
        at.and_then(|at| self.on_the_way.remove(at));
    }

    /// The beginning of a line was sent, and this rest has come back.
    pub fn line_cut(&mut self, rest: &CommandLine) {
        let is_it = |line: &CommandLine| line.text().ends_with(rest.text());
        let at = self.on_the_way.iter().position(is_it);
        at.and_then(|at| self.on_the_way.remove(at));
    }

    /// A line has come back and is to be sent later: it is the next again.
    pub fn put_back(&mut self, line: CommandLine) {
        self.line_sent(line.text().as_bytes(), b"");
        let at = self.returned.min(self.steps.len());
        self.steps.insert(at, Step::line(0, line));
        self.returned += 1;
    }

    /// A line has come back: the paste stops, and the line is the first of the rest, after those
    /// that came back just before it.
    pub fn stop_at(&mut self, line: CommandLine) {
        self.stop();
        self.line_sent(line.text().as_bytes(), b"");
        let at = self.returned.min(self.rest.len());
        self.rest.insert(at, Step::line(0, line));
        self.returned += 1;
    }

    /// The octets of a script have come back; `later`: they are the next again, else the script stops
    /// and they are kept. Returns whether there were any.
    pub fn give_back(&mut self, later: bool) -> bool {
        let Some(step) = self.given.take() else {
            return false;
        };
        if !later {
            self.stop();
            self.rest.push_front(step);
        } else {
            self.steps.push_front(step);
        }
        true
    }

    /// Stops: what waits is kept as the rest, without what the last replies have to be. Returns whether
    /// there was something to stop.
    pub fn stop(&mut self) -> bool {
        let stops = !self.steps.is_empty() || self.own.is_some();
        self.own = None;
        self.is_script = false;
        while self.steps.front().is_some_and(Step::is_about_the_last) {
            self.steps.pop_front();
        }
        self.steps.append(&mut self.rest);
        self.rest = std::mem::take(&mut self.steps);
        self.begins_message &= !stops;
        stops
    }

    /// Keeps the lines that waited for the user's consent: their connection is gone.
    pub fn keep_unanswered(&mut self) {
        self.given = None;
        while let Some(line) = self.on_the_way.pop_front() {
            self.stop_at(line);
        }
        self.returned = 0;
    }

    /// Continues with the rest at this pace.
    pub fn resume(&mut self, pace: Pace) {
        self.stop();
        let rest = std::mem::take(&mut self.rest);
        self.begin(rest, pace);
    }

    /// The steps that wait, of what is under way.
    pub fn waiting(&self) -> &VecDeque<Step> {
        &self.steps
    }

    /// Why the steps that are kept have stopped.
    pub fn stopped(&self) -> &str {
        &self.stopped
    }

    /// Remembers why the steps that are kept have stopped.
    pub fn note_why(&mut self, why: &str) {
        why.clone_into(&mut self.stopped);
    }

    /// The steps that are kept.
    pub fn rest(&self) -> &VecDeque<Step> {
        &self.rest
    }

    /// Drops all steps that wait or are kept; returns how many.
    pub fn clear(&mut self) -> usize {
        self.stop();
        self.returned = 0;
        std::mem::take(&mut self.rest).len()
    }

    /// Whether something is on the way, waits for an answer of the user, or is running.
    pub fn is_under_way(&self) -> bool {
        !self.on_the_way.is_empty() || self.given.is_some() || self.own.is_some()
    }

    /// Whether octets of a script were given to the wire and neither sent nor returned.
    pub fn has_given(&self) -> bool {
        self.given.is_some()
    }

    /// How many steps wait.
    pub fn len(&self) -> usize {
        self.steps.len()
    }

    /// Whether no step waits.
    pub fn is_empty(&self) -> bool {
        self.steps.is_empty()
    }

    /// Takes the lines up to a lone dot, for the editor that opens after 354. There are none if
    /// DATA was not a line of this paste.
    pub fn take_message(&mut self) -> Vec<String> {
        if !std::mem::take(&mut self.begins_message) {
            return Vec::new();
        }
        let expected = self.steps.iter().take_while(|step| step.is_expectation());
        let expected = expected.count();
        if let Some(StepKind::Message(text)) = self.steps.get(expected).map(|step| &step.kind) {
            let text = String::from_utf8_lossy(text.reveal());
            let lines = text.lines().map(str::to_owned).collect();
            self.steps.drain(..=expected);
            return lines;
        }
        if self.is_script {
            return Vec::new();
        }
        let line_of = |step: Step| step.as_line().cloned();
        let is_dot = |step: &Step| step.as_line().is_some_and(|line| line.text() == ".");
        let dot = self.steps.iter().position(is_dot);
        let text = self.steps.drain(..dot.unwrap_or(self.steps.len()));
        // The lines are dot-stuffed; the editor shows them without stuffing.
        let meant = |line: CommandLine| {
            let text = line.text();
            text.strip_prefix('.')
                .filter(|rest| rest.starts_with('.'))
                .unwrap_or(text)
                .to_owned()
        };
        let text = text.filter_map(line_of).map(meant).collect();
        self.steps.pop_front();
        text
    }
}

/// Whether a paste may continue after this reply: it is neither a refusal nor unexpected.
pub fn may_continue_after(reply: &Reply, awaited: Option<Awaited>) -> bool {
    !reply.is_unexpected(awaited) && reply.code().is_some_and(Code::is_positive)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::headless::script::Blanks;

    fn pasted(text: &str) -> Vec<Step> {
        let blanks = Blanks::default();
        Paste::read(text, false, "me", &blanks).unwrap().steps
    }

    #[test]
    fn a_pasted_message_ends_with_its_dot() {
        let mut outbox = Outbox::default();
        outbox
            .fill(
                pasted("DATA\nSubject: x\n\n..dot\n.\nQUIT"),
                Pace::Answered,
                None,
            )
            .unwrap();
        assert!(
            outbox.take_message().is_empty(),
            "the DATA of somebody else"
        );
        outbox.next();
        assert_eq!(outbox.take_message(), ["Subject: x", "", ".dot"]);
        assert_eq!(outbox.next().unwrap().shown(), "QUIT");
        assert!(outbox.is_empty());
    }

    fn texts(steps: &VecDeque<Step>) -> Vec<&str> {
        let lines = steps.iter().filter_map(Step::as_line);
        lines.map(CommandLine::text).collect()
    }

    fn filled(text: &str, pace: Pace) -> Outbox {
        let mut outbox = Outbox::default();
        outbox.fill(pasted(text), pace, None).unwrap();
        outbox
    }

    #[test]
    fn at_once_stops_where_a_question_may_come() {
        let mut outbox = filled("EHLO a\nAUTH PLAIN AGE=\nMAIL FROM:<>\nQUIT", Pace::AtOnce);
        assert_eq!(outbox.next_at_once().len(), 2);
        outbox.line_sent(b"EHLO ", b"a");
        assert!(outbox.is_under_way());
        outbox.line_sent(b"AUTH PLAIN AGE=", b"");
        assert!(!outbox.is_under_way());
        assert_eq!(outbox.next_at_once().len(), 2);
    }

    #[test]
    fn what_comes_back_keeps_its_order() {
        let mut outbox = filled("A\nB\nC\nAUTH PLAIN AGE=\nD", Pace::AtOnce);
        let given = outbox.next_at_once();
        outbox.line_sent(b"A", b"");
        for step in given.into_iter().skip(1) {
            outbox.stop_at(step.as_line().unwrap().clone());
        }
        assert_eq!(texts(outbox.rest()), ["B", "C", "AUTH PLAIN AGE=", "D"]);
        assert!(outbox.is_empty() && !outbox.is_under_way());
        // The rest of a later paste comes before it.
        outbox.fill(pasted("X\nY"), Pace::Answered, None).unwrap();
        outbox.next();
        assert!(outbox.stop());
        let all = ["Y", "B", "C", "AUTH PLAIN AGE=", "D"];
        assert_eq!(texts(outbox.rest()), all);
        outbox.resume(Pace::Answered);
        assert!(outbox.rest().is_empty());
        assert_eq!(outbox.next().unwrap().shown(), "Y");
        assert_eq!(outbox.clear(), 4);
    }

    #[test]
    fn what_is_to_be_sent_later_comes_back_in_order() {
        let mut outbox = filled("A\nB\nC", Pace::AtOnce);
        for step in outbox.next_at_once() {
            outbox.put_back(step.as_line().unwrap().clone());
        }
        assert_eq!(texts(&outbox.steps), ["A", "B", "C"]);
        outbox.next();
        outbox.keep_unanswered();
        assert_eq!(texts(outbox.rest()), ["A", "B", "C"]);
    }

    #[test]
    fn what_is_kept_has_a_cap() {
        let mut outbox = Outbox::default();
        let lines = || pasted(&"NOOP\n".repeat(PASTE_LINES - 1));
        for _ in 0..4 {
            outbox.fill(lines(), Pace::Answered, None).unwrap();
        }
        assert_eq!(outbox.fill(lines(), Pace::Answered, None), Err(lines()));
        assert_eq!(outbox.clear(), 4 * PASTE_LINES);
    }
}
