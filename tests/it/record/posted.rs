//! Logs in forms that people post: who said what, how it ended, and no secret.

use std::time::{Instant, SystemTime};

use ehlo::record::{Excerpt, Format, read, redact, render};
use ehlo::smtp::EntryKind;

/// What is in the logs: a password and a token, in clear and in the base64 that was sent.
const SECRETS: [&str; 4] = [
    "rabbit42-canary",
    "AHJhYmJpdDQyLWNhbmFyeQ",
    "eyJ0YXAiCanaryToken",
    "leUowWVhBaUNhbmFyeVRva2Vu",
];

/// A log; how many lines the server and the client said; words of the headlines.
const LOGS: [(&str, usize, usize, &[&str]); 7] = [
    (
        include_str!("../../logs/stalwart.log"),
        8,
        3,
        &["user name or password refused"],
    ),
    // Two connections in one log; a transaction has an id of its own.
    (
        include_str!("../../logs/haraka.log"),
        13,
        9,
        &["no such mailbox"],
    ),
    // Only verbs of the client are printed.
    (
        include_str!("../../logs/esp-mail-client.log"),
        7,
        1,
        &["login is required first"],
    ),
    // Each line twice: what it says to its own client is a copy.
    (
        include_str!("../../logs/email-oauth2-proxy.log"),
        6,
        3,
        &["user name or password refused"],
    ),
    // The answers to 334 are not in the log.
    (include_str!("../../logs/fake-smtp.log"), 13, 6, &[]),
    // A table: its fields are in quotes.
    (
        include_str!("../../logs/hmailserver.log"),
        7,
        4,
        &["the server did not get the rest of the chunk in time"],
    ),
    (
        include_str!("../../logs/mailcow.log"),
        1,
        0,
        &["forbidden by the server's policy"],
    ),
];

#[test]
fn logs_as_people_post_them_are_read() {
    for (log, server, client, headlines) in LOGS {
        let record = read(log.as_bytes(), Instant::now(), SystemTime::UNIX_EPOCH).unwrap();
        let shown = render(&Excerpt::from(&record), Format::Text, false).unwrap();
        let shown = String::from_utf8(shown).unwrap();
        let count = |of: fn(&EntryKind) -> bool| {
            let kinds = record.entries.iter().map(|entry| &entry.kind);
            kinds.filter(|kind| of(kind)).count()
        };
        let said = (
            count(|kind| matches!(kind, EntryKind::Received(_))),
            count(|kind| matches!(kind, EntryKind::Sent(sent) if &*sent.visible != b".")),
        );
        assert_eq!(said, (server, client), "{shown}");
        let verdicts = record.verdicts();
        let found: Vec<&str> = verdicts
            .iter()
            .map(|verdict| verdict.explanation.headline.as_str())
            .collect();
        assert_eq!(found, headlines, "{shown}");
        assert!(!shown.contains("2.1.0 Ok\""), "{shown}");
        let redacted = redact(log.as_bytes()).unwrap().octets;
        let redacted = String::from_utf8(redacted).unwrap();
        assert_eq!(redacted.lines().count(), log.lines().count());
        for secret in SECRETS {
            assert!(!shown.contains(secret), "{secret}:\n{shown}");
            assert!(!redacted.contains(secret), "{secret}:\n{redacted}");
        }
    }
}

/// A log that does not mention TLS says nothing of it: only an offer of STARTTLS shows that there is none.
#[test]
fn a_log_without_tls_is_not_called_unencrypted() {
    let log = |offer: &str| {
        format!(
            "S: 220 mx.example.org ESMTP\nC: EHLO me.example\nS: 250-mx.example.org\n{offer}S: 250 AUTH PLAIN\n\
             C: AUTH PLAIN AGJvYgBzaW1wbGU=\nS: 535 5.7.8 Authentication failed\nC: QUIT\nS: 221 bye\n"
        )
    };
    for (offer, is_clear) in [("", false), ("S: 250-STARTTLS\n", true)] {
        let log = log(offer);
        let record = read(log.as_bytes(), Instant::now(), SystemTime::UNIX_EPOCH).unwrap();
        let said = format!("{:?}", record.verdicts());
        assert_eq!(said.contains("encrypted"), is_clear, "{said}");
    }
}
