//! Completing the path in the argument of a command: what is offered, and that each offer, typed as
//! it is, names its file.

use std::collections::BTreeSet;
use std::ffi::OsString;
use std::fs;
use std::os::unix::ffi::OsStringExt;
use std::os::unix::fs::symlink;
use std::path::Path;

use ehlo::tui::{complete_path, complete_whole_path};
use proptest::prelude::*;
use rustix::fs::{CWD, mkfifoat};
use tempfile::TempDir;

use crate::support::harmless::assert_harmless;
use crate::support::properties;

const CAP: usize = 200;

fn home() -> TempDir {
    let home = TempDir::new().unwrap();
    let at = |name: &str| home.path().join(name);
    for folder in ["logs", "a folder", ".config"] {
        fs::create_dir(at(folder)).unwrap();
    }
    for file in [
        "a.txt",
        "a b.txt",
        "it's.txt",
        "it's \"b\".txt",
        "\"q.txt",
        ".hidden",
        "logs/mx.log",
        "a folder/x",
        "trailing ",
        "grüße.txt",
        "evil\u{1b}[2J",
        "evil\nline",
        "evil\u{202e}txt",
    ] {
        fs::write(at(file), "").unwrap();
    }
    fs::write(at("").join(OsString::from_vec(b"evil\xff".to_vec())), "").unwrap();
    symlink("a.txt", at("link")).unwrap();
    symlink("logs", at("link-to-logs")).unwrap();
    symlink("nowhere", at("dangling")).unwrap();
    mkfifoat(CWD, at("fifo"), 0o600.into()).unwrap();
    home
}

#[test]
fn offers_files_and_folders_as_the_command_reads_them() {
    let home = home();
    // What is typed after the home folder; the paths as words, and as the whole argument.
    let table: &[(&str, &[&str], &[&str])] = &[
        ("lo", &["logs/"], &["logs/"]),
        ("logs", &["logs/"], &["logs/"]),
        ("logs/", &["logs/mx.log"], &["logs/mx.log"]),
        (
            "link",
            &["link", "link-to-logs/"],
            &["link", "link-to-logs/"],
        ),
        (
            "a",
            &["'a b.txt", "'a folder/", "a.txt"],
            &["a b.txt", "a folder/", "a.txt"],
        ),
        ("a f", &["'a folder/"], &["a folder/"]),
        ("a folder/", &["'a folder/x"], &["a folder/x"]),
        ("it", &["it's.txt"], &["it's \"b\".txt", "it's.txt"]),
        ("grü", &["grüße.txt"], &["grüße.txt"]),
        (".", &[".config/", ".hidden"], &[".config/", ".hidden"]),
        (".h", &[".hidden"], &[".hidden"]),
        ("..", &["../"], &["../"]),
        ("evil", &[], &[]),
        ("fifo", &[], &[]),
        ("dangling", &[], &[]),
        ("trail", &["'trailing "], &[]),
        ("none/", &[], &[]),
        ("a.txt/", &[], &[]),
    ];
    for (typed, words, whole) in table {
        let typed = format!("~/{typed}");
        let found = complete_whole_path(&typed, Some(home.path()), CAP);
        let expected: Vec<_> = whole.iter().map(|path| format!("~/{path}")).collect();
        assert_eq!(found, expected, "{typed:?}");
        let found = complete_path(&typed, Some(home.path()), CAP);
        let expected = words.iter().map(|path| match path.strip_prefix('\'') {
            Some(path) if path.ends_with('/') => format!("\"~/{path}"),
            Some(path) => format!("\"~/{path}\""),
            None => format!("~/{path}"),
        });
        assert_eq!(found, expected.collect::<Vec<_>>(), "{typed:?}");
        // The same by its real path.
        let folder = home.path().to_str().unwrap();
        let real = typed.replacen('~', folder, 1);
        assert_eq!(
            complete_path(&real, None, CAP).len(),
            words.len(),
            "{real:?}"
        );
    }
}

#[test]
fn a_quote_that_is_typed_is_kept() {
    let home = home();
    let table: &[(&str, &[&str])] = &[
        ("\"~/a", &["\"~/a b.txt\"", "\"~/a folder/", "\"~/a.txt\""]),
        ("'~/a ", &["'~/a b.txt'", "'~/a folder/"]),
        ("'~/it", &[]),
        ("\"~/it", &["\"~/it's.txt\""]),
        ("\"~/a b.txt\"", &[]),
    ];
    for (typed, expected) in table {
        assert_eq!(
            complete_path(typed, Some(home.path()), CAP),
            *expected,
            "{typed}"
        );
    }
}

#[test]
fn the_home_folder_and_the_current_one() {
    let home = home();
    let found = |typed| complete_path(typed, Some(home.path()), CAP);
    assert_eq!(found("~"), found("~/"));
    assert!(found("~").contains(&"~/logs/".to_owned()));
    assert!(complete_path("~/", None, CAP).is_empty());
    // Tests run in the folder of the package.
    assert_eq!(found("Cargo.to"), ["Cargo.toml"]);
    assert_eq!(found("./Cargo.to"), ["./Cargo.toml"]);
    assert_eq!(found("src/li"), ["src/lib.rs"]);
    assert_eq!(found("sr"), ["src/"]);
    assert!(!found("").iter().any(|path| path.starts_with('.')));
}

#[test]
fn offers_at_most_so_many() {
    let home = TempDir::new().unwrap();
    for number in 0..300 {
        fs::write(home.path().join(format!("{number:03}")), "").unwrap();
    }
    for cap in [0, 1, CAP] {
        let found = complete_path("~/", Some(home.path()), cap);
        let expected = (0..cap).map(|number| format!("~/{number:03}"));
        assert_eq!(found, expected.collect::<Vec<_>>());
    }
}

/// The words of an argument, as `:diff` reads them.
fn words(line: &str) -> Vec<String> {
    let mut words = Vec::new();
    let mut rest = line.trim_start();
    while let Some(first) = rest.chars().next() {
        let (word, after) = match first {
            '"' | '\'' => rest[1..].split_once(first).unwrap(),
            _ => rest.split_once(' ').unwrap_or((rest, "")),
        };
        words.push(word.to_owned());
        rest = after.trim_start();
    }
    words
}

proptest! {
    #![proptest_config(properties::config())]

    #[test]
    fn each_offer_names_its_file(names in prop::collection::vec("[a-c~.'\" \u{a0}\u{1b}\u{202e}\u{301}-]{1,6}", 0..8)) {
        let folder = TempDir::new().unwrap();
        let mut made = BTreeSet::new();
        for name in names {
            if !name.chars().all(|c| c == '.') {
                fs::write(folder.path().join(&name), "").unwrap();
                made.insert(name);
            }
        }
        let typed = format!("{}/", folder.path().to_str().unwrap());
        let as_words = complete_path(&typed, None, CAP);
        let as_whole = complete_whole_path(&typed, None, CAP);
        for offered in &as_words {
            assert_harmless(offered.as_bytes());
            let read = words(&format!("{offered} next"));
            prop_assert_eq!(&read[1..], ["next"]);
            prop_assert!(Path::new(&read[0]).is_file(), "{}", offered);
        }
        for offered in &as_whole {
            assert_harmless(offered.as_bytes());
            prop_assert!(Path::new(offered.trim()).is_file(), "{}", offered);
        }
        // What is plain to type is never left out.
        let plain = |name: &&String| !name.starts_with('.') && name.chars().all(|c| "abc~.-".contains(c));
        for name in made.iter().filter(plain) {
            let path = format!("{typed}{name}");
            prop_assert!(as_words.contains(&path) && as_whole.contains(&path), "{}", name);
        }
    }

    #[test]
    fn any_text_can_be_typed(typed: String) {
        complete_path(&typed, Some(Path::new("/nowhere")), CAP);
        complete_whole_path(&typed, None, CAP);
    }
}
