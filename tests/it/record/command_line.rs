//! The output and the exit status of `ehlo show` and `ehlo diff`.

use std::path::Path;

use ehlo::record::{Excerpt, Format, SaveOptions, save};

use super::sessions::{MAIL, from_dialogue};
use crate::support::harmless::assert_harmless;
use crate::support::program::ehlo;
use crate::support::pty::Home;

fn saved(home: &Home, name: &str, dialogue: &str) {
    let record = from_dialogue(dialogue);
    let path = home.path().join(name);
    let format = Format::from_path(Path::new(name)).unwrap();
    save(
        &path,
        format,
        &Excerpt::from(&record),
        SaveOptions::default(),
    )
    .unwrap();
}

#[test]
fn shows_a_saved_session_in_every_format() {
    let home = Home::new();
    saved(&home, "a.jsonl", MAIL);
    let table = [
        ("txt", "# ehlo "),
        ("md", "`````text\n"),
        ("html", "<!DOCTYPE html>"),
        ("jsonl", "{\"ehlo\":1,"),
        ("eml", "Subject: hello\r\n"),
    ];
    for (format, begin) in table {
        let output = ehlo(&home, &["show", "a.jsonl", "--format", format], b"");
        let shown = String::from_utf8(output.stdout).unwrap();
        assert!(
            output.status.success() && shown.starts_with(begin),
            "{shown}"
        );
        assert!(output.stderr.is_empty());
    }
}

#[test]
fn reads_standard_input_and_names_the_source_of_a_log() {
    let home = Home::new();
    let log = b"<-  220 hi\n -> EHLO \x1b[2Jme\n<** 550 no\n";
    let output = ehlo(&home, &["show", "-"], log);
    let shown = String::from_utf8(output.stdout).unwrap();
    assert!(
        shown.contains("-> EHLO \\x1B[2Jme\n         <** 550 no\n\nWhat went wrong: 550 to EHLO\n"),
        "{shown}"
    );
    let words = "=== read from a log of swaks, which has no timestamps";
    assert_eq!(shown.lines().nth(1).map(str::trim), Some(words));
}

#[test]
fn escapes_hostile_characters_in_every_format() {
    let home = Home::new();
    let hostile = format!("a{} \u{202e}b\x1b[2J\x07", "\u{301}".repeat(100));
    let log = |code: u32| format!("<-  220 {hostile}\n -> EHLO {hostile}\n<** {code} {hostile}\n");
    let (left, right) = (format!("{hostile}.log"), "right.log");
    home.file(&left, log(550));
    home.file(right, log(551));
    for format in ["txt", "md", "html", "jsonl"] {
        let output = ehlo(&home, &["show", &left, "--format", format], b"");
        assert!(output.status.success(), "{output:?}");
        assert_harmless(&output.stdout);
        assert_harmless(&output.stderr);
    }
    let output = ehlo(&home, &["diff", &left, right], b"");
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    assert_harmless(&output.stdout);
    assert_harmless(&output.stderr);
}

#[test]
fn finds_a_password_that_the_shell_changed() {
    let log = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/tests/logs/shell-ate-the-password.log"
    );
    let output = ehlo(&Home::new(), &["show", log], b"");
    let shown = String::from_utf8(output.stdout).unwrap();
    // Each prompt with its decoded response, and a hint after the refusal.
    let mut rest = shown.as_str();
    for words in [
        "= \"Username:\"",
        "= user@example.com",
        "= \"Password:\"",
        "= ****** (5 characters)",
        "<~* 535 Error: authentication failed, system busy",
        "=== The password that was sent has 5 characters: 3 lowercase, 2 symbols.",
    ] {
        let (_, after) = rest
            .split_once(words)
            .unwrap_or_else(|| panic!("{words}: {shown}"));
        rest = after;
    }
}

#[test]
fn reports_a_difference_by_the_exit_status() {
    let home = Home::new();
    saved(&home, "a.jsonl", MAIL);
    saved(&home, "b.txt", &MAIL.replace("4F9A2B1C", "7D00FFEE"));
    saved(
        &home,
        "c.md",
        &MAIL.replace("550 5.1.1 no such user", "250 2.1.5 ok"),
    );
    let table = [
        (["a.jsonl", "b.txt"], 0, ""),
        (
            ["a.jsonl", "c.md"],
            1,
            "\n- <~* 550 5.1.1 no such user\n+ <~  250 2.1.5 ok\n",
        ),
        (["a.jsonl", "./c.md"], 1, "\n+++ ./c.md: ehlo "),
        (["a.jsonl", "c.md"], 1, "--- a.jsonl: ehlo "),
        (["a.jsonl", "missing.txt"], 2, ""),
    ];
    for ([left, right], status, words) in table {
        let output = ehlo(&home, &["diff", left, right], b"");
        let shown = String::from_utf8(output.stdout).unwrap();
        assert_eq!(output.status.code(), Some(status), "{shown}");
        assert!(shown.contains(words), "{shown}");
        assert_eq!(shown.is_empty(), words.is_empty(), "{shown}");
    }
}

#[test]
fn reports_an_unreadable_session_in_one_line() {
    let home = Home::new();
    saved(&home, "a.jsonl", "S: 220 hi");
    home.file("nothing", "");
    home.file("letter", "Dear Sir\n");
    home.file("bad\u{1b}.jsonl", "{\"ehlo\":1,\"version\":\"\x1b\"}\n");
    let table: &[(&[&str], &str)] = &[
        (&["show", "missing.txt"], "missing.txt: No such file"),
        (&["show", "nothing"], "nothing: file is empty"),
        (&["show", "."], ".: Is a directory"),
        (
            &["show", "letter"],
            "letter: no session found: expected lines of a client and a server",
        ),
        (
            &["show", "bad\u{1b}.jsonl"],
            "bad␛.jsonl: line 1: control character",
        ),
        (
            &["show", "a.jsonl", "--format", "eml"],
            "no message was sent in this session",
        ),
        (
            &["show", "a.jsonl", "--format", "pdf"],
            "use one of txt md html jsonl eml",
        ),
    ];
    for (arguments, words) in table {
        let output = ehlo(&home, arguments, b"");
        let error = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(2), "{error}");
        assert!(output.stdout.is_empty(), "{error}");
        assert!(
            error.lines().next().unwrap_or_default().contains(words),
            "{error}"
        );
        assert!(!error.contains('\u{1b}'));
    }
}
