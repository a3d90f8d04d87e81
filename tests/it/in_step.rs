//! What the screen says where the session could get out of step: an unfinished greeting, lines ahead of
//! their replies, the octets of a chunk.

use std::time::Duration;

use crossterm::event::KeyCode;
use ehlo::tui::Look;

use crate::support::stage::Stage;

const OK: &[u8] = b"250 ok\r\n";
const CHUNKING: &[u8] = b"250-mx.example.test\r\n250 CHUNKING\r\n";

/// A session that has sent BDAT with this size, and nothing else of the chunk.
fn in_chunk(bdat: &str) -> Stage {
    let mut stage = Stage::greeted(Look::default());
    for (line, reply) in [
        ("EHLO vm.example.net", CHUNKING),
        ("MAIL FROM:<a@b.example>", OK),
        ("RCPT TO:<c@d.example>", OK),
    ] {
        stage.client(line);
        stage.server(reply);
    }
    stage.client(bdat);
    stage.sent();
    stage
}

#[test]
fn the_header_counts_only_while_the_server_is_due() {
    let mut stage = in_chunk("BDAT 12 LAST");
    stage.advance(Duration::from_secs(9));
    stage.hides("waiting 9 s");
    stage.client("hello world!");
    stage.advance(Duration::from_secs(9));
    stage.shows("waiting 9 s");
    let mut stage = Stage::greeted(Look::default());
    stage.client("EHLO vm.example.net");
    stage.advance(Duration::from_secs(9));
    stage.shows("waiting 9 s");
    stage.server(&b"250-X-FLOOD\r\n".repeat(10_001));
    stage.shows("The reply does not end");
    stage.hides("waiting 9 s");
}

#[test]
fn enter_asks_before_the_greeting_is_finished() {
    let mut stage = Stage::connected(Look::default());
    stage.server(b"220-mx.example.test\r\n");
    stage.shows("waiting for the rest of the greeting");
    stage.shows("The greeting is not finished: more lines follow.");
    stage.type_text("EHLO vm.example.net");
    stage.shows("!! the greeting is not finished: wait for its last line");
    stage.key(KeyCode::Enter);
    stage.shows("Send before the greeting is finished?");
    stage.key(KeyCode::Esc);
    assert_eq!(stage.sent(), "");
    stage.shows("> EHLO vm.example.net");
    stage.key(KeyCode::Enter);
    stage.type_text("y");
    assert_eq!(stage.sent(), "EHLO vm.example.net\r\n");
    stage.server(b"250 mx.example.test\r\n");
    stage.shows("the greeting has no last line");
    stage.shows("EHLO ok");
    // The unfinished greeting can be explained like any other reply.
    stage.key(KeyCode::Esc);
    stage.press("g");
    for _ in 0..2 {
        stage.key(KeyCode::Down);
    }
    stage.key(KeyCode::Enter);
    stage.shows("220");
}

#[test]
fn a_finished_greeting_asks_nothing() {
    let mut stage = Stage::connected(Look::default());
    stage.server(b"220-mx.example.test\r\n220 mx.example.test ESMTP\r\n");
    stage.client("EHLO vm.example.net");
    assert_eq!(stage.sent(), "EHLO vm.example.net\r\n");
}

#[test]
fn the_prompt_counts_the_octets_of_a_chunk_down() {
    let mut stage = in_chunk("BDAT 12 LAST");
    stage.shows("BDAT 12>");
    stage.shows("next: 12 octets of the chunk");
    stage.type_text("hello");
    stage.shows("BDAT 7> hello");
    stage.shows("Enter sends 7 octets, CR LF included; 5 due then.");
    stage.key(KeyCode::Enter);
    assert_eq!(stage.sent(), "hello\r\n");
    stage.type_text("world, and more");
    stage.shows("!! Enter sends 5 octets: the chunk is complete. 10 beyond it stay here.");
    stage.key(KeyCode::Enter);
    assert_eq!(stage.sent(), "world");
    stage.shows("[no CR LF]");
    stage.shows("beyond the end of the chunk");
    stage.shows("> , and more");
    stage.server(OK);
    stage.shows("EHLO ok");
}

#[test]
fn a_chunk_takes_a_paste_whole() {
    let mut stage = in_chunk("BDAT 20 LAST");
    stage.paste("Subject: x\n\nhello");
    stage.shows("19 octets were pasted, with CR LF at the end of each line");
    stage.shows("send them; 1 octet is still due then");
    stage.key(KeyCode::Enter);
    assert_eq!(stage.sent(), "Subject: x\r\n\r\nhello");
    stage.shows("BDAT 1>");
    stage.key(KeyCode::Enter);
    assert_eq!(stage.sent(), "");
    stage.shows("CR LF does not fit");
    stage.paste("!\nQUIT\n");
    stage.shows("!! 8 octets are beyond the end of the chunk, and not sent.");
    stage.key(KeyCode::Enter);
    assert_eq!(stage.sent(), "!");
    stage.shows("waiting for the reply to BDAT");
}

#[test]
fn a_paste_stops_where_a_line_is_longer_than_its_chunk() {
    let mut stage = in_chunk("NOOP");
    stage.server(OK);
    stage.paste("BDAT 5\nhello world\nRSET\nQUIT");
    stage.key(KeyCode::Enter);
    assert_eq!(stage.sent(), "BDAT 5\r\nhello");
    stage.shows("> \u{20}world");
    stage.server(OK);
    assert_eq!(stage.sent(), "");
}

#[test]
fn a_refused_chunk_keeps_the_transaction() {
    let mut stage = in_chunk("BDAT 5 LAST");
    stage.server(b"502 5.5.1 not implemented\r\n");
    stage.shows("the server does not know BDAT");
    stage.shows("> DATA");
    stage.client("DATA");
    assert_eq!(stage.sent(), "DATA\r\n");
}

#[test]
fn lines_ahead_of_their_replies_are_warned_about() {
    let mut stage = Stage::greeted(Look::default());
    stage.client("EHLO vm.example.net");
    stage.server(b"250-mx.example.test\r\n250 SIZE\r\n");
    stage.client("NOOP");
    stage.type_text("RSET");
    stage.shows("!! a reply is due, and PIPELINING is not offered: wait for it first");
    stage.control('u');
    stage.paste("NOOP\nRSET\n");
    stage.shows("!! The server does not offer PIPELINING");
    stage.shows("send all at once, although PIPELINING is not offered");
}

#[test]
fn several_late_replies_are_explained() {
    let mut stage = Stage::greeted(Look::default());
    for line in ["EHLO vm.example.net", "NOOP", "RSET"] {
        stage.client(line);
    }
    stage.shows("waiting for the reply to EHLO  0:00, 2 more after it");
    stage.advance(Duration::from_secs(12));
    stage.shows("The server may lose what comes together");
}

#[test]
fn a_session_out_of_step_says_so_once() {
    let mut stage = Stage::greeted(Look::default());
    stage.client("EHLO vm.example.net");
    stage.server(b"250-mx.example.test\r\n250 PIPELINING\r\n");
    stage.client("NOOP");
    stage.client("RSET");
    stage.server(b"250 ok\r\n250 ok\r\n250 ok\r\n");
    stage.shows("out of step: replies may be credited to the wrong command");
    stage.shows("^O r reconnects");
    stage.key(KeyCode::Left);
    stage.server(b"250 ok\r\n");
    // The notice went with the key, and does not come back; the header still says so.
    stage.hides("out of step: replies may be credited to the wrong command");
    stage.hides("^O r reconnects");
    assert!(stage.model.session.connection.status.out_of_step);
}

#[test]
fn a_refused_name_is_not_proposed_again() {
    let mut stage = Stage::greeted(Look::default());
    stage.client("EHLO web_1.example");
    stage.server(b"501 5.5.4 invalid name\r\n");
    stage.type_text("EHLO web_1.example");
    stage.shows("!! the server refused this name: use another one");
    stage.control('u');
    stage.client("EHLO [192.0.2.7]");
    stage.server(b"501 5.5.4 invalid name\r\n");
    stage.key(KeyCode::Left);
    stage.hides("EHLO [192.0.2.7] [Tab]");
}

#[test]
fn a_refused_client_may_keep_its_name() {
    for (reply, refused) in [
        (
            &b"550 5.7.1 Helo command rejected: no such host\r\n"[..],
            true,
        ),
        (b"550 you are not me\r\n", true),
        (b"550 5.7.1 blocked using zen.spamhaus.org\r\n", false),
        (b"421 4.3.2 too busy\r\n", false),
    ] {
        let mut stage = Stage::greeted(Look::default());
        stage.client("EHLO vm.example.net");
        stage.server(reply);
        let names = &stage.model.session.seen.refused_names;
        assert_eq!(!names.is_empty(), refused, "{reply:?}: {names:?}");
    }
}

#[test]
fn a_refused_starttls_is_not_proposed_again() {
    let mut stage = Stage::greeted(Look::default());
    stage.client("EHLO vm.example.net");
    stage.server(b"250-mx.example.test\r\n250 STARTTLS\r\n");
    stage.shows("> STARTTLS [Tab]");
    stage.client("STARTTLS");
    stage.server(b"454 4.7.0 TLS not available\r\n");
    stage.shows("STARTTLS got reply 454: the link stays in plain text");
    stage.client("NOOP");
    stage.server(OK);
    stage.shows("> MAIL FROM:<");
}

#[test]
fn lmtp_is_greeted_with_lhlo() {
    let mut stage = Stage::connected(Look::default());
    stage.server(b"220 mx.example.test LMTP ready\r\n");
    stage.shows("> LHLO [192.0.2.7] [Tab]");
    stage.shows("The server speaks LMTP");
    stage.client("LHLO vm.example.net");
    stage.server(b"250 mx.example.test\r\n");
    for (line, reply) in [
        ("MAIL FROM:<a@b.example>", OK),
        ("RCPT TO:<c@d.example>", OK),
        ("RCPT TO:<e@f.example>", OK),
        ("DATA", b"354 go\r\n"),
    ] {
        stage.client(line);
        stage.server(reply);
    }
    stage.client(".");
    stage.key(KeyCode::Enter);
    stage.server(b"250 one\r\n452 two\r\n");
    stage.shows("250 one  = for <c@d.example>");
    stage.shows("452 two  = for <e@f.example>");
}
