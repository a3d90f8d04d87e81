//! The output and the exit status of `ehlo sessions`, and ids in `ehlo show` and `ehlo diff`.

use std::fs;
use std::path::{Path, PathBuf};

use ehlo::record::kept::{KeptSession, KeptState, list};

use super::kept::{hostile, several};
use super::sessions::snapshot;
use crate::support::harmless::assert_harmless;
use crate::support::program::ehlo;
use crate::support::pty::Home;

/// The folder of the journals in a home.
fn folder(home: &Home) -> PathBuf {
    home.state().join("sessions")
}

#[test]
fn prints_a_table_of_80_columns() {
    let home = Home::new();
    let output = ehlo(&home, &["sessions"], b"");
    let error = String::from_utf8(output.stderr).unwrap();
    assert!(
        output.status.success() && output.stdout.is_empty(),
        "{error}"
    );
    assert!(
        error.starts_with("ehlo: no sessions in ") && error.lines().count() == 1,
        "{error}"
    );
    let _running = several(&folder(&home));
    fs::remove_file(folder(&home).join("20270715T000000.000000Z-damaged.jsonl")).unwrap();
    let output = ehlo(&home, &["sessions"], b"");
    assert_harmless(&output.stdout);
    let printed = String::from_utf8(output.stdout).unwrap();
    assert!(
        printed.lines().all(|line| line.chars().count() <= 80),
        "{printed}"
    );
    snapshot("kept", &printed);
    let output = ehlo(&home, &["sessions", "nowhere.example"], b"");
    let error = String::from_utf8(output.stderr).unwrap();
    assert_eq!(error, "ehlo: none of the 5 kept sessions matches\n");
}

#[test]
fn json_has_the_same_keys_in_each_line() {
    let home = Home::new();
    let _running = several(&folder(&home));
    let output = ehlo(&home, &["sessions", "--json"], b"");
    let printed = String::from_utf8(output.stdout).unwrap();
    let lines: Vec<serde_json::Value> = printed
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    assert_eq!(lines.len(), 6);
    for (line, session) in lines.iter().zip(list(&folder(&home)).unwrap()) {
        let mut keys: Vec<_> = line.as_object().unwrap().keys().cloned().collect();
        keys.sort();
        let expected = [
            "code", "file", "id", "octets", "offered", "seconds", "started", "state", "target",
        ];
        assert_eq!(keys, expected);
        assert_eq!(line["file"], session.path.to_str().unwrap());
        assert_eq!(line["id"], session.id());
        assert_eq!(line["target"], session.target);
    }
    let refused = lines.iter().find(|line| line["code"] == 550).unwrap();
    assert_eq!(refused["started"], "2027-07-14T01:00:00.123456Z");
    assert_eq!(refused["seconds"], 0.12);
    assert_eq!(
        (&refused["state"], &refused["offered"]),
        (&"ended".into(), &().into())
    );
    let offered: Vec<_> = lines
        .iter()
        .filter(|line| line["state"] == "interrupted")
        .collect();
    assert_eq!(
        offered
            .iter()
            .map(|line| line["offered"].as_bool())
            .collect::<Vec<_>>(),
        [Some(true), Some(false)]
    );
}

/// The id of the session whose server contains this.
fn id_of(all: &[KeptSession], part: &str) -> String {
    let found = all.iter().find(|session| session.target.contains(part));
    found.unwrap().id()
}

#[test]
fn deletes_by_id_and_by_file_but_none_that_runs() {
    let home = Home::new();
    let folder = folder(&home);
    let running = several(&folder);
    let all = list(&folder).unwrap();
    let id = |part: &str| id_of(&all, part);
    let file = |part: &str| {
        let found = all.iter().find(|session| session.target.contains(part));
        found.unwrap().path.to_str().unwrap().to_owned()
    };
    let outside = home.file("20270714T000000.000000Z-mx.jsonl", "mine");
    let run = |arguments: &[&str]| {
        let output = ehlo(&home, &[&["sessions", "--delete"], arguments].concat(), b"");
        assert_harmless(&output.stderr);
        let text = String::from_utf8([output.stdout, output.stderr].concat()).unwrap();
        (
            output.status.code(),
            text,
            fs::read_dir(&folder).unwrap().count(),
        )
    };
    let refused = [
        (
            running.path().to_str().unwrap().to_owned(),
            "the session is still running: end it first",
        ),
        (id("evil"), "the session is still running: end it first"),
        (
            "@0000000".to_owned(),
            "unknown session \"@0000000\": use an id or a file that",
        ),
        ("evil\u{1b}[2J\n".to_owned(), "unknown session"),
        (outside.clone(), "unknown session"),
        ("..".to_owned(), "unknown session"),
        ("/".to_owned(), "unknown session"),
        (String::new(), "unknown session"),
    ];
    for (word, words) in refused {
        // None is deleted if one cannot be.
        let (status, text, left) = run(&[&id("refusing"), &word]);
        assert!(
            text.contains(words) && text.lines().count() == 1,
            "{word:?}: {text}"
        );
        assert_eq!((status, left), (Some(2), 6), "{word:?}");
    }
    assert_eq!(
        run(&[&id("refusing"), &file("refusing")]),
        (Some(0), "deleted 1 session\n".to_owned(), 5)
    );
    let name = Path::new(&file("2001"))
        .file_name()
        .unwrap()
        .to_str()
        .unwrap()
        .to_owned();
    let begin = &id("mx.")[..5];
    assert_eq!(
        run(&[&name, begin, "20270715T000000.000000Z-damaged.jsonl"]),
        (Some(0), "deleted 3 sessions\n".to_owned(), 2)
    );
    assert!(Path::new(&outside).exists());
    let (status, text, _) = run(&[]);
    assert!(status == Some(2) && text.contains("--delete"), "{text}");
    drop(running);
}

#[test]
fn shows_and_compares_by_id() {
    let home = Home::new();
    let folder = folder(&home);
    let _running = several(&folder);
    let all = list(&folder).unwrap();
    let id = |part: &str| id_of(&all, part);
    let output = ehlo(&home, &["show", &id("refusing")], b"");
    let shown = String::from_utf8(output.stdout).unwrap();
    assert!(shown.contains("<** 550 5.7.1 no"), "{shown}");
    let output = ehlo(&home, &["diff", &id("refusing"), &id("refusing")], b"");
    assert_eq!(output.status.code(), Some(0));
    let output = ehlo(&home, &["diff", &id("refusing"), &id("mx.")], b"");
    assert_eq!(output.status.code(), Some(1));
    let output = ehlo(&home, &["show", "@0000000"], b"");
    let error = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(2));
    assert!(error.contains("unknown session \"@0000000\""), "{error}");
    // A file may have a name that looks like an id.
    fs::copy(&all[5].path, home.path().join("@0000000")).unwrap();
    let output = ehlo(&home, &["show", "./@0000000"], b"");
    assert!(output.status.success() || all[5].state == KeptState::Damaged);
}

#[test]
fn prints_hostile_files_harmlessly() {
    let home = Home::new();
    fs::create_dir_all(folder(&home)).unwrap();
    let count = hostile(&folder(&home));
    for arguments in [["sessions"].as_slice(), &["sessions", "--json"]] {
        let output = ehlo(&home, arguments, b"");
        assert!(
            output.status.success() && output.stderr.is_empty(),
            "{output:?}"
        );
        assert_harmless(&output.stdout);
        let heading = usize::from(arguments.len() == 1);
        let lines = String::from_utf8(output.stdout).unwrap().lines().count();
        assert_eq!(lines, count + heading);
    }
    fs::remove_dir_all(folder(&home)).unwrap();
    home.file("state/ehlo/sessions", "not a folder");
    let output = ehlo(&home, &["sessions"], b"");
    let error = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(2), "{error}");
    assert!(error.contains("sessions: Not a directory"), "{error}");
}

#[test]
fn lists_what_matches_all_words() {
    let home = Home::new();
    let _running = several(&folder(&home));
    let table: &[(&[&str], usize)] = &[
        (&[], 6),
        (&["5xx"], 1),
        (&["interrupted"], 2),
        (&["2027-07-14", "example.org"], 2),
        (&["example.org", "421"], 0),
    ];
    for (words, count) in table {
        let arguments = [&["sessions", "--json"], *words].concat();
        let output = ehlo(&home, &arguments, b"");
        let lines = String::from_utf8(output.stdout).unwrap().lines().count();
        assert_eq!(
            (lines, output.status.code()),
            (*count, Some(0)),
            "{words:?}"
        );
    }
}
