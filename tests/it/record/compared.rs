//! Comparing two sessions: the differences, and nothing else.

use std::time::{Duration, Instant};

use ehlo::record::{Excerpt, Record, diff, print_diff};
use ehlo::smtp::{Entry, EntryKind, Level};

use proptest::prelude::*;

use super::sessions::{Act, MAIL, acts, from_dialogue, record, snapshot};
use crate::support::properties::config;

fn printed(left: &Record, right: &Record) -> String {
    let (left, right) = (Excerpt::from(left), Excerpt::from(right));
    print_diff(["a.jsonl", "b.jsonl"], &left, &right, &diff(&left, &right))
}

#[test]
fn ignores_ids_and_times() {
    let other = MAIL.replace("4F9A2B1C", "7D00FFEE");
    assert_eq!(printed(&from_dialogue(MAIL), &from_dialogue(&other)), "");
}

#[test]
fn prints_the_differences_in_place() {
    let other = MAIL
        .replace("250 AUTH PLAIN LOGIN", "250 AUTH LOGIN")
        .replace("550 5.1.1 no such user", "250 2.1.5 ok")
        .replace("RCPT TO:<bob@example.org>", "RCPT TO:<carol@example.org>");
    snapshot(
        "difference",
        &printed(&from_dialogue(MAIL), &from_dialogue(&other)),
    );
}

/// One session works after STARTTLS, the other fails with implicit TLS: the difference in TLS is
/// reported once, where it starts, and does not hide the failure.
#[test]
fn tls_on_one_side_does_not_hide_other_differences() {
    let (_, rest) = MAIL.split_once("    S: 220 2.0.0 go\n").unwrap();
    let other = format!("    S: 220 mx.example.org ESMTP\n{rest}");
    let mut implicit = from_dialogue(&other.replace("250 2.1.5 ok", "550 5.7.1 relaying denied"));
    for entry in &mut implicit.entries {
        entry.tls = true;
    }
    let printed = printed(&from_dialogue(MAIL), &implicit);
    let changed: Vec<&str> = printed
        .lines()
        .filter(|line| line.starts_with(['-', '+']))
        .skip(2)
        .collect();
    assert_eq!(
        changed,
        [
            "- <-  220 mx.example.org ESMTP",
            "-  -> EHLO client.example",
            "- <-  250-mx.example.org",
            "- <-  250-AUTH PLAIN LOGIN",
            "- <-  250 STARTTLS",
            "-  -> STARTTLS",
            "- <-  220 2.0.0 go",
            "+ <~  220 mx.example.org ESMTP",
            "- <~  250 2.1.5 ok",
            "+ <~* 550 5.7.1 relaying denied",
        ]
    );
}

#[test]
fn missing_commands_do_not_shift_the_rest() {
    let other = MAIL.replace(
        "    C: AUTH PLAIN AGFsaWNlAHdvbmRlcmxhbmQ=\n    S: 235 2.7.0 ok\n",
        "",
    );
    let printed = printed(&from_dialogue(MAIL), &from_dialogue(&other));
    let changed: Vec<&str> = printed
        .lines()
        .filter(|line| line.starts_with(['-', '+']))
        .skip(2)
        .collect();
    assert_eq!(
        changed,
        [
            "-  ~> AUTH PLAIN [hidden: 24 octets]  = NUL alice NUL ****** (10 characters)",
            "- <~  235 2.7.0 ok"
        ]
    );
}

#[test]
fn pipelining_makes_no_difference() {
    let one = "S: 220 hi\nC: EHLO me\nS: 250 hi\nC: MAIL FROM:<>\nS: 250 ok\nC: RCPT TO:<a@b.example>\nS: 550 no";
    let pipelined = "S: 220 hi\nC: EHLO me\nS: 250 hi\nC: MAIL FROM:<>\nC: RCPT TO:<a@b.example>\nS: 250 ok\nS: 550 no";
    assert_eq!(printed(&from_dialogue(one), &from_dialogue(pipelined)), "");
}

/// Logs may have no reply times, and the decoded form of a secret says more than its length.
#[test]
fn ignores_missing_reply_times_and_compares_decoded_secrets() {
    let mut log = from_dialogue(MAIL);
    for entry in &mut log.entries {
        if let EntryKind::Received(received) = &mut entry.kind {
            received.took = None;
        }
    }
    assert_eq!(printed(&from_dialogue(MAIL), &log), "");
    let other = MAIL.replace("AGFsaWNlAHdvbmRlcmxhbmQ=", "AGNhcm9sAHdvbmRlcmxhbmQ=");
    let printed = printed(&from_dialogue(MAIL), &from_dialogue(&other));
    let users: Vec<&str> = printed
        .lines()
        .filter(|line| line.contains("AUTH PLAIN ["))
        .collect();
    assert_eq!(
        users,
        [
            "-  ~> AUTH PLAIN [hidden: 24 octets]  = NUL alice NUL ****** (10 characters)",
            "+  ~> AUTH PLAIN [hidden: 24 octets]  = NUL carol NUL ****** (10 characters)",
        ]
    );
}

/// A session of this many recipients; `change` alters the line of each.
fn long_session(count: usize, change: impl Fn(usize, String) -> Option<String>) -> Record {
    let mut acts = vec![
        Act::Server(b"220 mx.example.org ESMTP\r\n".to_vec()),
        Act::Line("EHLO client.example".to_owned()),
        Act::Server(b"250 mx.example.org\r\n".to_vec()),
        Act::Line("MAIL FROM:<alice@example.org>".to_owned()),
        Act::Server(b"250 2.1.0 ok\r\n".to_vec()),
    ];
    let lines = (0..count).filter_map(|at| change(at, format!("RCPT TO:<user{at}@example.org>")));
    for line in lines {
        acts.push(Act::Line(line));
        acts.push(Act::Server(b"250 2.1.5 ok\r\n".to_vec()));
    }
    record("a", &acts)
}

/// Lines of each sign after the names.
fn signs(printed: &str) -> [usize; 3] {
    let count = |sign| {
        let lines = printed.lines().skip(2);
        lines.filter(|line| line.starts_with(sign)).count()
    };
    [count('-'), count('+'), count('@')]
}

#[test]
fn long_sessions_are_aligned() {
    const RECIPIENTS: usize = 10_000;
    let left = long_session(RECIPIENTS, |_, line| Some(line));
    // One in 200 has another address, one in 200 is missing.
    let right = long_session(RECIPIENTS, |at, line| match at % 200 {
        50 => Some(line.replace("user", "other")),
        150 => None,
        _ => Some(line),
    });
    let started = Instant::now();
    let printed = printed(&left, &right);
    assert!(
        started.elapsed() < Duration::from_secs(20),
        "{:?}",
        started.elapsed()
    );
    assert_eq!(signs(&printed), [50 + 2 * 50, 50, 0]);
}

#[test]
fn long_sessions_of_equal_lines_are_aligned() {
    let noops = |is_sent: fn(usize) -> bool| {
        long_session(5000, |at, _| is_sent(at).then(|| "NOOP".to_owned()))
    };
    let left = noops(|_| true);
    let right = noops(|at| !at.is_multiple_of(100));
    let printed = printed(&left, &right);
    assert_eq!(signs(&printed), [2 * 50, 0, 0]);
}

/// Nothing is common to both, and they are too long to compare each line with each.
#[test]
fn a_part_that_is_too_different_is_said_to_be() {
    let left = long_session(3000, |at, _| Some(format!("NOOP {at}")));
    let right = long_session(3000, |at, _| Some(format!("VRFY {at}")));
    let printed = printed(&left, &right);
    assert!(
        printed.contains("\n@ too long and too different to align"),
        "{printed}"
    );
    assert_eq!(signs(&printed)[2], 2);
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn a_session_equals_itself_and_every_line_has_a_row(left in acts(), right in acts()) {
        let (left, right) = (record("a", &left), record("b", &right));
        prop_assert_eq!(printed(&left, &left), "");
        let (left, right) = (Excerpt::from(&left), Excerpt::from(&right));
        let rows = diff(&left, &right);
        let mut seen: Vec<usize> = rows.iter().filter_map(|row| row.left).map(|at| at.0).collect();
        seen.sort_unstable();
        let counted = |entry: &&Entry| !matches!(&entry.kind, EntryKind::Note(note) if note.level == Level::Info);
        let expected = left.entries.iter().enumerate().filter(|(_, entry)| counted(entry));
        prop_assert_eq!(seen, expected.map(|(at, _)| at).collect::<Vec<_>>());
        prop_assert!(rows.iter().all(|row| row.left.is_some() || row.right.is_some()));
    }
}
