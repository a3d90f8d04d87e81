//! The mechanisms of AUTH by their strength.

use crate::smtp::{Link, Situation};

/// Those that can be done here, the strongest first.
const BY_STRENGTH: &[&str] = &[
    "SCRAM-SHA-256-PLUS",
    "SCRAM-SHA-1-PLUS",
    "SCRAM-SHA-256",
    "SCRAM-SHA-1",
    "OAUTHBEARER",
    "XOAUTH2",
    "EXTERNAL",
    "CRAM-MD5",
    "PLAIN",
    "LOGIN",
    "ANONYMOUS",
];

/// What the server offers, the strongest first; behind them those that only it knows.
pub(super) fn offered<'a>(situation: &Situation<'a>) -> Vec<&'a str> {
    let mut offered = situation
        .capabilities()
        .map(|capabilities| capabilities.mechanisms())
        .unwrap_or_default();
    offered.sort_by_key(|name| rank(name));
    offered
}

/// The strongest that is offered and can be done here: without TLS there is no channel to bind to.
pub(super) fn strongest<'a>(situation: &Situation<'a>) -> Option<&'a str> {
    let bound = situation.standing.link != Link::Clear;
    offered(situation)
        .into_iter()
        .find(|name| rank(name) < BY_STRENGTH.len() && (bound || !name.ends_with("-PLUS")))
}

/// Those that can be done here and are not offered.
pub(super) fn others(situation: &Situation<'_>) -> impl Iterator<Item = &'static str> {
    let offered = offered(situation);
    BY_STRENGTH
        .iter()
        .copied()
        .filter(move |name| !offered.iter().any(|other| other.eq_ignore_ascii_case(name)))
}

fn rank(name: &str) -> usize {
    BY_STRENGTH
        .iter()
        .position(|known| known.eq_ignore_ascii_case(name))
        .unwrap_or(BY_STRENGTH.len())
}
