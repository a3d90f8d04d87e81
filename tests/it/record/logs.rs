//! Logs of other tools: the format is detected, every line is read, secrets are masked.

use std::fs;
use std::path::PathBuf;
use std::time::{Instant, SystemTime};

use ehlo::record::{Excerpt, Export, Format, Record, export, read, render};
use ehlo::smtp::{EntryKind, Level};
use proptest::prelude::*;
use proptest::sample::{Index, select};

use super::sessions::snapshot;
use crate::support::properties::config;

fn log(name: &str) -> Vec<u8> {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/logs");
    fs::read(folder.join(name)).unwrap()
}

fn record(name: &str) -> Record {
    read(&log(name), Instant::now(), SystemTime::UNIX_EPOCH).unwrap()
}

fn shown(record: &Record) -> String {
    let text = render(&Excerpt::from(record), Format::Text, false).unwrap();
    String::from_utf8(text).unwrap()
}

const LOGS: &[(&str, &str)] = &[
    ("swaks.log", "swaks"),
    ("swaks-refused.log", "swaks"),
    ("curl.log", "curl"),
    ("s_client.log", "openssl s_client"),
    ("telnet.log", "telnet"),
    ("git-send-email.log", "Net::SMTP"),
    ("shell-ate-the-password.log", "Net::SMTP"),
    ("smtplib.log", "smtplib"),
];

#[test]
fn detects_each_format_and_reads_a_session() {
    for (name, program) in LOGS {
        assert_eq!(record(name).source.name(), *program, "{name}");
        let name = name.trim_end_matches(".log");
        snapshot(
            &format!("log-{name}"),
            &shown(&record(&format!("{name}.log"))),
        );
    }
}

#[test]
fn no_line_is_lost() {
    // Lines that repeat another line or count octets.
    let is_redundant = |line: &str| {
        line.contains("reply: retcode (")
            || line.starts_with("data: (")
            || line.starts_with("{ [")
            || line.starts_with("} [")
    };
    for (name, _) in LOGS {
        let log = String::from_utf8(log(name)).unwrap();
        let record = record(name);
        let mut all = String::new();
        for entry in &record.entries {
            match &entry.kind {
                EntryKind::Note(note) => all.push_str(&note.text),
                EntryKind::Received(received) => {
                    all.push_str(&String::from_utf8_lossy(&received.bytes));
                }
                EntryKind::Sent(sent) => {
                    all.push_str(&String::from_utf8_lossy(&sent.visible));
                    if let Some(secret) = &sent.secret {
                        all.push_str(&String::from_utf8_lossy(secret.reveal()));
                    }
                }
            }
            all.push('\n');
        }
        for line in log.lines().filter(|line| !is_redundant(line)) {
            let line = line.replace("\\r\\n", " ");
            let words = line.split([' ', '\'', '\r']);
            // Markers and dumps of keys are not kept.
            let is_kept = |word: &&str| {
                word.len() > 3
                    && !word.starts_with("Net::")
                    && !word.starts_with("000000")
                    && !matches!(*word, "send:" | "reply:")
            };
            for word in words.filter(is_kept) {
                assert!(all.contains(word), "{name}: {word} of {line}");
            }
        }
    }
}

#[test]
fn masks_the_secrets_of_every_log() {
    for (name, _) in LOGS {
        let shown = shown(&record(name));
        for secret in [
            "wonderland",
            "d29uZGVybGFuZA",
            "AHdvbmRlcmxhbmQ",
            "cEBzcyE",
            "p@ss",
            "wrong-1",
            "B3cm9uZy0x",
        ] {
            assert!(!shown.contains(secret), "{name}: {secret}");
        }
    }
}

#[test]
fn a_line_that_s_client_intercepted_was_not_sent() {
    let record = record("s_client.log");
    let note = |entry: &&ehlo::smtp::Entry| match &entry.kind {
        EntryKind::Note(note) => (note.level == Level::Fault).then(|| note.text.to_string()),
        _ => None,
    };
    let faults: Vec<String> = record
        .entries
        .iter()
        .filter_map(|entry| note(&entry))
        .collect();
    assert_eq!(faults.len(), 1, "{faults:?}");
    assert!(faults[0].starts_with("s_client treats a line starting with R"));
    let sent = |start: &[u8]| {
        let matches = |entry: &ehlo::smtp::Entry| matches!(&entry.kind, EntryKind::Sent(sent) if sent.visible.starts_with(start));
        record.entries.iter().any(matches)
    };
    assert!(sent(b"MAIL") && !sent(b"RCPT"));
}

#[test]
fn masks_secrets_in_a_log_that_starts_in_the_middle() {
    let text = "<~  334 UGFzc3dvcmQ6\n ~> d29uZGVybGFuZA==\n<~  235 2.7.0 ok\n";
    let record = read(text.as_bytes(), Instant::now(), SystemTime::UNIX_EPOCH).unwrap();
    let shown = shown(&record);
    assert!(shown.contains("[hidden: 16 octets]"), "{shown}");
}

#[test]
fn reads_lines_copied_from_the_screen() {
    let text =
        "  0.040s <-  334 UGFzc3dvcmQ6\n          -> [hidden: 16 octets]\n!  3.000s <** 535 no\n";
    let record = read(text.as_bytes(), Instant::now(), SystemTime::UNIX_EPOCH).unwrap();
    let shown = shown(&record);
    assert!(shown.contains("-> [hidden: 16 octets]\n"), "{shown}");
    assert!(shown.contains("<** 535 no\n"), "{shown}");
}

#[test]
fn a_log_that_begins_in_the_middle_is_no_list_of_faults() {
    let text = "S: 250-AUTH PLAIN\nS: 250 8BITMIME\nC: AUTH PLAIN AGFsaWNlAHJhYmJpdA==\nS: 235 ok\n\
                C: MAIL FROM:<alice@example.net>\nS: 250 ok\n";
    let record = read(text.as_bytes(), Instant::now(), SystemTime::UNIX_EPOCH).unwrap();
    let shown = shown(&record);
    for fault in ["**>", "<**", "unsolicited", "out of order"] {
        assert!(!shown.contains(fault), "{shown}");
    }
    assert!(record.verdicts().is_empty());
}

#[test]
fn an_empty_reply_and_a_long_line_do_no_harm() {
    let text = format!(
        "smtplib.SMTPDataError: (550, b'')\n{} password=rabbit42\n550 5.1.1 no\n",
        "x ".repeat(70_000)
    );
    let record = read(text.as_bytes(), Instant::now(), SystemTime::UNIX_EPOCH).unwrap();
    assert!(!shown(&record).contains("rabbit42"));
}

#[test]
fn the_header_has_no_unknown_start_time() {
    let version = env!("CARGO_PKG_VERSION");
    let table = [
        ("telnet.log", ", mx.example.org"),
        ("swaks.log", ", 127.0.0.1:2625"),
        ("smtplib.log", ""),
    ];
    for (name, server) in table {
        let record = record(name);
        let head = format!("# ehlo {version}{server}");
        assert_eq!(shown(&record).lines().next(), Some(head.as_str()));
        for format in [Format::Text, Format::Jsonl] {
            let saved = render(&Excerpt::from(&record), format, false).unwrap();
            let again = read(&saved, Instant::now(), SystemTime::now()).unwrap();
            assert_eq!(shown(&again).lines().next(), Some(head.as_str()));
        }
    }
}

#[test]
fn takes_the_server_name_from_the_log_or_the_greeting() {
    let texts = [
        (
            "220 mx.example.org ESMTP\nEHLO me\n250 hi\n",
            "mx.example.org",
            25,
        ),
        ("<~  220 mx.example.org ESMTP\n", "mx.example.org", 465),
        (
            "$ openssl s_client -connect [2001:db8::1]:4465 -quiet\n220 mx.example.org\n",
            "2001:db8::1",
            4465,
        ),
        (
            "Connection to mx.example.org 587 port [tcp/submission] succeeded!\n220 hi\n",
            "mx.example.org",
            587,
        ),
        (
            "Ncat: Connected to 192.0.2.1:2525.\n220 mx.example.org\n",
            "192.0.2.1",
            2525,
        ),
        ("220 --help.example ESMTP\n250 hi\n", "", 0),
        ("220 hi\n250 mx.example.org\n", "", 0),
    ];
    let logs = [
        ("telnet.log", "mx.example.org", 25),
        ("shell-ate-the-password.log", "smtp.qq.com", 465),
        ("git-send-email.log", "localhost", 25),
        ("curl.log", "localhost", 2625),
        ("smtplib.log", "", 0),
    ];
    let texts = texts.map(|(text, host, port)| (text.as_bytes().to_vec(), host, port));
    let logs = logs.map(|(name, host, port)| (log(name), host, port));
    for (octets, host, port) in texts.into_iter().chain(logs) {
        let record = read(&octets, Instant::now(), SystemTime::UNIX_EPOCH).unwrap();
        let text = String::from_utf8_lossy(&octets);
        match export(&Excerpt::from(&record), Export::Swaks) {
            Ok(swaks) => {
                let server = format!("--server {host} \\\n  --port {port} \\\n");
                assert!(swaks.contains(&server), "{swaks} of {text}");
            }
            Err(error) => assert!(host.is_empty(), "{error}: {text}"),
        }
    }
}

#[test]
fn exports_starttls_that_s_client_sent_itself() {
    let log = String::from_utf8(log("s_client.log")).unwrap();
    let log = format!("openssl s_client -starttls smtp -connect mx.example.org:587\n{log}");
    let record = read(log.as_bytes(), Instant::now(), SystemTime::UNIX_EPOCH).unwrap();
    let swaks = export(&Excerpt::from(&record), Export::Swaks).unwrap();
    assert!(swaks.contains("--port 587 \\\n  --tls \\\n"), "{swaks}");
}

proptest! {
    #![proptest_config(config())]

    /// Missing, repeated and reordered lines do not prevent reading, and secrets stay masked.
    #[test]
    fn reads_any_lines_of_a_log(name in select(LOGS), lines in prop::collection::vec(any::<Index>(), 1..60)) {
        let log = String::from_utf8(log(name.0)).unwrap();
        // After DATA and its 354 every line belongs to the message and is not a secret.
        let begins = |line: &str| line.contains("354 ") || line.to_ascii_lowercase().contains("data");
        let all: Vec<&str> = log.lines().filter(|line| !begins(line)).collect();
        let text = lines.iter().map(|line| format!("{}\n", line.get(&all))).collect::<String>();
        if let Ok(record) = read(text.as_bytes(), Instant::now(), SystemTime::UNIX_EPOCH) {
            let shown = shown(&record);
            // The decoded password may appear as a user name if a line before it is missing.
            for secret in ["d29uZGVybGFuZA", "AHdvbmRlcmxhbmQ", "cEBzcyE", "B3cm9uZy0x"] {
                prop_assert!(!shown.contains(secret), "{secret} in\n{shown}\nof\n{text}");
            }
        }
    }
}
