//! The log: a file of the user's own, never the screen. It tells what ehlo did, not what was said.

use std::sync::Mutex;

use tracing_subscriber::Layer;
use tracing_subscriber::filter::{LevelFilter, Targets};
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;

use super::UsageError;
use crate::config::{LogLevel, Paths, open_append};

/// The log is begun anew when it has grown to so many octets.
const LOG_CAP: u64 = 10 * 1024 * 1024;

/// Starts the log.
pub(super) fn start(level: LogLevel, paths: Option<&Paths>) -> Result<(), UsageError> {
    let filter = match level {
        LogLevel::Off => return Ok(()),
        LogLevel::Error => LevelFilter::ERROR,
        LogLevel::Warn => LevelFilter::WARN,
        LogLevel::Info => LevelFilter::INFO,
        LogLevel::Debug => LevelFilter::DEBUG,
        LogLevel::Trace => LevelFilter::TRACE,
    };
    let paths = paths
        .ok_or_else(|| UsageError("--log: there is no home folder to keep a log in".to_owned()))?;
    let file = open_append(&paths.log()).map_err(UsageError::from_error)?;
    if file.metadata().is_ok_and(|data| data.len() > LOG_CAP) {
        file.set_len(0).map_err(UsageError::from_error)?;
    }
    // Only our own words: a library's could quote what went over the wire.
    let own = Targets::new().with_target("ehlo", filter);
    let layer = tracing_subscriber::fmt::layer()
        .with_writer(Mutex::new(file))
        .with_ansi(false);
    tracing_subscriber::registry()
        .with(layer.with_filter(own))
        .init();
    Ok(())
}
