//! Leaving the program: what is kept of its sessions, and what becomes of those still open.

use std::net::TcpListener;

use crate::support::program::ehlo;
use crate::support::pty::{Home, Pty};

/// Leaves by dropping what is still open, and returns what is on the normal screen then.
fn leave(console: &mut Pty) -> String {
    console.key("C-d");
    console.wait_for("Leave?");
    console.type_text("q");
    assert_eq!(console.wait_exit(), 0);
    console.screen().trim().to_owned()
}

#[test]
fn says_how_to_see_a_session_again() {
    let home = Home::new();
    let mut console = home.ehlo(&["--practice"]);
    console.wait_for("next: EHLO");
    console.enter("EHLO me.example");
    console.wait_for("250 ");
    let left = leave(&mut console);
    let (target, id) = left
        .strip_prefix("Session with ")
        .and_then(|rest| rest.split_once(" kept: ehlo show "))
        .unwrap_or_else(|| panic!("{left}"));
    assert!(target.starts_with("localhost:"), "{left}");
    let shown = ehlo(&home, &["show", id], b"");
    let text = String::from_utf8(shown.stdout).unwrap();
    assert!(text.contains(target) && text.contains("EHLO me.example"));
}

#[test]
fn says_so_for_each_session() {
    let home = Home::new();
    let mut console = home.ehlo(&["--practice"]);
    console.wait_for("next: EHLO");
    console.enter(":practice");
    console.wait_for_all(&["1 [2]", "220 localhost"]);
    let left = leave(&mut console);
    assert_eq!(left.matches("kept: ehlo show @").count(), 2, "{left}");
    assert_eq!(left.lines().count(), 2, "{left}");
}

#[test]
fn says_nothing_if_nothing_is_kept() {
    // Never connected.
    let home = Home::new();
    let mut console = home.ehlo(&[]);
    console.wait_for("not connected");
    console.key("C-d");
    assert_eq!(console.wait_exit(), 0);
    assert_eq!(console.screen().trim(), "");
    // No answer: the port is closed.
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let target = listener.local_addr().unwrap().to_string();
    drop(listener);
    let mut console = home.ehlo(&[&target]);
    console.wait_for("No connection to");
    console.key("C-d");
    assert_eq!(console.wait_exit(), 0);
    assert_eq!(console.screen().trim(), "");
    // No place for a journal.
    let home = Home::new();
    home.file("state/ehlo/sessions", "in the way");
    let mut console = home.ehlo(&["--practice"]);
    console.wait_for_all(&["no journal of this session", "next: EHLO"]);
    assert_eq!(leave(&mut console), "");
}
