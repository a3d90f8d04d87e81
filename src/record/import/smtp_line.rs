//! Recognises commands and replies among the lines of a log.

use crate::smtp::{CommandLine, Verb};

/// Whether a line starts like a reply: a code from 200 to 599 and a separator.
pub(super) fn is_reply(line: &[u8]) -> bool {
    matches!(line, [b'2'..=b'5', b'0'..=b'9', b'0'..=b'9'])
        || matches!(
            line,
            [b'2'..=b'5', b'0'..=b'9', b'0'..=b'9', b' ' | b'-', ..]
        )
}

/// Whether a line starts with a known SMTP verb.
pub(super) fn is_command(line: &[u8]) -> bool {
    std::str::from_utf8(line)
        .ok()
        .and_then(|line| CommandLine::parse(line).ok())
        .is_some_and(|line| line.verb() != Verb::Other)
}
