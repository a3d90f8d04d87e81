//! The whole tour in a real terminal: only the server's reply completes a step.

use crate::support::pty::{Home, Pty};

/// What the user does in a step: sends a line, logs in with this password, or sends the message.
enum Action {
    Line(&'static str),
    Login(&'static str),
    Message,
}

use Action::{Line, Login, Message};

/// The actions of a user, each with text that the strip shows after it.
const STEPS: &[(Action, &str)] = &[
    // A reply with another code does not count.
    (Line("EHLO"), "You got 501"),
    (Line("EHLO client.example"), "Type NOOP"),
    (Line("NOOP"), "TOUR 2/8"),
    (Line("RCPT TO:<bob@example.org>"), "type HELLO"),
    (Line("HELLO"), "TOUR 3/8"),
    (Line("EHLO client.example"), "TOUR 3/8"),
    (Line("STARTTLS"), "caps:expired"),
    (Line("EHLO client.example"), "TOUR 4/8"),
    (Login("rabbit"), "TOUR 5/8"),
    (Login("wonderland"), "TOUR 6/8"),
    (Line("MAIL FROM:<alice@example.org>"), "adds one recipient"),
    (Line("RCPT TO:<bob@example.org>"), "discards the"),
    (Line("RSET"), "TOUR 7/8"),
    (
        Line("MAIL FROM:<alice@example.org> SIZE=99999999"),
        "RET=HDRS",
    ),
    // The right reply to a line without the required text does not count either.
    (
        Line("MAIL FROM:<alice@example.org>"),
        "did not contain RET=",
    ),
    (Line("RSET"), "250 2.0.0"),
    (
        Line("MAIL FROM:<alice@example.org> RET=HDRS"),
        "NOTIFY=SUCCESS",
    ),
    (Line("RCPT TO:<bob@example.org>"), "did not contain NOTIFY="),
    (Line("RCPT TO:<bob@example.org> NOTIFY=SUCCESS"), "TOUR 8/8"),
    (Line("DATA"), "Type Subject"),
    (Message, "QUIT ends the session"),
    (Line("QUIT"), "TOUR done"),
];

fn log_in(console: &mut Pty, password: &str) {
    console.key("C-o");
    console.wait_for("Write and send");
    console.type_text("a");
    console.wait_for("Log in ─");
    if console.screen().contains("User       alice") {
        console.key("C-u");
    } else {
        console.type_text("alice");
        console.key("Tab");
    }
    console.type_text(password);
    console.wait_for("AUTH ");
    console.key("Enter");
    console.wait_gone("Log in ─");
}

fn send_message(console: &mut Pty) {
    console.enter("Subject: hello");
    console.enter("");
    console.type_text("a line of text");
    console.key("C-d");
    console.wait_for("Send the message?");
    console.key("Enter");
}

#[test]
fn every_lesson_can_be_completed() {
    let home = Home::new();
    let mut console = home.ehlo_sized(80, 40, &["--tour"]);
    console.wait_for("TOUR 1/8");
    console.wait_for("next: EHLO");
    for (action, then) in STEPS {
        match action {
            Line(line) => console.enter(line),
            Login(password) => log_in(&mut console, password),
            Message => send_message(&mut console),
        }
        if console.screen().contains("Login refused") || matches!(action, Login("rabbit")) {
            console.wait_for("Login refused");
            console.key("Esc");
            console.wait_gone("Login refused");
        }
        console.wait_for(then);
    }
}

#[test]
fn tour_command_stops_and_restarts_it() {
    let home = Home::new();
    let mut console = home.ehlo(&["--tour"]);
    console.wait_for("TOUR 1/8");
    console.wait_for("next: EHLO");
    console.enter("EHLO client.example");
    console.wait_for("Type NOOP");
    console.enter(":tour stop");
    console.wait_gone("TOUR 1/8");
    console.enter(":tour");
    console.wait_for("The server spoke first");
}

#[test]
fn the_ghost_text_leads_through_the_tour() {
    let home = Home::new();
    let mut console = home.ehlo_sized(100, 40, &["--tour"]);
    console.wait_for("TOUR 1/8");
    console.wait_for("next: EHLO");
    for (at, (action, then)) in STEPS.iter().enumerate() {
        match action {
            // What the strip asks for, by Tab and Enter. EHLO again in plain text is an extra line.
            Line(line) if !then.contains("You got") && !then.contains("did not contain") => {
                if *then == "250 2.0.0" || (at == 5 && line.starts_with("EHLO")) {
                    continue;
                }
                console.key("Tab");
                console.key("Enter");
            }
            Line(_) => continue,
            Login(password) => {
                log_in(&mut console, password);
                if *password == "rabbit" {
                    console.wait_for("Login refused");
                    console.key("Esc");
                    console.wait_gone("Login refused");
                }
            }
            Message => send_message(&mut console),
        }
        console.wait_for(then);
    }
}

#[test]
fn tour_can_be_walked() {
    let home = Home::new();
    let mut console = home.ehlo(&["--tour"]);
    console.wait_for("TOUR 1/8");
    console.enter(":tour 5");
    console.wait_for("TOUR 5/8");
    console.enter(":tour next");
    console.wait_for("TOUR 6/8");
    console.enter(":tour back");
    console.wait_for("TOUR 5/8");
    console.enter(":tour 99");
    console.wait_for("use next, back, stop");
}
