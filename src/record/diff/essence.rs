//! What counts of a line when two sessions are compared: its words, without what is new in every
//! session.

use crate::smtp::{Entry, SentKind, Verb, What};

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
pub(super) fn essence(entry: &Entry) -> String {
    match &entry.what {
        What::Note(note) => words(&note.text),
        What::Received(received) => {
            let text = String::from_utf8_lossy(&received.bytes);
            if text.starts_with("334 ") && text.len() > CHALLENGE_FROM {
                return format!("334 {ANY}");
            }
            words(&text)
        }
        What::Sent(sent) => {
            let open = String::from_utf8_lossy(&sent.open);
            let said = if sent.kind == SentKind::Message {
                words(&open)
            } else {
                command(&open)
            };
            // Of a secret its reading is compared, in which nonces are not told; else its length.
            match (&sent.secret, &sent.gloss) {
                (None, _) => said,
                (Some(_), Some(gloss)) => format!("{said}[{}]", words(&gloss.reading)),
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

/// Words without dates, ids and ports.
fn words(text: &str) -> String {
    let mut kept: Vec<&str> = Vec::new();
    let mut id_follows = false;
    for word in text.split_whitespace() {
        let any = id_follows || is_new_each_time(word);
        id_follows = matches!(word, "as" | "id" | "id:" | "ID");
        match any {
            // A date is one such thing, not six.
            true if kept.last() == Some(&ANY) => {}
            true => kept.push(ANY),
            false => kept.push(without_port(word)),
        }
    }
    kept.join(" ")
}

fn is_new_each_time(word: &str) -> bool {
    let bare = word.trim_matches(|c: char| !c.is_ascii_alphanumeric());
    let digits = bare.bytes().filter(u8::is_ascii_digit).count();
    let letters = bare.bytes().filter(u8::is_ascii_alphabetic).count();
    let is_time = bare.contains(':') && letters == 0 && bare.matches(':').count() <= 2;
    let is_zone = word.len() == 5 && word.starts_with(['+', '-']) && digits == 4;
    let is_year = bare.len() == 4 && letters == 0 && bare.starts_with("20");
    let is_day = DAYS_AND_MONTHS
        .iter()
        .any(|name| bare.eq_ignore_ascii_case(name));
    let mixed = digits > 0 && letters > 0 && bare.len() >= ID_FROM;
    // A name with a dot in it is a host or an address, unless it is a message id.
    let is_id = mixed && (!bare.contains('.') || word.starts_with('<') && digits >= ID_FROM);
    let is_name = bare.contains('=')
        || matches!(bare.split_once('-'), Some((head, _)) if head.len() == 3 && digits == 3 && head.bytes().all(|b| b.is_ascii_digit()));
    is_time || is_zone || is_year || is_day || is_id && !is_name
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
            assert_eq!(words(left), words(right));
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
            assert_ne!(words(left), words(right));
        }
    }
}
