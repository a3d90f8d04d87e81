//! A record, or other octets, into a file of its own: whole or not at all, readable by its owner
//! alone, and never through a symbolic link.

mod html;
mod markdown;
mod message;

use std::fs::{self, File, OpenOptions};
use std::io::{self, ErrorKind, Write};
use std::os::unix::fs::{FileTypeExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use rustix::fs::{CWD, OFlags, RenameFlags, renameat_with};

use super::error::RecordError;
use super::session::Excerpt;
use super::{jsonl, text};

/// Names that are tried for the file that becomes the record.
const NAMES_TRIED: u32 = 100;

/// A form in which a record is saved.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// What the screen shows, as text that reads back.
    Text,
    /// The same, fenced, for a ticket.
    Markdown,
    /// A page with colours that needs nothing else.
    Html,
    /// One JSON object a line; nothing is lost.
    Jsonl,
    /// The message alone, as it was sent.
    Message,
}

impl Format {
    /// All of them.
    pub const ALL: [Self; 5] = [
        Self::Text,
        Self::Markdown,
        Self::Html,
        Self::Jsonl,
        Self::Message,
    ];

    /// The ending of its files, without the dot.
    pub const fn ending(self) -> &'static str {
        match self {
            Self::Text => "txt",
            Self::Markdown => "md",
            Self::Html => "html",
            Self::Jsonl => "jsonl",
            Self::Message => "eml",
        }
    }

    /// All endings in one line, each behind `before`: `txt md html jsonl eml`.
    pub fn endings(before: &str) -> String {
        let endings = Self::ALL.map(|format| format!("{before}{}", format.ending()));
        endings.join(" ")
    }

    /// What it is, in a few words.
    pub const fn words(self) -> &'static str {
        match self {
            Self::Text => "text, as on the screen",
            Self::Markdown => "fenced text for a ticket",
            Self::Html => "a page with colours",
            Self::Jsonl => "all of it, for ehlo and other programs",
            Self::Message => "the message alone",
        }
    }

    /// The format that a path's ending names, in any case of letters.
    ///
    /// # Errors
    /// An ending that names none, or no ending.
    pub fn of(path: &Path) -> Result<Self, RecordError> {
        let ending = path.extension().and_then(|ending| ending.to_str());
        Self::ALL
            .into_iter()
            .find(|format| ending.is_some_and(|e| e.eq_ignore_ascii_case(format.ending())))
            .ok_or_else(|| RecordError::Ending(path.to_owned()))
    }
}

/// How a record is saved.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Options {
    /// A file of that name is replaced.
    pub replace: bool,
    /// Secrets are written too, in clear, and the first line says so.
    pub with_secrets: bool,
}

/// The octets of a record's file.
///
/// # Errors
/// [`RecordError::NoMessage`], for the message of a session that has none.
pub fn render(
    excerpt: &Excerpt<'_>,
    format: Format,
    with_secrets: bool,
) -> Result<Vec<u8>, RecordError> {
    Ok(match format {
        Format::Text => text::write(excerpt, with_secrets).into_bytes(),
        Format::Markdown => markdown::write(excerpt, with_secrets).into_bytes(),
        Format::Html => html::write(excerpt, with_secrets).into_bytes(),
        Format::Jsonl => jsonl::write(excerpt, with_secrets).into_bytes(),
        Format::Message => message::write(excerpt).ok_or(RecordError::NoMessage)?,
    })
}

/// Saves a record with mode 0600.
///
/// # Errors
/// [`RecordError::Exists`] for a file that may not be replaced, [`RecordError::NotPlain`] for what is
/// no file at all, and what the system said. Then nothing is left of it.
pub fn save(
    path: &Path,
    format: Format,
    excerpt: &Excerpt<'_>,
    options: Options,
) -> Result<(), RecordError> {
    check(path, options.replace)?;
    let octets = render(excerpt, format, options.with_secrets)?;
    write(path, &octets, options.replace)
}

/// Writes octets to a file with mode 0600. One that is there is replaced only where that is said.
///
/// # Errors
/// As [`save`].
pub fn write(path: &Path, octets: &[u8], replace: bool) -> Result<(), RecordError> {
    check(path, replace)?;
    let mut draft = Draft::create(path)?;
    let written = draft.file.write_all(octets);
    written
        .and_then(|()| draft.file.sync_all())
        .map_err(RecordError::at(path))?;
    draft.publish(path, replace)
}

/// What stands under that name now, and whether it may be replaced.
fn check(path: &Path, replace: bool) -> Result<(), RecordError> {
    let kind = match fs::symlink_metadata(path) {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(()),
        metadata => metadata.map_err(RecordError::at(path))?.file_type(),
    };
    let what = match kind {
        kind if kind.is_file() && replace => return Ok(()),
        kind if kind.is_file() => return Err(RecordError::Exists(path.to_owned())),
        kind if kind.is_symlink() => "a symbolic link",
        kind if kind.is_dir() => "a folder",
        kind if kind.is_fifo() => "a FIFO",
        kind if kind.is_socket() => "a socket",
        _ => "a device",
    };
    Err(RecordError::NotPlain {
        path: path.to_owned(),
        what,
    })
}

/// A file that is still being written, beside the place it will have; it goes when it is dropped.
struct Draft {
    file: File,
    path: PathBuf,
}

impl Draft {
    fn create(target: &Path) -> Result<Self, RecordError> {
        let name = target.file_name().unwrap_or_default().to_string_lossy();
        for number in 0..NAMES_TRIED {
            let process = std::process::id();
            let path = target.with_file_name(format!(".{name}.{process}-{number}.tmp"));
            let opened = OpenOptions::new()
                .write(true)
                .create_new(true)
                .mode(0o600)
                .custom_flags(OFlags::NOFOLLOW.bits().cast_signed())
                .open(&path);
            match opened {
                Ok(file) => return Ok(Self { file, path }),
                Err(error) if error.kind() == ErrorKind::AlreadyExists => {}
                Err(error) => return Err(RecordError::at(target)(error)),
            }
        }
        Err(RecordError::at(target)(ErrorKind::AlreadyExists.into()))
    }

    /// Gives it its name.
    fn publish(self, target: &Path, replace: bool) -> Result<(), RecordError> {
        if replace {
            return fs::rename(&self.path, target).map_err(RecordError::at(target));
        }
        match renameat_with(CWD, &self.path, CWD, target, RenameFlags::NOREPLACE) {
            Ok(()) => Ok(()),
            Err(error) if io::Error::from(error).kind() == ErrorKind::AlreadyExists => {
                Err(RecordError::Exists(target.to_owned()))
            }
            // A file system that cannot rename so: what stands there was looked at just before.
            Err(_) => {
                check(target, replace)?;
                fs::rename(&self.path, target).map_err(RecordError::at(target))
            }
        }
    }
}

impl Drop for Draft {
    fn drop(&mut self) {
        // Once it has its name it is no longer here.
        let _ = fs::remove_file(&self.path);
    }
}
