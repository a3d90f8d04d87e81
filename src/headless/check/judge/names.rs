//! The names of a server: those that its address has, and those that it gives itself.

use std::net::IpAddr;

use super::{Check, Finding, Status};
use crate::headless::check::measurement::ResolvedName;
use crate::net::DnsError;
use crate::smtp::{HostNameFault, host_name_fault};

/// The names of the address, and whether one leads back.
pub(super) fn reverse(found: &Result<Vec<ResolvedName>, DnsError>, ip: IpAddr) -> Finding {
    let names = match found {
        Ok(names) => names,
        Err(error) => return Finding::new(Check::ReverseDns, Status::Unknown, error.to_string()),
    };
    let leads_back =
        |name: &&ResolvedName| name.addresses.as_ref().is_ok_and(|all| all.contains(&ip));
    let Some(first) = names.first() else {
        return Finding::new(
            Check::ReverseDns,
            Status::Warning,
            format!("{ip} has no name (PTR)"),
        )
        .with_action(
            "Ask who provides the address for a PTR record: mail from an address without one is \
                 often refused",
        );
    };
    if let Some(good) = names.iter().find(leads_back) {
        return Finding::ok(
            Check::ReverseDns,
            format!("{}, which leads back", good.name),
        );
    }
    let unsure = |name: &ResolvedName| matches!(&name.addresses, Err(error) if *error != DnsError::NoSuchName);
    if names.iter().any(unsure) {
        let value = format!("{}; its own addresses are unknown", first.name);
        return Finding::new(Check::ReverseDns, Status::Unknown, value).shown_by(leads(first));
    }
    let value = format!("{}, which does not lead back to {ip}", first.name);
    Finding::new(Check::ReverseDns, Status::Warning, value)
        .shown_by(leads(first))
        .with_action(format!(
            "Publish {ip} as an address of {}, or correct the PTR record",
            first.name
        ))
}

/// Where a name leads.
fn leads(name: &ResolvedName) -> String {
    match &name.addresses {
        Ok(all) if all.is_empty() => format!("{} has no address", name.name),
        Ok(all) => {
            let all: Vec<String> = all.iter().map(ToString::to_string).collect();
            format!("{} has the addresses {}", name.name, all.join(", "))
        }
        Err(error) => format!("{}: {error}", name.name),
    }
}

/// The names that the server gives itself. `None` if it gives none.
pub(super) fn own(names: &[ResolvedName], ip: IpAddr) -> Option<Finding> {
    if names.is_empty() {
        return None;
    }
    let mut worst = Status::Ok;
    let mut shown = Vec::new();
    let mut evidence = Vec::new();
    for name in names {
        let (status, word) = judge(name, ip);
        worst = worst.max(status);
        shown.push(format!("{} {word}", name.name));
        if status == Status::Ok && word != RESOLVES {
            evidence.push(leads(name));
        }
    }
    let mut finding = Finding::new(Check::Names, worst, shown.join(", "));
    finding.evidence = evidence;
    if worst == Status::Warning {
        finding = finding.with_action(
            "Let the server greet with a full host name that the DNS knows (RFC 5321 s4.1.1.1)",
        );
    }
    Some(finding)
}

/// The word for a name that leads to the address itself.
const RESOLVES: &str = "resolves";

fn judge(name: &ResolvedName, ip: IpAddr) -> (Status, &'static str) {
    let fault = match host_name_fault(&name.name) {
        None if name.name.starts_with('[') => return (Status::Ok, RESOLVES),
        None => None,
        Some(HostNameFault::NoDot) => Some("is not a full name"),
        Some(HostNameFault::Local) => Some("is a name of a local network"),
        Some(HostNameFault::BareAddress(_) | HostNameFault::UntaggedAddress(_)) => {
            Some("is an address in the wrong form")
        }
        Some(HostNameFault::Character(_) | HostNameFault::Literal | HostNameFault::Label) => {
            Some("is not a host name")
        }
    };
    match (fault, &name.addresses) {
        (Some(fault), _) => (Status::Warning, fault),
        (None, Ok(all)) if all.contains(&ip) => (Status::Ok, RESOLVES),
        (None, Ok(all)) if !all.is_empty() => (Status::Ok, "resolves to another address"),
        (None, Ok(_) | Err(DnsError::NoSuchName | DnsError::BadName(_))) => {
            (Status::Warning, "does not resolve")
        }
        (None, Err(_)) => (Status::Unknown, "could not be looked up"),
    }
}
