//! What holds for any octets in any segments: nothing panics, nothing is lost, nothing hangs on how
//! the octets were cut. The books of [`Wire`] are checked after each step.

use std::time::{Duration, Instant};

use ehlo::smtp::line::LINE_CAP;
use ehlo::smtp::sasl::{Credentials, Exchange, Mechanism};
use ehlo::smtp::{AutoStartTls, CommandLine, End, Event, Link, Phase, Secret, Session};
use proptest::prelude::*;
use proptest::sample::select;

use super::wire::{Chunking, Happening, Wire};
use super::words::record;
use crate::support::properties::config;

/// One thing that happens in a session.
#[derive(Clone, Debug)]
enum Act {
    Server(Vec<u8>),
    Line(String),
    Login(Mechanism),
    Raw(Vec<u8>),
    Message(Vec<u8>),
    EndOfMessage,
    Tls,
    ReadOn,
    Time,
}

/// Pieces of what servers say, well formed and not.
fn octets() -> impl Strategy<Value = Vec<u8>> {
    let said: Vec<&[u8]> = vec![
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
        30 => select(said).prop_map(<[u8]>::to_vec),
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

/// Octets that go as they are: lines, parts of lines, what no line holds.
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

fn act(with_starttls: bool) -> impl Strategy<Value = Act> {
    prop_oneof![
        8 => octets().prop_map(Act::Server),
        8 => line(with_starttls).prop_map(Act::Line),
        2 => select(&Mechanism::ALL[..]).prop_map(Act::Login),
        1 => octets().prop_map(Act::Message),
        1 => Just(Act::EndOfMessage),
        4 => raw().prop_map(Act::Raw),
        2 => Just(Act::Line("DATA".into())),
        2 => Just(Act::Server(b"354 go\r\n".to_vec())),
        2 => Just(Act::Tls),
        1 => Just(Act::ReadOn),
        1 => Just(Act::Time),
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

/// Plays acts up to the end of the session and gives back all that was told.
fn play(
    acts: &[Act],
    opening: Option<AutoStartTls>,
    chunking: Chunking,
    start: Instant,
) -> Result<Vec<String>, String> {
    let mut wire = Wire::new(opening, start);
    let mut told = Vec::new();
    let mut tls_due = false;
    let mut in_message = false;
    wire.act(|session, now| session.handle_connected(Link::Clear, now))?;
    for act in acts {
        let written = wire.written();
        let happenings = match act {
            Act::Server(octets) => wire.feed(chunking.cut(&[(octets, false)]))?,
            Act::Line(text) => {
                let line = CommandLine::parse(text.as_str()).map_err(|error| error.to_string())?;
                let consent = wire.status().link.exposure();
                let happenings = wire.act(|session, now| session.send_line(line, consent, now))?;
                let came_back = happenings
                    .iter()
                    .any(|Happening { event, .. }| matches!(event, Event::NotSent { .. }));
                // While a message goes out a line waits for its dot.
                let expected = if came_back || in_message {
                    String::new()
                } else {
                    format!("{text}\r\n")
                };
                if wire.written_since(written) != expected.as_bytes() {
                    return Err(format!("{text:?} went out otherwise"));
                }
                happenings
            }
            Act::Login(mechanism) => {
                let exchange = login(*mechanism)?;
                let consent = wire.status().link.exposure();
                wire.act(|session, now| session.authenticate(exchange, consent, now))?
            }
            Act::Raw(octets) => {
                let secret = Secret::new(octets.clone());
                let consent = wire.status().link.exposure();
                let happenings = wire.act(|session, now| session.send_raw(secret, consent, now))?;
                let came_back = happenings
                    .iter()
                    .any(|Happening { event, .. }| matches!(event, Event::RawNotSent { .. }));
                let expected: &[u8] = if came_back { b"" } else { octets };
                if wire.written_since(written) != expected {
                    return Err(format!("{} went out otherwise", octets.escape_ascii()));
                }
                happenings
            }
            // The driver hands a message over once 354 is here.
            Act::Message(_) | Act::EndOfMessage
                if !in_message && wire.status().phase != Phase::Message =>
            {
                continue;
            }
            Act::Message(text) => {
                in_message |= !text.is_empty();
                wire.send_message(&chunking.cut(&[(text, false)]))?
            }
            Act::EndOfMessage => {
                in_message = false;
                wire.end_message()?
            }
            Act::Tls if std::mem::take(&mut tls_due) => {
                wire.act(|session, now| session.handle_tls(Link::Verified, now))?
            }
            Act::Tls => continue,
            Act::ReadOn => {
                let mut happenings = wire.act(Session::handle_read_on)?;
                happenings.extend(wire.feed(Vec::new())?);
                happenings
            }
            Act::Time => {
                wire.pass(Duration::from_secs(1));
                continue;
            }
        };
        tls_due |= happenings
            .iter()
            .any(|Happening { event, .. }| matches!(event, Event::StartTls));
        told.extend(happenings.iter().filter_map(|h| record(&h.event)));
        told.push(format!("{:?}", wire.status()));
        if happenings
            .iter()
            .any(|Happening { event, .. }| matches!(event, Event::Refused { .. }))
        {
            break;
        }
    }
    // The books wait for the end of a message that is under way.
    if in_message {
        wire.end_message()?;
    }
    let end = wire.act(|session, now| session.handle_end(&End::ByUs, now))?;
    told.extend(end.iter().filter_map(|h| record(&h.event)));
    Ok(told)
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn nothing_is_lost_whatever_comes(
        acts in prop::collection::vec(act(true), 0..24),
        by_itself in any::<bool>(),
        seed in any::<u64>(),
    ) {
        let ehlo = CommandLine::parse("EHLO me.example").ok().filter(|_| by_itself);
        play(&acts, ehlo.map(AutoStartTls::new), Chunking::Random(seed), Instant::now())
            .map_err(TestCaseError::fail)?;
    }

    /// Without STARTTLS, for which it does matter what comes in one segment with its 220.
    #[test]
    fn all_is_told_alike_however_it_is_cut(
        acts in prop::collection::vec(act(false), 0..24),
        seed in any::<u64>(),
    ) {
        let start = Instant::now();
        let whole = play(&acts, None, Chunking::Whole, start).map_err(TestCaseError::fail)?;
        for chunking in [Chunking::Octets, Chunking::Random(seed)] {
            let cut = play(&acts, None, chunking, start).map_err(TestCaseError::fail)?;
            prop_assert_eq!(&whole, &cut, "{:?}", chunking);
        }
    }
}

proptest! {
    // Each of these moves many octets.
    #![proptest_config(ProptestConfig { cases: 32, ..config() })]

    /// The one octet that is too much may stand anywhere around the caps of a line.
    #[test]
    fn long_lines_are_whole_in_their_pieces(
        length in LINE_CAP - 8..LINE_CAP + 8,
        before in select(vec![&b""[..], b"220 ", b"220-", b"220 a\r\n250-"]),
        behind in octets(),
        seed in any::<u64>(),
    ) {
        let start = Instant::now();
        let long = [before, &vec![b'x'; length], &behind].concat();
        let acts = [Act::Server(long), Act::ReadOn, Act::Server(behind), Act::ReadOn];
        let whole = play(&acts, None, Chunking::Whole, start).map_err(TestCaseError::fail)?;
        let cut = play(&acts, None, Chunking::Random(seed), start).map_err(TestCaseError::fail)?;
        let differs = whole.iter().zip(&cut).find(|(whole, cut)| whole != cut);
        prop_assert!(whole == cut, "{differs:#?}");
    }
}

proptest! {
    #![proptest_config(config())]

    /// RFC 5321 section 2.3.8 and 4.5.2: only CR LF, and only one line is a lone dot, the last.
    #[test]
    fn a_message_is_lines_and_one_dot(text in octets(), seed in any::<u64>()) {
        let mut wire = Wire::new(None, Instant::now());
        wire.send_message(&Chunking::Random(seed).cut(&[(&text, false)]))
            .map_err(TestCaseError::fail)?;
        wire.end_message().map_err(TestCaseError::fail)?;
        let sent = wire.written_since(0);
        prop_assert!(sent.ends_with(b"\r\n"));
        let lines: Vec<_> = sent[..sent.len() - 2].split(|&octet| octet == b'\n').collect();
        let (dot, lines) = lines.split_last().expect("at least the dot");
        prop_assert_eq!(*dot, b".");
        for line in lines {
            let text = line.strip_suffix(b"\r").expect("LF stands behind CR");
            prop_assert!(!text.contains(&b'\r'));
            prop_assert!(!text.starts_with(b".") || text.starts_with(b".."));
        }
    }
}
