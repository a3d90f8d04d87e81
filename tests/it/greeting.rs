//! A server that does not greet: what is said, and what the keys do.

use std::time::Duration;

use crossterm::event::KeyCode;
use ehlo::smtp::End;
use ehlo::tui::Look;
use ehlo::tui::Message;

use crate::support::stage::Stage;

const CAUSES: [&str; 3] = ["TLS from the first octet", "PROXY protocol", "to pass"];

fn wait(stage: &mut Stage, time: Duration) {
    stage.advance(time);
    stage.message(Message::Tick);
}

#[test]
fn silence_is_explained_after_five_seconds() {
    let mut stage = Stage::connected(Look::default());
    wait(&mut stage, Duration::from_millis(4900));
    assert!(!stage.screen(80, 24).contains("keep waiting"));
    wait(&mut stage, Duration::from_millis(200));
    let screen = stage.screen(80, 24);
    for cause in CAUSES {
        assert!(screen.contains(cause), "{cause}: {screen}");
    }
    // What is typed goes to the prompt, and the question is asked once.
    stage.type_text("EHLO tw");
    assert!(stage.screen(80, 24).contains("> EHLO tw"));
    stage.control('w');
    wait(&mut stage, Duration::from_secs(9));
    let screen = stage.screen(80, 24);
    assert!(!screen.contains("keep waiting"), "{screen}");
}

#[test]
fn a_late_greeting_closes_the_question() {
    let mut stage = Stage::connected(Look::default());
    wait(&mut stage, Duration::from_secs(6));
    assert!(stage.screen(80, 24).contains("keep waiting"));
    stage.server(b"220 mx.example.test ESMTP\r\n");
    let screen = stage.screen(80, 24);
    assert!(
        !screen.contains("keep waiting") && screen.contains("next: EHLO"),
        "{screen}"
    );
}

#[test]
fn a_connection_closed_before_the_greeting_is_explained() {
    for end in [End::Closed, End::Reset, End::Truncated] {
        let mut stage = Stage::connected(Look::default());
        stage.end(end.clone());
        let screen = stage.screen(80, 24);
        for cause in CAUSES {
            assert!(screen.contains(cause), "{end:?}: {cause}: {screen}");
        }
        assert!(
            screen.contains("^T  with TLS from the first octet"),
            "{screen}"
        );
    }
}

#[test]
fn a_connection_that_was_greeted_or_left_is_not_asked_about() {
    let mut stage = Stage::greeted(Look::default());
    stage.end(End::Closed);
    assert!(!stage.screen(80, 24).contains("No greeting"));
    let mut stage = Stage::connected(Look::default());
    stage.end(End::ByUs);
    assert!(!stage.screen(80, 24).contains("No greeting"));
    // Something that is not SMTP was sent: it is on the screen.
    let mut stage = Stage::connected(Look::default());
    stage.server(b"SSH-2.0-OpenSSH_9.2\r\n");
    stage.end(End::Closed);
    assert!(!stage.screen(80, 24).contains("No greeting"));
}

#[test]
fn a_small_screen_says_where_the_causes_are() {
    let mut stage = Stage::connected(Look::default());
    wait(&mut stage, Duration::from_secs(6));
    let screen = stage.screen(40, 12);
    assert!(screen.contains("PgDn for more"), "{screen}");
    let mut seen = screen;
    for _ in 0..6 {
        stage.key(KeyCode::PageDown);
        seen.push_str(&stage.screen(40, 12));
    }
    for cause in ["PROXY", "tarpit", "no server to"] {
        assert!(seen.contains(cause), "{cause}: {seen}");
    }
}
