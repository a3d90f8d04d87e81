//! `ehlo explain`: pages of the manual on a plain terminal.

use std::io::{ErrorKind, IsTerminal, Write};
use std::process::ExitCode;

use super::Usage;
use super::arguments::ExplainArguments;
use crate::config::Switch;
use crate::manual::{self, Page};
use crate::tui::text::{self, Charset};
use crate::tui::{Environment, Look};

/// Columns where the output is no terminal.
const COLUMNS_PIPED: usize = 72;
/// Columns of a terminal that does not say how wide it is.
const COLUMNS_UNKNOWN: usize = 80;
/// The fewest columns that text is wrapped at.
const COLUMNS_LEAST: usize = 24;
/// Columns in front of the lines below a title or a heading.
const INDENT: usize = 2;
/// The furthest column at which the right one of two columns is kept when it wraps.
const HANG_CAP: usize = 28;

/// Prints what is known about the words.
pub(super) fn run(arguments: &ExplainArguments) -> anyhow::Result<ExitCode> {
    let look = Look::decide(Switch::Never, Switch::Auto, &Environment::read());
    let words: Vec<&str> = arguments.words.iter().map(String::as_str).collect();
    let pages = manual::lookup(&words)
        .map_err(|error| Usage(text::visible(error.to_string().as_bytes(), look.charset)))?;
    let printed = print(&pages, columns(), look.charset);
    let mut out = std::io::stdout().lock();
    match out.write_all(printed.as_bytes()).and_then(|()| out.flush()) {
        // The reader of a pipe, such as `head`, had enough.
        Err(error) if error.kind() == ErrorKind::BrokenPipe => Ok(ExitCode::SUCCESS),
        done => Ok(done.map(|()| ExitCode::SUCCESS)?),
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
fn print(pages: &[Page], columns: usize, charset: Charset) -> String {
    let mut printed = String::new();
    for page in pages {
        if !printed.is_empty() {
            printed.push('\n');
        }
        wrap(&page.title, 0, columns, charset, &mut printed);
        for (at, section) in page.sections.iter().enumerate() {
            // What leads stands together; each heading has room above it.
            if at == 0 || section.heading.is_some() {
                printed.push('\n');
            }
            if let Some(heading) = &section.heading {
                wrap(heading, 0, columns, charset, &mut printed);
            }
            for line in &section.lines {
                wrap(line, INDENT, columns, charset, &mut printed);
            }
        }
    }
    printed
}

/// One line with so much indent. Of two columns the right one stays a column when it wraps.
fn wrap(line: &str, indent: usize, columns: usize, charset: Charset, printed: &mut String) {
    let (left, right) = two_columns(line);
    let left = text::visible(left.as_bytes(), charset);
    let hang = if left.is_empty() {
        indent
    } else {
        left.chars().count()
    };
    let room = columns.saturating_sub(indent + hang).max(1);
    for (at, row) in text::words(right, room, charset).iter().enumerate() {
        let blanks = if at == 0 { indent } else { indent + hang };
        printed.push_str(&" ".repeat(blanks));
        printed.push_str(if at == 0 { &left } else { "" });
        printed.push_str(row.trim_end());
        printed.push('\n');
    }
}

/// The left one of two columns with the blanks behind it, and the right one; nothing is left where
/// the line has only one.
fn two_columns(line: &str) -> (&str, &str) {
    let right = line
        .find("  ")
        .map(|at| at + line[at..].chars().take_while(|c| *c == ' ').count());
    right
        .filter(|at| *at <= HANG_CAP)
        .map_or(("", line), |at| line.split_at(at))
}
