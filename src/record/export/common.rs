//! File names, comments and command layout that several exports share.

use super::facts::{Facts, TlsMode};
use crate::quoting::{Place, literal};

/// The file from which a command reads the message.
pub(super) const MESSAGE_FILE: &str = "message.eml";
/// The command that prints the message with dot-stuffing, as DATA needs it.
pub(super) const STUFFED_MESSAGE: &str = "sed 's/^\\./../' message.eml";
/// Replaces an unknown user name.
pub(super) const USER_VARIABLE: &str = "\"$SMTP_USER\"";

/// Replaces the password, which is never exported.
const PASSWORD: &str = "PASSWORD";

/// The line that stores the password, as a comment: with the quotes that the place needs, and a
/// placeholder.
pub(super) fn password_line(place: Place, tool: &str, setting: &str) -> String {
    let literals = literal(place, PASSWORD.as_bytes()).unwrap_or_default();
    let quoted = literals.first().map_or(PASSWORD.into(), |literal| {
        String::from_utf8_lossy(literal.text.reveal()).into_owned()
    });
    format!(
        "# {tool} asks for the password. To store it, use this line with what\n\
         # ehlo quote --for {place} --reveal prints:\n\
         # {setting} {quoted}\n"
    )
}

/// Formats a command with each option on its own line.
pub(super) fn command(program: &str, options: &[String]) -> String {
    let mut text = program.to_owned();
    for option in options {
        text.push_str(" \\\n  ");
        text.push_str(option);
    }
    text + "\n"
}

/// The comment on where a command reads the message from.
pub(super) fn message_comment() -> String {
    format!("# {MESSAGE_FILE} is the message of this session: save it with :save {MESSAGE_FILE}\n")
}

/// The comment on TLS, whose settings are not recorded; `verifying` says how the tool treats the
/// certificate.
pub(super) fn tls_comment(facts: &Facts, verifying: &str) -> String {
    if facts.tls == TlsMode::None {
        return String::new();
    }
    format!(
        "# TLS settings such as --ca-file and --sni are not part of the record\n\
         # {verifying}\n"
    )
}

/// The comment for a command that does not verify the certificate.
pub(super) const NOT_VERIFIED: &str =
    "no CA verified the certificate of this session; verification is off here";

/// The comment for a command that repeats only one transaction.
pub(super) fn transactions_comment(facts: &Facts) -> String {
    match facts.transactions {
        0 | 1 => String::new(),
        count => format!("# the last of {count} transactions\n"),
    }
}
