//! Lookups of a host: its addresses, and the names of an address.

use std::fmt::Write as _;
use std::net::IpAddr;

use super::message::{Record, RecordType};
use super::{DnsError, query};
use crate::net::{Family, Resolver};

/// Addresses of one host, or names of one address, that are returned.
const HOST_CAP: usize = 32;

/// The addresses of a host in the DNS.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct HostAddresses {
    /// Its addresses, those of IPv4 first; at most 32. Empty if the name has none.
    pub addresses: Vec<IpAddr>,
    /// The name at which they are, if the host's name is an alias (CNAME). Escape it before showing
    /// it.
    pub alias: Option<String>,
}

/// Looks up the addresses of a host: its A and AAAA records.
///
/// # Errors
/// If no lookup succeeds.
pub async fn host_addresses(
    resolver: &Resolver,
    host: &str,
    family: Family,
) -> Result<HostAddresses, DnsError> {
    let kinds: &[RecordType] = match family {
        Family::Any => &[RecordType::A, RecordType::Aaaa],
        Family::V4 => &[RecordType::A],
        Family::V6 => &[RecordType::Aaaa],
    };
    let mut found = HostAddresses::default();
    let mut failure = None;
    for kind in kinds {
        match query(resolver, host, *kind).await {
            Ok(answer) => {
                let addresses = answer
                    .records
                    .into_iter()
                    .filter_map(|record| match record {
                        Record::Address(address) => Some(address),
                        _ => None,
                    });
                found.addresses.extend(addresses);
                found.alias = found.alias.or(answer.alias);
            }
            Err(error) => failure = Some(error),
        }
    }
    found.addresses.truncate(HOST_CAP);
    match failure {
        Some(error) if found.addresses.is_empty() => Err(error),
        _ => Ok(found),
    }
}

/// Looks up the names of an address: its PTR records. Empty if there are none. Escape the names before
/// showing them.
///
/// # Errors
/// If the lookup fails.
pub async fn reverse_names(resolver: &Resolver, address: IpAddr) -> Result<Vec<String>, DnsError> {
    let answer = match query(resolver, &reverse_name(address), RecordType::Ptr).await {
        Err(DnsError::NoSuchName) => return Ok(Vec::new()),
        answer => answer?,
    };
    let names = answer
        .records
        .into_iter()
        .filter_map(|record| match record {
            Record::Ptr(name) => Some(name),
            _ => None,
        });
    Ok(names.take(HOST_CAP).collect())
}

/// The name at which the PTR records of an address are (RFC 1035 section 3.5, RFC 3596 section 2.5).
fn reverse_name(address: IpAddr) -> String {
    let mut name = String::new();
    match address {
        IpAddr::V4(address) => {
            for octet in address.octets().iter().rev() {
                let _ = write!(name, "{octet}.");
            }
            name.push_str("in-addr.arpa");
        }
        IpAddr::V6(address) => {
            for octet in address.octets().iter().rev() {
                let _ = write!(name, "{:x}.{:x}.", octet & 15, octet >> 4);
            }
            name.push_str("ip6.arpa");
        }
    }
    name
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_name_of_an_address_is_its_reverse() {
        let of = |text: &str| reverse_name(text.parse().unwrap());
        assert_eq!(of("192.0.2.17"), "17.2.0.192.in-addr.arpa");
        assert_eq!(
            of("2001:db8::567:89ab"),
            "b.a.9.8.7.6.5.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2.ip6.arpa"
        );
    }
}
