//! What a user may choose about TLS.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use tokio_rustls::rustls::pki_types::{CertificateDer, ServerName};

use super::fingerprint::Fingerprint;
use super::identity::Identity;
use super::key_log::KeyLogFile;
use crate::net::dns::Resolver;

/// Octets of an ALPN name, at the most (RFC 7301 section 3.1).
const ALPN_CAP: usize = 255;

/// What a user may choose about TLS. The default is what suits almost everybody.
#[derive(Clone, Debug, Default)]
pub struct TlsOptions {
    /// Which name is sent as SNI.
    pub sni: Sni,
    /// Authorities trusted beside the system's; a server's own certificate counts as well.
    pub authorities: Vec<CertificateDer<'static>>,
    /// What is shown to a server that wants a certificate of its client.
    pub identity: Option<Arc<Identity>>,
    /// The oldest and the newest version.
    pub versions: Versions,
    /// Protocols that are offered by name; none offers nothing.
    pub alpn: Vec<Alpn>,
    /// What a certificate that is not verified leads to.
    pub verify: Verify,
    /// Keys that are known to be right. Where there are any, the server has to have one of them.
    pub pins: Vec<Fingerprint>,
    /// Where the session's keys are written.
    pub key_log: Option<Arc<KeyLogFile>>,
    /// Who is asked for keys that the DNS vouches for (RFC 7672); nothing asks nobody.
    pub dane: Option<Resolver>,
}

/// Which name is sent as SNI (RFC 6066 section 3). An address is never sent.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Sni {
    /// The host's.
    #[default]
    Host,
    /// This one, which is looked for in the certificate too.
    Name(String),
    /// None; the host's is looked for in the certificate.
    Nothing,
}

/// A version of TLS that we speak.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Version {
    /// TLS 1.2.
    Tls12,
    /// TLS 1.3.
    Tls13,
}

/// The versions that are offered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Versions {
    least: Version,
    most: Version,
}

/// A protocol's name for ALPN, of 1 to 255 octets (RFC 7301 section 3.1).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Alpn(String);

/// What a certificate that is not verified leads to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Verify {
    /// It is not even checked.
    Off,
    /// What is wrong is told, and the conversation goes on.
    #[default]
    Show,
    /// The handshake ends.
    Require,
}

/// A choice about TLS cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum OptionError {
    /// It is no name of a host.
    #[error("{0:?} is no host name, and not \"none\" either")]
    Sni(String),
    /// It is no version.
    #[error("{0:?} is no version of TLS that ehlo speaks: write 1.2 or 1.3")]
    Version(String),
    /// The oldest is newer than the newest.
    #[error("no version is left: the oldest is TLS {least}, the newest TLS {most}")]
    NoVersion {
        /// The oldest.
        least: Version,
        /// The newest.
        most: Version,
    },
    /// It is no protocol's name.
    #[error("{0:?} is no ALPN name: write 1 to 255 characters, as in smtp")]
    Alpn(String),
    /// It is no way to check.
    #[error("{0:?} is no way to check a certificate: write off, show or require")]
    Verify(String),
}

impl FromStr for Sni {
    type Err = OptionError;

    fn from_str(text: &str) -> Result<Self, OptionError> {
        match ServerName::try_from(text) {
            _ if text.eq_ignore_ascii_case("none") => Ok(Self::Nothing),
            // An address is looked for in the certificate, as a name is.
            Ok(_) => Ok(Self::Name(text.to_owned())),
            Err(_) => Err(OptionError::Sni(text.to_owned())),
        }
    }
}

impl fmt::Display for Sni {
    /// As it is read; nothing for the host's own name.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Host => "",
            Self::Name(name) => name,
            Self::Nothing => "none",
        })
    }
}

impl Sni {
    /// The name that is looked for in the certificate of `host`.
    pub fn wanted<'a>(&'a self, host: &'a str) -> &'a str {
        match self {
            Self::Name(name) => name,
            // A dot at the end is DNS's own, and no certificate has it.
            Self::Host | Self::Nothing => host.strip_suffix('.').unwrap_or(host),
        }
    }
}

impl Version {
    /// Its name: `TLS 1.2`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Tls12 => "TLS 1.2",
            Self::Tls13 => "TLS 1.3",
        }
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Tls12 => "1.2",
            Self::Tls13 => "1.3",
        })
    }
}

impl FromStr for Version {
    type Err = OptionError;

    fn from_str(text: &str) -> Result<Self, OptionError> {
        match text {
            "1.2" => Ok(Self::Tls12),
            "1.3" => Ok(Self::Tls13),
            _ => Err(OptionError::Version(text.to_owned())),
        }
    }
}

impl Default for Versions {
    fn default() -> Self {
        Self {
            least: Version::Tls12,
            most: Version::Tls13,
        }
    }
}

impl Versions {
    /// All from the oldest to the newest.
    ///
    /// # Errors
    /// When the oldest is newer than the newest.
    pub fn new(least: Version, most: Version) -> Result<Self, OptionError> {
        if least <= most {
            Ok(Self { least, most })
        } else {
            Err(OptionError::NoVersion { least, most })
        }
    }

    /// Whether this version is offered.
    pub fn offer(self, version: Version) -> bool {
        (self.least..=self.most).contains(&version)
    }
}

impl fmt::Display for Versions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.least == self.most {
            write!(f, "TLS {}", self.least)
        } else {
            write!(f, "TLS {} or {}", self.least, self.most)
        }
    }
}

impl FromStr for Alpn {
    type Err = OptionError;

    fn from_str(text: &str) -> Result<Self, OptionError> {
        if (1..=ALPN_CAP).contains(&text.len()) && !text.chars().any(char::is_control) {
            Ok(Self(text.to_owned()))
        } else {
            Err(OptionError::Alpn(text.to_owned()))
        }
    }
}

impl fmt::Display for Alpn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Alpn {
    /// The name as octets.
    pub(super) fn octets(&self) -> Vec<u8> {
        self.0.clone().into_bytes()
    }
}

impl fmt::Display for Verify {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Off => "off",
            Self::Show => "show",
            Self::Require => "require",
        })
    }
}

impl FromStr for Verify {
    type Err = OptionError;

    fn from_str(text: &str) -> Result<Self, OptionError> {
        match text {
            "off" => Ok(Self::Off),
            "show" => Ok(Self::Show),
            "require" => Ok(Self::Require),
            _ => Err(OptionError::Verify(text.to_owned())),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn choices_are_read_or_told_what_is_wrong() {
        assert_eq!("none".parse(), Ok(Sni::Nothing));
        assert_eq!("mx.example".parse(), Ok(Sni::Name("mx.example".to_owned())));
        assert_eq!("1.3".parse(), Ok(Version::Tls13));
        assert_eq!("require".parse(), Ok(Verify::Require));
        let wrong = [
            "a b".parse::<Sni>().unwrap_err(),
            "".parse::<Sni>().unwrap_err(),
            "1.1".parse::<Version>().unwrap_err(),
            "TLSv1.2".parse::<Version>().unwrap_err(),
            "".parse::<Alpn>().unwrap_err(),
            "yes".parse::<Verify>().unwrap_err(),
            Versions::new(Version::Tls13, Version::Tls12).unwrap_err(),
        ];
        let words: Vec<String> = wrong.iter().map(ToString::to_string).collect();
        let expected = [
            "\"a b\" is no host name, and not \"none\" either",
            "\"\" is no host name, and not \"none\" either",
            "\"1.1\" is no version of TLS that ehlo speaks: write 1.2 or 1.3",
            "\"TLSv1.2\" is no version of TLS that ehlo speaks: write 1.2 or 1.3",
            "\"\" is no ALPN name: write 1 to 255 characters, as in smtp",
            "\"yes\" is no way to check a certificate: write off, show or require",
            "no version is left: the oldest is TLS 1.3, the newest TLS 1.2",
        ];
        assert_eq!(words, expected);
    }

    #[test]
    fn the_wanted_name_has_no_dot_at_its_end() {
        let table = [
            (Sni::Host, "mx.example.", "mx.example"),
            (Sni::Nothing, "mx.example", "mx.example"),
            (Sni::Name("a.example".to_owned()), "mx.example", "a.example"),
        ];
        for (sni, host, wanted) in table {
            assert_eq!(sni.wanted(host), wanted, "{sni:?}");
        }
    }
}
