//! STARTTLS under attack: stripped, with injected replies, with odd replies, with plain text
//! instead of TLS. And without attack: nothing learnt before TLS is kept.

use ehlo::net::{Failure, Security, TlsError};
use ehlo::smtp::{CapabilityState, End, Link, Phase};

use super::certificates::Authority;
use super::client::{Client, HOST, plan};
use crate::support::scripted::{Scripted, Step, expects, says, sends};

/// The server's part of an automatic STARTTLS, up to that command.
fn opening(rest: Vec<Step>) -> Vec<Step> {
    let mut script = vec![
        says("220 mx.example ESMTP"),
        expects("EHLO me.example"),
        sends("250-mx.example\r\n250 STARTTLS\r\n"),
        expects("STARTTLS"),
    ];
    script.extend(rest);
    script
}

/// The transcript of [`opening`].
const OPENING: [&str; 5] = [
    "S: 220 mx.example ESMTP",
    "C: EHLO me.example",
    "S: 250-mx.example",
    "S: 250 STARTTLS",
    "C: STARTTLS",
];

/// Plays a server with which an automatic STARTTLS fails, and asserts the error and the transcript.
#[track_caller]
fn assert_fails(script: Vec<Step>, error: TlsError, transcript: &[&str]) {
    let server = Scripted::start(script);
    let mut client = Client::connect_to(&server, Security::StartTls);
    client.wait_for_end();
    client.assert_failures(&[Failure::Tls(error)]);
    client.assert_ends(&[End::ByUs]);
    let transcript: Vec<_> = OPENING.iter().chain(transcript).copied().collect();
    client.assert_transcript(&transcript);
    client.assert_phase(Phase::Offline);
}

#[test]
fn an_lmtp_server_gets_lhlo() {
    let server = Scripted::start(vec![
        says("220 mx.example LMTP ready"),
        expects("LHLO me.example"),
        says("250 mx.example"),
    ]);
    let mut client = Client::connect_to(&server, Security::StartTls);
    client.wait_until("the reply to LHLO", |client| client.replies.len() == 2);
    client.assert_transcript(&[
        "S: 220 mx.example LMTP ready",
        "C: LHLO me.example",
        "S: 250 mx.example",
        "!! STARTTLS is not offered: the link stays in plain text",
    ]);
}

#[test]
fn t01_injection_same_segment() {
    assert_fails(
        opening(vec![sends(
            "220 go ahead\r\n250-evil.example\r\n250 AUTH PLAIN\r\n",
        )]),
        TlsError::Injected(34),
        &[
            "S: 220 go ahead",
            "S: 250-evil.example {unsolicited}",
            "S: 250 AUTH PLAIN {unsolicited}",
            "!! TLS refused: 34 octets of plain text arrived with the 220 to STARTTLS, as in a response injection attack (RFC 3207 s6)",
            "-- connection closed by ehlo",
        ],
    );
}

#[test]
fn t01_injection_without_line_end() {
    assert_fails(
        opening(vec![sends("220 go ahead\r\n250 evil")]),
        TlsError::Injected(8),
        &[
            "S: 220 go ahead",
            "S: 250 evil {cut: the connection ended here, unsolicited}",
            "!! TLS refused: 8 octets of plain text…",
            "-- connection closed by ehlo",
        ],
    );
}

#[test]
fn t01_injection_before_starttls() {
    // STARTTLS is typed, because an automatic one would not be sent: see the next test.
    let server = Scripted::start(vec![
        says("220 mx.example ESMTP"),
        expects("EHLO me.example"),
        sends("250-mx.example\r\n250 STARTTLS\r\n220 go ahead\r\n250 evil\r\n"),
        expects("STARTTLS"),
        says("220 the real one"),
    ]);
    let mut client = Client::connect_to(&server, Security::None);
    client.wait_for_replies();
    client.ask("EHLO me.example");
    client.wait_until("the injected lines", |client| client.replies.len() == 4);
    client.type_line("STARTTLS");
    client.wait_for_end();
    client.assert_failures(&[Failure::Tls(TlsError::Injected(24))]);
    let transcript = [
        &OPENING[..4],
        &[
            "S: 220 go ahead {unsolicited}",
            "!! more replies than commands…",
            "S: 250 evil {unsolicited}",
            "C: STARTTLS",
            "S: 220 the real one",
            "!! TLS refused: 24 octets…",
            "-- connection closed by ehlo",
            "!! every command got a reply; 2 unasked replies",
        ],
    ];
    client.assert_transcript(&transcript.concat());
}

#[test]
fn t01_injection_stops_automatic_starttls() {
    let server = Scripted::start(vec![
        says("220 mx.example ESMTP"),
        expects("EHLO me.example"),
        sends("250-mx.example\r\n250 STARTTLS\r\n220 go ahead\r\n250 evil\r\n"),
    ]);
    let mut client = Client::connect_to(&server, Security::StartTls);
    client.wait_until("the injected lines", |client| client.replies.len() == 4);
    let transcript = [
        &OPENING[..4],
        &[
            "!! the server sent more than one reply: STARTTLS not tried",
            "S: 220 go ahead {unsolicited}",
            "!! more replies than commands…",
            "S: 250 evil {unsolicited}",
        ],
    ];
    client.assert_transcript(&transcript.concat());
    client.assert_equal("link", &client.status.link, &Link::Clear);
}

#[test]
fn t01_injection_separate_segment() {
    assert_fails(
        opening(vec![
            says("220 go ahead"),
            Step::ClientHello,
            sends("250-evil.example\r\n250 AUTH PLAIN\r\n"),
        ]),
        TlsError::PlainText(b"250-evil.example\r\n250 AUTH PLAIN\r\n".to_vec()),
        &[
            "S: 220 go ahead",
            r"!! TLS failed: the server sent plain text instead of TLS: 250-evil.example\r\n250 AUTH PLAIN\r\n",
            "-- connection closed by ehlo",
        ],
    );
}

#[test]
fn t04_plain_text_instead_of_tls() {
    // The server answers 220 and then takes the ClientHello for a command.
    assert_fails(
        opening(vec![
            says("220 ready when you are"),
            Step::ClientHello,
            says("500 5.5.1 Command unrecognized"),
            Step::Close,
        ]),
        TlsError::PlainText(b"500 5.5.1 Command unrecognized\r\n".to_vec()),
        &[
            "S: 220 ready when you are",
            r"!! TLS failed: the server sent plain text instead of TLS: 500 5.5.1 Command unrecognized\r\n",
            "-- connection closed by ehlo",
        ],
    );
}

#[test]
fn t01_commands_after_starttls() {
    // Their replies could come before TLS and be taken for replies under TLS.
    let server = Scripted::start(vec![
        says("220 mx.example ESMTP"),
        expects("EHLO me.example"),
        sends("250-mx.example\r\n250 STARTTLS\r\n"),
        expects("STARTTLS"),
        expects("NOOP"),
        says("220 go ahead"),
    ]);
    let mut client = Client::connect_to(&server, Security::None);
    client.wait_for_replies();
    client.ask("EHLO me.example");
    client.type_line("STARTTLS");
    client.type_line("NOOP");
    client.wait_for_end();
    client.assert_failures(&[Failure::Tls(TlsError::Unanswered)]);
    client.assert_line(
        "!! TLS refused: commands sent after STARTTLS have no reply yet (RFC 3207 s4)",
    );
}

#[test]
fn starttls_under_tls() {
    // The server should answer 503. Its 220 does not start TLS inside TLS.
    let config = Authority::new("Test Root").server(&[HOST]);
    let server = Scripted::start(vec![
        Step::Tls(config),
        says("220 mx.example ESMTP"),
        expects("EHLO me.example"),
        says("250 mx.example"),
        expects("STARTTLS"),
        says("220 go ahead"),
    ]);
    let mut client = Client::connect_to(&server, Security::Implicit);
    client.wait_for_replies();
    client.ask("EHLO me.example");
    client.type_line("STARTTLS");
    client.wait_for_end();
    client.assert_line("tls C: STARTTLS {out of order}");
    client.assert_line("tls !! TLS failed: TLS is on already, and the server accepted STARTTLS again: reconnect, and leave it out");
    client.assert_ends(&[End::ByUs]);
}

#[test]
fn t02_replies_that_leave_the_link_without_tls() {
    for (reply, line) in [
        (
            "454 4.7.0 TLS not available",
            "S: 454 4.7.0 TLS not available",
        ),
        ("354 go on", "S: 354 go on {not an answer to this command}"),
        ("502 5.5.1 no", "S: 502 5.5.1 no"),
    ] {
        let server = Scripted::start(opening(vec![says(reply)]));
        let mut client = Client::connect_to(&server, Security::StartTls);
        client.wait_until("the reply", |client| client.replies.len() == 3);
        let note = format!(
            "!! STARTTLS got reply {}: the link stays in plain text",
            &reply[..3]
        );
        let transcript: Vec<_> = OPENING.into_iter().chain([line, note.as_str()]).collect();
        client.assert_transcript(&transcript);
        client.assert_equal("link", &client.status.link, &Link::Clear);
        client.assert_phase(Phase::Ready);
    }
}

#[test]
fn forgets_capabilities_after_starttls() {
    let authority = Authority::new("Test Authority");
    let server = Scripted::start(opening(vec![
        says("220 go ahead"),
        Step::Tls(authority.server(&[HOST])),
        expects("EHLO me.example"),
        sends("250-mx.example\r\n250 AUTH PLAIN\r\n"),
        expects("QUIT"),
        says("221 bye"),
        Step::Close,
    ]));
    let mut client = Client::new();
    client.show_journal_of(&server);
    let mut plan = plan(&server, Security::StartTls);
    plan.tls.authorities.push(authority.der());
    client.connect(plan);
    client.wait_until("the capabilities under TLS", |client| {
        matches!(client.status.capabilities.now, CapabilityState::Known(_))
            && client.status.link == Link::Verified
    });
    client.ask("QUIT");
    client.wait_for_end();
    client.assert_ends(&[End::Closed]);
    let transcript = [
        &OPENING[..],
        &[
            "S: 220 go ahead",
            "-- TLSv1.3 TLS_… handshake …ms",
            "-- certificate CN=mx.example: verified",
            "tls -- capabilities discarded: send EHLO again (RFC 3207 s4.2)",
            "tls C: EHLO me.example",
            "tls S: 250-mx.example",
            "tls S: 250 AUTH PLAIN",
            "tls C: QUIT",
            "tls S: 221 bye",
            "tls -- connection closed by the server",
        ],
    ];
    client.assert_transcript(&transcript.concat());
}
