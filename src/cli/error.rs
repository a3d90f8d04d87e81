//! The errors of the command line.

/// An argument, a setting or a file of the user cannot be used.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub(super) struct UsageError(pub(super) String);

impl UsageError {
    /// For `map_err`.
    pub(super) fn from_error(error: impl std::fmt::Display) -> Self {
        Self(error.to_string())
    }
}

/// There is no server to connect to.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub(super) struct NoServer(pub(super) String);
