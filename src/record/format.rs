//! The formats in which a record is saved.

use std::path::Path;

use super::error::RecordError;

/// A format in which a record is saved.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// The transcript as text; can be read back.
    Text,
    /// The same text in a code fence, for tickets.
    Markdown,
    /// A self-contained HTML page with colours.
    Html,
    /// One JSON object per line, lossless.
    Jsonl,
    /// Only the message, as it was before dot-stuffing.
    Message,
}

impl Format {
    /// All formats.
    pub const ALL: [Self; 5] = [
        Self::Text,
        Self::Markdown,
        Self::Html,
        Self::Jsonl,
        Self::Message,
    ];

    /// The file extension, without the dot.
    pub const fn extension(self) -> &'static str {
        match self {
            Self::Text => "txt",
            Self::Markdown => "md",
            Self::Html => "html",
            Self::Jsonl => "jsonl",
            Self::Message => "eml",
        }
    }

    /// All extensions, each with `prefix`, separated by spaces: `txt md html jsonl eml`.
    pub fn extensions(prefix: &str) -> String {
        let extensions = Self::ALL.map(|format| format!("{prefix}{}", format.extension()));
        extensions.join(" ")
    }

    /// Returns the format that the extension of `path` names, ignoring case.
    ///
    /// # Errors
    /// [`RecordError::UnknownExtension`] if there is no extension or it names no format.
    pub fn from_path(path: &Path) -> Result<Self, RecordError> {
        let extension = path.extension().and_then(|extension| extension.to_str());
        Self::ALL
            .into_iter()
            .find(|format| extension.is_some_and(|e| e.eq_ignore_ascii_case(format.extension())))
            .ok_or_else(|| RecordError::UnknownExtension {
                path: path.to_owned(),
                known: Self::extensions("."),
            })
    }
}
