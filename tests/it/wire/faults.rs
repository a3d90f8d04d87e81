//! Servers that misbehave within one short dialogue: what the transcript then reads, octet by
//! octet, and how the connection ends.

use std::time::Duration;

use ehlo::net::Security;
use ehlo::smtp::{Awaited, End, NotSentReason, Phase, Verb};

use super::client::Client;
use crate::support::scripted::{Scripted, Step, expects, says, sends};

/// A fault with the dialogue around it.
struct Fault<'a> {
    security: Security,
    script: Vec<Step>,
    /// What is typed, each line when the one before is answered.
    asks: &'a [&'a str],
    /// The transcript since the connection stood.
    reads: &'a [&'a str],
    /// How it ends; none while the connection stands.
    ends: Option<End>,
}

impl Fault<'_> {
    #[track_caller]
    fn plays(self) -> Client {
        let server = Scripted::start(self.script);
        let mut client = Client::of(&server, self.security);
        client.answered();
        for line in self.asks {
            client.asks(line);
        }
        if self.ends.is_some() {
            client.over();
        }
        client.reads(self.reads);
        client.same("ends", &client.ends.first(), &self.ends.as_ref());
        client.keep(server);
        client
    }
}

#[test]
fn d01_escapes_in_the_banner() {
    Fault {
        security: Security::None,
        script: vec![sends(
            b"220 \x1b]52;c;aGk=\x07 \x1b[2J \x9b31m \xc2\x9bX \xe2\x80\xae \x7f ESMTP\r\n",
        )],
        asks: &[],
        reads: &[
            r"S: 220 \x1b]52;c;aGk=\x07 \x1b[2J \x9b31m \xc2\x9bX \xe2\x80\xae \x7f ESMTP {not UTF-8}",
        ],
        ends: None,
    }
    .plays();
}

#[test]
fn r05_slow_drip() {
    let greeting = b"220 mx.example ESMTP\r\n";
    let client = Fault {
        security: Security::None,
        script: vec![Step::Drip(greeting.to_vec(), Duration::from_millis(20))],
        asks: &[],
        reads: &["S: 220 mx.example ESMTP"],
        ends: None,
    }
    .plays();
    // Progress is told octet by octet; a busy machine may see a few together.
    let steps = client.partials.iter().filter(|&&len| len > 0).count();
    client.check(
        &format!("many steps of progress: {:?}", client.partials),
        steps > greeting.len() / 2 && client.partials.is_sorted_by(|a, b| a < b || *b == 0),
    );
    client.same("the last one", &client.partials.last(), &Some(&0));
}

#[test]
fn r08_pre_sent_answers() {
    Fault {
        security: Security::None,
        script: vec![
            sends("220 mx.example\r\n250 mx.example\r\n250 sender ok\r\n250 recipient ok\r\n"),
            expects("EHLO me.example"),
            says("502 5.5.1 no"),
            expects("MAIL FROM:<a@b.example>"),
            says("550 5.7.1 no"),
            Step::Close,
        ],
        asks: &["EHLO me.example", "MAIL FROM:<a@b.example>"],
        reads: &[
            "S: 220 mx.example",
            "S: 250 mx.example {unasked for}",
            "S: 250 sender ok {unasked for}",
            "S: 250 recipient ok {unasked for}",
            "C: EHLO me.example",
            "S: 502 5.5.1 no",
            "C: MAIL FROM:<a@b.example> {out of order}",
            "S: 550 5.7.1 no",
            "!! connection closed by the server",
            "!! every command got a reply; 3 unasked replies",
        ],
        ends: Some(End::Closed),
    }
    .plays();
}

#[test]
fn r11_421_pushed_right_after_ehlo() {
    // Nothing goes by itself after it, but a person may still type.
    let client = Fault {
        security: Security::StartTls,
        script: vec![
            says("220 mx.example ESMTP"),
            expects("EHLO me.example"),
            sends("250-mx.example\r\n250 STARTTLS\r\n421 4.3.2 shutting down\r\n"),
            expects("NOOP"),
            Step::Close,
        ],
        asks: &["NOOP"],
        reads: &[
            "S: 220 mx.example ESMTP",
            "C: EHLO me.example",
            "S: 250-mx.example",
            "S: 250 STARTTLS",
            "!! the server sent more than one reply: STARTTLS not tried",
            "S: 421 4.3.2 shutting down {unasked for}",
            "!! the server is closing the session: 4.3.2 shutting down",
            "C: NOOP {out of order}",
            "-- connection closed by the server",
            "!! …",
        ],
        ends: Some(End::Closed),
    }
    .plays();
    client.stands(Phase::Offline);
}

#[test]
fn r11_421_as_the_answer() {
    // What was to go by itself does not, even when the server goes on as if nothing had been.
    Fault {
        security: Security::StartTls,
        script: vec![
            says("220 mx.example ESMTP"),
            expects("EHLO me.example"),
            says("421 4.3.2 shutting down"),
            expects("EHLO me.example"),
            sends("250-mx.example\r\n250 STARTTLS\r\n"),
        ],
        asks: &["EHLO me.example"],
        reads: &[
            "S: 220 mx.example ESMTP",
            "C: EHLO me.example",
            "S: 421 4.3.2 shutting down",
            "!! the server is closing the session: 4.3.2 shutting down",
            "C: EHLO me.example {out of order}",
            "S: 250-mx.example",
            "S: 250 STARTTLS",
        ],
        ends: None,
    }
    .plays();
}

#[test]
fn r12_fin_in_mid_reply() {
    Fault {
        security: Security::None,
        script: vec![
            says("220 mx.example ESMTP"),
            expects("EHLO me.example"),
            sends("250-mx.example\r\n250-AUTH PL"),
            Step::Close,
        ],
        asks: &["EHLO me.example"],
        reads: &[
            "S: 220 mx.example ESMTP",
            "C: EHLO me.example",
            "S: 250-mx.example",
            "S: 250-AUTH PL {cut: the connection ended here}",
            "!! connection closed by the server",
            "!! the last reply is incomplete: its result is unknown",
            "!! no reply to: EHLO",
        ],
        ends: Some(End::Closed),
    }
    .plays();
}

#[test]
fn r13_rst_in_mid_reply() {
    Fault {
        security: Security::None,
        script: vec![
            says("220 mx.example ESMTP"),
            expects("EHLO me.example"),
            sends("250-mx.example\r\n250-AUTH PL"),
            Step::Reset,
        ],
        asks: &["EHLO me.example"],
        reads: &[
            "S: 220 mx.example ESMTP",
            "C: EHLO me.example",
            "S: 250-mx.example",
            "S: 250-AUTH PL {cut: the connection ended here}",
            "!! connection reset by the server (RST)",
            "!! the last reply is incomplete: its result is unknown",
            "!! no reply to: EHLO",
        ],
        ends: Some(End::Reset),
    }
    .plays();
}

#[test]
fn r14_half_close_after_ehlo() {
    // The end is told at once, and what is typed then comes back; the server would have heard it.
    let mut client = Fault {
        security: Security::None,
        script: vec![
            says("220 mx.example ESMTP"),
            expects("EHLO me.example"),
            says("250 mx.example"),
            Step::HalfClose,
        ],
        asks: &["EHLO me.example"],
        reads: &[
            "S: 220 mx.example ESMTP",
            "C: EHLO me.example",
            "S: 250 mx.example",
            "!! connection closed by the server",
        ],
        ends: Some(End::Closed),
    }
    .plays();
    client.types("NOOP");
    client.came_back(&[("NOOP", NotSentReason::NotConnected)]);
}

#[test]
fn r20_greeting_of_one_octet_kind_or_another() {
    let table: &[(&[u8], &[&str])] = &[
        (b"220\r\n", &["S: 220"]),
        (b"220 mx.example\n", &["S: 220 mx.example {bare LF}"]),
        (b"220 mx\0.example\r\n", &[r"S: 220 mx\x00.example {NUL}"]),
        (
            b"220 m\xfcller \xc3\x28\r\n",
            &[r"S: 220 m\xfcller \xc3( {not UTF-8}"],
        ),
        (b"220 a\rb\r\r\n", &[r"S: 220 a\x0db\x0d {bare CR}"]),
        (
            b"\xef\xbb\xbf220 mx.example\r\n220 mx.example\r\n",
            &[
                r"S: \xef\xbb\xbf220 mx.example {no reply code}",
                "S: 220 mx.example",
            ],
        ),
    ];
    for (greeting, reads) in table {
        let client = Fault {
            security: Security::None,
            script: vec![sends(greeting)],
            asks: &[],
            reads,
            ends: None,
        }
        .plays();
        client.stands(Phase::Greeted);
    }
}

#[test]
fn r20_line_of_cr_alone() {
    // It never becomes a line, but its octets are told while they wait.
    let server = Scripted::start(vec![
        sends("220 mx.example\r220 again\r"),
        Step::Gate,
        Step::Close,
    ]);
    let mut client = Client::of(&server, Security::None);
    client.until("the pending octets", |client| {
        client.partials.last() == Some(&25)
    });
    client.reads(&[]);
    server.open_gate();
    client.over();
    client.reads(&[
        r"S: 220 mx.example\x0d220 again\x0d {bare CR, cut: the connection ended here}",
        "!! connection closed by the server",
        "!! the last reply is incomplete: its result is unknown",
        "!! no reply to: the greeting",
    ]);
}

#[test]
fn r21_code_999_stops_what_goes_by_itself() {
    let client = Fault {
        security: Security::StartTls,
        script: vec![
            says("220 mx.example ESMTP"),
            expects("EHLO me.example"),
            sends("999-mx.example\r\n999 STARTTLS\r\n"),
        ],
        asks: &[],
        reads: &[
            "S: 220 mx.example ESMTP",
            "C: EHLO me.example",
            "S: 999-mx.example {code out of range, not an answer to this command}",
            "S: 999 STARTTLS {code out of range, not an answer to this command}",
            "!! unexpected code 999 in reply to EHLO: STARTTLS not tried",
        ],
        ends: None,
    }
    .plays();
    client.stands(Phase::Greeted);
}

#[test]
fn r21_codes_contradict_but_the_last_says_yes() {
    let client = Fault {
        security: Security::StartTls,
        script: vec![
            says("220 mx.example ESMTP"),
            expects("EHLO me.example"),
            sends("250-mx.example\r\n550-no\r\n250 STARTTLS\r\n"),
        ],
        asks: &[],
        reads: &[
            "S: 220 mx.example ESMTP",
            "C: EHLO me.example",
            "S: 250-mx.example",
            "S: 550-no {code changes within the reply}",
            "S: 250 STARTTLS",
            "!! the reply to EHLO contains different codes: STARTTLS not tried",
        ],
        ends: None,
    }
    .plays();
    let ehlo = Some(Awaited::Command(Verb::Ehlo));
    client.same("reply", &client.replies.last(), &Some(&(Some(250), ehlo)));
    client.stands(Phase::Ready);
}

#[test]
fn r21_codes_contradict_and_the_first_says_no() {
    let client = Fault {
        security: Security::StartTls,
        script: vec![
            says("220 mx.example ESMTP"),
            expects("EHLO me.example"),
            sends("550-no\r\n550-no\r\n250 STARTTLS\r\n"),
        ],
        asks: &[],
        reads: &[
            "S: 220 mx.example ESMTP",
            "C: EHLO me.example",
            "S: 550-no",
            "S: 550-no",
            "S: 250 STARTTLS {code changes within the reply}",
            "!! the reply to EHLO contains different codes: STARTTLS not tried",
        ],
        ends: None,
    }
    .plays();
    let ehlo = Some(Awaited::Command(Verb::Ehlo));
    client.same("reply", &client.replies.last(), &Some(&(Some(550), ehlo)));
    client.stands(Phase::Greeted);
}

#[test]
fn t05_tls_in_the_greeting_of_a_plain_connection() {
    // An alert of a server that took our silence, or our EHLO, for a bad handshake. It ends no line.
    Fault {
        security: Security::None,
        script: vec![sends(b"\x15\x03\x01\x00\x02\x02\x46"), Step::Close],
        asks: &[],
        reads: &[
            r"S: \x15\x03\x01\x00\x02\x02F {no reply code, NUL, cut: the connection ended here}",
            "!! this port expects TLS from the first octet: connect with --tls implicit",
            "!! connection closed by the server",
            "!! the last reply is incomplete: its result is unknown",
            "!! no reply to: the greeting",
        ],
        ends: Some(End::Closed),
    }
    .plays();
}
