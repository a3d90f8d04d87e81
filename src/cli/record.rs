//! `ehlo show` and `ehlo diff`: open or print saved sessions and logs of other tools.

use std::borrow::Cow;
use std::io::{IsTerminal, stdin};
use std::path::Path;
use std::process::ExitCode;

use super::arguments::{Arguments, DiffArguments, ShowArguments};
use super::error::UsageError;
use super::{console, sessions};
use crate::manual::Page;
use crate::record::{self, Excerpt, Format, Record, kept};
use crate::report::output;
use crate::tui::Start;

/// The exit status of `ehlo diff` for sessions that differ.
const DIFFERENT: u8 = 1;
/// The exit status of `ehlo diff` for an output that cannot be written.
const TROUBLE: u8 = 2;

/// Prints a session in the format that is asked for. Without one, a terminal opens it in the
/// console and anything else gets text.
pub(super) fn show(arguments: &Arguments, options: &ShowArguments) -> anyhow::Result<ExitCode> {
    let asked = options.format.or(options.json.then_some(Format::Jsonl));
    if asked.is_none() && output::is_terminal() && stdin().is_terminal() {
        let path = resolve(&options.file)?;
        let record = load(&path)?;
        // The console reads this file again for a comparison, and knows no ids.
        let name = path.display().to_string();
        return console::open(arguments, |_| Ok(Start::Saved(name, Box::new(record))));
    }
    let record = load_with_remarks(&options.file)?;
    let excerpt = Excerpt::from(&record);
    let format = asked.unwrap_or(Format::Text);
    let octets = record::render(&excerpt, format, false).map_err(UsageError::from_error)?;
    output::print_octets(&octets)?;
    if asked.is_none() {
        let pages = verdicts(&record);
        if !pages.is_empty() {
            output::print_octets(b"\n")?;
            output::print_pages(&pages)?;
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// What a session came to, as pages.
fn verdicts(record: &Record) -> Vec<Page> {
    let pages = record.verdicts().into_iter().map(|verdict| {
        let mut page = verdict.explanation.page();
        page.title = format!("What went wrong: {}", page.title);
        page
    });
    pages.collect()
}

/// Compares two sessions and prints where they differ.
pub(super) fn diff(arguments: &DiffArguments) -> anyhow::Result<ExitCode> {
    let left = load_with_remarks(&arguments.left)?;
    let right = load_with_remarks(&arguments.right)?;
    let (left, right) = (Excerpt::from(&left), Excerpt::from(&right));
    let rows = record::diff(&left, &right);
    if arguments.json {
        let lines = record::json_diff(&left, &right, &rows);
        output::print_octets(lines.as_bytes())?;
        return Ok(if lines.is_empty() {
            ExitCode::SUCCESS
        } else {
            ExitCode::from(DIFFERENT)
        });
    }
    let names = [&arguments.left, &arguments.right].map(|path| path.to_string_lossy());
    let printed = record::print_diff([&names[0], &names[1]], &left, &right, &rows);
    if printed.is_empty() {
        return Ok(ExitCode::SUCCESS);
    }
    Ok(match output::print_octets(printed.as_bytes()) {
        Ok(_) => ExitCode::from(DIFFERENT),
        Err(error) => {
            output::print_error(&error.to_string())?;
            ExitCode::from(TROUBLE)
        }
    })
}

/// Loads a session. Remarks about loading go to standard error.
fn load_with_remarks(path: &Path) -> anyhow::Result<Record> {
    let record = load(path)?;
    for remark in &record.remarks {
        output::print_error(&format!("{}: {remark}", path.display()))?;
    }
    Ok(record)
}

/// Loads a session from a file, from standard input for `-`, or a kept one by its id.
fn load(path: &Path) -> Result<Record, UsageError> {
    let loaded = if path == Path::new("-") {
        record::load_stdin()
    } else {
        record::load(&resolve(path)?)
    };
    loaded.map_err(UsageError::from_error)
}

/// The file of a kept session that is named by its id, else the path itself.
fn resolve(path: &Path) -> Result<Cow<'_, Path>, UsageError> {
    let Some(id) = path.to_str().filter(|text| kept::is_id(text)) else {
        return Ok(Cow::Borrowed(path));
    };
    let sessions = sessions::list()?;
    let session = kept::find(&sessions, id).map_err(UsageError::from_error)?;
    Ok(Cow::Owned(session.path.clone()))
}
