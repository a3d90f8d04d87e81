//! Why TLS could not be had: a sentence for each way in which a handshake fails.

use std::io;
use std::time::Duration;

use tokio_rustls::rustls::{AlertDescription, Error, InvalidMessage, PeerIncompatible};

use super::certificate_request::CertificateRequest;
use super::hello::Offer;
use super::options::Versions;
use super::verdict::Verdict;

/// Why TLS could not be had.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TlsError {
    /// The server answered in something that is not TLS; its first octets.
    #[error("the server did not start TLS, it sent plain text: {}", quote(.0))]
    PlainText(Vec<u8>),
    /// The server speaks no version that is still safe.
    #[error("the server is too old: it offers no TLS 1.2 or 1.3")]
    TooOld,
    /// The server speaks none of the versions that the user allows.
    #[error("the server speaks no {0}, and no other version is allowed (--tls-min, --tls-max)")]
    OtherVersion(Versions),
    /// The server and we have no cipher, group or signature in common, or it wants a certificate.
    #[error(
        "the server refused the handshake (alert 40, handshake_failure): nothing in common, or it wants a client certificate"
    )]
    NothingInCommon,
    /// The server was asked once more, by hand, what it would choose; we do not speak it.
    #[error("the server offers {offer}; ehlo needs {versions} with ECDHE and AES-GCM or ChaCha20")]
    Offers {
        /// What the server would choose.
        offer: Offer,
        /// The versions that are allowed.
        versions: Versions,
    },
    /// The server wants a certificate of its client and was given none that it takes.
    #[error("the server wants a client certificate: --cert and --key name one")]
    CertificateWanted(CertificateRequest),
    /// The certificate is not verified, and the user requires that it is.
    #[error("the certificate is not verified, as --verify require asks: {0}")]
    NotVerified(Verdict),
    /// The server refused with this alert.
    #[error("the server sent the TLS alert {number}, {name}")]
    Alert {
        /// The alert's number.
        number: u8,
        /// Its registered name.
        name: String,
    },
    /// The server's part of the handshake is larger than a handshake may be.
    #[error("the server's certificates are too large for a handshake of 64 KiB")]
    TooLarge,
    /// The server went away in the middle of the handshake.
    #[error("the server closed the connection during the TLS handshake")]
    Closed,
    /// The handshake took too long.
    #[error("the TLS handshake was not done after {} s", .0.as_secs())]
    TimedOut(Duration),
    /// The name cannot be used for TLS.
    #[error("{0} cannot be sent as a server name")]
    BadName(String),
    /// Plain octets came where none may come; so many.
    #[error("refused: {0} octets of plain text came around the 220 to STARTTLS")]
    Injected(usize),
    /// Commands went behind STARTTLS and were not answered before its 220 (RFC 3207 section 4).
    #[error("refused: commands sent after STARTTLS are still unanswered")]
    Unanswered,
    /// Anything else.
    #[error("{0}")]
    Other(String),
}

impl TlsError {
    /// The number of the alert that the server sent (RFC 8446 section 6).
    pub fn alert(&self) -> Option<u8> {
        match self {
            Self::Alert { number, .. } => Some(*number),
            Self::NothingInCommon => Some(40),
            Self::CertificateWanted(_) => Some(116),
            _ => None,
        }
    }

    /// Whether it is worth to ask the server by hand what it would choose instead.
    pub(in crate::net) fn is_about_choices(&self) -> bool {
        match self {
            Self::TooOld | Self::OtherVersion(_) | Self::NothingInCommon | Self::Closed => true,
            Self::Alert { number, .. } => matches!(number, 47 | 71),
            _ => false,
        }
    }
}

fn quote(bytes: &[u8]) -> String {
    const SHOWN: usize = 64;
    bytes[..bytes.len().min(SHOWN)].escape_ascii().to_string()
}

/// What an error on a connection that stood says; an alert under its registered name.
pub(in crate::net) fn words(error: &io::Error) -> String {
    match tls_error(error) {
        Some(&Error::AlertReceived(description)) => alert(description).to_string(),
        _ => error.to_string(),
    }
}

fn tls_error(error: &io::Error) -> Option<&Error> {
    error.get_ref()?.downcast_ref()
}

/// What failed in a handshake for which these versions were allowed; `seen` are the first octets
/// that the server sent.
pub(super) fn explain(error: &io::Error, seen: &[u8], versions: Versions) -> TlsError {
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
        Error::InvalidMessage(_) if !is_tls(seen) => TlsError::PlainText(seen.to_vec()),
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
            if versions == Versions::default() {
                TlsError::TooOld
            } else {
                TlsError::OtherVersion(versions)
            }
        }
        Error::AlertReceived(AlertDescription::HandshakeFailure) => TlsError::NothingInCommon,
        Error::AlertReceived(description) => alert(*description),
        other => TlsError::Other(other.to_string()),
    }
}

/// Whether octets begin like a TLS record: a content type, then version 3.x.
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
        AlertDescription::Unknown(_) => "of no known name".to_owned(),
        known => snake(&format!("{known:?}")),
    };
    TlsError::Alert { number, name }
}

/// `HandshakeFailure` into the registered `handshake_failure`, `UnknownCA` into `unknown_ca`.
fn snake(name: &str) -> String {
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
