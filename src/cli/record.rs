//! `ehlo show` and `ehlo diff`: sessions that were saved, and logs of other tools, on a plain
//! terminal or in a pipe.

use std::io::{ErrorKind, IsTerminal, Write};
use std::path::Path;
use std::process::ExitCode;

use super::Usage;
use super::arguments::{DiffArguments, ShowArguments};
use crate::record::{self, Excerpt, Format, Record};
use crate::tui::{Charset, visible};

/// The exit status for trouble, where 1 says that there is a difference.
const TROUBLE: u8 = 2;

/// Prints a session.
pub(super) fn show(arguments: &ShowArguments) -> anyhow::Result<ExitCode> {
    let record = open(&arguments.file)?;
    let excerpt = Excerpt::from(&record);
    let octets = record::render(&excerpt, arguments.format, false).map_err(Usage::from_error)?;
    if arguments.format == Format::Message && std::io::stdout().is_terminal() {
        // A message is what it is; on a terminal it is made harmless.
        let lines = octets.split_inclusive(|&octet| octet == b'\n').map(|line| {
            let line = line.strip_suffix(b"\n").unwrap_or(line);
            visible(line.strip_suffix(b"\r").unwrap_or(line), Charset::Utf8) + "\n"
        });
        return print(lines.collect::<String>().as_bytes());
    }
    print(&octets)
}

/// Lays two sessions beside each other.
pub(super) fn diff(arguments: &DiffArguments) -> anyhow::Result<ExitCode> {
    let (left, right) = (open(&arguments.left)?, open(&arguments.right)?);
    let (left, right) = (Excerpt::from(&left), Excerpt::from(&right));
    let rows = record::diff(&left, &right);
    let printed = record::print_diff(&left, &right, &rows);
    if printed.is_empty() {
        return Ok(ExitCode::SUCCESS);
    }
    match print(printed.as_bytes()) {
        Ok(_) => Ok(ExitCode::from(1)),
        Err(error) => {
            tell(&format!("{error:#}"))?;
            Ok(ExitCode::from(TROUBLE))
        }
    }
}

/// Reads a session. What there is to say about how it was read is said on standard error.
fn open(path: &Path) -> anyhow::Result<Record> {
    // Of a file's name a terminal might make something else.
    let shown = |words: String| visible(words.as_bytes(), Charset::Utf8);
    let record = record::load(path).map_err(|error| Usage(shown(error.to_string())))?;
    for remark in &record.remarks {
        tell(&shown(format!("{}: {remark}", path.display())))?;
    }
    Ok(record)
}

fn tell(words: &str) -> std::io::Result<()> {
    writeln!(std::io::stderr(), "ehlo: {words}")
}

fn print(octets: &[u8]) -> anyhow::Result<ExitCode> {
    let mut out = std::io::stdout().lock();
    match out.write_all(octets).and_then(|()| out.flush()) {
        // The reader of a pipe, such as `head`, had enough.
        Err(error) if error.kind() == ErrorKind::BrokenPipe => Ok(ExitCode::SUCCESS),
        done => Ok(done.map(|()| ExitCode::SUCCESS)?),
    }
}
