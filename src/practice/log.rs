//! The log of a running server: one line of text per event, without secrets and without terminal
//! control characters.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{SyncSender, TrySendError};

use crate::smtp::sasl::Mechanism;
use crate::smtp::{CommandLine, Verb};

/// The maximum number of characters of a command in the log.
const LOGGED_CAP: usize = 200;

/// The log of one connection.
#[derive(Clone, Debug)]
pub(super) struct ConnectionLog {
    /// The number of the connection.
    pub(super) connection: u64,
    pub(super) sender: Option<SyncSender<String>>,
    /// How many lines had no room since the last one that had.
    pub(super) left_out: Arc<AtomicU64>,
}

impl ConnectionLog {
    /// Whether there is a receiver.
    pub(super) fn is_open(&self) -> bool {
        self.sender.is_some()
    }

    /// Logs an event. The text is only built if there is a receiver. A receiver that is too slow gets
    /// the number of lines that it missed: the server does not wait for it.
    pub(super) fn event(&self, text: impl FnOnce() -> String) {
        if let Some(sender) = &self.sender {
            let is_full = |line| matches!(sender.try_send(line), Err(TrySendError::Full(_)));
            let missed = self.left_out.swap(0, Ordering::Relaxed);
            // A closed receiver does not affect the connection.
            if missed > 0 && is_full(format!("{missed} events are not shown")) {
                self.left_out.fetch_add(missed, Ordering::Relaxed);
            }
            if is_full(format!("#{} {}", self.connection, text())) {
                self.left_out.fetch_add(1, Ordering::Relaxed);
            }
        }
    }
}

/// A command as it may be logged. An unknown command might be a misplaced password, so only its
/// length is logged.
pub(super) fn redacted(command: &CommandLine) -> String {
    match command.verb() {
        Verb::Ehlo | Verb::Helo | Verb::Mail | Verb::Rcpt | Verb::Bdat | Verb::Vrfy => {
            let text = command.text();
            match command.secret() {
                Some(at) => harmless(&text[..at]) + "[hidden]",
                None => harmless(text),
            }
        }
        Verb::Auth => {
            let mut words = command.argument().split_whitespace();
            let mechanism = words.next().and_then(Mechanism::parse);
            let name = mechanism.map_or("[hidden]", Mechanism::name);
            let more = if words.next().is_some() {
                " [hidden]"
            } else {
                ""
            };
            format!("AUTH {name}{more}")
        }
        Verb::Other => format!("unknown command of {} octets", command.text().len()),
        verb => verb.name().to_owned(),
    }
}

/// Escapes every character that is neither alphanumeric nor printable ASCII.
fn harmless(text: &str) -> String {
    let mut out = String::new();
    for character in text.chars().take(LOGGED_CAP) {
        if character.is_alphanumeric() || matches!(character, ' '..='~') {
            out.push(character);
        } else {
            out.extend(character.escape_default());
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slow_reader_gets_the_number_of_lines_that_it_missed() {
        let (sender, lines) = std::sync::mpsc::sync_channel(2);
        let log = ConnectionLog {
            connection: 1,
            sender: Some(sender),
            left_out: Arc::default(),
        };
        for number in 0..5 {
            log.event(|| number.to_string());
        }
        assert_eq!(lines.try_iter().collect::<Vec<_>>(), ["#1 0", "#1 1"]);
        log.event(|| "5".to_owned());
        let after = lines.try_iter().collect::<Vec<_>>();
        assert_eq!(after, ["3 events are not shown", "#1 5"]);
    }

    #[test]
    fn logs_commands_without_secrets_and_control_characters() {
        for (text, expected) in [
            (
                "MAIL FROM:<a@b.example> SIZE=1",
                "MAIL FROM:<a@b.example> SIZE=1",
            ),
            ("mail from:<é@b>", "mail from:<é@b>"),
            ("EHLO \u{1b}[2Jx\u{202e}", "EHLO \\u{1b}[2Jx\\u{202e}"),
            (
                "MAIL FROM:<a@b> MTRK=c2VjcmV0",
                "MAIL FROM:<a@b> MTRK=[hidden]",
            ),
            ("AUTH PLAIN c2VjcmV0", "AUTH PLAIN [hidden]"),
            ("auth login", "AUTH LOGIN"),
            ("AUTH c2VjcmV0", "AUTH [hidden]"),
            ("AUTH", "AUTH [hidden]"),
            ("c2VjcmV0", "unknown command of 8 octets"),
            ("NOOP c2VjcmV0", "NOOP"),
            ("CLIENTID UUID c2VjcmV0", "CLIENTID"),
        ] {
            assert_eq!(redacted(&CommandLine::parse(text).unwrap()), expected);
        }
        let long = CommandLine::parse(format!("VRFY {}", "x".repeat(5000))).unwrap();
        assert_eq!(redacted(&long).len(), LOGGED_CAP);
    }
}
