//! Starts the log: a file in the state folder. It tells what ehlo does, never what was typed or sent.

use std::sync::Mutex;

use tracing_subscriber::Layer;
use tracing_subscriber::filter::{LevelFilter, Targets};
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;

use super::UsageError;
use crate::config::{LogLevel, Paths, open_append};

/// A log file that has grown to more than these octets is emptied at the start.
const LOG_CAP: u64 = 10 * 1024 * 1024;

/// Starts the log, unless `level` is off.
///
/// # Errors
/// A user without a home directory, or a log file that cannot be used.
pub(super) fn start(level: LogLevel, paths: Option<&Paths>) -> Result<(), UsageError> {
    let filter = match level {
        LogLevel::Off => return Ok(()),
        LogLevel::Error => LevelFilter::ERROR,
        LogLevel::Warn => LevelFilter::WARN,
        LogLevel::Info => LevelFilter::INFO,
        LogLevel::Debug => LevelFilter::DEBUG,
        LogLevel::Trace => LevelFilter::TRACE,
    };
    let no_home = || UsageError("--log: no home directory to keep a log in".to_owned());
    let path = paths.ok_or_else(no_home)?.log();
    let file = open_append(&path).map_err(UsageError::from_error)?;
    if file.metadata().is_ok_and(|data| data.len() > LOG_CAP) {
        let fail = |error| UsageError(format!("{}: {error}", path.display()));
        file.set_len(0).map_err(fail)?;
    }
    // Only our own events: those of a library could quote what went over the wire.
    let own = Targets::new().with_target("ehlo", filter);
    let layer = tracing_subscriber::fmt::layer()
        .with_writer(Mutex::new(file))
        .with_ansi(false);
    tracing_subscriber::registry()
        .with(layer.with_filter(own))
        .init();
    Ok(())
}
