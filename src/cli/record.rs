//! `ehlo show` and `ehlo diff`: sessions that were saved, and logs of other tools, on the screen, on a
//! plain terminal or in a pipe.

use crate::report::{Charset, visible};
use std::io::{ErrorKind, IsTerminal, Write};
use std::path::Path;
use std::process::ExitCode;

use super::arguments::{Arguments, DiffArguments, ShowArguments};
use super::{UsageError, console};
use crate::record::{self, Excerpt, Format, Record};
use crate::tui::Start;

/// The exit status for trouble, where 1 says that there is a difference.
const TROUBLE: u8 = 2;

/// Opens a session on a terminal where nobody says in which form it is to be printed; else prints it.
pub(super) fn show(arguments: &Arguments, kind: &ShowArguments) -> anyhow::Result<ExitCode> {
    let at_terminal = std::io::stdout().is_terminal();
    if kind.format.is_none() && at_terminal && std::io::stdin().is_terminal() {
        let record = load(&kind.file)?;
        let name = kind.file.display().to_string();
        return console::open(arguments, |_| Ok(Start::Saved(name, Box::new(record))));
    }
    let record = open(&kind.file)?;
    let excerpt = Excerpt::from(&record);
    let format = kind.format.unwrap_or(Format::Text);
    let octets = record::render(&excerpt, format, false).map_err(UsageError::from_error)?;
    if format == Format::Message && at_terminal {
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
    let names = [&arguments.left, &arguments.right].map(|path| path.to_string_lossy());
    let printed = record::print_diff([&names[0], &names[1]], &left, &right, &rows);
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
    let record = load(path)?;
    for remark in &record.remarks {
        tell(&shown(&format!("{}: {remark}", path.display())))?;
    }
    Ok(record)
}

fn load(path: &Path) -> Result<Record, UsageError> {
    let read = if path == Path::new("-") {
        record::load_stdin()
    } else {
        record::load(path)
    };
    read.map_err(|error| UsageError(shown(&error.to_string())))
}

/// Words that may quote a file or its name, of which a terminal might make something else.
fn shown(words: &str) -> String {
    visible(words.as_bytes(), Charset::Utf8)
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
