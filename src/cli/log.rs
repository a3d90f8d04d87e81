//! Starts the log: a file in the state folder. It records what ehlo does, never what was typed or
//! sent.

use std::fmt::{self, Debug};
use std::sync::Mutex;

use tracing_subscriber::Layer;
use tracing_subscriber::field::MakeExt;
use tracing_subscriber::filter::{LevelFilter, Targets};
use tracing_subscriber::fmt::format::{Writer, debug_fn};
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;

use super::error::UsageError;
use crate::config::{LogLevel, Paths, open_append};
use crate::report::{Charset, visible};

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
        .with_ansi(false)
        .fmt_fields(
            debug_fn(|writer, field, value| write_field(writer, field.name(), value))
                .delimited(" "),
        );
    tracing_subscriber::registry()
        .with(layer.with_filter(own))
        .init();
    Ok(())
}

/// Writes a field of an event as one harmless piece of a line: a value may contain a server's
/// octets, and people read the file in a terminal.
fn write_field(writer: &mut Writer<'_>, name: &str, value: &dyn Debug) -> fmt::Result {
    let value = visible(format!("{value:?}").as_bytes(), Charset::Utf8);
    if name == "message" {
        write!(writer, "{value}")
    } else {
        write!(writer, "{name}={value}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_field_is_one_harmless_line() {
        let text = "CN=evil\x1b[31m\r\n2026-01-01 INFO forged \u{202e}\u{9b}";
        let display = tracing::field::display(text);
        for (name, value) in [
            ("message", &display as &dyn Debug),
            ("verdict", &display),
            ("host", &text),
        ] {
            let mut line = String::new();
            write_field(&mut Writer::new(&mut line), name, value).unwrap();
            assert!(line.contains("CN=evil"), "{line}");
            assert!(
                !line.chars().any(|c| c.is_control() || c == '\u{202e}'),
                "{line:?}"
            );
        }
    }
}
