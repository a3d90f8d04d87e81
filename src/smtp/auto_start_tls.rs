//! The automatic STARTTLS of `--tls starttls`: EHLO, STARTTLS, EHLO.

use super::code::Code;
use super::command::{CommandLine, Verb};

/// The automatic STARTTLS at the start of a session. It stops at the first unexpected reply.
#[derive(Clone, Debug)]
pub struct AutoStartTls {
    ehlo: CommandLine,
    stage: Stage,
}

/// The progress of an automatic STARTTLS.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stage {
    /// STARTTLS has not been sent.
    PlainText,
    /// STARTTLS has been sent.
    Requested,
    /// The TLS handshake is done.
    Encrypted,
}

/// What to do next.
#[derive(Debug, Default)]
pub struct NextStep {
    /// The state to keep; `None` when the automatic STARTTLS is finished.
    pub state: Option<AutoStartTls>,
    /// A line to send.
    pub send: Option<CommandLine>,
    /// Why it stopped, for the transcript.
    pub fault: Option<String>,
}

impl AutoStartTls {
    /// Creates the initial state. `ehlo` is the complete EHLO line to send.
    pub fn new(ehlo: CommandLine) -> Self {
        Self {
            ehlo,
            stage: Stage::PlainText,
        }
    }

    /// Continues after the greeting. `accepted` is false if the greeting is a refusal; with `lmtp`, it
    /// says that the server speaks LMTP.
    pub fn after_greeting(self, accepted: bool, lmtp: bool) -> NextStep {
        if accepted && lmtp {
            self.with_verb(Verb::Lhlo).send_ehlo()
        } else if accepted {
            self.send_ehlo()
        } else {
            self.stop("the greeting was a refusal")
        }
    }

    /// Continues after a successful EHLO.
    pub fn after_ehlo(self, starttls_offered: bool) -> NextStep {
        if self.stage == Stage::Encrypted {
            return NextStep::default();
        }
        if !starttls_offered {
            return NextStep {
                fault: Some("STARTTLS is not offered: the link stays in plain text".into()),
                ..NextStep::default()
            };
        }
        NextStep {
            state: Some(Self {
                stage: Stage::Requested,
                ..self
            }),
            send: CommandLine::parse("STARTTLS").ok(),
            fault: None,
        }
    }

    /// Continues after EHLO or LHLO was refused: with the other one if that was the wrong protocol, as
    /// the server seems to speak `lmtp` or not. Otherwise it stops.
    pub fn refused(self, verb: Verb, code: Code, lmtp: bool) -> NextStep {
        let unknown = matches!(code.number(), 500 | 502);
        if self.stage == Stage::PlainText && unknown && lmtp == (verb == Verb::Ehlo) {
            let other = if lmtp { Verb::Lhlo } else { Verb::Ehlo };
            return self.with_verb(other).send_ehlo();
        }
        self.stop(&format!("{verb} got reply {code}"))
    }

    /// Continues after the TLS handshake.
    pub fn after_tls(self) -> NextStep {
        Self {
            stage: Stage::Encrypted,
            ..self
        }
        .send_ehlo()
    }

    /// Stops for another reason. Once STARTTLS is sent, its own reply is reported instead.
    pub fn stop(self, reason: &str) -> NextStep {
        let not_tried = self.stage == Stage::PlainText;
        NextStep {
            fault: not_tried.then(|| format!("{reason}: STARTTLS not tried")),
            ..NextStep::default()
        }
    }

    /// The same with EHLO or LHLO.
    fn with_verb(self, verb: Verb) -> Self {
        let ehlo = CommandLine::from_checked(format!("{verb} {}", self.ehlo.argument()));
        Self { ehlo, ..self }
    }

    fn send_ehlo(self) -> NextStep {
        let line = self.ehlo.clone();
        NextStep {
            state: Some(self),
            send: Some(line),
            fault: None,
        }
    }
}
