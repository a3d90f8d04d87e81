//! TARGET: what a person writes to say where to connect.

use std::fmt;
use std::net::{IpAddr, Ipv6Addr};

use crate::net::Security;

/// The port of plain SMTP (RFC 5321 section 4.5.4.2).
const SMTP: u16 = 25;
/// The port of submission under TLS from the first byte (RFC 8314 section 3.3).
const SMTPS: u16 = 465;

const FORMS: &str =
    "HOST, HOST:PORT, [IPV6]:PORT, smtp://HOST:PORT, smtps://HOST:PORT, @DOMAIN or USER@DOMAIN";

/// A server to connect to.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Target {
    /// A host name or an address, without brackets.
    pub host: String,
    /// The TCP port.
    pub port: u16,
    /// Whether the scheme asked for TLS from the first byte.
    pub smtps: bool,
    /// Whether the host is a domain, whose servers for mail are meant.
    pub mx: bool,
}

/// Why a text is no target.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TargetError {
    /// There is nothing in it.
    #[error("a target is missing: write {FORMS}")]
    Empty,
    /// What stands for a port is none.
    #[error("{0:?} is no port: a port is a number from 1 to 65535")]
    Port(String),
    /// The scheme is not one of ours.
    #[error("{0:?} is no scheme for SMTP: write smtp:// or smtps://")]
    Scheme(String),
    /// It names a user.
    #[error("{0:?} holds an \"@\": a target is a host, as in {after}", after = .0.rsplit('@').next().unwrap_or_default())]
    Address(String),
    /// Something stands behind the host and port.
    #[error("{0:?} is too much: a target ends with its port")]
    Trailing(String),
    /// The host is none.
    #[error("{host:?} is no host: {why}; write {FORMS}")]
    Host {
        /// What stands for it.
        host: String,
        /// What is wrong with it.
        why: &'static str,
    },
}

impl Target {
    /// Reads a target.
    ///
    /// # Errors
    /// Anything that is no host with a port, in words that name what is wrong.
    pub fn parse(text: &str) -> Result<Self, TargetError> {
        let text = text.trim();
        let (smtps, rest) = match text.split_once("://") {
            None => (false, text),
            Some((scheme, rest)) if scheme.eq_ignore_ascii_case("smtp") => (false, rest),
            Some((scheme, rest)) if scheme.eq_ignore_ascii_case("smtps") => (true, rest),
            Some((scheme, _)) => return Err(TargetError::Scheme(scheme.to_owned())),
        };
        let rest = rest.strip_suffix('/').unwrap_or(rest);
        let (mx, rest) = match rest.rsplit_once('@') {
            // A user with a ":" may be a password's.
            Some((user, domain)) if rest.len() == text.len() && !user.contains([':', '/']) => {
                (true, domain)
            }
            _ => (false, rest),
        };
        if rest.contains('@') {
            // Said without what stands before the "@": it may be a password.
            return Err(TargetError::Address(
                rest.rsplit('@')
                    .next()
                    .map_or_else(String::new, |h| format!("…@{h}")),
            ));
        }
        if let Some((_, trailing)) = rest.split_once('/') {
            return Err(TargetError::Trailing(format!("/{trailing}")));
        }
        let (host, port) = split(rest)?;
        check_host(host)?;
        if mx && host.parse::<IpAddr>().is_ok() {
            return Err(TargetError::Host {
                host: host.to_owned(),
                why: "behind the \"@\" stands a domain",
            });
        }
        let port = match port {
            None if smtps => SMTPS,
            None => SMTP,
            Some(port) => parse_port(port)?,
        };
        Ok(Self {
            host: host.to_owned(),
            port,
            smtps,
            mx,
        })
    }

    /// When TLS begins, where nobody says otherwise.
    pub fn security(&self) -> Security {
        if self.smtps || self.port == SMTPS {
            Security::Implicit
        } else {
            Security::None
        }
    }
}

/// Reads a port.
///
/// # Errors
/// Anything but a number from 1 to 65535.
pub fn parse_port(text: &str) -> Result<u16, TargetError> {
    let digits = text.bytes().all(|b| b.is_ascii_digit());
    let port = text.parse().ok().filter(|&port| port > 0 && digits);
    port.ok_or_else(|| TargetError::Port(text.to_owned()))
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            host,
            port,
            smtps,
            mx,
        } = self;
        if *mx {
            return match *port {
                SMTP => write!(f, "@{host}"),
                port => write!(f, "@{host}:{port}"),
            };
        }
        // The scheme is told where the port does not say the same.
        let scheme = if *smtps && *port != SMTPS {
            "smtps://"
        } else {
            ""
        };
        if host.contains(':') {
            write!(f, "{scheme}[{host}]:{port}")
        } else {
            write!(f, "{scheme}{host}:{port}")
        }
    }
}

/// Host and port. An IPv6 address without brackets is all host.
fn split(text: &str) -> Result<(&str, Option<&str>), TargetError> {
    if let Some(rest) = text.strip_prefix('[') {
        let bad = |why| TargetError::Host {
            host: text.to_owned(),
            why,
        };
        let (host, after) = rest
            .split_once(']')
            .ok_or_else(|| bad("the bracket is not closed"))?;
        if host.parse::<Ipv6Addr>().is_err() {
            return Err(bad("in brackets stands an IPv6 address"));
        }
        return match after.strip_prefix(':') {
            Some(port) => Ok((host, Some(port))),
            None if after.is_empty() => Ok((host, None)),
            None => Err(bad("behind the bracket comes \":\" and a port")),
        };
    }
    if text.parse::<Ipv6Addr>().is_ok() {
        return Ok((text, None));
    }
    Ok(text
        .split_once(':')
        .map_or((text, None), |(host, port)| (host, Some(port))))
}

fn check_host(host: &str) -> Result<(), TargetError> {
    if host.is_empty() {
        return Err(TargetError::Empty);
    }
    if host.parse::<IpAddr>().is_ok() {
        return Ok(());
    }
    let name = host.strip_suffix('.').unwrap_or(host);
    let bad_character = |label: &str| {
        label
            .bytes()
            .any(|b| !b.is_ascii_alphanumeric() && b != b'-' && b != b'_')
    };
    let why = if !host.is_ascii() {
        "it is not ASCII, write its xn-- form"
    } else if name.len() > 253 {
        "a name has at most 253 characters"
    } else if name
        .split('.')
        .any(|label| label.is_empty() || label.len() > 63)
    {
        "each part between the dots has 1 to 63 characters"
    } else if name.split('.').any(bad_character) {
        "a name is made of letters, digits, hyphens and dots"
    } else if name.split('.').any(|label| label.starts_with('-')) {
        "no part of a name begins with a hyphen"
    } else if name
        .rsplit('.')
        .next()
        .is_some_and(|last| last.bytes().all(|b| b.is_ascii_digit()))
    {
        "it looks like an IPv4 address, which is four numbers from 0 to 255"
    } else {
        return Ok(());
    };
    Err(TargetError::Host {
        host: host.to_owned(),
        why,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn targets_are_read_as_people_write_them() {
        let table = [
            ("mx.example.org", "mx.example.org:25", Security::None),
            ("mx.example.org:587", "mx.example.org:587", Security::None),
            (
                "mx.example.org:465",
                "mx.example.org:465",
                Security::Implicit,
            ),
            ("smtp://mx.example.org", "mx.example.org:25", Security::None),
            (
                "SMTPS://mx.example.org/",
                "mx.example.org:465",
                Security::Implicit,
            ),
            (
                "smtps://mx.example.org:2465",
                "smtps://mx.example.org:2465",
                Security::Implicit,
            ),
            ("[::1]:25", "[::1]:25", Security::None),
            ("[2001:db8::1]", "[2001:db8::1]:25", Security::None),
            ("::1", "[::1]:25", Security::None),
            ("192.0.2.1:2525", "192.0.2.1:2525", Security::None),
            (" localhost ", "localhost:25", Security::None),
            ("@example.org", "@example.org", Security::None),
            ("alice@example.org", "@example.org", Security::None),
            ("alice@example.org:587", "@example.org:587", Security::None),
            (
                "mail_1.example.org.",
                "mail_1.example.org.:25",
                Security::None,
            ),
        ];
        for (text, shown, security) in table {
            let target = Target::parse(text).unwrap();
            assert_eq!(
                (target.to_string().as_str(), target.security()),
                (shown, security),
                "{text}"
            );
        }
    }

    #[test]
    fn what_is_no_target_is_told_in_words() {
        let table = [
            ("", "a target is missing"),
            (":25", "a target is missing"),
            ("mx:", "\"\" is no port"),
            ("mx:0", "\"0\" is no port"),
            ("mx:65536", "\"65536\" is no port"),
            ("mx:+25", "\"+25\" is no port"),
            ("mx:smtp", "\"smtp\" is no port"),
            ("http://mx", "\"http\" is no scheme"),
            ("smtp://alice@example.org", "as in example.org"),
            ("alice:secret@example.org", "as in example.org"),
            ("alice@192.0.2.1", "stands a domain"),
            ("alice@", "a target is missing"),
            ("smtp://alice:secret@mx", "as in mx"),
            ("mx/25", "\"/25\" is too much"),
            ("[::1", "the bracket is not closed"),
            ("[mx]:25", "in brackets stands an IPv6 address"),
            ("[::1]25", "behind the bracket"),
            ("mx example", "letters, digits, hyphens and dots"),
            ("mx..example", "1 to 63 characters"),
            ("-mx", "begins with a hyphen"),
            ("300.1.1.1", "looks like an IPv4 address"),
            ("bücher.example", "xn-- form"),
        ];
        for (text, words) in table {
            let error = Target::parse(text).unwrap_err().to_string();
            assert!(error.contains(words), "{text}: {error}");
            assert!(!error.contains("secret"), "{error}");
        }
    }
}
