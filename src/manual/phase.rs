//! Hints for each phase of a session: the next command, and one line of help.

use std::sync::LazyLock;

use serde::Deserialize;

use super::table::Table;
use crate::smtp::{CapabilityState, Phase, SessionStatus};

static PHASES: LazyLock<Table<PhaseHint>> =
    LazyLock::new(|| Table::read(include_str!("../../assets/phases.toml")));

/// What to do in one phase of a session.
#[derive(Clone, Debug, Default, Deserialize, PartialEq, Eq)]
#[serde(deny_unknown_fields)]
pub struct PhaseHint {
    /// The next command or action, in a few words.
    pub next: String,
    /// One line of help, at most 78 characters.
    pub help: String,
}

/// The hint for the current phase of a session.
pub fn phase_hint(status: &SessionStatus) -> PhaseHint {
    hint(phase_key(status))
}

/// The hint with this key in `assets/phases.toml`; empty if there is none. Some keys are no protocol
/// phases but states of the program, such as `connecting`.
pub fn hint(key: &str) -> PhaseHint {
    PHASES.row(key).cloned().unwrap_or_default()
}

fn phase_key(status: &SessionStatus) -> &'static str {
    match status.phase {
        _ if status.chunk_left > 0 => "chunk",
        Phase::Offline => "offline",
        Phase::Greeting => "greeting",
        Phase::Greeted if status.capabilities.now == CapabilityState::Discarded => "greeted-again",
        Phase::Greeted => "greeted",
        Phase::Ready => "ready",
        Phase::Transaction { accepted: 0, .. } => "transaction-empty",
        Phase::Transaction { .. } => "transaction",
        Phase::Message => "message",
        Phase::Submitted => "submitted",
        Phase::Exchange => "exchange",
        Phase::Handshake => "handshake",
        Phase::Closing => "closing",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_phase_has_a_hint() {
        let phases = [
            Phase::Offline,
            Phase::Greeting,
            Phase::Greeted,
            Phase::Ready,
            Phase::Transaction {
                accepted: 0,
                refused: 0,
            },
            Phase::Transaction {
                accepted: 1,
                refused: 0,
            },
            Phase::Message,
            Phase::Submitted,
            Phase::Exchange,
            Phase::Handshake,
            Phase::Closing,
        ];
        for phase in phases {
            let hint = phase_hint(&SessionStatus {
                phase,
                ..SessionStatus::default()
            });
            assert!(!hint.next.is_empty() && !hint.help.is_empty(), "{phase:?}");
        }
        for key in [
            "connecting",
            "connecting-late",
            "connecting-late-25",
            "handshake-late",
            "over",
            "kept",
            "composing",
            "uploading",
            "waiting",
            "paused",
        ] {
            assert!(!hint(key).help.is_empty(), "{key}");
        }
    }

    #[test]
    fn help_fits_one_line() {
        assert_eq!(PHASES.rows().count(), 32);
        for (key, hint) in PHASES.rows() {
            // The line has an indent of two columns on a screen of 80.
            let shown = hint.help.replace("{end-message}", "^D");
            assert!(shown.len() <= 78, "{key}: {}", shown.len());
        }
    }
}
