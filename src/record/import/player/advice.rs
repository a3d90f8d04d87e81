//! What is noted in a log besides its lines: hints on a refused login, the faults of a message.

use super::LogPlayer;
use crate::diagnosis::{self, ReplyContext};
use crate::smtp::sasl::RefusedLogin;
use crate::smtp::{EntryKind, Level, SentKind};

/// The maximum number of hints noted after a refused login.
const LOGIN_CHECKS_CAP: usize = 3;

impl LogPlayer {
    /// Shows the tracker the entries that it has not seen, which do not change any more.
    pub(super) fn track(&mut self) {
        for entry in self.entries.iter().skip(self.tracked) {
            self.tracker.push(entry);
        }
        self.tracked = self.entries.len();
    }

    /// Hints on what to check after a refused login.
    pub(super) fn login_checks(&mut self, attempt: &RefusedLogin) -> Vec<(Level, Box<str>)> {
        self.track();
        let explanation = diagnosis::explain(&ReplyContext {
            reply: &attempt.reply,
            situation: self.tracker.latest(),
        });
        let checks = diagnosis::checks(attempt, &explanation, self.tracker.latest())
            .into_iter()
            .take(LOGIN_CHECKS_CAP);
        checks.map(|words| (Level::Info, words.into())).collect()
    }

    /// Notes what the editor would say of the message that the last line ends.
    pub(super) fn check_message(&mut self) {
        let ends = self.entries.last().is_some_and(|entry| {
            matches!(&entry.kind, EntryKind::Sent(sent)
                if sent.kind == SentKind::Message && sent.request.is_some())
        });
        if self.own_format || !ends {
            return;
        }
        self.track();
        let faults = self.tracker.message_faults();
        if faults.is_empty() {
            return;
        }
        let faults: Vec<String> = faults.iter().map(ToString::to_string).collect();
        self.note(Level::Info, format!("the message: {}", faults.join("; ")));
    }
}
