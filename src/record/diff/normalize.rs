//! What counts of a line when two sessions are compared: its words, without what is new in every
//! session.

use crate::smtp::{Entry, EntryKind, Part, SentKind, Verb};

/// Stands where something was that differs each time.
const ANY: &str = "*";
/// Letters and digits that an id has at least.
const ID_FROM: usize = 6;
/// A challenge that is longer than the prompts of LOGIN is new each time.
const CHALLENGE_FROM: usize = 20;
const DAYS_AND_MONTHS: [&str; 19] = [
    "mon", "tue", "wed", "thu", "fri", "sat", "sun", "jan", "feb", "mar", "apr", "may", "jun",
    "jul", "aug", "sep", "oct", "nov", "dec",
];

/// The words of an entry that are compared.
pub(super) fn normalized(entry: &Entry) -> String {
    match &entry.kind {
        EntryKind::Note(note) => words(&note.text, false),
        EntryKind::Received(received) => {
            let text = String::from_utf8_lossy(&received.bytes);
            if text.starts_with("334 ") && text.len() > CHALLENGE_FROM {
                return format!("334 {ANY}");
            }
            // A list of what is offered has no ids in it, but words that look like them.
            words(&text, received.part == Part::Only)
        }
        EntryKind::Sent(sent) => {
            let open = String::from_utf8_lossy(&sent.open);
            let said = if sent.kind == SentKind::Message {
                words(&open, true)
            } else {
                command(&open)
            };
            // Of a secret its reading is compared, in which nonces are not told; else its length.
            match (&sent.secret, &sent.gloss) {
                (None, _) => said,
                (Some(_), Some(gloss)) => format!("{said}[{}]", words(&gloss.reading, false)),
                (Some(secret), None) => format!("{said}[{}]", secret.len()),
            }
        }
    }
}

/// A command: letters of either case are one in its verb; its parameters count as they are.
fn command(line: &str) -> String {
    let (word, rest) = line.split_once(' ').unwrap_or((line, ""));
    let verb = Verb::parse(word);
    if verb == Verb::Other {
        return line.to_owned();
    }
    format!("{verb} {rest}")
}

/// Words without dates and ports, and, where `ids` may be among them, without those.
fn words(text: &str, ids: bool) -> String {
    let mut kept: Vec<String> = Vec::new();
    let mut id_follows = false;
    for word in text.split_whitespace() {
        let behind_any = kept.last().is_some_and(|last| last == ANY);
        let any = id_follows || is_date(word, behind_any) || ids && is_id(word);
        id_follows = ids && matches!(word, "as" | "id" | "id:" | "ID");
        let (key, value) = word.split_once('=').unwrap_or_default();
        match any {
            // A date is one such thing, not six.
            true if behind_any => {}
            true => kept.push(ANY.to_owned()),
            false if ids && is_id(value) => kept.push(format!("{key}={ANY}")),
            false => kept.push(without_port(word).to_owned()),
        }
    }
    kept.join(" ")
}

/// A part of a date: `Sun,`, `Nov`, `2026`, `01:37:06`, `+0000`, and the day behind another part.
fn is_date(word: &str, behind_any: bool) -> bool {
    let bare = word.trim_matches(|c: char| !c.is_ascii_alphanumeric());
    let of = |kind: fn(&u8) -> bool| !bare.is_empty() && bare.bytes().all(|octet| kind(&octet));
    let is_number = of(u8::is_ascii_digit);
    let is_time = bare.contains(':') && of(|octet| octet.is_ascii_digit() || *octet == b':');
    let is_zone = is_number && bare.len() == 4 && word.starts_with(['+', '-']);
    let is_year = is_number && bare.len() == 4 && bare.starts_with("20");
    let is_day = is_number && bare.len() <= 2 && behind_any;
    let is_name = |name: &&str| bare.eq_ignore_ascii_case(name);
    is_time || is_zone || is_year || is_day || DAYS_AND_MONTHS.iter().any(is_name)
}

/// An id: letters and digits mixed, without the dots of a host or an enhanced code, or a message id.
fn is_id(word: &str) -> bool {
    let digits = word.bytes().filter(u8::is_ascii_digit).count();
    let letters = word.bytes().filter(u8::is_ascii_alphabetic).count();
    let is_message_id = word.starts_with('<') && word.contains('@') && digits >= ID_FROM;
    let is_mixed = digits >= 2 && letters >= 1 && digits + letters >= ID_FROM;
    is_message_id || is_mixed && !word.contains(['.', '=', '@'])
}

/// `192.0.2.1:50123` and `[2001:db8::1]:50123` without the port.
fn without_port(word: &str) -> &str {
    match word.rsplit_once(':') {
        Some((address, port))
            if !port.is_empty()
                && port.bytes().all(|digit| digit.is_ascii_digit())
                && (address.ends_with(']') || address.parse::<std::net::Ipv4Addr>().is_ok()) =>
        {
            address
        }
        _ => word,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_new_each_time_does_not_count() {
        let same = [
            (
                "250 2.0.0 Ok: queued as 4F9A2B1C",
                "250 2.0.0 Ok: queued as 7D00FFEE",
            ),
            ("250 queued as 12", "250 queued as 13"),
            ("250 OK id=1sAbCd-0001Xy-2Z", "250 OK id=1sAbCe-0002Xy-3A"),
            (
                "220 mx Sun, 22 Nov 2026 01:37:06 +0000",
                "220 mx Mon, 23 Nov 2026 09:00:00 +0100",
            ),
            (
                "Message-ID: <20261122013825.25285-1-alice@example.org>",
                "Message-ID: <20261122013826.25299-1-alice@example.org>",
            ),
            ("250 hello 192.0.2.1:50000", "250 hello 192.0.2.1:50001"),
        ];
        for (left, right) in same {
            assert_eq!(words(left, true), words(right, true));
        }
    }

    #[test]
    fn what_counts_is_kept() {
        let differ = [
            ("250 2.1.5 ok", "250 2.1.0 ok"),
            ("250-SIZE 10485760", "250-SIZE 73400320"),
            ("250-SMTPUTF8", "250-8BITMIME"),
            ("250-AUTH SCRAM-SHA-256", "250-AUTH SCRAM-SHA-1"),
            ("550 5.7.1 no", "250 2.0.0 ok"),
            ("250 hello 192.0.2.1", "250 hello 192.0.2.2"),
            ("220 mx1.example.org", "220 mx2.example.org"),
        ];
        for (left, right) in differ {
            let ids = !left.starts_with("250-");
            assert_ne!(words(left, ids), words(right, ids), "{left}");
        }
    }
}
