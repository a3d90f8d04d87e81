//! `ehlo tls`: one handshake, and all it brought to light, on a plain terminal.

use std::io::Write as _;
use std::process::ExitCode;

use super::arguments::TlsArguments;
use super::{Usage, console, explain, passphrase};
use crate::config::{Switch, Target};
use crate::manual::Page;
use crate::net::{
    self, Command, Event, Failure, Handle, LookUp, MailServers, Plan, Resolver, Security, TlsFacts,
};
use crate::smtp::{self, Phase, What};
use crate::tui::{Environment, Look, failure_words, report};

/// What a handshake came to.
type Outcome = Result<Box<TlsFacts>, Failure>;

/// Connects, does the handshake and prints what it settled.
pub(super) fn run(arguments: &TlsArguments) -> anyhow::Result<ExitCode> {
    let target = Target::parse(&arguments.target).map_err(Usage::from_error)?;
    let look = Look::decide(Switch::Never, Switch::Auto, &Environment::read());
    let said = arguments.handshake.said();
    let mut plan = Plan {
        security: match arguments.tls.resolve(target.security()) {
            Security::None => Security::StartTls,
            other => other,
        },
        host: target.host.clone(),
        port: target.port,
        tls: said.options(passphrase::ask).map_err(Usage::from_error)?,
        helo: console::helo_name(arguments.helo.as_deref().unwrap_or_default())?,
        ..Plan::default()
    };
    let mut wire = net::spawn()?;
    let mut said = Vec::new();
    let mut others = Vec::new();
    if target.mx {
        let domain = target.host;
        others.push(domain.clone());
        let Some(host) = exchanger(&mut wire, &domain, |line| said.push(line))? else {
            let mut page = Page::new(format!("no server takes mail for {domain}"));
            page.section("What happened", said);
            explain::print(&[page], look.charset)?;
            return Ok(ExitCode::FAILURE);
        };
        plan.host = host;
        plan.tls.dane.get_or_insert_default();
    }
    let (port, implicit) = (plan.port, plan.security == Security::Implicit);
    match handshake(&mut wire, plan, |line| said.push(line))? {
        Some(Ok(facts)) if arguments.pem => {
            std::io::stdout().lock().write_all(facts.pem().as_bytes())?;
            Ok(status(&facts))
        }
        Some(Ok(facts)) => {
            explain::print(&[report::report(&facts, &others)], look.charset)?;
            Ok(status(&facts))
        }
        outcome => {
            let mut page = Page::new("no TLS");
            if let Some(Err(failure)) = outcome {
                page = Page::new(failure.to_string());
                page.lead(failure_words(&failure, port, implicit));
            }
            page.section("What happened", said);
            explain::print(&[page], look.charset)?;
            Ok(ExitCode::FAILURE)
        }
    }
}

fn status(facts: &TlsFacts) -> ExitCode {
    if facts.verdict.is_verified() {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}

/// The server that takes mail for a domain before all others; the domain itself where it names none.
fn exchanger(
    wire: &mut Handle,
    domain: &str,
    mut tell: impl FnMut(String),
) -> anyhow::Result<Option<String>> {
    let runtime = tokio::runtime::Builder::new_current_thread().build()?;
    let wanted = LookUp {
        domain: domain.to_owned(),
        resolver: Resolver::System,
    };
    if wire.send(Command::LookUp(Box::new(wanted))).is_err() {
        return Ok(None);
    }
    while let Some(batch) = runtime.block_on(wire.events()) {
        for event in batch {
            match event {
                Event::Session(smtp::Event::Entry(entry)) => tell(line(&entry.what)),
                Event::MailRoute(route) => {
                    return Ok(match route.servers {
                        MailServers::None => None,
                        MailServers::Itself => Some(route.domain),
                        MailServers::Exchangers(all) => all.into_iter().next().map(|one| one.host),
                    });
                }
                Event::Failed(_) => return Ok(None),
                _ => {}
            }
        }
    }
    Ok(None)
}

/// Drives the wire up to the handshake; `tell` hears each line of the transcript. None where the
/// conversation stays in clear.
fn handshake(
    wire: &mut Handle,
    plan: Plan,
    mut tell: impl FnMut(String),
) -> anyhow::Result<Option<Outcome>> {
    let runtime = tokio::runtime::Builder::new_current_thread().build()?;
    if wire.send(Command::Connect(Box::new(plan))).is_err() {
        return Ok(None);
    }
    let mut in_clear = false;
    while let Some(batch) = runtime.block_on(wire.events()) {
        for event in batch {
            match event {
                Event::Session(smtp::Event::Entry(entry)) => tell(line(&entry.what)),
                // Nothing is asked any more, and TLS did not begin.
                Event::Session(smtp::Event::Standing(standing)) => {
                    in_clear = standing.waiting.is_none()
                        && matches!(standing.phase, Phase::Greeted | Phase::Ready);
                }
                Event::Tls(facts) => return Ok(Some(Ok(facts))),
                Event::Failed(failure) => return Ok(Some(Err(failure))),
                Event::Ended(_) => return Ok(None),
                _ => {}
            }
        }
        if in_clear {
            return Ok(None);
        }
    }
    Ok(None)
}

/// A line of the transcript with its mark, still to be made visible.
fn line(what: &What) -> String {
    match what {
        What::Sent(sent) => format!("->  {}", String::from_utf8_lossy(&sent.open)),
        What::Received(received) => format!("<-  {}", String::from_utf8_lossy(&received.bytes)),
        What::Note(note) => note.text.to_string(),
    }
}
