//! Whether a mail server is in order: what is measured (`measurement`), how it is judged (`judge`,
//! which does no I/O), what it comes to (`verdict`), and how it is printed.

mod finding;
mod judge;
mod measurement;
mod output;
mod status;
mod verdict;

use std::time::Duration;

use futures_util::stream::{self, StreamExt as _};

pub use self::finding::{Check, Finding};
use self::measurement::Measurement;
pub use self::output::{NAGIOS_NAME, changes, json, nagios, nagios_problem, page};
pub use self::status::Status;
use crate::net::{ConnectPlan, Resolver};

/// Targets that are checked side by side.
const AT_ONCE: usize = 4;
/// The most targets of one call.
pub const TARGETS_CAP: usize = 100;

/// A target: a host, or a domain with its mail servers.
#[derive(Clone, Debug)]
pub struct CheckTarget {
    /// As the user named it.
    pub name: String,
    /// The connection to a server. If the target is a domain, its host is the domain.
    pub plan: ConnectPlan,
    /// Whether it is a domain.
    pub is_domain: bool,
}

/// Where findings begin to matter.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Fewer days than this until a certificate expires are a warning.
    pub warn_days: i64,
    /// Fewer than this are critical.
    pub critical_days: i64,
    /// A connection, a greeting or a session that takes longer is a warning.
    pub slow: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            warn_days: 21,
            critical_days: 7,
            slow: Duration::from_secs(5),
        }
    }
}

/// How targets are checked.
#[derive(Clone, Debug)]
pub struct CheckOptions {
    /// Where findings begin to matter.
    pub limits: Limits,
    /// How long a reply may take.
    pub patience: Duration,
    /// The nameservers to ask.
    pub resolver: Resolver,
    /// The address for the relay test, if it is wanted.
    pub relay_test: Option<String>,
}

/// What the checks of a target came to.
#[derive(Clone, Debug)]
pub struct TargetReport {
    /// The target.
    pub target: String,
    /// What was found.
    pub findings: Vec<Finding>,
    /// What it comes to.
    pub overall: Status,
    /// The longest session, from the connection until before QUIT.
    pub time: Option<Duration>,
    /// The days until the first certificate expires; less than 0 since then.
    pub certificate_days: Option<i64>,
}

/// What is known of a target while it is checked.
pub enum Progress<'a> {
    /// So far.
    Part(&'a TargetReport),
    /// All of it.
    Whole(&'a TargetReport),
}

/// Checks targets. The reports are in their order. `seen` is told of each as it grows and when it is
/// whole.
pub async fn check(
    targets: &[CheckTarget],
    options: &CheckOptions,
    seen: &dyn Fn(Progress<'_>),
) -> Vec<TargetReport> {
    let checks = stream::iter(targets).map(async |target| {
        let part = |measurement: &Measurement| {
            seen(Progress::Part(&report(measurement, target, options)));
        };
        let measurement = measurement::measure(target, options, &part).await;
        let whole = report(&measurement, target, options);
        seen(Progress::Whole(&whole));
        whole
    });
    checks.buffered(AT_ONCE).collect().await
}

/// What a measurement comes to.
fn report(measurement: &Measurement, target: &CheckTarget, options: &CheckOptions) -> TargetReport {
    let findings = judge::judge(measurement, target, options);
    let endpoints = || measurement.hosts.iter().flat_map(|host| &host.endpoints);
    let days = |endpoint: &measurement::Endpoint| {
        let leaf = endpoint.survey.tls.as_ref()?.leaf()?;
        Some(leaf.days_left)
    };
    TargetReport {
        target: target.name.clone(),
        overall: verdict::overall(&findings),
        findings,
        time: endpoints().filter_map(measurement::Endpoint::time).max(),
        certificate_days: endpoints().filter_map(days).min(),
    }
}

/// The worst of several reports.
pub fn worst(reports: &[TargetReport]) -> Status {
    let all = reports.iter().map(|report| report.overall);
    all.max().unwrap_or(Status::Unknown)
}
