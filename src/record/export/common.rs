//! What the exports of several tools share: file names, comments and the layout of a command.

use super::facts::{Facts, TlsMode};

/// The name of the file that a command takes the message from.
pub(super) const MESSAGE_FILE: &str = "message.eml";
/// What prints the message as it goes behind DATA: its dots stuffed.
pub(super) const STUFFED_MESSAGE: &str = "sed 's/^\\./../' message.eml";
/// Stands where a user name is that is not known.
pub(super) const USER_VARIABLE: &str = "\"$SMTP_USER\"";

/// A command of several lines: each option on a line of its own.
pub(super) fn command(program: &str, options: &[String]) -> String {
    let mut text = program.to_owned();
    for option in options {
        text.push_str(" \\\n  ");
        text.push_str(option);
    }
    text + "\n"
}

/// What has to be known about a message that a command reads.
pub(super) fn message_comment() -> String {
    format!("# {MESSAGE_FILE} is the message of the session, saved by its ending .eml\n")
}

/// What has to be known about TLS, of which the record does not know how it was set; `verifying` says
/// what the tool does about the certificate.
pub(super) fn tls_comment(facts: &Facts, verifying: &str) -> String {
    if facts.tls == TlsMode::None {
        return String::new();
    }
    format!(
        "# not in the record: settings of TLS, such as --ca-file and --sni\n\
         # {verifying}\n"
    )
}

/// What is said where a tool is told not to verify.
pub(super) const NOT_VERIFIED: &str =
    "no authority vouched for the session's certificate; none is asked here";

/// Which transaction a command tells that can do only one.
pub(super) fn transactions_comment(facts: &Facts) -> String {
    match facts.transactions {
        0 | 1 => String::new(),
        count => format!("# the last of {count} transactions\n"),
    }
}
