//! `ehlo redact`: a log as it was, with its secrets hidden.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use super::error::UsageError;
use crate::record;
use crate::report::output;

/// The exit status if something was hidden that may be no secret.
const DOUBTFUL: u8 = 1;
/// The most lines that the summary names.
const NAMED_CAP: usize = 20;

/// The arguments of `ehlo redact`.
#[derive(Debug, clap::Args)]
#[command(
    override_usage = "ehlo redact [FILE]",
    after_help = "The log is written as it was, line for line; passwords, tokens and what contains them, \
also as base64 or in hex, become [hidden]. A summary goes to standard error.

Exit status: 0 all is certain; 1 something was hidden that may be no secret, standard error names the \
lines; 2 the log cannot be read, and nothing is written.

Example:
  swaks ... 2>&1 | ehlo redact > log.txt"
)]
pub(super) struct RedactArguments {
    /// A log; standard input if it is missing or -
    pub(super) file: Option<PathBuf>,
}

/// Writes the log to standard output, and a summary to standard error.
pub(super) fn run(arguments: &RedactArguments) -> anyhow::Result<ExitCode> {
    let path = arguments.file.as_deref().unwrap_or(Path::new("-"));
    let octets = record::octets(path).map_err(UsageError::from_error)?;
    let redacted = record::redact(&octets)
        .map_err(|error| UsageError(format!("{}: {error}", path.display())))?;
    output::print_octets(&redacted.octets)?;
    let summary = match redacted.places {
        Some(0) => "nothing was hidden: no password or token was found".to_owned(),
        Some(1) => "hidden in 1 place".to_owned(),
        Some(places) => format!("hidden in {places} places"),
        None => "written without secrets".to_owned(),
    };
    output::print_error(&summary)?;
    if redacted.doubtful.is_empty() {
        return Ok(ExitCode::SUCCESS);
    }
    let lines = redacted
        .doubtful
        .iter()
        .take(NAMED_CAP)
        .map(ToString::to_string);
    let more = if redacted.doubtful.len() > NAMED_CAP {
        ", ..."
    } else {
        ""
    };
    output::print_error(&format!(
        "not certain, look at line {}{more}: what was hidden may be no secret",
        lines.collect::<Vec<_>>().join(", ")
    ))?;
    Ok(ExitCode::from(DOUBTFUL))
}
