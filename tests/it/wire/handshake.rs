//! Failing handshakes: each kind of failure has an error of its own.

use std::collections::HashSet;
use std::time::Duration;

use ehlo::diagnosis;
use ehlo::manual;
use ehlo::net::{ConnectPlan, Failure, Security, Sni, TlsError, TlsOptions};
use ehlo::smtp::End;
use tokio_rustls::rustls::version::{TLS12, TLS13};

use super::certificates::{Authority, leaf_params};
use super::client::{Client, HOST, plan};
use crate::support::scripted::{Scripted, Step, expects, says, sends};

/// Plays a server that answers the ClientHello of implicit TLS with `rest`, and asserts the error.
#[track_caller]
fn assert_fails(rest: Vec<Step>, error: TlsError) {
    let mut script = vec![Step::ClientHello];
    script.extend(rest);
    let server = Scripted::start(script);
    let mut client = Client::connect_to(&server, Security::Implicit);
    client.wait_for_end();
    client.assert_line(&format!("!! TLS failed: {error}"));
    client.assert_failures(&[Failure::Tls(error)]);
    client.assert_ends(&[]);
}

fn alert(number: u8) -> Step {
    sends([0x15, 3, 3, 0, 2, 2, number])
}

fn alert_error(number: u8, name: &str) -> TlsError {
    TlsError::Alert {
        number,
        name: name.to_owned(),
    }
}

#[test]
fn c34_plain_text_where_tls_is_expected() {
    // A server that speaks first has sent its banner before the ClientHello arrives.
    let banner = "220 mx.example ESMTP\r\n";
    let server = Scripted::start(vec![sends(banner), Step::ClientHello]);
    let mut client = Client::connect_to(&server, Security::Implicit);
    client.wait_for_end();
    let error = TlsError::PlainText(banner.as_bytes().to_vec());
    client.assert_failures(&[Failure::Tls(error)]);
    client.assert_line(
        r"!! TLS failed: the server sent plain text instead of TLS: 220 mx.example ESMTP\r\n",
    );
}

#[test]
fn c34_plain_text_too_short_for_a_record() {
    for text in ["2", "22", "220 "] {
        assert_fails(
            vec![sends(text), Step::Close],
            TlsError::PlainText(text.as_bytes().to_vec()),
        );
    }
}

#[test]
fn c37_every_alert_has_its_registered_name() {
    let mut seen = HashSet::new();
    let plan = ConnectPlan {
        security: Security::Implicit,
        ..ConnectPlan::default()
    };
    for (number, row) in manual::alerts() {
        let number = number.parse().unwrap();
        // Alerts that are no longer in use are registered with this suffix.
        let name = row.name.trim_end_matches("_RESERVED");
        let error = match number {
            40 => TlsError::NothingInCommon,
            70 => TlsError::TooOld,
            number => alert_error(number, name),
        };
        assert_fails(vec![alert(number)], error.clone());
        let lines = diagnosis::advice(&Failure::Tls(error), &plan, None);
        assert!(
            seen.insert(lines.clone()),
            "{number}: the same text as another alert: {lines:?}"
        );
    }
    assert_fails(vec![alert(99)], alert_error(99, "an unregistered number"));
}

#[test]
fn c29_server_without_tls12() {
    assert_fails(vec![alert(70)], TlsError::TooOld);
    // A ServerHello of TLS 1.0: record header, handshake header, version, random, no session,
    // TLS_RSA_WITH_AES_128_CBC_SHA, no compression.
    let mut hello = vec![0x16, 3, 1, 0, 42, 2, 0, 0, 38, 3, 1];
    hello.extend([7; 32]);
    hello.extend([0, 0, 0x2f, 0]);
    assert_fails(vec![sends(hello)], TlsError::TooOld);
}

#[test]
fn c32_nothing_in_common() {
    assert_fails(vec![alert(40)], TlsError::NothingInCommon);
    assert_fails(
        vec![sends([0x15, 3, 0, 0, 2, 2, 40])],
        TlsError::NothingInCommon,
    );
}

#[test]
fn closed_during_the_handshake() {
    assert_fails(vec![Step::Close], TlsError::Closed);
    assert_fails(vec![Step::Reset], TlsError::Closed);
    assert_fails(vec![sends([0x16]), Step::Close], TlsError::Closed);
    assert_fails(
        vec![sends([0x16, 3, 3, 0, 90, 2, 0]), Step::Close],
        TlsError::Closed,
    );
    assert_fails(
        vec![sends([0x15, 3, 3, 0, 2, 1, 0]), Step::Close],
        TlsError::Closed,
    );
}

#[test]
fn silence_during_the_handshake() {
    let timeout = Duration::from_secs(1);
    let server = Scripted::start(vec![Step::ClientHello]);
    let mut client = Client::new();
    client.show_journal_of(&server);
    client.connect(ConnectPlan {
        timeout,
        ..plan(&server, Security::Implicit)
    });
    client.wait_for_end();
    client.assert_failures(&[Failure::Tls(TlsError::TimedOut(timeout))]);
    client.assert_line("!! TLS failed: the TLS handshake timed out after 1 s");
}

#[test]
fn silence_after_starttls() {
    let timeout = Duration::from_secs(1);
    let server = Scripted::start(vec![
        says("220 mx.example ESMTP"),
        expects("EHLO me.example"),
        says("250 STARTTLS"),
        expects("STARTTLS"),
        says("220 go ahead"),
        Step::ClientHello,
    ]);
    let mut client = Client::new();
    client.show_journal_of(&server);
    client.connect(ConnectPlan {
        timeout,
        ..plan(&server, Security::None)
    });
    client.wait_for_replies();
    client.ask("EHLO me.example");
    client.type_line("STARTTLS");
    client.wait_for_end();
    client.assert_failures(&[Failure::Tls(TlsError::TimedOut(timeout))]);
    client.assert_ends(&[End::ByUs]);
}

#[test]
fn invalid_server_name() {
    let server = Scripted::start(vec![]);
    let mut client = Client::new();
    client.show_journal_of(&server);
    client.connect(ConnectPlan {
        tls: TlsOptions {
            sni: Sni::Name("müller.example".to_owned()),
            ..TlsOptions::default()
        },
        ..plan(&server, Security::Implicit)
    });
    client.wait_for_end();
    let error = TlsError::BadName("müller.example".to_owned());
    client.assert_failures(&[Failure::Tls(error)]);
}

#[test]
fn c28_client_certificate_wanted() {
    let root = Authority::new("Test Root");
    let config = |version| {
        root.issue(&leaf_params(&[HOST]))
            .server_with_client_auth(&[version], &root)
    };
    let server = Scripted::start(vec![Step::NoTls(config(&TLS12))]);
    let mut client = Client::connect_to(&server, Security::Implicit);
    client.wait_for_end();
    println!("TLS 1.2: {:?}", client.failures);
    client.assert_that(
        "refused within the handshake",
        matches!(
            client.failures[..],
            [Failure::Tls(TlsError::CertificateWanted(_))]
        ),
    );
    // In TLS 1.3 the client completes the handshake before the server refuses it.
    let server = Scripted::start(vec![Step::NoTls(config(&TLS13))]);
    let mut client = Client::connect_to(&server, Security::Implicit);
    client.wait_for_end();
    println!("TLS 1.3: {:?}", client.failures);
    client.assert_that(
        "refused after the handshake",
        matches!(
            client.failures[..],
            [Failure::Tls(TlsError::CertificateWanted(_))]
        ),
    );
    client.assert_line(
        "tls !! TLS failed: the server requires a client certificate: set one with --cert and --key",
    );
}

#[test]
fn c24_more_names_than_a_handshake_holds() {
    let names: Vec<String> = (0..10_000).map(|n| format!("n{n}.example")).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let config = Authority::new("Test Root").server(&names);
    let server = Scripted::start(vec![Step::NoTls(config)]);
    let mut client = Client::connect_to(&server, Security::Implicit);
    client.wait_for_end();
    println!("{:?}", client.failures);
    client.assert_that(
        "a specific error",
        matches!(&client.failures[..], [Failure::Tls(TlsError::TooLarge)]),
    );
}

/// A client under TLS whose server sends this part of the reply to EHLO and then closes in this
/// way.
fn cut_reply(part: &str, close: Step, end: End) -> Client {
    let config = Authority::new("Test Root").server(&[HOST]);
    let server = Scripted::start(vec![
        Step::Tls(config),
        says("220 mx.example ESMTP"),
        expects("EHLO me.example"),
        sends(part),
        close,
    ]);
    let mut client = Client::connect_to(&server, Security::Implicit);
    client.wait_for_replies();
    client.ask("EHLO me.example");
    client.assert_ends(&[end]);
    client
}

#[test]
fn c39_truncation() {
    let client = cut_reply("250-mx.example\r\n250-AUTH PL", Step::Cut, End::Truncated);
    client.assert_transcript(&[
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
    client.assert_that(
        "the cut reply set no capabilities",
        client.status.capabilities == ehlo::smtp::CapabilityHistory::default(),
    );
}

#[test]
fn r13_rst_under_tls() {
    let client = cut_reply("250-mx.example\r\n250-AUTH PL", Step::Reset, End::Reset);
    client.assert_line("tls S: 250-AUTH PL {cut: the connection ended here}");
}

#[test]
fn c39_close_notify_in_mid_reply_is_no_truncation() {
    let client = cut_reply("250-mx.example\r\n", Step::Close, End::Closed);
    client.assert_line("tls !! the last reply is incomplete: its result is unknown");
}

#[test]
fn r04_many_tiny_records() {
    let config = Authority::new("Test Root").server(&[HOST]);
    let greeting = b"220 mx.example ESMTP with a long name\r\n";
    let server = Scripted::start(vec![
        Step::Tls(config),
        Step::Drip(greeting.to_vec(), Duration::from_millis(1)),
    ]);
    let mut client = Client::connect_to(&server, Security::Implicit);
    client.wait_for_replies();
    client.assert_line("tls S: 220 mx.example ESMTP with a long name");
}
