//! How far a session has come in leaving with QUIT.

use std::time::Instant;

/// Whether the program ends with a session, and how far that is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Leave {
    /// It does not.
    #[default]
    No,
    /// QUIT was sent; if there is no end until then, the connection is dropped.
    Until(Instant),
    /// The connection is being dropped.
    Dropping,
}
