//! A message of another program: what it means, and what to do.

mod message;
mod target;

use self::message::Message;
use self::target::Target;
use super::reply::{Explanation, Step};
use super::situation::Situation;
use crate::manual::{Detail, ProgramErrorDoc, program_errors, programs_in};

/// The most causes or steps that are listed.
const LIST_CAP: usize = 6;

/// A message of another program that says why SMTP failed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProgramError {
    /// The index of its line in the text.
    pub line: usize,
    /// What it means. The title is the name of the program.
    pub explanation: Explanation,
    /// The reply that it words in its own way.
    pub reply: Option<String>,
    /// What a reply in the same text answers, as a verb, `.` or `GREETING`.
    pub answers: Option<&'static str>,
    /// What to do in the program that printed it.
    pub fix: Option<Step>,
    /// What it adds to a reply in the same text, if it does.
    pub context: Option<&'static str>,
    /// How much it says.
    pub detail: Detail,
}

impl Explanation {
    /// Adds what a program's message says besides the reply, if it does.
    pub fn add(&mut self, error: &ProgramError) {
        let Some(context) = error.context else { return };
        self.remarks.insert(0, context.to_owned());
        self.commands.clone_from(&error.explanation.commands);
        self.next.splice(0..0, error.fix.clone());
    }
}

/// The message in the text that says most. `situation` is what else is known: host and port of the
/// text come first.
pub fn of_message(text: &str, situation: &Situation) -> Option<ProgramError> {
    of_lines(text.lines(), situation)
}

/// As [`of_message`], for lines.
pub fn of_lines<'a>(
    lines: impl IntoIterator<Item = &'a str>,
    situation: &Situation,
) -> Option<ProgramError> {
    let message = Message::read(lines);
    let any = program_errors().any(|(_, row)| matched(row, message.text()).is_some());
    if !any {
        return None;
    }
    // Nothing before the match names another server more likely than what follows.
    let found = |situation: &Situation| {
        let rows = program_errors().filter(|(_, row)| situation.meets_all(&row.when));
        let rows = rows.filter_map(|(_, row)| {
            let (at, length) = matched(row, message.text())?;
            Some(((row.detail, length, row.when.len()), at, row))
        });
        rows.reduce(|best, next| if next.0 > best.0 { next } else { best })
    };
    let (_, at, _) = found(situation).or_else(|| found(&Situation::default()))?;
    let line = message.line_of(at);
    let target = Target::find(message.lines(), line);
    let mut situation = situation.clone();
    situation.host = target.host.clone().or(situation.host);
    situation.port = target.port.or(situation.port);
    let (_, at, row) = found(&situation)?;
    let (explanation, fix) = explained(row, &message, &target, &situation);
    Some(ProgramError {
        line: message.line_of(at),
        reply: row
            .reply
            .map(|code| format!("{code} {}", said_after(&message, at))),
        answers: row.answers.as_deref(),
        explanation,
        fix,
        context: Some(row.context.as_str()).filter(|words| !words.is_empty()),
        detail: row.detail,
    })
}

/// Where the row's longest matching pattern is, and its length.
fn matched(row: &ProgramErrorDoc, text: &str) -> Option<(usize, usize)> {
    let found = row.patterns().iter().filter_map(|pattern| {
        let range = pattern.find(text)?;
        Some((range.start, pattern.length()))
    });
    found.max_by_key(|(_, length)| *length)
}

/// What the server said: the rest of the line after `was:`, and the next line if that is empty.
fn said_after<'a>(message: &Message<'a>, at: usize) -> &'a str {
    let line = message.line_of(at);
    let rest = message.lines().get(line).and_then(|line| {
        let (_, rest) = line.split_once("was:")?;
        Some(rest.trim())
    });
    rest.filter(|rest| !rest.is_empty())
        .or_else(|| message.lines().get(line + 1).map(|line| line.trim()))
        .unwrap_or_default()
}

/// What is said about a message that matches `row`, with the step in the program that printed it.
fn explained(
    row: &ProgramErrorDoc,
    message: &Message<'_>,
    target: &Target,
    situation: &Situation,
) -> (Explanation, Option<Step>) {
    let programs = programs_in(message.text());
    let fixed = programs.iter().find(|(key, _)| row.fix.contains_key(*key));
    let fix = fixed.and_then(|(key, _)| row.fix.get(*key));
    let fix = fix.map(|words| Step {
        words: words.clone(),
        action: None,
    });
    let program = fixed.or_else(|| programs.first());
    let steps = row.next.iter().filter(|advice| situation.admits(advice));
    let steps = steps.map(|advice| Step {
        words: advice.words.clone(),
        action: advice.action,
    });
    let causes = row.causes.iter().filter(|advice| situation.admits(advice));
    let causes = causes.map(|advice| advice.words.clone());
    let is_possible = |when: &[_]| when.iter().all(|one| situation.meets(one) != Some(false));
    let commands = row.run.iter().filter(|command| is_possible(&command.when));
    let (host, port) = (situation.host.as_deref(), situation.port);
    let title = program.map_or("Error message", |(_, program)| program.name.as_str());
    let explanation = Explanation {
        title: title.to_owned(),
        headline: row.means.clone(),
        evidence: target.evidence(),
        causes: causes.take(LIST_CAP).collect(),
        next: fix
            .clone()
            .into_iter()
            .chain(steps)
            .take(LIST_CAP)
            .collect(),
        commands: commands.map(|command| command.filled(host, port)).collect(),
        ..Explanation::default()
    };
    (explanation, fix)
}
