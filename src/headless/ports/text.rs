//! The doors as a page: a section for each address.

use std::net::IpAddr;

use super::Ports;
use super::door::{Door, DoorState};
use crate::manual::Page;
use crate::net::TlsFacts;

/// Columns of the port, with the blanks after it.
const COLUMN: usize = 7;
/// Names of a certificate that are listed.
const NAMES_SHOWN: usize = 4;

pub(super) fn page(ports: &Ports) -> Page {
    let mut page = Page::new(format!("Ports of {}", ports.host));
    let mut addresses: Vec<IpAddr> = Vec::new();
    for door in &ports.doors {
        if !addresses.contains(&door.address.ip()) {
            addresses.push(door.address.ip());
        }
    }
    for address in addresses {
        let here = ports
            .doors
            .iter()
            .filter(|door| door.address.ip() == address);
        page.section(&address.to_string(), here.flat_map(rows));
    }
    page.section("What to use", [ports.advice()]);
    page
}

/// The rows of a door: the first with its port, then what it showed.
fn rows(door: &Door) -> Vec<String> {
    let port = door.address.port().to_string();
    let of = |(at, cell): (usize, String)| {
        let left = if at == 0 { port.as_str() } else { "" };
        format!("{left:COLUMN$}{cell}")
    };
    cells(door).into_iter().enumerate().map(of).collect()
}

/// What is behind a door, then what it showed.
pub(super) fn cells(door: &Door) -> Vec<String> {
    let mut cells = vec![state(door)];
    cells.extend(
        door.greeting()
            .map(|greeting| format!("greeting: {greeting}")),
    );
    let offers = door.offers();
    if !offers.is_empty() {
        cells.push(format!("offers: {}", offers.join(", ")));
    }
    cells.extend(door.survey.tls.as_ref().map(certificate));
    cells
}

/// What is behind a door, in a few words.
fn state(door: &Door) -> String {
    let tls = door.survey.tls.as_ref();
    let version = tls.map_or("", |facts| facts.version);
    let error = door.error().unwrap_or_default();
    match door.state() {
        DoorState::Refused => "refused: nothing listens".to_owned(),
        DoorState::TimedOut => format!("no answer: {error}"),
        DoorState::Unreachable => format!("unreachable: {error}"),
        DoorState::Silent => format!("silent: {error}, and no TLS"),
        DoorState::Closed => format!("closed before the greeting: {error}"),
        DoorState::NotSmtp => error,
        DoorState::TlsFailed => error,
        DoorState::TlsFirst if error.is_empty() => format!("open, {version} from the first byte"),
        DoorState::Greeting if tls.is_some() && error.is_empty() => {
            format!("open, STARTTLS works ({version})")
        }
        DoorState::Greeting if error.is_empty() => "open, without TLS".to_owned(),
        DoorState::Greeting | DoorState::TlsFirst => format!("open, but {error}"),
    }
}

/// The names and the verdict of a certificate.
fn certificate(facts: &TlsFacts) -> String {
    let names: &[String] = facts.leaf().map_or(&[], |leaf| &leaf.names);
    let shown = names.iter().take(NAMES_SHOWN).cloned();
    let mut shown = shown.collect::<Vec<_>>().join(", ");
    if names.len() > NAMES_SHOWN {
        shown += " ...";
    }
    if shown.is_empty() {
        shown = "no names".to_owned();
    }
    let days = facts.leaf().filter(|leaf| !leaf.expired);
    let days = days.map_or_else(String::new, |leaf| format!(", {} left", leaf.distance));
    format!("certificate: {shown}; {}{days}", facts.verdict)
}
