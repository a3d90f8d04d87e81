//! Reads a script line by line: whole from a file, or as the lines come.

use super::blank::{Piece, pieces};
use super::error::{ScriptError, ScriptFault};
use super::expectation::Expectation;
use super::own_command::OwnCommand;
use super::{SCRIPT_CAP, Step, StepKind};
use crate::smtp::{Code, CommandLine, Verb};

/// The longest line.
pub const LINE_CAP: usize = 1024 * 1024;
/// The reply that asks for the message.
const START_MAIL_INPUT: Code = Code::new(354);

/// Reads a script line by line.
#[derive(Debug)]
pub struct Parser {
    file: String,
    /// Whether blanks count in messages.
    fill_message: bool,
    /// The lines so far.
    line: usize,
    /// The octets so far.
    octets: usize,
    state: State,
}

#[derive(Debug)]
enum State {
    Commands,
    /// After DATA: expectations of its reply may follow. Whether they allow a message to follow.
    Data {
        line: usize,
        message: bool,
    },
    /// In the message, which begins after this line.
    Message {
        line: usize,
        lines: Vec<Vec<Piece>>,
    },
}

impl Parser {
    /// A reader of the script that the user calls by this name. Blanks in messages count if
    /// `fill_message` says so.
    pub fn new(file: &str, fill_message: bool) -> Self {
        Self {
            file: file.to_owned(),
            fill_message,
            line: 0,
            octets: 0,
            state: State::Commands,
        }
    }

    /// Takes the next line, with or without its line end. Returns the step that it completes.
    ///
    /// # Errors
    /// What is wrong with the line.
    pub fn push(&mut self, line: &[u8]) -> Result<Option<Step>, ScriptError> {
        self.line += 1;
        self.octets = self.octets.saturating_add(line.len());
        let number = self.line;
        let taken = self.take(line);
        taken.map_err(|fault| self.error(number, fault))
    }

    /// The end of the script.
    ///
    /// # Errors
    /// A message without its end.
    pub fn finish(&mut self) -> Result<Option<Step>, ScriptError> {
        match std::mem::replace(&mut self.state, State::Commands) {
            State::Commands | State::Data { message: false, .. } => Ok(None),
            State::Data { line, .. } | State::Message { line, .. } => {
                Err(self.error(line, ScriptFault::NoDot))
            }
        }
    }

    fn error(&self, line: usize, fault: ScriptFault) -> ScriptError {
        ScriptError {
            file: self.file.clone(),
            line,
            fault,
        }
    }

    fn take(&mut self, line: &[u8]) -> Result<Option<Step>, ScriptFault> {
        if line.len() > LINE_CAP {
            return Err(ScriptFault::TooLong(LINE_CAP));
        }
        let line = line.strip_suffix(b"\n").unwrap_or(line);
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        let text = std::str::from_utf8(line).map_err(|_| ScriptFault::NotText)?;
        if let State::Data { line, message } = self.state {
            if let Some(rest) = text.strip_prefix('<') {
                let expectation = Expectation::parse(without_comment(rest))?;
                let message = message && expectation.allows(START_MAIL_INPUT);
                self.state = State::Data { line, message };
                return Ok(Some(self.step(StepKind::Expect(expectation))));
            }
            self.state = if message {
                State::Message {
                    line,
                    lines: Vec::new(),
                }
            } else {
                State::Commands
            };
        }
        let number = self.line;
        if let State::Message { line, lines } = &mut self.state {
            if text != "." {
                if self.octets > SCRIPT_CAP {
                    return Err(ScriptFault::TooLarge(SCRIPT_CAP));
                }
                // A line of a message is checked as one that is sent.
                CommandLine::parse(text)?;
                lines.push(if self.fill_message {
                    pieces(text)
                } else {
                    vec![Piece::Text(text.to_owned())]
                });
                return Ok(None);
            }
            let step = Step {
                line: *line + 1,
                kind: StepKind::Message(std::mem::take(lines)),
            };
            self.state = State::Commands;
            return Ok(Some(step));
        }
        self.octets = 0;
        // No command begins with a blank: an indented line of ours is meant as one.
        let ours = text.trim_start();
        let text = match ours.starts_with(['#', ':', '<']) {
            true => ours,
            false => text,
        };
        if ours.is_empty() || text.starts_with('#') {
            return Ok(None);
        }
        let kind = match text.split_at_checked(1) {
            // The octets of :raw may contain what begins a comment elsewhere.
            Some((":", rest)) if rest.starts_with("raw ") => {
                StepKind::Own(OwnCommand::parse(rest)?)
            }
            Some((":", rest)) => StepKind::Own(OwnCommand::parse(without_comment(rest))?),
            Some(("<", rest)) => StepKind::Expect(Expectation::parse(without_comment(rest))?),
            _ => {
                let command = CommandLine::parse(text)?;
                if command.verb() == Verb::Data {
                    self.state = State::Data {
                        line: number,
                        message: true,
                    };
                }
                StepKind::Line(pieces(text))
            }
        };
        Ok(Some(self.step(kind)))
    }

    fn step(&self, kind: StepKind) -> Step {
        Step {
            line: self.line,
            kind,
        }
    }
}

/// What comes before a comment: a `#` after a blank.
fn without_comment(text: &str) -> &str {
    let comment = text.find(" #").or_else(|| text.find("\t#"));
    comment.map_or(text, |at| &text[..at])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::headless::script::Script;

    /// The steps of a script, each as one line of text.
    fn read(text: &str) -> Result<Vec<String>, String> {
        let script = Script::parse("x", text.as_bytes(), false).map_err(|e| e.to_string())?;
        let shown = |pieces: &[Piece]| format!("{pieces:?}").len();
        Ok(script
            .steps
            .iter()
            .map(|step| {
                let kind = match &step.kind {
                    StepKind::Line(pieces) => match &pieces[..] {
                        [Piece::Text(text)] => text.clone(),
                        pieces => format!("{} octets", shown(pieces)),
                    },
                    StepKind::Expect(expectation) => format!("< {expectation}"),
                    StepKind::Message(lines) => format!("message of {} lines", lines.len()),
                    StepKind::Own(command) => format!("{command:?}"),
                };
                format!("{}: {kind}", step.line)
            })
            .collect())
    }

    #[test]
    fn reads_lines_expectations_and_messages() {
        let script = "\u{feff}# greet\r\nEHLO me\r\n< 250 # fine\n\nDATA\n< 354\n# no comment\n\n< text\n:x\n.\nQUIT";
        let steps = [
            "2: EHLO me",
            "3: < 250",
            "5: DATA",
            "6: < 354",
            "6: message of 4 lines",
            "12: QUIT",
        ];
        assert_eq!(read(script).unwrap(), steps);
    }

    #[test]
    fn no_message_follows_a_refusal_that_is_expected() {
        let steps = ["1: DATA", "2: < 503", "3: QUIT"];
        assert_eq!(read("DATA\n< 503\nQUIT\n").unwrap(), steps);
    }

    #[test]
    fn names_the_line_and_what_would_be_right() {
        for (text, words) in [
            ("NOOP\n:rset\n", "x, line 2: unknown command :rset"),
            ("NOOP\n< 999\n", "x, line 2: \"999\" is no reply code"),
            (
                "DATA\nhello\n",
                "x, line 1: the message that begins here has no end",
            ),
            ("NO\0OP\n", "x, line 1: NUL at character 3"),
            ("NOOP a\rb\n", "x, line 1: line break at character 7"),
        ] {
            let error = read(text).unwrap_err();
            assert!(error.starts_with(words), "{text:?}: {error}");
        }
        let error = Script::parse("x", b"\xff\xfe", false).unwrap_err();
        assert_eq!(error.fault, ScriptFault::NotText);
    }
}
