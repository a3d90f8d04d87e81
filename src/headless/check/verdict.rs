//! What all findings of a target come to.

use std::net::SocketAddr;

use super::finding::{Check, Finding};
use super::status::Status;

/// What the findings come to: the worst of them. A server that is out of reach is a warning as long as
/// another one of the target takes mail.
pub(super) fn overall(findings: &[Finding]) -> Status {
    let all = findings.iter().map(|finding| counted(finding, findings));
    all.max().unwrap_or(Status::Unknown)
}

/// What a finding counts for, among the others.
pub(super) fn counted(finding: &Finding, all: &[Finding]) -> Status {
    let spare = finding.host.is_some() && another_works(finding, all);
    match finding.status {
        Status::Critical if finding.check.decides_reach() && spare => Status::Warning,
        Status::Unknown if !finding.check.counts_if_unknown() => Status::Ok,
        // A part of what is counted already, or out of reach from here only.
        Status::Unknown if spare && !works(finding.address, &finding.host, all) => Status::Ok,
        other => other,
    }
}

/// Whether an address other than that of the finding takes mail.
fn another_works(finding: &Finding, all: &[Finding]) -> bool {
    let own = (&finding.host, finding.address);
    let mut others = all
        .iter()
        .filter(|other| other.address.is_some() && (&other.host, other.address) != own);
    others.any(|other| works(other.address, &other.host, all))
}

/// Whether a client gets past EHLO at this address.
fn works(address: Option<SocketAddr>, host: &Option<String>, all: &[Finding]) -> bool {
    let mut own = all
        .iter()
        .filter(|other| other.address == address && other.host == *host);
    address.is_some()
        && own.all(|other| {
            let broken = matches!(other.status, Status::Critical | Status::Unknown);
            !(other.check.decides_reach() && broken)
        })
}

/// The findings that the overall status comes from, the first ones first.
pub(super) fn reasons(findings: &[Finding], overall: Status) -> Vec<&Finding> {
    let matter = findings
        .iter()
        .filter(|finding| counted(finding, findings) == overall);
    // What is not checked follows from something else.
    let skipped = |finding: &&Finding| finding.value.starts_with(NOT_CHECKED);
    let (follow, lead): (Vec<&Finding>, Vec<&Finding>) = matter.partition(skipped);
    if lead.is_empty() { follow } else { lead }
}

/// The beginning of what was measured if a check could not be made.
pub(super) const NOT_CHECKED: &str = "not checked: ";

/// A check that could not be made.
pub(super) fn not_checked(check: Check, why: &str) -> Finding {
    Finding::new(check, Status::Unknown, format!("{NOT_CHECKED}{why}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(last: u8, check: Check, status: Status) -> Finding {
        Finding {
            host: Some(format!("mx{last}.example")),
            address: Some(([192, 0, 2, last], 25).into()),
            ..Finding::new(check, status, "")
        }
    }

    #[test]
    fn the_worst_counts_and_only_some_unknowns() {
        use Check::{Certificate, Connect, Dane, Greeting, ReverseDns, StartTls};
        use Status::{Critical, Ok, Unknown, Warning};
        let table: &[(&[(u8, Check, Status)], Status)] = &[
            (&[(1, Connect, Ok)], Ok),
            (&[(1, Connect, Ok), (1, ReverseDns, Unknown)], Ok),
            (&[(1, Connect, Ok), (1, Dane, Unknown)], Ok),
            (&[(1, Connect, Ok), (1, StartTls, Unknown)], Unknown),
            (&[(1, Connect, Unknown), (1, Greeting, Unknown)], Unknown),
            (&[(1, Greeting, Critical), (1, StartTls, Unknown)], Critical),
            (&[(1, ReverseDns, Warning), (1, StartTls, Unknown)], Warning),
            // One of two is dead, or out of reach from here.
            (&[(1, Connect, Critical), (2, Connect, Ok)], Warning),
            (
                &[
                    (1, Greeting, Critical),
                    (1, StartTls, Unknown),
                    (2, Connect, Ok),
                ],
                Warning,
            ),
            (&[(1, Connect, Unknown), (2, Connect, Ok)], Ok),
            // Both are.
            (&[(1, Connect, Critical), (2, Connect, Critical)], Critical),
            (&[(1, Connect, Critical), (2, Connect, Unknown)], Critical),
            // A certificate is no matter of reach.
            (&[(1, Certificate, Critical), (2, Connect, Ok)], Critical),
        ];
        for (findings, expected) in table {
            let all: Vec<Finding> = findings
                .iter()
                .map(|(last, check, status)| at(*last, *check, *status))
                .collect();
            assert_eq!(overall(&all), *expected, "{findings:?}");
        }
        assert_eq!(overall(&[]), Unknown);
    }
}
