//! STARTTLS, the handshake and the certificate.

use super::reach::no_session;
use super::{Check, Context, Finding, Status, not_checked};
use crate::headless::conversation::Stop;
use crate::headless::outcome::first_line;
use crate::headless::stage::Stage;
use crate::headless::survey::{Survey, stop_text};
use crate::manual;
use crate::net::{CertificateFault, Dane, Failure, Security, TlsFacts, Tlsa};

/// The port of submission, where passwords go.
const SUBMISSION: u16 = 587;

/// Whether STARTTLS is offered and works. `None` if it is not wanted.
pub(super) fn start_tls(survey: &Survey, context: &Context<'_>) -> Option<Finding> {
    let check = Check::StartTls;
    if context.security != Security::StartTls {
        return None;
    }
    if survey.tls.is_some() {
        return Some(Finding::ok(check, "offered, and it works"));
    }
    let Some(offers) = &survey.clear else {
        return Some(not_checked(check, no_session(survey)));
    };
    let critical = |value: String| Finding::new(check, Status::Critical, value);
    let finding = if let Some(refusal) = &survey.start_tls_refusal {
        critical(format!("offered, and refused: {}", first_line(refusal)))
            .with_action("Check the certificate and key that the server is configured with")
    } else if let Some((stage @ Stage::Tls, stop)) = &survey.stop {
        critical(format!("offered, and fails: {}", tls_text(*stage, stop)))
            .with_action("Servers that insist on TLS cannot deliver: ehlo tls says more")
    } else if !offers.offers("STARTTLS") {
        let status = match context.port {
            SUBMISSION => Status::Critical,
            _ => Status::Warning,
        };
        Finding::new(check, status, "not offered").with_action(
            "Give the server a certificate and offer STARTTLS: without it mail can be read on the way",
        )
    } else {
        not_checked(check, "the session ended before it")
    };
    Some(finding)
}

/// What the handshake settled.
pub(super) fn tls(survey: &Survey, context: &Context<'_>) -> Option<Finding> {
    let check = Check::Tls;
    if let Some(facts) = &survey.tls {
        let value = format!("{}, {}, {}", facts.version, facts.suite, facts.group);
        return Some(Finding::ok(check, value));
    }
    match (&survey.stop, context.security) {
        (_, Security::None) => None,
        (Some((stage, stop)), Security::Implicit) => {
            let value = tls_text(*stage, stop);
            Some(
                Finding::new(check, Status::Critical, value).with_action(
                    "ehlo tls says more; --tls starttls is for ports that begin in clear",
                ),
            )
        }
        // STARTTLS says it.
        (_, Security::StartTls) if survey.clear.is_some() => None,
        _ => Some(not_checked(check, no_session(survey))),
    }
}

fn tls_text(stage: Stage, stop: &Stop) -> String {
    match stop {
        Stop::Failed(Failure::Tls(error)) => error.to_string(),
        _ => stop_text(stage, stop),
    }
}

/// The verdict, the days that are left, and DANE. Empty without TLS.
pub(super) fn certificate(survey: &Survey, context: &Context<'_>) -> Vec<Finding> {
    let Some(facts) = &survey.tls else {
        return Vec::new();
    };
    let mut findings = vec![verdict(facts, context)];
    findings.extend(expiry(facts, context));
    findings.extend(dane(facts));
    findings
}

fn verdict(facts: &TlsFacts, context: &Context<'_>) -> Finding {
    let check = Check::Certificate;
    let names = facts.leaf().map_or(&[][..], |leaf| &leaf.names);
    // DANE has its own finding.
    let is_own = |fault: &&CertificateFault| !matches!(fault, CertificateFault::TlsaMismatch);
    let faults: Vec<&CertificateFault> = facts.verdict.faults.iter().filter(is_own).collect();
    let Some(first) = faults.first().filter(|_| !facts.verdict.is_verified()) else {
        let others = faults.iter().map(ToString::to_string);
        let finding = Finding::ok(check, format!("verified: {}", list(names)));
        return others.fold(finding, |finding, fault| {
            finding.shown_by(format!("trusted by its key, without which: {fault}"))
        });
    };
    if matches!(first, CertificateFault::NotChecked) {
        return not_checked(check, "--verify off");
    }
    let enforced = matches!(facts.dane, Dane::Authentic(_));
    let status = match (context.security, context.port) {
        (Security::Implicit, _) | (_, SUBMISSION) => Status::Critical,
        _ if enforced => Status::Critical,
        _ => Status::Warning,
    };
    let words: Vec<String> = faults.iter().map(ToString::to_string).collect();
    let mut finding = Finding::new(check, status, words.join("; "));
    if let Some(leaf) = facts.leaf() {
        let line = format!("{}, issued by {}", leaf.subject, leaf.issuer);
        finding = finding.shown_by(line);
    }
    match manual::certificate(first.key()) {
        Some(words) => finding.with_action(words.action.clone()),
        None => finding,
    }
}

/// The first names of a list.
fn list(names: &[String]) -> String {
    const SHOWN: usize = 5;
    let first: Vec<&str> = names.iter().take(SHOWN).map(String::as_str).collect();
    let more = names.len().saturating_sub(SHOWN);
    match more {
        0 => first.join(", "),
        more => format!("{} and {more} more", first.join(", ")),
    }
}

/// The days that are left. `None` if it has expired, which is a part of the verdict.
fn expiry(facts: &TlsFacts, context: &Context<'_>) -> Option<Finding> {
    let leaf = facts.leaf()?;
    if leaf.expired {
        return None;
    }
    let status = if leaf.days_left < context.limits.critical_days {
        Status::Critical
    } else if leaf.days_left < context.limits.warn_days {
        Status::Warning
    } else {
        Status::Ok
    };
    let value = format!("{} left, until {}", leaf.distance, leaf.not_after);
    let finding = Finding::new(Check::Expiry, status, value);
    Some(match status {
        Status::Ok => finding,
        _ => {
            finding.with_action("Renew the certificate, and reload the server so that it sends it")
        }
    })
}

fn dane(facts: &TlsFacts) -> Option<Finding> {
    let check = Check::Dane;
    let mismatch = facts
        .verdict
        .faults
        .contains(&CertificateFault::TlsaMismatch);
    Some(match &facts.dane {
        Dane::NotAsked => return None,
        Dane::NoRecords => Finding::ok(check, "no TLSA records"),
        Dane::Unauthentic(_) | Dane::Failed(_) => {
            Finding::new(check, Status::Unknown, facts.dane.to_string())
        }
        Dane::Authentic(_) if mismatch => Finding::new(
            check,
            Status::Critical,
            "the TLSA records do not match the certificate",
        )
        .shown_by(facts.dane.to_string())
        .with_action(
            "Publish a TLSA record of the new key before it is used: servers that check DANE \
                     deliver nothing now",
        ),
        Dane::Authentic(records) if !records.iter().any(Tlsa::is_usable) => {
            Finding::new(check, Status::Unknown, facts.dane.to_string())
        }
        Dane::Authentic(_) => {
            Finding::ok(check, "the TLSA records match").shown_by(facts.dane.to_string())
        }
    })
}
