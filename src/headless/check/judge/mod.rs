//! Judges what was measured. No I/O: the same measurement always has the same findings.

mod names;
mod reach;
mod route;
mod tls;

use std::time::Duration;

use super::finding::{Check, Finding};
use super::measurement::{Endpoint, Host, Measurement};
use super::status::Status;
use super::verdict::not_checked;
use super::{CheckOptions, CheckTarget, Limits};
use crate::headless::conversation::Answer;
use crate::headless::outcome::first_line;
use crate::net::Security;

/// What is known of a server besides what was measured.
struct Context<'a> {
    limits: &'a Limits,
    port: u16,
    security: Security,
    relay_test: Option<&'a str>,
}

/// The findings of a target: those of its route, then those of each host and each address.
pub(super) fn judge(
    measurement: &Measurement,
    target: &CheckTarget,
    options: &CheckOptions,
) -> Vec<Finding> {
    let context = Context {
        limits: &options.limits,
        port: target.plan.port,
        security: target.plan.security,
        relay_test: options.relay_test.as_deref(),
    };
    let mut findings: Vec<Finding> = Vec::new();
    if let Some(route) = &measurement.route {
        findings.push(route::route(route, &target.plan.host));
    }
    for host in &measurement.hosts {
        findings.extend(of_host(host, &context));
    }
    findings
}

fn of_host(host: &Host, context: &Context<'_>) -> Vec<Finding> {
    let mut findings: Vec<Finding> = route::host(host).into_iter().collect();
    for finding in &mut findings {
        finding.host = Some(host.name.clone());
    }
    for endpoint in &host.endpoints {
        let of_endpoint = of_endpoint(endpoint, context).into_iter();
        findings.extend(of_endpoint.map(|finding| Finding {
            host: Some(host.name.clone()),
            address: Some(endpoint.address),
            ..finding
        }));
    }
    findings
}

fn of_endpoint(endpoint: &Endpoint, context: &Context<'_>) -> Vec<Finding> {
    let survey = &endpoint.survey;
    let ip = endpoint.address.ip();
    let mut findings = vec![reach::connect(survey, context)];
    findings.extend(
        endpoint
            .reverse
            .as_ref()
            .map(|found| names::reverse(found, ip)),
    );
    if survey.connect_time.is_some() {
        if context.security == Security::Implicit {
            findings.extend(tls::tls(survey, context));
        }
        findings.push(reach::greeting(survey, context));
        findings.extend(names::own(&endpoint.names, ip));
        findings.push(reach::ehlo(survey));
        findings.extend(reach::auth(survey));
        if context.security != Security::Implicit {
            findings.extend(tls::start_tls(survey, context));
            findings.extend(tls::tls(survey, context));
        }
        findings.extend(tls::certificate(survey, context));
        findings.extend(relay(&survey.relay, context));
        findings.extend(time(endpoint, context));
    }
    findings
}

/// The relay test: whether the server takes mail from and to an address that is not its own.
fn relay(replies: &[Answer], context: &Context<'_>) -> Option<Finding> {
    let address = context.relay_test?;
    let said =
        |answer: &Answer| format!("{}: {}", answer.awaited.name(), first_line(&answer.reply));
    let Some(last) = replies.last() else {
        return Some(not_checked(Check::Relay, "the session ended before it"));
    };
    let finding = if !last.is_refusal() && replies.len() == 2 {
        Finding::new(
            Check::Relay,
            Status::Critical,
            format!("takes mail from and to {address} without a login"),
        )
        .with_action(
            "Unless this machine is allowed to relay, close it: spammers find open relays within hours",
        )
    } else if last.reply.code().is_some_and(|code| code.number() < 500) {
        let value = "not decided: the server refuses for now";
        Finding::new(Check::Relay, Status::Unknown, value)
    } else {
        Finding::ok(Check::Relay, format!("refuses mail from and to {address}"))
    };
    Some(replies.iter().map(said).fold(finding, Finding::shown_by))
}

/// How long the session took after the greeting.
fn time(endpoint: &Endpoint, context: &Context<'_>) -> Option<Finding> {
    let took = endpoint.survey.session_time?;
    let value = format!("{} from EHLO to QUIT", shown(took));
    Some(if took > context.limits.slow {
        Finding::new(Check::Time, Status::Warning, value).with_action(
            "Clients give up on slow servers: look at its load, its DNS and its blocklists",
        )
    } else {
        Finding::ok(Check::Time, value)
    })
}

/// A time, as it is shown.
fn shown(time: Duration) -> String {
    match time.as_secs_f64() {
        short if short < 1.0 => format!("{:.0} ms", short * 1000.0),
        long => format!("{long:.1} s"),
    }
}
