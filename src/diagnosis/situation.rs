//! What is known about a session at the moment a line was answered.

use crate::manual::{Advice, Condition, Fact, StepAction};
use crate::smtp::{Awaited, Capabilities, Phase};

/// What is known about a session at the moment a line was answered, before the answer changes it.
/// `None` means not known: a log may begin in the middle, and a reply may be given without a session.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Situation {
    /// What the reply answers.
    pub awaited: Option<Awaited>,
    /// The line that was answered, without its secret.
    pub line: Option<String>,
    /// Whether it was sent before the greeting was complete.
    pub early: Option<bool>,
    /// The name of the server.
    pub host: Option<String>,
    /// The port of the server.
    pub port: Option<u16>,
    /// The text of the greeting.
    pub greeting: Option<String>,
    /// Whether the connection is encrypted.
    pub tls: Option<bool>,
    /// Whether AUTH has succeeded.
    pub logged_in: Option<bool>,
    /// The SASL mechanism of the latest AUTH line.
    pub mechanism: Option<String>,
    /// Which of EHLO, HELO and LHLO was accepted.
    pub greeted: Option<Greeted>,
    /// The name that EHLO, HELO or LHLO gave last, accepted or not.
    pub own_name: Option<String>,
    /// What the server offers; empty after HELO, unknown before.
    pub capabilities: Option<Capabilities>,
    /// The argument of the MAIL that was accepted.
    pub mail: Option<String>,
    /// The phase before the reply.
    pub phase: Option<Phase>,
    /// The phase after the reply.
    pub phase_after: Option<Phase>,
    /// Whether a BDAT without LAST was accepted.
    pub chunks: Option<bool>,
}

/// Which command introduced the client.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Greeted {
    /// None yet, or TLS began since.
    No,
    /// HELO.
    Helo,
    /// EHLO.
    Ehlo,
    /// LHLO.
    Lhlo,
}

impl Situation {
    /// Only what the reply answers is known.
    pub fn after(awaited: Option<Awaited>) -> Self {
        Self {
            awaited,
            ..Self::default()
        }
    }

    /// Whether a condition is met; `None` if that is not known.
    pub fn meets(&self, condition: &Condition) -> Option<bool> {
        let value = self.value(&condition.fact)?;
        Some(value != condition.negated)
    }

    /// Whether all conditions are known to be met.
    pub fn meets_all(&self, conditions: &[Condition]) -> bool {
        conditions.iter().all(|one| self.meets(one) == Some(true))
    }

    /// Whether the advice may be given: none of its conditions is known to be false.
    pub fn admits(&self, advice: &Advice) -> bool {
        let needs = advice.action.map_or_else(Vec::new, StepAction::needs);
        let mut conditions = advice.when.iter().chain(&needs);
        conditions.all(|one| self.meets(one) != Some(false))
    }

    fn value(&self, fact: &Fact) -> Option<bool> {
        let argument = || self.line.as_deref().map(argument_of);
        let name = |test: fn(&str) -> bool| self.own_name.as_deref().map(test);
        match fact {
            Fact::Tls => self.tls,
            Fact::LoggedIn => self.logged_in,
            Fact::Offers(name) => self.capabilities.as_ref().map(|now| now.offers(name)),
            Fact::MechanismOffered => self.mechanism_offered(),
            Fact::CanLogIn => self.can_log_in(),
            Fact::Port(port) => self.port.map(|known| known == *port),
            Fact::Lmtp => self.is_lmtp(),
            Fact::Greeted => self.greeted.map(|greeted| greeted != Greeted::No),
            Fact::Helo => self.greeted.map(|greeted| greeted == Greeted::Helo),
            Fact::Transaction => self.phase.map(is_transaction),
            Fact::Recipient => self.phase.map(has_recipient),
            Fact::Chunks => self.chunks,
            Fact::Early => self.early,
            Fact::Cancelled => self.line.as_deref().map(|line| line == "*"),
            Fact::Argument(text) => {
                argument().map(|words| words.to_ascii_lowercase().contains(text))
            }
            Fact::Smtputf8 => {
                let mail = self.mail.as_deref()?;
                Some(has_word(mail, "SMTPUTF8"))
            }
            Fact::Bare => argument().map(|words| words.is_empty() && self.is_command()),
            Fact::Parameter => argument().map(|words| words.trim_end().contains("> ")),
            Fact::SpaceAfterColon => argument().map(|words| {
                let path = words.split_once(':');
                path.is_some_and(|(_, path)| path.starts_with([' ', '\t']))
            }),
            Fact::NoBrackets => argument().map(|words| {
                let path = words.split_once(':').map_or("", |(_, path)| path);
                !path.trim_start().starts_with('<')
            }),
            Fact::NonAscii => self.line.as_deref().map(|line| !line.is_ascii()),
            Fact::ShortName => {
                name(|name| !name.is_empty() && !name.contains('.') && !name.starts_with('['))
            }
            Fact::UnderscoreName => name(|name| name.contains('_')),
            Fact::AddressName => name(|name| name.parse::<std::net::IpAddr>().is_ok()),
        }
    }

    fn is_command(&self) -> bool {
        matches!(self.awaited, Some(Awaited::Command(_)))
    }

    fn mechanism_offered(&self) -> Option<bool> {
        let (now, wanted) = (self.capabilities.as_ref()?, self.mechanism.as_deref()?);
        let mut offered = now.mechanisms().into_iter();
        Some(offered.any(|name| name.eq_ignore_ascii_case(wanted)))
    }

    fn can_log_in(&self) -> Option<bool> {
        if self.logged_in == Some(true) {
            return Some(false);
        }
        let now = self.capabilities.as_ref()?;
        if now.offers("AUTH") {
            return Some(true);
        }
        let after_tls = self.tls != Some(true) && now.offers("STARTTLS");
        (!after_tls).then_some(false)
    }

    /// By the accepted LHLO, the greeting or the port.
    fn is_lmtp(&self) -> Option<bool> {
        if self.greeted == Some(Greeted::Lhlo) || self.port == Some(crate::smtp::LMTP_PORT) {
            return Some(true);
        }
        let greeting = self.greeting.as_deref()?;
        Some(has_word(greeting, "LMTP"))
    }
}

/// What follows the verb of a line.
fn argument_of(line: &str) -> &str {
    line.split_once([' ', '\t'])
        .map_or("", |(_, argument)| argument)
}

fn has_word(text: &str, word: &str) -> bool {
    let mut words = text.split([' ', '\t', '\n', ',', ';', '(', ')']);
    words.any(|one| one.eq_ignore_ascii_case(word))
}

fn is_transaction(phase: Phase) -> bool {
    matches!(phase, Phase::Transaction { .. } | Phase::Message)
}

fn has_recipient(phase: Phase) -> bool {
    match phase {
        Phase::Transaction { accepted, .. } => accepted > 0,
        Phase::Message | Phase::Submitted => true,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::smtp::Verb;

    fn condition(text: &str) -> Condition {
        Condition::try_from(text.to_owned()).unwrap()
    }

    #[test]
    fn facts_of_the_answered_line() {
        let table = [
            ("MAIL FROM:<a@b.example> SIZE=1k", "argument size=", true),
            ("MAIL FROM:<a@b.example> SIZE=1k", "parameter", true),
            ("MAIL FROM:<a@b.example>", "parameter", false),
            ("MAIL FROM: <a@b.example>", "space after colon", true),
            ("MAIL FROM:<a@b.example>", "space after colon", false),
            ("RCPT TO:b@c.example", "no brackets", true),
            ("RCPT TO: <b@c.example>", "no brackets", false),
            ("RCPT TO:<j\u{f6}rg@c.example>", "beyond ascii", true),
            ("AUTH", "bare", true),
            ("AUTH PLAIN", "bare", false),
            ("*", "cancelled", true),
        ];
        for (line, text, expected) in table {
            let situation = Situation {
                line: Some(line.to_owned()),
                ..Situation::after(Some(Awaited::Command(Verb::Noop)))
            };
            let met = situation.meets(&condition(text));
            assert_eq!(met, Some(expected), "{line}: {text}");
        }
    }

    #[test]
    fn nothing_is_known_without_a_session() {
        let situation = Situation::default();
        for text in ["tls", "not tls", "offers AUTH", "lmtp", "recipient", "bare"] {
            assert_eq!(situation.meets(&condition(text)), None, "{text}");
            assert!(!situation.meets_all(&[condition(text)]), "{text}");
        }
    }
}
