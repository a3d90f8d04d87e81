//! Failures and dangers as questions: what happened, what it usually means, what can be done.

use crossterm::event::KeyCode;

use super::connection::Goal;
use super::popup::choice::{Answer, Choice};
use crate::config::{Target, TlsChoice};
use crate::manual;
use crate::net::{
    Attempt, ConnectError, DnsError, Failure, MailRoute, MailServers, OldVersion, Plan,
    ResolveError, Security, TlsError, TlsFacts,
};
use crate::smtp::Exposure;

/// Ports that mail servers listen on, in the order in which they are worth a try.
const PORTS: [u16; 3] = [587, 465, 25];

/// The port that always begins with TLS (RFC 8314 section 3.3).
const SUBMISSIONS: u16 = 465;

/// The key of a port 25 from which nothing came.
const SILENCE: &str = "timed-out-25";

/// The question after a connection to `goal` that could not be made.
pub fn choice(failure: &Failure, goal: Option<&Goal>) -> Choice {
    let server = goal.map_or_else(String::new, |goal| goal.target.to_string());
    let plan = goal.map(|goal| goal.plan.clone()).unwrap_or_default();
    let domain = goal.and_then(|goal| goal.domain.as_deref());
    let (port, implicit) = (plan.port, plan.security == Security::Implicit);
    let mut lines = vec![failure.to_string()];
    if let Failure::Connect(attempts) = failure {
        lines.extend(
            attempts
                .iter()
                .map(|attempt| format!("  {}: {}", attempt.address, attempt.error)),
        );
    }
    lines.push(String::new());
    lines.extend(words(failure, &plan, domain));
    let mut choice = Choice::new(format!("no connection to {server}"), lines)
        .option(KeyCode::Char('r'), "try again", Answer::Reconnect)
        .option(KeyCode::Char('e'), "edit where to connect", Answer::Edit);
    if implicit && may_be_plain(failure, port) {
        let words = "try the same port without TLS";
        choice = choice.option(KeyCode::Char('n'), words, Answer::Tls(TlsChoice::None));
    }
    let other = PORTS.into_iter().find(|&other| other != port);
    if let (Some(other), true) = (other, is_of_port(failure)) {
        choice = choice.option(
            KeyCode::Char('p'),
            format!("try port {other}"),
            Answer::Port(other),
        );
    }
    choice
}

/// Whether a port on which TLS was begun at once, and failed so, may be one without it.
fn may_be_plain(failure: &Failure, port: u16) -> bool {
    match failure {
        Failure::Tls(TlsError::PlainText(_)) => true,
        Failure::Tls(TlsError::Closed | TlsError::TimedOut(_)) => port != SUBMISSIONS,
        _ => false,
    }
}

/// Whether another port may do better: the same name has the same address there, and the same
/// certificate.
fn is_of_port(failure: &Failure) -> bool {
    !matches!(
        failure,
        Failure::Resolve(_) | Failure::MailRoute(_) | Failure::Tls(TlsError::NotVerified(_))
    )
}

/// Whether nothing at all came back from port 25.
pub fn is_silence(failure: &Failure, port: u16) -> bool {
    let Failure::Connect(attempts) = failure else {
        return false;
    };
    attempts_key(attempts, port) == SILENCE
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

/// What a failure of such a connection usually means, and what to try. `domain` is the one whose mail
/// server it was to be, where that was looked up.
pub fn words(failure: &Failure, plan: &Plan, domain: Option<&str>) -> Vec<String> {
    let mut lines = beyond(failure).unwrap_or_else(|| {
        let known = manual::failure(key(failure, plan, domain));
        vec![known.means, known.r#try]
    });
    if let Failure::Tls(TlsError::Offers { offer, .. }) = failure {
        lines.extend(
            s_client(plan, offer.version).map(|line| format!("openssl still gets in: {line}")),
        );
    }
    lines
}

/// The command with which openssl still gets in where we cannot.
fn s_client(plan: &Plan, version: OldVersion) -> Option<String> {
    // The name may come from the DNS, and the line is made to be pasted into a shell.
    let is_plain = |c: char| c.is_ascii_alphanumeric() || ".-_:".contains(c);
    if !plan.host.chars().all(is_plain) {
        return None;
    }
    let host = if plan.host.contains(':') {
        format!("[{}]", plan.host)
    } else {
        plan.host.clone()
    };
    let starttls = if plan.security == Security::Implicit {
        ""
    } else {
        " -starttls smtp"
    };
    Some(format!(
        "openssl s_client -connect {host}:{}{starttls} {} -cipher ALL:@SECLEVEL=0",
        plan.port,
        version.openssl_option()?
    ))
}

/// What is known of the alert or the certificate behind a failure, which says more than its kind.
fn beyond(failure: &Failure) -> Option<Vec<String>> {
    match failure {
        Failure::Tls(TlsError::Alert { number, .. }) => {
            manual::alert(*number).map(|alert| vec![alert.means.clone(), alert.r#try.clone()])
        }
        Failure::Tls(TlsError::NotVerified(verdict)) => verdict
            .faults
            .first()
            .and_then(|fault| manual::certificate(fault.key()))
            .map(|words| vec![words.means.clone(), words.r#try.clone()]),
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
fn key(failure: &Failure, plan: &Plan, domain: Option<&str>) -> &'static str {
    let implicit = plan.security == Security::Implicit;
    match failure {
        Failure::Cancelled => "cancelled",
        Failure::Resolve(error) => match error {
            ResolveError::NotFound | ResolveError::Other(_) => match domain {
                None => "not-found",
                Some(domain) if domain == plan.host => "no-exchanger",
                Some(_) => "dead-exchanger",
            },
            ResolveError::NoneOfFamily(_) => "none-of-family",
            ResolveError::Unavailable => "resolver-unsure",
            ResolveError::TimedOut(_) => "resolver",
        },
        Failure::MailRoute(error) => match error {
            DnsError::NoSuchName | DnsError::BadName(_) => "no-domain",
            DnsError::Failed => "resolver-failed",
            DnsError::Refused(_) => "resolver-refused",
            DnsError::NoResolver | DnsError::Silent => "resolver",
        },
        Failure::Connect(attempts) => attempts_key(attempts, plan.port),
        Failure::Tls(error) => match error {
            TlsError::PlainText(_) if !implicit => "tls-plain-starttls",
            TlsError::PlainText(_) => "tls-plain",
            TlsError::Offers { offer, .. } if !offer.is_too_old() => "tls-old-suite",
            TlsError::TooOld | TlsError::Offers { .. } if implicit => "tls-too-old",
            TlsError::TooOld | TlsError::Offers { .. } => "tls-too-old-starttls",
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

/// The key of addresses none of which let us in.
fn attempts_key(attempts: &[Attempt], port: u16) -> &'static str {
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

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::net::Verdict;

    fn to(host: &str, port: u16, security: Security) -> Plan {
        Plan {
            host: host.to_owned(),
            port,
            security,
            ..Plan::default()
        }
    }

    #[test]
    fn what_the_dns_did_is_told_as_it_was() {
        let domain = Some("example.org");
        // What failed, the host, the domain that was looked up, and the key.
        let table = [
            (
                Failure::MailRoute(DnsError::Failed),
                "",
                None,
                "resolver-failed",
            ),
            (
                Failure::MailRoute(DnsError::Refused(5)),
                "",
                None,
                "resolver-refused",
            ),
            (Failure::MailRoute(DnsError::Silent), "", None, "resolver"),
            (
                Failure::MailRoute(DnsError::NoSuchName),
                "",
                None,
                "no-domain",
            ),
            (
                Failure::Resolve(ResolveError::Unavailable),
                "mx.example",
                None,
                "resolver-unsure",
            ),
            (
                Failure::Resolve(ResolveError::NotFound),
                "mx.example",
                None,
                "not-found",
            ),
            (
                Failure::Resolve(ResolveError::NotFound),
                "mx.example",
                domain,
                "dead-exchanger",
            ),
            (
                Failure::Resolve(ResolveError::NotFound),
                "example.org",
                domain,
                "no-exchanger",
            ),
        ];
        for (failure, host, domain, expected) in table {
            let plan = to(host, 25, Security::None);
            let key = key(&failure, &plan, domain);
            assert_eq!(key, expected, "{failure:?}");
            assert!(manual::knows_failure(key), "{key}");
            // The MX was asked already.
            let advice = words(&failure, &plan, domain).concat();
            assert_eq!(advice.contains("ask its MX"), key == "not-found", "{key}");
        }
    }

    #[test]
    fn what_cannot_work_is_not_offered() {
        let verdict = Verdict::default();
        let patience = Duration::from_secs(30);
        // What failed on a port, and whether it is worth to try it without TLS, and another port.
        let table = [
            (TlsError::PlainText(b"220".to_vec()), 465, true, true),
            (TlsError::Closed, 2525, true, true),
            (TlsError::Closed, 465, false, true),
            (TlsError::TimedOut(patience), 465, false, true),
            (TlsError::TooOld, 2525, false, true),
            (TlsError::NothingInCommon, 2525, false, true),
            (TlsError::NotVerified(verdict), 465, false, false),
        ];
        for (error, port, plain, other) in table {
            let failure = Failure::Tls(error);
            assert_eq!(may_be_plain(&failure, port), plain, "{failure} on {port}");
            assert_eq!(is_of_port(&failure), other, "{failure} on {port}");
        }
        // In clear it can be spoken to only where TLS comes later.
        for (security, key_of_it) in [
            (Security::Implicit, "tls-too-old"),
            (Security::None, "tls-too-old-starttls"),
        ] {
            let plan = to("mx.example", 25, security);
            let found = key(&Failure::Tls(TlsError::TooOld), &plan, None);
            assert_eq!(found, key_of_it);
            let clear = words(&Failure::Tls(TlsError::TooOld), &plan, None).concat();
            assert_eq!(clear.contains("in clear"), security == Security::None);
        }
    }

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
                for security in [Security::StartTls, Security::Implicit] {
                    let plan = to("mx.example", port, security);
                    let key = key(failure, &plan, None);
                    assert!(manual::knows_failure(key), "{failure:?}");
                }
            }
        }
        let no_route = Failure::Connect(vec![
            attempt(ConnectError::Unreachable),
            attempt(ConnectError::TimedOut(patience)),
        ]);
        assert_eq!(
            key(&no_route, &to("mx.example", 587, Security::None), None),
            "timed-out"
        );
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
