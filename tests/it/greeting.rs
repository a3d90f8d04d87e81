//! A server that does not greet: what is said, and what the keys do.

use std::time::Duration;

use crossterm::event::KeyCode;
use ehlo::config::TlsChoice;
use ehlo::net::Security;
use ehlo::smtp::End;
use ehlo::tui::Look;

use crate::support::stage::Stage;

const LATE: &str = "No greeting from mx.example.test:587 yet";
const CLOSED: &str = "No greeting from mx.example.test:587 ";
const TLS: &str = "with TLS from the first octet";
const CAUSES: [&str; 3] = ["TLS from the first octet", "PROXY protocol", "to pass"];
const TLS_CAUSES: [&str; 2] = ["delays its greeting", "another protocol"];

/// The ends that need an explanation.
const ENDS: [End; 3] = [End::Closed, End::Reset, End::Truncated];

/// Connected, with TLS from the first octet.
fn connected_with_tls() -> Stage {
    let mut stage = Stage::connected(Look::default());
    let destination = stage.model.session.connection.destination.as_mut();
    destination.unwrap().plan.security = Security::Implicit;
    stage
}

/// Connected to the practice server.
fn practising() -> Stage {
    let mut stage = Stage::connected(Look::default());
    let destination = stage.model.session.connection.destination.as_mut();
    destination.unwrap().practice = true;
    stage
}

/// The server stays silent for six seconds.
fn silent() -> Stage {
    let mut stage = Stage::connected(Look::default());
    stage.advance(Duration::from_secs(6));
    stage.shows(LATE);
    stage
}

#[test]
fn silence_is_explained_after_five_seconds() {
    let mut stage = Stage::connected(Look::default());
    stage.advance(Duration::from_millis(4900));
    stage.hides("No greeting");
    stage.advance(Duration::from_millis(200));
    let screen = stage.screen(80, 24);
    for words in CAUSES.iter().chain(&[LATE, TLS, "keep waiting"]) {
        assert!(screen.contains(words), "{words}: {screen}");
    }
    // What is typed goes to the prompt, and the question is asked once.
    stage.type_text("EHLO tw");
    stage.shows("> EHLO tw");
    stage.control('w');
    stage.advance(Duration::from_secs(9));
    stage.hides("No greeting");
}

#[test]
fn silence_in_tls_has_other_causes() {
    let mut stage = connected_with_tls();
    stage.advance(Duration::from_secs(6));
    stage.shows(LATE);
    for cause in TLS_CAUSES {
        stage.shows(cause);
    }
    stage.hides(TLS);
    stage.hides("require implicit TLS");
}

#[test]
fn a_greeting_that_has_begun_is_not_late() {
    for greeting in ["220 mx.example.test ESMTP\r\n", "220 mx", "220-mx\r\n"] {
        let mut stage = silent();
        stage.server(greeting.as_bytes());
        stage.hides("No greeting");
        let mut stage = Stage::connected(Look::default());
        stage.server(greeting.as_bytes());
        stage.advance(Duration::from_secs(6));
        stage.hides("No greeting");
    }
}

#[test]
fn each_key_connects_in_another_way() {
    let mut stage = silent();
    stage.control('t');
    let destination = stage.model.session.connection.destination.as_ref().unwrap();
    assert_eq!(destination.tls, TlsChoice::Implicit);
    assert_eq!(destination.target.port, 587);

    let mut stage = silent();
    stage.control('p');
    let destination = stage.model.session.connection.destination.as_ref().unwrap();
    assert_eq!(destination.target.to_string(), "mx.example.test:465");

    let mut stage = silent();
    stage.control('e');
    stage.hides(LATE);
    stage.shows(" Connect ");
}

#[test]
fn a_connection_closed_before_the_greeting_is_explained() {
    for end in ENDS {
        let mut stage = Stage::connected(Look::default());
        stage.end(end.clone());
        let screen = stage.screen(80, 24);
        for words in CAUSES.iter().chain(&[CLOSED, TLS, "try again"]) {
            assert!(screen.contains(words), "{end:?}: {words}: {screen}");
        }
        let mut stage = connected_with_tls();
        stage.end(end);
        stage.shows(CLOSED);
        stage.hides(TLS);
    }
    // What came of the greeting is on the screen.
    for end in ENDS {
        let mut stage = Stage::connected(Look::default());
        stage.server(b"220 mx");
        stage.end(end);
        stage.hides("No greeting");
    }
}

#[test]
fn a_connection_that_was_greeted_or_left_is_not_asked_about() {
    let mut stage = Stage::greeted(Look::default());
    stage.end(End::Closed);
    stage.hides("No greeting");
    let mut stage = Stage::connected(Look::default());
    stage.end(End::ByUs);
    stage.hides("No greeting");
    // Something that is not SMTP was sent: it is on the screen.
    let mut stage = Stage::connected(Look::default());
    stage.server(b"SSH-2.0-OpenSSH_9.2\r\n");
    stage.end(End::Closed);
    stage.hides("No greeting");
}

#[test]
fn the_practice_server_is_not_asked_about() {
    let mut stage = practising();
    stage.advance(Duration::from_secs(6));
    stage.hides("No greeting");
    stage.end(End::Closed);
    stage.hides("No greeting");
}

#[test]
fn who_leaves_is_not_asked() {
    let mut stage = Stage::connected(Look::default());
    stage.advance(Duration::from_secs(3));
    stage.control('d');
    stage.key(KeyCode::Enter);
    stage.advance(Duration::from_secs(3));
    assert!(!stage.has_quit);
    stage.hides("No greeting");
}

#[test]
fn a_small_screen_says_where_the_causes_are() {
    let mut stage = silent();
    let screen = stage.screen(40, 12);
    assert!(screen.contains("sent nothing"), "{screen}");
    assert!(screen.contains("keep waiting"), "{screen}");
    assert!(screen.contains("more ↓"), "{screen}");
    let mut seen = screen;
    for _ in 0..6 {
        stage.key(KeyCode::PageDown);
        seen.push_str(&stage.screen(40, 12));
    }
    for cause in ["PROXY", "tarpit", "no server to"] {
        assert!(seen.contains(cause), "{cause}: {seen}");
    }
}
