//! A text on its way to a file.

/// A text for a file that the user named.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FileWrite {
    /// The file's name as it was typed.
    pub name: String,
    /// The text.
    pub text: String,
    /// What it is, in words for the user.
    pub told: String,
    /// A file of that name is replaced.
    pub replace: bool,
}
