//! Recognises commands and replies among the lines of a log.

use crate::smtp::sasl::Mechanism;
use crate::smtp::{CommandLine, Verb};

/// The octets of a line that show its verb.
const VERB_CAP: usize = 64;
/// The longest command: AUTH with a token (RFC 4954 section 4 allows 12288 octets).
const COMMAND_CAP: usize = 64 * 1024;
/// Mechanisms that the program does not speak.
const OTHER_MECHANISMS: [&str; 6] = [
    "NTLM",
    "DIGEST-MD5",
    "GSSAPI",
    "GSS-SPNEGO",
    "KERBEROS_V4",
    "OTP",
];

/// Whether a word names a SASL mechanism.
pub(super) fn is_mechanism(word: &str) -> bool {
    Mechanism::parse(word).is_some()
        || OTHER_MECHANISMS
            .iter()
            .any(|name| name.eq_ignore_ascii_case(word))
}

/// Whether a line starts like a reply: a code from 200 to 599 and a separator.
pub(super) fn is_reply(line: &[u8]) -> bool {
    matches!(line, [b'2'..=b'5', b'0'..=b'9', b'0'..=b'9'])
        || matches!(
            line,
            [b'2'..=b'5', b'0'..=b'9', b'0'..=b'9', b' ' | b'-', ..]
        )
}

/// The code of a line of a reply.
pub(super) fn code(line: &[u8]) -> Option<&[u8]> {
    is_reply(line).then(|| &line[..3])
}

/// Whether more lines of the reply follow this one.
pub(super) fn is_unfinished(line: &[u8]) -> bool {
    is_reply(line) && line.get(3) == Some(&b'-')
}

/// Whether a line starts with a known SMTP verb.
pub(super) fn starts_with_verb(line: &[u8]) -> bool {
    let line = String::from_utf8_lossy(&line[..line.len().min(VERB_CAP)]);
    parsed(line.as_bytes()).is_some_and(|line| line.verb() != Verb::Other)
}

/// Whether a line is a command, and not a sentence that begins with a verb.
pub(super) fn is_command(line: &[u8]) -> bool {
    if line.len() > COMMAND_CAP {
        return false;
    }
    let Some(command) = parsed(line) else {
        return false;
    };
    let text = String::from_utf8_lossy(line);
    let text = text
        .trim_end_matches(['`', '"', '\''])
        .trim_end_matches("\\r\\n");
    let (_, rest) = text.split_once(' ').unwrap_or((text, ""));
    let rest = rest.trim();
    let word = !rest.is_empty() && !rest.contains(' ');
    let upper = rest.to_ascii_uppercase();
    match command.verb() {
        Verb::Other => false,
        Verb::Ehlo | Verb::Helo | Verb::Lhlo | Verb::Vrfy | Verb::Expn | Verb::Etrn => word,
        Verb::Mail => upper.starts_with("FROM:"),
        Verb::Rcpt => upper.starts_with("TO:"),
        Verb::Auth => {
            let mut words = rest.split(' ');
            let mechanism = words.next().unwrap_or_default();
            let listed = words.clone().any(is_mechanism);
            is_mechanism(mechanism) && !listed && words.count() < 4
        }
        Verb::Bdat => rest.starts_with(|first: char| first.is_ascii_digit()),
        Verb::Noop | Verb::Help => rest.is_empty() || word,
        _ => rest.is_empty(),
    }
}

fn parsed(line: &[u8]) -> Option<CommandLine> {
    let line = std::str::from_utf8(line).ok()?;
    CommandLine::parse(line).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sentence_is_no_command() {
        for line in [
            "EHLO a",
            "mail from: <a@b.example>",
            "AUTH PLAIN AGEAYg==",
            "data",
            "QUIT",
        ] {
            assert!(is_command(line.as_bytes()), "{line}");
        }
        for line in [
            "Help me with this",
            "data is lost",
            "AUTH LOGIN PLAIN",
            "mail loop",
            "hello",
        ] {
            assert!(!is_command(line.as_bytes()), "{line}");
        }
    }
}
