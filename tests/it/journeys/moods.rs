//! The moods of the practice server, seen in the console.

use rustix::process::Signal;

use super::{escape, leave, menu};
use crate::support::pty::Home;

#[test]
fn greylist() {
    let home = Home::new();
    let mut console = home.ehlo(&["--practice", "--mood", "greylist"]);
    console.wait_for("next: EHLO");
    console.enter("HELO client.example");
    console.enter("MAIL FROM:<a@b.example>");
    console.enter("RCPT TO:<bob@localhost>");
    console.wait_for("<** 450 4.7.1 Greylisted");
    console.wait_for("RCPT 0 of 1");
    console.key("Up");
    console.wait_for("> RCPT TO:<bob@localhost>");
    console.key("Enter");
    console.wait_for("RCPT 1 of 2");
    leave(console);
}

#[test]
fn reject_rcpt() {
    let home = Home::new();
    let mut console = home.ehlo(&["--practice", "--mood", "reject-rcpt"]);
    console.wait_for("next: EHLO");
    console.enter("HELO client.example");
    console.enter("MAIL FROM:<a@b.example>");
    console.enter("RCPT TO:<bob@localhost>");
    console.wait_for("<** 550 ");
    console.enter("DATA");
    console.wait_until("DATA refused, and no message due", |screen| {
        screen.contains("<** 554 ") && screen.contains("next: RCPT TO")
    });
    leave(console);
}

#[test]
fn drop_and_reconnect() {
    let home = Home::new();
    let mut console = home.ehlo_sized(80, 50, &["--practice", "--mood", "drop"]);
    console.wait_for("next: EHLO");
    console.enter("HELO client.example");
    console.enter("MAIL FROM:<a@b.example>");
    console.enter("RCPT TO:<bob@localhost>");
    console.wait_for("[cut: the connection ended here]");
    console.wait_for("*** no reply to: RCPT");
    console.wait_for("closed");
    // Without a connection a line is not sent, but stays at the prompt.
    console.enter("NOOP");
    console.wait_for("the line stays here");
    console.wait_for("> NOOP");
    menu(&mut console, "r");
    console.wait_for("next: EHLO");
    // The transcript of the first connection is still there.
    let screen = console.wait_until("two connections", |screen| {
        screen.matches("=== connected 127.0.0.1:").count() == 2
    });
    assert!(screen.contains("no reply to: RCPT"), "{screen}");
    console.wait_for("> NOOP");
    console.key("Enter");
    console.wait_for("250 2.0.0");
    leave(console);
}

#[test]
fn busy() {
    let home = Home::new();
    let mut console = home.ehlo(&["--practice", "--mood", "busy"]);
    console.wait_for("<** 421 4.3.2");
    console.wait_for("*** the server is closing the session");
    console.wait_for("=== connection closed by the server");
    console.wait_for("  closed");
    console.key("C-d");
    assert_eq!(console.wait_exit(), 0);
}

#[test]
fn flood() {
    let home = Home::new();
    let mut console = home.ehlo(&["--practice", "--mood", "flood"]);
    console.wait_for("next: EHLO");
    console.enter("EHLO client.example");
    let title = "The reply does not end";
    escape(&mut console, title);
    console.wait_for("reading is paused");
    // The screen still responds to keys, both while reading is paused and after it resumes.
    for text in ["NOOP a", "NOOP b"] {
        console.type_text(text);
        console.wait_for(&format!("> {text}"));
        console.key("PageUp");
        console.wait_for("new ▼ End");
        console.key("C-u");
        console.wait_gone(text);
        console.key("End");
        console.wait_for("follow ▼");
        menu(&mut console, "g");
    }
    console.key("C-c");
    console.wait_for("still waiting for the reply to EHLO");
    console.key("C-c");
    console.wait_for("connection closed by ehlo");
    console.wait_for("  closed");
    console.signal(Signal::TERM);
    assert_eq!(console.wait_exit(), 143);
}

#[test]
fn slow() {
    let home = Home::new();
    let mut console = home.ehlo(&["--practice", "--mood", "slow"]);
    console.wait_for("waiting for the greeting  0:01");
    console.wait_until("a slow reply, marked", |screen| {
        screen
            .lines()
            .any(|line| line.starts_with("! ") && line.contains(" <-  220 "))
    });
    console.enter("EHLO client.example");
    console.wait_for("waiting for the reply to EHLO  0:01");
    // Ctrl-C twice ends the wait.
    console.key("C-c");
    console.wait_for("still waiting for the reply to EHLO");
    console.key("C-c");
    console.wait_for("connection closed by ehlo");
    console.wait_for("  closed");
}
