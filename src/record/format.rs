//! The formats in which a record is saved.

use std::path::Path;

use super::error::RecordError;

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
    pub const fn extension(self) -> &'static str {
        match self {
            Self::Text => "txt",
            Self::Markdown => "md",
            Self::Html => "html",
            Self::Jsonl => "jsonl",
            Self::Message => "eml",
        }
    }

    /// All endings in one line, each behind `before`: `txt md html jsonl eml`.
    pub fn extensions(before: &str) -> String {
        let extensions = Self::ALL.map(|format| format!("{before}{}", format.extension()));
        extensions.join(" ")
    }

    /// What it is, in a few words.
    pub const fn description(self) -> &'static str {
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
