//! Properties of a session for any octets in any segments: it does not panic, loses nothing, and
//! does not depend on how the octets are cut. [`Wire`] checks its record after each action.

use std::time::{Duration, Instant};

use ehlo::smtp::line::LINE_CAP;
use ehlo::smtp::sasl::{Credentials, Exchange, Mechanism};
use ehlo::smtp::session::ChunkPiece;
use ehlo::smtp::{AutoStartTls, CommandLine, End, Event, Link, Phase, Secret, Session};
use proptest::prelude::*;
use proptest::sample::select;

use super::description::describe_event;
use super::wire::{Chunking, TimedEvent, Wire};
use crate::support::properties::config;

/// An action on a session.
#[derive(Clone, Debug)]
enum Action {
    Server(Vec<u8>),
    Line(String),
    Login(Mechanism),
    Raw(Vec<u8>),
    Message(Vec<u8>),
    EndOfMessage,
    Tls,
    Resume,
    Time,
}

/// Octets of a server, valid and invalid.
fn octets() -> impl Strategy<Value = Vec<u8>> {
    let typical: Vec<&[u8]> = vec![
        b"220 mx.example\r\n",
        b"250 ok\r\n",
        b"250-mx.example\r\n",
        b"250-AUTH PLAIN\r\n",
        b"250 STARTTLS\r\n",
        b"354 go\r\n",
        b"334 \r\n",
        b"334\r\n",
        b"334 VXNlcm5hbWU6\r\n",
        b"334 cj1BQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUF4LHM9UVNYQyxpPTE=\r\n",
        b"535 5.7.8 no\r\n",
        b"235 2.7.0 ok\r\n",
        b"221 bye\r\n",
        b"421 4.0.0 gone\r\n",
        b"550-no\r\n",
        b"550 5.1.1 no\n",
        b"999 what\r\n",
        b"no code\r\n",
        b"25",
        b"2500\r\n",
        b"\r",
        b"\n",
        b"\r\n",
        b"\0",
        b"\x1b[2J",
        b"\xc3\xa9",
        b"\xff",
    ];
    let piece = prop_oneof![
        30 => select(typical).prop_map(<[u8]>::to_vec),
        10 => prop::collection::vec(any::<u8>(), 0..12),
    ];
    prop::collection::vec(piece, 0..8).prop_map(|pieces| pieces.concat())
}

fn line(with_starttls: bool) -> impl Strategy<Value = String> {
    let mut lines = vec![
        "EHLO me.example",
        "LHLO me.example",
        "HELO me.example",
        "MAIL FROM:<a@example.org>",
        "RCPT TO:<b@example.org>",
        "DATA",
        ".",
        "BDAT 3",
        "BDAT 9 LAST",
        "BDAT 0 LAST",
        "AUTH PLAIN eA==",
        "AUTH LOGIN",
        "*",
        "",
        "RSET",
        "NOOP",
        "QUIT",
        "XCLIENT NAME=x",
        "grüße",
    ];
    if with_starttls {
        lines.push("STARTTLS");
    }
    select(lines).prop_map(str::to_owned)
}

/// Raw octets: lines, parts of lines, and octets not allowed in a line.
fn raw() -> impl Strategy<Value = Vec<u8>> {
    let parts: Vec<&[u8]> = vec![
        b"NOOP",
        b"\r\n",
        b"\r",
        b"\n",
        b".",
        b"BDAT 4 LAST\r\nab",
        b"DATA\r\n",
        b"AUTH PLAIN eA==",
        b"\0\xff",
    ];
    proptest::collection::vec(select(parts), 1..4).prop_map(|parts| parts.concat())
}

fn action(automatic: bool) -> impl Strategy<Value = Action> {
    prop_oneof![
        8 => octets().prop_map(Action::Server),
        8 => line(automatic).prop_map(Action::Line),
        2 => select(&Mechanism::ALL[..]).prop_map(move |mechanism| {
            if automatic {
                Action::Login(mechanism)
            } else {
                Action::Line(format!("AUTH {mechanism}"))
            }
        }),
        1 => octets().prop_map(Action::Message),
        1 => Just(Action::EndOfMessage),
        4 => raw().prop_map(Action::Raw),
        2 => Just(Action::Line("DATA".into())),
        2 => Just(Action::Server(b"354 go\r\n".to_vec())),
        2 => Just(Action::Tls),
        1 => Just(Action::Resume),
        1 => Just(Action::Time),
    ]
}

fn login(mechanism: Mechanism) -> Result<Box<Exchange>, String> {
    let credentials = Credentials {
        authzid: String::new(),
        user: "alice".to_owned(),
        secret: Secret::new(b"wonderland".to_vec()),
        host: "mx.example".to_owned(),
        port: 25,
    };
    let exchange = Exchange::new(mechanism, credentials, None, &[0; 18], true);
    exchange.map(Box::new).map_err(|error| error.to_string())
}

/// Performs actions until the session ends and returns a description of all events.
fn play(
    actions: &[Action],
    auto_start_tls: Option<AutoStartTls>,
    chunking: Chunking,
    start: Instant,
) -> Result<Vec<String>, String> {
    let mut wire = Wire::new(auto_start_tls, start);
    let mut descriptions = Vec::new();
    let mut tls_due = false;
    let mut in_message = false;
    wire.act(|session, now| session.handle_connected(Link::Clear, now))?;
    for action in actions {
        let written = wire.written();
        let events = match action {
            Action::Server(octets) => wire.feed(chunking.cut(&[(octets, false)]))?,
            Action::Line(text) => {
                let line = CommandLine::parse(text.as_str()).map_err(|error| error.to_string())?;
                let consent = wire.status().link.exposure();
                let left = wire.status().chunk_left;
                let events = wire.act(|session, now| session.send_line(line, consent, now))?;
                let came_back = events
                    .iter()
                    .any(|TimedEvent { event, .. }| matches!(event, Event::NotSent { .. }));
                // While a message is being sent, lines are queued.
                let expected = if let (1.., false) = (left, in_message) {
                    let piece = ChunkPiece::of(text, left);
                    let piece = piece.map(|piece| (&text[..piece.octets], piece.ended));
                    piece.map_or_else(String::new, |(text, ended)| {
                        format!("{text}{}", if ended { "\r\n" } else { "" })
                    })
                } else if came_back || in_message {
                    String::new()
                } else {
                    format!("{text}\r\n")
                };
                if wire.written_since(written) != expected.as_bytes() {
                    return Err(format!("{text:?} was sent differently"));
                }
                events
            }
            Action::Login(mechanism) => {
                let exchange = login(*mechanism)?;
                let consent = wire.status().link.exposure();
                wire.act(|session, now| session.authenticate(exchange, consent, now))?
            }
            Action::Raw(octets) => {
                let secret = Secret::new(octets.clone());
                let consent = wire.status().link.exposure();
                let events = wire.act(|session, now| session.send_raw(secret, consent, now))?;
                let came_back = events
                    .iter()
                    .any(|TimedEvent { event, .. }| matches!(event, Event::RawNotSent { .. }));
                let expected: &[u8] = if came_back { b"" } else { octets };
                if wire.written_since(written) != expected {
                    return Err(format!("{} was sent differently", octets.escape_ascii()));
                }
                events
            }
            // The caller sends a message only after 354.
            Action::Message(_) | Action::EndOfMessage
                if !in_message && wire.status().phase != Phase::Message =>
            {
                continue;
            }
            Action::Message(text) => {
                in_message |= !text.is_empty();
                wire.send_message(&chunking.cut(&[(text, false)]))?
            }
            Action::EndOfMessage => {
                in_message = false;
                wire.end_message()?
            }
            Action::Tls if std::mem::take(&mut tls_due) => {
                wire.act(|session, now| session.handle_tls(Link::Verified, now))?
            }
            Action::Tls => continue,
            Action::Resume => {
                let mut events = wire.act(Session::resume_reading)?;
                events.extend(wire.feed(Vec::new())?);
                events
            }
            Action::Time => {
                wire.pass(Duration::from_secs(1));
                continue;
            }
        };
        tls_due |= events
            .iter()
            .any(|TimedEvent { event, .. }| matches!(event, Event::StartTls));
        descriptions.extend(events.iter().filter_map(|h| describe_event(&h.event)));
        descriptions.push(format!("{:?}", wire.status()));
        if events
            .iter()
            .any(|TimedEvent { event, .. }| matches!(event, Event::Refused { .. }))
        {
            break;
        }
    }
    // The wire checks a message only after its end.
    if in_message {
        wire.end_message()?;
    }
    let end = wire.act(|session, now| session.handle_end(&End::ByUs, now))?;
    descriptions.extend(end.iter().filter_map(|h| describe_event(&h.event)));
    Ok(descriptions)
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn loses_nothing(
        actions in prop::collection::vec(action(true), 0..24),
        automatic in any::<bool>(),
        seed in any::<u64>(),
    ) {
        let ehlo = CommandLine::parse("EHLO me.example").ok().filter(|_| automatic);
        play(&actions, ehlo.map(AutoStartTls::new), Chunking::Random(seed), Instant::now())
            .map_err(TestCaseError::fail)?;
    }

    /// Without STARTTLS and automatic logins: there, the octets in one segment with the 220 or 334
    /// matter, as they cannot reply to what would be sent next.
    #[test]
    fn does_not_depend_on_segments(
        actions in prop::collection::vec(action(false), 0..24),
        seed in any::<u64>(),
    ) {
        let start = Instant::now();
        let whole = play(&actions, None, Chunking::Whole, start).map_err(TestCaseError::fail)?;
        for chunking in [Chunking::Octets, Chunking::Random(seed)] {
            let cut = play(&actions, None, chunking, start).map_err(TestCaseError::fail)?;
            prop_assert_eq!(&whole, &cut, "{:?}", chunking);
        }
    }
}

proptest! {
    // Each case has many octets.
    #![proptest_config(ProptestConfig { cases: 32, ..config() })]

    /// Lines with a length around the cap.
    #[test]
    fn splits_long_lines_without_loss(
        length in LINE_CAP - 8..LINE_CAP + 8,
        before in select(vec![&b""[..], b"220 ", b"220-", b"220 a\r\n250-"]),
        after in octets(),
        seed in any::<u64>(),
    ) {
        let start = Instant::now();
        let long = [before, &vec![b'x'; length], &after].concat();
        let actions = [Action::Server(long), Action::Resume, Action::Server(after), Action::Resume];
        let whole = play(&actions, None, Chunking::Whole, start).map_err(TestCaseError::fail)?;
        let cut = play(&actions, None, Chunking::Random(seed), start).map_err(TestCaseError::fail)?;
        let differs = whole.iter().zip(&cut).find(|(whole, cut)| whole != cut);
        prop_assert!(whole == cut, "{differs:#?}");
    }
}

proptest! {
    #![proptest_config(config())]

    /// RFC 5321 sections 2.3.8 and 4.5.2: only CR LF, and only the last line is a single dot.
    #[test]
    fn a_message_ends_with_its_only_dot(text in octets(), seed in any::<u64>()) {
        let mut wire = Wire::new(None, Instant::now());
        wire.send_message(&Chunking::Random(seed).cut(&[(&text, false)]))
            .map_err(TestCaseError::fail)?;
        wire.end_message().map_err(TestCaseError::fail)?;
        let sent = wire.written_since(0);
        prop_assert!(sent.ends_with(b"\r\n"));
        let lines: Vec<_> = sent[..sent.len() - 2].split(|&octet| octet == b'\n').collect();
        let (dot, lines) = lines.split_last().expect("there is at least the dot");
        prop_assert_eq!(*dot, b".");
        for line in lines {
            let text = line.strip_suffix(b"\r").expect("LF follows CR");
            prop_assert!(!text.contains(&b'\r'));
            prop_assert!(!text.starts_with(b".") || text.starts_with(b".."));
        }
    }
}
