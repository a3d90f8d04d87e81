//! The next step: the ghost text at an empty prompt, and the words about it.

use super::context::Context;
use super::mechanism;
use crate::smtp::{CapabilityState, Link, ParsedCommand, Phase, Verb};

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
        Phase::Transaction { .. } | Phase::Ready if context.seen.name_refused => {
            Verb::introduction(0, status.lmtp)
        }
        Phase::Greeted if lint.takes_lhlo() => Verb::Lhlo,
        Phase::Greeted if refused(Verb::Ehlo) => Verb::Helo,
        Phase::Greeted => Verb::Ehlo,
        Phase::Ready if context.seen.delivered => Verb::Quit,
        Phase::Ready
            if status.link == Link::Clear
                && lint.offers("STARTTLS")
                && !context.seen.starttls_refused =>
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
        (Verb::Lhlo, Phase::Greeted) => "greeted-lmtp",
        (Verb::Ehlo | Verb::Lhlo, _) => "name-refused",
        (Verb::Helo, _) => "ehlo-refused",
        (Verb::StartTls, _) => "ready-starttls",
        (Verb::Auth, _) => "ready-auth",
        (Verb::Quit, _) => "delivered",
        (Verb::Mail, _) if context.seen.login_refused => "ready-after-auth",
        (Verb::Mail, _) => "ready",
        _ => return None,
    })
}

/// The next command, if it is known as a whole: what is proposed must not be refused as it stands.
pub(super) fn line(context: &Context<'_>) -> Option<String> {
    let verb = verb(context)?;
    let is_known = match verb {
        Verb::Mail => sender(context).is_some(),
        Verb::Rcpt => recipient(context).is_some(),
        _ => true,
    };
    is_known.then(|| begin(verb.name(), context))
}

/// A verb with its arguments, as far as they are known.
pub(super) fn begin(name: &str, context: &Context<'_>) -> String {
    let closed =
        |address: Option<String>| address.map_or_else(String::new, |known| format!("{known}>"));
    match Verb::parse(name) {
        Verb::Ehlo | Verb::Helo | Verb::Lhlo => {
            format!("{name} {}", context.lint.name)
        }
        Verb::Mail => format!("MAIL FROM:<{}", closed(sender(context))),
        Verb::Rcpt => format!("RCPT TO:<{}", closed(recipient(context))),
        // The login form, which Tab opens, offers all mechanisms.
        Verb::Auth => format!(
            "AUTH {}",
            mechanism::usual(&context.lint).unwrap_or_default()
        ),
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

/// The sender: the last one, the user who is logged in, the last one in the history, or one with our
/// own name. None if that one was just refused.
pub(super) fn sender(context: &Context<'_>) -> Option<String> {
    let seen = context.seen;
    let latest = seen.senders.last();
    let refused = latest.filter(|_| context.lint.refused == Some(Verb::Mail));
    let known = latest.into_iter().chain(&seen.login).cloned();
    let own = || Some(format!("me@{}", domain(context.lint.name)));
    known
        .chain(in_history(context, Verb::Mail))
        .chain(std::iter::once_with(own).flatten())
        .find(|address| Some(address) != refused)
}

/// The recipient: the last one, the sender if logged in, or the last one in the history. None of those
/// that this transaction already has. No other is proposed: somebody would get the mail.
pub(super) fn recipient(context: &Context<'_>) -> Option<String> {
    let seen = context.seen;
    let tried = match context.lint.status.phase {
        Phase::Transaction { accepted, refused } => accepted.saturating_add(refused),
        _ => 0,
    };
    let tried = usize::try_from(tried).unwrap_or(usize::MAX);
    let begun = &seen.recipients[seen.recipients.len().saturating_sub(tried)..];
    let latest = seen.recipients.last();
    let oneself = seen
        .senders
        .last()
        .filter(|_| context.lint.status.authenticated);
    // The last one is proposed for the first recipient only.
    latest
        .filter(|_| tried == 0)
        .into_iter()
        .chain(oneself)
        .cloned()
        .chain(in_history(context, Verb::Rcpt))
        .find(|address| !begun.contains(address))
}

/// The last address in the history after this verb.
fn in_history(context: &Context<'_>, verb: Verb) -> Option<String> {
    context.history.iter().rev().find_map(|text| {
        let line = ParsedCommand::parse(text);
        let path = line.path.as_ref().filter(|_| line.verb == verb)?;
        let address = &text[path.bare_address(text)];
        address.contains('@').then(|| address.to_owned())
    })
}

/// The domain for an address of our own: the name for EHLO, if it is a domain.
fn domain(name: &str) -> &str {
    let is_domain = name.contains('.') && !name.starts_with('[');
    if is_domain { name } else { "example.org" }
}
