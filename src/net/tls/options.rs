//! The user's options for TLS.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use tokio_rustls::rustls::pki_types::{CertificateDer, ServerName};

use super::fingerprint::Fingerprint;
use super::identity::Identity;
use super::key_log::KeyLogFile;
use crate::net::resolver::Resolver;

/// Octets of an ALPN name, at most (RFC 7301 section 3.1).
const ALPN_CAP: usize = 255;

/// The user's options for TLS. The defaults suit almost everyone.
#[derive(Clone, Debug, Default)]
pub struct TlsOptions {
    /// Which name to send as SNI.
    pub sni: Sni,
    /// CA certificates to trust besides the system's. A server's own certificate may be among them.
    pub authorities: Vec<CertificateDer<'static>>,
    /// The client certificate for a server that requests one.
    pub identity: Option<Arc<Identity>>,
    /// The versions to offer.
    pub versions: TlsVersions,
    /// Protocols to offer by ALPN. If empty, the extension is not sent.
    pub alpn: Vec<Alpn>,
    /// Whether the ClientHello begins with a key share of X25519MLKEM768, as browsers send it. It
    /// then takes two packets.
    pub large_hello: bool,
    /// What to do about a certificate that is not verified.
    pub verify: Verify,
    /// Pinned keys. If there are any, the server must have one of them.
    pub pins: Vec<Fingerprint>,
    /// The file to which session keys are logged.
    pub key_log: Option<Arc<KeyLogFile>>,
    /// The resolver to query for TLSA records (RFC 7672). `None`: DANE is off.
    pub dane: Option<Resolver>,
}

/// Which name to send as SNI (RFC 6066 section 3). An IP address is never sent.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Sni {
    /// The host name.
    #[default]
    Host,
    /// This name, for which the certificate must then be valid too.
    Name(String),
    /// No SNI. The certificate must be valid for the host name.
    Nothing,
}

/// A TLS version that ehlo supports.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum TlsVersion {
    /// TLS 1.2.
    Tls12,
    /// TLS 1.3.
    Tls13,
}

/// A range of TLS versions to offer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TlsVersions {
    oldest: TlsVersion,
    newest: TlsVersion,
}

/// A protocol name for ALPN, of 1 to 255 octets (RFC 7301 section 3.1).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Alpn(String);

/// What to do about a certificate that is not verified.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Verify {
    /// Do not check certificates.
    Off,
    /// Report what is wrong and continue.
    #[default]
    Show,
    /// Abort the handshake.
    Require,
}

/// An invalid TLS option.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TlsOptionError {
    /// The SNI is neither a host name nor `none`.
    #[error("invalid SNI {0:?}: use a host name or \"none\"")]
    Sni(String),
    /// The version is unknown or not supported.
    #[error("invalid TLS version {0:?}: use 1.2 or 1.3")]
    Version(String),
    /// The range of versions is empty.
    #[error("no TLS version left: the oldest is {oldest}, the newest {newest}")]
    NoVersion {
        /// The oldest version to offer.
        oldest: TlsVersion,
        /// The newest version to offer.
        newest: TlsVersion,
    },
    /// The ALPN name is empty, too long or contains control characters.
    #[error(
        "invalid ALPN name {0:?}: use 1 to 255 octets without control characters, such as smtp"
    )]
    Alpn(String),
    /// The verify mode is unknown.
    #[error("invalid verify mode {0:?}: use off, show or require")]
    Verify(String),
}

impl FromStr for Sni {
    type Err = TlsOptionError;

    fn from_str(text: &str) -> Result<Self, TlsOptionError> {
        match ServerName::try_from(text) {
            _ if text.eq_ignore_ascii_case("none") => Ok(Self::Nothing),
            // An IP address is not sent, but the certificate is checked for it.
            Ok(_) => Ok(Self::Name(text.to_owned())),
            Err(_) => Err(TlsOptionError::Sni(text.to_owned())),
        }
    }
}

impl fmt::Display for Sni {
    /// The form that is parsed; empty for [`Sni::Host`].
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Host => "",
            Self::Name(name) => name,
            Self::Nothing => "none",
        })
    }
}

impl Sni {
    /// The name for which the certificate of `host` must be valid.
    pub fn expected_name<'a>(&'a self, host: &'a str) -> &'a str {
        match self {
            Self::Name(name) => name,
            // A final dot is DNS notation; certificates do not have it.
            Self::Host | Self::Nothing => host.strip_suffix('.').unwrap_or(host),
        }
    }
}

impl TlsVersion {
    /// The name with its protocol, such as `TLS 1.2`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Tls12 => "TLS 1.2",
            Self::Tls13 => "TLS 1.3",
        }
    }
}

impl fmt::Display for TlsVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Tls12 => "1.2",
            Self::Tls13 => "1.3",
        })
    }
}

impl FromStr for TlsVersion {
    type Err = TlsOptionError;

    fn from_str(text: &str) -> Result<Self, TlsOptionError> {
        match text {
            "1.2" => Ok(Self::Tls12),
            "1.3" => Ok(Self::Tls13),
            _ => Err(TlsOptionError::Version(text.to_owned())),
        }
    }
}

impl Default for TlsVersions {
    fn default() -> Self {
        Self {
            oldest: TlsVersion::Tls12,
            newest: TlsVersion::Tls13,
        }
    }
}

impl TlsVersions {
    /// All versions from the oldest to the newest.
    ///
    /// # Errors
    /// [`TlsOptionError::NoVersion`] if `oldest` is newer than `newest`.
    pub fn new(oldest: TlsVersion, newest: TlsVersion) -> Result<Self, TlsOptionError> {
        if oldest <= newest {
            Ok(Self { oldest, newest })
        } else {
            Err(TlsOptionError::NoVersion { oldest, newest })
        }
    }

    /// Whether the range contains this version.
    pub fn contains(self, version: TlsVersion) -> bool {
        (self.oldest..=self.newest).contains(&version)
    }
}

impl fmt::Display for TlsVersions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.oldest == self.newest {
            write!(f, "TLS {}", self.oldest)
        } else {
            write!(f, "TLS {} or {}", self.oldest, self.newest)
        }
    }
}

impl FromStr for Alpn {
    type Err = TlsOptionError;

    fn from_str(text: &str) -> Result<Self, TlsOptionError> {
        if (1..=ALPN_CAP).contains(&text.len()) && !text.chars().any(char::is_control) {
            Ok(Self(text.to_owned()))
        } else {
            Err(TlsOptionError::Alpn(text.to_owned()))
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
    type Err = TlsOptionError;

    fn from_str(text: &str) -> Result<Self, TlsOptionError> {
        match text {
            "off" => Ok(Self::Off),
            "show" => Ok(Self::Show),
            "require" => Ok(Self::Require),
            _ => Err(TlsOptionError::Verify(text.to_owned())),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parses_options_and_reports_invalid_ones() {
        assert_eq!("none".parse(), Ok(Sni::Nothing));
        assert_eq!("mx.example".parse(), Ok(Sni::Name("mx.example".to_owned())));
        assert_eq!("1.3".parse(), Ok(TlsVersion::Tls13));
        assert_eq!("require".parse(), Ok(Verify::Require));
        let invalid = [
            "a b".parse::<Sni>().unwrap_err(),
            "".parse::<Sni>().unwrap_err(),
            "1.1".parse::<TlsVersion>().unwrap_err(),
            "TLSv1.2".parse::<TlsVersion>().unwrap_err(),
            "".parse::<Alpn>().unwrap_err(),
            "yes".parse::<Verify>().unwrap_err(),
            TlsVersions::new(TlsVersion::Tls13, TlsVersion::Tls12).unwrap_err(),
        ];
        let errors: Vec<String> = invalid.iter().map(ToString::to_string).collect();
        let expected = [
            "invalid SNI \"a b\": use a host name or \"none\"",
            "invalid SNI \"\": use a host name or \"none\"",
            "invalid TLS version \"1.1\": use 1.2 or 1.3",
            "invalid TLS version \"TLSv1.2\": use 1.2 or 1.3",
            "invalid ALPN name \"\": use 1 to 255 octets without control characters, such as smtp",
            "invalid verify mode \"yes\": use off, show or require",
            "no TLS version left: the oldest is 1.3, the newest 1.2",
        ];
        assert_eq!(errors, expected);
    }

    #[test]
    fn the_expected_name_has_no_final_dot() {
        let table = [
            (Sni::Host, "mx.example.", "mx.example"),
            (Sni::Nothing, "mx.example", "mx.example"),
            (Sni::Name("a.example".to_owned()), "mx.example", "a.example"),
        ];
        for (sni, host, expected_name) in table {
            assert_eq!(sni.expected_name(host), expected_name, "{sni:?}");
        }
    }
}
