//! Logins to the practice server with each mechanism, and with a password full of special
//! characters.

use ehlo::net::{Command, ConnectPlan, Security, Sni, TlsOptions};
use ehlo::practice::{HOST, Options, PASSWORD, Practice, TOKEN};
use ehlo::smtp::sasl::{BindingKind, Credentials, Exchange, Mechanism, Needs};
use ehlo::smtp::{Code, Exposure, Link, NotSentReason, Phase, Secret};

use super::client::{Client, plan_to};

const NASTY: &str = "p@$s'w\"o`r\\d\\0123 ü ";

fn server(password: &str) -> Practice {
    Practice::spawn(Options {
        password: password.to_owned(),
        ..Options::default()
    })
    .unwrap()
}

/// A client after EHLO under TLS.
fn greeted(server: &Practice, security: Security) -> Client {
    let address = match security {
        Security::Implicit => server.tls().unwrap(),
        _ => server.plain(),
    };
    let mut client = Client::new();
    client.connect(ConnectPlan {
        tls: TlsOptions {
            sni: Sni::Name(HOST.to_owned()),
            authorities: vec![server.authority().clone()],
            ..TlsOptions::default()
        },
        ..plan_to(address, security)
    });
    if security == Security::Implicit {
        client.wait_for_phase(Phase::Greeted);
        client.ask("EHLO me.example");
    }
    client.wait_until("the reply to EHLO under TLS", |client| {
        client.status.phase == Phase::Ready && client.status.link == Link::Verified
    });
    client
}

fn exchange(
    mechanism: Mechanism,
    secret: &str,
    kind: Option<BindingKind>,
    at_once: bool,
) -> Exchange {
    let credentials = Credentials {
        authzid: String::new(),
        user: "alice".to_owned(),
        secret: Secret::new(secret.as_bytes().to_vec()),
        host: HOST.to_owned(),
        port: 587,
    };
    Exchange::new(mechanism, credentials, kind, &[7; 18], at_once).unwrap()
}

fn begin(client: &Client, exchange: Exchange) {
    let exchange = Box::new(exchange);
    client.send(Command::Authenticate {
        exchange,
        consent: None,
    });
}

#[test]
fn every_mechanism_logs_in() {
    let server = server(NASTY);
    for security in [Security::Implicit, Security::StartTls] {
        for mechanism in Mechanism::ALL {
            if mechanism == Mechanism::External {
                continue;
            }
            for at_once in [true, false] {
                let secret = match mechanism.needs() {
                    Needs::Token => TOKEN,
                    _ => NASTY,
                };
                let mut client = greeted(&server, security);
                begin(&client, exchange(mechanism, secret, None, at_once));
                client.wait_until(mechanism.name(), |client| {
                    client.status.authenticated || !client.refused.is_empty()
                });
                client.assert_equal("refused", &client.refused, &Vec::new());
                client.assert_phase(Phase::Ready);
            }
        }
    }
}

#[test]
fn a_wrong_secret_is_refused_in_every_mechanism() {
    let server = server(NASTY);
    let mut client = greeted(&server, Security::Implicit);
    for mechanism in Mechanism::ALL {
        if matches!(mechanism.needs(), Needs::Nothing | Needs::Trace) {
            continue;
        }
        begin(&client, exchange(mechanism, PASSWORD, None, true));
        let before = client.refused.len();
        client.wait_until(mechanism.name(), |client| client.refused.len() > before);
        let attempt = &client.refused[before];
        client.assert_equal("mechanism", &*attempt.mechanism, mechanism.name());
        client.assert_equal("user", &attempt.user.as_deref(), &Some("alice"));
        client.assert_equal(
            "length",
            &attempt.secret.map(|shape| shape.length),
            &Some(10),
        );
    }
}

/// A login that is bound to another channel, as through a man in the middle, is refused. The server
/// supports only `tls-exporter`.
#[test]
fn a_login_with_another_channel_binding_is_refused() {
    let server = server(PASSWORD);
    let mut client = greeted(&server, Security::Implicit);
    let kind = Some(BindingKind::TlsServerEndPoint);
    begin(
        &client,
        exchange(Mechanism::ScramSha256Plus, PASSWORD, kind, true),
    );
    client.wait_until("a refusal", |client| !client.refused.is_empty());
    client.assert_equal(
        "code",
        &client.refused[0].reply.code().map(Code::number),
        &Some(501),
    );
}

#[test]
fn returns_a_login_that_cannot_begin() {
    let client = Client::new();
    begin(&client, exchange(Mechanism::Plain, PASSWORD, None, true));
    let mut client = client;
    client.wait_until("the returned exchange", |client| client.not_sent.len() == 1);
    let server = server(PASSWORD);
    client.connect(plan_to(server.plain(), Security::None));
    client.wait_for_phase(Phase::Greeted);
    begin(&client, exchange(Mechanism::Plain, PASSWORD, None, true));
    client.wait_until("the returned exchange", |client| client.not_sent.len() == 2);
    client.assert_not_sent(&[
        ("an exchange", NotSentReason::NotConnected),
        ("an exchange", NotSentReason::Exposed(Exposure::Clear)),
    ]);
    client.send(Command::Authenticate {
        exchange: Box::new(exchange(Mechanism::ScramSha1Plus, PASSWORD, None, true)),
        consent: Some(Exposure::Clear),
    });
    client.wait_until("the returned exchange", |client| client.not_sent.len() == 3);
    client.assert_equal("why", &client.not_sent[2].1, &NotSentReason::NoBinding);
}
