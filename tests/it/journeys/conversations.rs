//! The whole conversation, encrypted in each way.

use ehlo::practice::{Mood, PASSWORD, USER};

use super::practice;
use crate::support::conversation::{self, Conversation, Login, MESSAGE, Mechanism, TlsStart};
use crate::support::pty::Home;

/// Holds the whole conversation, and looks at what the server got of it.
fn whole_conversation(
    tls_start: TlsStart,
    moods: &[Mood],
    mechanism: Mechanism,
    certificate: &str,
) {
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
    let said = Conversation {
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
    conversation::run(&mut console, &said);
    let messages = server.messages();
    assert_eq!(messages.len(), 1);
    assert_eq!(messages[0].from, "alice@localhost");
    assert_eq!(messages[0].recipients, ["bob@localhost"]);
    assert_eq!(String::from_utf8_lossy(&messages[0].body), MESSAGE);
}

#[test]
fn the_whole_conversation_in_clear() {
    whole_conversation(TlsStart::Clear, &[Mood::NoTls], Mechanism::Plain, "");
    whole_conversation(TlsStart::Clear, &[Mood::NoTls], Mechanism::Login, "");
}

#[test]
fn the_whole_conversation_with_starttls_typed() {
    whole_conversation(TlsStart::Typed, &[], Mechanism::Plain, "verified");
}

#[test]
fn the_whole_conversation_with_starttls_by_itself() {
    whole_conversation(TlsStart::Automatic, &[], Mechanism::Login, "verified");
}

#[test]
fn the_whole_conversation_in_tls_from_the_first_octet() {
    whole_conversation(TlsStart::Implicit, &[], Mechanism::Plain, "verified");
}

#[test]
fn the_whole_conversation_over_a_bad_certificate() {
    let words = "!! expired 2021-01-01";
    whole_conversation(TlsStart::Typed, &[Mood::BadCert], Mechanism::Plain, words);
    whole_conversation(
        TlsStart::Implicit,
        &[Mood::BadCert],
        Mechanism::Login,
        words,
    );
}
