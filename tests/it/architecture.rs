//! The house as `src/lib.rs` draws it, held against the code: who imports whom, and how large a
//! file may grow.

use std::fs;
use std::path::{Path, PathBuf};

/// A room, and what must not stand in its files.
const NEVER: &[(&str, &[&str])] = &[
    (
        "smtp",
        &[
            "crate::net",
            "crate::manual",
            "crate::practice",
            "crate::config",
            "crate::tui",
            "crate::cli",
            "tokio",
            "rustls",
            "ratatui",
            "crossterm",
            "std::net",
            "std::fs",
            "std::io",
            "std::env",
            "std::thread",
            "Instant::now",
            "SystemTime",
        ],
    ),
    (
        "net",
        &[
            "crate::manual",
            "crate::practice",
            "crate::config",
            "crate::tui",
            "crate::cli",
            "ratatui",
            "crossterm",
        ],
    ),
    (
        "manual",
        &[
            "crate::net",
            "crate::practice",
            "crate::config",
            "crate::tui",
            "crate::cli",
            "tokio",
        ],
    ),
    (
        "record",
        &[
            "crate::net",
            "crate::manual",
            "crate::practice",
            "crate::config",
            "crate::tui",
            "crate::cli",
            "tokio",
            "ratatui",
            "crossterm",
            "std::net::Tcp",
        ],
    ),
    (
        "practice",
        &[
            "crate::net",
            "crate::manual",
            "crate::config",
            "crate::tui",
            "crate::cli",
        ],
    ),
    (
        "config",
        &[
            "crate::manual",
            "crate::practice",
            "crate::tui",
            "crate::cli",
            "tokio",
        ],
    ),
    (
        "tui",
        &["crate::cli", "std::net::Tcp", "tokio::net", "rustls"],
    ),
];

/// Lines of a file without its tests, at the most; more is a sign of two nouns.
const LINES: usize = 400;

fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(files(&path));
        } else if path.extension().is_some_and(|ending| ending == "rs")
            && !path.ends_with("tests.rs")
        {
            found.push(path);
        }
    }
    found
}

/// The code of a file: without its tests and its comments.
fn code(path: &Path) -> String {
    let text = fs::read_to_string(path).unwrap();
    let lines = text.lines().take_while(|line| *line != "#[cfg(test)]");
    lines
        .filter(|line| !line.trim_start().starts_with("//"))
        .map(|line| format!("{line}\n"))
        .collect()
}

fn src() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("src")
}

#[test]
fn rooms_import_only_what_they_may() {
    let mut wrong = Vec::new();
    for (room, never) in NEVER {
        let files = files(&src().join(room));
        assert!(!files.is_empty(), "no room {room}");
        for path in files {
            let code = code(&path);
            let found = never.iter().filter(|word| code.contains(**word));
            wrong.extend(found.map(|word| format!("{}: {word}", path.display())));
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn only_the_loop_of_the_screen_awaits() {
    for path in files(&src().join("tui")) {
        let awaits = code(&path).replace(".awaited", "").contains(".await");
        assert!(
            !awaits || path.starts_with(src().join("tui/app")),
            "{}",
            path.display()
        );
    }
}

#[test]
fn a_file_is_one_noun_and_says_what_it_is_for() {
    for path in files(&src()) {
        let text = fs::read_to_string(&path).unwrap();
        assert!(
            text.starts_with("//!"),
            "{} does not say what it is for",
            path.display()
        );
        let lines = text
            .lines()
            .take_while(|line| *line != "#[cfg(test)]")
            .count();
        assert!(lines <= LINES, "{}: {lines} lines", path.display());
    }
}

#[test]
fn nothing_is_allowed_silently_or_unsafe() {
    for path in files(&src()) {
        let code = code(&path);
        for word in ["unsafe ", "#[allow", "todo!", "unimplemented!", ".unwrap()"] {
            assert!(!code.contains(word), "{}: {word}", path.display());
        }
    }
}

/// The door to standard output and standard error, and the screen, which has a door of its own.
const WRITERS: &[&str] = &["report/output.rs", "tui/app"];

#[test]
fn text_leaves_by_one_door() {
    for path in files(&src()) {
        let code = code(&path);
        // clap's own ways to print quote arguments unchanged.
        for word in [
            "print!(",
            "println!(",
            "dbg!(",
            "error.print()",
            "error.exit()",
            "::parse()",
        ] {
            assert!(!code.contains(word), "{}: {word}", path.display());
        }
        let place = path.strip_prefix(src()).unwrap();
        let writes = ["stdout()", "stderr()"].into_iter().any(|call| {
            let mut before = code.match_indices(call).map(|(at, _)| &code[..at]);
            before.any(|before| !before.ends_with('_'))
        });
        let may = WRITERS.iter().any(|writer| place.starts_with(writer));
        assert!(may || !writes, "{}", path.display());
    }
}

#[test]
fn every_test_is_run() {
    let mark = ["#[", "ignore"].concat();
    let tests = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests");
    for path in [src(), tests].iter().flat_map(|folder| files(folder)) {
        let text = fs::read_to_string(&path).unwrap();
        assert!(!text.contains(&mark), "{}", path.display());
    }
}
