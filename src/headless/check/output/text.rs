//! A report as a page: a section for each host and address.

use std::net::{IpAddr, SocketAddr};

use crate::headless::check::verdict::{NOT_CHECKED, counted};
use crate::headless::check::{Finding, Status, TargetReport};
use crate::manual::Page;

/// Columns of the name of a check, with the blanks after it.
const COLUMN: usize = 13;

/// A report as a page.
pub fn page(report: &TargetReport) -> Page {
    let mut page = Page::new(format!("{}: {}", report.target, report.overall));
    let mut rest = report.findings.as_slice();
    while let Some(first) = rest.first() {
        let place =
            |finding: &&Finding| finding.host == first.host && finding.address == first.address;
        let count = rest.iter().take_while(place).count();
        let (here, after) = rest.split_at(count);
        rest = after;
        let rows = rows(here);
        match (&first.host, first.address) {
            (Some(host), Some(address)) => page.section(&named(host, address), rows),
            (Some(host), None) => page.section(host, rows),
            (None, _) => page.lead(rows),
        }
    }
    if let Some(note) = spared(report) {
        page.section("Overall", [note]);
    }
    page
}

/// The rows of the findings of one place. What could not be checked for the same reason shares one.
fn rows(findings: &[Finding]) -> Vec<String> {
    let mut rows = Vec::new();
    let mut skipped: Vec<(&str, Vec<&str>)> = Vec::new();
    for finding in findings {
        if let Some(why) = finding.value.strip_prefix(NOT_CHECKED) {
            match skipped.iter_mut().find(|(known, _)| *known == why) {
                Some((_, names)) => names.push(finding.check.name()),
                None => skipped.push((why, vec![finding.check.name()])),
            }
            continue;
        }
        let name = finding.check.name();
        rows.push(match finding.status {
            Status::Ok => format!("{name:COLUMN$}ok: {}", finding.value),
            other => format!("{name:COLUMN$}{other}: {}", finding.value),
        });
        let action = finding.action.iter();
        let below = finding.evidence.iter().chain(action);
        rows.extend(below.map(|line| format!("{:COLUMN$}{line}", "")));
    }
    for (why, names) in skipped {
        rows.push(format!(
            "{:COLUMN$}{}: {why}",
            "not checked",
            names.join(", ")
        ));
    }
    rows
}

/// Why the whole is better than its worst part. `None` if it is not.
fn spared(report: &TargetReport) -> Option<String> {
    let findings = &report.findings;
    let worst = findings.iter().map(|finding| finding.status).max()?;
    let spared = worst == Status::Critical && report.overall < worst;
    let mut dead = findings.iter();
    let dead =
        dead.find(|finding| finding.status == worst && counted(finding, findings) < worst)?;
    let host = dead.host.as_deref().unwrap_or_default();
    spared.then(|| {
        format!(
            "{}: mail still gets through another server while {host} does not take it",
            report.overall
        )
    })
}

/// What is different in a later report of the same target: a line for each status that changed.
pub fn changes(before: &TargetReport, now: &TargetReport) -> Vec<String> {
    let mut lines = Vec::new();
    let same = |one: &Finding, other: &Finding| {
        (&one.host, one.address, one.check) == (&other.host, other.address, other.check)
    };
    for finding in &now.findings {
        let earlier = before.findings.iter().find(|one| same(one, finding));
        let was = earlier.map_or(Status::Ok, |one| one.status);
        if was != finding.status {
            let place = place(finding, &now.target);
            let (name, value) = (finding.check.name(), &finding.value);
            lines.push(format!(
                "{place}: {name}: {was}, now {}: {value}",
                finding.status
            ));
        }
    }
    for finding in &before.findings {
        let gone = !now.findings.iter().any(|one| same(one, finding));
        if gone && finding.status != Status::Ok {
            let place = place(finding, &now.target);
            lines.push(format!(
                "{place}: {}: no longer {}",
                finding.check.name(),
                finding.status
            ));
        }
    }
    lines
}

fn place(finding: &Finding, target: &str) -> String {
    match (&finding.host, finding.address) {
        (Some(host), Some(address)) => format!("{target}: {}", named(host, address)),
        (Some(host), None) => format!("{target}: {host}"),
        (None, _) => target.to_owned(),
    }
}

/// A host with its address.
pub(super) fn named(host: &str, address: SocketAddr) -> String {
    match host.parse::<IpAddr>() {
        Ok(ip) if address.ip() == ip => address.to_string(),
        _ => format!("{host} ({address})"),
    }
}
