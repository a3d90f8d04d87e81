//! How the console behaves where things cross: an answer that comes too late, a draft whose server is
//! gone, a key that was meant for something else.

use std::time::Duration;

use crossterm::event::KeyCode;
use ehlo::net::{Attempt, ConnectError, Event, Failure, Step};
use ehlo::smtp::End;
use ehlo::tui::Look;

use crate::support::stage::Stage;

/// A console whose server waits for a message.
fn composing() -> Stage {
    let mut stage = Stage::greeted(Look::default());
    for line in [
        "EHLO me.example",
        "MAIL FROM:<a@b.example>",
        "RCPT TO:<c@d.example>",
    ] {
        stage.client(line);
        stage.server(b"250 ok\r\n");
    }
    stage.client("DATA");
    stage.server(b"354 go\r\n");
    stage
}

#[test]
fn an_answer_typed_for_an_exchange_stays_hidden_when_the_exchange_is_over() {
    for refusal in ["504 5.5.4 no", "535 5.7.8 no", "454 4.7.0 later"] {
        let mut stage = Stage::greeted(Look::default());
        stage.client("AUTH LOGIN");
        stage.server(b"334 VXNlcm5hbWU6\r\n");
        stage.type_text("hunter two");
        stage.hides("hunter");
        stage.server(format!("{refusal}\r\n").as_bytes());
        stage.hides("hunter");
        // It is a secret still: asked for, masked, and never remembered.
        stage.key(KeyCode::Enter);
        stage.shows("send the secret?");
        stage.key(KeyCode::Char('y'));
        stage.shows("[hidden: 10 octets]");
        stage.hides("hunter");
        assert_eq!(stage.remembered, ["AUTH LOGIN"], "{refusal}");
    }
}

#[test]
fn a_pasted_login_that_is_refused_shows_nothing() {
    for key in [KeyCode::Enter, KeyCode::Char('p'), KeyCode::Char('e')] {
        let mut stage = Stage::greeted(Look::default());
        stage.paste("AUTH LOGIN\naHVudGVy\ndHdv\n");
        stage.key(key);
        if key == KeyCode::Char('e') {
            stage.key(KeyCode::Enter);
        }
        stage.server(b"504 5.5.4 no\r\n");
        stage.key(KeyCode::Enter);
        for secret in ["aHVudGVy", "dHdv"] {
            stage.hides(secret);
            assert!(!stage.remembered.iter().any(|line| line.contains(secret)));
        }
    }
}

#[test]
fn base64_that_was_wrapped_is_joined_and_goes_as_one_line() {
    let (first, last) = ("QUJD".repeat(19), "REVGRw==");
    for begun in ["AUTH PLAIN ", ""] {
        let mut stage = Stage::greeted(Look::default());
        if begun.is_empty() {
            stage.client("AUTH LOGIN");
            stage.server(b"334 VXNlcm5hbWU6\r\n");
        } else {
            stage.type_text(begun);
        }
        stage.paste(&format!("{first}\n{last}\n"));
        stage.shows("2 lines of base64 joined");
        stage.hides("QUJD");
        let line = format!("{begun}{first}{last}");
        assert_eq!(stage.model.session.prompt.command.text(), line);
    }
}

#[test]
fn another_port_that_answers_tells_that_25_is_filtered() {
    let mut stage = Stage::new(Look::default());
    stage.type_text(":");
    stage.type_text("connect mx.example.test:25");
    stage.key(KeyCode::Enter);
    stage.wire(Event::Begun);
    let took = Duration::from_secs(30);
    stage.wire(Event::Failed(Failure::Connect(vec![Attempt {
        address: ([203, 0, 113, 25], 25).into(),
        error: ConnectError::TimedOut(took),
        took,
    }])));
    stage.shows("Try port 587 or 465. If they answer");
    // Try port 587.
    stage.key(KeyCode::Char('p'));
    stage.wire(Event::Begun);
    stage.step(Step::Connected {
        peer: ([203, 0, 113, 25], 587).into(),
        local: ([192, 0, 2, 7], 50_000).into(),
        took: Duration::from_millis(12),
    });
    stage.shows("port 587 answers where 25 did not: outbound 25 is filtered");
}

#[test]
fn who_is_sent_away_is_told_how_often_they_called() {
    let mut stage = Stage::greeted(Look::default());
    stage.server(b"421 4.7.0 come back later\r\n");
    stage.hides("connections to");
    stage.type_text(":");
    stage.type_text("connect mx.example.test:25");
    stage.key(KeyCode::Enter);
    stage.wire(Event::Begun);
    stage.server(b"421 4.7.0 too many connections\r\n");
    stage.type_text(":");
    stage.type_text("explain");
    stage.key(KeyCode::Enter);
    stage.shows("2 connections to mx.example.test from here in the");
}

#[test]
fn what_openssl_printed_is_explained_where_it_is_pasted() {
    let mut stage = Stage::greeted(Look::default());
    stage.paste("RCPT TO:<a@b.example>\nRENEGOTIATING\n");
    stage.shows("RENEGOTIATING: openssl s_client prints this");
}

#[test]
fn several_lines_pasted_behind_auth_are_hidden() {
    let mut stage = Stage::greeted(Look::default());
    stage.type_text("AUTH LOGIN ");
    stage.paste("aHVudGVy\ndHdv\n");
    stage.shows("2 lines were pasted.");
    stage.hides("aHVudGVy");
    stage.hides("dHdv");
}

#[test]
fn a_search_leaves_the_message_where_it_was() {
    let mut stage = composing();
    stage.client("Subject: x");
    stage.key(KeyCode::Esc);
    stage.type_text("/354");
    stage.key(KeyCode::Enter);
    stage.key(KeyCode::Esc);
    stage.type_text("more");
    stage.shows("| more");
    stage.shows("| Subject: x");
}

#[test]
fn a_draft_outlives_its_server() {
    let mut stage = composing();
    stage.client("Subject: precious");
    stage.server(b"421 4.4.2 timeout\r\n");
    let before = stage.wire_octets.len();
    // What is typed on is still the message, and no command.
    stage.client("Best regards");
    stage.client(".");
    stage.control('d');
    assert_eq!(stage.wire_octets.len(), before);
    stage.shows("| Subject: precious");
    stage.end(End::Closed);
    stage.shows("| Best regards");
    stage.shows("the server does not wait for");
    stage.key(KeyCode::Esc);
    stage.hides("| Best regards");
    assert!(!stage.left);
}

#[test]
fn cancelling_twice_does_what_was_announced() {
    // The reply came in between: what was announced is not true any more.
    let mut stage = Stage::greeted(Look::default());
    stage.client("EHLO me.example");
    stage.control('c');
    stage.shows("^C again drops the connection");
    stage.server(b"250 ok\r\n");
    stage.control('c');
    assert!(!stage.left && !stage.dropped);
    stage.shows("^C again quits");
    stage.control('c');
    assert!(stage.left);

    let mut stage = Stage::greeted(Look::default());
    stage.client("EHLO me.example");
    stage.control('c');
    stage.control('c');
    assert!(stage.dropped && !stage.left);

    let mut stage = Stage::greeted(Look::default());
    stage.control('c');
    stage.pass(Duration::from_secs(3));
    stage.control('c');
    assert!(!stage.left);

    // In the middle of a message it asks.
    let mut stage = composing();
    stage.control('c');
    stage.control('c');
    assert!(!stage.left);
}

#[test]
fn leaving_is_forgotten_when_quit_is_refused() {
    let mut stage = Stage::greeted(Look::default());
    stage.control('d');
    stage.key(KeyCode::Enter);
    stage.server(b"500 5.5.1 not now\r\n");
    stage.end(End::Closed);
    assert!(!stage.left);
}

#[test]
fn a_step_by_step_paste_loses_no_line() {
    let mut stage = Stage::greeted(Look::default());
    stage.type_text("NOOP");
    stage.paste("MAIL FROM:<a@b.example>\nRCPT TO:<c@d.example>\nDATA\nSubject: x\n\nbody\n.\n");
    stage.key(KeyCode::Char('e'));
    stage.shows("> NOOP");
    for reply in ["250 ok", "250 ok", "250 ok", "354 go"] {
        stage.key(KeyCode::Enter);
        stage.server(format!("{reply}\r\n").as_bytes());
    }
    for line in ["| Subject: x", "| body"] {
        stage.shows(line);
    }
    stage.control('d');
    stage.key(KeyCode::Enter);
    let octets = stage.sent();
    assert!(
        octets.ends_with("DATA\r\nSubject: x\r\n\r\nbody\r\n.\r\n"),
        "{octets}"
    );
}

#[test]
fn a_question_that_comes_by_itself_does_not_take_what_is_being_typed() {
    let mut stage = Stage::greeted(Look::default());
    stage.client("EHLO me.example");
    stage.type_text("RCPT TO:<bo");
    stage.server(&b"250-X-FLOOD\r\n".repeat(10_001));
    stage.type_text("d@x>");
    assert!(!stage.dropped);
    stage.shows("> RCPT TO:<bod@x>");
    // Once the hands rest, it may be answered.
    stage.pass(Duration::from_secs(2));
    stage.type_text("d");
    assert!(stage.dropped);
}

#[test]
fn an_answer_may_begin_with_a_slash() {
    let mut stage = Stage::greeted(Look::default());
    stage.client("AUTH LOGIN");
    stage.server(b"334 \r\n");
    stage.type_text("/w9u?:");
    stage.hides("w9u");
    stage.shows("AUTH> ******".replace('*', "\u{2022}").as_str());
}
