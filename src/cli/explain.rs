//! `ehlo explain`: prints pages of the manual, or what a reply means.

use std::io::{IsTerminal, stdin};
use std::process::ExitCode;

use super::arguments::ExplainArguments;
use super::error::UsageError;
use super::input;
use crate::diagnosis;
use crate::report::output;

/// The most octets of standard input that are read.
const INPUT_CAP: usize = 64 * 1024;

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
    let octets = input::read(INPUT_CAP)?;
    Ok(String::from_utf8_lossy(&octets).into_owned())
}
