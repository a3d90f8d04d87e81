//! Dialogues: each file under tests/dialogues is played through the core, without a socket. How
//! such a file reads stands in tests/dialogues/README.md.

mod play;
mod properties;
mod script;
mod wire;
mod words;

use std::path::{Path, PathBuf};
use std::{fs, io};

use script::{Failure, Script};

#[test]
fn every_dialogue_goes_as_it_is_written() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut files = Vec::new();
    find(&root.join("tests/dialogues"), &mut files).unwrap();
    files.sort();
    assert!(!files.is_empty(), "no dialogue found");
    let mut failures = Vec::new();
    for file in &files {
        let text = fs::read_to_string(file).unwrap();
        if let Err(Failure { line, words }) = run(&text) {
            let name = file.strip_prefix(root).unwrap_or(file).display();
            failures.push(format!("{name}:{line}: {words}"));
        }
    }
    assert!(
        failures.is_empty(),
        "{} of {} dialogues failed\n\n{}\n",
        failures.len(),
        files.len(),
        failures.join("\n\n")
    );
}

/// What the runner is there for: to notice. Each of these must fail, at that line, with such words.
#[test]
fn a_dialogue_that_goes_otherwise_fails() {
    let table: &[(&str, usize, &str)] = &[
        ("", 0, "an empty dialogue"),
        ("S: 220 a\nX: b", 2, "unknown directive \"X:\""),
        ("S: 220 a\n= fase ready", 2, "unknown expectation \"fase\""),
        ("= phase ready", 1, "stands behind"),
        ("S: 220 a\n= fault \"\"", 2, "some of its words"),
        ("S: 220 a ", 1, "a blank at the end"),
        ("S| 220 \\q", 1, "\\q is no escape"),
        ("~ 3", 1, "is no time"),
        (
            "S: 220 a\n= phase ready",
            2,
            "phase\n  expected ready\n  came     greeted",
        ),
        (
            "CONNECT verified\n= link clear\nS: 220 a",
            2,
            "came     verified",
        ),
        (
            "S: 220 a\nS: 250 b",
            2,
            "oddity\n  expected nothing\n  came     unasked",
        ),
        (
            "S: 220 a\n= oddity nul",
            2,
            "oddity\n  expected nul\n  came     nothing",
        ),
        ("S: 220 a\nC: NOOP", 2, "without an answer to NOOP"),
        (
            "S: 220 a\nC: NOOP\nS: 250 b\n= reply 250 answers RSET",
            4,
            "came     250 answers NOOP",
        ),
        (
            "S: 220 a\nC: RSET\nS: 421 b",
            3,
            "fault\n  expected nothing\n  came     the server is",
        ),
        (
            "S: 220 a\n= fault \"x\"",
            2,
            "fault\n  expected \"x\"\n  came     nothing",
        ),
        ("S: 220 a\nC: DATA\n= waiting DATA", 2, "out-of-order"),
        (
            "S: 220 a\nC: AUTH PLAIN eA==\n= waiting AUTH",
            2,
            "expected \"AUTH PLAIN eA==\\r\\n\"",
        ),
        (
            "S: 220 a\nC! X-EXPS LOGIN eA==\n= waiting X-EXPS",
            2,
            "hidden",
        ),
        (
            "S: 220 a\nC? NOOP",
            2,
            "expected \"\"\n  came     \"NOOP\\r\\n\"",
        ),
        (
            "S: 220 a\nC? AUTH PLAIN eA==\n= not-sent handshake",
            3,
            "came     exposed-clear",
        ),
        ("S: 220 a\nO: EHLO b", 2, "octets to the server"),
        ("OPENING EHLO b\nS: 220 a\nC: NOOP", 3, "sent by itself"),
        ("OPENING EHLO b\nS: 220 a", 2, "sent by itself"),
        (
            "S: 220 a\nC: STARTTLS\n= out-of-order\nS: 220 b",
            4,
            "before the handshake",
        ),
        (
            "S: 220 a\nC: STARTTLS\n= out-of-order\nS: 220 b\nC: NOOP",
            5,
            "is due here",
        ),
        (
            "S: 220 a\nC: STARTTLS\n= out-of-order\nS: 220 b\nS: 250 c",
            4,
            "not wanted any more",
        ),
        ("S: 220 a\nTLS verified", 2, "no handshake is due"),
        (
            "S: 220 a\nC: DATA\n= out-of-order\nS: 354 b\nM: .c",
            5,
            "expected \".c\\r\\n\"",
        ),
        ("S: 220 a\nEND closed", 2, "fault"),
        ("S| 220 a\nEND by-us", 2, "oddity"),
    ];
    for (text, line, words) in table {
        let failure = run(text).expect_err(text);
        assert_eq!(failure.line, *line, "{text:?}: {}", failure.words);
        assert!(failure.words.contains(words), "{text:?}: {}", failure.words);
    }
}

/// The reason for S+: what a server sent in one segment with its 220 can differ from what it sent
/// behind it, and a dialogue that leaves this open is noticed.
#[test]
fn a_dialogue_that_hangs_on_the_segments_fails() {
    let failure = run("OPENING EHLO b\nS: 220 a\nS: 250 c\n= fault \"STARTTLS is not\"\nO: EHLO b")
        .expect_err("one segment and two are not the same here");
    assert!(failure.words.starts_with("(Whole)"), "{}", failure.words);
}

fn run(text: &str) -> Result<(), Failure> {
    play::play(&Script::parse(text)?)
}

fn find(folder: &Path, files: &mut Vec<PathBuf>) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            find(&path, files)?;
        } else if path.extension().is_some_and(|extension| extension == "txt") {
            files.push(path);
        }
    }
    Ok(())
}
