//! Pasted logs: the question, and the session that opens.

use crossterm::event::KeyCode;
use ehlo::tui::{Look, Side};

use crate::support::stage::Stage;

/// The output of swaks for a refused login.
const LOG: &str = include_str!("../logs/swaks-refused.log");
/// The password in it, as it was sent.
const PASSWORD: [&str; 2] = ["wrong-1", "AGFsaWNlAHdyb25nLTE="];
const QUESTION: &str = "This is a log: open it?";

/// The connect form, with a log pasted into it.
fn in_the_form(look: Look) -> Stage {
    let mut stage = Stage::new(look);
    stage.key(KeyCode::Enter);
    stage.paste(LOG);
    stage
}

/// The states of this module for the screen snapshots.
pub fn states(look: Look) -> Vec<(&'static str, Stage)> {
    let mut at_the_prompt = Stage::greeted(look);
    at_the_prompt.paste(LOG);
    vec![
        ("pasted-log", at_the_prompt),
        ("pasted-log-in-the-form", in_the_form(look)),
    ]
}

#[track_caller]
fn shows_no_password(stage: &mut Stage) {
    for form in PASSWORD {
        stage.hides(form);
    }
    assert_eq!(stage.history, Vec::<String>::new());
    assert_eq!(stage.wire_octets, b"");
}

#[test]
fn a_pasted_log_opens_as_a_saved_session() {
    for look in [Stage::new, Stage::connected, Stage::greeted] {
        let mut stage = look(Look::default());
        stage.paste(LOG);
        stage.shows(QUESTION);
        shows_no_password(&mut stage);
        stage.type_text("y");
        stage.shows("SAVED SESSION");
        stage.shows("the pasted log");
        stage.shows("THIS REPLY  535");
        shows_no_password(&mut stage);
        assert_eq!(stage.model.live().prompt.command.text(), "");
    }
}

#[test]
fn a_log_may_be_pasted_into_the_connect_form() {
    let mut stage = in_the_form(Look::default());
    stage.shows(QUESTION);
    shows_no_password(&mut stage);
    stage.key(KeyCode::Esc);
    stage.shows("Host");
    stage.hides("Trying");
    stage.paste(LOG);
    stage.type_text("y");
    stage.shows("THIS REPLY  535");
    shows_no_password(&mut stage);
    // The form is still there, once.
    stage.type_text("q");
    stage.shows("Host");
    stage.key(KeyCode::Esc);
    stage.hides("Host");
}

#[test]
fn a_log_may_be_pasted_as_text() {
    let mut stage = Stage::greeted(Look::default());
    stage.paste(LOG);
    stage.type_text("n");
    // No line of it that a script does not have reaches a server.
    stage.shows("of the paste:");
    assert_eq!(stage.wire_octets, b"");
    let mut stage = in_the_form(Look::default());
    stage.type_text("n");
    stage.shows("=== Trying");
    assert_eq!(stage.wire_octets, b"");
}

#[test]
fn a_terminal_pastes_carriage_returns() {
    let mut stage = Stage::greeted(Look::default());
    stage.paste(&LOG.replace('\n', "\r"));
    stage.shows(QUESTION);
    stage.type_text("y");
    stage.shows("THIS REPLY  535");
}

#[test]
fn a_log_may_be_longer_than_a_paste_of_commands() {
    let mut stage = Stage::greeted(Look::default());
    stage.paste(&LOG.repeat(50));
    stage.shows("The 1900 pasted lines are a log of swaks.");
    stage.type_text("y");
    stage.shows("SAVED SESSION");
}

#[test]
fn commands_and_messages_are_pasted_as_before() {
    let mut stage = Stage::greeted(Look::default());
    stage.paste("EHLO a\nMAIL FROM:<a@b.example>\nQUIT\n");
    stage.hides(QUESTION);
    stage.shows("lines were pasted. Nothing is sent yet.");
    stage.key(KeyCode::Esc);
    // The message that is being written may quote a log.
    for (line, reply) in [
        ("EHLO a", "250 a\r\n"),
        ("MAIL FROM:<a@b.example>", "250 ok\r\n"),
        ("RCPT TO:<b@b.example>", "250 ok\r\n"),
        ("DATA", "354 go on\r\n"),
    ] {
        stage.client(line);
        stage.server(reply.as_bytes());
    }
    stage.paste(LOG);
    stage.hides(QUESTION);
    stage.shows("=== TLS started");
}

#[test]
fn a_pasted_log_can_be_compared() {
    let mut stage = Stage::greeted(Look::default());
    stage.paste(LOG);
    stage.type_text("y");
    stage.press(":diff 1\n");
    let sides = stage.compared.take().unwrap();
    let Side::Shown { source, .. } = &sides[0] else {
        panic!("{sides:?}");
    };
    assert_eq!(source.name(), "swaks");
}
