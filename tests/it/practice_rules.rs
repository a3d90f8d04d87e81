//! The rules of `ehlo practice`, met by swaks.

use std::time::{Duration, Instant};

use crate::support::listening::Listening;
use crate::support::program::ehlo;
use crate::support::pty::Home;
use crate::support::tool::Tool;

/// Each: the flags of the server, those of swaks, its exit status, words that it prints.
const RULES: &[(&[&str], &[&str], i32, &str)] = &[
    (
        &["--reply", "RCPT <*@slow.example>=451 4.2.1 come back"],
        &["--to", "bob@slow.example"],
        24,
        "451 4.2.1 come back",
    ),
    (
        &["--reply", "RCPT <*@slow.example>=451 4.2.1 come back"],
        &["--to", "bob@fast.example"],
        0,
        "250 2.1.5",
    ),
    (
        &[
            "--reply",
            "MAIL <a@x.example>=550 5.1.8 not this one",
            "--reply",
            "MAIL=250 2.1.0 welcome",
        ],
        &[],
        23,
        "550 5.1.8 not this one",
    ),
    (
        &["--reply", "MAIL=250 2.1.0 welcome"],
        &[],
        0,
        "250 2.1.0 welcome",
    ),
    (
        &["--reply", "DATA=451 4.3.0 later"],
        &[],
        25,
        "451 4.3.0 later",
    ),
    (
        &["--reply", "DOT=554 5.7.1 no\\nreally not"],
        &[],
        26,
        "554 really not",
    ),
    (
        &["--reply", "DOT=250 2.0.0 queued as 4711"],
        &[],
        0,
        "250 2.0.0 queued as 4711",
    ),
    (&["--drop-at", "BANNER"], &[], 6, ""),
    (&["--reply", "EHLO=502 no"], &[], 22, "502 no"),
    (
        &["--greeting", "554 5.3.2 no service"],
        &[],
        21,
        "554 5.3.2 no service",
    ),
    (
        &["--greeting", "mx.test ready"],
        &[],
        0,
        "220 mx.test ready",
    ),
    (
        &["--ehlo", "SIZE 10", "--ehlo", "DSN"],
        &[],
        0,
        "250-SIZE 10",
    ),
    (&["--drop-at", "DATA"], &[], 6, ""),
    (&["--delay", "MAIL=300ms"], &[], 0, ""),
    (
        &["--user", "bob", "--password-from", "env:BOBS_PASSWORD"],
        &[
            "-tls",
            "--auth",
            "PLAIN",
            "-au",
            "bob",
            "-ap",
            "rabbit hole",
        ],
        0,
        "235 2.7.0",
    ),
    (
        &["--user", "bob", "--password-from", "env:BOBS_PASSWORD"],
        &[
            "-tls",
            "--auth",
            "PLAIN",
            "-au",
            "alice",
            "-ap",
            "wonderland",
        ],
        28,
        "535 5.7.8",
    ),
];

#[test]
fn swaks_meets_each_rule() {
    let Some(tool) = Tool::have("swaks") else {
        return;
    };
    let home = Home::new();
    for (flags, more, status, words) in RULES {
        let server = Listening::start(
            &home,
            &[&["practice", "--listen", "127.0.0.1:0"], *flags].concat(),
        );
        let began = Instant::now();
        let output = tool
            .command(&std::env::temp_dir(), "swaks")
            .args(["--server", "127.0.0.1", "--port", &server.port])
            .args(["--from", "a@x.example", "--to", "b@x.example"])
            .args(["--helo", "me.example"])
            .args(*more)
            .output()
            .unwrap();
        let printed = String::from_utf8_lossy(&output.stdout);
        let about = format!("{flags:?} {more:?}: {printed}");
        assert_eq!(output.status.code(), Some(*status), "{about}");
        assert!(printed.contains(words), "{about}");
        if flags[0] == "--delay" {
            assert!(began.elapsed() >= Duration::from_millis(300), "{about}");
        }
    }
}

#[test]
fn a_rule_that_is_none_is_refused_before_it_listens() {
    let home = Home::new();
    for (flags, words) in [
        (["--reply", "RCPT=later"], "has no reply"),
        (["--reply", "RC PT"], "has no reply"),
        (["--greeting", "a\u{1b}b"], "without control characters"),
        (["--ehlo", " "], "use a keyword"),
        (["--delay", "DATA"], "use STAGE=TIME"),
        (["--delay", "DATA=2 years"], "DATA=2 years"),
        (["--drop-at", "a b"], "unknown stage"),
        (["--user", "bob"], "--password-from"),
        (["--password-from", "env:X"], "--user"),
        (["--delay", "FOO=1s"], "unknown stage"),
        (["--drop-at", "FOO"], "unknown stage"),
        (["--greeting", "999 no"], "is no reply"),
        (["--ehlo", "250-SIZE"], "use a keyword"),
    ] {
        let arguments = [&["practice", "--listen", "127.0.0.1:0"][..], &flags].concat();
        let output = ehlo(&home, &arguments, b"");
        let error = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(2), "{flags:?}: {error}");
        assert!(error.contains(words), "{flags:?}: {error}");
        assert!(output.stdout.is_empty(), "{flags:?}");
    }
}
