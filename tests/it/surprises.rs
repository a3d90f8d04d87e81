//! Nothing is sent automatically after an odd reply: not the next line of a paste or a replay, not
//! STARTTLS, not the response of a login, not a message.

use std::time::Instant;

use crossterm::event::KeyCode;
use ehlo::net::Command;
use ehlo::smtp::sasl::{Credentials, Exchange, Mechanism};
use ehlo::smtp::{AutoStartTls, CommandLine, Link, NotSentReason, Secret, Session};
use ehlo::tui::Look;

use crate::support::stage::Stage;

/// What a server may send in reply to EHLO besides the one reply that is expected.
const ODD: [(&str, &[u8]); 10] = [
    ("an unasked reply", b"250 ok\r\n250 x\r\n"),
    ("an unasked refusal", b"250 ok\r\n550 x\r\n"),
    ("an unasked 421", b"250 ok\r\n421 4.3.2 going down\r\n"),
    ("a 421", b"421 4.3.2 going down\r\n"),
    ("an unexpected code", b"354 go ahead\r\n"),
    ("an unknown code", b"299 what\r\n"),
    ("a code out of range", b"999 what\r\n"),
    ("two codes in one reply", b"250-a\r\n251 b\r\n"),
    ("a line without a code", b"hello there\r\n250 ok\r\n"),
    ("a late line without a code", b"250 ok\r\nhello there\r\n"),
];

/// Pastes lines and has them sent one by one.
fn paste(stage: &mut Stage) {
    stage.paste("EHLO me.example\nMAIL FROM:<>\nRCPT TO:<a@b.example>\nRSET\nNOOP");
    stage.key(KeyCode::Enter);
    assert_eq!(stage.sent(), "EHLO me.example\r\n");
}

#[test]
fn a_paste_stops_at_an_odd_reply() {
    for (name, octets) in ODD {
        let mut stage = Stage::greeted(Look::default());
        paste(&mut stage);
        stage.server(octets);
        assert_eq!(stage.sent(), "", "{name}");
        // Later replies do not restart the paste.
        stage.server(b"250 later\r\n");
        assert_eq!(stage.sent(), "", "{name}");
    }
    let mut stage = Stage::greeted(Look::default());
    paste(&mut stage);
    stage.server(b"250 ok\r\n");
    assert_eq!(stage.sent(), "MAIL FROM:<>\r\n", "a usual reply");
}

#[test]
fn what_the_user_enters_is_always_sent() {
    for (name, octets) in ODD {
        let mut stage = Stage::greeted(Look::default());
        paste(&mut stage);
        stage.server(octets);
        stage.press("\u{1b}\u{1b}");
        stage.control('u');
        stage.client("NOOP");
        assert_eq!(stage.sent(), "NOOP\r\n", "{name}");
    }
}

#[test]
fn a_replay_stops_at_an_odd_reply() {
    for (name, octets) in ODD {
        let mut stage = Stage::greeted(Look::default());
        for line in ["EHLO me.example", "RSET", "NOOP"] {
            stage.client(line);
            stage.server(b"250 ok\r\n");
        }
        stage.sent();
        stage.press("\u{1b}R\n");
        stage.reconnected();
        stage.server(b"220 again\r\n");
        assert_eq!(stage.sent(), "EHLO me.example\r\n", "{name}");
        stage.server(octets);
        assert_eq!(stage.sent(), "", "{name}");
        stage.server(b"250 later\r\n");
        assert_eq!(stage.sent(), "", "{name}");
    }
}

#[test]
fn a_composed_message_is_not_sent_after_an_odd_reply() {
    let accepted: &[u8] = b"354 go\r\n";
    let odd: [(&str, &[u8]); 3] = [
        ("an unasked reply", b"354 go\r\n250 x\r\n"),
        ("an unasked 421", b"354 go\r\n421 bye\r\n"),
        ("a line without a code", b"hello\r\n354 go\r\n"),
    ];
    for (name, octets) in std::iter::once(("a usual reply", accepted)).chain(odd) {
        let mut stage = Stage::greeted(Look::default());
        for line in ["EHLO me.example", "MAIL FROM:<>", "RCPT TO:<a@b.example>"] {
            stage.client(line);
            stage.server(b"250 ok\r\n");
        }
        stage.menu("d");
        stage.type_text("hello");
        stage.sent();
        stage.control('d');
        stage.key(KeyCode::Enter);
        assert_eq!(stage.sent(), "DATA\r\n", "{name}");
        stage.server(octets);
        let sent = stage.sent();
        assert_eq!(
            sent.contains("hello"),
            name == "a usual reply",
            "{name}: {sent}"
        );
        if name == "an unasked reply" {
            // 354 has come: the text is in the editor, and ^D sends it.
            stage.shows("the message was not sent: stopped");
            stage.control('d');
            stage.key(KeyCode::Enter);
            assert!(stage.sent().contains("hello"), "{name}");
        }
    }
}

/// What a server may send besides `reply`: the octets, with a name.
fn odd_forms_of(reply: &str) -> [(&'static str, String); 6] {
    [
        ("an unasked reply", format!("{reply}250 x\r\n")),
        ("an unasked 421", format!("{reply}421 4.3.2 bye\r\n")),
        ("a 421", "421 4.3.2 bye\r\n".to_owned()),
        ("an unexpected code", "299 what\r\n".to_owned()),
        ("a line without a code", format!("hello there\r\n{reply}")),
        (
            "a late line without a code",
            format!("{reply}hello there\r\n"),
        ),
    ]
}

fn drain(session: &mut Session) -> String {
    String::from_utf8(session.poll_transmit()).unwrap()
}

#[test]
fn automatic_starttls_stops_at_an_odd_reply() {
    let begin = || {
        let ehlo = CommandLine::parse("EHLO me.example").unwrap();
        let mut session = Session::new(Some(AutoStartTls::new(ehlo)));
        session.handle_connected(Link::Clear, Instant::now());
        session
    };
    let greeting = "220 mx.example\r\n";
    let offer = "250-mx.example\r\n250 STARTTLS\r\n";
    for (name, octets) in odd_forms_of(greeting) {
        let mut session = begin();
        session.handle_bytes(octets.as_bytes(), Instant::now());
        assert_eq!(drain(&mut session), "", "greeting: {name}");
    }
    for (name, octets) in odd_forms_of(offer) {
        let mut session = begin();
        session.handle_bytes(greeting.as_bytes(), Instant::now());
        assert_eq!(drain(&mut session), "EHLO me.example\r\n");
        session.handle_bytes(octets.as_bytes(), Instant::now());
        assert_eq!(drain(&mut session), "", "EHLO: {name}");
    }
    let mut session = begin();
    session.handle_bytes(greeting.as_bytes(), Instant::now());
    drain(&mut session);
    session.handle_bytes(offer.as_bytes(), Instant::now());
    assert_eq!(drain(&mut session), "STARTTLS\r\n", "the usual replies");
}

#[test]
fn a_login_stops_at_an_odd_reply() {
    let begin = || {
        let mut session = Session::new(None);
        session.handle_connected(Link::Verified, Instant::now());
        session.handle_bytes(b"220 mx.example\r\n", Instant::now());
        let credentials = Credentials {
            authzid: String::new(),
            user: "alice".to_owned(),
            secret: Secret::new(b"wonderland".to_vec()),
            host: "mx.example".to_owned(),
            port: 25,
        };
        let exchange = Exchange::new(Mechanism::Login, credentials, None, &[0; 18], false).unwrap();
        session.authenticate(Box::new(exchange), None, Instant::now());
        assert_eq!(drain(&mut session), "AUTH LOGIN\r\n");
        session
    };
    let user = "334 VXNlcm5hbWU6\r\n";
    for (name, octets) in odd_forms_of(user) {
        let mut session = begin();
        session.handle_bytes(octets.as_bytes(), Instant::now());
        let sent = drain(&mut session);
        assert!(!sent.contains("YWxpY2U="), "{name}: {sent}");
        session.handle_bytes(b"334 UGFzc3dvcmQ6\r\n", Instant::now());
        let sent = drain(&mut session);
        assert!(!sent.contains("d29uZGVybGFuZA"), "{name}: {sent}");
    }
    let mut session = begin();
    session.handle_bytes(user.as_bytes(), Instant::now());
    assert_eq!(drain(&mut session), "YWxpY2U=\r\n", "the usual reply");
}

#[test]
fn a_reply_that_arrives_in_pieces_is_no_surprise() {
    let now = Instant::now();
    let mut session = Session::new(None);
    session.handle_connected(Link::Clear, now);
    session.handle_bytes(b"220 mx.example\r\n", now);
    for _ in 0..2 {
        session.send_line(CommandLine::parse("RCPT TO:<a@b>").unwrap(), None, now);
    }
    session.handle_bytes(b"250 o", now);
    assert!(session.permits_automatic(), "replies are due");
    session.handle_bytes(b"k\r\n250-o", now);
    assert!(session.permits_automatic(), "a reply is due");
    session.handle_bytes(b"\r\n250 ok\r\n", now);
    assert!(session.permits_automatic(), "none is due");
    session.handle_bytes(b"25", now);
    assert!(!session.permits_automatic(), "octets without a request");
}

#[test]
fn nothing_is_sent_after_a_gap() {
    let now = Instant::now();
    let mut session = Session::new(None);
    session.handle_connected(Link::Clear, now);
    session.handle_bytes(b"220 mx.example\r\n250-", now);
    assert!(!session.permits_automatic(), "octets without a request");
    // The octets are gone, but what was refused was the next line of a sequence.
    session.handle_tls(Link::Verified, now);
    assert!(!session.permits_automatic(), "the user sent nothing");
    session.send_line(CommandLine::parse("NOOP").unwrap(), None, now);
    assert!(session.permits_automatic(), "the user sent a line");
}

#[test]
fn an_unasked_reply_is_a_surprise_from_its_first_line() {
    let now = Instant::now();
    let mut session = Session::new(None);
    session.handle_connected(Link::Clear, now);
    session.handle_bytes(b"220 mx.example\r\n250-x\r\n", now);
    assert!(!session.permits_automatic());
}

#[test]
fn a_queued_line_does_not_end_a_surprise() {
    let now = Instant::now();
    let mut session = Session::new(None);
    session.handle_connected(Link::Clear, now);
    session.handle_bytes(b"220 mx.example\r\n", now);
    session.begin_message();
    session.send_line(CommandLine::parse("NOOP").unwrap(), None, now);
    session.handle_bytes(b"250 unasked\r\n", now);
    session.send_message(b"text", now);
    session.end_message(now);
    assert!(drain(&mut session).ends_with("NOOP\r\n"));
    assert!(!session.permits_automatic(), "the line was typed before");
}

#[test]
fn a_line_after_all_replies_comes_back_while_one_is_due() {
    let now = Instant::now();
    let mut session = Session::new(None);
    session.handle_connected(Link::Clear, now);
    session.handle_bytes(b"220 mx.example\r\n", now);
    let line = |text: &str| CommandLine::parse(text).unwrap();
    let permitted = |session: &mut Session| {
        let send = Command::Send {
            line: line("RSET"),
            consent: None,
        };
        let permitted = Command::AfterReplies(Box::new(send)).permitted(session);
        permitted.err().map(|(_, reason)| reason)
    };
    assert_eq!(permitted(&mut session), None);
    session.send_line(line("DATA"), None, now);
    let due = Some(NotSentReason::ReplyDue);
    assert_eq!(permitted(&mut session), due, "a typed line has no reply");
    session.handle_bytes(b"354 go\r\n", now);
    assert_eq!(
        permitted(&mut session),
        due,
        "it would be a line of the message"
    );
    session.send_line(line("."), None, now);
    assert_eq!(permitted(&mut session), due, "the dot has no reply");
    session.handle_bytes(b"250 ok\r\n", now);
    assert_eq!(permitted(&mut session), None);
    // A chunk gets its reply after its octets.
    session.send_line(line("BDAT 4"), None, now);
    assert_eq!(permitted(&mut session), None, "the octets of a chunk");
}
