//! A message for the user in the lines below the prompt.

/// A message for the user, shown until the next key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Notice {
    /// The text. It may quote a server.
    pub text: String,
    /// Whether it reports a failure.
    pub warning: bool,
    /// What to try next; shown if there is room for a second line.
    pub next: Option<String>,
}
