//! The events of a login, automatic or typed, contain user names, lengths and faults, but no octet
//! of a secret in any form.

use std::time::Instant;

use crossterm::event::KeyCode;
use ehlo::diagnosis::{self, ReplyContext, Situation};
use ehlo::net::Command as WireCommand;
use ehlo::smtp::sasl::{BindingKind, ChannelBinding, Credentials, Exchange, Mechanism};
use ehlo::smtp::{self, Awaited, CommandLine, EntryKind, Link, Secret, Session, base64};
use ehlo::tui::{Look, SessionMessage};

use super::{CANARY, CONTROL, find_leak, parts};
use crate::support::stage::Stage;

/// Appends the octets that `Debug` has printed as numbers, as text.
fn with_octets_as_text(debug: &str) -> String {
    let lists = debug.split('[').filter_map(|part| part.split_once(']'));
    let octets = lists.filter_map(|(list, _)| {
        let numbers = list.split(", ").map(str::parse);
        numbers.collect::<Result<Vec<u8>, _>>().ok()
    });
    let texts = octets.map(|octets| String::from_utf8_lossy(&octets).into_owned());
    debug.to_owned() + &texts.collect::<Vec<_>>().join("\n")
}

/// Describes a login in `mechanism`: its exchange and every event up to the refusal. The session
/// runs the exchange, or the lines are typed by hand.
fn describe_login(mechanism: Mechanism, initial_response: bool, by_hand: bool) -> String {
    let now = Instant::now();
    let credentials = Credentials {
        authzid: String::new(),
        user: CONTROL.to_owned(),
        secret: Secret::new(CANARY.as_bytes().to_vec()),
        host: "mx.example".to_owned(),
        port: 25,
    };
    let mut exchange =
        Exchange::new(mechanism, credentials, None, &[0; 18], initial_response).unwrap();
    exchange.bind(Some(ChannelBinding {
        kind: BindingKind::TlsExporter,
        data: vec![0; 32],
    }));
    let mut description = format!(
        "{exchange:?} {:?} {:?}",
        exchange.preview(),
        exchange.secret_shape()
    );
    let mut session = Session::new(None);
    session.handle_connected(Link::Verified, now);
    session.handle_bytes(b"220 mx.example\r\n", now);
    let challenges = match mechanism {
        _ if mechanism.name().starts_with("SCRAM") => vec![
            format!("r={}x,s=QSXC,i=4096", base64::encode(&[0; 18])),
            "e=other-error".to_owned(),
        ],
        Mechanism::Login if initial_response && !by_hand => vec!["Password:".to_owned()],
        Mechanism::Login => vec!["Username:".to_owned(), "Password:".to_owned()],
        Mechanism::CramMd5 => vec!["<1@mx.example>".to_owned()],
        Mechanism::XOAuth2 | Mechanism::OAuthBearer => vec!["{\"status\":\"400\"}".to_owned()],
        _ => Vec::new(),
    };
    let mut challenges = challenges
        .iter()
        .map(|text| base64::encode(text.as_bytes()));
    if by_hand {
        // The same responses, but typed.
        session.send_line(
            CommandLine::parse(format!("AUTH {mechanism}")).unwrap(),
            None,
            now,
        );
        let first =
            (mechanism != Mechanism::CramMd5 && mechanism != Mechanism::Login).then(String::new);
        for challenge in first.into_iter().chain(challenges) {
            session.handle_bytes(format!("334 {challenge}\r\n").as_bytes(), now);
            let response = exchange.respond(challenge.as_bytes()).unwrap();
            description.push_str(&format!("{response:?}"));
            let line = String::from_utf8(response.message.line().reveal().to_vec()).unwrap();
            session.send_line(CommandLine::parse(line).unwrap(), None, now);
        }
    } else {
        let exchange = Box::new(exchange);
        let command = WireCommand::Authenticate {
            exchange: exchange.clone(),
            consent: None,
        };
        description.push_str(&format!("{command:?}"));
        session.authenticate(exchange, None, now);
        if mechanism.sends_first() && !initial_response {
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
        description.push_str(&format!("{event:?}\n"));
        match event {
            smtp::Event::Entry(entry) => {
                let annotation = match entry.kind {
                    EntryKind::Sent(sent) => sent.annotation,
                    EntryKind::Received(received) => received.annotation,
                    EntryKind::Note(_) => None,
                };
                if let Some(annotation) = annotation {
                    description.push_str(&format!(
                        "{} {}",
                        annotation.decoded,
                        annotation.remarks.join(" ")
                    ));
                }
            }
            smtp::Event::LoginRefused(login) => {
                refused = true;
                let situation = Situation::after(Some(Awaited::SaslResponse));
                let explanation = diagnosis::explain(&ReplyContext {
                    reply: &login.reply,
                    situation: &situation,
                });
                description.extend(diagnosis::checks(&login, &explanation, &situation));
            }
            _ => {}
        }
    }
    assert!(
        refused,
        "{mechanism} {initial_response} {by_hand}: {description}"
    );
    description
}

#[test]
fn events_of_a_login_do_not_contain_its_secret() {
    let parts = parts();
    for mechanism in Mechanism::ALL {
        for (initial_response, by_hand) in [(true, false), (false, false), (true, true)] {
            let text = with_octets_as_text(&describe_login(mechanism, initial_response, by_hand));
            assert!(text.contains(CONTROL), "{mechanism}");
            assert_eq!(
                find_leak(text.as_bytes(), &parts),
                None,
                "{mechanism}: {text}"
            );
        }
    }
}

/// A secret in the wrong place or form is also hidden.
#[test]
fn events_of_an_invalid_login_do_not_contain_its_secret() {
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
        let mut events = String::new();
        while let Some(event) = session.poll_event() {
            events.push_str(&format!("{event:?}\n"));
        }
        let text = with_octets_as_text(&events);
        assert!(text.contains("AUTH"), "{line}");
        assert_eq!(find_leak(text.as_bytes(), &parts), None, "{line}: {text}");
    }
}

/// A stage that waits for the password of a login; its number.
fn fetching() -> (Stage, u32) {
    let mut stage = Stage::new(Look::default());
    let profile = "target = 'mx.example.test:587'\nuser = 'alice'\npassword_command = ['pass']";
    let profile = toml::from_str(profile).unwrap();
    let profiles = &mut stage.model.preferences.profiles;
    profiles.insert("work".to_owned(), profile);
    stage.press(":profile work\n");
    stage.reconnected();
    stage.server(b"220 mx.example.test\r\n");
    stage.client("EHLO me.example");
    stage.server(b"250-mx.example.test\r\n250 AUTH PLAIN\r\n");
    stage.press("\u{f}a");
    request_login(&mut stage);
    let (number, _) = stage.fetching.take().unwrap();
    (stage, number)
}

/// Sends the login form, whose last field is the password.
fn request_login(stage: &mut Stage) {
    for _ in 0..6 {
        stage.key(KeyCode::Enter);
    }
    assert!(stage.fetching.is_some(), "{}", stage.screen(80, 24));
}

fn credentials() -> Credentials {
    Credentials {
        authzid: String::new(),
        user: CONTROL.to_owned(),
        secret: Secret::new(Vec::new()),
        host: "mx.example.test".to_owned(),
        port: 587,
    }
}

/// `^C` ends the wait for a password: what comes later is not sent.
#[test]
fn a_cancelled_login_is_not_sent() {
    let (mut stage, first) = fetching();
    let password = |stage: &mut Stage, number| {
        let exchange = Exchange::new(Mechanism::Anonymous, credentials(), None, &[], true).unwrap();
        stage.sent();
        stage.tell(SessionMessage::Login(number, Ok(Box::new(exchange))));
        stage.sent()
    };
    stage.control('c');
    assert_eq!(password(&mut stage, first), "");
    // Nor does it take the place of a login that is requested anew.
    stage.press("\u{f}a");
    request_login(&mut stage);
    let (second, _) = stage.fetching.take().unwrap();
    assert_eq!(password(&mut stage, first), "");
    assert!(password(&mut stage, second).starts_with("AUTH ANONYMOUS"));
    assert_eq!(password(&mut stage, second), "");
}

/// A password command may take so long that the user is connected to another server by then.
#[test]
fn a_login_is_sent_only_to_its_server() {
    let warning = "the password is for another server";
    for (host, is_sent) in [("mx.example.test", true), ("mx.elsewhere.test", false)] {
        let (mut stage, number) = fetching();
        let credentials = Credentials {
            host: host.to_owned(),
            ..credentials()
        };
        let exchange = Exchange::new(Mechanism::Anonymous, credentials, None, &[], true).unwrap();
        stage.tell(SessionMessage::Login(number, Ok(Box::new(exchange))));
        let sent = String::from_utf8_lossy(&stage.wire_octets);
        assert_eq!(sent.contains("AUTH ANONYMOUS"), is_sent, "{host}: {sent}");
        assert_eq!(stage.screen(80, 24).contains(warning), !is_sent, "{host}");
    }
}
