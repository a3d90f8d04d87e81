//! Logging in without a screen.

use getrandom::fill;

use super::conversation::{Answer, Conversation, Stop};
use crate::smtp::Secret;
use crate::smtp::sasl::{Credentials, Exchange, Mechanism, NONCE_OCTETS, Needs};

/// Who logs in, and how.
#[derive(Clone, Debug)]
pub struct LoginPlan {
    /// The mechanisms to choose from; the first that is offered is used. None: as offered.
    pub mechanisms: Vec<Mechanism>,
    /// The user.
    pub user: String,
    /// The password or token.
    pub secret: Secret,
}

/// Why a login cannot be made from what is known.
#[derive(Debug, thiserror::Error)]
pub enum LoginNeed {
    /// The password has to be asked for, with this question.
    #[error("no password: use env:VAR or file:PATH, or a profile with one")]
    Password(String),
    /// Something else is missing or wrong.
    #[error("{0}")]
    Other(String),
}

/// Why a login ended without being accepted.
#[derive(Debug)]
pub enum LoginFailure {
    /// The conversation stopped.
    Stopped(Stop),
    /// It was not begun, for this reason.
    NotBegun(String),
}

impl From<Stop> for LoginFailure {
    fn from(stop: Stop) -> Self {
        Self::Stopped(stop)
    }
}

/// Logs in at the server `host`:`port`. Returns its last answer.
///
/// # Errors
/// Why there is none.
pub async fn log_in(
    conversation: &mut Conversation,
    plan: &LoginPlan,
    host: &str,
    port: u16,
) -> Result<Answer, LoginFailure> {
    let mechanism = choose(conversation, plan).map_err(LoginFailure::NotBegun)?;
    let credentials = Credentials {
        authzid: String::new(),
        user: plan.user.clone(),
        secret: plan.secret.clone(),
        host: host.to_owned(),
        port,
    };
    let mut nonce = [0; NONCE_OCTETS];
    fill(&mut nonce).map_err(|error| LoginFailure::NotBegun(error.to_string()))?;
    let first = mechanism.usually_sends_first();
    let exchange = Exchange::new(mechanism, credentials, None, &nonce, first);
    let exchange = exchange.map_err(|error| LoginFailure::NotBegun(error.to_string()))?;
    let answer = conversation.authenticate(exchange).await?;
    answer.ok_or_else(|| LoginFailure::NotBegun("the login got no reply".to_owned()))
}

/// The mechanism to use: the first of the wanted that is offered; if the server offers none, the first
/// of the wanted.
fn choose(conversation: &Conversation, plan: &LoginPlan) -> Result<Mechanism, String> {
    let capabilities = conversation.status().capabilities.current();
    let offered: Vec<String> = capabilities.map_or_else(Vec::new, |now| {
        now.mechanisms().iter().map(ToString::to_string).collect()
    });
    let is_offered = |mechanism: Mechanism| {
        offered
            .iter()
            .any(|name| name.eq_ignore_ascii_case(mechanism.name()))
    };
    let bound = conversation.tls().is_some();
    let fits = |mechanism: &Mechanism| {
        mechanism.needs() == Needs::Password
            && is_offered(*mechanism)
            && (bound || !mechanism.needs_binding())
    };
    if plan.mechanisms.is_empty() {
        // The list has the best first.
        let found = Mechanism::ALL.into_iter().find(fits);
        return found.ok_or_else(|| match offered.join(" ") {
            none if none.is_empty() => "the server offers no AUTH".to_owned(),
            offered => format!("no mechanism fits: the server offers {offered}"),
        });
    }
    let wanted = plan.mechanisms.iter().copied();
    let found = wanted.clone().find(|&mechanism| is_offered(mechanism));
    // What the user asks for by its only name is sent, whatever the server says.
    let found = found.or_else(|| wanted.clone().next().filter(|_| plan.mechanisms.len() == 1));
    found.ok_or_else(|| format!("none is offered: the server offers {}", offered.join(" ")))
}
