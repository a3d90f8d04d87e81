//! What is known about a session at the moment a line was answered.

use super::line::{of_host_name, of_line};
use super::response::SentResponse;
use crate::manual::{Advice, Condition, Fact, StepAction, awaited_key};
use crate::smtp::draft::{DraftIssue, is_mail_header};
use crate::smtp::sasl::{Mechanism, Needs};
use crate::smtp::{Awaited, Capabilities, LMTP_PORT, ParsedCommand, Phase, SizeLimit, Verb};

/// What is known about a session at the moment a line was answered, before the answer changes it.
/// `None` means not known: a log may begin in the middle, and a reply may be given without a session.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Situation {
    /// What the reply answers.
    pub awaited: Option<Awaited>,
    /// The line that was answered, without its secret. `None` for a response of a login, and for a line
    /// that may be one.
    pub line: Option<String>,
    /// Whether it was sent before the greeting was complete.
    pub early: Option<bool>,
    /// Whether it was sent before the reply to EHLO had come.
    pub sent_with_ehlo: Option<bool>,
    /// What the latest response of the login was that explains the refusal, or what it was if none does.
    pub response: Option<SentResponse>,
    /// Whether the octets of a refused BDAT stand before the line.
    pub after_chunk: Option<bool>,
    /// Whether the line is BDAT, and the octets after it do not end with CR LF.
    pub chunk_unended: Option<bool>,
    /// How large the message is that was sent, in octets.
    pub message_size: Option<u64>,
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
    /// Whether the latest MAIL was refused.
    pub mail_refused: Option<bool>,
    /// What ended the latest transaction.
    pub ended_by: Option<EndedBy>,
    /// The name that EHLO, HELO or LHLO gave last, accepted or not.
    pub ehlo_name: Option<String>,
    /// Whether a BDAT or BURL was refused, and no RSET has followed.
    pub chunk_refused: Option<bool>,
    /// Whether a line before was a request of HTTP.
    pub after_http: Option<bool>,
    /// Whether the latest login sent a password or token without encryption.
    pub password_exposed: Option<bool>,
    /// Whether the line before ended a login: it was refused or cancelled.
    pub login_ended: Option<bool>,
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

/// What ended a transaction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EndedBy {
    /// Nothing: none was open on this connection, or one is.
    Nothing,
    /// The message, accepted or not.
    Message,
    /// RSET.
    Rset,
    /// EHLO, HELO or LHLO.
    Ehlo,
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

    /// Whether the advice may be given: none of its conditions is known to be false, and those that it
    /// depends on are known to be true.
    pub fn admits(&self, advice: &Advice) -> bool {
        if !self.meets_all(&advice.only) {
            return false;
        }
        let needs = advice.action.map_or_else(Vec::new, StepAction::needs);
        let mut conditions = advice.when.iter().chain(&needs);
        conditions.all(|one| self.meets(one) != Some(false))
    }

    fn value(&self, fact: &Fact) -> Option<bool> {
        match fact {
            Fact::Tls => self.tls,
            Fact::Port(port) => self.port.map(|known| known == *port),
            Fact::Early => self.early,
            Fact::SentWithEhlo => self.sent_with_ehlo,
            Fact::Answers(verb) => self.awaited.map(|awaited| awaited_key(awaited) == verb),
            Fact::NeedsMail => self.is(needs_mail),
            Fact::Lmtp | Fact::Greeted | Fact::Helo | Fact::Offers(_) => self.about_server(fact),
            Fact::LoggedIn
            | Fact::CanLogIn
            | Fact::MechanismOffered
            | Fact::Mechanism(_)
            | Fact::Token
            | Fact::LoginEnded
            | Fact::InitialResponse
            | Fact::Cancelled
            | Fact::Response => self.about_login(fact),
            Fact::ResponseEmpty
            | Fact::ResponseStar
            | Fact::ResponseEquals
            | Fact::ResponseCommand
            | Fact::ResponsePlainText
            | Fact::ResponseMalformed
            | Fact::ResponseNoUser
            | Fact::ResponseNewline
            | Fact::ResponseUnpadded
            | Fact::ActsForAnother => self.about_response(fact),
            Fact::Transaction
            | Fact::Recipient
            | Fact::RefusedRecipients
            | Fact::MailRefused
            | Fact::EndedByMessage
            | Fact::EndedByRset
            | Fact::EndedByEhlo
            | Fact::Smtputf8
            | Fact::Chunks
            | Fact::ChunkUnended
            | Fact::ChunkRefused
            | Fact::AfterChunk
            | Fact::BlankLine
            | Fact::HeaderMissing
            | Fact::BelowSize => self.about_transaction(fact),
            Fact::PasswordExposed => self.password_exposed,
            Fact::AfterHttp => self.after_http,
            Fact::ParameterNotOffered => {
                self.capabilities.as_ref()?;
                Some(self.unoffered_parameter().is_some())
            }
            Fact::Header => {
                let other = self.is(|awaited| awaited == Awaited::Command(Verb::Other))?;
                Some(other && is_mail_header(self.line.as_deref()?))
            }
            _ => {
                let of_line = self.line.as_deref().and_then(|line| of_line(line, fact));
                let introduces =
                    |awaited| matches!(awaited, Awaited::Command(verb) if verb.is_introduction());
                let earlier = self
                    .ehlo_name
                    .as_deref()
                    .filter(|_| !self.awaited.is_some_and(introduces));
                of_line.or_else(|| of_host_name(earlier?, fact))
            }
        }
    }

    fn about_server(&self, fact: &Fact) -> Option<bool> {
        match fact {
            Fact::Offers(name) => self.capabilities.as_ref().map(|now| now.offers(name)),
            Fact::Lmtp => self.is_lmtp(),
            Fact::Greeted => self.greeted.map(|greeted| greeted != Greeted::No),
            Fact::Helo => self.greeted.map(|greeted| greeted == Greeted::Helo),
            _ => None,
        }
    }

    fn about_login(&self, fact: &Fact) -> Option<bool> {
        let mechanism = self.mechanism.as_deref();
        match fact {
            Fact::LoggedIn => self.logged_in,
            Fact::CanLogIn => self.can_log_in(),
            Fact::MechanismOffered => self.mechanism_offered(),
            Fact::Mechanism(name) => mechanism.map(|known| known.eq_ignore_ascii_case(name)),
            Fact::Token => {
                let known = mechanism.and_then(Mechanism::parse);
                known.map(|known| known.needs() == Needs::Token)
            }
            Fact::LoginEnded => self.login_ended,
            Fact::InitialResponse => self.initial_response,
            Fact::Cancelled => self.is(|awaited| awaited == Awaited::SaslCancel),
            Fact::Response => {
                self.is(|awaited| matches!(awaited, Awaited::SaslResponse | Awaited::SaslCancel))
            }
            _ => None,
        }
    }

    fn about_response(&self, fact: &Fact) -> Option<bool> {
        let wanted = match fact {
            Fact::ResponseEmpty => SentResponse::Empty,
            Fact::ResponseStar => SentResponse::Star,
            Fact::ResponseEquals => SentResponse::Equals,
            Fact::ResponseCommand => SentResponse::Command,
            Fact::ResponsePlainText => SentResponse::PlainText,
            Fact::ResponseMalformed => SentResponse::Malformed,
            Fact::ResponseNoUser => SentResponse::NoUser,
            Fact::ResponseNewline => SentResponse::Newline,
            Fact::ResponseUnpadded => SentResponse::Unpadded,
            Fact::ActsForAnother => SentResponse::ForAnother,
            _ => return None,
        };
        self.response.map(|response| response == wanted)
    }

    fn about_transaction(&self, fact: &Fact) -> Option<bool> {
        let ended = |by| self.ended_by.map(|ending| ending == by);
        match fact {
            Fact::Transaction => self.phase.map(is_transaction),
            Fact::Recipient => self.phase.map(has_recipient),
            Fact::RefusedRecipients => self.phase.map(has_refused_recipient),
            Fact::MailRefused => self.mail_refused,
            Fact::EndedByMessage => ended(EndedBy::Message),
            Fact::EndedByRset => ended(EndedBy::Rset),
            Fact::EndedByEhlo => ended(EndedBy::Ehlo),
            Fact::Smtputf8 => {
                let mail = format!("MAIL {}", self.mail.as_deref()?);
                Some(has_parameter(&ParsedCommand::parse(&mail), "SMTPUTF8"))
            }
            Fact::Chunks => self.chunks,
            Fact::ChunkUnended => self.chunk_unended,
            Fact::ChunkRefused => self.chunk_refused,
            Fact::AfterChunk => self.after_chunk,
            Fact::BelowSize => match self.capabilities.as_ref()?.size()? {
                SizeLimit::Octets(limit) => Some(self.message_size? < limit),
                SizeLimit::Unstated => None,
            },
            Fact::BlankLine => self
                .message_has(DraftIssue::is_about_blank_line)
                .map(|no_line| !no_line),
            Fact::HeaderMissing => self.message_has(DraftIssue::is_missing_header),
            _ => None,
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

fn has_parameter(line: &ParsedCommand<'_>, name: &str) -> bool {
    let mut parameters = line.parameters();
    parameters.any(|token| line.text_of(token).eq_ignore_ascii_case(name))
}

/// Whether MAIL must precede what was sent.
fn needs_mail(awaited: Awaited) -> bool {
    matches!(
        awaited,
        Awaited::Command(Verb::Rcpt | Verb::Data | Verb::Bdat | Verb::Burl) | Awaited::Chunk { .. }
    )
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

fn has_refused_recipient(phase: Phase) -> bool {
    matches!(phase, Phase::Transaction { refused, .. } if refused > 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_known_without_a_session() {
        let situation = Situation::default();
        for text in ["tls", "not tls", "offers AUTH", "lmtp", "recipient", "bare"] {
            let condition = Condition::try_from(text.to_owned()).unwrap();
            assert_eq!(situation.meets(&condition), None, "{text}");
            assert!(!situation.meets_all(&[condition]), "{text}");
        }
    }
}
