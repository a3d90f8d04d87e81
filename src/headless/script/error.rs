//! Why a text is no script.

use super::expectation::ExpectationError;
use crate::smtp::LineError;
use crate::smtp::escape::EscapeError;

/// Why a text is no script: where, and what.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{file}, line {line}: {fault}")]
pub struct ScriptError {
    /// The file, as the user named it.
    pub file: String,
    /// The line, from 1.
    pub line: usize,
    /// What is wrong.
    pub fault: ScriptFault,
}

/// What is wrong with a line of a script.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ScriptFault {
    /// It cannot be sent as a line.
    #[error("{0}")]
    Line(#[from] LineError),
    /// It is not UTF-8.
    #[error("not UTF-8: octets are sent with :raw and escapes such as \\xFF")]
    NotText,
    /// It is too long.
    #[error("longer than {0} octets")]
    TooLong(usize),
    /// The script is too large.
    #[error("larger than {0} octets: send a file with :data FILE")]
    TooLarge(usize),
    /// It begins with a colon, and no command has this name.
    #[error("unknown command :{0}: use one of {known}, or :raw for a line that begins with a colon", known = super::own_command::names())]
    UnknownCommand(String),
    /// A command of ours with an argument that it cannot use.
    #[error(":{name}: {message}")]
    Argument {
        /// The command.
        name: &'static str,
        /// What would be right.
        message: String,
    },
    /// Escapes that are none.
    #[error(":raw: {0}")]
    Escape(#[from] EscapeError),
    /// An expectation that is none.
    #[error("{0}")]
    Expectation(#[from] ExpectationError),
    /// A message without its end.
    #[error("the message that begins here has no end: a line with a single dot")]
    NoDot,
    /// A blank without a value.
    #[error("no value for {{{0}}}: use --set {0}=VALUE, or a default as in {{{0}=VALUE}}")]
    NoValue(String),
    /// A secret blank in a message, which is shown and kept as it is.
    #[error("a secret blank in a message: the message is shown and kept as it is sent")]
    SecretInMessage,
    /// A secret blank without a value.
    #[error("no value for {{!{0}}}: use --set-from {0}=env:VAR, {0}=file:PATH or {0}=ask")]
    NoSecret(String),
}
