//! The transcript as text, to compare and to print in tests.

use ehlo::smtp::{Entry, EntryKind, Level, Oddity};

/// An entry as text. It starts with `C:` for a sent line, `S:` for a received one, `--` for a note
/// or
/// `!!` for a fault; `tls` comes first if TLS was on. Oddities follow in braces.
pub fn line(entry: &Entry) -> String {
    let mut line = String::from(if entry.tls { "tls " } else { "" });
    match &entry.kind {
        EntryKind::Sent(sent) => {
            line.push_str("C: ");
            line.push_str(&escape(&sent.visible));
            if let Some(secret) = &sent.secret {
                line.push_str(&format!("{secret:?}"));
            }
            if sent.out_of_order {
                line.push_str(" {out of order}");
            }
        }
        EntryKind::Received(received) => {
            line.push_str("S: ");
            line.push_str(&escape(&received.bytes));
            let odd: Vec<_> = received.oddities.iter().map(Oddity::as_str).collect();
            if !odd.is_empty() {
                line.push_str(&format!(" {{{}}}", odd.join(", ")));
            }
        }
        EntryKind::Note(note) => {
            line.push_str(if note.level == Level::Fault {
                "!! "
            } else {
                "-- "
            });
            line.push_str(&note.text);
        }
    }
    line
}

/// Octets as text, with `\xNN` for octets that are not printable ASCII.
fn escape(octets: &[u8]) -> String {
    let mut text = String::with_capacity(octets.len());
    for &octet in octets {
        match octet {
            b'\\' => text.push_str("\\\\"),
            b' '..=b'~' => text.push(octet.into()),
            _ => text.push_str(&format!("\\x{octet:02x}")),
        }
    }
    text
}

/// Whether a line matches a pattern in which each `…` stands for any text.
pub fn matches_pattern(line: &str, pattern: &str) -> bool {
    let Some((head, tail)) = pattern.split_once('…') else {
        return line == pattern;
    };
    let Some(rest) = line.strip_prefix(head) else {
        return false;
    };
    rest.char_indices()
        .map(|(at, _)| at)
        .chain([rest.len()])
        .any(|at| matches_pattern(&rest[at..], tail))
}
