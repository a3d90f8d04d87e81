//! `ehlo explain`: prints pages of the manual.

use std::process::ExitCode;

use super::arguments::ExplainArguments;
use super::error::UsageError;
use crate::diagnosis;
use crate::report::output;

/// Prints the pages about the words, or the list of topics.
pub(super) fn run(arguments: &ExplainArguments) -> anyhow::Result<ExitCode> {
    let words: Vec<&str> = arguments.words.iter().map(String::as_str).collect();
    let pages = diagnosis::look_up(&words).map_err(UsageError::from_error)?;
    output::print_pages(&pages)?;
    Ok(ExitCode::SUCCESS)
}
