//! The program that wrote a session record or log.

use crate::diagnosis::Tracker;

/// The program that wrote a session record or log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Source {
    /// A `.jsonl` record of `ehlo`.
    Jsonl,
    /// A `.txt` or `.md` record of `ehlo`.
    Text,
    /// A log of another program.
    Log {
        /// The program, or the marks of its log.
        program: &'static str,
        /// Whether its lines have times.
        timed: bool,
    },
}

impl Source {
    /// A tracker for its entries.
    pub fn tracker(self) -> Tracker {
        match self {
            Self::Jsonl | Self::Text => Tracker::default(),
            Self::Log { .. } => Tracker::of_log(),
        }
    }

    /// The name of the program.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Jsonl | Self::Text => "ehlo",
            Self::Log { program, .. } => program,
        }
    }

    /// Whether its entries have timestamps.
    pub const fn has_times(self) -> bool {
        match self {
            Self::Jsonl | Self::Text => true,
            Self::Log { timed, .. } => timed,
        }
    }
}
