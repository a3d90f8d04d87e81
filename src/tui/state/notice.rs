//! A message for the user in the lines below the prompt.

/// A line of words for the user, until the next key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Notice {
    /// The words. They may quote a server.
    pub text: String,
    /// Whether something did not work.
    pub warning: bool,
    /// What to try, where there is room for a second line.
    pub next: Option<String>,
}
