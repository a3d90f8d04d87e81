//! `ehlo --plain`: the console as lines, over a pipe and on a dumb terminal.

use crate::support::program::ehlo;
use crate::support::pty::{EHLO, Home};

/// Forty lines of every kind: right, wrong, ours, questions, a message, a secret in clear.
const LINES: &str = "?
?RCPT
?no such word
:help
EHLO me.example
HELO me.example
EHLO me.example
?
NOOP
RSET
VRFY bob
< 252
< 250
EXPN staff
HELP MAIL
RCPT TO:<b@x.example>
MAIL FROM:<a@x.example> SIZE=10
?
RCPT TO:<b@x.example>
RCPT TO:b@x.example
DATA
From: a@x.example
To: b@x.example
Subject: x

? this is text
:and this
.
XYZZY
\u{1b}[2J
AUTH PLAIN AGFsaWNlAHdvbmRlcmxhbmQ=
:rset
:sleep 1ms
:raw NOOP\\r\\n
:starttls
:login PLAIN user alice password-from file:pw
MAIL FROM:<a@x.example>
RSET
:disconnect
NOOP
:reconnect
EHLO again.example
QUIT
";

#[test]
fn every_kind_of_line_over_a_pipe() {
    let home = Home::new();
    home.file("pw", "wonderland\n");
    let output = ehlo(&home, &["--plain", "--practice"], LINES.as_bytes());
    let printed = String::from_utf8(output.stdout).unwrap();
    assert_eq!(output.status.code(), Some(0), "{printed}");
    assert!(!printed.contains('\u{1b}'), "{printed}");
    for words in [
        "Next: EHLO",
        "Topics about no such word",
        "(no MAIL accepted yet: expect 503",
        " -> From: a@x.example\n",
        " -> ? this is text\n",
        "Anyone on the network path can read it.\n",
        "unknown command :rset",
        "235 2.7.0",
        "as expected\n",
        "expected 250, got 252 2.0.0",
        "There is no connection: :reconnect, or :quit.",
        " -> EHLO again.example\n",
    ] {
        assert!(printed.contains(words), "{words}: {printed}");
    }
    // An expectation goes to no server.
    assert!(!printed.contains("> < 25"), "{printed}");
    // Nobody is there to be asked: the answer is no.
    assert!(!printed.contains("AUTH PLAIN AGFs"), "{printed}");
    assert!(!printed.contains("wonderland"), "{printed}");
}

#[test]
fn a_dumb_terminal_gets_lines() {
    let home = Home::new();
    let mut console = home.run((80, 24), &[("TERM", "dumb")], EHLO, &["--practice"]);
    console.wait_for("220 localhost");
    console.enter("EHLO me");
    console.wait_for("1 or 2:");
    console.enter("1");
    console.wait_for("250 STARTTLS");
    console.enter("MAIL FROM:<a@x.example>");
    console.wait_for("Sender ok");
    console.enter("RCPT TO:<b@x.example>");
    console.wait_for("Recipient ok");
    console.enter("DATA");
    console.wait_for("a single dot ends it");
    for line in ["Subject: x", "", "hello", "."] {
        console.enter(line);
    }
    console.wait_for("octets in 3 lines");
    console.enter(":starttls");
    console.wait_for("ANONYMOUS");
    console.enter("AUTH PLAIN");
    console.wait_for("(hidden) >");
    console.enter("AGFsaWNlAHdvbmRlcmxhbmQ=");
    console.wait_for("235 2.7.0");
    console.enter(":quit");
    assert_eq!(console.wait_exit(), 0);
    let raw = console.raw();
    assert!(!raw.contains(&0x1b), "{}", String::from_utf8_lossy(&raw));
    assert!(!String::from_utf8_lossy(&raw).contains("AGFsaWNl"));
}

/// A message without one of its lines would be another message.
#[test]
fn a_message_with_a_line_that_cannot_be_taken_is_not_sent() {
    let home = Home::new();
    let mut input =
        b"EHLO me\nMAIL FROM:<a@x.example>\nRCPT TO:<b@x.example>\nDATA\nSubject: x\n\ncaf"
            .to_vec();
    input.extend_from_slice(b"\xe9\n.\nQUIT\n");
    let output = ehlo(&home, &["--plain", "--practice"], &input);
    let printed = String::from_utf8(output.stdout).unwrap();
    assert!(printed.contains("The message is not sent"), "{printed}");
    assert!(!printed.contains("250 2.0.0"), "{printed}");
}
