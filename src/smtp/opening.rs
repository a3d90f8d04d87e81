//! The one thing a session says by itself, when asked to: EHLO, STARTTLS, EHLO.

use super::command::{CommandLine, Verb};
use super::reply::Code;

/// The opening of `--tls starttls`. It stops at the first answer that is not as hoped.
#[derive(Clone, Debug)]
pub struct Opening {
    ehlo: CommandLine,
    encrypted: bool,
}

/// What an opening does next: itself as it goes on, a line to send, words why it stopped.
pub type Move = (Option<Opening>, Option<CommandLine>, Option<String>);

impl Opening {
    /// An opening that introduces itself with `ehlo`, a whole EHLO line.
    pub fn new(ehlo: CommandLine) -> Self {
        Self {
            ehlo,
            encrypted: false,
        }
    }

    /// The greeting came, a good one or a refusal.
    pub fn after_greeting(self, good: bool) -> Move {
        if good {
            self.say_ehlo()
        } else {
            (
                None,
                None,
                Some("the greeting was a refusal: STARTTLS not tried".into()),
            )
        }
    }

    /// EHLO was accepted.
    pub fn after_ehlo(self, starttls_offered: bool) -> Move {
        if self.encrypted {
            return (None, None, None);
        }
        if !starttls_offered {
            return (
                None,
                None,
                Some("STARTTLS is not offered: the link stays in clear".into()),
            );
        }
        (Some(self), CommandLine::parse("STARTTLS").ok(), None)
    }

    /// A command of the opening was refused.
    pub fn refused(self, verb: Verb, code: Code) -> Move {
        (
            None,
            None,
            Some(format!("{verb} was answered {code}: STARTTLS not tried")),
        )
    }

    /// TLS stands.
    pub fn after_tls(self) -> Move {
        Self {
            encrypted: true,
            ..self
        }
        .say_ehlo()
    }

    fn say_ehlo(self) -> Move {
        let line = self.ehlo.clone();
        (Some(self), Some(line), None)
    }
}
