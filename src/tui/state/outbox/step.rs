//! A step of a paste: a line to send, or what a script has besides lines.

use crate::headless::script::{Expectation, OwnCommand};
use crate::smtp::{CommandLine, LineError, Secret, count, escape, raw};

/// A step of a paste.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    /// The line of the paste where it begins, from 1.
    pub line: usize,
    /// What it does.
    pub kind: StepKind,
}

/// What a step does. All but lines are steps of a script.
#[derive(Clone, Debug)]
pub enum StepKind {
    /// Sends a line.
    Line(CommandLine),
    /// Sends EHLO after STARTTLS, if TLS began.
    AfterTls(CommandLine),
    /// Sends octets as they are.
    Raw(Secret),
    /// Sends a message, if the server waits for it. Its lines end in CR LF.
    Message(Secret),
    /// Says what the last replies have to be.
    Expect(Expectation),
    /// A command of ours, and how it is written.
    Own(Box<OwnCommand>, String),
}

impl PartialEq for StepKind {
    fn eq(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Line(one), Self::Line(two)) | (Self::AfterTls(one), Self::AfterTls(two)) => {
                one == two
            }
            (Self::Raw(one), Self::Raw(two)) | (Self::Message(one), Self::Message(two)) => {
                one == two
            }
            // A regular expression is compared as it is written.
            (Self::Expect(one), Self::Expect(two)) => one.to_string() == two.to_string(),
            (Self::Own(one, _), Self::Own(two, _)) => one == two,
            _ => false,
        }
    }
}

impl Eq for StepKind {}

impl Step {
    /// A line at this place of the paste.
    pub fn line(line: usize, command: CommandLine) -> Self {
        Self {
            line,
            kind: StepKind::Line(command),
        }
    }

    /// The line that it sends as it stands.
    pub fn as_line(&self) -> Option<&CommandLine> {
        match &self.kind {
            StepKind::Line(line) => Some(line),
            _ => None,
        }
    }

    /// Whether it says what the last replies have to be.
    pub fn is_expectation(&self) -> bool {
        matches!(self.kind, StepKind::Expect(_))
    }

    /// Whether it is of no use without the step before it.
    pub fn is_about_the_last(&self) -> bool {
        matches!(self.kind, StepKind::Expect(_) | StepKind::AfterTls(_))
    }

    /// Whether it can follow a 354: it is the message, or octets that are.
    pub fn is_text(&self) -> bool {
        matches!(self.kind, StepKind::Message(_) | StepKind::Raw(_))
    }

    /// The octets that it keeps.
    pub fn octets(&self) -> usize {
        match &self.kind {
            StepKind::Line(line) | StepKind::AfterTls(line) => line.text().len(),
            StepKind::Raw(octets) | StepKind::Message(octets) => octets.len(),
            StepKind::Own(_, text) => text.len(),
            StepKind::Expect(_) => 0,
        }
    }

    /// How it is shown: without secrets.
    pub fn shown(&self) -> String {
        match &self.kind {
            StepKind::Line(line) => line.masked(),
            StepKind::AfterTls(line) => format!("{} (after TLS)", line.masked()),
            StepKind::Message(text) => {
                let lines = text.reveal().iter().filter(|octet| **octet == b'\n');
                let lines = lines.count() as u64;
                format!("(a message of {})", count(lines, "line", "lines"))
            }
            StepKind::Raw(octets) => match raw::find_secret(octets.reveal(), false) {
                Some(from) => {
                    let open = octets.reveal().get(..from).unwrap_or_default();
                    format!(":raw {}[hidden]", escape::escape(open))
                }
                None => format!(":raw {}", escape::escape(octets.reveal())),
            },
            StepKind::Expect(expectation) => format!("< {expectation}"),
            StepKind::Own(_, text) => text.clone(),
        }
    }

    /// The line for the prompt. `None` for what cannot be typed there.
    ///
    /// # Errors
    /// If it cannot be a line.
    pub fn for_prompt(&self) -> Option<Result<CommandLine, LineError>> {
        Some(match &self.kind {
            StepKind::Line(line) | StepKind::AfterTls(line) => Ok(line.clone()),
            StepKind::Message(_) => return None,
            StepKind::Raw(octets) => {
                let hidden = raw::find_secret(octets.reveal(), false).is_some();
                let text = format!(":raw {}", escape::escape(octets.reveal()));
                CommandLine::parse(text).map(|line| line.hide(hidden))
            }
            StepKind::Expect(expectation) => CommandLine::parse(format!("< {expectation}")),
            StepKind::Own(_, text) => CommandLine::parse(text.as_str()),
        })
    }
}
