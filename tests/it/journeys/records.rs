//! Sessions that are kept: by the user, and by the program for the case that it is killed.

use rustix::process::Signal;

use super::escape;
use crate::support::program::ehlo;
use crate::support::pty::{Home, Pty};

/// A console that has logged in to its own practice server, in clear.
fn logged_in(home: &Home) -> Pty {
    let mut console = home.ehlo(&["--practice", "--mood", "no-tls"]);
    console.wait_for("next: EHLO");
    console.enter("EHLO client.example");
    console.wait_for("caps:10");
    console.enter("AUTH PLAIN AGFsaWNlAHdvbmRlcmxhbmQ=");
    console.wait_for("send the secret?");
    console.type_text("y");
    console.wait_for("235 2.7.0");
    console
}

#[test]
fn a_session_is_saved_and_printed_again() {
    let home = Home::new();
    let mut console = logged_in(&home);
    let file = home.path().join("session.jsonl");
    let save = format!(":save {}", file.display());
    console.enter(&save);
    console.wait_for("secrets masked");
    // What is there is not replaced without a word.
    console.enter(&save);
    console.wait_for("replace the file?");
    console.type_text("r");
    console.wait_for("secrets masked");
    console.enter(":save session.pdf");
    console.wait_for(".jsonl");
    let output = ehlo(&home, &["show", &file.display().to_string()], b"");
    let printed = String::from_utf8(output.stdout).unwrap();
    assert!(output.status.success(), "{printed}");
    assert!(printed.contains("-> EHLO client.example"), "{printed}");
    assert!(printed.contains("-> AUTH PLAIN [hidden"), "{printed}");
    assert!(printed.contains("<-  235 2.7.0"), "{printed}");
    assert!(!printed.contains("d29uZGVy"), "{printed}");
}

#[test]
fn what_was_killed_is_offered_at_the_next_start() {
    let home = Home::new();
    let console = logged_in(&home);
    console.signal(Signal::KILL);
    drop(console);

    let mut console = home.ehlo_sized(80, 50, &[]);
    console.wait_for("the last session");
    console.type_text("o");
    console.wait_for_all(&[
        "-> EHLO client.example",
        "-> AUTH PLAIN [hidden",
        "235 2.7.0",
    ]);
    assert!(!console.screen().contains("d29uZGVy"));
    escape(&mut console, "235 2.7.0");
    // It is offered once.
    console.key("Esc");
    drop(console);
    let console = home.ehlo(&[]);
    console.wait_for("Host");
    assert!(!console.screen().contains("the last session"));
}
