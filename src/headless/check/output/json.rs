//! Reports as lines of JSON: one for each finding, one for each target, one at the end.

use std::net::SocketAddr;

use serde::Serialize;

use crate::headless::check::{Check, Finding, Status, TargetReport, worst};

/// A finding.
#[derive(Serialize)]
struct JsonFinding<'a> {
    target: &'a str,
    host: Option<&'a str>,
    address: Option<SocketAddr>,
    check: Check,
    status: Status,
    value: &'a str,
    evidence: &'a [String],
    action: Option<&'a str>,
}

/// What a target came to.
#[derive(Serialize)]
struct JsonTarget<'a> {
    target: &'a str,
    overall: Status,
    seconds: Option<f64>,
    certificate_days: Option<i64>,
}

/// The last line.
#[derive(Serialize)]
struct JsonEnd {
    end: bool,
    overall: Status,
}

impl<'a> JsonFinding<'a> {
    fn of(target: &'a str, finding: &'a Finding) -> Self {
        Self {
            target,
            host: finding.host.as_deref(),
            address: finding.address,
            check: finding.check,
            status: finding.status,
            value: &finding.value,
            evidence: &finding.evidence,
            action: finding.action.as_deref(),
        }
    }
}

/// The reports as lines of JSON.
pub fn json(reports: &[TargetReport]) -> String {
    let mut text = String::new();
    let mut push = |line: Result<String, serde_json::Error>| {
        text.push_str(&line.unwrap_or_default());
        text.push('\n');
    };
    for report in reports {
        for finding in &report.findings {
            push(serde_json::to_string(&JsonFinding::of(
                &report.target,
                finding,
            )));
        }
        push(serde_json::to_string(&JsonTarget {
            target: &report.target,
            overall: report.overall,
            seconds: report.time.map(|time| time.as_secs_f64()),
            certificate_days: report.certificate_days,
        }));
    }
    push(serde_json::to_string(&JsonEnd {
        end: true,
        overall: worst(reports),
    }));
    text
}
