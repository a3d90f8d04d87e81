//! Sessions for the tests: from a dialogue, and random ones.

use std::time::{Duration, Instant, SystemTime};

use ehlo::record::{Meta, Record, Source, WallClock};
use ehlo::smtp::{CommandLine, End, Entry, Event, Level, Link, Secret, Session};
use proptest::prelude::*;
use proptest::sample::select;

use crate::support::stage::more;

/// One event of a session.
#[derive(Clone, Debug)]
pub enum Act {
    Server(Vec<u8>),
    Line(String),
    Raw(Vec<u8>),
    Message(Vec<u8>),
    Note(String),
    Time(u64),
}

/// Records a session with these events.
pub fn record(target: &str, acts: &[Act]) -> Record {
    let origin = Instant::now();
    // The 14th of July 2027, and 123456789 nanoseconds.
    let wall = SystemTime::UNIX_EPOCH + Duration::new(1_815_523_200, 123_456_789);
    let mut session = Session::new(None);
    let mut now = origin;
    let mut entries = Vec::new();
    session.handle_connected(Link::Clear, now);
    for act in acts {
        let consent = session.status().link.exposure();
        match act {
            Act::Server(octets) => session.handle_bytes(octets, now),
            Act::Line(text) => {
                let line = CommandLine::parse(text.as_str()).unwrap();
                session.send_line(line, consent, now);
            }
            Act::Raw(octets) => session.send_raw(Secret::new(octets.clone()), consent, now),
            Act::Message(text) => {
                session.begin_message();
                session.send_message(text, now);
                session.end_message(now);
            }
            Act::Note(text) => session.note(now, Level::Info, text.as_str()),
            Act::Time(millis) => now += Duration::from_millis(*millis),
        }
        take(&mut session, &mut entries, now);
    }
    session.handle_end(&End::Closed, now);
    take(&mut session, &mut entries, now);
    Record {
        source: Source::Jsonl,
        meta: Meta::new(target, WallClock::new(wall, origin)),
        entries,
        ended: true,
        remarks: Vec::new(),
    }
}

fn take(session: &mut Session, entries: &mut Vec<Entry>, now: Instant) {
    while let Some(event) = session.poll_event() {
        match event {
            Event::Entry(entry) => entries.push(entry),
            Event::StartTls => session.handle_tls(Link::Unverified, now),
            _ => {}
        }
    }
    let _ = session.poll_transmit();
}

/// Records a session from a dialogue of `C:` and `S:` lines; each server line takes 40 ms.
pub fn from_dialogue(text: &str) -> Record {
    let mut acts = Vec::new();
    for line in text.lines().map(str::trim) {
        match line
            .split_once(": ")
            .map_or((line.trim_end_matches(':'), ""), |parts| parts)
        {
            ("S", line) => {
                acts.push(Act::Time(40));
                let more = more();
                acts.push(Act::Server(format!("{line}{more}\r\n").into_bytes()));
            }
            ("C", line) => acts.push(Act::Line(line.to_owned())),
            ("", _) => {}
            _ => panic!("expected C: or S: in {line:?}"),
        }
    }
    record("mx.example.org:587", &acts)
}

/// Compares a text with its snapshot.
#[track_caller]
pub fn snapshot(name: &str, text: &str) {
    let text = text.replace(env!("CARGO_PKG_VERSION"), "VERSION");
    crate::support::snapshot::snapshot(&format!("record/{name}"), &text);
}

/// A login and a message.
pub const MAIL: &str = "
    S: 220 mx.example.org ESMTP
    C: EHLO client.example
    S: 250-mx.example.org
    S: 250-AUTH PLAIN LOGIN
    S: 250 STARTTLS
    C: STARTTLS
    S: 220 2.0.0 go
    C: EHLO client.example
    S: 250-mx.example.org
    S: 250 AUTH PLAIN LOGIN
    C: AUTH PLAIN AGFsaWNlAHdvbmRlcmxhbmQ=
    S: 235 2.7.0 ok
    C: MAIL FROM:<alice@example.org>
    S: 250 2.1.0 ok
    C: RCPT TO:<bob@example.org>
    S: 250 2.1.5 ok
    C: RCPT TO:<nobody@example.org>
    S: 550 5.1.1 no such user
    C: DATA
    S: 354 go
    C: Subject: hello
    C:
    C: ..a dot, stuffed
    C: ```` and <b>bold</b> & \"quoted\"
    C: .
    S: 250 2.0.0 Ok: queued as 4F9A2B1C
    C: QUIT
    S: 221 2.0.0 bye
";

fn octets() -> impl Strategy<Value = Vec<u8>> {
    let lines: Vec<&[u8]> = vec![
        b"220 mx.example\r\n",
        b"250 ok\r\n",
        b"250-mx.example\r\n250-AUTH PLAIN\r\n250 STARTTLS\r\n",
        b"220 2.0.0 go\r\n",
        b"354 go\r\n",
        b"334 VXNlcm5hbWU6\r\n",
        b"334 \r\n",
        b"535 5.7.8 no\r\n",
        b"235 2.7.0 ok\r\n",
        b"421 4.0.0 gone\r\n",
        b"550 5.1.1 no\n",
        b"no code\r\n",
        b"25",
        b"\r",
        b"\r\n",
        b"250 \\c \\x41 [hidden: 3 octets] \r\n",
        b"\0\x1b[2J\r\n",
        b"\xc3\xa9\xff\r\n",
        "250 a\u{202e}b\u{feff}\r\n".as_bytes(),
    ];
    let piece = prop_oneof![
        30 => select(lines).prop_map(<[u8]>::to_vec),
        5 => prop::collection::vec(any::<u8>(), 0..12),
    ];
    prop::collection::vec(piece, 0..6).prop_map(|pieces| pieces.concat())
}

fn line() -> impl Strategy<Value = String> {
    let lines = vec![
        "EHLO me.example",
        "LHLO me.example",
        "MAIL FROM:<a@example.org>",
        "RCPT TO:<b@example.org>",
        "RCPT TO:<[hidden: 9 octets]@example.org> \\c",
        "DATA",
        ".",
        "BDAT 9 LAST",
        "AUTH PLAIN AGFsaWNlAHdvbmRlcmxhbmQ=",
        "AUTH LOGIN",
        "YWxpY2U=",
        "*",
        "",
        " ",
        "STARTTLS",
        "QUIT",
        "grüße\u{9b}",
    ];
    prop_oneof![8 => select(lines).prop_map(str::to_owned), 1 => "[^\r\n\0]{0,20}"]
}

/// Random events of a session, valid and invalid.
pub fn acts() -> impl Strategy<Value = Vec<Act>> {
    let raw: Vec<&[u8]> = vec![
        b"NOOP\r\n",
        b"NO",
        b"\n",
        b"a\nb\r\n",
        b"BDAT 4 LAST\r\nab",
        b"AUTH PLAIN eA==\r\n",
        b"\0\xff",
    ];
    let act = prop_oneof![
        8 => octets().prop_map(Act::Server),
        8 => line().prop_map(Act::Line),
        2 => select(raw).prop_map(|octets| Act::Raw(octets.to_vec())),
        1 => octets().prop_map(Act::Message),
        1 => ".{0,20}".prop_map(Act::Note),
        4 => (0_u64..5_000).prop_map(Act::Time),
    ];
    prop::collection::vec(act, 0..24)
}
