//! A complete conversation with each kind of TLS.

use ehlo::practice::{Mood, PASSWORD, USER};

use super::practice;
use crate::support::conversation::{self, Conversation, Login, MESSAGE, Mechanism, TlsStart};
use crate::support::pty::Home;

/// Runs the conversation and checks the message that the server has received.
fn converse(tls_start: TlsStart, moods: &[Mood], mechanism: Mechanism, certificate: &str) {
    let server = practice(moods);
    let home = Home::new();
    let authority = home.file("authority.pem", server.authority_pem());
    let (address, tls) = match tls_start {
        TlsStart::Clear | TlsStart::Typed => (server.plain(), "auto"),
        TlsStart::Automatic => (server.plain(), "starttls"),
        TlsStart::Implicit => (server.tls().unwrap(), "implicit"),
    };
    let target = address.to_string();
    let options = [
        "--sni",
        "localhost",
        "--ca-file",
        &authority,
        "--tls",
        tls,
        &target,
    ];
    let mut console = home.ehlo_sized(99, 60, &options);
    let conversation = Conversation {
        tls_start,
        certificate,
        login: Some(Login {
            mechanism,
            user: USER,
            password: PASSWORD,
        }),
        sender: "alice@localhost",
        refused: Some("nobody@localhost"),
        accepted: "bob@localhost",
    };
    conversation::run(&mut console, &conversation);
    let messages = server.messages();
    assert_eq!(messages.len(), 1);
    assert_eq!(messages[0].from, "alice@localhost");
    assert_eq!(messages[0].recipients, ["bob@localhost"]);
    assert_eq!(String::from_utf8_lossy(&messages[0].body), MESSAGE);
}

#[test]
fn without_tls() {
    converse(TlsStart::Clear, &[Mood::NoTls], Mechanism::Plain, "");
    converse(TlsStart::Clear, &[Mood::NoTls], Mechanism::Login, "");
}

#[test]
fn with_typed_starttls() {
    converse(TlsStart::Typed, &[], Mechanism::Plain, "verified");
}

#[test]
fn with_automatic_starttls() {
    converse(TlsStart::Automatic, &[], Mechanism::Login, "verified");
}

#[test]
fn with_implicit_tls() {
    converse(TlsStart::Implicit, &[], Mechanism::Plain, "verified");
}

#[test]
fn with_a_bad_certificate() {
    let verdict = "!! expired 2021-01-01";
    converse(TlsStart::Typed, &[Mood::BadCert], Mechanism::Plain, verdict);
    converse(
        TlsStart::Implicit,
        &[Mood::BadCert],
        Mechanism::Login,
        verdict,
    );
}
