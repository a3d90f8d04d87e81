//! What a check came to.

use std::fmt;

use serde::Serialize;

/// What a check, or all of them, came to; in the order of how much it counts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Status {
    /// In order.
    #[default]
    Ok,
    /// It could not be checked.
    Unknown,
    /// It works, and needs attention.
    Warning,
    /// It does not work.
    Critical,
}

impl Status {
    /// The exit status: that of monitoring plugins.
    pub fn exit(self) -> u8 {
        match self {
            Self::Ok => 0,
            Self::Warning => 1,
            Self::Critical => 2,
            Self::Unknown => 3,
        }
    }
}

impl fmt::Display for Status {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Ok => "OK",
            Self::Unknown => "UNKNOWN",
            Self::Warning => "WARNING",
            Self::Critical => "CRITICAL",
        })
    }
}
