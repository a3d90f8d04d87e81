//! Reports as one line for monitoring: `SMTP OK - text | 'time'=0.123s;5;;0`. Of text that is not ours
//! nothing reaches it that has a meaning there.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::net::SocketAddr;

use super::text::named;
use crate::headless::check::verdict::reasons;
use crate::headless::check::{Finding, Limits, Status, TargetReport, worst};
use crate::report::{Charset, visible};

/// What the line begins with.
pub const NAGIOS_NAME: &str = "SMTP";
/// Findings that a target is shown with.
const SHOWN: usize = 3;
/// Characters of one finding.
const TEXT_CAP: usize = 160;

/// The reports as one line.
pub fn nagios(reports: &[TargetReport], limits: &Limits) -> String {
    let overall = worst(reports);
    let mut texts = Vec::new();
    // What matters comes first: monitors cut long lines.
    for status in [
        Status::Critical,
        Status::Warning,
        Status::Unknown,
        Status::Ok,
    ] {
        let of_status = reports.iter().filter(|report| report.overall == status);
        texts.extend(of_status.map(summary));
    }
    let mut data = String::new();
    for report in reports {
        perfdata(&mut data, report, limits, reports.len() > 1);
    }
    let texts = texts.join(", ");
    match data.as_str() {
        "" => format!("{NAGIOS_NAME} {overall} - {texts}\n"),
        data => format!("{NAGIOS_NAME} {overall} - {texts} |{data}\n"),
    }
}

/// The line for something that keeps the check from being made.
pub fn nagios_problem(message: &str) -> String {
    format!("{NAGIOS_NAME} {} - {}\n", Status::Unknown, plain(message))
}

/// A target and why it is not in order, or what is known if it is.
fn summary(report: &TargetReport) -> String {
    let name = plain(&report.target);
    if report.overall == Status::Ok {
        let days = report.certificate_days;
        let days = days.map_or_else(String::new, |days| format!(", certificate for {days} days"));
        return format!("{name}: in order{days}");
    }
    // The place is said if there are several.
    let places: BTreeSet<_> = report.findings.iter().filter_map(place).collect();
    let several = places.len() > 2 || places.iter().filter(|at| at.1.is_some()).count() > 1;
    let reasons = reasons(&report.findings, report.overall);
    let more = reasons.len().saturating_sub(SHOWN);
    let texts = reasons.iter().take(SHOWN).map(|finding| {
        let place = match place(finding) {
            Some((host, Some(address))) if several => named(host, address) + " ",
            Some((host, None)) if several => format!("{host} "),
            _ => String::new(),
        };
        plain(&format!(
            "{place}{}: {}",
            finding.check.name(),
            finding.value
        ))
    });
    let mut text = format!("{name}: {}", texts.collect::<Vec<_>>().join("; "));
    if more > 0 {
        let _ = write!(text, "; {more} more");
    }
    text
}

/// The host and the address that a finding is about; `None` for the whole target.
fn place(finding: &Finding) -> Option<(&str, Option<SocketAddr>)> {
    Some((finding.host.as_deref()?, finding.address))
}

fn perfdata(line: &mut String, report: &TargetReport, limits: &Limits, several: bool) {
    let label = |what: &str| match several {
        true => format!(
            "'{} {what}'",
            plain(&report.target).replace(['\'', '='], "?")
        ),
        false => format!("'{what}'"),
    };
    if let Some(time) = report.time {
        let slow = limits.slow.as_secs_f64();
        let _ = write!(
            line,
            " {}={:.3}s;{slow};;0",
            label("time"),
            time.as_secs_f64()
        );
    }
    if let Some(days) = report.certificate_days {
        let (warn, critical) = (limits.warn_days, limits.critical_days);
        let _ = write!(line, " {}={days};{warn}:;{critical}:;0", label("cert_days"));
    }
}

/// Text without characters that have a meaning in this line, and not too long.
fn plain(text: &str) -> String {
    let shown = visible(text.as_bytes(), Charset::Ascii);
    let plain = shown.chars().map(|c| match c {
        '|' | '<' | '>' => '?',
        other => other,
    });
    let mut plain: String = plain.take(TEXT_CAP + 1).collect();
    if plain.len() > TEXT_CAP {
        plain.truncate(TEXT_CAP);
        plain.push_str("...");
    }
    plain
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::headless::check::Check;

    proptest! {
        #[test]
        fn no_text_has_a_meaning_in_the_line(target: String, value: String, host: String) {
            let finding = Finding {
                host: Some(host),
                ..Finding::new(Check::Greeting, Status::Critical, value)
            };
            let report = TargetReport {
                target,
                findings: vec![finding],
                overall: Status::Critical,
                time: None,
                certificate_days: Some(3),
            };
            let limits = Limits {
                warn_days: 21,
                critical_days: 7,
                slow: std::time::Duration::from_secs(5),
            };
            let line = nagios(&[report], &limits);
            let (text, data) = line.split_once('|').unwrap();
            prop_assert!(text.starts_with("SMTP CRITICAL - "));
            prop_assert_eq!(data, " 'cert_days'=3;21:;7:;0\n");
            prop_assert!(!text.contains(['<', '\n']));
            prop_assert!(text.chars().all(|c| c == ' ' || c.is_ascii_graphic()));
        }
    }
}
