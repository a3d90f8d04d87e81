//! `ehlo show` and `ehlo diff`: sessions that were saved, and logs of other tools, on a plain
//! terminal or in a pipe.

use std::fs::File;
use std::io::{ErrorKind, IsTerminal, Read, Write};
use std::path::Path;
use std::process::ExitCode;
use std::time::{Instant, SystemTime};

use super::Usage;
use super::arguments::{DiffArguments, ShowArguments};
use crate::record::{self, Excerpt, FILE_CAP, Format, Record};
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

/// Reads a session from a file, or from standard input for `-`. What there is to say about how it
/// was read is said on standard error.
fn open(path: &Path) -> anyhow::Result<Record> {
    let named = visible(path.to_string_lossy().as_bytes(), Charset::Utf8);
    let trouble = |error: &dyn std::fmt::Display| Usage(format!("{named}: {error}"));
    let mut octets = Vec::new();
    let mut written = SystemTime::now();
    let read = if path == Path::new("-") {
        std::io::stdin().take(FILE_CAP + 1).read_to_end(&mut octets)
    } else {
        let file = File::open(path).map_err(|error| trouble(&error))?;
        if let Ok(time) = file.metadata().and_then(|metadata| metadata.modified()) {
            written = time;
        }
        file.take(FILE_CAP + 1).read_to_end(&mut octets)
    };
    read.map_err(|error| trouble(&error))?;
    let record = record::read(&octets, Instant::now(), written).map_err(|error| trouble(&error))?;
    for remark in &record.remarks {
        tell(&format!("{named}: {remark}"))?;
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
