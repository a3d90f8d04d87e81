//! Handshakes that fail: each way has a sentence of its own.

use std::collections::HashSet;
use std::time::Duration;

use ehlo::manual;
use ehlo::net::{Failure, Plan, Security, Sni, TlsError, TlsOptions};
use ehlo::report::failure;
use ehlo::smtp::End;
use tokio_rustls::rustls::version::{TLS12, TLS13};

use super::certificates::{Authority, leaf};
use super::client::{Client, HOST, plan};
use crate::support::scripted::{Scripted, Step, expects, says, sends};

/// A server that answers the ClientHello of a connection under TLS from the first octet with `rest`.
#[track_caller]
fn fails(rest: Vec<Step>, error: TlsError) {
    let mut script = vec![Step::ClientHello];
    script.extend(rest);
    let server = Scripted::start(script);
    let mut client = Client::of(&server, Security::Implicit);
    client.over();
    client.shows(&format!("!! TLS failed: {error}"));
    client.has_failed(&[Failure::Tls(error)]);
    client.has_ended(&[]);
}

fn alert(number: u8) -> Step {
    sends([0x15, 3, 3, 0, 2, 2, number])
}

fn named(number: u8, name: &str) -> TlsError {
    TlsError::Alert {
        number,
        name: name.to_owned(),
    }
}

#[test]
fn c34_plain_text_where_tls_is_expected() {
    // A server that speaks first has sent its banner by the time the ClientHello comes.
    let banner = "220 mx.example ESMTP\r\n";
    let server = Scripted::start(vec![sends(banner), Step::ClientHello]);
    let mut client = Client::of(&server, Security::Implicit);
    client.over();
    let error = TlsError::PlainText(banner.as_bytes().to_vec());
    client.has_failed(&[Failure::Tls(error)]);
    client.shows(
        r"!! TLS failed: the server did not start TLS, it sent plain text: 220 mx.example ESMTP\r\n",
    );
}

#[test]
fn c34_plain_text_too_short_for_a_record() {
    for text in ["2", "22", "220 "] {
        fails(
            vec![sends(text), Step::Close],
            TlsError::PlainText(text.as_bytes().to_vec()),
        );
    }
}

#[test]
fn c37_every_alert_has_its_registered_name() {
    let mut said = HashSet::new();
    let begun = Plan {
        security: Security::Implicit,
        ..Plan::default()
    };
    for (number, row) in manual::alerts() {
        let number = number.parse().unwrap();
        // What nobody sends any more is registered so.
        let name = row.name.trim_end_matches("_RESERVED");
        let error = match number {
            40 => TlsError::NothingInCommon,
            70 => TlsError::TooOld,
            number => named(number, name),
        };
        fails(vec![alert(number)], error.clone());
        let words = failure::advice(&Failure::Tls(error), &begun, None);
        assert!(
            said.insert(words.clone()),
            "{number}: said before: {words:?}"
        );
    }
    fails(vec![alert(99)], named(99, "of no known name"));
}

#[test]
fn c29_server_of_another_age() {
    fails(vec![alert(70)], TlsError::TooOld);
    // A ServerHello of TLS 1.0: its record, its handshake header, version, random, no session,
    // TLS_RSA_WITH_AES_128_CBC_SHA, no compression.
    let mut hello = vec![0x16, 3, 1, 0, 42, 2, 0, 0, 38, 3, 1];
    hello.extend([7; 32]);
    hello.extend([0, 0, 0x2f, 0]);
    fails(vec![sends(hello)], TlsError::TooOld);
}

#[test]
fn c32_nothing_in_common() {
    fails(vec![alert(40)], TlsError::NothingInCommon);
    fails(
        vec![sends([0x15, 3, 0, 0, 2, 2, 40])],
        TlsError::NothingInCommon,
    );
}

#[test]
fn closed_during_the_handshake() {
    fails(vec![Step::Close], TlsError::Closed);
    fails(vec![Step::Reset], TlsError::Closed);
    fails(vec![sends([0x16]), Step::Close], TlsError::Closed);
    fails(
        vec![sends([0x16, 3, 3, 0, 90, 2, 0]), Step::Close],
        TlsError::Closed,
    );
    fails(
        vec![sends([0x15, 3, 3, 0, 2, 1, 0]), Step::Close],
        TlsError::Closed,
    );
}

#[test]
fn silence_during_the_handshake() {
    let patience = Duration::from_secs(1);
    let server = Scripted::start(vec![Step::ClientHello]);
    let mut client = Client::new();
    client.watch(&server);
    client.connect(Plan {
        timeout: patience,
        ..plan(&server, Security::Implicit)
    });
    client.over();
    client.has_failed(&[Failure::Tls(TlsError::TimedOut(patience))]);
    client.shows("!! TLS failed: the TLS handshake was not done after 1 s");
}

#[test]
fn silence_after_starttls() {
    let patience = Duration::from_secs(1);
    let server = Scripted::start(vec![
        says("220 mx.example ESMTP"),
        expects("EHLO me.example"),
        says("250 STARTTLS"),
        expects("STARTTLS"),
        says("220 go ahead"),
        Step::ClientHello,
    ]);
    let mut client = Client::new();
    client.watch(&server);
    client.connect(Plan {
        timeout: patience,
        ..plan(&server, Security::None)
    });
    client.answered();
    client.asks("EHLO me.example");
    client.types("STARTTLS");
    client.over();
    client.has_failed(&[Failure::Tls(TlsError::TimedOut(patience))]);
    client.has_ended(&[End::ByUs]);
}

#[test]
fn a_name_that_tls_cannot_carry() {
    let server = Scripted::start(vec![]);
    let mut client = Client::new();
    client.watch(&server);
    client.connect(Plan {
        tls: TlsOptions {
            sni: Sni::Name("müller.example".to_owned()),
            ..TlsOptions::default()
        },
        ..plan(&server, Security::Implicit)
    });
    client.over();
    let error = TlsError::BadName("müller.example".to_owned());
    client.has_failed(&[Failure::Tls(error)]);
}

#[test]
fn c28_client_certificate_wanted() {
    let root = Authority::new("Test Root");
    let wary = |version| root.sign(&leaf(&[HOST])).wary_server(&[version], &root);
    let server = Scripted::start(vec![Step::NoTls(wary(&TLS12))]);
    let mut client = Client::of(&server, Security::Implicit);
    client.over();
    println!("TLS 1.2: {:?}", client.failures);
    client.check(
        "refused within the handshake",
        matches!(
            client.failures[..],
            [Failure::Tls(TlsError::CertificateWanted(_))]
        ),
    );
    // Under TLS 1.3 a client is done with the handshake before the server refuses it.
    let server = Scripted::start(vec![Step::NoTls(wary(&TLS13))]);
    let mut client = Client::of(&server, Security::Implicit);
    client.over();
    println!("TLS 1.3: {:?}", client.ends);
    client.shows("tls !! connection lost: the server sent the TLS alert 116, certificate_required");
}

#[test]
fn c24_more_names_than_a_handshake_holds() {
    let names: Vec<String> = (0..10_000).map(|n| format!("n{n}.example")).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let config = Authority::new("Test Root").server(&names);
    let server = Scripted::start(vec![Step::NoTls(config)]);
    let mut client = Client::of(&server, Security::Implicit);
    client.over();
    println!("{:?}", client.failures);
    client.check(
        "told in words",
        matches!(&client.failures[..], [Failure::Tls(TlsError::TooLarge)]),
    );
}

/// A client under TLS, whose server said this in answer to EHLO and was gone so.
fn answered_in_part(said: &str, gone: Step, end: End) -> Client {
    let config = Authority::new("Test Root").server(&[HOST]);
    let server = Scripted::start(vec![
        Step::Tls(config),
        says("220 mx.example ESMTP"),
        expects("EHLO me.example"),
        sends(said),
        gone,
    ]);
    let mut client = Client::of(&server, Security::Implicit);
    client.answered();
    client.asks("EHLO me.example");
    client.has_ended(&[end]);
    client
}

#[test]
fn c39_truncation() {
    let client = answered_in_part("250-mx.example\r\n250-AUTH PL", Step::Cut, End::Truncated);
    client.reads(&[
        "-- TLSv1.3 …",
        "!! certificate CN=mx.example: !! unknown issuer: Test Root, whose certificate was not sent",
        "tls S: 220 mx.example ESMTP",
        "tls C: EHLO me.example",
        "tls S: 250-mx.example",
        "tls S: 250-AUTH PL {cut: the connection ended here}",
        "tls !! connection closed by the server without close_notify: data may be missing",
        "tls !! the last reply is incomplete: its result is unknown",
        "tls !! no reply to: EHLO",
    ]);
    client.check(
        "the cut reply taught nothing",
        client.status.capabilities == ehlo::smtp::CapabilityHistory::default(),
    );
}

#[test]
fn r13_rst_under_tls() {
    let client = answered_in_part("250-mx.example\r\n250-AUTH PL", Step::Reset, End::Reset);
    client.shows("tls S: 250-AUTH PL {cut: the connection ended here}");
}

#[test]
fn c39_close_notify_in_mid_reply_is_no_truncation() {
    let client = answered_in_part("250-mx.example\r\n", Step::Close, End::Closed);
    client.shows("tls !! the last reply is incomplete: its result is unknown");
}

#[test]
fn r04_many_tiny_records() {
    let config = Authority::new("Test Root").server(&[HOST]);
    let greeting = b"220 mx.example ESMTP with a long name\r\n";
    let server = Scripted::start(vec![
        Step::Tls(config),
        Step::Drip(greeting.to_vec(), Duration::from_millis(1)),
    ]);
    let mut client = Client::of(&server, Security::Implicit);
    client.answered();
    client.shows("tls S: 220 mx.example ESMTP with a long name");
}
