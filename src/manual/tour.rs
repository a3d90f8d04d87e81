//! The lessons of the tour, and the check whether a reply completes a step.

use std::sync::LazyLock;

use serde::Deserialize;

use crate::smtp::{Awaited, Code, Link, SessionStatus, Verb};

static TOUR: LazyLock<Tour> =
    LazyLock::new(|| toml::from_str(include_str!("../../assets/tour.toml")).unwrap_or_default());

/// The asset `tour.toml`.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Tour {
    lesson: Vec<Lesson>,
}

/// A lesson.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Lesson {
    /// The title, in a few words.
    pub title: String,
    /// The steps, at least one.
    pub step: Vec<LessonStep>,
}

/// A step of a lesson.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LessonStep {
    /// What to do.
    pub task: String,
    /// The line to send, for the ghost text; empty if the usual one is right.
    #[serde(default)]
    pub command: String,
    /// The reply that completes the step.
    expect: ExpectedReply,
    /// Text that the sent line must contain, in capitals; case does not matter.
    #[serde(default)]
    contains: String,
    /// Whether TLS is required.
    #[serde(default)]
    tls: bool,
    /// What the step has shown, for display after it.
    pub result: String,
}

/// An expected reply: to which command, and its code.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
struct ExpectedReply {
    command: ExpectedCommand,
    code: Code,
}

/// What the expected reply answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum ExpectedCommand {
    Verb(Verb),
    /// The end of the message.
    Message,
}

/// Whether a reply completes a step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StepResult {
    /// It completes the step.
    Done,
    /// It answers the right command, but with this other code.
    OtherCode(Code),
    /// The reply is right, but the sent line lacks this text.
    Missing(&'static str),
    /// The reply is right, but TLS is not active.
    NeedsTls,
    /// It answers another command.
    Unrelated,
}

/// All lessons, in order.
pub fn lessons() -> &'static [Lesson] {
    &TOUR.lesson
}

impl TryFrom<String> for ExpectedReply {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        let invalid = || format!("invalid expected reply {text:?}: use a command and a code");
        let (word, code) = text.split_once(' ').ok_or_else(invalid)?;
        let code = Code::parse(code.as_bytes()).ok_or_else(invalid)?;
        let command = match word {
            "MESSAGE" => ExpectedCommand::Message,
            "OTHER" => ExpectedCommand::Verb(Verb::Other),
            word => match Verb::parse(word) {
                Verb::Other => return Err(invalid()),
                verb => ExpectedCommand::Verb(verb),
            },
        };
        Ok(Self { command, code })
    }
}

impl LessonStep {
    /// Whether it is done under TLS only.
    pub fn needs_tls(&self) -> bool {
        self.tls
    }

    /// The code of the reply that completes the step.
    pub fn expected_code(&self) -> Code {
        self.expect.code
    }

    /// Whether the step is a MAIL that, after a reply with this code, cannot be repeated before RSET.
    pub fn needs_reset(&self, code: Code) -> bool {
        let opened = code.is_positive() || code.number() == 503;
        self.expect.command == ExpectedCommand::Verb(Verb::Mail) && opened
    }

    /// Checks whether a reply to `awaited` with this code completes the step. `line` is the line that
    /// was sent.
    pub fn check(
        &'static self,
        awaited: Option<Awaited>,
        line: &str,
        code: Code,
        status: &SessionStatus,
    ) -> StepResult {
        let contains = || line.to_ascii_uppercase().contains(&self.contains);
        let answers = match awaited {
            Some(Awaited::Command(verb)) => self.expect.command == ExpectedCommand::Verb(verb),
            Some(Awaited::SaslResponse) => self.expect.command == ExpectedCommand::Verb(Verb::Auth),
            Some(Awaited::EndOfData | Awaited::Chunk { last: true }) => {
                self.expect.command == ExpectedCommand::Message
            }
            _ => false,
        };
        // 334 continues a login; it is neither its end nor a refusal.
        if !answers || code.number() == 334 {
            StepResult::Unrelated
        } else if code != self.expect.code {
            StepResult::OtherCode(code)
        } else if !contains() {
            StepResult::Missing(&self.contains)
        } else if self.tls && status.link == Link::Clear {
            StepResult::NeedsTls
        } else {
            StepResult::Done
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn eight_lessons_fit_the_strip() {
        assert_eq!(lessons().len(), 8);
        for step in lessons().iter().flat_map(|lesson| &lesson.step) {
            // The task fits two rows of a screen of 80 columns.
            assert!(step.task.len() <= 140, "{}", step.task);
            assert!(step.result.len() <= 110, "{}", step.result);
        }
    }

    #[test]
    fn checks_command_code_and_tls() {
        let login = &lessons()[4].step[0];
        let clear = SessionStatus::default();
        let tls = SessionStatus {
            link: Link::Verified,
            ..SessionStatus::default()
        };
        let auth = Some(Awaited::Command(Verb::Auth));
        let table = [
            (auth, 235, &tls, StepResult::Done),
            (Some(Awaited::SaslResponse), 235, &tls, StepResult::Done),
            (auth, 235, &clear, StepResult::NeedsTls),
            (auth, 535, &tls, StepResult::OtherCode(Code::new(535))),
            (auth, 334, &tls, StepResult::Unrelated),
            (Some(Awaited::Greeting), 220, &tls, StepResult::Unrelated),
            (None, 235, &tls, StepResult::Unrelated),
        ];
        for (awaited, code, status, expected) in table {
            assert_eq!(login.check(awaited, "", Code::new(code), status), expected);
        }
    }

    #[test]
    fn checks_text_of_the_line() {
        let lesson = &lessons()[6];
        let tls = SessionStatus {
            link: Link::Verified,
            ..SessionStatus::default()
        };
        let (mail, rcpt) = (&lesson.step[1], &lesson.step[2]);
        let table = [
            (
                mail,
                Verb::Mail,
                "MAIL FROM:<a@b> ret=hdrs",
                StepResult::Done,
            ),
            (
                mail,
                Verb::Mail,
                "MAIL FROM:<a@b>",
                StepResult::Missing("RET="),
            ),
            (
                rcpt,
                Verb::Rcpt,
                "RCPT TO:<a@b> NOTIFY=SUCCESS",
                StepResult::Done,
            ),
            (
                rcpt,
                Verb::Rcpt,
                "RCPT TO:<a@b>",
                StepResult::Missing("NOTIFY="),
            ),
        ];
        for (step, verb, line, expected) in table {
            let awaited = Some(Awaited::Command(verb));
            assert_eq!(step.check(awaited, line, Code::new(250), &tls), expected);
        }
    }
}
