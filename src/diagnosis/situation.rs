//! What is known about a session at the moment a line was answered.

use crate::manual::{Advice, Condition, Fact, StepAction};
use crate::smtp::draft::{DraftIssue, is_mail_header};
use crate::smtp::{
    Awaited, Capabilities, HostNameFault, LMTP_PORT, ParsedCommand, Phase, Verb, host_name_fault,
};

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
    /// Whether the server speaks LMTP, as far as it has shown that itself.
    pub lmtp: Option<bool>,
    /// Whether the connection is encrypted.
    pub tls: Option<bool>,
    /// Whether AUTH has succeeded.
    pub logged_in: Option<bool>,
    /// The SASL mechanism of the latest AUTH line.
    pub mechanism: Option<String>,
    /// Which of EHLO, HELO and LHLO was accepted.
    pub greeted: Option<Greeted>,
    /// What the server offers; unknown before EHLO, and after HELO, which does not ask.
    pub capabilities: Option<Capabilities>,
    /// The argument of the MAIL that was accepted.
    pub mail: Option<String>,
    /// The phase before the reply.
    pub phase: Option<Phase>,
    /// The phase after the reply.
    pub phase_after: Option<Phase>,
    /// Whether a BDAT without LAST was accepted.
    pub chunks: Option<bool>,
    /// Whether the latest AUTH line had a response after its mechanism.
    pub initial_response: Option<bool>,
    /// The faults of the message whose end was answered.
    pub message: Option<Vec<DraftIssue>>,
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
        let line = self.line.as_deref();
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
            Fact::Cancelled => self.is(|awaited| awaited == Awaited::SaslCancel),
            Fact::Response => {
                self.is(|awaited| matches!(awaited, Awaited::SaslResponse | Awaited::SaslCancel))
            }
            Fact::Smtputf8 => {
                let mail = format!("MAIL {}", self.mail.as_deref()?);
                Some(has_parameter(&ParsedCommand::parse(&mail), "SMTPUTF8"))
            }
            Fact::NonAscii => line.map(|line| !line.is_ascii()),
            Fact::InitialResponse => self.initial_response,
            Fact::Header => self
                .is(|awaited| awaited == Awaited::Command(Verb::Other))
                .and_then(|other| Some(other && is_mail_header(line?))),
            Fact::BlankLine => self
                .message_has(DraftIssue::is_about_blank_line)
                .map(|no_line| !no_line),
            Fact::HeaderMissing => self.message_has(DraftIssue::is_missing_header),
            _ => of_line(&ParsedCommand::parse(line?), fact),
        }
    }

    /// No transaction is open any more.
    pub(super) fn end_transaction(&mut self) {
        self.mail = None;
        self.message = None;
        self.chunks = Some(false);
    }

    fn is(&self, test: impl Fn(Awaited) -> bool) -> Option<bool> {
        self.awaited.map(test)
    }

    fn message_has(&self, test: impl Fn(&DraftIssue) -> bool) -> Option<bool> {
        let issues = self.message.as_ref()?;
        Some(issues.iter().any(test))
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

    /// What the server has shown, else the port.
    fn is_lmtp(&self) -> Option<bool> {
        match self.greeted {
            Some(Greeted::Ehlo | Greeted::Helo) => Some(false),
            Some(Greeted::Lhlo) => Some(true),
            _ if self.port == Some(LMTP_PORT) => Some(true),
            _ => self.lmtp,
        }
    }
}

/// A fact about the line that was answered.
fn of_line(line: &ParsedCommand<'_>, fact: &Fact) -> Option<bool> {
    let path = line
        .path
        .as_ref()
        .filter(|path| !path.colon.is_empty() && !path.address.is_empty());
    // None for a line that gives no name; some for a name with or without a fault.
    let fault = || {
        let argument = line.arguments().next().map(|token| line.text_of(token));
        let name = argument.filter(|_| line.verb.is_introduction());
        name.map(host_name_fault)
    };
    match fact {
        Fact::Argument(text) => {
            let argument = &line.text[line.first_word().len()..];
            Some(argument.to_ascii_lowercase().contains(text))
        }
        Fact::Bare => Some(line.tokens.len() == 1),
        Fact::Parameter => Some(line.parameters().next().is_some()),
        Fact::SpaceAfterColon => path.map(|path| !path.blanks[1].is_empty()),
        Fact::NoPath => line.path.as_ref().map(|path| {
            let keyword = &line.text[path.keyword.clone()];
            let expected = if line.verb == Verb::Rcpt {
                "TO"
            } else {
                "FROM"
            };
            !keyword.eq_ignore_ascii_case(expected)
                || path.colon.is_empty()
                || path.address.is_empty()
        }),
        Fact::InBrackets => {
            path.map(|path| path.blanks[1].is_empty() && path.brackets(line.text) == (true, true))
        }
        Fact::NoDomain => path.map(|path| {
            let address = line.text[path.address.clone()].trim_matches(['<', '>']);
            !address.is_empty()
                && !address.contains('@')
                && !address.eq_ignore_ascii_case("postmaster")
        }),
        Fact::BracketOpen => path.map(|path| path.brackets(line.text) == (true, false)),
        Fact::NoBrackets => path.map(|path| !line.text[path.address.clone()].starts_with('<')),
        Fact::ShortName => {
            fault().map(|fault| matches!(fault, Some(HostNameFault::NoDot | HostNameFault::Local)))
        }
        Fact::InvalidName => fault().map(|fault| {
            matches!(
                fault,
                Some(HostNameFault::Character(_) | HostNameFault::Label)
            )
        }),
        Fact::UnderscoreName => fault().map(|fault| fault == Some(HostNameFault::Character('_'))),
        Fact::BadLiteralName => fault().map(|fault| {
            let untagged = |fault| matches!(fault, HostNameFault::UntaggedAddress(_));
            fault.is_some_and(|fault| fault == HostNameFault::Literal || untagged(fault))
        }),
        Fact::AddressName => {
            fault().map(|fault| matches!(fault, Some(HostNameFault::BareAddress(_))))
        }
        _ => None,
    }
}

fn has_parameter(line: &ParsedCommand<'_>, name: &str) -> bool {
    let mut parameters = line.parameters();
    parameters.any(|token| line.text_of(token).eq_ignore_ascii_case(name))
}

/// Whether a transaction can be continued. After the message it is over, whatever the reply.
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
            ("RCPT TO:<\"a> b\"@c.example>", "parameter", false),
            ("EHLO web_1", "ehlo name underscore", true),
            ("EHLO web1", "ehlo name short", true),
            ("EHLO [192.0.2.300]", "ehlo name bad literal", true),
            ("EHLO [192.0.2.30", "ehlo name bad literal", true),
            ("EHLO [IPv6:2001:db8::1]", "ehlo name bad literal", false),
            ("MAIL FROM:<a@b.example>", "in brackets", true),
            ("MAIL FROM:<a@b.example", "in brackets", false),
            ("MAIL FROM:<a@b.example", "bracket open", true),
            ("MAIL", "no path", true),
            ("MAIL FROM:", "no path", true),
            ("MAIL TO:<a@b.example>", "no path", true),
            ("MAIL FROM:<>", "no path", false),
            ("MAIL FROM:<app>", "no domain", true),
            ("MAIL FROM:app", "no domain", true),
            ("MAIL FROM:<>", "no domain", false),
            ("MAIL FROM:<a@b.example>", "no domain", false),
            ("RCPT TO:<Postmaster>", "no domain", false),
            ("RCPT FROM:<a@b.example>", "no path", true),
        ];
        for (line, text, expected) in table {
            let situation = Situation {
                line: Some(line.to_owned()),
                ..Situation::default()
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
