//! The MX records of a domain, and the addresses of its hosts.

use super::{Check, Finding, Host, Status};
use crate::net::{DnsError, MailRoute, MailServers, ResolveError};

pub(super) fn route(route: &Result<MailRoute, DnsError>, domain: &str) -> Finding {
    let route = match route {
        Ok(route) => route,
        Err(error) => {
            let finding = Finding::new(Check::Mx, of_lookup(error), error.to_string());
            return match error {
                DnsError::NoSuchName => finding.with_action(format!(
                    "Check the spelling of {domain}, and whether its registration has run out"
                )),
                DnsError::ServerFailure => finding.with_action(
                    "Check the nameservers of the domain, and their signatures (DNSSEC)",
                ),
                _ => finding
                    .with_action("Check the nameserver of this machine, or name one by --dns"),
            };
        }
    };
    match &route.servers {
        MailServers::NullMx => Finding::new(
            Check::Mx,
            Status::Critical,
            "null MX: the domain takes no mail",
        )
        .shown_by(route.to_string())
        .with_action("If the domain is to take mail, publish MX records that name its servers"),
        MailServers::ImplicitMx => {
            Finding::ok(Check::Mx, "none: mail goes to the address of the domain")
                .shown_by(route.to_string())
        }
        MailServers::Mx(hosts) => {
            let hosts = hosts
                .iter()
                .map(|mx| format!("{} {}", mx.preference, mx.host));
            Finding::ok(Check::Mx, hosts.collect::<Vec<_>>().join(", "))
        }
    }
}

/// The status of a failed lookup: whether the domain is at fault, or our own resolver.
fn of_lookup(error: &DnsError) -> Status {
    match error {
        DnsError::NoSuchName | DnsError::ServerFailure | DnsError::BadName(_) => Status::Critical,
        DnsError::NoResolver | DnsError::NoAnswer | DnsError::Refused(_) => Status::Unknown,
    }
}

/// The addresses of a host. An address needs no lookup.
pub(super) fn host(host: &Host) -> Option<Finding> {
    let name = &host.name;
    if host.names_an_address() {
        return Some(
            Finding::new(
                Check::Name,
                Status::Critical,
                format!("the MX record names an address, {name}"),
            )
            .with_action(
                "Name a host in the MX record (RFC 5321 s5.1): most servers deliver nothing to an address",
            ),
        );
    }
    let is_address = name.parse::<std::net::IpAddr>().is_ok();
    let addresses = match &host.addresses {
        Ok(_) if is_address => return None,
        Ok(addresses) => addresses,
        Err(error) => {
            let finding = Finding::new(Check::Name, of_name(error), error.to_string());
            let action = match error {
                ResolveError::NotFound if host.is_mx => {
                    "Publish an address of this host, or remove its MX record"
                }
                ResolveError::NotFound => "Check the spelling of the host, and its DNS",
                ResolveError::NoneOfFamily(_) => "Leave out -4 or -6",
                _ => "Check the nameserver of this machine, or name one by --dns",
            };
            return Some(finding.with_action(action));
        }
    };
    let shown: Vec<String> = addresses.iter().map(ToString::to_string).collect();
    let shown = shown.join(", ");
    Some(match &host.alias {
        Some(target) => Finding::new(
            Check::Name,
            Status::Warning,
            format!("an alias (CNAME) of {target}: {shown}"),
        )
        .with_action(
            "Name the host itself in the MX record: aliases are not allowed there (RFC 2181 s10.3)",
        ),
        None => Finding::ok(Check::Name, shown),
    })
}

fn of_name(error: &ResolveError) -> Status {
    match error {
        ResolveError::NotFound | ResolveError::Other(_) => Status::Critical,
        ResolveError::NoneOfFamily(_) | ResolveError::Unavailable | ResolveError::TimedOut(_) => {
            Status::Unknown
        }
    }
}
