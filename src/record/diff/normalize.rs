//! Normalizes entries for comparison: replaces values that are new in every session.

use crate::smtp::{Entry, EntryKind, Part, SentKind, Verb};

/// Replaces a value that is new in every session.
const ANY: &str = "*";
/// The minimum number of letters and digits of an id.
const ID_LENGTH_MIN: usize = 6;
/// The length of a 334 line with a prompt of LOGIN; longer ones have a challenge, always new.
const PROMPT_LENGTH_MAX: usize = 20;
const DAYS_AND_MONTHS: [&str; 19] = [
    "mon", "tue", "wed", "thu", "fri", "sat", "sun", "jan", "feb", "mar", "apr", "may", "jun",
    "jul", "aug", "sep", "oct", "nov", "dec",
];

/// The text of an entry as it is compared.
pub(super) fn normalized(entry: &Entry) -> String {
    match &entry.kind {
        EntryKind::Note(note) => words(&note.text, false),
        EntryKind::Received(received) => {
            let text = String::from_utf8_lossy(&received.bytes);
            if text.starts_with("334 ") && text.len() > PROMPT_LENGTH_MAX {
                return format!("334 {ANY}");
            }
            // Capability lists have no ids, but keywords that look like ids.
            words(&text, received.part == Part::Only)
        }
        EntryKind::Sent(sent) => {
            let open = String::from_utf8_lossy(&sent.visible);
            let text = if sent.kind == SentKind::Message {
                words(&open, true)
            } else {
                command(&open)
            };
            // A secret is compared by its decoded form, which has no nonces, else by its length.
            match (&sent.secret, &sent.annotation) {
                (None, _) => text,
                (Some(_), Some(annotation)) => {
                    format!("{text}[{}]", words(&annotation.decoded, false))
                }
                (Some(secret), None) => format!("{text}[{}]", secret.len()),
            }
        }
    }
}

/// Normalizes the case of the verb; parameters stay unchanged.
fn command(line: &str) -> String {
    let (word, rest) = line.split_once(' ').unwrap_or((line, ""));
    let verb = Verb::parse(word);
    if verb == Verb::Other {
        return line.to_owned();
    }
    format!("{verb} {rest}")
}

/// Replaces dates and ports, and ids if `ids` is set.
fn words(text: &str, ids: bool) -> String {
    let mut kept: Vec<String> = Vec::new();
    let mut id_follows = false;
    for word in text.split_whitespace() {
        let after_any = kept.last().is_some_and(|last| last == ANY);
        let any = id_follows || is_date(word, after_any) || ids && is_id(word);
        id_follows = ids && matches!(word, "as" | "id" | "id:" | "ID");
        let (key, value) = word.split_once('=').unwrap_or_default();
        match any {
            // A date of several words is replaced only once.
            true if after_any => {}
            true => kept.push(ANY.to_owned()),
            false if ids && is_id(value) => kept.push(format!("{key}={ANY}")),
            false => kept.push(without_port(word).to_owned()),
        }
    }
    kept.join(" ")
}

/// Whether a word is part of a date: `Sun,`, `Nov`, `2026`, `01:37:06`, `+0000`, or a day after
/// another part.
fn is_date(word: &str, after_any: bool) -> bool {
    let bare = word.trim_matches(|c: char| !c.is_ascii_alphanumeric());
    let of = |kind: fn(&u8) -> bool| !bare.is_empty() && bare.bytes().all(|octet| kind(&octet));
    let is_number = of(u8::is_ascii_digit);
    let is_time = bare.contains(':') && of(|octet| octet.is_ascii_digit() || *octet == b':');
    let is_zone = is_number && bare.len() == 4 && word.starts_with(['+', '-']);
    let is_year = is_number && bare.len() == 4 && bare.starts_with("20");
    let is_day = is_number && bare.len() <= 2 && after_any;
    let is_name = |name: &&str| bare.eq_ignore_ascii_case(name);
    is_time || is_zone || is_year || is_day || DAYS_AND_MONTHS.iter().any(is_name)
}

/// Whether a word is an id: a mix of letters and digits, without the dots of a host name or an
/// enhanced status code, or a message id.
fn is_id(word: &str) -> bool {
    let digits = word.bytes().filter(u8::is_ascii_digit).count();
    let letters = word.bytes().filter(u8::is_ascii_alphabetic).count();
    let is_message_id = word.starts_with('<') && word.contains('@') && digits >= ID_LENGTH_MIN;
    let is_mixed = digits >= 2 && letters >= 1 && digits + letters >= ID_LENGTH_MIN;
    is_message_id || is_mixed && !word.contains(['.', '=', '@'])
}

/// Removes the port from `192.0.2.1:50123` and `[2001:db8::1]:50123`.
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
    fn ignores_values_that_are_new_in_each_session() {
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
    fn keeps_all_other_values() {
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
