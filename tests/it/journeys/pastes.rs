//! Pasting several lines.

use ehlo::practice::{Mood, Practice};

use super::{escape, leave, practice};
use crate::support::pty::{EHLO, Home, Pty};

/// A session as copied from a document.
const SESSION: &str = "EHLO client.example\nMAIL FROM:<a@b.example>\nRCPT TO:<bob@localhost>\n\
    DATA\nSubject: pasted\n\n..a dot first\n.\nQUIT\n";

fn paste(home: &Home, server: &Practice, text: &str) -> Pty {
    let mut console = home.ehlo_sized(80, 50, &[&server.plain().to_string()]);
    console.wait_for("next: EHLO");
    console.paste(text);
    console.wait_for("lines were pasted. Nothing is sent yet.");
    console
}

#[test]
fn asks_before_sending_a_paste() {
    let server = practice(&[]);
    let home = Home::new();
    let mut console = paste(&home, &server, SESSION);
    console.wait_for("9 lines were pasted.");
    escape(&mut console, "9 lines were pasted.");
    // A single line opens no question, and is not sent even if it has a line end.
    console.paste("NOOP\n");
    console.wait_for("> NOOP");
    let screen = console.screen();
    assert!(!screen.contains("-> "), "{screen}");
    console.key("Enter");
    console.wait_for("-> NOOP");
    console.wait_for("250 2.0.0");
    // Too many lines are refused.
    console.paste(&"NOOP\n".repeat(1001));
    console.wait_for("1001 lines, 5005 octets are too many to paste: at most 1000 lines");
    leave(console);
}

#[test]
fn sends_a_pasted_session_line_by_line() {
    let server = practice(&[]);
    let home = Home::new();
    let mut console = paste(&home, &server, SESSION);
    console.key("Enter");
    // The message is shown before it is sent.
    console.wait_for("the pasted message is in the editor, not sent yet");
    console.wait_for("+..a dot first");
    assert_eq!(server.messages(), []);
    console.key("C-d");
    console.wait_for("3 lines, 34 octets, 1 dot-stuffed.");
    console.key("Enter");
    // The pasted lines after it follow.
    console.wait_for("-> QUIT");
    console.wait_for("  closed");
    let messages = server.messages();
    assert_eq!(messages.len(), 1);
    assert_eq!(messages[0].body, b"Subject: pasted\r\n\r\n.a dot first\r\n");
}

#[test]
fn stops_at_a_refusal() {
    let server = practice(&[]);
    let home = Home::new();
    let refused = SESSION.replace("bob@", "nobody@");
    let mut console = paste(&home, &server, &refused);
    console.key("Enter");
    console.wait_for("stopped at this reply: 6 pasted lines are kept");
    console.wait_for("RCPT 0 of 1");
    console.enter("NOOP");
    let screen = console.wait_for("250 2.0.0");
    assert!(!screen.contains("-> DATA"), "{screen}");
    leave(console);
}

#[test]
fn sends_a_pasted_session_at_once() {
    let server = practice(&[]);
    let home = Home::new();
    let mut console = paste(&home, &server, SESSION);
    console.type_text("p");
    console.wait_for("  closed");
    let messages = server.messages();
    assert_eq!(messages.len(), 1);
    assert_eq!(messages[0].body, b"Subject: pasted\r\n\r\n.a dot first\r\n");
}

#[test]
fn a_pasted_login_keeps_its_order_through_consent() {
    let server = practice(&[Mood::NoTls]);
    let home = Home::new();
    let lines = [
        "EHLO client.example",
        "AUTH LOGIN",
        "YWxpY2U=",
        "d29uZGVybGFuZA==",
        "RSET",
    ];
    for (key, pace) in [("Enter", "one by one"), ("p", "at once")] {
        let mut console = paste(&home, &server, &lines.join("\n"));
        match key {
            "Enter" => console.key(key),
            _ => console.type_text(key),
        }
        console.wait_for("Send the secret?");
        console.key("C-y");
        // In any other order the password would be wrong, or not a response.
        console.wait_until(&format!("a login, {pace}, and what follows it"), |screen| {
            screen.contains(" 235 2.7.0 ") && screen.contains(" 250 2.0.0 Ok: transaction reset")
        });
        leave(console);
    }
}

#[test]
fn sends_a_pasted_session_step_by_step() {
    let server = practice(&[]);
    let home = Home::new();
    let mut console = paste(
        &home,
        &server,
        "HELO client.example\nNOOP 1\nNOOP 2\nNOOP 3\n",
    );
    console.type_text("e");
    console.wait_for("> HELO client.example");
    console.wait_for("3 more pasted lines wait");
    console.key("Enter");
    console.wait_for("> NOOP 1");
    console.wait_for("-> HELO client.example");
    // A line may be edited before it is sent.
    console.type_text("23");
    console.key("Enter");
    console.wait_for("-> NOOP 123");
    console.wait_for("> NOOP 2");
    console.key("C-c");
    console.wait_gone("> NOOP 2");
    console.key("C-c");
    console.wait_for("1 pasted lines dropped, not sent");
    console.enter("RSET");
    let screen = console.wait_for("-> RSET");
    assert!(
        !screen.contains("-> NOOP 2") && !screen.contains("-> NOOP 3"),
        "{screen}"
    );
    leave(console);
}

#[test]
fn halves_doubled_line_breaks() {
    let server = practice(&[]);
    let home = Home::new();
    // What xterm makes of CR LF.
    let mut console = paste(&home, &server, "EHLO client.example\r\rNOOP\r\r");
    console.wait_for_all(&["2 lines were pasted.", "The last: NOOP"]);
    escape(&mut console, "2 lines were pasted.");
    leave(console);
}

#[test]
fn asks_about_lines_that_arrive_at_once() {
    let home = Home::new();
    let environment = [("TERM", "linux")];
    let mut console = home.run((80, 24), &environment, EHLO, &["--practice"]);
    console.wait_for("next: EHLO");
    console.send_raw(b"EHLO client.example\rNOOP\rQUIT\r");
    console.wait_for_all(&["3 lines were pasted. Nothing is sent", "The last: QUIT"]);
    let screen = console.screen();
    assert!(!screen.contains("-> "), "{screen}");
    escape(&mut console, "3 lines were pasted.");
    // One line is sent by its Enter.
    console.enter("NOOP");
    console.wait_for("-> NOOP");
    leave(console);
}

#[test]
fn opens_a_pasted_log() {
    let home = Home::new();
    let mut console = home.ehlo(&[]);
    console.wait_for("Host");
    let log = include_str!("../../logs/swaks-refused.log");
    console.paste(&log.replace('\n', "\r"));
    console.wait_for("This is a log: open it?");
    console.type_text("y");
    console.wait_for("535 5.7.8");
    assert!(!console.screen().contains("AGFsaWNl"));
    console.type_text("q");
    console.wait_for("Host");
}
