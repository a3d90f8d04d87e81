//! What the session tells of a login, led or typed: user names, lengths, faults, and no octet of a
//! secret in any form.

use std::time::Instant;

use ehlo::net::Command as WireCommand;
use ehlo::smtp::sasl::{BindingKind, ChannelBinding, Credentials, Exchange, Mechanism};
use ehlo::smtp::{self, CommandLine, EntryKind, Link, Secret, Session, base64};
use ehlo::tui::{Look, SessionMessage};

use super::{CANARY, CONTROL, parts, tells};
use crate::support::stage::Stage;

/// A text with the octets in it written out, which `Debug` shows as numbers.
fn written_out(told: &str) -> String {
    let lists = told.split('[').filter_map(|part| part.split_once(']'));
    let octets = lists.filter_map(|(list, _)| {
        let numbers = list.split(", ").map(str::parse);
        numbers.collect::<Result<Vec<u8>, _>>().ok()
    });
    let texts = octets.map(|octets| String::from_utf8_lossy(&octets).into_owned());
    told.to_owned() + &texts.collect::<Vec<_>>().join("\n")
}

/// All that a login in `mechanism` has to tell, of the exchange and of every event up to its refusal:
/// led by the session, or its lines typed by hand.
fn told(mechanism: Mechanism, at_once: bool, by_hand: bool) -> String {
    let now = Instant::now();
    let credentials = Credentials {
        authzid: String::new(),
        user: CONTROL.to_owned(),
        secret: Secret::new(CANARY.as_bytes().to_vec()),
        host: "mx.example".to_owned(),
        port: 25,
    };
    let mut exchange = Exchange::new(mechanism, credentials, None, &[0; 18], at_once).unwrap();
    exchange.bind(Some(ChannelBinding {
        kind: BindingKind::TlsExporter,
        data: vec![0; 32],
    }));
    let mut told = format!(
        "{exchange:?} {:?} {:?}",
        exchange.preview(),
        exchange.shape()
    );
    let mut session = Session::new(None);
    session.handle_connected(Link::Verified, now);
    session.handle_bytes(b"220 mx.example\r\n", now);
    let challenges = match mechanism {
        _ if mechanism.name().starts_with("SCRAM") => vec![
            format!("r={}x,s=QSXC,i=4096", base64::encode(&[0; 18])),
            "e=other-error".to_owned(),
        ],
        Mechanism::Login if at_once && !by_hand => vec!["Password:".to_owned()],
        Mechanism::Login => vec!["Username:".to_owned(), "Password:".to_owned()],
        Mechanism::CramMd5 => vec!["<1@mx.example>".to_owned()],
        Mechanism::XOAuth2 | Mechanism::OAuthBearer => vec!["{\"status\":\"400\"}".to_owned()],
        _ => Vec::new(),
    };
    let mut challenges = challenges
        .iter()
        .map(|text| base64::encode(text.as_bytes()));
    if by_hand {
        // As the exchange would say it, but typed.
        session.send_line(
            CommandLine::parse(format!("AUTH {mechanism}")).unwrap(),
            None,
            now,
        );
        let first =
            (mechanism != Mechanism::CramMd5 && mechanism != Mechanism::Login).then(String::new);
        for challenge in first.into_iter().chain(challenges) {
            session.handle_bytes(format!("334 {challenge}\r\n").as_bytes(), now);
            let answer = exchange.answer(challenge.as_bytes()).unwrap();
            told.push_str(&format!("{answer:?}"));
            let line = String::from_utf8(answer.message.line().reveal().to_vec()).unwrap();
            session.send_line(CommandLine::parse(line).unwrap(), None, now);
        }
    } else {
        let exchange = Box::new(exchange);
        let command = WireCommand::Authenticate {
            exchange: exchange.clone(),
            consent: None,
        };
        told.push_str(&format!("{command:?}"));
        session.authenticate(exchange, None, now);
        if mechanism.sends_first() && !at_once {
            let prompt = match mechanism {
                Mechanism::Login => challenges.next(),
                _ => None,
            };
            let prompt = prompt.unwrap_or_default();
            session.handle_bytes(format!("334 {prompt}\r\n").as_bytes(), now);
        }
        for challenge in challenges {
            session.handle_bytes(format!("334 {challenge}\r\n").as_bytes(), now);
        }
    }
    session.handle_bytes(b"535 5.7.8 no\r\n", now);
    let mut refused = false;
    while let Some(event) = session.poll_event() {
        told.push_str(&format!("{event:?}\n"));
        match event {
            smtp::Event::Entry(entry) => {
                let gloss = match entry.kind {
                    EntryKind::Sent(sent) => sent.gloss,
                    EntryKind::Received(received) => received.gloss,
                    EntryKind::Note(_) => None,
                };
                if let Some(gloss) = gloss {
                    told.push_str(&format!("{} {}", gloss.reading, gloss.remarks.join(" ")));
                }
            }
            smtp::Event::LoginRefused(attempt) => {
                refused = true;
                told.extend(attempt.checks(&["PLAIN", "LOGIN"], None));
            }
            _ => {}
        }
    }
    assert!(refused, "{mechanism} {at_once} {by_hand}: {told}");
    told
}

#[test]
fn what_is_told_of_a_login_has_nothing_of_its_secret() {
    let parts = parts();
    for mechanism in Mechanism::ALL {
        for (at_once, by_hand) in [(true, false), (false, false), (true, true)] {
            let told = written_out(&told(mechanism, at_once, by_hand));
            assert!(told.contains(CONTROL), "{mechanism}");
            assert_eq!(tells(told.as_bytes(), &parts), None, "{mechanism}: {told}");
        }
    }
}

/// A secret in the wrong place or form is hidden as one in the right place is.
#[test]
fn what_is_told_of_a_misshapen_login_has_nothing_of_its_secret() {
    let parts = parts();
    let plain = |text: &str| base64::encode(text.replace("SECRET", CANARY).as_bytes());
    let twice = base64::encode(plain("\0alice\0SECRET").as_bytes());
    let lines = [
        format!("AUTH PLAIN {}", plain("SECRET")),
        format!("AUTH PLAIN {}", plain("alice\0SECRET")),
        format!("AUTH PLAIN {}", plain("\0alice\0SECRET\0")),
        format!("AUTH PLAIN {}", plain("\\0alice\\0SECRET\n")),
        format!("AUTH PLAIN {twice}"),
        format!("AUTH PLAIN {CANARY}"),
        format!("AUTH LOGIN {}", plain("\0alice\0SECRET")),
        format!("AUTH {}", plain("\0alice\0SECRET")),
        format!("AUTH XOAUTH2 {}", plain("user=alice\x01auth=Bearer SECRET")),
        format!(
            "AUTH XOAUTH2 {}",
            plain("user=alice\x01auth=bearer SECRET\x01\x01")
        ),
        format!(
            "AUTH XOAUTH2 {}",
            plain("user=alice\x01auth=Bearer x\x01x=SECRET\x01\x01")
        ),
        format!(
            "AUTH OAUTHBEARER {}",
            plain("SECRET\x01auth=Bearer x\x01\x01")
        ),
        format!("AUTH CRAM-MD5 {}", plain("alice SECRET")),
        format!("AUTH SCRAM-SHA-1 {}", plain("\0alice\0SECRET")),
        format!("AUTH SCRAM-SHA-1 {}", plain("n,,SECRET,r=x")),
        format!("AUTH X-OTHER {}", plain("alice SECRET")),
    ];
    for line in lines {
        let now = Instant::now();
        let mut session = Session::new(None);
        session.handle_connected(Link::Verified, now);
        session.handle_bytes(b"220 mx.example\r\n", now);
        session.send_line(CommandLine::parse(line.as_str()).unwrap(), None, now);
        session.handle_bytes(b"535 5.7.8 no\r\n", now);
        let mut told = String::new();
        while let Some(event) = session.poll_event() {
            told.push_str(&format!("{event:?}\n"));
        }
        let told = written_out(&told);
        assert!(told.contains("AUTH"), "{line}");
        assert_eq!(tells(told.as_bytes(), &parts), None, "{line}: {told}");
    }
}

/// A password command may take so long that the user is elsewhere when its password comes.
#[test]
fn a_login_goes_to_the_server_it_was_meant_for() {
    let words = "the password is for another server";
    for (host, goes) in [("mx.example.test", true), ("mx.elsewhere.test", false)] {
        let mut stage = Stage::connected(Look::default());
        stage.server(b"220 mx.example.test\r\n");
        let credentials = Credentials {
            authzid: String::new(),
            user: CONTROL.to_owned(),
            secret: Secret::new(Vec::new()),
            host: host.to_owned(),
            port: 587,
        };
        let exchange = Exchange::new(Mechanism::Anonymous, credentials, None, &[], true).unwrap();
        stage.tell(SessionMessage::Login(Ok(Box::new(exchange))));
        let sent = String::from_utf8_lossy(&stage.wire_octets);
        assert_eq!(sent.contains("AUTH ANONYMOUS"), goes, "{host}: {sent}");
        assert_eq!(stage.screen(80, 24).contains(words), !goes, "{host}");
    }
}
