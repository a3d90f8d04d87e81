//! `ehlo explain`: prints pages of the manual, or what a reply means.

use std::io::{IsTerminal, stdin};
use std::process::ExitCode;
use std::time::{Instant, SystemTime};

use zeroize::Zeroizing;

use super::arguments::ExplainArguments;
use super::error::UsageError;
use super::input;
use crate::diagnosis;
use crate::manual::Page;
use crate::record;
use crate::report::{json, output};
use crate::smtp::EntryKind;

/// The most octets of standard input that are read.
const INPUT_CAP: usize = 1024 * 1024;
/// The flag for lines of JSON.
const JSON: &str = "--json";

/// Prints the pages about the words, else about standard input if it is not a terminal, else the list
/// of topics.
pub(super) fn run(arguments: &ExplainArguments) -> anyhow::Result<ExitCode> {
    let input = if arguments.words.iter().all(|word| word == JSON) {
        read_input()?
    } else {
        Zeroizing::default()
    };
    let text = String::from_utf8_lossy(&input);
    // What follows the first word may begin with a hyphen; this flag may stand there, too.
    let is_flag = |word: &&str| *word == JSON;
    let given = arguments.words.iter().map(String::as_str);
    let as_json = arguments.json || given.clone().any(|word| is_flag(&word));
    let given = given.filter(|word| !is_flag(word));
    let words: Vec<&str> = given.chain(Some(&*text)).collect();
    let pages = match of_log(&input) {
        pages if !pages.is_empty() => pages,
        _ => diagnosis::look_up(&words).map_err(UsageError::from_error)?,
    };
    if as_json {
        output::print_octets(json::pages(&pages).as_bytes())?;
    } else {
        output::print_pages(&pages)?;
    }
    Ok(ExitCode::SUCCESS)
}

/// What went wrong in a log of a session; nothing if it shows no session, or none that failed.
fn of_log(octets: &[u8]) -> Vec<Page> {
    let Ok(record) = record::read(octets, Instant::now(), SystemTime::now()) else {
        return Vec::new();
    };
    let has = |is: fn(&EntryKind) -> bool| record.entries.iter().any(|entry| is(&entry.kind));
    let is_session = has(|kind| matches!(kind, EntryKind::Sent(_)))
        && has(|kind| matches!(kind, EntryKind::Received(_)));
    if !is_session {
        return Vec::new();
    }
    let verdicts = record.verdicts().into_iter();
    verdicts.map(|verdict| verdict.explanation.page()).collect()
}

/// Standard input; empty if that is a terminal.
fn read_input() -> anyhow::Result<Zeroizing<Vec<u8>>> {
    if stdin().is_terminal() {
        return Ok(Zeroizing::default());
    }
    input::read(INPUT_CAP)
}
