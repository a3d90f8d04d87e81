//! TARGET: the text with which a user names a server.

use std::fmt;
use std::net::{IpAddr, Ipv6Addr};

use crate::net::Security;
use crate::smtp::LMTP_PORT;

/// The port of plain SMTP (RFC 5321 section 4.5.4.2).
const SMTP: u16 = 25;
/// The port of submission under TLS from the first byte (RFC 8314 section 3.3).
const SMTPS: u16 = 465;
/// The port of submission (RFC 6409 section 3.1).
const SUBMISSION: u16 = 587;

/// The forms of a target, for error messages.
const FORMS: &str =
    "HOST, HOST:PORT, [IPV6]:PORT, smtp://HOST:PORT, smtps://HOST:PORT, @DOMAIN or USER@DOMAIN";

/// A server to connect to.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Target {
    /// A host name or an address, without brackets.
    pub host: String,
    /// The TCP port.
    pub port: u16,
    /// Whether the scheme is smtps://, which means TLS from the first byte.
    pub smtps: bool,
    /// Whether the scheme is smtp+starttls:// or submission://, which means STARTTLS.
    pub starttls: bool,
    /// Whether the host is a domain, and the target one of its mail servers.
    pub mx: bool,
}

/// Why a text is not a target.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TargetError {
    /// The host is missing.
    #[error("missing target: use {FORMS}")]
    Empty,
    /// The port is invalid.
    #[error("invalid port {0:?}: use 1 to 65535")]
    Port(String),
    /// The scheme is not one of SMTP.
    #[error("invalid scheme {0:?}: use smtp://, smtps:// or lmtp://")]
    Scheme(String),
    /// A path of a socket.
    #[error(
        "{0:?} is a socket in the file system, which ehlo does not connect to: \
         socat TCP-LISTEN:2424,bind=localhost,fork UNIX-CONNECT:PATH gives it a port"
    )]
    Socket(String),
    /// A user name, perhaps with a password, precedes a host. The text is the host.
    #[error("invalid target \"…@{0}\": use a host without a user name, as in {0}")]
    User(String),
    /// Something follows the host and port.
    #[error("unexpected {0:?}: a target ends with its port")]
    Trailing(String),
    /// The host is invalid.
    #[error("invalid host {host:?}: {why}; use {FORMS}")]
    Host {
        /// The text in place of the host.
        host: String,
        /// What is wrong with it.
        why: &'static str,
    },
}

impl Target {
    /// Parses a target.
    ///
    /// # Errors
    /// A text that is not in one of the forms. The error never quotes what may be a password.
    pub fn parse(text: &str) -> Result<Self, TargetError> {
        let text = text.trim();
        if text.starts_with(['/', '.']) || text.starts_with("unix:") {
            return Err(TargetError::Socket(text.to_owned()));
        }
        // HOST PORT is how telnet and nc take it.
        if let Some((host, port)) = text.split_once(char::is_whitespace)
            && parse_port(port.trim_start()).is_ok()
        {
            let host = match host.parse::<Ipv6Addr>() {
                Ok(_) => format!("[{host}]"),
                Err(_) => host.to_owned(),
            };
            return Self::parse(&format!("{host}:{}", port.trim_start()));
        }
        let (scheme, rest) = match text.split_once("://") {
            None => (String::new(), text),
            Some((scheme, rest)) => (scheme.to_ascii_lowercase(), rest),
        };
        let (smtps, default_port) = match scheme.as_str() {
            "" | "smtp" => (false, SMTP),
            "smtps" => (true, SMTPS),
            "lmtp" => (false, LMTP_PORT),
            "smtp+starttls" => (false, SMTP),
            "submission" => (false, SUBMISSION),
            _ => return Err(TargetError::Scheme(scheme)),
        };
        let starttls = matches!(scheme.as_str(), "smtp+starttls" | "submission");
        let rest = rest.strip_suffix('/').unwrap_or(rest);
        let (mx, rest) = match rest.rsplit_once('@') {
            // What follows a ":" in the user name may be a password.
            Some((user, domain)) if rest.len() == text.len() && !user.contains([':', '/']) => {
                (true, domain)
            }
            _ => (false, rest),
        };
        // What precedes the "@" may be a password, and is not quoted.
        if let Some((_, host)) = rest.rsplit_once('@') {
            return Err(TargetError::User(host.to_owned()));
        }
        if let Some((_, trailing)) = rest.split_once('/') {
            return Err(TargetError::Trailing(format!("/{trailing}")));
        }
        let (host, port) = split(rest)?;
        check_host(host)?;
        if mx && host.parse::<IpAddr>().is_ok() {
            return Err(TargetError::Host {
                host: host.to_owned(),
                why: "expected a domain after \"@\"",
            });
        }
        let port = match port {
            None => default_port,
            Some(port) => parse_port(port)?,
        };
        Ok(Self {
            host: host.to_owned(),
            port,
            smtps,
            starttls,
            mx,
        })
    }

    /// When TLS starts, unless the user chooses otherwise.
    pub fn security(&self) -> Security {
        if self.smtps || self.port == SMTPS {
            Security::Implicit
        } else if self.starttls {
            Security::StartTls
        } else {
            Security::None
        }
    }
}

/// Parses a port.
///
/// # Errors
/// A text that is not a number from 1 to 65535.
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
            starttls,
            mx,
        } = self;
        if *mx {
            return match *port {
                SMTP => write!(f, "@{host}"),
                port => write!(f, "@{host}:{port}"),
            };
        }
        // The scheme is only written if the port does not imply it.
        let scheme = if *smtps && *port != SMTPS {
            "smtps://"
        } else if *starttls {
            "smtp+starttls://"
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

/// Splits host and port. An IPv6 address without brackets has no port.
fn split(text: &str) -> Result<(&str, Option<&str>), TargetError> {
    if let Some(rest) = text.strip_prefix('[') {
        let bad = |why| TargetError::Host {
            host: text.to_owned(),
            why,
        };
        let (host, after) = rest.split_once(']').ok_or_else(|| bad("missing \"]\""))?;
        if host.parse::<Ipv6Addr>().is_err() {
            return Err(bad("expected an IPv6 address in brackets"));
        }
        return match after.strip_prefix(':') {
            Some(port) => Ok((host, Some(port))),
            None if after.is_empty() => Ok((host, None)),
            None => Err(bad("expected \":\" and a port after \"]\"")),
        };
    }
    if text.parse::<Ipv6Addr>().is_ok() {
        return Ok((text, None));
    }
    Ok(text
        .split_once(':')
        .map_or((text, None), |(host, port)| (host, Some(port))))
}

/// Checks that a host is an address or a valid name (RFC 1123 section 2.1; underscores are in use).
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
        "it is not ASCII, use the xn-- form"
    } else if name.len() > 253 {
        "it is longer than 253 characters"
    } else if name
        .split('.')
        .any(|label| label.is_empty() || label.len() > 63)
    {
        "each part between dots must have 1 to 63 characters"
    } else if name.split('.').any(bad_character) {
        "a name consists of letters, digits, hyphens and dots"
    } else if name.split('.').any(|label| label.starts_with('-')) {
        "no part may begin with a hyphen"
    } else if name
        .rsplit('.')
        .next()
        .is_some_and(|last| last.bytes().all(|b| b.is_ascii_digit()))
    {
        "an IPv4 address consists of four numbers from 0 to 255"
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
    fn parses_every_form_of_a_target() {
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
            (
                "smtp+starttls://mx.example.org:2587",
                "smtp+starttls://mx.example.org:2587",
                Security::StartTls,
            ),
            (
                "submission://mx.example.org",
                "smtp+starttls://mx.example.org:587",
                Security::StartTls,
            ),
            ("[::1]:25", "[::1]:25", Security::None),
            ("[2001:db8::1]", "[2001:db8::1]:25", Security::None),
            ("::1", "[::1]:25", Security::None),
            ("192.0.2.1:2525", "192.0.2.1:2525", Security::None),
            (" localhost ", "localhost:25", Security::None),
            ("mx.example.org 25", "mx.example.org:25", Security::None),
            ("::1  2525", "[::1]:2525", Security::None),
            ("lmtp://localhost", "localhost:24", Security::None),
            ("lmtp://localhost:2424", "localhost:2424", Security::None),
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
    fn reports_what_is_wrong_with_a_target() {
        let table = [
            ("", "missing target: use HOST, "),
            (":25", "missing target: use HOST, "),
            ("mx:", "invalid port \"\": use 1 to 65535"),
            ("mx:0", "invalid port \"0\""),
            ("mx:65536", "invalid port \"65536\""),
            ("mx:+25", "invalid port \"+25\""),
            ("mx:smtp", "invalid port \"smtp\""),
            ("http://mx", "invalid scheme \"http\""),
            ("socks5://mx:1080", "invalid scheme \"socks5\""),
            ("unix:/run/lmtp", "a socket in the file system"),
            ("/run/lmtp", "a socket in the file system"),
            ("mx 25 26", "letters, digits, hyphens and dots"),
            ("smtp://alice@example.org", "as in example.org"),
            ("alice:secret@example.org", "as in example.org"),
            ("alice@192.0.2.1", "expected a domain after"),
            ("alice@", "missing target: use HOST, "),
            ("smtp://alice:secret@mx", "as in mx"),
            ("mx/25", "unexpected \"/25\""),
            ("[::1", "missing \"]\""),
            ("[mx]:25", "an IPv6 address in brackets"),
            ("[::1]25", "after \"]\""),
            ("mx example", "letters, digits, hyphens and dots"),
            ("mx..example", "1 to 63 characters"),
            ("-mx", "begin with a hyphen"),
            ("300.1.1.1", "an IPv4 address consists of"),
            ("bücher.example", "xn-- form"),
        ];
        for (text, words) in table {
            let error = Target::parse(text).unwrap_err().to_string();
            assert!(error.contains(words), "{text}: {error}");
            assert!(!error.contains("secret"), "{error}");
        }
    }
}
