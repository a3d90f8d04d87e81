//! The next step: the ghost text at an empty prompt, and the words about it.

use super::context::Context;
use super::mechanism;
use crate::smtp::{CapabilityState, Link, Phase, Verb};

/// The port of relays, which take mail without a login.
const RELAY: u16 = 25;

/// The verb that is usual now.
pub(super) fn verb(context: &Context<'_>) -> Option<Verb> {
    let lint = &context.lint;
    let status = lint.status;
    if status.waiting.is_some() {
        return None;
    }
    let refused = |verb| context.lint.refused == Some(verb);
    Some(match status.phase {
        Phase::Transaction { .. } | Phase::Ready if context.seen.name_refused => Verb::Ehlo,
        Phase::Greeted if refused(Verb::Ehlo) => Verb::Helo,
        Phase::Greeted => Verb::Ehlo,
        Phase::Ready if context.seen.delivered => Verb::Quit,
        Phase::Ready
            if status.link == Link::Clear
                && lint.offers("STARTTLS")
                && !refused(Verb::StartTls) =>
        {
            Verb::StartTls
        }
        Phase::Ready
            if !status.authenticated
                && !context.seen.login_refused
                && lint.port != RELAY
                && mechanism::strongest(lint).is_some() =>
        {
            Verb::Auth
        }
        Phase::Ready => Verb::Mail,
        Phase::Transaction { accepted: 0, .. } => Verb::Rcpt,
        Phase::Transaction { .. } => Verb::Data,
        _ => return None,
    })
}

/// The key in `assets/phases.toml` of the words about the next step. None if the words of the phase
/// apply.
pub fn step_key(context: &Context<'_>) -> Option<&'static str> {
    let status = context.lint.status;
    let forgotten = status.capabilities.now == CapabilityState::Discarded;
    Some(match (verb(context)?, status.phase) {
        (Verb::Ehlo, Phase::Greeted) if forgotten => "greeted-again",
        (Verb::Ehlo, Phase::Greeted) => "greeted",
        (Verb::Ehlo, _) => "name-refused",
        (Verb::Helo, _) => "ehlo-refused",
        (Verb::StartTls, _) => "ready-starttls",
        (Verb::Auth, _) => "ready-auth",
        (Verb::Quit, _) => "delivered",
        (Verb::Mail, _) if context.seen.login_refused => "ready-after-auth",
        (Verb::Mail, _) => "ready",
        _ => return None,
    })
}

/// The next command, as far as it is known.
pub(super) fn line(context: &Context<'_>) -> Option<String> {
    verb(context).map(|verb| begin(verb.name(), context))
}

/// A verb with its arguments, as far as they are known.
pub(super) fn begin(name: &str, context: &Context<'_>) -> String {
    let closed =
        |address: Option<&str>| address.map_or_else(String::new, |known| format!("{known}>"));
    match Verb::parse(name) {
        Verb::Ehlo | Verb::Helo | Verb::Lhlo => {
            format!("{name} {}", context.lint.name)
        }
        Verb::Mail => format!("MAIL FROM:<{}", closed(sender(context))),
        Verb::Rcpt => format!("RCPT TO:<{}", closed(recipient(context))),
        // The mechanism is chosen in the login form, which Tab opens.
        Verb::Auth => "AUTH ".to_owned(),
        _ => {
            let known = crate::manual::command(name);
            let form = known.and_then(|known| known.arguments.first());
            match form {
                Some(argument) if argument.form.starts_with("FROM:<") => format!("{name} FROM:<"),
                Some(argument) if !argument.optional => format!("{name} "),
                _ => name.to_owned(),
            }
        }
    }
}

/// The sender: the last one, or the user who is logged in. None if MAIL was just refused.
pub(super) fn sender<'a>(context: &Context<'a>) -> Option<&'a str> {
    let seen = context.seen;
    let latest = seen.senders.last().map(String::as_str);
    let latest = latest.filter(|_| context.lint.refused != Some(Verb::Mail));
    latest.or(seen
        .login
        .as_deref()
        .filter(|_| context.lint.refused != Some(Verb::Mail)))
}

/// The recipient: the last one, unless this transaction already has a recipient.
pub(super) fn recipient<'a>(context: &Context<'a>) -> Option<&'a str> {
    let begun = matches!(
        context.lint.status.phase,
        Phase::Transaction { accepted, refused } if accepted + refused > 0
    );
    let latest = context.seen.recipients.last().map(String::as_str);
    latest.filter(|_| !begun)
}
