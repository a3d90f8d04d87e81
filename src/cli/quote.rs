//! `ehlo quote`: says what becomes of a password in shells, files and URLs, and how to write it.

use std::io::{IsTerminal, stdin};
use std::process::ExitCode;

use zeroize::Zeroizing;

use super::arguments::QuoteArguments;
use super::error::UsageError;
use super::input;
use super::passphrase::{CAP, ask_hidden};
use crate::quoting::{Literal, Place, QuotingError, culprits, literal};
use crate::report::quoting::page;
use crate::report::{output, visible};
use crate::smtp::Secret;

/// Asks for a password and reports on it.
pub(super) fn run(arguments: &QuoteArguments) -> anyhow::Result<ExitCode> {
    if !arguments.words.is_empty() {
        let message = "a password is not taken from an argument: other users and the shell's history \
                       see those. Run ehlo quote and type it, or pipe it in";
        return Err(UsageError(message.to_owned()).into());
    }
    let password = read()?;
    let places = match arguments.places.as_slice() {
        [] => &Place::ALL,
        places => places,
    };
    let found = arguments
        .arrived
        .as_ref()
        .map(|arrived| (arrived, culprits(&password, arrived)));
    let found = found
        .as_ref()
        .map(|(arrived, culprits)| (*arrived, culprits.as_slice()));
    output::print_pages(&[page(&password, places, found)])?;
    let mut failed = found.is_some_and(|(_, culprits)| culprits.is_empty());
    if arguments.reveal {
        output::print("\nWrite it so\n")?;
    }
    for place in places {
        let literals = literal(*place, password.reveal());
        // Asked for by name, a place that cannot hold it is a failure.
        failed |= literals.is_err() && !arguments.places.is_empty();
        if arguments.reveal {
            reveal(*place, literals)?;
        }
    }
    if !arguments.reveal {
        output::print("\n--reveal shows how to write it, with the password in it.\n")?;
    }
    Ok(if failed {
        ExitCode::FAILURE
    } else {
        ExitCode::SUCCESS
    })
}

/// Prints literals, each in one line, so that they can be copied.
fn reveal(place: Place, literals: Result<Vec<Literal>, QuotingError>) -> std::io::Result<()> {
    let Ok(literals) = literals else {
        return Ok(());
    };
    for literal in literals {
        let octets = literal.text.reveal();
        let only_for = literal
            .only_for
            .map(|name| format!(" ({name})"))
            .unwrap_or_default();
        let shown = Zeroizing::new(visible(octets, output::charset()));
        let text = if shown.as_bytes() == octets {
            shown.as_str()
        } else {
            "this terminal cannot show it: set LANG to one with UTF-8"
        };
        let line = Zeroizing::new(format!("  {place}{only_for}\n    {text}\n"));
        output::print(&line)?;
    }
    Ok(())
}

/// The password: from the terminal, without echo, or from standard input without the line break at
/// its end.
fn read() -> anyhow::Result<Secret> {
    let password = if stdin().is_terminal() {
        ask_hidden("Password: ").map_err(|error| UsageError(format!("password: {error}")))?
    } else {
        let octets = input::read_all(CAP)?;
        let line = octets.strip_suffix(b"\n").unwrap_or(&octets);
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        Secret::new(line.to_vec())
    };
    if password.is_empty() {
        return Err(UsageError("no password was given".to_owned()).into());
    }
    Ok(password)
}
