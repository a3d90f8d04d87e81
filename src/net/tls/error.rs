//! Errors of a TLS handshake.

use std::io;
use std::time::Duration;

use tokio_rustls::rustls::{AlertDescription, Error, InvalidMessage, PeerIncompatible};

use super::certificate_request::CertificateRequest;
use super::hello::ServerChoice;
use super::options::TlsVersions;
use super::verdict::Verdict;

/// Why a TLS handshake failed or was refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TlsError {
    /// The server answered with something other than TLS; its first octets.
    #[error("the server sent {} instead of TLS: {}", kind(.0), quote(.0))]
    PlainText(Vec<u8>),
    /// The server supports no version that ehlo supports.
    #[error("the server is too old: it supports neither TLS 1.2 nor TLS 1.3")]
    TooOld,
    /// The server supports none of the versions that the user allows.
    #[error("the server does not support {0}, and --tls-min or --tls-max excludes other versions")]
    VersionNotAllowed(TlsVersions),
    /// No cipher suite, group or signature algorithm in common, or a client certificate is
    /// required.
    #[error(
        "the server refused the handshake (alert 40, handshake_failure): nothing in common, or it requires a client certificate"
    )]
    NothingInCommon,
    /// A probe found what the server would choose, and ehlo does not support it.
    #[error(
        "the server chooses {choice}; ehlo needs {versions} with ECDHE and AES-GCM or ChaCha20"
    )]
    UnsupportedChoice {
        /// The server's choice.
        choice: ServerChoice,
        /// The versions that the user allows.
        versions: TlsVersions,
    },
    /// The server requires a client certificate and got none.
    #[error("the server requires a client certificate: set one with --cert and --key")]
    CertificateWanted(CertificateRequest),
    /// The server's certificate is not verified, and the user requires that.
    #[error("the certificate is not verified, and --verify require is set: {0}")]
    NotVerified(Verdict),
    /// The server refused with this alert.
    #[error("the server sent TLS alert {number}, {name}")]
    Alert {
        /// The alert's number.
        number: u8,
        /// Its registered name.
        name: String,
    },
    /// A handshake message of the server is too large.
    #[error("the server's certificates are too large for a handshake message of 64 KiB")]
    TooLarge,
    /// The server closed the connection during the handshake.
    #[error("the server closed the connection during the TLS handshake")]
    Closed,
    /// The handshake took longer than allowed.
    #[error("the TLS handshake timed out after {} s", .0.as_secs())]
    TimedOut(Duration),
    /// The name is neither a DNS name nor an IP address.
    #[error("invalid server name {0:?}: use a DNS name in ASCII or an IP address")]
    BadName(String),
    /// This many octets of plain text arrived together with the 220 to STARTTLS or before it.
    #[error("refused: {0} octets of plain text came around the 220 to STARTTLS")]
    Injected(usize),
    /// Commands sent after STARTTLS had no reply before its 220 (RFC 3207 section 4).
    #[error("refused: commands sent after STARTTLS are still unanswered")]
    Unanswered,
    /// Any other error, in the words of rustls or of the system.
    #[error("{0}")]
    Other(String),
}

impl TlsError {
    /// The alert number (RFC 8446 section 6) whose explanation fits this error, if any. It may differ
    /// from the alert received.
    pub fn alert(&self) -> Option<u8> {
        match self {
            Self::Alert { number, .. } => Some(*number),
            Self::NothingInCommon => Some(40),
            Self::CertificateWanted(_) => Some(116),
            _ => None,
        }
    }

    /// Whether a probe with an older ClientHello may show what is wrong.
    pub(in crate::net) fn is_worth_a_probe(&self) -> bool {
        match self {
            Self::TooOld | Self::VersionNotAllowed(_) | Self::NothingInCommon | Self::Closed => {
                true
            }
            Self::Alert { number, .. } => matches!(number, 47 | 71),
            _ => false,
        }
    }
}

/// Whether octets are text or something else.
fn kind(bytes: &[u8]) -> &'static str {
    let is_text = |byte: &u8| !byte.is_ascii_control() || byte.is_ascii_whitespace();
    if std::str::from_utf8(bytes).is_ok() && bytes.iter().all(is_text) {
        "plain text"
    } else {
        "other octets"
    }
}

/// The first octets, escaped.
fn quote(bytes: &[u8]) -> String {
    const QUOTED: usize = 64;
    bytes[..bytes.len().min(QUOTED)].escape_ascii().to_string()
}

/// The text of an error on an established connection. An alert gets its registered name.
pub(in crate::net) fn error_text(error: &io::Error) -> String {
    match tls_error(error) {
        Some(&Error::AlertReceived(description)) => alert(description).to_string(),
        _ => error.to_string(),
    }
}

/// The error of an established connection that ends because the server demands the client certificate
/// of `request`, which was not sent. With TLS 1.3 this alert comes after the client's side of the
/// handshake. `None` if the connection ends for another reason.
pub(in crate::net) fn certificate_demand(
    error: &io::Error,
    request: Option<CertificateRequest>,
) -> Option<TlsError> {
    match tls_error(error)? {
        Error::AlertReceived(
            AlertDescription::CertificateRequired
            | AlertDescription::BadCertificate
            | AlertDescription::HandshakeFailure,
        ) => request.map(TlsError::CertificateWanted),
        _ => None,
    }
}

/// Whether the server ended the connection with an alert.
pub(in crate::net) fn is_alert(error: &io::Error) -> bool {
    matches!(tls_error(error), Some(Error::AlertReceived(_)))
}

fn tls_error(error: &io::Error) -> Option<&Error> {
    error.get_ref()?.downcast_ref()
}

/// Classifies the error of a handshake. `first_octets` are the first octets that the server sent,
/// `versions` the versions that were offered.
pub(super) fn classify(error: &io::Error, first_octets: &[u8], versions: TlsVersions) -> TlsError {
    let Some(tls) = tls_error(error) else {
        return match error.kind() {
            io::ErrorKind::UnexpectedEof
            | io::ErrorKind::ConnectionReset
            | io::ErrorKind::BrokenPipe
            | io::ErrorKind::ConnectionAborted => TlsError::Closed,
            _ => TlsError::Other(error.to_string()),
        };
    };
    match tls {
        Error::InvalidMessage(_) if !is_tls(first_octets) => {
            TlsError::PlainText(first_octets.to_vec())
        }
        Error::InvalidMessage(
            InvalidMessage::HandshakePayloadTooLarge
            | InvalidMessage::CertificatePayloadTooLarge
            | InvalidMessage::MessageTooLarge,
        ) => TlsError::TooLarge,
        Error::AlertReceived(AlertDescription::ProtocolVersion)
        | Error::PeerIncompatible(
            PeerIncompatible::ServerDoesNotSupportTls12Or13
            | PeerIncompatible::ServerTlsVersionIsDisabledByOurConfig,
        ) => {
            if versions == TlsVersions::default() {
                TlsError::TooOld
            } else {
                TlsError::VersionNotAllowed(versions)
            }
        }
        Error::AlertReceived(AlertDescription::HandshakeFailure) => TlsError::NothingInCommon,
        Error::AlertReceived(description) => alert(*description),
        other => TlsError::Other(other.to_string()),
    }
}

/// Whether octets start like a TLS record: a content type, then version 3.x.
fn is_tls(bytes: &[u8]) -> bool {
    matches!(bytes, [0x14..=0x17, 3, ..])
}

fn alert(description: AlertDescription) -> TlsError {
    let number = u8::from(description);
    let name = match description {
        AlertDescription::UnrecognisedName => "unrecognized_name".to_owned(),
        AlertDescription::EncryptedClientHelloRequired => "ech_required".to_owned(),
        AlertDescription::Unknown(52) => "too_many_cids_requested".to_owned(),
        AlertDescription::Unknown(117) => "general_error".to_owned(),
        AlertDescription::Unknown(_) => "an unregistered number".to_owned(),
        known => snake_case(&format!("{known:?}")),
    };
    TlsError::Alert { number, name }
}

/// Turns `HandshakeFailure` into the registered name `handshake_failure`, `UnknownCA` into
/// `unknown_ca`.
fn snake_case(name: &str) -> String {
    let mut words = String::with_capacity(name.len() + 4);
    let mut before = 'A';
    for (at, letter) in name.char_indices() {
        let next = name[at + 1..].chars().next();
        let begins_word =
            before.is_ascii_lowercase() || next.is_some_and(|next| next.is_ascii_lowercase());
        if letter.is_ascii_uppercase() && at > 0 && begins_word {
            words.push('_');
        }
        words.push(letter.to_ascii_lowercase());
        before = letter;
    }
    words
}
