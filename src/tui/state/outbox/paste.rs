//! Reads a paste of several lines: as a script if it has what only scripts have, else as lines.

use super::step::{Step, StepKind};
use crate::headless::script::{
    Blanks, OwnCommand, Script, ScriptError, ScriptFault, StepKind as Read,
};
use crate::smtp::{CommandLine, LineError, Secret, Verb};

/// The most lines of one paste.
pub const PASTE_LINES: usize = 1000;
/// The most octets of one paste.
pub const PASTE_OCTETS: usize = 1024 * 1024;

/// A paste of several lines.
#[derive(Debug, PartialEq, Eq)]
pub struct Paste {
    /// What it does.
    pub steps: Vec<Step>,
    /// How many comment lines were left out. An exported session has such lines.
    pub comments: usize,
    /// Whether it is a script: it has commands of ours, expectations, blanks or comments.
    pub is_script: bool,
}

/// A blank without a value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Missing {
    /// Its name.
    pub name: String,
    /// Whether its value is a secret.
    pub secret: bool,
}

/// Why a paste cannot be used.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum PasteError {
    /// A line that cannot be sent.
    #[error("line {0} of the paste: {1}")]
    Line(usize, LineError),
    /// A line that is no line of a script.
    #[error("line {0} of the paste: {1}")]
    Script(usize, ScriptFault),
    /// Blanks without a value.
    #[error("{} blanks of the paste have no value", .0.len())]
    Missing(Vec<Missing>),
    /// A script while a login is in progress.
    #[error("a login is in progress: answer it, or send * to cancel it, then paste the script")]
    InExchange,
}

impl From<ScriptError> for PasteError {
    fn from(error: ScriptError) -> Self {
        match error.fault {
            ScriptFault::Line(fault) => Self::Line(error.line, fault),
            fault => Self::Script(error.line, fault),
        }
    }
}

impl Paste {
    /// Reads a paste. In an `exchange` all lines are its answers, up to the next command. `helo` is the
    /// name for EHLO, `blanks` are the values of blanks.
    ///
    /// # Errors
    /// The first line that cannot be used, or the blanks that have no value.
    pub fn read(
        text: &str,
        exchange: bool,
        helo: &str,
        blanks: &Blanks,
    ) -> Result<Self, PasteError> {
        let (lines, of_script) = lines(text, exchange)?;
        // A secret is nothing but a secret, whatever it begins with.
        if exchange && of_script {
            return Err(PasteError::InExchange);
        } else if exchange {
            return Ok(lines);
        }
        let script = match Script::parse("", text.as_bytes(), false) {
            Ok(script) => script,
            Err(error) if of_script => return Err(error.into()),
            Err(_) => return Ok(lines),
        };
        let is_plain = |pieces: &[_], line: usize| {
            use crate::headless::script::Piece;
            let as_pasted = text.split('\n').nth(line - 1);
            matches!((pieces, as_pasted), ([Piece::Text(text)], Some(pasted)) if text == pasted)
        };
        let has_blanks = script.steps.iter().any(|step| match &step.kind {
            Read::Line(pieces) => !is_plain(pieces, step.line),
            _ => false,
        });
        // An exported session begins with a comment.
        if !of_script && !has_blanks && lines.comments == 0 {
            return Ok(lines);
        }
        let missing = missing(&script, helo, blanks);
        if !missing.is_empty() {
            return Err(PasteError::Missing(missing));
        }
        Ok(Self {
            steps: steps(&script, text, helo, blanks)?,
            comments: lines.comments,
            is_script: true,
        })
    }
}

/// Reads lines without those of a script. Lines after AUTH may be its answers and are hidden up to the
/// next command; if an `exchange` is running already, they are hidden from the start. A line that
/// begins with `#` is a comment, except in a message: no verb begins with it. Returns whether there
/// were lines of a script.
fn lines(text: &str, exchange: bool) -> Result<(Paste, bool), PasteError> {
    let mut hidden = exchange;
    let mut in_message = false;
    let mut after_data = false;
    let mut of_script = false;
    let mut paste = Paste {
        steps: Vec::new(),
        comments: 0,
        is_script: false,
    };
    for (at, text) in text.split('\n').enumerate() {
        let ours = if exchange { text } else { text.trim_start() };
        if ours.starts_with('#') && !in_message {
            paste.comments += 1;
            continue;
        }
        // What stands right after DATA is about its reply.
        let about_data = after_data && text.starts_with('<');
        if about_data || ours.starts_with([':', '<']) && !in_message && !(exchange && hidden) {
            of_script = true;
            continue;
        }
        let line = CommandLine::parse(text).map_err(|error| PasteError::Line(at + 1, error))?;
        after_data = line.verb() == Verb::Data && !in_message;
        in_message = line.verb() == Verb::Data || in_message && text != ".";
        paste
            .steps
            .push(Step::line(at + 1, hide_answers(line, &mut hidden)));
    }
    Ok((paste, of_script))
}

/// Hides a line that may be an answer of a login: one after AUTH, up to the next command.
fn hide_answers(line: CommandLine, hidden: &mut bool) -> CommandLine {
    *hidden &= line.verb() == Verb::Other;
    let begins = matches!(line.verb(), Verb::Auth | Verb::Xexps);
    let line = if *hidden { line.hide(true) } else { line };
    *hidden |= begins;
    line
}

/// The blanks that have no value.
fn missing(script: &Script, helo: &str, blanks: &Blanks) -> Vec<Missing> {
    let mut missing: Vec<Missing> = Vec::new();
    for step in &script.steps {
        let Read::Line(pieces) = &step.kind else {
            continue;
        };
        for piece in pieces {
            let filled = blanks.fill(std::slice::from_ref(piece), helo);
            let (name, secret) = match filled {
                Err(ScriptFault::NoValue(name)) => (name, false),
                Err(ScriptFault::NoSecret(name)) => (name, true),
                _ => continue,
            };
            let blank = Missing { name, secret };
            if !missing.contains(&blank) {
                missing.push(blank);
            }
        }
    }
    missing
}

/// The steps of a script, with its blanks filled in.
fn steps(
    script: &Script,
    text: &str,
    helo: &str,
    blanks: &Blanks,
) -> Result<Vec<Step>, PasteError> {
    let mut steps = Vec::new();
    let mut hidden = false;
    for step in &script.steps {
        let fault = |fault: ScriptFault| {
            PasteError::from(ScriptError {
                file: String::new(),
                line: step.line,
                fault,
            })
        };
        let kind = match &step.kind {
            Read::Line(pieces) => {
                let filled = blanks.fill(pieces, helo).map_err(fault)?;
                let line = CommandLine::parse(filled.text.as_str());
                let line = line.map_err(|error| PasteError::Line(step.line, error))?;
                let line = hide_answers(line, &mut hidden);
                StepKind::Line(if filled.secret { line.hide(true) } else { line })
            }
            Read::Message(lines) => {
                let mut message = Vec::new();
                for pieces in lines {
                    let filled = blanks.fill(pieces, helo).map_err(fault)?;
                    message.extend_from_slice(filled.text.as_bytes());
                    message.extend_from_slice(b"\r\n");
                }
                StepKind::Message(Secret::new(message))
            }
            Read::Expect(expectation) => StepKind::Expect(expectation.clone()),
            Read::Own(OwnCommand::Raw(octets)) => StepKind::Raw(Secret::new(octets.clone())),
            Read::Own(command) => {
                let written = text.split('\n').nth(step.line - 1).unwrap_or_default();
                StepKind::Own(Box::new(command.clone()), written.trim_end().to_owned())
            }
        };
        steps.push(Step {
            line: step.line,
            kind,
        });
    }
    Ok(steps)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(text: &str) -> Vec<String> {
        let paste = Paste::read(text, false, "me.example", &Blanks::default()).unwrap();
        paste.steps.iter().map(Step::shown).collect()
    }

    #[test]
    fn a_comment_is_no_line_but_in_a_message_it_is() {
        let text = "# mx.example\nDATA\n# a heading\n.\n#end\nQUIT";
        assert_eq!(shown(text), ["DATA", "(a message of 1 line)", "QUIT"]);
        let paste = Paste::read(text, false, "me", &Blanks::default()).unwrap();
        assert_eq!((paste.comments, paste.is_script), (2, true));
        let lines = text.split_once('\n').unwrap().1;
        assert_eq!(shown(lines), ["DATA", "(a message of 1 line)", "QUIT"]);
        let lines = lines.replace("\n#end", "");
        assert_eq!(shown(&lines), ["DATA", "# a heading", ".", "QUIT"]);
    }

    #[test]
    fn a_script_has_steps() {
        let text = "EHLO {helo}\n< 250\n:sleep 1s\nDATA\n< 354\nx\n< text\n.\nX {{a}\n:raw a\\r\\n";
        let steps = [
            "EHLO me.example",
            "< 250",
            ":sleep 1s",
            "DATA",
            "< 354",
            "(a message of 2 lines)",
            "X {a}",
            ":raw a\\r\\n",
        ];
        assert_eq!(shown(text), steps);
        assert!(
            Paste::read(text, false, "me", &Blanks::default())
                .unwrap()
                .is_script
        );
        // Without a mark of a script, what is pasted goes as it stands.
        assert_eq!(shown("NOOP {\nNOOP {a b}"), ["NOOP {", "NOOP {a b}"]);
    }

    #[test]
    fn what_is_no_script_says_where() {
        for (text, words) in [
            ("NOOP\n:rset", "line 2 of the paste: unknown command :rset"),
            ("NOOP\n< 999", "line 2 of the paste: \"999\" is no reply"),
            (
                "X {to} {to}\nY {!pw}",
                "2 blanks of the paste have no value",
            ),
            ("NOOP\n\0", "line 2 of the paste: NUL at character 1"),
            ("< 220\nDATA\nx", "line 2 of the paste: the message that"),
        ] {
            let error = Paste::read(text, false, "me", &Blanks::default())
                .unwrap_err()
                .to_string();
            assert!(error.starts_with(words), "{text:?}: {error}");
        }
    }

    #[test]
    fn what_stands_behind_auth_is_hidden() {
        let lines = "EHLO a\nAUTH PLAIN AGE=\nAUTH LOGIN\nYQ==\nYg==\nRSET\nX";
        let expected = [
            "EHLO a",
            "AUTH PLAIN [hidden]",
            "AUTH LOGIN",
            "[hidden]",
            "[hidden]",
            "RSET",
            "X",
        ];
        assert_eq!(shown(lines), expected);
        // The same in a script.
        assert_eq!(shown(&format!("< 220\n{lines}"))[1..], expected);
        let paste = Paste::read("YQ==\n:g==", true, "me", &Blanks::default()).unwrap();
        let steps: Vec<String> = paste.steps.iter().map(Step::shown).collect();
        assert_eq!(steps, ["[hidden]", "[hidden]"]);
    }
}
