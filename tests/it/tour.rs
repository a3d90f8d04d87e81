//! The tour, taken from its first step to its last in a real terminal: each step is done by the
//! server's reply and by nothing else.

use crate::support::pty::{Home, Pty};

/// What a step is answered with: a line and Enter, the login form with this password, the message.
enum Do {
    Line(&'static str),
    Login(&'static str),
    Message,
}

use Do::{Line, Login, Message};

/// The steps as a person takes them, each with words of the strip that follow.
const STEPS: &[(Do, &str)] = &[
    // Another answer than is wanted does not count.
    (Line("EHLO"), "That was 501"),
    (Line("EHLO client.example"), "Type NOOP"),
    (Line("NOOP"), "TOUR 2/8"),
    (Line("RCPT TO:<bob@example.org>"), "type HELLO"),
    (Line("HELLO"), "TOUR 3/8"),
    (Line("EHLO client.example"), "TOUR 3/8"),
    (Line("STARTTLS"), "caps:forgotten"),
    (Line("EHLO client.example"), "TOUR 4/8"),
    (Login("rabbit"), "TOUR 5/8"),
    (Login("wonderland"), "TOUR 6/8"),
    (Line("MAIL FROM:<alice@example.org>"), "names one recipient"),
    (
        Line("RCPT TO:<bob@example.org>"),
        "throws the envelope away",
    ),
    (Line("RSET"), "TOUR 7/8"),
    (
        Line("MAIL FROM:<alice@example.org> SIZE=99999999"),
        "RET=HDRS",
    ),
    // The right answer to a line without what it is about does not count either.
    (Line("MAIL FROM:<alice@example.org>"), "RET= was not in the"),
    (Line("RSET"), "250 2.0.0"),
    (
        Line("MAIL FROM:<alice@example.org> RET=HDRS"),
        "NOTIFY=SUCCESS",
    ),
    (Line("RCPT TO:<bob@example.org>"), "NOTIFY= was not in the"),
    (Line("RCPT TO:<bob@example.org> NOTIFY=SUCCESS"), "TOUR 8/8"),
    (Line("DATA"), "Type Subject"),
    (Message, "QUIT says goodbye"),
    (Line("QUIT"), "TOUR done"),
];

fn log_in(console: &mut Pty, password: &str) {
    console.key("C-o");
    console.wait_for("menu");
    console.type_text("a");
    console.wait_for("log in:");
    if console.screen().contains("User       alice") {
        console.key("C-u");
    } else {
        console.type_text("alice");
        console.key("Tab");
    }
    console.type_text(password);
    console.wait_for("AUTH ");
    console.key("Enter");
    console.wait_gone("log in:");
}

#[test]
fn from_hello_to_goodbye() {
    let home = Home::new();
    let mut console = home.ehlo_sized(80, 40, &["--tour"]);
    console.wait_for("TOUR 1/8");
    console.wait_for("next: EHLO");
    for (step, then) in STEPS {
        match step {
            Line(line) => console.enter(line),
            Login(password) => log_in(&mut console, password),
            Message => {
                console.enter("Subject: hello");
                console.enter("");
                console.type_text("a line of text");
                console.key("C-d");
                console.wait_for("send the message?");
                console.key("Enter");
            }
        }
        if console.screen().contains("login refused") || matches!(step, Login("rabbit")) {
            console.wait_for("login refused");
            console.key("Esc");
        }
        console.wait_for(then);
    }
}

#[test]
fn it_is_ended_and_begun_again_by_name() {
    let home = Home::new();
    let mut console = home.ehlo(&["--tour"]);
    console.wait_for("TOUR 1/8");
    console.wait_for("next: EHLO");
    console.enter("EHLO client.example");
    console.wait_for("Type NOOP");
    console.enter(":tour stop");
    console.wait_gone("TOUR 1/8");
    console.enter(":tour");
    console.wait_for("drop the session?");
    console.key("Enter");
    console.wait_for("The server spoke first");
}
