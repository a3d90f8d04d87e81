//! Loads a record or a log from a file or from standard input.

use std::fs::File;
use std::io::Read;
use std::path::Path;
use std::time::{Instant, SystemTime};

use super::error::RecordError;
use super::file::file_type_name;
use super::import::{LOG_CAP, RECORD_CAP, read, size_cap};
use super::session::Record;

/// Loads a file. A log without timestamps takes the modification time of its file.
///
/// # Errors
/// [`RecordError::File`] if the file cannot be read, and [`RecordError::In`] if it is empty, too
/// large, of an unknown format or invalid.
pub fn load(path: &Path) -> Result<Record, RecordError> {
    let input = File::open(path).and_then(|file| {
        let written = file.metadata()?.modified().unwrap_or(SystemTime::now());
        read_capped(file, written)
    });
    parse(path, input)
}

/// Like [`load`], but refuses anything other than a regular file: reading a FIFO or a terminal
/// could block forever.
///
/// # Errors
/// As [`load`], and [`RecordError::NotRegularFile`].
pub fn load_regular_file(path: &Path) -> Result<Record, RecordError> {
    match std::fs::metadata(path) {
        Ok(metadata) if !metadata.is_file() => Err(RecordError::NotRegularFile {
            path: path.to_owned(),
            kind: file_type_name(metadata.file_type()),
        }),
        _ => load(path),
    }
}

/// Loads standard input; errors name it `-`.
///
/// # Errors
/// As [`load`].
pub fn load_stdin() -> Result<Record, RecordError> {
    let input = read_capped(std::io::stdin(), SystemTime::now());
    parse(Path::new("-"), input)
}

/// The octets of a file, or of standard input for `-`, up to the limit of a log.
///
/// # Errors
/// [`RecordError::File`] if it cannot be read, and [`RecordError::In`] if it is too large.
pub fn octets(path: &Path) -> Result<Vec<u8>, RecordError> {
    let input = if path == Path::new("-") {
        read_capped(std::io::stdin(), SystemTime::now())
    } else {
        File::open(path).and_then(|file| read_capped(file, SystemTime::now()))
    };
    let (octets, _) = input.map_err(RecordError::at(path))?;
    let cap = size_cap(&octets);
    if octets.len() as u64 > cap {
        return Err(RecordError::In {
            path: path.to_owned(),
            error: Box::new(RecordError::TooLarge { cap }),
        });
    }
    Ok(octets)
}

fn parse(
    path: &Path,
    input: std::io::Result<(Vec<u8>, SystemTime)>,
) -> Result<Record, RecordError> {
    let (octets, written) = input.map_err(RecordError::at(path))?;
    read(&octets, Instant::now(), written).map_err(|error| RecordError::In {
        path: path.to_owned(),
        error: Box::new(error),
    })
}

/// Reads everything, up to one octet more than the limit.
fn read_capped(from: impl Read, written: SystemTime) -> std::io::Result<(Vec<u8>, SystemTime)> {
    Ok((read_up_to(from, [LOG_CAP, RECORD_CAP])?, written))
}

/// Reads everything, up to one octet more than the first limit, or for a record of this program, more than
/// the second one.
fn read_up_to(mut from: impl Read, [log, record]: [u64; 2]) -> std::io::Result<Vec<u8>> {
    let mut octets = Vec::new();
    from.by_ref().take(log + 1).read_to_end(&mut octets)?;
    if octets.len() as u64 > log && size_cap(&octets) == RECORD_CAP {
        from.take(record - log).read_to_end(&mut octets)?;
    }
    Ok(octets)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_record_may_be_larger_than_a_log() {
        let record = format!("{{\"ehlo\":1}}\n{}", "x".repeat(100));
        let text = format!("# ehlo 0.1.0\n{}", "x".repeat(100));
        let log = format!("<-  220 mx\n{}", "x".repeat(100));
        for (file, read) in [(&record, 111), (&text, 113), (&log, 21)] {
            let octets = read_up_to(file.as_bytes(), [20, 200]).unwrap();
            assert_eq!(octets.len(), read, "{file}");
        }
        let octets = read_up_to(record.as_bytes(), [20, 50]).unwrap();
        assert_eq!(octets.len(), 51);
    }
}
