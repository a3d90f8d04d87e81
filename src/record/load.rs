//! A record or a log out of a file.

use std::fs::File;
use std::io::Read;
use std::path::Path;
use std::time::{Instant, SystemTime};

use super::error::RecordError;
use super::file::kind;
use super::import::{FILE_CAP, read};
use super::session::Record;

/// Reads a file. A log that tells no time is told with that of its file.
///
/// # Errors
/// [`RecordError`], with the file's name: one that cannot be read, is too large, or is no session.
pub fn load(path: &Path) -> Result<Record, RecordError> {
    let opened = File::open(path).and_then(|file| {
        let written = file.metadata()?.modified().unwrap_or(SystemTime::now());
        octets(file, written)
    });
    parse(path, opened)
}

/// The same, of a plain file alone: a FIFO or a terminal would have its reader wait for ever.
///
/// # Errors
/// As [`load`], and [`RecordError::NotRegularFile`].
pub fn load_regular_file(path: &Path) -> Result<Record, RecordError> {
    match std::fs::metadata(path) {
        Ok(metadata) if !metadata.is_file() => Err(RecordError::NotRegularFile {
            path: path.to_owned(),
            kind: kind(metadata.file_type()),
        }),
        _ => load(path),
    }
}

/// Reads standard input, which is called `-`.
///
/// # Errors
/// As [`load`].
pub fn load_stdin() -> Result<Record, RecordError> {
    let read = octets(std::io::stdin(), SystemTime::now());
    parse(Path::new("-"), read)
}

fn parse(
    path: &Path,
    read_in: std::io::Result<(Vec<u8>, SystemTime)>,
) -> Result<Record, RecordError> {
    let (octets, written) = read_in.map_err(RecordError::at(path))?;
    read(&octets, Instant::now(), written).map_err(|error| RecordError::In {
        path: path.to_owned(),
        error: Box::new(error),
    })
}

/// What there is to read, up to the first octet too many.
fn octets(from: impl Read, written: SystemTime) -> std::io::Result<(Vec<u8>, SystemTime)> {
    let mut octets = Vec::new();
    from.take(FILE_CAP + 1).read_to_end(&mut octets)?;
    Ok((octets, written))
}
