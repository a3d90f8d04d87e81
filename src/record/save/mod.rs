//! Renders a record in a format and saves it to a file.

mod html;
mod markdown;
mod message;

use std::path::Path;

use super::error::RecordError;
use super::file::{check, write};
use super::format::Format;
use super::session::Excerpt;
use super::{jsonl, text};

/// Options for saving a record.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct SaveOptions {
    /// Replace an existing file.
    pub replace: bool,
    /// Write secrets in plain text, with a warning in the first line.
    pub with_secrets: bool,
}

/// Renders a record as the content of a file.
///
/// # Errors
/// [`RecordError::NoMessage`] for [`Format::Message`] if no message was sent.
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

/// Saves a record to a file with mode 0600.
///
/// # Errors
/// [`RecordError::NoMessage`] as [`render`], and [`RecordError::Exists`],
/// [`RecordError::NotRegularFile`] and [`RecordError::File`] as [`write()`]. No partial file is left
/// behind.
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
