//! Tells a log that a user pastes from commands and messages.

use std::time::{Instant, SystemTime};

use super::read;
use crate::smtp::EntryKind;

/// The number of octets that are searched.
const SEARCHED_OCTETS: usize = 64 * 1024;
/// The fewest lines of each side.
const LINES_MIN: usize = 2;

/// The program that wrote a text, if the text is a log or a record of a session: its beginning has lines
/// of both sides. Commands alone are none.
pub fn log_program(text: &[u8]) -> Option<&'static str> {
    let record = read(beginning(text), Instant::now(), SystemTime::UNIX_EPOCH).ok()?;
    let of = |kind: fn(&EntryKind) -> bool| {
        let kinds = record.entries.iter().map(|entry| &entry.kind);
        kinds.filter(|of| kind(of)).take(LINES_MIN).count() == LINES_MIN
    };
    let both = of(|kind| matches!(kind, EntryKind::Received(_)))
        && of(|kind| matches!(kind, EntryKind::Sent(_)));
    both.then(|| record.source.name())
}

/// Whole lines up to the limit.
fn beginning(text: &[u8]) -> &[u8] {
    if text.len() <= SEARCHED_OCTETS {
        return text;
    }
    let searched = &text[..SEARCHED_OCTETS];
    let last = searched.iter().rposition(|&octet| octet == b'\n');
    &searched[..last.map_or(SEARCHED_OCTETS, |last| last + 1)]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_log_has_lines_of_both_sides() {
        let table = [
            (
                "<-  220 mx\n -> EHLO vm\n<-  250 mx\n -> QUIT\n<-  221 bye\n",
                Some("swaks"),
            ),
            (
                "220 mx\nEHLO vm\n250 mx\nQUIT\n221 bye\n",
                Some("s_client or telnet"),
            ),
            ("EHLO vm\nMAIL FROM:<a@b.example>\nQUIT\n", None),
            ("EHLO vm\nAUTH LOGIN\ndXNlcg==\ncGFzcw==\n", None),
            ("# 250 ok\n# 250 ok\nEHLO vm\nQUIT\n", None),
            ("Subject: 250 ok\nTo: b@c.example\n\nHELO to all\n", None),
            ("550 5.1.1 no such user\n550 5.1.1 no such user\n", None),
            ("NOOP", None),
            ("", None),
        ];
        for (text, program) in table {
            assert_eq!(log_program(text.as_bytes()), program, "{text}");
        }
    }

    #[test]
    fn the_beginning_is_enough() {
        let mut text = "<-  220 mx\n -> EHLO vm\n<-  250 mx\n -> QUIT\n".to_owned();
        text.push_str(&"x".repeat(3 * SEARCHED_OCTETS));
        assert_eq!(log_program(text.as_bytes()), Some("swaks"));
        let record = "{\"ehlo\":1}\n".repeat(SEARCHED_OCTETS);
        assert_eq!(beginning(record.as_bytes()).last(), Some(&b'\n'));
    }
}
