//! A login over the network without a screen: connect, STARTTLS, EHLO, AUTH.

use std::net::SocketAddr;
use std::path::Path;
use std::time::Duration;

use ehlo::net::{self, Command, ConnectPlan, Event, Security, Sni, TlsOptions};
use ehlo::smtp::sasl::{Credentials, Exchange, Mechanism};
use ehlo::smtp::{self, EntryKind, Link, Phase, Secret};

/// More than any server in the tests needs.
const TIMEOUT: Duration = Duration::from_secs(30);

/// Who logs in to which server, and how.
#[derive(Debug)]
pub struct Login<'a> {
    pub address: SocketAddr,
    /// The CA certificate that the server's certificate is checked with.
    pub ca_file: &'a Path,
    pub mechanism: Mechanism,
    /// Whether the first response is sent with the AUTH command.
    pub initial_response: bool,
    pub user: &'a str,
    pub secret: &'a [u8],
}

/// Logs in.
///
/// # Errors
///
/// The reply that refuses the login, or the failure of a step before it.
pub fn log_in(login: &Login<'_>) -> Result<(), String> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| error.to_string())?;
    runtime.block_on(async {
        let result = tokio::time::timeout(TIMEOUT, run(login)).await;
        result.map_err(|_| "the server took too long".to_owned())?
    })
}

async fn run(login: &Login<'_>) -> Result<(), String> {
    let text = |error: &dyn std::fmt::Display| error.to_string();
    let authorities = net::read_ca_file(login.ca_file).map_err(|error| text(&error))?;
    let mut handle = net::spawn().map_err(|error| text(&error))?;
    let plan = ConnectPlan {
        host: login.address.ip().to_string(),
        port: login.address.port(),
        security: Security::StartTls,
        timeout: TIMEOUT,
        tls: TlsOptions {
            sni: Sni::Name("mail.ehlo.test".to_owned()),
            authorities,
            ..TlsOptions::default()
        },
        helo: Some("client.example".to_owned()),
        ..ConnectPlan::default()
    };
    send(&handle, Command::Connect(Box::new(plan)))?;
    let credentials = Credentials {
        authzid: String::new(),
        user: login.user.to_owned(),
        secret: Secret::new(login.secret.to_vec()),
        host: "mail.ehlo.test".to_owned(),
        port: login.address.port(),
    };
    let exchange = Exchange::new(
        login.mechanism,
        credentials,
        None,
        &[7; 18],
        login.initial_response,
    )
    .map_err(|error| text(&error))?;
    let mut exchange = Some(Box::new(exchange));
    let mut faults = Vec::new();
    while let Some(batch) = handle.events().await {
        for event in batch {
            match event {
                Event::Session(smtp::Event::Status(status)) if status.authenticated => {
                    return if faults.is_empty() {
                        Ok(())
                    } else {
                        Err(faults.join("; "))
                    };
                }
                Event::Session(smtp::Event::Status(status))
                    if status.phase == Phase::Ready && status.link == Link::Verified =>
                {
                    if let Some(exchange) = exchange.take() {
                        let consent = None;
                        send(&handle, Command::Authenticate { exchange, consent })?;
                    }
                }
                Event::Session(smtp::Event::Entry(entry)) => {
                    if let EntryKind::Note(note) = entry.kind
                        && note.level == smtp::Level::Fault
                    {
                        faults.push(note.text.into_string());
                    }
                }
                Event::Session(smtp::Event::LoginRefused(attempt)) => {
                    return Err(format!("{:?} {faults:?}", attempt.reply));
                }
                Event::Failed(failure) => return Err(failure.to_string()),
                Event::Ended(end) => return Err(end.to_string()),
                _ => {}
            }
        }
    }
    Err("the connection task has ended".to_owned())
}

fn send(handle: &net::Handle, command: Command) -> Result<(), String> {
    handle.send(command).map_err(|error| error.to_string())
}
