//! Scripts: sessions written down. A line is sent as it stands; `:` and `<` lines are ours; after DATA
//! the lines up to a single dot are the message.

mod blank;
mod error;
mod expectation;
mod own_command;
mod parser;

pub use blank::{BlankError, Blanks, Piece};
pub use error::{ScriptError, ScriptFault};
pub use expectation::Expectation;
pub use own_command::{
    Content, LoginSpec, OwnCommand, PasswordPlace, PasswordPlaceError, mechanisms, names,
};
pub use parser::Parser;

use crate::smtp::CommandLine;

/// The largest script.
pub const SCRIPT_CAP: usize = 64 * 1024 * 1024;

/// A script that was read whole.
#[derive(Clone, Debug, Default)]
pub struct Script {
    /// The file, as the user named it.
    pub file: String,
    /// Its steps.
    pub steps: Vec<Step>,
}

/// A step of a script.
#[derive(Clone, Debug)]
pub struct Step {
    /// The line where it begins, from 1.
    pub line: usize,
    /// What it does.
    pub kind: StepKind,
}

/// What a step does.
#[derive(Clone, Debug)]
pub enum StepKind {
    /// Sends a line and waits for its reply.
    Line(Vec<Piece>),
    /// Says what the last reply has to be.
    Expect(Expectation),
    /// Sends the message, if the server waits for it. Its lines end in CR LF.
    Message(Vec<Vec<Piece>>),
    /// A command of ours.
    Own(OwnCommand),
}

impl StepKind {
    /// Whether it is a header of the PROXY protocol, version 1, which gets no reply.
    pub fn is_proxy_header(&self) -> bool {
        let Self::Line(pieces) = self else {
            return false;
        };
        matches!(pieces.first(), Some(Piece::Text(text)) if text.starts_with("PROXY "))
    }
}

impl Script {
    /// Parses a script.
    ///
    /// # Errors
    /// The first line that cannot be used.
    pub fn parse(file: &str, text: &[u8], fill_message: bool) -> Result<Self, ScriptError> {
        let mut parser = Parser::new(file, fill_message);
        let mut steps = Vec::new();
        let text = text.strip_prefix(b"\xef\xbb\xbf").unwrap_or(text);
        for line in text.split_inclusive(|&octet| octet == b'\n') {
            steps.extend(parser.push(line)?);
        }
        steps.extend(parser.finish()?);
        Ok(Self {
            file: file.to_owned(),
            steps,
        })
    }

    /// The names of its blanks.
    pub fn blanks(&self) -> impl Iterator<Item = &str> {
        let lines = self.steps.iter().flat_map(|step| match &step.kind {
            StepKind::Line(pieces) => std::slice::from_ref(pieces),
            StepKind::Message(lines) => lines,
            StepKind::Expect(_) | StepKind::Own(_) => &[],
        });
        lines.flatten().filter_map(|piece| match piece {
            Piece::Blank { name, .. } => Some(name.as_str()),
            Piece::Text(_) | Piece::Auto(_) => None,
        })
    }

    /// Checks that every blank has a value and every file can be used, before anything is connected.
    ///
    /// # Errors
    /// The first that cannot.
    pub fn check(&self, blanks: &Blanks) -> Result<(), ScriptError> {
        let mut written = Vec::new();
        for step in &self.steps {
            let at = |fault| ScriptError {
                file: self.file.clone(),
                line: step.line,
                fault,
            };
            let lines = match &step.kind {
                StepKind::Line(pieces) => std::slice::from_ref(pieces),
                StepKind::Message(lines) => lines,
                StepKind::Own(command) => {
                    command.check_file(&mut written).map_err(at)?;
                    continue;
                }
                StepKind::Expect(_) => continue,
            };
            for pieces in lines {
                let filled = blanks.fill(pieces, "localhost");
                let is_message = matches!(step.kind, StepKind::Message(_));
                let checked = filled.and_then(|filled| {
                    if filled.secret && is_message {
                        return Err(ScriptFault::SecretInMessage);
                    }
                    CommandLine::parse(filled.text.as_str())?;
                    Ok(())
                });
                checked.map_err(at)?;
            }
        }
        Ok(())
    }
}
