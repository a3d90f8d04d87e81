//! What is generated from the arguments: completions for shells, and manual pages.

use std::process::ExitCode;

use clap::CommandFactory as _;
use clap::builder::{Resettable, StyledStr};
use clap_complete::Shell;
use clap_mangen::Man;
use clap_mangen::roff::{Roff, bold, roman};

use super::arguments::Arguments;
use super::error::UsageError;
use super::exit_status::{self, STATUSES};
use crate::report::output;

/// The arguments of `ehlo completions`.
#[derive(Debug, clap::Args)]
pub(super) struct CompletionsArguments {
    /// The shell
    shell: Shell,
}

/// The arguments of `ehlo man`.
#[derive(Debug, clap::Args)]
pub(super) struct ManArguments {
    /// A command of ehlo, such as send; without it, the page of ehlo itself
    command: Option<String>,
}

/// What begins the examples of a help text.
const EXAMPLES: &str = "Examples:\n";

/// The options of swaks, and what they are here.
const SWAKS: [(&str, &str); 37] = [
    ("-s, --server HOST", "TARGET"),
    ("-p, --port PORT", "TARGET:PORT"),
    ("-f, --from ADDRESS", "--from ADDRESS"),
    ("-t, --to ADDRESS", "--to ADDRESS"),
    ("--cc, --bcc ADDRESS", "--cc, --bcc ADDRESS"),
    ("-h, --helo NAME", "--helo NAME"),
    ("-d, --data FILE", "--data FILE"),
    ("--body TEXT, @FILE", "--body TEXT, @FILE"),
    ("--h-Subject TEXT", "--subject TEXT"),
    ("--h-NAME VALUE", "--header 'NAME: VALUE'"),
    ("--header, --add-header", "--header"),
    ("--attach @FILE", "--attach FILE"),
    ("-a, --auth MECH", "--auth MECH"),
    ("-au, --auth-user USER", "--user USER"),
    (
        "-ap, --auth-password PW",
        "--password-from env:VAR, file:PATH, ask",
    ),
    ("-tls", "--tls starttls"),
    ("-tlso, --tls-optional", "--tls auto"),
    ("-tlsc, --tls-on-connect", "--tls implicit"),
    ("(no TLS)", "--tls none"),
    ("--tls-verify", "--verify require"),
    ("--tls-ca-path PATH", "--ca-file FILE, --ca-dir FOLDER"),
    ("--tls-cert, --tls-key", "--cert, --key"),
    ("--tls-sni NAME", "--sni NAME"),
    ("--tls-get-peer-cert", "ehlo tls --pem"),
    ("-q, --quit-after STAGE", "--quit-after STAGE"),
    ("-da, --drop-after STAGE", "--drop-after STAGE"),
    ("--lmtp, --protocol LMTP", "--lmtp"),
    ("--pipeline", "--pipeline"),
    ("--timeout TIME", "--reply-timeout TIME, --timeout TIME"),
    ("-4, -6", "-4, -6"),
    ("--hide-all, --silent", "--quiet"),
    ("--show-time-lapse", "(always shown)"),
    ("--output-file FILE", "--save FILE"),
    ("--protect-prompt", "(passwords are never shown)"),
    ("--xclient ATTRIBUTES", "ehlo run, with a line XCLIENT ..."),
    ("--pipe COMMAND, --socket", "(not yet)"),
    ("--support, --dump", "ehlo send --help"),
];

/// Prints the completions of a shell.
pub(super) fn completions(options: &CompletionsArguments) -> anyhow::Result<ExitCode> {
    let mut octets = Vec::new();
    clap_complete::generate(
        options.shell,
        &mut Arguments::command(),
        "ehlo",
        &mut octets,
    );
    output::print_octets(&octets)?;
    Ok(ExitCode::SUCCESS)
}

/// Prints a manual page.
pub(super) fn man(options: &ManArguments) -> anyhow::Result<ExitCode> {
    let mut command = Arguments::command();
    command.build();
    let page = match &options.command {
        None => command,
        Some(name) => {
            let found = command
                .get_subcommands()
                .find(|subcommand| subcommand.get_name() == name && !subcommand.is_hide_set());
            let Some(found) = found else {
                let names = command.get_subcommands().map(clap::Command::get_name);
                let names: Vec<&str> = names.filter(|name| *name != "help").collect();
                return Err(UsageError(format!(
                    "unknown command {name:?}: use one of {}",
                    names.join(", ")
                ))
                .into());
            };
            found.clone().display_name(format!("ehlo-{name}"))
        }
    };
    let mut octets = Vec::new();
    let name = page.get_name().to_owned();
    // The help says the exit statuses and examples in sections of its own.
    let long = page.get_after_long_help().or(page.get_after_help());
    let after = long.map(ToString::to_string).unwrap_or_default();
    let (details, examples) = after.split_once(EXAMPLES).unwrap_or((&after, ""));
    let details = details.split(exit_status::TITLE).next().unwrap_or_default();
    let none = || Resettable::<StyledStr>::Reset;
    let version = format!("ehlo {}", env!("CARGO_PKG_VERSION"));
    Man::new(page.after_help(none()).after_long_help(none()))
        .source(version)
        .manual("User Commands")
        .render(&mut octets)?;
    let mut more = Roff::new();
    for (title, text) in [("DETAILS", details.trim()), ("EXAMPLES", examples)] {
        if text.is_empty() {
            continue;
        }
        more.control("SH", [title]);
        more.control("nf", []);
        for line in text.lines() {
            more.text([roman(line)]);
        }
        more.control("fi", []);
    }
    more.control("SH", ["EXIT STATUS"]);
    for (status, means) in STATUSES {
        more.control("TP", []);
        more.text([bold(status)]);
        more.text([roman(means)]);
    }
    if name == "send" {
        more.control("SH", ["SWAKS"]);
        for (theirs, ours) in SWAKS {
            more.control("TP", []);
            more.text([bold(theirs)]);
            more.text([roman(ours)]);
        }
    }
    more.to_writer(&mut octets)?;
    output::print_octets(&octets)?;
    Ok(ExitCode::SUCCESS)
}
