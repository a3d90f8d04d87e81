//! A line of advice: a cause, or something to do, and when it applies.

use serde::Deserialize;

use super::condition::{Condition, Fact};
use super::value::described;

/// A cause or a step. In the assets: a text, or `{ say = TEXT, when = [CONDITIONS], only = [CONDITIONS], do
/// = ACTION }`.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq)]
#[serde(from = "Written")]
pub struct Advice {
    /// The words: of a step an imperative, of a cause a noun phrase or a clause.
    pub words: String,
    /// It is given only if none of these is known to be false.
    pub when: Vec<Condition>,
    /// It is given only if all of these are known to be true.
    pub only: Vec<Condition>,
    /// What the step does, if it is a step of the protocol or one the program can do.
    pub action: Option<StepAction>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Written {
    Words(String),
    Table(Table),
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Table {
    say: String,
    #[serde(default)]
    when: Vec<Condition>,
    #[serde(default)]
    only: Vec<Condition>,
    #[serde(rename = "do")]
    action: Option<StepAction>,
}

impl From<Written> for Advice {
    fn from(written: Written) -> Self {
        match written {
            Written::Words(words) => Self {
                words,
                when: Vec::new(),
                only: Vec::new(),
                action: None,
            },
            Written::Table(table) => Self {
                words: table.say,
                when: table.when,
                only: table.only,
                action: table.action,
            },
        }
    }
}

/// The words of each line of advice.
pub(super) fn words_of(advice: &[Advice]) -> impl Iterator<Item = String> {
    advice.iter().map(|one| described(&one.words))
}

/// What a step begins with. Each has preconditions, see [`needs`](Self::needs).
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "kebab-case")]
pub enum StepAction {
    /// Send STARTTLS, then EHLO.
    Starttls,
    /// Send EHLO.
    Ehlo,
    /// Send HELO.
    Helo,
    /// Send LHLO.
    Lhlo,
    /// Send MAIL.
    Mail,
    /// Send RCPT.
    Rcpt,
    /// Send DATA.
    Data,
    /// Send RSET.
    Rset,
    /// Log in.
    Login,
    /// Log in with an OAuth token.
    Oauth,
    /// Send the line again with SMTPUTF8.
    Smtputf8,
    /// Connect again to the same server.
    Reconnect,
    /// Connect with TLS from the first octet, port 465.
    ImplicitTls,
    /// Connect to the submission port, 587.
    Submission,
    /// Look up the MX of the recipient's domain.
    Mx,
}

impl StepAction {
    /// The preconditions, and that its effect is not reached yet.
    pub fn needs(self) -> Vec<Condition> {
        let offers = |name: &str| Condition::is(Fact::Offers(name.to_owned()));
        match self {
            Self::Starttls => vec![
                Condition::is_not(Fact::Tls),
                offers("starttls"),
                Condition::is_not(Fact::Transaction),
            ],
            // RFC 4954 section 4: AUTH is refused while a transaction is open.
            Self::Login => vec![
                Condition::is(Fact::CanLogIn),
                Condition::is_not(Fact::Transaction),
            ],
            Self::Oauth => vec![
                Condition::is_not(Fact::LoggedIn),
                Condition::is_not(Fact::Transaction),
            ],
            Self::Ehlo | Self::Helo => vec![Condition::is_not(Fact::Lmtp)],
            Self::Rcpt | Self::Data => vec![Condition::is(Fact::Transaction)],
            Self::Smtputf8 => vec![
                offers("smtputf8"),
                Condition::is_not(Fact::Argument("smtputf8".to_owned())),
            ],
            Self::ImplicitTls => vec![
                Condition::is_not(Fact::Tls),
                Condition::is_not(Fact::Port(465)),
            ],
            Self::Submission => vec![
                Condition::is_not(Fact::Port(587)),
                Condition::is_not(Fact::Port(465)),
            ],
            Self::Lhlo | Self::Mail | Self::Rset | Self::Reconnect | Self::Mx => Vec::new(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Deserialize)]
    struct Rows {
        next: Vec<Advice>,
    }

    #[test]
    fn advice_is_a_text_or_a_table() {
        let rows: Rows = toml::from_str(
            "next = ['wait', { say = 'send STARTTLS', do = 'starttls', when = ['port 25'] }]",
        )
        .unwrap();
        assert_eq!(rows.next[0].words, "wait");
        assert_eq!(rows.next[1].action, Some(StepAction::Starttls));
        assert_eq!(rows.next[1].when, [Condition::is(Fact::Port(25))]);
    }

    #[test]
    fn a_misspelt_action_or_condition_is_an_error() {
        for text in [
            "next = [{ say = 'x', do = 'startls' }]",
            "next = [{ say = 'x', when = ['tsl'] }]",
            "next = [{ say = 'x', wen = [] }]",
        ] {
            assert!(toml::from_str::<Rows>(text).is_err(), "{text}");
        }
    }
}
