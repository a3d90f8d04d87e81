//! A record or a log out of a file.

use std::fs::File;
use std::io::Read;
use std::path::Path;
use std::time::{Instant, SystemTime};

use super::error::RecordError;
use super::import::{FILE_CAP, read};
use super::session::Record;

/// Reads a file, or standard input for `-`. A log that tells no time is told with that of its file.
///
/// # Errors
/// [`RecordError`], with the file's name: one that cannot be read, is too large, or is no session.
pub fn load(path: &Path) -> Result<Record, RecordError> {
    let (octets, written) = octets(path).map_err(RecordError::at(path))?;
    read(&octets, Instant::now(), written).map_err(|error| RecordError::In {
        path: path.to_owned(),
        error: Box::new(error),
    })
}

/// What a file holds, up to the first octet too many, and when it was written.
fn octets(path: &Path) -> std::io::Result<(Vec<u8>, SystemTime)> {
    let mut octets = Vec::new();
    if path == Path::new("-") {
        std::io::stdin()
            .take(FILE_CAP + 1)
            .read_to_end(&mut octets)?;
        return Ok((octets, SystemTime::now()));
    }
    let file = File::open(path)?;
    let written = file.metadata()?.modified().unwrap_or(SystemTime::now());
    file.take(FILE_CAP + 1).read_to_end(&mut octets)?;
    Ok((octets, written))
}
