//! Names of hosts as EHLO gives them: domains, and addresses in brackets (RFC 5321 section 4.1.2 and
//! 4.1.3).

use core::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// Endings of names that are only valid in a local network.
const LOCAL_ENDINGS: &[&str] = &[
    ".local",
    ".localdomain",
    ".localhost",
    ".lan",
    ".home",
    ".internal",
];

/// What is wrong with the name of a host.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HostNameFault {
    /// An IP address without brackets.
    BareAddress(IpAddr),
    /// An IPv6 address in brackets, without its tag.
    UntaggedAddress(IpAddr),
    /// An ASCII character that no name has.
    Character(char),
    /// It begins with a bracket, but is no address in brackets.
    Literal,
    /// A label that is empty, or begins or ends with a hyphen.
    Label,
    /// A name of the local network.
    Local,
    /// One label only.
    NoDot,
}

/// The first fault of a name; none if it is a full name or an address in brackets. Letters beyond ASCII
/// are not checked.
pub fn host_name_fault(name: &str) -> Option<HostNameFault> {
    if let Ok(address) = name.parse() {
        return Some(HostNameFault::BareAddress(address));
    }
    if name.starts_with('[') {
        let inner = name.trim_matches(['[', ']']).parse::<IpAddr>();
        return match inner {
            Ok(address @ IpAddr::V6(_)) if name.ends_with(']') => {
                Some(HostNameFault::UntaggedAddress(address))
            }
            _ => (!is_literal(name)).then_some(HostNameFault::Literal),
        };
    }
    let odd = |letter: &char| {
        letter.is_ascii() && !letter.is_ascii_alphanumeric() && !matches!(letter, '-' | '.')
    };
    let lower = name.to_ascii_lowercase();
    if let Some(letter) = name.chars().find(odd) {
        Some(HostNameFault::Character(letter))
    } else if name.split('.').any(is_odd_label) {
        Some(HostNameFault::Label)
    } else if lower == "localhost" || LOCAL_ENDINGS.iter().any(|local| lower.ends_with(local)) {
        Some(HostNameFault::Local)
    } else if !name.contains('.') {
        Some(HostNameFault::NoDot)
    } else {
        None
    }
}

/// Whether a label of a name is empty, or begins or ends with a hyphen.
pub fn is_odd_label(label: &str) -> bool {
    label.is_empty() || label.starts_with('-') || label.ends_with('-')
}

/// Whether a name is an address in brackets, or one of another kind after its tag.
fn is_literal(name: &str) -> bool {
    let inner = name
        .strip_prefix('[')
        .and_then(|rest| rest.strip_suffix(']'));
    inner.is_some_and(|inner| match inner.split_once(':') {
        Some((tag, _)) if !tag.eq_ignore_ascii_case("IPv6") => {
            !tag.is_empty() && inner.parse::<IpAddr>().is_err()
        }
        _ => holds_address(inner),
    })
}

/// Whether the text between brackets is an IP address: `192.0.2.1`, `IPv6:2001:db8::1`.
pub fn holds_address(inner: &str) -> bool {
    match inner.split_once(':') {
        Some((tag, address)) => {
            tag.eq_ignore_ascii_case("IPv6") && address.parse::<Ipv6Addr>().is_ok()
        }
        None => inner.parse::<Ipv4Addr>().is_ok(),
    }
}

/// Formats an address literal (RFC 5321 section 4.1.3).
pub fn address_literal(address: IpAddr) -> String {
    match address {
        IpAddr::V4(address) => format!("[{address}]"),
        IpAddr::V6(address) => format!("[IPv6:{address}]"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_have_their_faults() {
        let v6 = IpAddr::from([0x2001, 0xdb8, 0, 0, 0, 0, 0, 1]);
        let table = [
            ("host.example.org", None),
            ("[192.0.2.1]", None),
            ("[IPv6:2001:db8::1]", None),
            ("[tag:anything]", None),
            (
                "192.0.2.1",
                Some(HostNameFault::BareAddress([192, 0, 2, 1].into())),
            ),
            ("2001:db8::1", Some(HostNameFault::BareAddress(v6))),
            ("[2001:db8::1]", Some(HostNameFault::UntaggedAddress(v6))),
            ("[192.0.2.300]", Some(HostNameFault::Literal)),
            ("[192.0.2.1", Some(HostNameFault::Literal)),
            ("web_1", Some(HostNameFault::Character('_'))),
            ("a..example", Some(HostNameFault::Label)),
            ("-a.example", Some(HostNameFault::Label)),
            ("vm.local", Some(HostNameFault::Local)),
            ("LOCALHOST", Some(HostNameFault::Local)),
            ("web1", Some(HostNameFault::NoDot)),
        ];
        for (name, fault) in table {
            assert_eq!(host_name_fault(name), fault, "{name}");
        }
    }
}
