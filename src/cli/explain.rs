//! `ehlo explain`: prints pages of the manual, or what a reply means.

use std::io::{IsTerminal, stdin};
use std::process::ExitCode;

use super::arguments::ExplainArguments;
use super::error::UsageError;
use super::input;
use crate::diagnosis;
use crate::report::{json, output};

/// The most octets of standard input that are read.
const INPUT_CAP: usize = 64 * 1024;
/// The flag for lines of JSON.
const JSON: &str = "--json";

/// Prints the pages about the words, else about standard input if it is not a terminal, else the list
/// of topics.
pub(super) fn run(arguments: &ExplainArguments) -> anyhow::Result<ExitCode> {
    let input = if arguments.words.iter().all(|word| word == JSON) {
        read_input()?
    } else {
        String::new()
    };
    // What follows the first word may begin with a hyphen; this flag may stand there, too.
    let is_flag = |word: &&str| *word == JSON;
    let given = arguments.words.iter().map(String::as_str);
    let as_json = arguments.json || given.clone().any(|word| is_flag(&word));
    let given = given.filter(|word| !is_flag(word));
    let words: Vec<&str> = given.chain(Some(input.as_str())).collect();
    let pages = diagnosis::look_up(&words).map_err(UsageError::from_error)?;
    if as_json {
        output::print_octets(json::pages(&pages).as_bytes())?;
    } else {
        output::print_pages(&pages)?;
    }
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
