//! Leaving the program: what is kept of its sessions, and what becomes of those still open.

use std::net::TcpListener;
use std::time::Duration;

use crossterm::event::KeyCode;
use ehlo::net::Event;
use ehlo::smtp::{self, End, NotSentReason};
use ehlo::tui::{Look, Message, Origin, SessionMessage, State};

use crate::support::program::ehlo;
use crate::support::pty::{Home, Pty};
use crate::support::stage::{FIRST, Stage};

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
    console.wait_for("next: connect");
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

/// Two connected sessions, the second one shown.
fn two() -> Stage {
    let mut stage = Stage::greeted(Look::default());
    stage.press(":connect other.example.test:25\n");
    stage.model.session.connection.state = State::Up;
    stage.sent();
    stage
}

/// Leaves two connected sessions with QUIT. Returns the second one.
fn leave_two() -> (Stage, Origin) {
    let mut stage = two();
    let second = stage.model.session.origin();
    stage.control('d');
    stage.shows("2 sessions are still open: 1 mx.example.test:587, 2 other.example.test:25.");
    assert!(stage.lines.is_empty(), "nothing before the answer");
    stage.key(KeyCode::Enter);
    let mut lines = stage.lines.clone();
    lines.sort_unstable();
    let quit = |origin: Origin| (origin.session, "QUIT".to_owned());
    assert_eq!(lines, [quit(FIRST), quit(second)]);
    (stage, second)
}

fn in_session(stage: &mut Stage, origin: Origin, event: Event) {
    stage.message(Message::Session(origin, SessionMessage::Wire(event)));
}

#[test]
fn says_quit_in_each_open_session() {
    let (mut stage, second) = leave_two();
    stage.server(b"221 bye\r\n");
    stage.end(End::Closed);
    assert!(!stage.has_quit, "the other session has not ended yet");
    in_session(&mut stage, second, Event::Ended(End::Closed));
    assert!(stage.has_quit && !stage.disconnected());
}

#[test]
fn leaves_in_time_whatever_a_server_answers() {
    let no_answer: fn(&mut Stage, Origin) = |_, _| {};
    let other_ends = |stage: &mut Stage, second| {
        in_session(stage, second, Event::Ended(End::Closed));
    };
    let refused = |stage: &mut Stage, second| {
        stage.server(b"500 what?\r\n");
        in_session(stage, second, Event::Ended(End::Closed));
    };
    let not_sent = |stage: &mut Stage, second| {
        let line = smtp::CommandLine::parse("QUIT").unwrap();
        let reason = NotSentReason::Handshake;
        let event = smtp::Event::NotSent { line, reason };
        in_session(stage, second, Event::Session(event));
        stage.server(b"221 bye\r\n");
        stage.end(End::Closed);
    };
    for (at, happens) in [no_answer, other_ends, refused, not_sent]
        .iter()
        .enumerate()
    {
        let (mut stage, second) = leave_two();
        happens(&mut stage, second);
        stage.advance(Duration::from_millis(4900));
        assert!(!stage.has_quit, "{at}: a session is open");
        stage.advance(Duration::from_millis(100));
        assert!(stage.has_quit, "{at}");
    }
}

#[test]
fn a_server_that_does_not_answer_quit_is_dropped() {
    let mut stage = Stage::greeted(Look::default());
    stage.control('d');
    stage.key(KeyCode::Enter);
    stage.advance(Duration::from_secs(4));
    assert!(!stage.has_quit);
    stage.advance(Duration::from_secs(1));
    assert!(stage.has_quit);
}

#[test]
fn who_connects_again_stays() {
    let (mut stage, _) = leave_two();
    stage.menu("r");
    stage.key(KeyCode::Enter);
    stage.advance(Duration::from_secs(6));
    assert!(!stage.has_quit);
}

#[test]
fn quit_is_no_line_of_a_message() {
    let mut stage = two();
    stage.model.show(1);
    for line in ["EHLO me.example", "MAIL FROM:<>", "RCPT TO:<a@b.example>"] {
        stage.client(line);
        stage.server(b"250 ok\r\n");
    }
    stage.client("DATA");
    stage.server(b"354 go\r\n");
    stage.sent();
    stage.key(KeyCode::Esc);
    stage.press(":quit\n");
    stage.shows("More input is expected in 1, where QUIT would be part of it");
    stage.key(KeyCode::Enter);
    assert_eq!(stage.dropped, [FIRST.session]);
    assert_eq!(stage.sent(), "QUIT\r\n");
}

#[test]
fn leaves_two_sessions_with_quit() {
    let home = Home::new();
    let mut console = home.ehlo(&["--practice"]);
    console.wait_for("next: EHLO");
    console.enter(":practice");
    console.wait_for_all(&["1 [2]", "220 localhost"]);
    console.key("C-d");
    console.wait_for("2 sessions are still open");
    console.key("Enter");
    assert_eq!(console.wait_exit(), 0);
    let screen = console.screen();
    let ids = screen.lines().filter_map(|line| line.split("show ").nth(1));
    let ids: Vec<&str> = ids.collect();
    assert_eq!(ids.len(), 2, "{screen}");
    for id in ids {
        let shown = ehlo(&home, &["show", id.trim()], b"");
        let text = String::from_utf8(shown.stdout).unwrap();
        assert!(text.contains("-> QUIT") && text.contains("221"), "{text}");
    }
}
