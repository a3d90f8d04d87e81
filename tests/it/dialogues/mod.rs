//! Plays each file under tests/dialogues through a session, without a socket. The format of the
//! files is described in tests/dialogues/README.md.

mod description;
mod player;
mod properties;
mod script;
mod wire;

use std::path::{Path, PathBuf};
use std::{fs, io};

use script::{Failure, Script};

#[test]
fn plays_every_dialogue() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut files = Vec::new();
    find(&root.join("tests/dialogues"), &mut files).unwrap();
    files.sort();
    assert!(!files.is_empty(), "no dialogue found");
    let mut failures = Vec::new();
    for file in &files {
        let text = fs::read_to_string(file).unwrap();
        if let Err(Failure { line, message }) = run(&text) {
            let name = file.strip_prefix(root).unwrap_or(file).display();
            failures.push(format!("{name}:{line}: {message}"));
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

/// The player must notice deviations: each of these dialogues fails at this line, with this text in
/// its message.
#[test]
fn reports_deviations_from_a_dialogue() {
    let table: &[(&str, usize, &str)] = &[
        ("", 0, "an empty dialogue"),
        ("S: 220 a\nX: b", 2, "unknown directive \"X:\""),
        ("S: 220 a\n= fase ready", 2, "unknown expectation \"fase\""),
        ("= phase ready", 1, "must follow a step"),
        ("S: 220 a\n= fault \"\"", 2, "a part of its text"),
        ("S: 220 a ", 1, "trailing blank"),
        ("S| 220 \\q", 1, "invalid escape \\q"),
        ("~ 3", 1, "invalid time"),
        (
            "S: 220 a\n= phase ready",
            2,
            "phase\n  expected ready\n  received greeted",
        ),
        (
            "CONNECT verified\n= link clear\nS: 220 a",
            2,
            "received verified",
        ),
        (
            "S: 220 a\nS: 250 b",
            2,
            "oddity\n  expected nothing\n  received unasked",
        ),
        (
            "S: 220 a\n= oddity nul",
            2,
            "oddity\n  expected nul\n  received nothing",
        ),
        ("S: 220 a\nC: NOOP", 2, "without a reply to NOOP"),
        (
            "S: 220 a\nC: NOOP\nS: 250 b\n= reply 250 answers RSET",
            4,
            "received 250 answers NOOP",
        ),
        (
            "S: 220 a\nC: RSET\nS: 421 b",
            3,
            "fault\n  expected nothing\n  received the server is",
        ),
        (
            "S: 220 a\n= fault \"x\"",
            2,
            "fault\n  expected \"x\"\n  received nothing",
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
            "expected \"\"\n  received \"NOOP\\r\\n\"",
        ),
        (
            "S: 220 a\nC? AUTH PLAIN eA==\n= not-sent handshake",
            3,
            "received exposed-clear",
        ),
        ("S: 220 a\nO: EHLO b", 2, "octets to the server"),
        (
            "AUTO-STARTTLS EHLO b\nS: 220 a\nC: NOOP",
            3,
            "sent by itself",
        ),
        ("AUTO-STARTTLS EHLO b\nS: 220 a", 2, "sent by itself"),
        (
            "S: 220 a\nC: STARTTLS\n= out-of-order\nS: 220 b",
            4,
            "before the handshake",
        ),
        (
            "S: 220 a\nC: STARTTLS\n= out-of-order\nS: 220 b\nC: NOOP",
            5,
            "is due",
        ),
        (
            "S: 220 a\nC: STARTTLS\n= out-of-order\nS: 220 b\nS: 250 c",
            4,
            "does not read any more",
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
    for (text, line, message) in table {
        let failure = run(text).expect_err(text);
        assert_eq!(failure.line, *line, "{text:?}: {}", failure.message);
        assert!(
            failure.message.contains(message),
            "{text:?}: {}",
            failure.message
        );
    }
}

/// The reason for S+: octets sent in one segment with a reply may count differently from octets in
/// a later segment, so a dialogue has to say which it means.
#[test]
fn reports_a_dialogue_that_depends_on_the_segments() {
    let failure =
        run("AUTO-STARTTLS EHLO b\nS: 220 a\nS: 250 c\n= fault \"STARTTLS is not\"\nO: EHLO b")
            .expect_err("one segment and two segments give different results");
    assert!(
        failure.message.starts_with("(Whole)"),
        "{}",
        failure.message
    );
}

fn run(text: &str) -> Result<(), Failure> {
    player::play(&Script::parse(text)?)
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
