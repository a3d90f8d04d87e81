//! Secrets on the wire: consent is required once per link, and every event hides them.

use ehlo::net::Security;
use ehlo::smtp::{Exposure, Link, NotSentReason};

use super::certificates::{ServerIdentity, leaf_params};
use super::client::{Client, HOST};
use crate::support::scripted::{Scripted, Step, expects, says, sends};

const TOKEN: &str = "AGFsaWNlAHdvbmRlcmxhbmQ=";

#[test]
fn t09_auth_requires_consent_once_per_link() {
    let auth = format!("AUTH PLAIN {TOKEN}");
    let config = ServerIdentity::self_signed(&leaf_params(&[HOST])).server();
    let server = Scripted::start(vec![
        says("220 mx.example ESMTP"),
        expects("EHLO me.example"),
        sends("250-mx.example\r\n250-STARTTLS\r\n250 AUTH PLAIN\r\n"),
        // The first AUTH that arrives is the one with consent.
        expects(&auth),
        says("535 5.7.8 no"),
        expects(&auth),
        says("535 5.7.8 no"),
        expects("STARTTLS"),
        says("220 go ahead"),
        Step::Tls(config),
        expects("EHLO me.example"),
        says("250 AUTH PLAIN"),
        expects(&auth),
        says("235 2.7.0 yes"),
    ]);
    let mut client = Client::connect_to(&server, Security::None);
    client.wait_for_replies();
    client.ask("EHLO me.example");
    client.type_line(&auth);
    let exposed = |exposure| (&*auth, NotSentReason::Exposed(exposure));
    client.assert_not_sent(&[exposed(Exposure::Clear)]);
    client.type_with_consent(&auth);
    client.wait_for_replies();
    client.ask(&auth);
    client.assert_not_sent(&[exposed(Exposure::Clear)]);
    client.ask("STARTTLS");
    client.wait_until("TLS", |client| client.status.link == Link::Unverified);
    client.ask("EHLO me.example");
    client.type_line(&auth);
    client.assert_not_sent(&[exposed(Exposure::Clear), exposed(Exposure::Unverified)]);
    client.type_with_consent(&auth);
    client.wait_for_replies();
    client.assert_that("authenticated", client.status.authenticated);
}

#[test]
fn t02_auth_requires_consent_if_starttls_is_not_offered() {
    let server = Scripted::start(vec![
        says("220 mx.example ESMTP"),
        expects("EHLO me.example"),
        sends("250-mx.example\r\n250 AUTH PLAIN\r\n"),
    ]);
    let mut client = Client::connect_to(&server, Security::StartTls);
    client.wait_for_replies();
    client.type_line("AUTH PLAIN AGEAYg==");
    client.assert_transcript(&[
        "S: 220 mx.example ESMTP",
        "C: EHLO me.example",
        "S: 250-mx.example",
        "S: 250 AUTH PLAIN",
        "!! STARTTLS is not offered: the link stays in plain text",
    ]);
    let exposed = NotSentReason::Exposed(Exposure::Clear);
    client.assert_not_sent(&[("AUTH PLAIN AGEAYg==", exposed)]);
}

#[test]
fn c10_auth_requires_consent_with_a_self_signed_certificate() {
    let config = ServerIdentity::self_signed(&leaf_params(&[HOST])).server();
    let server = Scripted::start(vec![
        Step::Tls(config),
        says("220 mx.example ESMTP"),
        expects("EHLO me.example"),
        says("250 AUTH PLAIN"),
    ]);
    let mut client = Client::connect_to(&server, Security::Implicit);
    client.wait_for_replies();
    client.ask("EHLO me.example");
    client.type_line("AUTH PLAIN AGEAYg==");
    let exposed = NotSentReason::Exposed(Exposure::Unverified);
    client.assert_not_sent(&[("AUTH PLAIN AGEAYg==", exposed)]);
    client.assert_line("!! certificate CN=mx.example: !! self-signed");
}

#[test]
fn h01_every_event_hides_secrets() {
    let server = Scripted::start(vec![
        says("220 mx.example ESMTP"),
        expects("EHLO me.example"),
        sends("250-mx.example\r\n250 AUTH PLAIN LOGIN\r\n"),
        expects(&format!("AUTH PLAIN {TOKEN}")),
        says("535 5.7.8 no"),
        expects("AUTH LOGIN"),
        says("334 VXNlcm5hbWU6"),
        expects("YWxpY2U="),
        says("334 UGFzc3dvcmQ6"),
        expects("d29uZGVybGFuZA=="),
        says("235 2.7.0 yes"),
    ]);
    let mut client = Client::connect_to(&server, Security::None);
    client.wait_for_replies();
    client.ask("EHLO me.example");
    client.type_with_consent(&format!("AUTH PLAIN {TOKEN}"));
    client.wait_for_replies();
    client.ask("AUTH LOGIN");
    client.ask("YWxpY2U=");
    client.ask("d29uZGVybGFuZA==");
    client.assert_transcript(&[
        "S: 220 mx.example ESMTP",
        "C: EHLO me.example",
        "S: 250-mx.example",
        "S: 250 AUTH PLAIN LOGIN",
        "C: AUTH PLAIN [hidden: 24 octets]",
        "S: 535 5.7.8 no",
        "C: AUTH LOGIN",
        "S: 334 VXNlcm5hbWU6",
        "C: [hidden: 8 octets]",
        "S: 334 UGFzc3dvcmQ6",
        "C: [hidden: 16 octets]",
        "S: 235 2.7.0 yes",
    ]);
    let debug = format!("{:?} {:?}", client.entries, client.status);
    for secret in [TOKEN, "YWxpY2U=", "d29uZGVybGFuZA==", "wonderland"] {
        client.assert_that("no secret in Debug", !debug.contains(secret));
        let octets = format!("{:?}", secret.as_bytes());
        let octets = octets.trim_matches(['[', ']']);
        client.assert_that("nor as octets", !debug.contains(octets));
    }
}

#[test]
fn plain_text_instead_of_tls_does_not_quote_a_secret() {
    let auth = format!("AUTH PLAIN {TOKEN}");
    let refusal = format!("500 5.5.1 Command unrecognized, nor was {TOKEN}");
    let server = Scripted::start(vec![
        says("220 mx.example ESMTP"),
        expects(&auth),
        says("535 5.7.8 no"),
        expects("STARTTLS"),
        says("220 go ahead"),
        Step::ClientHello,
        says(&refusal),
        Step::Close,
    ]);
    let mut client = Client::connect_to(&server, Security::None);
    client.wait_for_replies();
    client.type_with_consent(&auth);
    client.wait_for_replies();
    client.type_line("STARTTLS");
    client.wait_for_end();
    let hidden = r"the server sent plain text instead of TLS: 500 5.5.1 Command unrecognized, nor was [hidden: 24 octets]\r\n";
    client.assert_line(&format!("!! TLS failed: {hidden}"));
    let failure = client.failures.first().map(ToString::to_string);
    client.assert_equal("failure", &failure, &Some(format!("TLS failed: {hidden}")));
}
