//! A connection that failed, or hangs: the setting that helps is on a key, and the silence is explained.

use std::time::Duration;

use crossterm::event::KeyCode;
use ehlo::config::{Target, TlsChoice};
use ehlo::net::{
    CertificateFault, CertificateRequest, Event, Failure, Security, Sni, TlsError, TlsVersion,
    Verdict,
};
use ehlo::tui::Look;

use crate::support::stage::Stage;

/// A console whose connection failed in the handshake.
fn failed(security: Security, error: TlsError) -> Stage {
    let mut stage = Stage::connected(Look::default());
    let destination = stage.model.session.connection.destination.as_mut();
    destination.unwrap().plan.security = security;
    stage.wire(Event::Failed(Failure::Tls(error)));
    stage
}

fn wrong_name(names: &[&str]) -> TlsError {
    TlsError::NotVerified(Verdict {
        faults: vec![CertificateFault::WrongName {
            expected: "mx.example.test".to_owned(),
            names: names.iter().map(ToString::to_string).collect(),
            more: 0,
        }],
        trusted_by: None,
    })
}

#[test]
fn plain_text_leads_to_starttls_on_the_same_port() {
    let error = || TlsError::PlainText(b"220 mx.example.test".to_vec());
    let mut stage = failed(Security::Implicit, error());
    stage.shows("the same port, with STARTTLS");
    stage.control('t');
    let destination = stage.model.session.connection.destination.as_ref().unwrap();
    assert_eq!(destination.tls, TlsChoice::StartTls);
    assert_eq!(
        destination.target,
        Target::parse("mx.example.test:587").unwrap()
    );
    let mut stage = failed(Security::StartTls, error());
    stage.hides("the same port, with STARTTLS");
}

#[test]
fn a_wrong_name_leads_to_the_name_of_the_certificate() {
    let mut stage = failed(
        Security::StartTls,
        wrong_name(&["*.h.example", "h.example"]),
    );
    stage.shows("expect the name h.example (--sni)");
    stage.hides("try port");
    stage.control('n');
    let destination = stage.model.session.connection.destination.as_ref().unwrap();
    assert_eq!(
        destination.overrides.sni,
        Some(Sni::Name("h.example".to_owned()))
    );
    // Which of the names of a wildcard it is, only the user knows.
    let mut stage = failed(Security::StartTls, wrong_name(&["*.h.example"]));
    stage.control('n');
    stage.shows("TLS settings");
    stage.type_text("mail.h.example");
    stage.key(KeyCode::Enter);
    let destination = stage.model.session.connection.destination.as_ref().unwrap();
    assert_eq!(
        destination.overrides.sni,
        Some(Sni::Name("mail.h.example".to_owned()))
    );
}

#[test]
fn a_client_certificate_is_set_in_the_form() {
    let error = TlsError::CertificateWanted(CertificateRequest {
        authorities: Vec::new(),
        more: 0,
        answered: false,
    });
    let mut stage = failed(Security::StartTls, error);
    stage.hides("try port");
    stage.control('k');
    stage.shows("TLS settings");
    stage.type_text("/nowhere.pem");
    stage.key(KeyCode::Enter);
    stage.shows("/nowhere.pem");
}

#[test]
fn a_handshake_that_hangs_leads_to_a_smaller_one() {
    let patience = Duration::from_secs(30);
    let mut stage = failed(Security::StartTls, TlsError::TimedOut(patience));
    stage.shows("the same with TLS 1.2");
    stage.control('v');
    let destination = stage.model.session.connection.destination.as_ref().unwrap();
    assert_eq!(destination.overrides.tls_max, Some(TlsVersion::Tls12));
    stage.wire(Event::Failed(Failure::Tls(TlsError::TimedOut(patience))));
    stage.hides("the same with TLS 1.2");
}

#[test]
fn silence_while_connecting_is_explained_after_five_seconds() {
    for (port, words) in [
        (25, "Many networks block port 25: try 587 or 465"),
        (587, "a firewall on the way, or the machine is off"),
    ] {
        let mut stage = Stage::new(Look::default());
        stage.press(&format!(":connect mx.example.test:{port}\n"));
        stage.wire(Event::Started);
        stage.advance(Duration::from_millis(4900));
        stage.hides(words);
        stage.advance(Duration::from_millis(200));
        stage.shows(words);
    }
}

#[test]
fn silence_in_a_handshake_is_explained_after_five_seconds() {
    let mut stage = Stage::greeted(Look::default());
    for (line, reply) in [
        (
            "EHLO vm.example.net",
            &b"250-mx.example.test\r\n250 STARTTLS\r\n"[..],
        ),
        ("STARTTLS", b"220 go\r\n"),
    ] {
        stage.client(line);
        stage.server(reply);
    }
    stage.advance(Duration::from_millis(4900));
    stage.hides("large packets may be lost");
    stage.advance(Duration::from_millis(200));
    stage.shows("large packets may be lost on the way");
}
