//! STARTTLS and those who stand between: stripped, injected, answered oddly, answered in plain
//! text. And when all is well, that nothing learnt in clear survives.

use ehlo::net::{Failure, Security, TlsError};
use ehlo::smtp::{CapabilityState, End, Link, Phase};

use super::certificates::Authority;
use super::client::{Client, HOST, plan};
use crate::support::scripted::{Scripted, Step, expects, says, sends};

/// A server's side up to the STARTTLS of an opening that goes by itself.
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

/// What the transcript reads of it.
const OPENING: [&str; 5] = [
    "S: 220 mx.example ESMTP",
    "C: EHLO me.example",
    "S: 250-mx.example",
    "S: 250 STARTTLS",
    "C: STARTTLS",
];

/// Plays a server whose STARTTLS goes wrong, in the opening that goes by itself.
#[track_caller]
fn fails(script: Vec<Step>, error: TlsError, reads: &[&str]) {
    let server = Scripted::start(script);
    let mut client = Client::of(&server, Security::StartTls);
    client.over();
    client.has_failed(&[Failure::Tls(error)]);
    client.has_ended(&[End::ByUs]);
    let read: Vec<_> = OPENING.iter().chain(reads).copied().collect();
    client.reads(&read);
    client.stands(Phase::Offline);
}

#[test]
fn t01_injection_same_segment() {
    fails(
        opening(vec![sends(
            "220 go ahead\r\n250-evil.example\r\n250 AUTH PLAIN\r\n",
        )]),
        TlsError::Injected(34),
        &[
            "S: 220 go ahead",
            "S: 250-evil.example {unasked for}",
            "S: 250 AUTH PLAIN {unasked for}",
            "!! TLS refused: 34 octets of plain text arrived with the 220 to STARTTLS, as in a response injection attack (RFC 3207 s6)",
            "-- connection closed by ehlo",
        ],
    );
}

#[test]
fn t01_injection_without_line_end() {
    fails(
        opening(vec![sends("220 go ahead\r\n250 evil")]),
        TlsError::Injected(8),
        &[
            "S: 220 go ahead",
            "S: 250 evil {cut: the connection ended here, unasked for}",
            "!! TLS refused: 8 octets of plain text…",
            "-- connection closed by ehlo",
        ],
    );
}

#[test]
fn t01_injection_before_starttls_was_asked() {
    // By hand, since an opening would not even try: see the next test.
    let server = Scripted::start(vec![
        says("220 mx.example ESMTP"),
        expects("EHLO me.example"),
        sends("250-mx.example\r\n250 STARTTLS\r\n220 go ahead\r\n250 evil\r\n"),
        expects("STARTTLS"),
        says("220 the real one"),
    ]);
    let mut client = Client::of(&server, Security::None);
    client.answered();
    client.asks("EHLO me.example");
    client.until("the injected lines", |client| client.replies.len() == 4);
    client.types("STARTTLS");
    client.over();
    client.has_failed(&[Failure::Tls(TlsError::Injected(24))]);
    let reads = [
        &OPENING[..4],
        &[
            "S: 220 go ahead {unasked for}",
            "S: 250 evil {unasked for}",
            "C: STARTTLS",
            "S: 220 the real one",
            "!! TLS refused: 24 octets…",
            "-- connection closed by ehlo",
            "!! every command got a reply; 2 unasked replies",
        ],
    ];
    client.reads(&reads.concat());
}

#[test]
fn t01_injection_stops_the_opening() {
    let server = Scripted::start(vec![
        says("220 mx.example ESMTP"),
        expects("EHLO me.example"),
        sends("250-mx.example\r\n250 STARTTLS\r\n220 go ahead\r\n250 evil\r\n"),
    ]);
    let mut client = Client::of(&server, Security::StartTls);
    client.until("the injected lines", |client| client.replies.len() == 4);
    let reads = [
        &OPENING[..4],
        &[
            "!! the server sent more than one reply: STARTTLS not tried",
            "S: 220 go ahead {unasked for}",
            "S: 250 evil {unasked for}",
        ],
    ];
    client.reads(&reads.concat());
    client.same("link", &client.status.link, &Link::Clear);
}

#[test]
fn t01_injection_separate_segment() {
    fails(
        opening(vec![
            says("220 go ahead"),
            Step::ClientHello,
            sends("250-evil.example\r\n250 AUTH PLAIN\r\n"),
        ]),
        TlsError::PlainText(b"250-evil.example\r\n250 AUTH PLAIN\r\n".to_vec()),
        &[
            "S: 220 go ahead",
            r"!! TLS failed: the server did not start TLS, it sent plain text: 250-evil.example\r\n250 AUTH PLAIN\r\n",
            "-- connection closed by ehlo",
        ],
    );
}

#[test]
fn t04_plain_text_instead_of_tls() {
    // As a server does that answers 220 and then takes the ClientHello for a command.
    fails(
        opening(vec![
            says("220 ready when you are"),
            Step::ClientHello,
            says("500 5.5.1 Command unrecognized"),
            Step::Close,
        ]),
        TlsError::PlainText(b"500 5.5.1 Command unrecognized\r\n".to_vec()),
        &[
            "S: 220 ready when you are",
            r"!! TLS failed: the server did not start TLS, it sent plain text: 500 5.5.1 Command unrecognized\r\n",
            "-- connection closed by ehlo",
        ],
    );
}

#[test]
fn t01_commands_behind_starttls() {
    // Their answers could come in clear and be taken for answers under TLS.
    let server = Scripted::start(vec![
        says("220 mx.example ESMTP"),
        expects("EHLO me.example"),
        sends("250-mx.example\r\n250 STARTTLS\r\n"),
        expects("STARTTLS"),
        expects("NOOP"),
        says("220 go ahead"),
    ]);
    let mut client = Client::of(&server, Security::None);
    client.answered();
    client.asks("EHLO me.example");
    client.types("STARTTLS");
    client.types("NOOP");
    client.over();
    client.has_failed(&[Failure::Tls(TlsError::Unanswered)]);
    client.shows("!! TLS refused: commands sent after STARTTLS have no reply yet (RFC 3207 s4)");
}

#[test]
fn starttls_under_tls() {
    // The server should have said 503; that it says 220 does not lead into a second TLS.
    let config = Authority::new("Test Root").server(&[HOST]);
    let server = Scripted::start(vec![
        Step::Tls(config),
        says("220 mx.example ESMTP"),
        expects("EHLO me.example"),
        says("250 mx.example"),
        expects("STARTTLS"),
        says("220 go ahead"),
    ]);
    let mut client = Client::of(&server, Security::Implicit);
    client.answered();
    client.asks("EHLO me.example");
    client.types("STARTTLS");
    client.over();
    client.shows("tls C: STARTTLS {out of order}");
    client.shows("tls !! TLS failed: TLS inside TLS is not supported");
    client.has_ended(&[End::ByUs]);
}

#[test]
fn t02_answers_that_leave_the_link_in_clear() {
    for (answer, reads) in [
        (
            "454 4.7.0 TLS not available",
            "S: 454 4.7.0 TLS not available",
        ),
        ("354 go on", "S: 354 go on {not an answer to this command}"),
        ("502 5.5.1 no", "S: 502 5.5.1 no"),
    ] {
        let server = Scripted::start(opening(vec![says(answer)]));
        let mut client = Client::of(&server, Security::StartTls);
        client.until("the answer", |client| client.replies.len() == 3);
        let words = format!(
            "!! STARTTLS got reply {}: the link stays in plain text",
            &answer[..3]
        );
        let read: Vec<_> = OPENING.into_iter().chain([reads, words.as_str()]).collect();
        client.reads(&read);
        client.same("link", &client.status.link, &Link::Clear);
        client.stands(Phase::Ready);
    }
}

#[test]
fn all_is_well_and_the_list_is_forgotten() {
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
    client.watch(&server);
    let mut plan = plan(&server, Security::StartTls);
    plan.tls.authorities.push(authority.der());
    client.connect(plan);
    client.until("the list under TLS", |client| {
        matches!(client.status.capabilities.now, CapabilityState::Known(_))
            && client.status.link == Link::Verified
    });
    client.asks("QUIT");
    client.over();
    client.has_ended(&[End::Closed]);
    let reads = [
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
    client.reads(&reads.concat());
}
