//! The SASL mechanisms that a server offers, by strength.

use crate::smtp::sasl::{Mechanism, Needs};
use crate::smtp::{Link, LintContext};

/// The mechanisms that the server offers, the strongest first, those that this program lacks last.
pub(super) fn offered<'a>(context: &LintContext<'a>) -> Vec<&'a str> {
    let mut offered = context
        .capabilities()
        .map(|capabilities| capabilities.mechanisms())
        .unwrap_or_default();
    offered.sort_by_key(|name| rank(name));
    offered
}

/// The strongest offered mechanism that this program supports here: channel binding needs TLS. Tokens and
/// certificates are only proposed if nothing else is offered.
pub(super) fn strongest<'a>(context: &LintContext<'a>) -> Option<&'a str> {
    let bound = context.status.link != Link::Clear;
    let possible = |name: &&str| {
        Mechanism::parse(name).filter(|mechanism| bound || !mechanism.needs_binding())
    };
    let all: Vec<&str> = offered(context)
        .into_iter()
        .filter(|name| possible(name).is_some())
        .collect();
    let usual =
        |name: &&&str| possible(name).is_some_and(|mechanism| mechanism.needs() == Needs::Password);
    all.iter().find(usual).or(all.first()).copied()
}

/// The mechanism to propose for a line typed by hand. If TLS is verified, one that can be typed.
pub(super) fn usual<'a>(context: &LintContext<'a>) -> Option<&'a str> {
    let typed = |name: &&str| {
        let mechanism = Mechanism::parse(name);
        matches!(mechanism, Some(Mechanism::Plain | Mechanism::Login))
    };
    let by_hand = || offered(context).into_iter().find(typed);
    let is_safe = context.status.link == Link::Verified;
    is_safe
        .then(by_hand)
        .flatten()
        .or_else(|| strongest(context))
}

/// The mechanisms that this program supports and the server does not offer.
pub(super) fn others(context: &LintContext<'_>) -> impl Iterator<Item = &'static str> {
    let offered = offered(context);
    let names = Mechanism::ALL.into_iter().map(Mechanism::name);
    names.filter(move |name| !offered.iter().any(|other| other.eq_ignore_ascii_case(name)))
}

fn rank(name: &str) -> usize {
    let known = |one: &Mechanism| one.name().eq_ignore_ascii_case(name);
    let all = Mechanism::ALL;
    all.iter().position(known).unwrap_or(all.len())
}
