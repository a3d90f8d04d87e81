//! Pasted lines: when the next one goes, what stops them, and how the rest is kept.

use crossterm::event::KeyCode;
use ehlo::net;
use ehlo::net::Verdict;
use ehlo::smtp::{self, CommandLine, End, Exposure, NotSentReason};
use ehlo::tui::Look;

use crate::support::stage::Stage;

const OK: &[u8] = b"250 ok\r\n";

/// Pastes lines and sends them one by one.
fn one_by_one(stage: &mut Stage, lines: &str) {
    stage.paste(lines);
    stage.key(KeyCode::Enter);
}

/// Pastes lines and sends them at once.
fn at_once(stage: &mut Stage, lines: &str) {
    stage.paste(lines);
    stage.type_text("p");
}

/// Four lines of which the second is refused.
fn refused(lines: &str) -> Stage {
    let mut stage = Stage::greeted(Look::default());
    one_by_one(&mut stage, lines);
    stage.server(OK);
    stage.server(b"550 no\r\n");
    stage.sent();
    stage
}

#[test]
fn the_rest_after_a_refusal_is_kept_and_continued() {
    let mut stage = refused("NOOP 1\nNOOP 2\nNOOP 3\nNOOP 4");
    stage.shows("stopped at this reply: 2 pasted lines are kept");
    // It does not go out by itself.
    stage.client("RSET");
    stage.server(OK);
    assert_eq!(stage.sent(), "RSET\r\n");
    stage.menu("j");
    assert_eq!(stage.sent(), "NOOP 3\r\n");
    stage.server(OK);
    assert_eq!(stage.sent(), "NOOP 4\r\n");
    stage.server(OK);
    stage.menu("j");
    stage.shows("no pasted lines are kept");
}

#[test]
fn what_is_kept_can_be_shown_edited_and_dropped() {
    let mut stage = refused("NOOP\nAUTH LOGIN\nYWxpY2U=\nd29uZGVybGFuZA==\nRSET");
    stage.press(":rest\n");
    stage.shows("3 pasted lines, not sent");
    stage.shows("[hidden]");
    stage.shows("RSET");
    stage.hides("YWxpY2U=");
    stage.key(KeyCode::Esc);
    stage.press(":rest edit\n");
    stage.shows("> ••••••••");
    stage.hides("YWxpY2U=");
    stage.shows("2 more pasted lines wait");
    // The first ^C clears the line, the second one drops the others.
    stage.control('c');
    stage.control('c');
    stage.shows("2 pasted lines dropped, not sent");
    assert_eq!(stage.sent(), "");
    stage.press(":rest\n");
    stage.shows("no pasted lines are kept");
}

#[test]
fn a_running_paste_stops_before_it_is_dropped() {
    let mut stage = Stage::greeted(Look::default());
    one_by_one(&mut stage, "NOOP 1\nNOOP 2\nNOOP 3");
    stage.control('c');
    stage.shows("stopped: 2 pasted lines are kept");
    stage.control('c');
    stage.shows("2 pasted lines dropped, not sent");
    stage.server(OK);
    assert_eq!(stage.sent(), "NOOP 1\r\n");
}

#[test]
fn another_connection_keeps_the_rest_but_does_not_send_it() {
    let mut stage = Stage::greeted(Look::default());
    one_by_one(&mut stage, "NOOP 1\nNOOP 2\nNOOP 3");
    stage.end(End::Closed);
    stage.shows("the connection ended: 2 pasted lines are kept");
    stage.menu("r");
    stage.sent();
    stage.reconnected();
    stage.server(b"220 again\r\n");
    stage.client("EHLO me.example");
    stage.server(OK);
    assert_eq!(stage.sent(), "EHLO me.example\r\n");
    stage.menu("j");
    assert_eq!(stage.sent(), "NOOP 2\r\n");
}

#[test]
fn a_paste_goes_on_after_starttls() {
    let mut stage = Stage::greeted(Look::default());
    one_by_one(&mut stage, "EHLO a\nSTARTTLS\nEHLO b\nMAIL FROM:<>");
    stage.server(b"250-mx.example.test\r\n250 STARTTLS\r\n");
    assert_eq!(stage.sent(), "EHLO a\r\nSTARTTLS\r\n");
    stage.server(b"220 go\r\n");
    assert_eq!(stage.sent(), "", "the handshake is under way");
    stage.tls(Verdict::default());
    assert_eq!(stage.sent(), "EHLO b\r\n");
    stage.server(OK);
    assert_eq!(stage.sent(), "MAIL FROM:<>\r\n");
}

#[test]
fn a_line_that_came_back_from_the_handshake_is_sent_after_it() {
    let mut stage = Stage::greeted(Look::default());
    // The server sends 220 while the lines after STARTTLS are on their way: see `Session`.
    at_once(&mut stage, "STARTTLS\nAUTH PLAIN AGEAYg==\nEHLO b");
    stage.shows("Send the secret?");
    stage.server(b"220 go\r\n");
    stage.control('y');
    assert_eq!(stage.sent(), "STARTTLS\r\n");
    stage.tls(Verdict::default());
    assert_eq!(stage.sent(), "AUTH PLAIN AGEAYg==\r\nEHLO b\r\n");
}

#[test]
fn a_paste_waits_for_the_replies_to_typed_lines() {
    let mut stage = Stage::greeted(Look::default());
    one_by_one(&mut stage, "NOOP 1\nNOOP 2\nNOOP 3");
    stage.client("HELP");
    assert_eq!(stage.sent(), "NOOP 1\r\nHELP\r\n");
    stage.server(OK);
    assert_eq!(stage.sent(), "", "HELP has no reply yet");
    stage.server(b"214 help\r\n");
    assert_eq!(stage.sent(), "NOOP 2\r\n");
    // A message that the user writes meanwhile gets no pasted lines.
    stage.client("DATA");
    stage.server(OK);
    stage.server(b"354 go\r\n");
    assert_eq!(stage.sent(), "DATA\r\n");
    stage.type_text("text\n.\n");
    stage.press("text\n.\n");
    stage.key(KeyCode::Enter);
    assert!(stage.sent().ends_with(".\r\n"));
    stage.server(OK);
    assert_eq!(stage.sent(), "NOOP 3\r\n");
}

#[test]
fn nothing_follows_the_quit_of_leaving() {
    let mut stage = Stage::greeted(Look::default());
    one_by_one(&mut stage, "NOOP 1\nNOOP 2");
    stage.menu("q");
    stage.key(KeyCode::Enter);
    stage.server(OK);
    assert_eq!(stage.sent(), "NOOP 1\r\nQUIT\r\n");
}

#[test]
fn a_withheld_line_is_the_first_of_the_rest() {
    for end in [false, true] {
        let mut stage = Stage::greeted(Look::default());
        at_once(&mut stage, "NOOP 1\nAUTH PLAIN AGEAYg==\nNOOP 2");
        stage.shows("Send the secret?");
        if end {
            stage.end(End::Closed);
            stage.control('y');
        } else {
            stage.key(KeyCode::Esc);
        }
        stage.hides("Send the secret?");
        assert_eq!(stage.sent(), "NOOP 1\r\n");
        stage.shows("2 pasted lines are kept");
        stage.press(":rest\n");
        stage.shows("2 pasted lines, not sent");
        stage.shows("AUTH PLAIN [hidden]");
        stage.shows("NOOP 2");
    }
}

#[test]
fn a_surprise_keeps_the_lines_that_come_back() {
    let mut stage = Stage::greeted(Look::default());
    at_once(&mut stage, "NOOP 1\nAUTH PLAIN AGEAYg==\nNOOP 2\nNOOP 3");
    stage.server(b"250 ok\r\n250 unasked\r\n");
    stage.shows("stopped at this reply: 2 pasted lines are kept");
    let line = CommandLine::parse("AUTH PLAIN AGEAYg==").unwrap();
    let reason = NotSentReason::UnexpectedReply;
    stage.wire(net::Event::Session(smtp::Event::NotSent { line, reason }));
    stage.shows("stopped: the server sent something unexpected: 3 pasted lines are kept");
    assert_eq!(stage.sent(), "NOOP 1\r\n");
}

#[test]
fn nothing_is_sent_by_hand_during_a_replay() {
    let mut stage = Stage::greeted(Look::default());
    for line in ["EHLO me.example", "NOOP"] {
        stage.client(line);
        stage.server(OK);
    }
    stage.press("\u{1b}R\n");
    stage.reconnected();
    stage.server(b"220 again\r\n");
    stage.sent();
    one_by_one(&mut stage, "RSET\nRSET");
    stage.shows("a replay is running, ^C stops it: 2 pasted lines are kept");
    assert_eq!(stage.sent(), "");
    stage.server(OK);
    assert_eq!(stage.sent(), "NOOP\r\n", "the replay goes on");
}

/// A line that comes back from a connection that was left must not raise a question: the answer
/// would count for the new one.
#[test]
fn a_late_return_raises_no_question() {
    let mut stage = Stage::greeted(Look::default());
    // Reconnecting asks; another server opens beside this one.
    stage.menu("r");
    stage.key(KeyCode::Enter);
    let line = CommandLine::parse("AUTH PLAIN AGEAYg==").unwrap();
    let reason = NotSentReason::Exposed(Exposure::Clear);
    stage.wire(net::Event::Session(smtp::Event::NotSent { line, reason }));
    stage.hides("Send the secret?");
    stage.hides("AGEAYg==");
    stage.shows("> AUTH PLAIN ••••••••");
}
