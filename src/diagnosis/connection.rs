//! A failed connection: what the failure usually means, and what to try.

use crate::manual::{self, Interceptor};
use crate::net::{
    CertificateFault, ConnectAttempt, ConnectError, ConnectPlan, DnsError, Failure, LegacyVersion,
    ResolveError, Security, TlsError, Verdict,
};

/// The key in the assets if nothing came from port 25.
const PORT_25_TIMED_OUT: &str = "timed-out-25";

/// Whether nothing at all came from port 25.
pub fn port_25_timed_out(failure: &Failure, port: u16) -> bool {
    let Failure::Connect(attempts) = failure else {
        return false;
    };
    attempts_key(attempts, port) == PORT_25_TIMED_OUT
}

/// What a failure usually means, and what to try. `domain` is the domain whose mail server was looked
/// up, if one was.
pub fn advice(failure: &Failure, plan: &ConnectPlan, domain: Option<&str>) -> Vec<String> {
    let general = || lines_of(key(failure, plan, domain));
    let mut lines = specific_advice(failure).unwrap_or_else(general);
    if let Failure::Tls(TlsError::UnsupportedChoice { choice, .. }) = failure {
        lines.extend(
            s_client(plan, choice.version).map(|line| format!("openssl can still connect: {line}")),
        );
    }
    lines
}

/// The openssl command that can connect although this program cannot.
fn s_client(plan: &ConnectPlan, version: LegacyVersion) -> Option<String> {
    // The name may come from the DNS, and the user will paste the line into a shell.
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

/// Advice about the alert or the certificate fault that caused a failure. It is more specific than advice
/// about the kind of failure.
fn specific_advice(failure: &Failure) -> Option<Vec<String>> {
    match failure {
        Failure::Tls(TlsError::Alert { number, .. }) => {
            manual::alert(*number).map(|alert| vec![alert.means.clone(), alert.action.clone()])
        }
        Failure::Tls(TlsError::NotVerified(verdict)) => {
            let fault = verdict.faults.first()?;
            if let Some(product) = interceptor(verdict) {
                return Some(vec![product.means(), product.action()]);
            }
            let words = manual::certificate(fault.key())?;
            Some(vec![words.means.clone(), words.action.clone()])
        }
        _ => None,
    }
}

/// The product on the way that signed the certificate, if it is known and the certificate is for the
/// expected name.
fn interceptor(verdict: &Verdict) -> Option<&'static Interceptor> {
    let is_wrong = |fault: &CertificateFault| matches!(fault, CertificateFault::WrongName { .. });
    if verdict.faults.iter().any(is_wrong) {
        return None;
    }
    verdict.faults.iter().find_map(|fault| match fault {
        CertificateFault::UnknownIssuer {
            issuer,
            organization,
            ..
        } => manual::interceptor([(issuer.as_str(), organization.as_str())], ("", "")),
        _ => None,
    })
}

/// What it may mean that the server closed the connection before its greeting. `implicit`: TLS began at
/// once.
pub fn closed_before_greeting(implicit: bool) -> Vec<String> {
    lines_of(if implicit {
        "closed-in-tls"
    } else {
        "closed-before-greeting"
    })
}

/// What it may mean that the server sends no greeting.
pub fn no_greeting(implicit: bool) -> Vec<String> {
    lines_of(if implicit {
        "no-greeting-in-tls"
    } else {
        "no-greeting"
    })
}

/// The words of a failure: what it means, its causes, what to do.
fn lines_of(key: &str) -> Vec<String> {
    let Some(doc) = manual::failure(key) else {
        return Vec::new();
    };
    let causes = doc.causes.iter().map(|cause| format!("- {cause}"));
    let means = [doc.means.clone()].into_iter();
    means.chain(causes).chain([doc.action.clone()]).collect()
}

/// The key of a failure in the assets.
fn key(failure: &Failure, plan: &ConnectPlan, domain: Option<&str>) -> &'static str {
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
            DnsError::ServerFailure => "resolver-failed",
            DnsError::Refused(_) => "resolver-refused",
            DnsError::NoResolver | DnsError::NoAnswer => "resolver",
        },
        Failure::Connect(attempts) => attempts_key(attempts, plan.port),
        Failure::Tls(error) => match error {
            TlsError::PlainText(_) if !implicit => "tls-plain-starttls",
            TlsError::PlainText(_) => "tls-plain",
            TlsError::UnsupportedChoice { choice, .. } if !choice.is_too_old() => "tls-old-suite",
            TlsError::TooOld | TlsError::UnsupportedChoice { .. } if implicit => "tls-too-old",
            TlsError::TooOld | TlsError::UnsupportedChoice { .. } => "tls-too-old-starttls",
            TlsError::VersionNotAllowed(_) => "tls-other-version",
            TlsError::NothingInCommon => "tls-nothing-in-common",
            TlsError::CertificateWanted(_) => "tls-certificate-wanted",
            TlsError::NotVerified(_) => "tls-not-verified",
            TlsError::TooLarge => "tls-too-large",
            TlsError::Alert { .. } => "tls-alert",
            TlsError::Closed | TlsError::TimedOut(_) if plan.tls.large_hello => "tls-large-hello",
            TlsError::Closed if implicit => "tls-closed",
            TlsError::Closed => "tls-closed-starttls",
            TlsError::TimedOut(_) if implicit => "tls-timed-out",
            TlsError::TimedOut(_) => "tls-timed-out-starttls",
            TlsError::Injected(_) => "tls-injected",
            TlsError::Unanswered => "tls-unanswered",
            TlsError::BadName(_) | TlsError::Other(_) => "tls-other",
        },
    }
}

/// The key for failed connections to all addresses of a host.
fn attempts_key(attempts: &[ConnectAttempt], port: u16) -> &'static str {
    // Addresses without a route do not count if there are others: this host may have no IPv6.
    let errors: Vec<_> = attempts.iter().map(|attempt| &attempt.error).collect();
    let routed = |error: &&ConnectError| !matches!(error, ConnectError::NoRoute);
    let only_some = errors.iter().copied().any(|error| routed(&error));
    let all = |wanted: fn(&ConnectError) -> bool| {
        let counts = |error: &&ConnectError| !only_some || routed(error);
        errors.iter().copied().filter(counts).all(wanted)
    };
    if all(|error| matches!(error, ConnectError::Refused)) {
        "refused"
    } else if all(|error| matches!(error, ConnectError::TimedOut(_))) {
        if port == 25 {
            PORT_25_TIMED_OUT
        } else {
            "timed-out"
        }
    } else if all(|error| matches!(error, ConnectError::NoRoute)) {
        if attempts.iter().all(|attempt| attempt.address.is_ipv6()) {
            "no-route-ipv6"
        } else {
            "no-route"
        }
    } else if all(|error| matches!(error, ConnectError::HostUnreachable)) {
        if port == 25 {
            "host-unreachable-25"
        } else {
            "host-unreachable"
        }
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

    fn to(host: &str, port: u16, security: Security) -> ConnectPlan {
        ConnectPlan {
            host: host.to_owned(),
            port,
            security,
            ..ConnectPlan::default()
        }
    }

    #[test]
    fn dns_failures_have_their_keys() {
        let domain = Some("example.org");
        // The failure, the host, the domain that was looked up, the key.
        let table = [
            (
                Failure::MailRoute(DnsError::ServerFailure),
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
            (Failure::MailRoute(DnsError::NoAnswer), "", None, "resolver"),
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
            assert!(manual::failure(key).is_some(), "{key}");
            // The MX records were already looked up.
            let words = advice(&failure, &plan, domain).concat();
            assert_eq!(
                words.contains("look up its MX"),
                key == "not-found",
                "{key}"
            );
        }
    }

    #[test]
    fn an_antivirus_is_named_and_the_server_is_left_alone() {
        let issuer = CertificateFault::UnknownIssuer {
            issuer: "Avast Web/Mail Shield Root".to_owned(),
            organization: "O=Avast Web/Mail Shield".to_owned(),
            sent: true,
        };
        let verdict = Verdict {
            faults: vec![issuer],
            trusted_by: None,
        };
        let failure = Failure::Tls(TlsError::NotVerified(verdict));
        let plan = to("mx.example", 465, Security::Implicit);
        let advice = advice(&failure, &plan, None).concat();
        assert!(advice.contains("Switch off mail scanning"), "{advice}");
        assert!(!advice.contains("server's file"), "{advice}");
    }

    #[test]
    fn a_large_hello_is_the_suspect_if_no_answer_comes() {
        let mut plan = to("mx.example", 587, Security::StartTls);
        for (large, suspect) in [(true, true), (false, false)] {
            plan.tls.large_hello = large;
            for error in [
                TlsError::Closed,
                TlsError::TimedOut(Duration::from_secs(30)),
            ] {
                let advice = advice(&Failure::Tls(error), &plan, None).concat();
                assert_eq!(advice.contains("--large-hello"), suspect, "{advice}");
            }
        }
    }

    #[test]
    fn advice_to_go_without_tls_needs_a_plain_connection() {
        // Without TLS the server can be reached only if TLS begins later.
        for (security, key_of_it) in [
            (Security::Implicit, "tls-too-old"),
            (Security::None, "tls-too-old-starttls"),
        ] {
            let plan = to("mx.example", 25, security);
            let found = key(&Failure::Tls(TlsError::TooOld), &plan, None);
            assert_eq!(found, key_of_it);
            let clear = advice(&Failure::Tls(TlsError::TooOld), &plan, None).concat();
            assert_eq!(clear.contains("unencrypted"), security == Security::None);
        }
    }

    #[test]
    fn every_failure_is_explained() {
        let attempt = |error| ConnectAttempt {
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
            Failure::Connect(vec![attempt(ConnectError::NoRoute)]),
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
                    assert!(manual::failure(key).is_some(), "{failure:?}");
                }
            }
        }
        // -4 helps only if IPv6 is what failed; a router's word is no missing route.
        let to_ipv6 = ConnectAttempt {
            address: ([0x2001, 0xdb8, 0, 0, 0, 0, 0, 1], 25).into(),
            ..attempt(ConnectError::NoRoute)
        };
        let table = [
            (to_ipv6, "-4", true),
            (attempt(ConnectError::NoRoute), "-4", false),
            (attempt(ConnectError::HostUnreachable), "no route", false),
            (attempt(ConnectError::HostUnreachable), "firewall", true),
        ];
        for (attempt, words, said) in table {
            let plan = to("mx.example", 25, Security::None);
            let failure = Failure::Connect(vec![attempt]);
            let advice = advice(&failure, &plan, None).concat();
            assert_eq!(advice.contains(words), said, "{failure}: {advice}");
        }
        let no_route = Failure::Connect(vec![
            attempt(ConnectError::NoRoute),
            attempt(ConnectError::TimedOut(patience)),
        ]);
        assert_eq!(
            key(&no_route, &to("mx.example", 587, Security::None), None),
            "timed-out"
        );
        assert!(port_25_timed_out(&no_route, 25));
    }
}
