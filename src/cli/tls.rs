//! `ehlo tls`: one handshake, and all it brought to light, on a plain terminal.

use crate::report::{Environment, failure, handshake};
use std::io::Write as _;
use std::process::ExitCode;
use std::time::Duration;

use tokio::time::{Instant, timeout_at};

use super::arguments::TlsArguments;
use super::{Usage, console, explain, passphrase};
use crate::config::{Switch, Target};
use crate::manual::{self, Page};
use crate::net::{
    self, Command, Event, Failure, Handle, LookUp, MailServers, Plan, Resolver, Security, Step,
    TlsFacts,
};
use crate::smtp::{self, EntryKind, Phase};
use crate::tui::Look;

/// How long a connection that stands is waited on for its greeting: a port that begins with TLS
/// never gives one.
const GREETING_PATIENCE: Duration = Duration::from_secs(10);

/// What became of a connection.
#[derive(Debug)]
enum Outcome {
    /// TLS stands.
    Secured(Box<TlsFacts>),
    /// There is no connection, or no TLS.
    Failed(Failure),
    /// It stays in clear, or it ended.
    InClear,
    /// The server did not greet.
    NoGreeting,
}

/// Connects, does the handshake and prints what it settled.
pub(super) fn run(arguments: &TlsArguments) -> anyhow::Result<ExitCode> {
    let target = Target::parse(&arguments.target).map_err(Usage::from_error)?;
    let look = Look::decide(Switch::Never, Switch::Auto, &Environment::read());
    let overrides = arguments.handshake.overrides();
    let mut plan = Plan {
        security: arguments.tls.resolve(target.security()),
        host: target.host.clone(),
        port: target.port,
        tls: passphrase::options(&overrides).map_err(Usage::from_error)?,
        helo: console::helo_name(arguments.helo.as_deref().unwrap_or_default())?,
        ..Plan::default()
    };
    let mut wire = net::spawn()?;
    let mut lines = Vec::new();
    let mut others = Vec::new();
    if target.mx {
        let domain = target.host;
        others.push(domain.clone());
        let wanted = LookUp {
            domain: domain.clone(),
            resolver: Resolver::System,
        };
        let host = match exchanger(&mut wire, wanted, |line| lines.push(line))? {
            Ok(Some(host)) => host,
            Ok(None) => {
                let page = Page::new(format!("no server takes mail for {domain}"));
                return fail(page, lines, &look);
            }
            Err(failure) => return fail(failed(&failure, &plan, None), lines, &look),
        };
        plan.host = host;
        plan.tls.dane.get_or_insert_default();
    }
    let tried = plan.clone();
    let page = match handshake(&mut wire, plan, GREETING_PATIENCE, |line| lines.push(line))? {
        Outcome::Secured(facts) if arguments.pem => {
            std::io::stdout().lock().write_all(facts.pem().as_bytes())?;
            return Ok(status(&facts));
        }
        Outcome::Secured(facts) => {
            explain::print(&[handshake::page(&facts, &others)], look.charset)?;
            return Ok(status(&facts));
        }
        Outcome::Failed(failure) => failed(&failure, &tried, others.first().map(String::as_str)),
        Outcome::NoGreeting => {
            let mut page = Page::new("no TLS: the server did not greet");
            let known = manual::failure("no-greeting");
            page.lead([known.means, known.r#try]);
            page
        }
        Outcome::InClear => Page::new("no TLS"),
    };
    fail(page, lines, &look)
}

/// A failure, and what to try. `domain` is the one whose mail server it was to be.
fn failed(failure: &Failure, plan: &Plan, domain: Option<&str>) -> Page {
    let mut page = Page::new(failure.to_string());
    page.lead(failure::words(failure, plan, domain));
    page
}

/// Prints a page, and below it what led there; what its title says is not said again.
fn fail(mut page: Page, mut lines: Vec<String>, look: &Look) -> anyhow::Result<ExitCode> {
    lines.retain(|line| *line != page.title);
    page.section("What happened", lines);
    explain::print(&[page], look.charset)?;
    Ok(ExitCode::FAILURE)
}

fn status(facts: &TlsFacts) -> ExitCode {
    if facts.verdict.is_verified() {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}

/// The server that takes mail for a domain before all others; the domain itself where it names none.
/// Nothing where it takes no mail.
fn exchanger(
    wire: &mut Handle,
    wanted: LookUp,
    mut tell: impl FnMut(String),
) -> anyhow::Result<Result<Option<String>, Failure>> {
    let runtime = tokio::runtime::Builder::new_current_thread().build()?;
    if wire.send(Command::LookUp(Box::new(wanted))).is_err() {
        return Ok(Err(Failure::Cancelled));
    }
    while let Some(batch) = runtime.block_on(wire.events()) {
        for event in batch {
            match event {
                Event::Session(smtp::Event::Entry(entry)) => tell(line(&entry.kind)),
                Event::MailRoute(route) => {
                    return Ok(Ok(match route.servers {
                        MailServers::None => None,
                        MailServers::Itself => Some(route.domain),
                        MailServers::Exchangers(all) => all.into_iter().next().map(|one| one.host),
                    }));
                }
                Event::Failed(failure) => return Ok(Err(failure)),
                _ => {}
            }
        }
    }
    Ok(Err(Failure::Cancelled))
}

/// Drives the wire up to the handshake; `tell` hears each line of the transcript. `patience` is for
/// the greeting, where one is due.
fn handshake(
    wire: &mut Handle,
    plan: Plan,
    patience: Duration,
    mut tell: impl FnMut(String),
) -> anyhow::Result<Outcome> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .build()?;
    let is_greeting = plan.security != Security::Implicit;
    if wire.send(Command::Connect(Box::new(plan))).is_err() {
        return Ok(Outcome::InClear);
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
            tell(format!("no greeting within {} s", patience.as_secs()));
            return Ok(Outcome::NoGreeting);
        };
        for event in batch.ok_or_else(|| anyhow::anyhow!("the wire is gone"))? {
            match event {
                Event::Dial(Step::Connected { .. }) if is_greeting => {
                    greeting_due = Some(Instant::now() + patience);
                }
                Event::Session(smtp::Event::Entry(entry)) => tell(line(&entry.kind)),
                // Nothing is asked any more, and TLS did not begin.
                Event::Session(smtp::Event::Status(status)) => {
                    if !matches!(status.phase, Phase::Greeting | Phase::Offline) {
                        greeting_due = None;
                    }
                    in_clear = status.waiting.is_none()
                        && matches!(status.phase, Phase::Greeted | Phase::Ready);
                }
                Event::Tls(facts) => return Ok(Outcome::Secured(facts)),
                Event::Failed(failure) => return Ok(Outcome::Failed(failure)),
                Event::Ended(_) if greeting_due.is_some() => return Ok(Outcome::NoGreeting),
                Event::Ended(_) => return Ok(Outcome::InClear),
                _ => {}
            }
        }
    }
    Ok(Outcome::InClear)
}

/// A line of the transcript with its mark, still to be made visible.
fn line(kind: &EntryKind) -> String {
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
    fn a_lookup_that_failed_is_no_domain_without_mail() {
        // Nobody listens there any more.
        let gone = UdpSocket::bind("127.0.0.1:0").unwrap();
        let server = gone.local_addr().unwrap();
        drop(gone);
        let wanted = LookUp {
            domain: "example.org".to_owned(),
            resolver: Resolver::At {
                server,
                trusted: false,
            },
        };
        let mut wire = net::spawn().unwrap();
        let found = exchanger(&mut wire, wanted, drop).unwrap();
        assert_eq!(found, Err(Failure::MailRoute(DnsError::Silent)));
    }

    #[test]
    fn a_port_that_does_not_greet_is_not_waited_on_for_ever() {
        // One that waits for ever, and one that hangs up.
        for closes in [false, true] {
            let silent = TcpListener::bind("127.0.0.1:0").unwrap();
            let plan = Plan {
                security: Security::StartTls,
                host: "127.0.0.1".to_owned(),
                port: silent.local_addr().unwrap().port(),
                ..Plan::default()
            };
            let patience = if closes {
                std::thread::spawn(move || silent.accept().map(drop));
                GREETING_PATIENCE
            } else {
                Duration::from_millis(100)
            };
            let mut wire = net::spawn().unwrap();
            let outcome = handshake(&mut wire, plan, patience, drop).unwrap();
            assert!(matches!(outcome, Outcome::NoGreeting), "{outcome:?}");
        }
        let advice = manual::failure("no-greeting").r#try;
        assert!(advice.contains("--tls implicit"), "{advice}");
    }
}
