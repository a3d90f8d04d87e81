//! What a response of a login was, as far as it explains the refusal.

use crate::smtp::base64::{self, ContentIssue, EncodingIssue};
use crate::smtp::sasl::{Mechanism, MessageIssue, Needs, decode_line};
use crate::smtp::{CommandLine, Verb};

/// What a response of a login was. It holds nothing of the secret.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SentResponse {
    /// Nothing that a program could find fault with, or base64 with a slip.
    Plausible,
    /// Nothing was sent where user name, password or digest was due.
    Empty,
    /// A `*` in the AUTH line.
    Star,
    /// `=` in the AUTH line.
    Equals,
    /// A command, sent while a response was due.
    Command,
    /// Probably plain text, not base64.
    PlainText,
    /// Base64, but not of what the mechanism requires.
    Malformed,
    /// An empty user name.
    NoUser,
    /// A newline at the end.
    Newline,
    /// Base64 without the `=` at its end, or with too many.
    Unpadded,
    /// A user name to act for that is not the one that logs in.
    ForAnother,
}

impl SentResponse {
    /// Judges a response. `step` is its number in the login, from 0; `in_line`: it stands in the AUTH
    /// line.
    pub(super) fn of(
        mechanism: Option<Mechanism>,
        step: usize,
        in_line: bool,
        octets: &[u8],
    ) -> Self {
        // Later messages of the others may be empty, or may cancel.
        let each_counts = mechanism.is_none_or(|one| one.needs() == Needs::Password)
            && mechanism.is_none_or(|one| one.hash().is_none());
        if !each_counts && step > 0 {
            return Self::Plausible;
        }
        match octets {
            b"" => return Self::Empty,
            b"*" if in_line => return Self::Star,
            b"=" if in_line => return Self::Equals,
            _ if !in_line && is_command(octets) => return Self::Command,
            _ => {}
        }
        let decoded = base64::decode(octets);
        let unpadded = decoded.issues == [EncodingIssue::Padding];
        if !decoded.issues.is_empty() {
            return match is_text(decoded.bytes.reveal()) {
                true if unpadded => Self::Unpadded,
                true => Self::Plausible,
                false => Self::PlainText,
            };
        }
        let message = decode_line(mechanism, step, b"", octets);
        let is_malformed = |issue: &MessageIssue| {
            matches!(
                issue,
                MessageIssue::NulCount(_) | MessageIssue::WrongFormat(_)
            )
        };
        let newline = MessageIssue::Content(ContentIssue::TrailingNewline);
        if message.issues.iter().any(is_malformed) {
            Self::Malformed
        } else if message.user.as_deref() == Some("") {
            Self::NoUser
        } else if message.issues.contains(&newline) {
            Self::Newline
        } else if message.authzid.is_some() && message.authzid != message.user {
            Self::ForAnother
        } else {
            Self::Plausible
        }
    }
}

/// Whether it is a command beyond doubt: a blank follows the verb, or it is a verb in capitals. A
/// password may begin with the letters of one.
fn is_command(octets: &[u8]) -> bool {
    let Ok(text) = std::str::from_utf8(octets) else {
        return false;
    };
    let Ok(line) = CommandLine::parse(text) else {
        return false;
    };
    line.begins_known_command() || line.verb() != Verb::Other && line.verb().name() == text
}

/// Whether decoded octets are what a client sends: text, NULs and the separators of the token mechanisms.
fn is_text(octets: &[u8]) -> bool {
    let expected =
        |letter: char| !letter.is_control() || matches!(letter, '\0' | '\u{1}' | '\n' | '\r');
    let text = std::str::from_utf8(octets);
    text.is_ok_and(|text| !text.is_empty() && text.chars().all(expected))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn responses_are_what_was_typed() {
        use SentResponse::{
            Command, Empty, Equals, ForAnother, Malformed, Newline, NoUser, PlainText, Plausible,
            Star, Unpadded,
        };
        let table: &[(&str, usize, bool, &str, SentResponse)] = &[
            ("PLAIN", 0, true, "AGJvYgBzaW1wbGU=", Plausible),
            // The = is missing; or a newline was encoded.
            ("PLAIN", 0, true, "AGJvYgBzaW1wbGU", Unpadded),
            ("PLAIN", 0, true, "AGJvYgBzaW1wbGUK", Newline),
            ("PLAIN", 0, true, "AABib2I=", NoUser),
            ("LOGIN", 1, false, "c2ltcGxlCg==", Newline),
            ("PLAIN", 0, true, "*", Star),
            ("LOGIN", 0, true, "=", Equals),
            ("PLAIN", 0, true, "!!!", PlainText),
            ("PLAIN", 0, false, "bob simple", PlainText),
            ("LOGIN", 0, false, "bob", PlainText),
            ("LOGIN", 1, false, "simple", PlainText),
            ("LOGIN", 0, false, "Ym9i", Plausible),
            ("LOGIN", 1, false, "d3Jvbmc=", Plausible),
            ("LOGIN", 1, false, "", Empty),
            ("PLAIN", 0, false, "", Empty),
            ("PLAIN", 0, true, "Ym9i", Malformed),
            ("PLAIN", 0, true, "Ym9iAHNpbXBsZQ==", Malformed),
            ("PLAIN", 0, true, "YWxpY2UAYm9iAHNpbXBsZQ==", ForAnother),
            ("CRAM-MD5", 0, false, "Ym9iIDEyMw==", Malformed),
            ("CRAM-MD5", 0, false, "AUTH CRAM-MD5", Command),
            ("CRAM-MD5", 0, false, "QUIT", Command),
            ("LOGIN", 1, false, "data", Plausible),
            ("SCRAM-SHA-256", 0, true, "Ym9i", Malformed),
            ("SCRAM-SHA-256", 2, false, "", Plausible),
            ("XOAUTH2", 1, false, "", Plausible),
            ("OAUTHBEARER", 1, false, "AQ==", Plausible),
        ];
        for (mechanism, step, in_line, typed, expected) in table {
            let response = SentResponse::of(
                Mechanism::parse(mechanism),
                *step,
                *in_line,
                typed.as_bytes(),
            );
            assert_eq!(response, *expected, "{mechanism} {step} {typed}");
        }
    }
}
