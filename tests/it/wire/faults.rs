//! Servers that misbehave within one short dialogue: the resulting transcript, octet by octet, and
//! the end of the connection.

use std::time::Duration;

use ehlo::net::Security;
use ehlo::smtp::{Awaited, End, NotSentReason, Phase, Verb};

use super::client::Client;
use crate::support::scripted::{Scripted, Step, expects, says, sends};

/// A fault within a dialogue.
struct Fault<'a> {
    security: Security,
    script: Vec<Step>,
    /// The lines to send, each after the previous one is answered.
    lines: &'a [&'a str],
    /// The transcript since the connection was established.
    transcript: &'a [&'a str],
    /// How the connection ends. `None` if it stays open.
    end: Option<End>,
}

impl Fault<'_> {
    #[track_caller]
    fn play(self) -> Client {
        let server = Scripted::start(self.script);
        let mut client = Client::connect_to(&server, self.security);
        client.wait_for_replies();
        for line in self.lines {
            client.ask(line);
        }
        if self.end.is_some() {
            client.wait_for_end();
        }
        client.assert_transcript(self.transcript);
        client.assert_equal("end", &client.ends.first(), &self.end.as_ref());
        client.keep_server(server);
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
        lines: &[],
        transcript: &[
            r"S: 220 \x1b]52;c;aGk=\x07 \x1b[2J \x9b31m \xc2\x9bX \xe2\x80\xae \x7f ESMTP {not UTF-8}",
        ],
        end: None,
    }
    .play();
}

#[test]
fn r05_slow_drip() {
    let greeting = b"220 mx.example ESMTP\r\n";
    let client = Fault {
        security: Security::None,
        script: vec![Step::Drip(greeting.to_vec(), Duration::from_millis(20))],
        lines: &[],
        transcript: &["S: 220 mx.example ESMTP"],
        end: None,
    }
    .play();
    // Progress is reported octet by octet, but a busy machine may read a few together.
    let steps = client.partials.iter().filter(|&&len| len > 0).count();
    client.assert_that(
        &format!("many steps of progress: {:?}", client.partials),
        steps > greeting.len() / 2 && client.partials.is_sorted_by(|a, b| a < b || *b == 0),
    );
    client.assert_equal("the last one", &client.partials.last(), &Some(&0));
}

#[test]
fn r08_replies_sent_ahead() {
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
        lines: &["EHLO me.example", "MAIL FROM:<a@b.example>"],
        transcript: &[
            "S: 220 mx.example",
            "S: 250 mx.example {unsolicited}",
            "!! a reply although no command was sent…",
            "S: 250 sender ok {unsolicited}",
            "S: 250 recipient ok {unsolicited}",
            "C: EHLO me.example",
            "S: 502 5.5.1 no",
            "C: MAIL FROM:<a@b.example> {out of order}",
            "S: 550 5.7.1 no",
            "!! connection closed by the server",
            "!! every command got a reply; 3 unasked replies",
        ],
        end: Some(End::Closed),
    }
    .play();
}

#[test]
fn r11_421_pushed_right_after_ehlo() {
    // After this early 421 nothing is sent automatically; the user may still send lines.
    let client = Fault {
        security: Security::StartTls,
        script: vec![
            says("220 mx.example ESMTP"),
            expects("EHLO me.example"),
            sends("250-mx.example\r\n250 STARTTLS\r\n421 4.3.2 shutting down\r\n"),
            expects("NOOP"),
            Step::Close,
        ],
        lines: &["NOOP"],
        transcript: &[
            "S: 220 mx.example ESMTP",
            "C: EHLO me.example",
            "S: 250-mx.example",
            "S: 250 STARTTLS",
            "!! the server sent more than one reply: STARTTLS not tried",
            "S: 421 4.3.2 shutting down {unsolicited}",
            "!! the server is closing the session: 4.3.2 shutting down",
            "C: NOOP {out of order}",
            "-- connection closed by the server",
            "!! …",
        ],
        end: Some(End::Closed),
    }
    .play();
    client.assert_phase(Phase::Offline);
}

#[test]
fn r11_421_as_the_reply() {
    // Nothing is sent automatically any more, even if the server continues normally.
    Fault {
        security: Security::StartTls,
        script: vec![
            says("220 mx.example ESMTP"),
            expects("EHLO me.example"),
            says("421 4.3.2 shutting down"),
            expects("EHLO me.example"),
            sends("250-mx.example\r\n250 STARTTLS\r\n"),
        ],
        lines: &["EHLO me.example"],
        transcript: &[
            "S: 220 mx.example ESMTP",
            "C: EHLO me.example",
            "S: 421 4.3.2 shutting down",
            "!! the server is closing the session: 4.3.2 shutting down",
            "C: EHLO me.example {out of order}",
            "S: 250-mx.example",
            "S: 250 STARTTLS",
        ],
        end: None,
    }
    .play();
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
        lines: &["EHLO me.example"],
        transcript: &[
            "S: 220 mx.example ESMTP",
            "C: EHLO me.example",
            "S: 250-mx.example",
            "S: 250-AUTH PL {cut: the connection ended here}",
            "!! connection closed by the server",
            "!! the last reply is incomplete: its result is unknown",
            "!! no reply to: EHLO",
        ],
        end: Some(End::Closed),
    }
    .play();
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
        lines: &["EHLO me.example"],
        transcript: &[
            "S: 220 mx.example ESMTP",
            "C: EHLO me.example",
            "S: 250-mx.example",
            "S: 250-AUTH PL {cut: the connection ended here}",
            "!! connection reset by the server (RST)",
            "!! the last reply is incomplete: its result is unknown",
            "!! no reply to: EHLO",
        ],
        end: Some(End::Reset),
    }
    .play();
}

#[test]
fn r14_half_close_after_ehlo() {
    // The end is reported at once, and later lines are returned unsent, although the server could
    // still receive them.
    let mut client = Fault {
        security: Security::None,
        script: vec![
            says("220 mx.example ESMTP"),
            expects("EHLO me.example"),
            says("250 mx.example"),
            Step::HalfClose,
        ],
        lines: &["EHLO me.example"],
        transcript: &[
            "S: 220 mx.example ESMTP",
            "C: EHLO me.example",
            "S: 250 mx.example",
            "!! connection closed by the server",
        ],
        end: Some(End::Closed),
    }
    .play();
    client.type_line("NOOP");
    client.assert_not_sent(&[("NOOP", NotSentReason::NotConnected)]);
}

#[test]
fn r20_greetings_with_odd_octets() {
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
    for (greeting, transcript) in table {
        let client = Fault {
            security: Security::None,
            script: vec![sends(greeting)],
            lines: &[],
            transcript,
            end: None,
        }
        .play();
        client.assert_phase(Phase::Greeted);
    }
}

#[test]
fn r20_line_of_cr_alone() {
    // It never becomes a line, but its octets are reported while they wait.
    let server = Scripted::start(vec![
        sends("220 mx.example\r220 again\r"),
        Step::Gate,
        Step::Close,
    ]);
    let mut client = Client::connect_to(&server, Security::None);
    client.wait_until("the pending octets", |client| {
        client.partials.last() == Some(&25)
    });
    client.assert_transcript(&[]);
    server.open_gate();
    client.wait_for_end();
    client.assert_transcript(&[
        r"S: 220 mx.example\x0d220 again\x0d {bare CR, cut: the connection ended here}",
        "!! connection closed by the server",
        "!! the last reply is incomplete: its result is unknown",
        "!! no reply to: the greeting",
    ]);
}

#[test]
fn r21_code_999_stops_automatic_commands() {
    let client = Fault {
        security: Security::StartTls,
        script: vec![
            says("220 mx.example ESMTP"),
            expects("EHLO me.example"),
            sends("999-mx.example\r\n999 STARTTLS\r\n"),
        ],
        lines: &[],
        transcript: &[
            "S: 220 mx.example ESMTP",
            "C: EHLO me.example",
            "S: 999-mx.example {code out of range, not an answer to this command}",
            "S: 999 STARTTLS {code out of range, not an answer to this command}",
            "!! unexpected code 999 in reply to EHLO: STARTTLS not tried",
        ],
        end: None,
    }
    .play();
    client.assert_phase(Phase::Greeted);
}

#[test]
fn r21_contradicting_codes_with_success_last() {
    let client = Fault {
        security: Security::StartTls,
        script: vec![
            says("220 mx.example ESMTP"),
            expects("EHLO me.example"),
            sends("250-mx.example\r\n550-no\r\n250 STARTTLS\r\n"),
        ],
        lines: &[],
        transcript: &[
            "S: 220 mx.example ESMTP",
            "C: EHLO me.example",
            "S: 250-mx.example",
            "S: 550-no {code changes within the reply}",
            "S: 250 STARTTLS",
            "!! the reply to EHLO contains different codes: STARTTLS not tried",
        ],
        end: None,
    }
    .play();
    let ehlo = Some(Awaited::Command(Verb::Ehlo));
    client.assert_equal("reply", &client.replies.last(), &Some(&(Some(250), ehlo)));
    client.assert_phase(Phase::Ready);
}

#[test]
fn r21_contradicting_codes_with_failure_first() {
    let client = Fault {
        security: Security::StartTls,
        script: vec![
            says("220 mx.example ESMTP"),
            expects("EHLO me.example"),
            sends("550-no\r\n550-no\r\n250 STARTTLS\r\n"),
        ],
        lines: &[],
        transcript: &[
            "S: 220 mx.example ESMTP",
            "C: EHLO me.example",
            "S: 550-no",
            "S: 550-no",
            "S: 250 STARTTLS {code changes within the reply}",
            "!! the reply to EHLO contains different codes: STARTTLS not tried",
        ],
        end: None,
    }
    .play();
    let ehlo = Some(Awaited::Command(Verb::Ehlo));
    client.assert_equal("reply", &client.replies.last(), &Some(&(Some(550), ehlo)));
    client.assert_phase(Phase::Greeted);
}

#[test]
fn t05_tls_in_the_greeting_of_a_plain_connection() {
    // An alert of a server that took the client's silence or EHLO for a bad handshake. It contains
    // no line ending.
    Fault {
        security: Security::None,
        script: vec![sends(b"\x15\x03\x01\x00\x02\x02\x46"), Step::Close],
        lines: &[],
        transcript: &[
            r"S: \x15\x03\x01\x00\x02\x02F {no reply code, NUL, cut: the connection ended here}",
            "!! this port expects TLS from the first octet: connect with --tls implicit",
            "!! connection closed by the server",
            "!! the last reply is incomplete: its result is unknown",
            "!! no reply to: the greeting",
        ],
        end: Some(End::Closed),
    }
    .play();
}
