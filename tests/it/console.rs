//! How the console handles events that overlap: a late reply, a draft without a connection, a key
//! that was meant for something else.

use std::time::Duration;

use crossterm::event::KeyCode;
use ehlo::net::{ConnectAttempt, ConnectError, ConnectStep, Event, Failure};
use ehlo::smtp::End;
use ehlo::tui::Look;

use crate::support::stage::Stage;

/// A console after DATA and 354.
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
fn a_half_typed_secret_stays_hidden_after_the_exchange() {
    for refusal in ["504 5.5.4 no", "535 5.7.8 no", "454 4.7.0 later"] {
        let mut stage = Stage::greeted(Look::default());
        stage.client("AUTH LOGIN");
        stage.server(b"334 VXNlcm5hbWU6\r\n");
        stage.type_text("hunter two");
        stage.hides("hunter");
        stage.server(format!("{refusal}\r\n").as_bytes());
        stage.hides("hunter");
        // The line is still a secret: it needs consent, is masked and not in the history.
        stage.key(KeyCode::Enter);
        stage.shows("Send the secret?");
        stage.control('y');
        stage.shows("[hidden: 10 octets]");
        stage.hides("hunter");
        assert_eq!(stage.history, ["AUTH LOGIN"], "{refusal}");
    }
}

#[test]
fn a_refused_pasted_login_shows_no_secret() {
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
            assert!(!stage.history.iter().any(|line| line.contains(secret)));
        }
    }
}

#[test]
fn joins_wrapped_base64_into_one_line() {
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
fn says_that_25_is_probably_blocked_if_another_port_answers() {
    let mut stage = Stage::new(Look::default());
    stage.type_text(":");
    stage.type_text("connect mx.example.test:25");
    stage.key(KeyCode::Enter);
    stage.wire(Event::Started);
    let took = Duration::from_secs(30);
    stage.wire(Event::Failed(Failure::Connect(vec![ConnectAttempt {
        address: ([203, 0, 113, 25], 25).into(),
        error: ConnectError::TimedOut(took),
        took,
    }])));
    stage.shows("Try port 587 or 465. If they respond");
    // Try port 587.
    stage.control('p');
    stage.wire(Event::Started);
    stage.step(ConnectStep::Connected {
        peer: ([203, 0, 113, 25], 587).into(),
        local: ([192, 0, 2, 7], 50_000).into(),
        took: Duration::from_millis(12),
    });
    stage.shows("port 587 answers, but 25 did not: outbound 25 is probably blocked");
}

#[test]
fn counts_the_connections_after_a_421() {
    let mut stage = Stage::greeted(Look::default());
    stage.server(b"421 4.7.0 come back later\r\n");
    stage.hides("connections to");
    stage.type_text(":");
    stage.type_text("connect mx.example.test:25");
    stage.key(KeyCode::Enter);
    stage.wire(Event::Started);
    stage.server(b"421 4.7.0 too many connections\r\n");
    stage.type_text(":");
    stage.type_text("explain");
    stage.key(KeyCode::Enter);
    stage.shows("2 connections to mx.example.test from here in the");
}

#[test]
fn explains_pasted_output_of_openssl() {
    let mut stage = Stage::greeted(Look::default());
    stage.paste("RCPT TO:<a@b.example>\nRENEGOTIATING\n");
    stage.shows("RENEGOTIATING: openssl s_client prints this");
}

#[test]
fn hides_several_lines_pasted_after_auth() {
    let mut stage = Stage::greeted(Look::default());
    stage.type_text("AUTH LOGIN ");
    stage.paste("aHVudGVy\ndHdv\n");
    stage.shows("2 lines were pasted.");
    stage.hides("aHVudGVy");
    stage.hides("dHdv");
}

#[test]
fn a_search_keeps_the_message() {
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
fn a_draft_survives_its_connection() {
    let mut stage = composing();
    stage.client("Subject: precious");
    stage.server(b"421 4.4.2 timeout\r\n");
    let before = stage.wire_octets.len();
    // Typed text still belongs to the message and is not a command.
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
    assert!(!stage.has_quit);
}

#[test]
fn a_second_ctrl_c_does_what_the_first_announced() {
    // The reply arrived meanwhile: Ctrl-C must not do what it announced before.
    let mut stage = Stage::greeted(Look::default());
    stage.client("EHLO me.example");
    stage.control('c');
    stage.shows("^C again drops the connection");
    stage.server(b"250 ok\r\n");
    stage.control('c');
    assert!(!stage.has_quit && !stage.disconnected());
    stage.shows("^C again quits");
    stage.control('c');
    assert!(stage.has_quit);

    let mut stage = Stage::greeted(Look::default());
    stage.client("EHLO me.example");
    stage.control('c');
    stage.control('c');
    assert!(stage.disconnected() && !stage.has_quit);

    let mut stage = Stage::greeted(Look::default());
    stage.control('c');
    stage.advance(Duration::from_secs(3));
    stage.control('c');
    assert!(!stage.has_quit);

    // Within a message Ctrl-C asks.
    let mut stage = composing();
    stage.control('c');
    stage.control('c');
    assert!(!stage.has_quit);
}

#[test]
fn a_paste_step_by_step_loses_no_line() {
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
fn a_question_that_opens_by_itself_does_not_take_typed_keys() {
    let mut stage = Stage::greeted(Look::default());
    stage.client("EHLO me.example");
    stage.type_text("RCPT TO:<bo");
    stage.server(&b"250-X-FLOOD\r\n".repeat(10_001));
    stage.type_text("d@x>");
    assert!(!stage.disconnected());
    stage.shows("> RCPT TO:<bod@x>");
    // After a pause, too.
    for pause in [100, 1_200, 3_000] {
        stage.advance(Duration::from_millis(pause));
        stage.type_text("k");
    }
    stage.key(KeyCode::Backspace);
    stage.shows("> RCPT TO:<bod@x>kk");
    assert!(!stage.disconnected());
    stage.control('k');
    assert!(stage.disconnected());
}

#[test]
fn a_response_may_begin_with_a_slash() {
    let mut stage = Stage::greeted(Look::default());
    stage.client("AUTH LOGIN");
    stage.server(b"334 \r\n");
    stage.type_text("/w9u?:");
    stage.hides("w9u");
    stage.shows("AUTH> ******".replace('*', "\u{2022}").as_str());
}

/// A reply that is late is counted in the header, and nothing is counted when nothing is awaited.
#[test]
fn the_header_says_how_long_a_reply_is_awaited() {
    let mut stage = Stage::greeted(Look::default());
    stage.client("NOOP");
    stage.advance(Duration::from_millis(1900));
    stage.hides("waiting 1 s");
    stage.advance(Duration::from_millis(1200));
    let header = |stage: &mut Stage, columns| {
        let screen = stage.screen(columns, 24);
        screen.lines().next().unwrap().to_owned()
    };
    assert!(header(&mut stage, 80).contains("220  waiting 3 s"));
    assert!(
        header(&mut stage, 40).contains("220  3 s"),
        "{}",
        header(&mut stage, 40)
    );
    let second = Some(Duration::from_secs(1));
    assert_eq!(ehlo::tui::next_tick(&stage.model), second);
    stage.server(b"250 ok\r\n");
    assert!(!header(&mut stage, 80).contains("waiting"));
    let next = ehlo::tui::next_tick(&stage.model);
    assert!(next > Some(Duration::from_secs(60)), "{next:?}");
}

#[test]
fn the_header_names_the_user() {
    let mut stage = Stage::greeted(Look::default());
    stage.client("EHLO vm.example.net");
    stage.server(b"250-mx.example.test\r\n250 AUTH PLAIN\r\n");
    stage.client("AUTH PLAIN AGFsaWNlAHdvbmRlcmxhbmQ=");
    stage.control('y');
    stage.hides("logged in");
    stage.server(b"235 2.7.0 welcome\r\n");
    stage.shows("no TLS  logged in as alice  EHLO ok");
}
