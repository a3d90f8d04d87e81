//! The forms in which a record is saved, and the file it becomes.

mod html;
mod markdown;
mod message;

use std::path::Path;

use super::error::RecordError;
use super::file::{check, write};
use super::format::Format;
use super::session::Excerpt;
use super::{jsonl, text};

/// How a record is saved.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct SaveOptions {
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
/// [`RecordError::Exists`] for a file that may not be replaced, [`RecordError::NotRegularFile`] for what is
/// no file at all, and what the system said. Then nothing is left of it.
pub fn save(
    path: &Path,
    format: Format,
    excerpt: &Excerpt<'_>,
    options: SaveOptions,
) -> Result<(), RecordError> {
    check(path, options.replace)?;
    let octets = render(excerpt, format, options.with_secrets)?;
    write(path, &octets, options.replace)
}
