//! What is known about SMTP, in words: the files of `assets/`, read once, looked up by key.

mod certificate;
mod command;
mod enhanced;
mod explain;
mod extension;
mod found;
mod lookup;
mod mechanism;
mod page;
mod parameter;
mod provider;
mod remark;
mod reply_code;
mod rule;
mod source;
mod table;
mod template;
mod topic;
mod tour;

use std::sync::LazyLock;

use serde::Deserialize;

pub use self::certificate::{Alert, alert, alerts, certificate, certificates};
pub use self::command::{Argument, Command, command, commands, dialogue_topics};
pub use self::enhanced::{
    Enhanced, enhanced, enhanced_class, enhanced_codes, enhanced_of_vendors, enhanced_subject,
};
pub use self::explain::{Explanation, ReplyContext, explain, particular};
pub use self::extension::{Extension, Status, extension, extension_of, extensions};
pub use self::lookup::{UnknownWord, lookup};
pub use self::mechanism::{InitialResponse, Mechanism, Need, Usage, mechanism, mechanisms};
pub use self::page::{Page, Section, rows};
pub use self::parameter::{Parameter, parameter, parameters};
pub use self::provider::{Provider, provider, provider_of, providers};
pub use self::reply_code::{
    CodeAfter, CodeStatus, ReplyCode, asked_key, class_words, reply_code, reply_codes,
};
pub use self::rule::{Rule, symptom, symptoms};
pub use self::source::cite;
use self::table::Table;
pub use self::template::{Kind, Known, Piece, Template, TemplateError, templates};
pub use self::topic::{Topic, TopicKind, overview, topics};
pub use self::tour::{Lesson, Step, Verdict, lessons};
use crate::smtp::{CapabilityState, Phase, SessionStatus};

static PHASES: LazyLock<Table<PhaseWords>> =
    LazyLock::new(|| Table::read(include_str!("../../assets/phases.toml")));
static FAILURES: LazyLock<Table<FailureWords>> =
    LazyLock::new(|| Table::read(include_str!("../../assets/failures.toml")));

static SENTENCES: LazyLock<Table<String>> =
    LazyLock::new(|| Table::read(include_str!("../../assets/sentences.toml")));

/// What is due in a phase.
#[derive(Clone, Debug, Default, Deserialize, PartialEq, Eq)]
#[serde(deny_unknown_fields)]
pub struct PhaseWords {
    /// What is due next, in a few words.
    pub next: String,
    /// One line of help.
    pub words: String,
}

/// What a failed connection usually means.
#[derive(Clone, Debug, Default, Deserialize, PartialEq, Eq)]
#[serde(deny_unknown_fields)]
pub struct FailureWords {
    /// What it usually means.
    pub means: String,
    /// What to try.
    pub r#try: String,
}

/// The words for where a dialogue stands.
pub fn phase(status: &SessionStatus) -> PhaseWords {
    PHASES.row(phase_key(status)).cloned().unwrap_or_default()
}

/// The words for what is no phase of the dialogue, by its key in `assets/phases.toml`.
pub fn words(key: &str) -> PhaseWords {
    PHASES.row(key).cloned().unwrap_or_default()
}

/// The words for a failure, by its key in `assets/failures.toml`.
pub fn failure(key: &str) -> FailureWords {
    FAILURES.row(key).cloned().unwrap_or_default()
}

/// Whether there are words for a failure.
pub fn knows_failure(key: &str) -> bool {
    FAILURES.row(key).is_some()
}

/// A sentence about replies, by its key in `assets/sentences.toml`.
fn sentence(key: &str) -> &'static str {
    SENTENCES.row(key).map_or("", String::as_str)
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
    fn every_phase_has_words() {
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
            let words = self::phase(&SessionStatus {
                phase,
                ..SessionStatus::default()
            });
            assert!(
                !words.next.is_empty() && !words.words.is_empty(),
                "{phase:?}"
            );
        }
        for key in [
            "connecting",
            "over",
            "kept",
            "composing",
            "uploading",
            "waiting",
            "greeting-late",
            "paused",
        ] {
            assert!(!words(key).words.is_empty(), "{key}");
        }
    }

    #[test]
    fn every_asset_is_read() {
        assert_eq!(PHASES.rows().count(), 27);
        assert_eq!(FAILURES.rows().count(), 33);
        for (key, words) in PHASES.rows() {
            // A line of help has two columns of indent and fits a screen of 80.
            assert!(words.words.len() <= 78, "{key}: {}", words.words.len());
        }
    }
}
