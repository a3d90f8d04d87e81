//! The window into a running server: one human line per thing that happened, never a secret and
//! never an octet that a terminal would obey.

use std::sync::mpsc::Sender;

use crate::smtp::sasl::Mechanism;
use crate::smtp::{CommandLine, Verb};

/// How many characters of a command are shown.
const LOGGED_CAP: usize = 200;

/// Where one connection's lines go, if anywhere.
#[derive(Clone, Debug)]
pub(super) struct ConnectionLog {
    /// The number of the connection.
    pub(super) connection: u64,
    pub(super) sender: Option<Sender<String>>,
}

impl ConnectionLog {
    /// Whether anybody listens.
    pub(super) fn is_open(&self) -> bool {
        self.sender.is_some()
    }

    /// Tells one thing. The words are only made if somebody listens.
    pub(super) fn event(&self, words: impl FnOnce() -> String) {
        if let Some(sender) = &self.sender {
            // Nobody listening any more is no fault of the conversation.
            let _ = sender.send(format!("#{} {}", self.connection, words()));
        }
    }
}

/// A command as it may be shown. What is not understood may be a password in the wrong place and
/// is not shown at all.
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
        Verb::Other => format!("an unknown command of {} octets", command.text().len()),
        verb => verb.name().to_owned(),
    }
}

/// Text off the wire with every character written out that is neither a letter nor plain ASCII.
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
    fn commands_are_shown_without_secrets_and_without_escapes() {
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
            ("c2VjcmV0", "an unknown command of 8 octets"),
            ("NOOP c2VjcmV0", "NOOP"),
            ("CLIENTID UUID c2VjcmV0", "CLIENTID"),
        ] {
            assert_eq!(redacted(&CommandLine::parse(text).unwrap()), expected);
        }
        let long = CommandLine::parse(format!("VRFY {}", "x".repeat(5000))).unwrap();
        assert_eq!(redacted(&long).len(), LOGGED_CAP);
    }
}
