//! `ehlo ports`: which ports of a host are open, what is behind them, and which one to use.

use std::process::ExitCode;
use std::time::Duration;

use super::arguments::Arguments;
use super::connection::{Connection, ConnectionFlags, limit};
use super::destination::{self, Automatic, Destination};
use super::error::{NoServer, UsageError};
use crate::config::parse_port;
use crate::headless::ports::{self, PATIENCE, PORTS_CAP, Ports, PortsPlan, SMTPS};
use crate::headless::{SURVEY_CAP, Stage};
use crate::net::addresses;
use crate::report::output;

/// The arguments of `ehlo ports`.
#[derive(Debug, clap::Args)]
#[command(
    override_usage = "ehlo ports [OPTIONS] HOST [PORT]...",
    after_help = "Looks at 25, 465, 587, 2525 and the given ports, at every address of the host, side by side.
Sends EHLO, STARTTLS and QUIT, nothing else. Exit status 0 if one port is usable, 2 if none is.

Examples:
  ehlo ports mx.example.org
  ehlo ports mx.example.org 1025 8025 --json"
)]
pub(super) struct PortsArguments {
    /// The server: HOST, HOST:PORT; @DOMAIN for the first mail server (MX) of a domain
    host: Option<String>,

    /// More ports
    #[arg(value_name = "PORT")]
    ports: Vec<String>,

    /// Print each port as one line of JSON, the last line with what to use
    #[arg(long)]
    json: bool,

    /// Wait this long for a greeting or another reply: 10 s unless given
    #[arg(long, value_name = "TIME", value_parser = limit)]
    reply_timeout: Option<Duration>,

    #[command(flatten)]
    pub(super) connection: ConnectionFlags,
}

/// Looks at the ports of a host and prints what is found.
pub(super) fn run(arguments: &Arguments, options: &PortsArguments) -> anyhow::Result<ExitCode> {
    let connection = options.connection.or(&arguments.connection);
    let given = options.ports.iter().map(|port| parse_port(port));
    let given: Result<Vec<u16>, _> = given.collect();
    let given = given.map_err(UsageError::from_error)?;
    let target = options.host.as_deref().map(|host| (host, None));
    let found = destination::find(arguments, &connection, target, Automatic::StartTls)?;
    let plan = plan(&found, &connection, given, options.reply_timeout)?;
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    let looked = runtime.block_on(look(plan, &connection));
    // A lookup may still hang in the system's resolver.
    runtime.shutdown_background();
    let looked = looked?;
    if options.json {
        let lines = looked.json().join("\n") + "\n";
        output::print_octets(lines.as_bytes())?;
    } else {
        output::print_pages(&[looked.page()])?;
    }
    Ok(if looked.is_usable() {
        ExitCode::SUCCESS
    } else {
        ExitCode::from(Stage::Connect.status())
    })
}

/// What to look at: the usual ports, that of the target and those that are given.
fn plan(
    found: &Destination,
    connection: &Connection,
    given: Vec<u16>,
    reply_timeout: Option<Duration>,
) -> Result<PortsPlan, UsageError> {
    let mut connect = found.plan.clone();
    connect.timeout = connection.timeout.unwrap_or(connect.timeout.min(PATIENCE));
    let patience = reply_timeout.unwrap_or(PATIENCE);
    let patience = Some(patience).filter(|patience| !patience.is_zero());
    let patience = patience.unwrap_or(SURVEY_CAP);
    let plan = match &found.practice {
        Some(practice) => {
            let tls = practice.tls().map(|address| address.port());
            let own = [Some(practice.plain().port()), tls];
            let ports = given.into_iter().chain(own.into_iter().flatten()).collect();
            let tls_first = [SMTPS].into_iter().chain(tls).collect();
            PortsPlan::of(connect, ports, tls_first, patience)
        }
        None => {
            let usual = PortsPlan::new(connect, patience);
            let ports = given.into_iter().chain(usual.ports).collect();
            PortsPlan::of(usual.connect, ports, usual.tls_first, patience)
        }
    };
    if plan.ports.len() > PORTS_CAP {
        return Err(UsageError(format!("too many ports: use up to {PORTS_CAP}")));
    }
    Ok(plan)
}

async fn look(mut plan: PortsPlan, connection: &Connection) -> anyhow::Result<Ports> {
    let connect = &plan.connect;
    let resolver = connection.resolver();
    let found = addresses(&connect.host, connect.family, &resolver, connect.timeout).await;
    let found = found.map_err(|error| NoServer(format!("{}: {error}", connect.host)))?;
    plan.addresses = found;
    Ok(ports::look(&plan, &|_| ()).await)
}
