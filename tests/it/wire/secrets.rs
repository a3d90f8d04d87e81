//! Secrets on the way: asked for once a link, hidden in everything that is told.

use ehlo::net::Security;
use ehlo::smtp::{Exposure, Link, NotSentReason};

use super::certificates::{Identity, leaf};
use super::client::{Client, HOST};
use crate::support::scripted::{Scripted, Step, expects, says, sends};

const TOKEN: &str = "AGFsaWNlAHdvbmRlcmxhbmQ=";

#[test]
fn t09_auth_is_asked_for_once_a_link() {
    let auth = format!("AUTH PLAIN {TOKEN}");
    let config = Identity::self_signed(&leaf(&[HOST])).server();
    let server = Scripted::start(vec![
        says("220 mx.example ESMTP"),
        expects("EHLO me.example"),
        sends("250-mx.example\r\n250-STARTTLS\r\n250 AUTH PLAIN\r\n"),
        // The first that comes is the one that was agreed to.
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
    let mut client = Client::of(&server, Security::None);
    client.answered();
    client.asks("EHLO me.example");
    client.types(&auth);
    let exposed = |exposure| (&*auth, NotSentReason::Exposed(exposure));
    client.came_back(&[exposed(Exposure::Clear)]);
    client.consents(&auth);
    client.answered();
    client.asks(&auth);
    client.came_back(&[exposed(Exposure::Clear)]);
    client.asks("STARTTLS");
    client.until("TLS", |client| client.status.link == Link::Unverified);
    client.asks("EHLO me.example");
    client.types(&auth);
    client.came_back(&[exposed(Exposure::Clear), exposed(Exposure::Unverified)]);
    client.consents(&auth);
    client.answered();
    client.check("authenticated", client.status.authenticated);
}

#[test]
fn t02_starttls_not_offered_and_auth_asks() {
    let server = Scripted::start(vec![
        says("220 mx.example ESMTP"),
        expects("EHLO me.example"),
        sends("250-mx.example\r\n250 AUTH PLAIN\r\n"),
    ]);
    let mut client = Client::of(&server, Security::StartTls);
    client.answered();
    client.types("AUTH PLAIN AGEAYg==");
    client.reads(&[
        "S: 220 mx.example ESMTP",
        "C: EHLO me.example",
        "S: 250-mx.example",
        "S: 250 AUTH PLAIN",
        "!! STARTTLS is not offered: the link stays in plain text",
    ]);
    let exposed = NotSentReason::Exposed(Exposure::Clear);
    client.came_back(&[("AUTH PLAIN AGEAYg==", exposed)]);
}

#[test]
fn c10_self_signed_and_auth_asks() {
    let config = Identity::self_signed(&leaf(&[HOST])).server();
    let server = Scripted::start(vec![
        Step::Tls(config),
        says("220 mx.example ESMTP"),
        expects("EHLO me.example"),
        says("250 AUTH PLAIN"),
    ]);
    let mut client = Client::of(&server, Security::Implicit);
    client.answered();
    client.asks("EHLO me.example");
    client.types("AUTH PLAIN AGEAYg==");
    let exposed = NotSentReason::Exposed(Exposure::Unverified);
    client.came_back(&[("AUTH PLAIN AGEAYg==", exposed)]);
    client.shows("!! certificate CN=mx.example: !! self-signed");
}

#[test]
fn h01_secrets_are_masked_in_all_that_is_told() {
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
    let mut client = Client::of(&server, Security::None);
    client.answered();
    client.asks("EHLO me.example");
    client.consents(&format!("AUTH PLAIN {TOKEN}"));
    client.answered();
    client.asks("AUTH LOGIN");
    client.asks("YWxpY2U=");
    client.asks("d29uZGVybGFuZA==");
    client.reads(&[
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
        client.check("no secret in Debug", !debug.contains(secret));
        let octets = format!("{:?}", secret.as_bytes());
        let octets = octets.trim_matches(['[', ']']);
        client.check("nor as octets", !debug.contains(octets));
    }
}
