//! The one thing a session says by itself, when asked to: EHLO, STARTTLS, EHLO.

use super::code::Code;
use super::command::{CommandLine, Verb};

/// The opening of `--tls starttls`. It stops at the first answer that is not as hoped.
#[derive(Clone, Debug)]
pub struct AutoStartTls {
    ehlo: CommandLine,
    stage: Stage,
}

/// How far an opening has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stage {
    /// STARTTLS is still to be sent.
    Clear,
    /// STARTTLS is sent.
    Requested,
    /// TLS stands.
    Encrypted,
}

/// What an opening does next: itself as it goes on, a line to send, words why it stopped.
pub type Move = (Option<AutoStartTls>, Option<CommandLine>, Option<String>);

impl AutoStartTls {
    /// An opening that introduces itself with `ehlo`, a whole EHLO line.
    pub fn new(ehlo: CommandLine) -> Self {
        Self {
            ehlo,
            stage: Stage::Clear,
        }
    }

    /// The greeting came, a good one or a refusal.
    pub fn after_greeting(self, good: bool) -> Move {
        if good {
            self.say_ehlo()
        } else {
            self.stop("the greeting was a refusal")
        }
    }

    /// EHLO was accepted.
    pub fn after_ehlo(self, starttls_offered: bool) -> Move {
        if self.stage == Stage::Encrypted {
            return (None, None, None);
        }
        if !starttls_offered {
            return (
                None,
                None,
                Some("STARTTLS is not offered: the link stays in clear".into()),
            );
        }
        let awaited = Self {
            stage: Stage::Requested,
            ..self
        };
        (Some(awaited), CommandLine::parse("STARTTLS").ok(), None)
    }

    /// A command of the opening was refused.
    pub fn refused(self, verb: Verb, code: Code) -> Move {
        self.stop(&format!("{verb} was answered {code}"))
    }

    /// TLS stands.
    pub fn after_tls(self) -> Move {
        Self {
            stage: Stage::Encrypted,
            ..self
        }
        .say_ehlo()
    }

    /// Something came in between. Once STARTTLS is sent its answer says the rest.
    pub fn stop(self, why: &str) -> Move {
        let words = (self.stage == Stage::Clear).then(|| format!("{why}: STARTTLS not tried"));
        (None, None, words)
    }

    fn say_ehlo(self) -> Move {
        let line = self.ehlo.clone();
        (Some(self), Some(line), None)
    }
}
