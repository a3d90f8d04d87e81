//! The connection, the greeting and the reply to EHLO.

use std::time::Duration;

use super::{Check, Context, Finding, Status, not_checked, shown};
use crate::headless::conversation::Stop;
use crate::headless::outcome::first_line;
use crate::headless::stage::Stage;
use crate::headless::survey::{Survey, is_welcome, stop_text};
use crate::net::{ConnectError, Failure, Security};
use crate::smtp::{Keyword, SizeLimit, count};

const MIB: u64 = 1024 * 1024;

/// A time that is a warning if it is longer than the limit.
fn timed(check: Check, took: Duration, value: String, context: &Context<'_>) -> Finding {
    if took <= context.limits.slow {
        return Finding::ok(check, value);
    }
    let limit = context.limits.slow.as_secs_f64();
    Finding::new(
        check,
        Status::Warning,
        format!("{value} (more than {limit} s)"),
    )
}

pub(super) fn connect(survey: &Survey, context: &Context<'_>) -> Finding {
    if let Some(took) = survey.connect_time {
        return timed(Check::Connect, took, shown(took), context);
    }
    let Some((stage, stop)) = &survey.stop else {
        return not_checked(Check::Connect, "nothing was tried");
    };
    let Stop::Failed(Failure::Connect(attempts)) = stop else {
        let status = match stop {
            Stop::TimedOut(_) | Stop::Failed(_) => Status::Critical,
            Stop::Ended(_) | Stop::NotSent(_) => Status::Unknown,
        };
        return Finding::new(Check::Connect, status, stop_text(*stage, stop));
    };
    let Some(attempt) = attempts.first() else {
        return Finding::new(Check::Connect, Status::Critical, stop_text(*stage, stop));
    };
    let (status, action) = match attempt.error {
        ConnectError::Refused => (
            Status::Critical,
            format!(
                "Start the server, or let it listen on port {}",
                context.port
            ),
        ),
        ConnectError::NoRoute | ConnectError::Denied => (
            Status::Unknown,
            "This machine cannot reach the address: check from another network".to_owned(),
        ),
        ConnectError::TimedOut(_) if context.port == 25 => (
            Status::Critical,
            "Many networks block port 25: check from another network before you blame the server"
                .to_owned(),
        ),
        ConnectError::TimedOut(_)
        | ConnectError::HostUnreachable
        | ConnectError::Superseded
        | ConnectError::Other(_) => (
            Status::Critical,
            "Check whether the host is up, and the firewalls on the way".to_owned(),
        ),
    };
    Finding::new(Check::Connect, status, attempt.error.to_string()).with_action(action)
}

pub(super) fn greeting(survey: &Survey, context: &Context<'_>) -> Finding {
    let check = Check::Greeting;
    if let Some(reply) = &survey.greeting {
        let took = survey.greeting_time.unwrap_or_default();
        let value = format!("{}: {}", shown(took), first_line(reply));
        if !is_welcome(reply) {
            return Finding::new(check, Status::Critical, value)
                .with_action("The server refuses this client or all: its log says why");
        }
        let finding = timed(check, took, value, context);
        return match finding.status {
            Status::Ok => finding,
            _ => finding.with_action(
                "Clients may give up: look at slow lookups (reverse DNS, blocklists) and at a greeting \
                 that is delayed on purpose",
            ),
        };
    }
    if context.security == Security::Implicit && survey.tls.is_none() {
        return not_checked(check, "there is no TLS");
    }
    if let Some(line) = &survey.other_line {
        let line = String::from_utf8_lossy(line);
        return Finding::new(check, Status::Critical, format!("not SMTP: {line}"))
            .with_action("Something else listens on this port: check the port");
    }
    let (value, action) = match &survey.stop {
        Some((stage, stop @ Stop::TimedOut(_))) => (
            stop_text(*stage, stop),
            "TLS may begin with the first byte here (--tls implicit); else look at the server's load and \
             lookups, or wait longer by --reply-timeout",
        ),
        Some((stage, stop)) => (
            format!("none: {}", stop_text(*stage, stop)),
            "The server or a firewall refuses this client: the server's log says why",
        ),
        None => ("none".to_owned(), "The server's log says why"),
    };
    Finding::new(check, Status::Critical, value).with_action(action)
}

pub(super) fn ehlo(survey: &Survey) -> Finding {
    let check = Check::Ehlo;
    if let Some(refusal) = &survey.ehlo_refusal {
        return Finding::new(
            check,
            Status::Critical,
            format!("refused: {}", first_line(refusal)),
        )
        .with_action(
            "Without EHLO there is no TLS and no login: look for a proxy before the server",
        );
    }
    if let Some((stage @ (Stage::FirstHelo | Stage::Helo), stop)) = &survey.stop {
        return Finding::new(check, Status::Critical, stop_text(*stage, stop))
            .with_action("The server's log says why it does not answer EHLO");
    }
    let Some(offers) = survey.offers() else {
        return not_checked(check, no_session(survey));
    };
    let size = match offers.size() {
        Some(SizeLimit::Octets(octets)) if octets >= MIB => {
            format!("messages up to {} MiB", octets / MIB)
        }
        Some(SizeLimit::Octets(octets)) => format!("messages up to {octets} octets"),
        Some(SizeLimit::Unstated) => "no stated limit of size".to_owned(),
        None => "no SIZE".to_owned(),
    };
    let extensions = count(offers.keywords.len() as u64, "extension", "extensions");
    let value = format!("{extensions}, {size}");
    let names: Vec<&str> = offers
        .keywords
        .iter()
        .map(|keyword| keyword.name.as_str())
        .collect();
    let masked = offers.keywords.iter().find(|keyword| keyword.is_masked());
    let mut finding = match masked {
        None => Finding::ok(check, value),
        Some(keyword) => Finding::new(
            check,
            Status::Warning,
            format!("{value}; something on the way overwrites {}", keyword.name),
        )
        .with_action("Switch off SMTP inspection in the firewall before the server"),
    };
    if !names.is_empty() {
        finding = finding.shown_by(names.join(" "));
    }
    if let Some(text) = &offers.no_keyword {
        finding = finding.shown_by(format!("a line that is no extension: {text}"));
    }
    finding
}

/// Why there is no session whose parts could be checked.
pub(super) fn no_session(survey: &Survey) -> &'static str {
    match &survey.greeting {
        Some(reply) if is_welcome(reply) => "EHLO is not answered",
        Some(_) => "the greeting is a refusal",
        None => "there is no greeting",
    }
}

/// Logins before TLS. `None` if there is no session without TLS.
pub(super) fn auth(survey: &Survey) -> Option<Finding> {
    let mechanisms = survey.clear.as_ref()?.mechanisms().join(" ");
    Some(if mechanisms.is_empty() {
        Finding::ok(Check::Auth, "not offered before TLS")
    } else {
        let value = format!("offered before TLS: {mechanisms}");
        Finding::new(Check::Auth, Status::Warning, value)
            .shown_by(line(survey.clear.as_ref()?.keyword("AUTH")))
            .with_action("Offer logins under TLS only: passwords go in clear otherwise")
    })
}

fn line(keyword: Option<&Keyword>) -> String {
    keyword.map_or_else(String::new, |keyword| {
        format!("{} {}", keyword.name, keyword.parameters)
    })
}
