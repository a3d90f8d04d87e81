//! `ehlo explain`: pages of the manual on a plain terminal.

use crate::report::{Environment, page};
use std::io::{ErrorKind, IsTerminal, Write};
use std::process::ExitCode;

use super::UsageError;
use super::arguments::ExplainArguments;
use crate::config::When;
use crate::manual::{self, Page};
use crate::report::text::{self, Charset};
use crate::tui::Look;

/// Columns where the output is no terminal.
const COLUMNS_PIPED: usize = 72;
/// Columns of a terminal that does not say how wide it is.
const COLUMNS_UNKNOWN: usize = 80;
/// The fewest columns that text is wrapped at.
const COLUMNS_LEAST: usize = 24;

/// Prints what is known about the words.
pub(super) fn run(arguments: &ExplainArguments) -> anyhow::Result<ExitCode> {
    let look = Look::decide(When::Never, When::Auto, &Environment::read());
    let words: Vec<&str> = arguments.words.iter().map(String::as_str).collect();
    let pages = manual::lookup(&words)
        .map_err(|error| UsageError(text::visible(error.to_string().as_bytes(), look.charset)))?;
    print(&pages, look.charset)?;
    Ok(ExitCode::SUCCESS)
}

/// Prints pages, as wide as the terminal.
pub(super) fn print(pages: &[Page], charset: Charset) -> std::io::Result<()> {
    let printed = text_of(pages, columns(), charset);
    let mut out = std::io::stdout().lock();
    match out.write_all(printed.as_bytes()).and_then(|()| out.flush()) {
        // The reader of a pipe, such as `head`, had enough.
        Err(error) if error.kind() == ErrorKind::BrokenPipe => Ok(()),
        done => done,
    }
}

fn columns() -> usize {
    if !std::io::stdout().is_terminal() {
        return COLUMNS_PIPED;
    }
    match crossterm::terminal::size() {
        Ok((columns, _)) if columns > 0 => usize::from(columns).max(COLUMNS_LEAST),
        _ => COLUMNS_UNKNOWN,
    }
}

/// The pages as text, wrapped.
fn text_of(pages: &[Page], columns: usize, charset: Charset) -> String {
    let page = |page: &Page| {
        page::rows(page, columns, charset)
            .into_iter()
            .map(|row| row.text + "\n")
            .collect::<String>()
    };
    pages.iter().map(page).collect::<Vec<_>>().join("\n")
}
