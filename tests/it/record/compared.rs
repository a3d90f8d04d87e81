//! Two sessions side by side: where they part, and nothing else.

use ehlo::record::{Excerpt, Record, diff, print_diff};
use ehlo::smtp::{Entry, EntryKind, Level};

use proptest::prelude::*;

use super::sessions::{MAIL, acts, record, snapshot, told};
use crate::support::properties::config;

fn printed(left: &Record, right: &Record) -> String {
    let (left, right) = (Excerpt::from(left), Excerpt::from(right));
    print_diff(["a.jsonl", "b.jsonl"], &left, &right, &diff(&left, &right))
}

#[test]
fn ids_and_times_are_no_difference() {
    let other = MAIL.replace("4F9A2B1C", "7D00FFEE");
    assert_eq!(printed(&told(MAIL), &told(&other)), "");
}

#[test]
fn a_difference_stands_where_it_is() {
    let other = MAIL
        .replace("250 AUTH PLAIN LOGIN", "250 AUTH LOGIN")
        .replace("550 5.1.1 no such user", "250 2.1.5 ok")
        .replace("RCPT TO:<bob@example.org>", "RCPT TO:<carol@example.org>");
    snapshot("difference", &printed(&told(MAIL), &told(&other)));
}

/// Works after STARTTLS from here, fails over port 465 from there: TLS is told where it begins to
/// differ, and what fails is seen.
#[test]
fn tls_on_one_side_does_not_hide_where_they_part() {
    let (_, behind) = MAIL.split_once("    S: 220 2.0.0 go\n").unwrap();
    let other = format!("    S: 220 mx.example.org ESMTP\n{behind}");
    let mut implicit = told(&other.replace("250 2.1.5 ok", "550 5.7.1 relaying denied"));
    for entry in &mut implicit.entries {
        entry.tls = true;
    }
    let printed = printed(&told(MAIL), &implicit);
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
fn commands_that_one_side_lacks_do_not_shift_the_rest() {
    let other = MAIL.replace(
        "    C: AUTH PLAIN AGFsaWNlAHdvbmRlcmxhbmQ=\n    S: 235 2.7.0 ok\n",
        "",
    );
    let printed = printed(&told(MAIL), &told(&other));
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
fn a_pipeline_is_the_same_as_one_line_after_the_other() {
    let one = "S: 220 hi\nC: EHLO me\nS: 250 hi\nC: MAIL FROM:<>\nS: 250 ok\nC: RCPT TO:<a@b.example>\nS: 550 no";
    let pipelined = "S: 220 hi\nC: EHLO me\nS: 250 hi\nC: MAIL FROM:<>\nC: RCPT TO:<a@b.example>\nS: 250 ok\nS: 550 no";
    assert_eq!(printed(&told(one), &told(pipelined)), "");
}

/// A log may tell no time, and what a secret says tells more than how long it is.
#[test]
fn a_greeting_is_one_without_its_time_and_a_secret_is_told_by_what_it_says() {
    let mut log = told(MAIL);
    for entry in &mut log.entries {
        if let EntryKind::Received(received) = &mut entry.kind {
            received.took = None;
        }
    }
    assert_eq!(printed(&told(MAIL), &log), "");
    let other = MAIL.replace("AGFsaWNlAHdvbmRlcmxhbmQ=", "AGNhcm9sAHdvbmRlcmxhbmQ=");
    let printed = printed(&told(MAIL), &told(&other));
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

proptest! {
    #![proptest_config(config())]

    #[test]
    fn a_session_is_the_same_as_itself_and_each_line_has_its_row(left in acts(), right in acts()) {
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
