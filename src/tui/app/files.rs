//! File and clock access for messages and sessions, and unique names.

use std::env;
use std::io;
use std::path::PathBuf;
use std::time::{Instant, SystemTime};

use mail_builder::mime::make_boundary;

use crate::config::{TlsOverrideError, TlsOverrides};
use crate::headless::{MESSAGE_CAP, read};
use crate::net::{TlsOptions, Upload};
use crate::record::{self, Excerpt, Format, Meta, Record, RecordError, SaveOptions, WallClock};
use crate::smtp::{Entry, Secret};
use crate::tui::model::Model;
use crate::tui::popup::pager::comparison::{Comparison, Side};
use crate::tui::state::draft::{ATTACHMENT_CAP, Attachment, HEAD_CAP, Opened};
use crate::tui::state::file_write::FileWrite;

/// Opens a file to send, and reads its beginning.
///
/// # Errors
/// Why that is not possible, in one line.
pub fn open(name: &str) -> Result<Opened, String> {
    let path = expand(name);
    let upload = Upload::open(&path).map_err(|error| error.to_string())?;
    let head = upload.head(HEAD_CAP).map_err(|error| error.to_string())?;
    Ok(Opened { upload, head })
}

/// Reads a file to send it in chunks.
///
/// # Errors
/// Why that is not possible, in one line.
pub fn chunks(name: &str) -> Result<Secret, String> {
    let octets = read(&expand(name), MESSAGE_CAP).map_err(|error| error.to_string())?;
    Ok(Secret::new(octets))
}

/// Reads a file to attach to a message.
///
/// # Errors
/// Why that is not possible, in one line.
pub fn attachment(name: &str) -> Result<Attachment, String> {
    let path = expand(name);
    let upload = Upload::open(&path).map_err(|error| error.to_string())?;
    let too_large = || {
        let most = ATTACHMENT_CAP / 1024 / 1024;
        let shown = path.display();
        format!("{shown}: too large to attach: at most {most} MiB")
    };
    let size = usize::try_from(upload.octets()).map_err(|_| too_large())?;
    if size > ATTACHMENT_CAP {
        return Err(too_large());
    }
    // One octet more detects a file that has grown.
    let octets = upload.head(size + 1).map_err(|error| error.to_string())?;
    if octets.len() != size {
        return Err(format!("{}: changed while it was read", path.display()));
    }
    Ok(Attachment {
        name: upload.name(),
        octets: octets.into(),
        boundary: format!("=_{}", make_boundary("_")),
    })
}

/// Saves the shown session in the format given by the file extension. Returns the confirmation.
///
/// # Errors
/// Unknown extension, existing file, or an I/O error.
pub fn save(model: &Model, name: &str, options: SaveOptions) -> Result<String, RecordError> {
    let path = expand(name);
    let format = Format::from_path(&path)?;
    let transcript = model.session.transcript.transcript();
    if let Some(saved) = model.session.file() {
        record::save(&path, format, &saved.excerpt(transcript), options)?;
    } else {
        let first = transcript.iter().next().map(|(_, entry)| entry);
        let meta = meta(&model.session.connection.target(), first);
        let excerpt = Excerpt::of_transcript(&meta, transcript);
        record::save(&path, format, &excerpt, options)?;
    }
    let secrets = match (format, options.with_secrets) {
        (Format::Message, true) => "only the message, without secrets of the session",
        (_, true) => "WITH SECRETS in plain text; its first line warns of that",
        (_, false) => "secrets masked",
    };
    Ok(format!("saved in {}, {secrets}", path.display()))
}

/// Loads and compares two sessions.
///
/// # Errors
/// A file cannot be read, or is not a session.
pub fn compare([left, right]: [Side; 2]) -> Result<Box<Comparison>, RecordError> {
    let read = |side| match side {
        Side::File(name) => record::load_regular_file(&expand(&name)).map(|record| (name, record)),
        Side::Shown {
            name,
            target,
            source,
            entries,
        } => {
            let record = Record {
                meta: meta(&target, entries.first()),
                entries,
                ended: true,
                remarks: Vec::new(),
                source,
            };
            Ok((name, record))
        }
    };
    let (left, right) = (read(left)?, read(right)?);
    let comparison = Comparison::of((&left.0, &left.1), (&right.0, &right.1));
    Ok(Box::new(comparison))
}

/// Metadata for a live session that began with this entry.
fn meta(target: &str, first: Option<&Entry>) -> Meta {
    let began = first.map_or_else(Instant::now, |entry| entry.at);
    let wall = SystemTime::now().checked_sub(began.elapsed());
    let clock = WallClock::new(wall.unwrap_or(SystemTime::UNIX_EPOCH), began);
    Meta::new(target, clock)
}

/// Writes a text to its file. Returns the confirmation.
///
/// # Errors
/// Existing file, or an I/O error.
pub fn write(writing: &FileWrite) -> Result<String, RecordError> {
    let path = expand(&writing.name);
    record::write(&path, writing.text.as_bytes(), writing.replace)?;
    Ok(format!(
        "{} written to {}",
        writing.description,
        path.display()
    ))
}

/// Reads the files that the TLS settings name; `~` in their names is the user's home.
///
/// # Errors
/// A setting cannot be used, or the key is still locked.
pub fn read_tls(
    overrides: &TlsOverrides,
    passphrase: Option<Secret>,
) -> Result<TlsOptions, TlsOverrideError> {
    let mut overrides = overrides.clone();
    for path in [
        &mut overrides.ca_file,
        &mut overrides.ca_dir,
        &mut overrides.cert,
        &mut overrides.key,
        &mut overrides.keylog,
    ] {
        let typed = path.as_ref().and_then(|path| path.to_str());
        if let Some(whole) = typed.map(expand) {
            *path = Some(whole);
        }
    }
    overrides.resolve(|_| passphrase.ok_or_else(|| io::Error::other("it was not given yet")))
}

/// The user's home.
pub fn home() -> Option<PathBuf> {
    let home = env::var_os("HOME").filter(|home| !home.is_empty());
    home.map(PathBuf::from)
}

/// Converts a typed name to a path: `~` is the user's home.
pub fn expand(name: &str) -> PathBuf {
    let below = name.strip_prefix("~/").or((name == "~").then_some(""));
    match below.zip(home()) {
        Some((below, home)) => home.join(below),
        None => PathBuf::from(name),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_are_read_or_the_error_says_why() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.bin");
        std::fs::write(&path, b"abc").unwrap();
        let read = attachment(path.to_str().unwrap()).unwrap();
        assert_eq!(
            (read.name.as_str(), &read.octets[..]),
            ("a.bin", &b"abc"[..])
        );
        let large = folder.path().join("large");
        let file = std::fs::File::create(&large).unwrap();
        file.set_len(ATTACHMENT_CAP as u64 + 1).unwrap();
        let error = attachment(large.to_str().unwrap()).unwrap_err();
        assert!(
            error.ends_with("too large to attach: at most 25 MiB"),
            "{error}"
        );
        assert!(attachment("/no/such/file").is_err());
    }
}
