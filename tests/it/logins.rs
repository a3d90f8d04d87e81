//! Logins that need a decision of the user, or that a server turned into something else.

use std::time::Instant;

use crossterm::event::KeyCode;
use ehlo::net;
use ehlo::smtp::sasl::{Credentials, Exchange, Mechanism, MessageIssue};
use ehlo::smtp::{CommandLine, Event, Exposure, Link, NotSentReason, Secret, Session, base64};
use ehlo::tui::Look;

use crate::support::stage::Stage;

/// A stage with a server that offers this before TLS.
fn offered(keywords: &str) -> Stage {
    let mut stage = Stage::connected(Look::default());
    stage.server(b"220 mx.example.test ESMTP\r\n");
    stage.client("EHLO me.example");
    stage.server(format!("250-mx.example.test\r\n{keywords}\r\n").as_bytes());
    stage
}

#[test]
fn a_form_without_a_usable_mechanism_says_what_to_do() {
    let mut stage = offered("250-AUTH GSSAPI NTLM\r\n250 STARTTLS");
    stage.press("\u{f}a");
    stage.shows("The server offers only GSSAPI, NTLM here");
    stage.shows("Many servers offer LOGIN or");
    stage.shows("send STARTTLS and EHLO");
    let mut stage = offered("250 AUTH GSSAPI NTLM");
    stage.press("\u{f}a");
    stage.shows("Ask its admin to allow");
    stage.hides("STARTTLS and EHLO");
    let mut stage = offered("250 AUTH NTLM LOGIN");
    stage.press("\u{f}a");
    stage.hides("The server offers only");
}

#[test]
fn a_password_beyond_ascii_can_be_sent_in_latin1() {
    let mut stage = offered("250 AUTH PLAIN");
    stage.press("\u{f}aalice\tp\u{e4}ss");
    stage.shows("NUL alice NUL ****** (4 characters)");
    stage.hides("(4 octets)");
    stage.press("\t\t\t\t ");
    stage.shows("NUL alice NUL ****** (4 octets)");
    // The link is not encrypted, which is asked about.
    stage.sent();
    stage.press("\n");
    stage.control('y');
    let sent = stage.sent();
    let line = format!("AUTH PLAIN {}", base64::encode(b"\0alice\0p\xe4ss"));
    assert!(sent.contains(&line), "{sent}");
    // A character that Latin-1 lacks is reported, and nothing is sent.
    let mut stage = offered("250 AUTH PLAIN");
    stage.sent();
    stage.press("\u{f}aalice\tp\u{142}ss\t\t\t\t \n");
    stage.shows("a character that Latin-1 does not have");
    assert_eq!(stage.sent(), "");
    // An ASCII password has no such choice.
    let mut stage = offered("250 AUTH PLAIN");
    stage.press("\u{f}aalice\tpass");
    stage.hides("Latin-1");
}

/// The events of a session with these lines: `C:` of the client, `S:` of the server.
fn events(script: &[&str]) -> Vec<Event> {
    let now = Instant::now();
    let mut session = Session::new(None);
    session.handle_connected(Link::Verified, now);
    for line in script {
        match line.split_once(": ") {
            Some(("C", text)) => {
                let line = CommandLine::parse(text).unwrap();
                session.send_line(line, Some(Exposure::Clear), now);
            }
            Some((_, text)) => session.handle_bytes(format!("{text}\r\n").as_bytes(), now),
            None => panic!("{line}"),
        }
    }
    std::iter::from_fn(|| session.poll_event()).collect()
}

#[test]
fn the_password_in_place_of_a_name_asked_twice_is_noticed() {
    let (name, password) = (base64::encode(b"alice"), base64::encode(b"wonderland"));
    let name_again = format!("C: {name}");
    let command = format!("C: AUTH LOGIN {name}");
    let response = format!("C: {password}");
    // The server ignores the name in the AUTH line and asks for it.
    for (second, is_mistake) in [(&response, true), (&name_again, false)] {
        let events = events(&[
            "S: 220 mx.example",
            &command,
            "S: 334 VXNlcm5hbWU6",
            second,
            "S: 334 UGFzc3dvcmQ6",
            &response,
            "S: 535 5.7.8 no",
        ]);
        let refused = events.iter().find_map(|event| match event {
            Event::LoginRefused(refused) => Some(refused),
            _ => None,
        });
        let refused = refused.unwrap();
        let noticed = refused.issues.contains(&MessageIssue::SecondName);
        assert_eq!(noticed, is_mistake, "{second}");
        assert_eq!(refused.user.as_deref(), Some("alice"));
    }
}

const NONCE: [u8; 18] = [7; 18];

fn exchange() -> Box<Exchange> {
    let credentials = Credentials {
        authzid: String::new(),
        user: "alice".to_owned(),
        secret: Secret::new(b"wonderland".to_vec()),
        host: "mx.example.test".to_owned(),
        port: 2525,
    };
    let mechanism = Mechanism::ScramSha256;
    Box::new(Exchange::new(mechanism, credentials, None, &NONCE, true).unwrap())
}

#[test]
fn a_proof_with_few_iterations_waits_for_consent() {
    let now = Instant::now();
    let mut session = Session::new(None);
    session.handle_connected(Link::Verified, now);
    session.handle_bytes(b"220 mx.example\r\n", now);
    session.authenticate(exchange(), None, now);
    let written =
        |session: &mut Session| String::from_utf8(session.poll_transmit().to_vec()).unwrap();
    assert!(written(&mut session).starts_with("AUTH SCRAM-SHA-256 "));
    let first = format!("r={}x,s=QSXC,i=1000", base64::encode(&NONCE));
    let challenge = format!("334 {}\r\n", base64::encode(first.as_bytes()));
    session.handle_bytes(challenge.as_bytes(), now);
    assert_eq!(written(&mut session), "*\r\n");
    let mut withheld = None;
    while let Some(event) = session.poll_event() {
        if let Event::ExchangeNotSent { exchange, reason } = event {
            assert_eq!(reason, NotSentReason::FewIterations(1000));
            withheld = Some(exchange);
        }
    }
    session.handle_bytes(b"501 5.7.0 cancelled\r\n", now);
    let refused = std::iter::from_fn(|| session.poll_event())
        .any(|event| matches!(event, Event::LoginRefused(_)));
    assert!(!refused, "what was cancelled is no refusal");
    // The user agrees.
    let mut withheld = withheld.unwrap();
    withheld.accept_few_iterations();
    session.authenticate(withheld, None, now);
    assert!(written(&mut session).starts_with("AUTH SCRAM-SHA-256 "));
    session.handle_bytes(challenge.as_bytes(), now);
    let proof = written(&mut session);
    let proof = base64::decode(proof.trim_end().as_bytes());
    let proof = String::from_utf8(proof.bytes.reveal().to_vec()).unwrap();
    assert!(
        proof.starts_with("c=biws,r=") && proof.contains(",p="),
        "{proof}"
    );
}

#[test]
fn the_screen_asks_before_such_a_proof() {
    // The second question is about the link, which is not encrypted.
    for agrees in [true, false] {
        let mut stage = offered("250 AUTH SCRAM-SHA-256");
        stage.sent();
        stage.wire(net::Event::Session(Event::ExchangeNotSent {
            exchange: exchange(),
            reason: NotSentReason::FewIterations(1000),
        }));
        stage.shows("Send the proof of the password?");
        stage.shows("1000 iterations of SCRAM-SHA-256");
        if agrees {
            stage.control('y');
            stage.control('y');
        } else {
            stage.key(KeyCode::Esc);
        }
        let all = stage.screen(80, 24);
        assert_eq!(stage.sent().contains("AUTH SCRAM-SHA-256"), agrees, "{all}");
    }
}
