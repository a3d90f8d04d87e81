//! `ehlo explain`: prints pages of the manual, or what a reply means.

use std::io::{IsTerminal, Read, stdin};
use std::process::ExitCode;

use anyhow::Context;

use super::arguments::ExplainArguments;
use super::error::UsageError;
use crate::diagnosis;
use crate::report::output;

/// The most octets of standard input that are read.
const INPUT_CAP: u64 = 64 * 1024;

/// Prints the pages about the words, else about standard input if it is not a terminal, else the list
/// of topics.
pub(super) fn run(arguments: &ExplainArguments) -> anyhow::Result<ExitCode> {
    let input = if arguments.words.is_empty() {
        read_input()?
    } else {
        String::new()
    };
    let given = arguments.words.iter().map(String::as_str);
    let words: Vec<&str> = given.chain(Some(input.as_str())).collect();
    let pages = diagnosis::look_up(&words).map_err(UsageError::from_error)?;
    output::print_pages(&pages)?;
    Ok(ExitCode::SUCCESS)
}

/// The text on standard input; empty if that is a terminal.
fn read_input() -> anyhow::Result<String> {
    if stdin().is_terminal() {
        return Ok(String::new());
    }
    let mut octets = Vec::new();
    stdin()
        .take(INPUT_CAP)
        .read_to_end(&mut octets)
        .context("cannot read standard input")?;
    Ok(String::from_utf8_lossy(&octets).into_owned())
}
