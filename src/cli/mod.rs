//! The command line: arguments into settings, and the subcommands that need no screen.

mod arguments;
mod base64;
mod console;
mod explain;
mod log;
mod passphrase;
mod practice;
mod record;
mod tls;

use std::io::Write;
use std::process::ExitCode;

use clap::Parser;

use arguments::{Arguments, Subcommand};

/// The exit status for an argument or a setting that cannot be used.
const USAGE: u8 = 2;

/// Something the user wrote cannot be used; said in one line, with exit status 2.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
struct UsageError(String);

impl UsageError {
    fn from_error(error: impl std::fmt::Display) -> Self {
        Self(error.to_string())
    }
}

/// Runs the program.
pub fn run() -> ExitCode {
    let arguments = match Arguments::try_parse() {
        Ok(arguments) => arguments,
        Err(error) => {
            // A closed pipe is no reason to fail on the way out.
            let _ = error.print();
            return ExitCode::from(u8::try_from(error.exit_code()).unwrap_or(USAGE));
        }
    };
    let done = match &arguments.subcommand {
        Some(Subcommand::Base64(options)) => base64::run(options),
        Some(Subcommand::Practice(options)) => practice::run(options),
        Some(Subcommand::Explain(options)) => explain::run(options),
        Some(Subcommand::Show(options)) => record::show(&arguments, options),
        Some(Subcommand::Diff(options)) => record::diff(options),
        Some(Subcommand::Tls(options)) => tls::run(options),
        None => console::run(&arguments),
    };
    done.unwrap_or_else(|error| {
        // Where the terminal is gone there is nobody to tell, and nothing to fail at.
        let _ = writeln!(std::io::stderr(), "ehlo: {error:#}");
        ExitCode::from(if error.is::<UsageError>() { USAGE } else { 1 })
    })
}
