//! The transcript as text, for tests to read and to show.

use ehlo::smtp::{Entry, EntryKind, Level, Oddity};

/// An entry as text: `C:` and `S:` for what went and came, `--` for a note and `!!` for a fault,
/// `tls` ahead of it under TLS, what is odd in braces behind it.
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

/// Octets as text; what is not printable ASCII as `\xNN`.
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

/// Whether a line is like a pattern in which each `…` stands for anything.
pub fn fits(line: &str, pattern: &str) -> bool {
    let Some((head, tail)) = pattern.split_once('…') else {
        return line == pattern;
    };
    let Some(rest) = line.strip_prefix(head) else {
        return false;
    };
    rest.char_indices()
        .map(|(at, _)| at)
        .chain([rest.len()])
        .any(|at| fits(&rest[at..], tail))
}
