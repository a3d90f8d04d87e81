//! Failures and dangers as questions: what happened, what it usually means, what can be done.

use crossterm::event::KeyCode;

use super::connection::Goal;
use super::popup::choice::{Answer, Choice};
use crate::config::{Target, TlsChoice};
use crate::manual;
use crate::net::{
    ConnectError, DnsError, Failure, MailRoute, MailServers, ResolveError, Security, TlsError,
    TlsFacts,
};
use crate::smtp::Exposure;

/// Ports that mail servers listen on, in the order in which they are worth a try.
const PORTS: [u16; 3] = [587, 465, 25];

/// The key of a port 25 from which nothing came.
const SILENCE: &str = "timed-out-25";

/// The question after a connection to `goal` that could not be made.
pub fn choice(failure: &Failure, goal: Option<&Goal>) -> Choice {
    let server = goal.map_or_else(String::new, |goal| goal.target.to_string());
    let port = goal.map_or(0, |goal| goal.target.port);
    let implicit = goal.is_some_and(|goal| goal.plan.security == Security::Implicit);
    let mut lines = vec![failure.to_string()];
    if let Failure::Connect(attempts) = failure {
        lines.extend(
            attempts
                .iter()
                .map(|attempt| format!("  {}: {}", attempt.address, attempt.error)),
        );
    }
    lines.push(String::new());
    lines.extend(words(failure, port, implicit));
    let mut choice = Choice::new(format!("no connection to {server}"), lines)
        .option(KeyCode::Char('r'), "try again", Answer::Reconnect)
        .option(KeyCode::Char('e'), "edit where to connect", Answer::Edit);
    if implicit && matches!(failure, Failure::Tls(_)) {
        let words = "try the same port without TLS";
        choice = choice.option(KeyCode::Char('n'), words, Answer::Tls(TlsChoice::None));
    }
    let other = PORTS.into_iter().find(|&other| other != port);
    if let (Some(other), false) = (
        other,
        matches!(failure, Failure::Resolve(_) | Failure::MailRoute(_)),
    ) {
        choice = choice.option(
            KeyCode::Char('p'),
            format!("try port {other}"),
            Answer::Port(other),
        );
    }
    choice
}

/// Whether nothing at all came back from port 25.
pub fn is_silence(failure: &Failure, port: u16) -> bool {
    key(failure, port, false) == SILENCE
}

/// The question where the mail for a domain is to go; `port` is the port of each server.
pub fn exchangers(route: &MailRoute, port: u16) -> Choice {
    let hosts: Vec<(String, String)> = match &route.servers {
        MailServers::None => Vec::new(),
        MailServers::Itself => vec![(route.domain.clone(), "the domain's own address".to_owned())],
        MailServers::Exchangers(exchangers) => exchangers
            .iter()
            .map(|one| (one.host.clone(), format!("preference {}", one.preference)))
            .collect(),
    };
    let more = hosts.len().saturating_sub(exchanger_keys().count());
    let mut words = vec![route.to_string()];
    if more > 0 {
        words.push(format!(
            "{more} more have no letter left; :connect HOST:{port} reaches them"
        ));
    }
    let mut choice = Choice::new(format!("mail for {}", route.domain), words);
    // A name that no host has is no one's to connect to.
    let targets = hosts.into_iter().filter_map(|(host, words)| {
        let target = Target::parse(&host).ok()?;
        Some((Target { port, ..target }, words))
    });
    for (letter, (target, words)) in exchanger_keys().zip(targets) {
        let words = format!("connect to {}, {words}", target.host);
        choice = choice.option(KeyCode::Char(letter), words, Answer::Exchanger(target));
    }
    choice.option(KeyCode::Char('e'), "edit where to connect", Answer::Edit)
}

/// The keys of the servers in their order: digits, then letters but that of editing.
fn exchanger_keys() -> impl Iterator<Item = char> {
    ('1'..='9').chain(('a'..='z').filter(|letter| *letter != 'e'))
}

/// What a failure on this port usually means, and what to try.
pub fn words(failure: &Failure, port: u16, implicit: bool) -> [String; 2] {
    beyond(failure).unwrap_or_else(|| {
        let known = manual::failure(key(failure, port, implicit));
        [known.means, known.r#try]
    })
}

/// What is known of the alert or the certificate behind a failure, which says more than its kind.
fn beyond(failure: &Failure) -> Option<[String; 2]> {
    match failure {
        Failure::Tls(TlsError::Alert { number, .. }) => {
            manual::alert(*number).map(|alert| [alert.means.clone(), alert.r#try.clone()])
        }
        Failure::Tls(TlsError::NotVerified(verdict)) => verdict
            .faults
            .first()
            .and_then(|fault| manual::certificate(fault.key()))
            .map(|words| [words.means.clone(), words.r#try.clone()]),
        _ => None,
    }
}

/// The question before a secret goes over such a link, and what either answer means.
pub fn consent(exposure: Exposure, yes: Answer, no: Answer, tls: Option<&TlsFacts>) -> Choice {
    let mut words = Vec::new();
    match exposure {
        Exposure::Clear => {
            words.push("This carries a secret and the connection is not encrypted.".to_owned());
            words.push("Anyone on the way can read it.".to_owned());
        }
        Exposure::Unverified => {
            words.push(
                "This carries a secret, and the certificate does not prove who reads it:"
                    .to_owned(),
            );
            words.extend(tls.map(|tls| tls.verdict.to_string()));
        }
    }
    words.push("Yes counts for later secrets on this connection too.".to_owned());
    Choice::new("send the secret?", words)
        .option(KeyCode::Char('y'), "send it all the same", yes)
        .or_else(no)
}

/// The failure's key in the assets.
fn key(failure: &Failure, port: u16, implicit: bool) -> &'static str {
    match failure {
        Failure::Cancelled => "cancelled",
        Failure::Resolve(error) => match error {
            ResolveError::NotFound | ResolveError::Other(_) => "not-found",
            ResolveError::NoneOfFamily(_) => "none-of-family",
            ResolveError::Unavailable | ResolveError::TimedOut(_) => "resolver",
        },
        Failure::MailRoute(error) => match error {
            DnsError::NoSuchName | DnsError::BadName(_) => "not-found",
            _ => "resolver",
        },
        Failure::Connect(attempts) => {
            // Where there is no IPv6, what came of the other addresses is the reason.
            let errors: Vec<_> = attempts.iter().map(|attempt| &attempt.error).collect();
            let routed = |error: &&ConnectError| !matches!(error, ConnectError::Unreachable);
            let only_some = errors.iter().copied().any(|error| routed(&error));
            let all = |wanted: fn(&ConnectError) -> bool| {
                let counts = |error: &&ConnectError| !only_some || routed(error);
                errors.iter().copied().filter(counts).all(wanted)
            };
            if all(|error| matches!(error, ConnectError::Refused)) {
                "refused"
            } else if all(|error| matches!(error, ConnectError::TimedOut(_))) {
                if port == 25 { SILENCE } else { "timed-out" }
            } else if all(|error| matches!(error, ConnectError::Unreachable)) {
                "unreachable"
            } else if all(|error| matches!(error, ConnectError::Denied)) {
                "denied"
            } else {
                "no-address"
            }
        }
        Failure::Tls(error) => match error {
            TlsError::PlainText(_) if !implicit => "tls-plain-starttls",
            TlsError::PlainText(_) => "tls-plain",
            TlsError::Offers { offer, .. } if !offer.is_too_old() => "tls-old-suite",
            TlsError::TooOld | TlsError::Offers { .. } => "tls-too-old",
            TlsError::OtherVersion(_) => "tls-other-version",
            TlsError::NothingInCommon => "tls-nothing-in-common",
            TlsError::CertificateWanted(_) => "tls-certificate-wanted",
            TlsError::NotVerified(_) => "tls-not-verified",
            TlsError::TooLarge => "tls-too-large",
            TlsError::Alert { .. } => "tls-alert",
            TlsError::Closed => "tls-closed",
            TlsError::TimedOut(_) => "tls-timed-out",
            TlsError::Injected(_) => "tls-injected",
            TlsError::Unanswered => "tls-unanswered",
            TlsError::BadName(_) | TlsError::Other(_) => "tls-other",
        },
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::net::Attempt;

    #[test]
    fn every_failure_is_explained() {
        let attempt = |error| Attempt {
            address: ([192, 0, 2, 1], 25).into(),
            error,
            took: Duration::ZERO,
        };
        let patience = Duration::from_secs(30);
        let failures = [
            Failure::Cancelled,
            Failure::Resolve(ResolveError::NotFound),
            Failure::Resolve(ResolveError::NoneOfFamily("IPv6")),
            Failure::Resolve(ResolveError::Unavailable),
            Failure::Connect(vec![attempt(ConnectError::Refused)]),
            Failure::Connect(vec![attempt(ConnectError::TimedOut(patience))]),
            Failure::Connect(vec![attempt(ConnectError::Unreachable)]),
            Failure::Connect(vec![attempt(ConnectError::Denied)]),
            Failure::Connect(vec![
                attempt(ConnectError::Refused),
                attempt(ConnectError::TimedOut(patience)),
            ]),
            Failure::Tls(TlsError::PlainText(b"220".to_vec())),
            Failure::Tls(TlsError::TooOld),
            Failure::Tls(TlsError::NothingInCommon),
            Failure::Tls(TlsError::Alert {
                number: 80,
                name: "internal_error".to_owned(),
            }),
            Failure::Tls(TlsError::Closed),
            Failure::Tls(TlsError::TimedOut(patience)),
            Failure::Tls(TlsError::Injected(5)),
            Failure::Tls(TlsError::Unanswered),
            Failure::Tls(TlsError::Other(String::new())),
        ];
        for port in [25, 587] {
            for failure in &failures {
                for implicit in [true, false] {
                    let key = key(failure, port, implicit);
                    assert!(manual::knows_failure(key), "{failure:?}");
                }
            }
        }
        let no_route = Failure::Connect(vec![
            attempt(ConnectError::Unreachable),
            attempt(ConnectError::TimedOut(patience)),
        ]);
        assert_eq!(key(&no_route, 587, false), "timed-out");
        assert!(is_silence(&no_route, 25));
        let choice = choice(&failures[5], None);
        let answers = |port| {
            choice
                .options
                .iter()
                .any(|option| option.answer == Answer::Port(port))
        };
        assert!(answers(587), "{choice:?}");
    }
}
