//! `ehlo sessions`: lists the sessions that are kept on disk, or deletes some of them.

use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use unicode_width::UnicodeWidthStr;

use super::arguments::SessionsArguments;
use super::error::UsageError;
use crate::config::Paths;
use crate::record::RecordError;
use crate::record::kept::{self, KeptSession};
use crate::report::text::fitted;
use crate::report::{Charset, output};

/// The fewest columns of the table. They leave room for most host names.
const COLUMNS: usize = 80;
/// The columns of the table without those of the servers.
const COLUMNS_WITHOUT_SERVER: usize = 59;
/// The units of a size from 1024 octets on; each is 1024 times the one before.
const UNITS: [char; 6] = ['K', 'M', 'G', 'T', 'P', 'E'];

/// Lists the sessions that match, or deletes those that are named.
pub(super) fn run(arguments: &SessionsArguments) -> anyhow::Result<ExitCode> {
    let sessions = list()?;
    if !arguments.delete.is_empty() {
        return delete(&sessions, &arguments.delete);
    }
    let mut listed = sessions;
    let tapped = folders()?.1;
    listed.retain(|session| session.path.starts_with(&tapped) == arguments.tapped);
    let kept = listed.len();
    listed.retain(|session| {
        arguments
            .filters
            .iter()
            .all(|filter| filter.matches(session))
    });
    if arguments.json {
        let lines: String = listed.iter().map(KeptSession::json).collect();
        output::print(&lines)?;
    } else if !listed.is_empty() {
        output::print(&table(
            &listed,
            output::columns().max(COLUMNS),
            output::charset(),
        ))?;
    } else if kept > 0 {
        output::print_error(&format!("none of the {kept} kept sessions matches"))?;
    } else {
        let (own, tapped) = folders()?;
        let folder = if arguments.tapped { tapped } else { own };
        output::print_error(&format!("no sessions in {}", folder.display()))?;
    }
    Ok(ExitCode::SUCCESS)
}

/// Lists all kept sessions: the user's own, then those of a tap.
///
/// # Errors
/// A user without a home directory, or a folder that cannot be read.
pub(super) fn list() -> Result<Vec<KeptSession>, UsageError> {
    let (own, tapped) = folders()?;
    let mut all = kept::list(&own).map_err(UsageError::from_error)?;
    all.extend(kept::list(&tapped).map_err(UsageError::from_error)?);
    Ok(all)
}

/// Where the user's own sessions are kept, and those of a tap.
fn folders() -> Result<(PathBuf, PathBuf), UsageError> {
    let paths = Paths::find();
    let paths =
        paths.ok_or_else(|| UsageError("no home directory to keep sessions in".to_owned()))?;
    Ok((paths.journals(), paths.tapped()))
}

/// Deletes the named sessions, or none if a name is wrong or one of them is running.
fn delete(sessions: &[KeptSession], names: &[String]) -> anyhow::Result<ExitCode> {
    let mut found: Vec<&KeptSession> = Vec::new();
    for name in names {
        let session = kept::find(sessions, name).map_err(UsageError::from_error)?;
        if session.state == kept::KeptState::Running {
            return Err(UsageError::from_error(RecordError::Running(session.path.clone())).into());
        }
        // A session may be named twice, by its id and its file.
        if !found.contains(&session) {
            found.push(session);
        }
    }
    for session in &found {
        kept::delete(session).map_err(UsageError::from_error)?;
    }
    let sessions = if found.len() == 1 {
        "session"
    } else {
        "sessions"
    };
    output::print(&format!("deleted {} {sessions}\n", found.len()))?;
    Ok(ExitCode::SUCCESS)
}

/// The sessions as a table of at most this many columns.
fn table(sessions: &[KeptSession], columns: usize, charset: Charset) -> String {
    let room = columns.saturating_sub(COLUMNS_WITHOUT_SERVER);
    let servers: Vec<_> = sessions
        .iter()
        .map(|session| {
            let server = fitted(&session.target, room, charset);
            let filled = server.width();
            (server, filled)
        })
        .collect();
    let widest = servers.iter().map(|(_, width)| *width).max();
    let servers_width = widest.unwrap_or_default().max("SERVER".len());
    let row = |id: &str, started: &str, server: &str, filled: usize, values: [&str; 4]| {
        let blanks = " ".repeat(servers_width - filled);
        let [code, time, size, state] = values;
        format!("{id:8}  {started:16}  {server}{blanks} {code:>4} {time:>6} {size:>5}  {state}\n")
    };
    let head = ["CODE", "TIME", "SIZE", "STATE"];
    let mut table = row("ID", "STARTED (UTC)", "SERVER", "SERVER".len(), head);
    for (session, (server, filled)) in sessions.iter().zip(&servers) {
        let started = session.started.map_or_else(unknown, |started| {
            started.strftime("%Y-%m-%d %H:%M").to_string()
        });
        let code = session
            .last_code
            .map_or_else(unknown, |code| code.to_string());
        let time = session.duration.map_or_else(unknown, duration);
        let values = [&code, &time, &size(session.octets), session.state.as_str()];
        table.push_str(&row(&session.id(), &started, server, *filled, values));
    }
    table
}

fn unknown() -> String {
    "-".to_owned()
}

/// A duration in at most six characters.
fn duration(duration: Duration) -> String {
    let seconds = duration.as_secs();
    match seconds {
        0..60 => format!(
            "{:.1}s",
            seconds as f64 + f64::from(duration.subsec_millis() / 100) / 10.0
        ),
        60..3600 => format!("{}m{:02}s", seconds / 60, seconds % 60),
        3600..360_000 => format!("{}h{:02}m", seconds / 3600, seconds / 60 % 60),
        _ => format!("{}d", seconds / 86_400),
    }
}

/// A size in at most five characters.
fn size(octets: u64) -> String {
    let mut unit = None;
    let mut tenths = octets.saturating_mul(10);
    for next in UNITS {
        if tenths < 10_240 {
            break;
        }
        tenths /= 1024;
        unit = Some(next);
    }
    match unit {
        None => format!("{octets}B"),
        Some(unit) if tenths < 100 => format!("{}.{}{unit}", tenths / 10, tenths % 10),
        Some(unit) => format!("{}{unit}", tenths / 10),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_and_sizes_fit_their_columns() {
        let table = [
            (0, "0.0s"),
            (999, "0.9s"),
            (59_999, "59.9s"),
            (60_000, "1m00s"),
            (3_599_999, "59m59s"),
            (3_600_000, "1h00m"),
            (359_999_999, "99h59m"),
            (360_000_000, "4d"),
            (3_200_000_000_000, "37037d"),
        ];
        for (millis, expected) in table {
            assert_eq!(duration(Duration::from_millis(millis)), expected);
        }
        let table = [
            (0, "0B"),
            (1023, "1023B"),
            (1024, "1.0K"),
            (10_239, "9.9K"),
            (10_240, "10K"),
            (1024 * 1024 - 1, "1023K"),
            (64 * 1024 * 1024, "64M"),
            (u64::MAX, "1.5E"),
        ];
        for (octets, expected) in table {
            assert_eq!(size(octets), expected, "{octets}");
        }
    }
}
