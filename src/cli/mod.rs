//! The command line: reads the arguments, then starts the console or runs a subcommand that needs
//! no screen.

mod arguments;
mod base64;
mod check;
mod connection;
mod console;
mod destination;
mod error;
mod exit_status;
mod explain;
mod generated;
mod input;
mod later;
mod log;
mod passphrase;
mod plain;
mod ports;
mod practice;
mod quote;
mod record;
mod redact;
mod run;
mod send;
mod session;
mod sessions;
mod tap;
mod tls;

use std::io::{IsTerminal as _, stdin};
use std::process::ExitCode;

use clap::error::{ContextKind, ContextValue};
use clap::{CommandFactory, Parser};

use crate::headless::Stage;
use crate::headless::check::nagios_problem;
use crate::report::{json, output, panic, visible};
use arguments::{Arguments, Subcommand};
use error::{NoServer, UsageError};

/// The exit status for an argument, a setting or a file that cannot be used, where it is swaks'.
const USAGE_OF_SWAKS: u8 = 1;
/// The same for other subcommands.
const USAGE: u8 = 2;
/// The same for `check`, whose exit statuses are those of monitoring plugins.
const USAGE_OF_PLUGINS: u8 = 3;
/// The subcommands whose exit statuses are those of swaks.
const LIKE_SWAKS: [&str; 5] = ["ports", "run", "send", "tap", "tls"];

/// Runs the program and returns its exit status.
pub fn run() -> ExitCode {
    // The console replaces this hook with one that first gives the terminal back.
    std::panic::set_hook(Box::new(panic::print));
    let arguments = match Arguments::try_parse() {
        Ok(arguments) => arguments,
        Err(error) => return answer(error),
    };
    let usage = match &arguments.subcommand {
        None if arguments.plain => USAGE_OF_SWAKS,
        named => usage_status(named.as_ref().map(Subcommand::name)),
    };
    let checked = arguments.check();
    let result = match &arguments.subcommand {
        _ if checked.is_err() => checked.map(|()| ExitCode::SUCCESS).map_err(Into::into),
        Some(Subcommand::Base64(options)) => base64::run(options),
        Some(Subcommand::Practice(options)) => practice::run(options),
        Some(Subcommand::Explain(options)) => explain::run(options),
        Some(Subcommand::Show(options)) => record::show(&arguments, options),
        Some(Subcommand::Redact(options)) => redact::run(options),
        Some(Subcommand::Diff(options)) => record::diff(options),
        Some(Subcommand::Sessions(options)) => sessions::run(options),
        Some(Subcommand::Quote(options)) => quote::run(options),
        Some(Subcommand::Tls(options)) => tls::run(&arguments, options),
        Some(Subcommand::Run(options)) => run::run(&arguments, options),
        Some(Subcommand::Completions(options)) => generated::completions(options),
        Some(Subcommand::Man(options)) => generated::man(options),
        Some(Subcommand::Send(options)) => send::run(&arguments, options),
        None if arguments.schema => print_schema(),
        None if arguments.plain || console::is_dumb(&arguments) => plain::run(&arguments),
        Some(Subcommand::Check(options)) => check::run(&arguments, options),
        Some(Subcommand::Tap(options)) => tap::run(&arguments, options),
        Some(Subcommand::Ports(options)) => ports::run(&arguments, options),
        None if console::is_piped(&arguments) => run::run_piped(&arguments),
        None => console::run(&arguments),
    };
    result.unwrap_or_else(|error| {
        let message = format!("{error:#}");
        // If the output is closed, nobody reads the message.
        let _ = match wants_plugin_line() {
            true => output::print(&nagios_problem(&message)).map(drop),
            false => output::print_error(&message),
        };
        ExitCode::from(match error {
            error if error.is::<UsageError>() => usage,
            _ if usage == USAGE_OF_PLUGINS => usage,
            error if error.is::<NoServer>() => Stage::Connect.status(),
            _ => 1,
        })
    })
}

/// Prints the schema of all lines of JSON.
fn print_schema() -> anyhow::Result<ExitCode> {
    output::print_octets(json::SCHEMA.as_bytes())?;
    Ok(ExitCode::SUCCESS)
}

/// The exit status for wrong usage of a subcommand.
fn usage_status(subcommand: Option<&str>) -> u8 {
    match subcommand {
        Some(name) if LIKE_SWAKS.contains(&name) => USAGE_OF_SWAKS,
        Some("check") => USAGE_OF_PLUGINS,
        // A script from a pipe is a run.
        None if !stdin().is_terminal() => USAGE_OF_SWAKS,
        _ => USAGE,
    }
}

/// The subcommand that the arguments name, though they cannot be parsed.
fn named_subcommand() -> Option<String> {
    let command = Arguments::command().ignore_errors(true);
    let matches = command.try_get_matches().ok()?;
    matches.subcommand_name().map(str::to_owned)
}

/// Whether the arguments ask for the line of a monitoring plugin, even if they cannot be parsed. Monitoring
/// reads standard output only.
fn wants_plugin_line() -> bool {
    let words: Vec<_> = std::env::args_os().skip(1).collect();
    let flag = words.iter().any(|word| word == "--format=nagios");
    let pair = words
        .windows(2)
        .any(|pair| pair[0] == "--format" && pair[1] == "nagios");
    (flag || pair) && words.iter().any(|word| word == "check")
}

/// Prints what clap returns instead of arguments: the help, the version or an error.
fn answer(mut error: clap::Error) -> ExitCode {
    // A password that stands where its place should is not repeated.
    let secret = error.context().any(|(kind, value)| {
        kind == ContextKind::InvalidArg && value.to_string().contains("--password-from")
    });
    if secret {
        let hidden = ContextValue::String("...".to_owned());
        error.insert(ContextKind::InvalidValue, hidden);
    }
    let quoted: Vec<_> = error
        .context()
        .filter_map(|(kind, value)| Some((kind, harmless(kind, value)?)))
        .collect();
    for (kind, value) in quoted {
        error.insert(kind, value);
    }
    let text = error.render().to_string();
    let plugin = wants_plugin_line();
    // A closed pipe does not change the exit status.
    if error.use_stderr() && plugin {
        let message = text.lines().next().unwrap_or_default();
        let message = message.strip_prefix("error: ").unwrap_or(message);
        let _ = output::print(&nagios_problem(message));
    } else if error.use_stderr() {
        let _ = output::print_error_text(&text);
    } else {
        let _ = output::print(&text);
    }
    ExitCode::from(match error.exit_code() {
        _ if plugin => USAGE_OF_PLUGINS,
        0 => 0,
        _ => usage_status(named_subcommand().as_deref()),
    })
}

/// A part of clap's message with everything visible that it quotes from the arguments, so that the
/// message contains no line breaks but clap's own.
fn harmless(kind: ContextKind, value: &ContextValue) -> Option<ContextValue> {
    let charset = output::charset();
    let shown = |text: &str| visible(text.as_bytes(), charset);
    Some(match value {
        _ if kind == ContextKind::Usage => return None,
        ContextValue::String(text) => ContextValue::String(shown(text)),
        ContextValue::Strings(texts) => {
            ContextValue::Strings(texts.iter().map(|text| shown(text)).collect())
        }
        ContextValue::StyledStr(text) => ContextValue::StyledStr(shown(&text.to_string()).into()),
        ContextValue::StyledStrs(texts) => {
            let shown = texts.iter().map(|text| shown(&text.to_string()).into());
            ContextValue::StyledStrs(shown.collect())
        }
        _ => return None,
    })
}
