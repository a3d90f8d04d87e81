//! A text to be written to a file.

/// A text to be written to a file that the user named.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FileWrite {
    /// The file name as typed.
    pub name: String,
    /// The text.
    pub text: String,
    /// What the text is, in words for the user.
    pub description: String,
    /// Whether to replace an existing file.
    pub replace: bool,
}
