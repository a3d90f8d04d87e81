//! `ehlo check`: whether mail servers are in order, for people and for monitoring.

use std::cell::Cell;
use std::process::ExitCode;
use std::time::Duration;

use super::arguments::Arguments;
use super::connection::{Connection, ConnectionFlags, limit};
use super::destination::{self, Automatic, Destination};
use super::error::UsageError;
use crate::headless::check::{
    self, CheckOptions, CheckTarget, Limits, Progress, Status, TARGETS_CAP, TargetReport,
};
use crate::headless::{REPLY_TIMEOUT, SURVEY_CAP};
use crate::net::Verify;
use crate::report::{ProgressLine, output};
use crate::smtp::count;

/// The arguments of `ehlo check`.
#[derive(Debug, clap::Args)]
#[command(
    version,
    override_usage = "ehlo check [OPTIONS] TARGET...",
    after_help = "Checks every address of a host, or of every mail server (MX) of a domain: names, connection, greeting,
EHLO, STARTTLS, certificate, DANE. Sends EHLO, STARTTLS and QUIT; no message.
Exit status: 0 ok, 1 warning, 2 critical, 3 unknown or wrong usage.

Examples:
  ehlo check mx.example.org
  ehlo check @example.org --warn-days 14
  ehlo check mx.example.org:587 smtps://mx.example.org --format nagios
  ehlo check mx.example.org --relay-test me@elsewhere.example"
)]
pub(super) struct CheckArguments {
    /// The servers, as in ehlo TARGET; @DOMAIN for all mail servers (MX) of a domain
    #[arg(value_name = "TARGET")]
    targets: Vec<String>,

    /// Print text, json (a line for each finding) or nagios (one line for a monitoring plugin)
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    format: CheckFormat,

    /// The same as --format json
    #[arg(long, conflicts_with = "format")]
    json: bool,

    /// Warn if a certificate expires in fewer days
    #[arg(long, value_name = "DAYS", default_value_t = 21, value_parser = clap::value_parser!(u16))]
    warn_days: u16,

    /// Critical if a certificate expires in fewer days
    #[arg(long, value_name = "DAYS", default_value_t = 7, value_parser = clap::value_parser!(u16))]
    critical_days: u16,

    /// Warn if the connection, the greeting or the session takes longer
    #[arg(long, value_name = "TIME", default_value = "5s", value_parser = limit)]
    slow: Duration,

    /// Wait this long for a reply: 30 s unless given
    #[arg(long, value_name = "TIME", value_parser = limit)]
    reply_timeout: Option<Duration>,

    /// Test whether the server relays: give this address, an outside one of your own, to MAIL and RCPT,
    /// then send RSET. No message is sent
    #[arg(long, value_name = "ADDRESS", value_parser = address)]
    relay_test: Option<String>,

    /// Check again after this time, and print what changed
    #[arg(long, value_name = "TIME", value_parser = pause)]
    every: Option<Duration>,

    /// Check this many times, with --every; the exit status is the worst
    #[arg(long, value_name = "N", requires = "every", value_parser = clap::value_parser!(u32).range(1..))]
    count: Option<u32>,

    #[command(flatten)]
    pub(super) connection: ConnectionFlags,
}

/// How the result is printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
enum CheckFormat {
    Text,
    Json,
    Nagios,
}

/// Parses the address of the relay test.
fn address(text: &str) -> Result<String, String> {
    let graphic = text
        .chars()
        .all(|c| c.is_ascii_graphic() && !"<>\"".contains(c));
    match text.split_once('@') {
        Some((local, domain)) if graphic && !local.is_empty() && !domain.is_empty() => {
            Ok(text.to_owned())
        }
        _ => Err("use an address, as in me@elsewhere.example".to_owned()),
    }
}

/// Parses the time of `--every`.
fn pause(text: &str) -> Result<Duration, String> {
    match limit(text)? {
        none if none.is_zero() => Err("use a time above 0".to_owned()),
        some => Ok(some),
    }
}

/// Checks the targets and prints what is found. The exit status is that of monitoring plugins.
pub(super) fn run(arguments: &Arguments, options: &CheckArguments) -> anyhow::Result<ExitCode> {
    let connection = options.connection.or(&arguments.connection);
    let format = if options.json {
        CheckFormat::Json
    } else {
        options.format
    };
    if options.critical_days > options.warn_days {
        let message = "--critical-days is more than --warn-days: a warning comes first";
        return Err(UsageError(message.to_owned()).into());
    }
    let found = destinations(arguments, options, &connection)?;
    let targets: Vec<CheckTarget> = found
        .iter()
        .map(|(found, is_domain)| target(found, *is_domain, &connection))
        .collect();
    let patience = options.reply_timeout.unwrap_or(REPLY_TIMEOUT);
    let check_options = CheckOptions {
        limits: Limits {
            warn_days: options.warn_days.into(),
            critical_days: options.critical_days.into(),
            slow: options.slow,
        },
        patience: Some(patience)
            .filter(|patience| !patience.is_zero())
            .unwrap_or(SURVEY_CAP),
        resolver: connection.resolver(),
        relay_test: options.relay_test.clone(),
    };
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    let rounds = if options.every.is_some() {
        options.count
    } else {
        Some(1)
    };
    let mut worst = Status::Ok;
    let mut before: Option<Vec<TargetReport>> = None;
    let mut round = 0;
    while rounds.is_none_or(|rounds| round < rounds) {
        if let (Some(pause), true) = (options.every, round > 0) {
            std::thread::sleep(pause);
        }
        round += 1;
        let line = ProgressLine::new(format == CheckFormat::Text);
        let seen = told(&line, targets.len());
        let reports = runtime.block_on(check::check(&targets, &check_options, &seen));
        line.clear();
        worst = worst.max(check::worst(&reports));
        let reader = print(&reports, before.as_deref(), format, &check_options.limits)?;
        if reader == output::Reader::Closed {
            break;
        }
        before = Some(reports);
    }
    // A lookup may still hang in the system's resolver.
    runtime.shutdown_background();
    Ok(ExitCode::from(worst.exit()))
}

/// What shows how far a round is.
fn told(line: &ProgressLine, targets: usize) -> impl Fn(Progress<'_>) {
    line.show(&format!(
        "checking {}",
        count(targets as u64, "target", "targets")
    ));
    let done = Cell::new(0);
    move |progress| {
        let report = match progress {
            Progress::Part(report) => report,
            Progress::Whole(report) => {
                done.set(done.get() + 1);
                report
            }
        };
        let findings = count(report.findings.len() as u64, "finding", "findings");
        let done = done.get();
        line.show(&format!(
            "{done} of {targets} checked; {}: {findings} so far",
            report.target
        ));
    }
}

/// Prints the reports of a round; as text, of a later round only what changed.
fn print(
    reports: &[TargetReport],
    before: Option<&[TargetReport]>,
    format: CheckFormat,
    limits: &Limits,
) -> std::io::Result<output::Reader> {
    match (format, before) {
        (CheckFormat::Json, _) => output::print_octets(check::json(reports).as_bytes()),
        (CheckFormat::Nagios, _) => output::print(&check::nagios(reports, limits)),
        (CheckFormat::Text, None) => {
            let pages: Vec<_> = reports.iter().map(check::page).collect();
            output::print_pages(&pages)
        }
        (CheckFormat::Text, Some(before)) => {
            let time = jiff::Zoned::now().strftime("%H:%M:%S").to_string();
            let pairs = before.iter().zip(reports);
            let lines = pairs.flat_map(|(before, now)| check::changes(before, now));
            let lines: Vec<String> = lines.map(|line| format!("{time} {line}\n")).collect();
            output::print(&lines.concat())
        }
    }
}

/// What the words or the flags name.
fn destinations(
    arguments: &Arguments,
    options: &CheckArguments,
    connection: &Connection,
) -> anyhow::Result<Vec<(Destination, bool)>> {
    if options.targets.len() > TARGETS_CAP {
        let message = format!("too many targets: use up to {TARGETS_CAP}");
        return Err(UsageError(message).into());
    }
    let find = |target| destination::named(arguments, connection, target, Automatic::StartTls);
    if options.targets.is_empty() {
        return Ok(vec![find(None)?]);
    }
    let targets = options.targets.iter();
    targets
        .map(|target| find(Some((target.as_str(), None))))
        .collect()
}

fn target(found: &Destination, is_domain: bool, connection: &Connection) -> CheckTarget {
    let mut plan = found.plan.clone();
    plan.tls.dane.get_or_insert(connection.resolver());
    if plan.tls.verify == Verify::Require {
        // The verdict is a finding, whatever it is.
        plan.tls.verify = Verify::Show;
    }
    CheckTarget {
        name: found.name.clone(),
        plan,
        is_domain,
    }
}
