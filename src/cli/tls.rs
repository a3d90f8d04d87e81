//! `ehlo tls`: does one TLS handshake with a server and prints what it settled.

use std::process::ExitCode;
use std::time::Duration;

use tokio::time::{Instant, timeout_at};

use super::arguments::TlsArguments;
use super::error::UsageError;
use super::{console, passphrase};
use crate::config::Target;
use crate::diagnosis;
use crate::manual::Page;
use crate::net::{
    self, Command, ConnectPlan, ConnectStep, Event, Failure, Handle, MailServers, MxLookup,
    Resolver, Security, TlsFacts,
};
use crate::report::{handshake, output};
use crate::smtp::{self, EntryKind, Phase};

/// How long a connection may stay without a greeting: a port where TLS starts with the first byte
/// never sends one.
const GREETING_TIMEOUT: Duration = Duration::from_secs(10);

/// How an attempt to get a TLS connection ended.
#[derive(Debug)]
enum ProbeResult {
    /// TLS is established.
    Secured(Box<TlsFacts>),
    /// The connection or the handshake failed.
    Failed(Failure),
    /// The connection stayed in clear, or the server closed it.
    InClear,
    /// The server did not greet.
    NoGreeting,
}

/// Connects, does the handshake and prints its report. The exit status says whether the certificate
/// is verified.
pub(super) fn run(arguments: &TlsArguments) -> anyhow::Result<ExitCode> {
    let target = Target::parse(&arguments.target).map_err(UsageError::from_error)?;
    let overrides = arguments.handshake.overrides();
    let mut plan = ConnectPlan {
        security: arguments.tls.resolve(target.security()),
        host: target.host.clone(),
        port: target.port,
        tls: passphrase::resolve_tls(&overrides).map_err(UsageError::from_error)?,
        helo: console::helo_name(arguments.helo.as_deref().unwrap_or_default())?,
        ..ConnectPlan::default()
    };
    let mut wire = net::spawn()?;
    let mut transcript = Vec::new();
    let mut domain = None;
    if target.mx {
        let lookup = MxLookup {
            domain: target.host.clone(),
            resolver: Resolver::System,
        };
        let found = first_exchanger(&mut wire, lookup, |line| transcript.push(line))?;
        plan.host = match found {
            Ok(Some(host)) => host,
            Ok(None) => {
                let page = Page::new(format!("no server takes mail for {}", target.host));
                return fail(page, transcript);
            }
            Err(failure) => return fail(failure_page(&failure, &plan, None), transcript),
        };
        plan.tls.dane.get_or_insert_default();
        domain = Some(target.host);
    }
    let tried = plan.clone();
    let result = probe(&mut wire, plan, GREETING_TIMEOUT, |line| {
        transcript.push(line);
    })?;
    let page = match result {
        ProbeResult::Secured(facts) => {
            if arguments.pem {
                output::print_octets(facts.pem().as_bytes())?;
            } else {
                let others: Vec<String> = domain.into_iter().collect();
                output::print_pages(&[handshake::page(&facts, &others)])?;
            }
            return Ok(if facts.verdict.is_verified() {
                ExitCode::SUCCESS
            } else {
                ExitCode::FAILURE
            });
        }
        ProbeResult::Failed(failure) => failure_page(&failure, &tried, domain.as_deref()),
        ProbeResult::NoGreeting => {
            let mut page = Page::new("no TLS: the server did not greet");
            page.lead(diagnosis::no_greeting(false));
            page
        }
        ProbeResult::InClear => Page::new("no TLS"),
    };
    fail(page, transcript)
}

/// A page about a failure, and what to try. `domain` is the one whose mail server was looked up.
fn failure_page(failure: &Failure, plan: &ConnectPlan, domain: Option<&str>) -> Page {
    let mut page = Page::new(failure.to_string());
    page.lead(diagnosis::advice(failure, plan, domain));
    page
}

/// Prints a page with the transcript below it, except for a line that repeats the title.
fn fail(mut page: Page, mut transcript: Vec<String>) -> anyhow::Result<ExitCode> {
    transcript.retain(|line| *line != page.title);
    page.section("What happened", transcript);
    output::print_pages(&[page])?;
    Ok(ExitCode::FAILURE)
}

/// Looks up the most preferred mail server of a domain: the domain itself if it has no MX record,
/// `None` if it takes no mail. `log` gets each line of the transcript.
fn first_exchanger(
    wire: &mut Handle,
    lookup: MxLookup,
    mut log: impl FnMut(String),
) -> anyhow::Result<Result<Option<String>, Failure>> {
    let runtime = tokio::runtime::Builder::new_current_thread().build()?;
    if wire.send(Command::LookUpMx(Box::new(lookup))).is_err() {
        return Ok(Err(Failure::Cancelled));
    }
    while let Some(batch) = runtime.block_on(wire.events()) {
        for event in batch {
            match event {
                Event::Session(smtp::Event::Entry(entry)) => log(transcript_line(&entry.kind)),
                Event::MailRoute(route) => {
                    return Ok(Ok(match route.servers {
                        MailServers::NullMx => None,
                        MailServers::ImplicitMx => Some(route.domain),
                        MailServers::Mx(all) => all.into_iter().next().map(|one| one.host),
                    }));
                }
                Event::Failed(failure) => return Ok(Err(failure)),
                _ => {}
            }
        }
    }
    Ok(Err(Failure::Cancelled))
}

/// Connects and waits until the handshake is done or cannot happen any more. `log` gets each line
/// of the transcript; a greeting, if the server has to send one, must come within
/// `greeting_timeout`.
fn probe(
    wire: &mut Handle,
    plan: ConnectPlan,
    greeting_timeout: Duration,
    mut log: impl FnMut(String),
) -> anyhow::Result<ProbeResult> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .build()?;
    let is_greeting = plan.security != Security::Implicit;
    if wire.send(Command::Connect(Box::new(plan))).is_err() {
        return Ok(ProbeResult::InClear);
    }
    let mut greeting_due: Option<Instant> = None;
    let mut in_clear = false;
    while !in_clear {
        let batch = runtime.block_on(async {
            match greeting_due {
                Some(at) => timeout_at(at, wire.events()).await,
                None => Ok(wire.events().await),
            }
        });
        let Ok(batch) = batch else {
            let seconds = greeting_timeout.as_secs();
            log(format!("no greeting within {seconds} s"));
            return Ok(ProbeResult::NoGreeting);
        };
        for event in batch.ok_or_else(|| anyhow::anyhow!("the network thread ended"))? {
            match event {
                Event::Dial(ConnectStep::Connected { .. }) if is_greeting => {
                    greeting_due = Some(Instant::now() + greeting_timeout);
                }
                Event::Session(smtp::Event::Entry(entry)) => log(transcript_line(&entry.kind)),
                Event::Session(smtp::Event::Status(status)) => {
                    if !matches!(status.phase, Phase::Greeting | Phase::Offline) {
                        greeting_due = None;
                    }
                    // All replies are here, and TLS did not start.
                    in_clear = status.waiting.is_none()
                        && matches!(status.phase, Phase::Greeted | Phase::Ready);
                }
                Event::Tls(facts) => return Ok(ProbeResult::Secured(facts)),
                Event::Failed(failure) => return Ok(ProbeResult::Failed(failure)),
                Event::Ended(_) if greeting_due.is_some() => return Ok(ProbeResult::NoGreeting),
                Event::Ended(_) => return Ok(ProbeResult::InClear),
                _ => {}
            }
        }
    }
    Ok(ProbeResult::InClear)
}

/// A line of the transcript, with its mark. It is not yet made visible.
fn transcript_line(kind: &EntryKind) -> String {
    match kind {
        EntryKind::Sent(sent) => format!("->  {}", String::from_utf8_lossy(&sent.visible)),
        EntryKind::Received(received) => {
            format!("<-  {}", String::from_utf8_lossy(&received.bytes))
        }
        EntryKind::Note(note) => note.text.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use std::net::{TcpListener, UdpSocket};

    use super::*;
    use crate::net::DnsError;

    #[test]
    fn a_failed_lookup_does_not_mean_that_a_domain_takes_no_mail() {
        // A port that nobody listens on any more.
        let gone = UdpSocket::bind("127.0.0.1:0").unwrap();
        let server = gone.local_addr().unwrap();
        drop(gone);
        let lookup = MxLookup {
            domain: "example.org".to_owned(),
            resolver: Resolver::At {
                server,
                trusted: false,
            },
        };
        let mut wire = net::spawn().unwrap();
        let found = first_exchanger(&mut wire, lookup, drop).unwrap();
        assert_eq!(found, Err(Failure::MailRoute(DnsError::NoAnswer)));
    }

    #[test]
    fn stops_waiting_for_a_greeting() {
        // A server that stays silent, and one that closes the connection.
        for closes in [false, true] {
            let silent = TcpListener::bind("127.0.0.1:0").unwrap();
            let plan = ConnectPlan {
                security: Security::StartTls,
                host: "127.0.0.1".to_owned(),
                port: silent.local_addr().unwrap().port(),
                ..ConnectPlan::default()
            };
            let greeting_timeout = if closes {
                std::thread::spawn(move || silent.accept().map(drop));
                GREETING_TIMEOUT
            } else {
                Duration::from_millis(100)
            };
            let mut wire = net::spawn().unwrap();
            let result = probe(&mut wire, plan, greeting_timeout, drop).unwrap();
            assert!(matches!(result, ProbeResult::NoGreeting), "{result:?}");
        }
        let advice = diagnosis::no_greeting(false).concat();
        assert!(advice.contains("--tls implicit"), "{advice}");
    }
}
