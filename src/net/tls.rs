//! TLS: the handshake, the facts about it, and a sentence for each way in which it fails.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::client::Resumption;
use tokio_rustls::rustls::crypto::aws_lc_rs;
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, ServerName};
use tokio_rustls::rustls::{
    AlertDescription, ClientConfig, Error, PeerIncompatible, ProtocolVersion, RootCertStore,
};

use super::Plan;
use super::certificate::{Leaf, Verdict};
use super::stream::{Stream, Tap};
use super::verifier::{Recorder, Report};
use crate::smtp::Link;

/// The largest file of authorities that is read, in octets.
const AUTHORITIES_CAP: u64 = 16 * 1024 * 1024;

/// What a handshake settled.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TlsFacts {
    /// `TLSv1.3` or `TLSv1.2`.
    pub version: &'static str,
    /// The cipher suite's registered name.
    pub suite: String,
    /// The key exchange group's name.
    pub group: String,
    /// The name that was looked for in the certificate.
    pub wanted: String,
    /// What the check of the certificate came to.
    pub verdict: Verdict,
    /// What the server's certificate says.
    pub leaf: Option<Leaf>,
    /// How long the handshake took.
    pub took: Duration,
}

impl TlsFacts {
    /// What protects the link now.
    pub fn link(&self) -> Link {
        if self.verdict.is_verified() {
            Link::Verified
        } else {
            Link::Unverified
        }
    }
}

/// Why TLS could not be had.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TlsError {
    /// The server answered in something that is not TLS; its first octets.
    #[error("the server did not start TLS, it sent plain text: {}", quote(.0))]
    PlainText(Vec<u8>),
    /// The server speaks no version that is still safe.
    #[error("the server is too old: it offers no TLS 1.2 or 1.3")]
    TooOld,
    /// The server and we have no cipher, group or signature in common, or it wants a certificate.
    #[error(
        "the server refused the handshake (alert 40, handshake_failure): nothing in common, or it wants a client certificate"
    )]
    NothingInCommon,
    /// The server refused with this alert.
    #[error("the server sent the TLS alert {number}, {name}")]
    Alert {
        /// The alert's number.
        number: u8,
        /// Its registered name.
        name: String,
    },
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

fn quote(bytes: &[u8]) -> String {
    const SHOWN: usize = 64;
    bytes[..bytes.len().min(SHOWN)].escape_ascii().to_string()
}

/// Why a file of authorities cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum AuthorityError {
    /// It cannot be read.
    #[error("{}: {error}", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// What the system said.
        error: io::Error,
    },
    /// It holds no certificate.
    #[error("{}: no certificate in it; a PEM file with BEGIN CERTIFICATE is wanted", .0.display())]
    Empty(PathBuf),
    /// A certificate in it is broken.
    #[error("{}: certificate {number} cannot be read: {words}", path.display())]
    Broken {
        /// The file.
        path: PathBuf,
        /// Which certificate, from 1.
        number: usize,
        /// What is wrong.
        words: String,
    },
}

/// Reads the authorities of a PEM file.
///
/// # Errors
/// A file that cannot be read, holds none, or holds a broken one.
pub fn read_authorities(path: &Path) -> Result<Vec<CertificateDer<'static>>, AuthorityError> {
    let unreadable = |error| AuthorityError::Unreadable {
        path: path.to_owned(),
        error,
    };
    let size = std::fs::metadata(path).map_err(unreadable)?.len();
    if size > AUTHORITIES_CAP {
        return Err(unreadable(io::Error::other(format!(
            "over {AUTHORITIES_CAP} octets"
        ))));
    }
    let text = std::fs::read(path).map_err(unreadable)?;
    let mut authorities = Vec::new();
    for certificate in CertificateDer::pem_slice_iter(&text) {
        let number = authorities.len() + 1;
        let broken = |words: String| AuthorityError::Broken {
            path: path.to_owned(),
            number,
            words,
        };
        let certificate = certificate.map_err(|error| broken(error.to_string()))?;
        let mut store = RootCertStore::empty();
        store
            .add(certificate.clone())
            .map_err(|error| broken(error.to_string()))?;
        authorities.push(certificate);
    }
    if authorities.is_empty() {
        Err(AuthorityError::Empty(path.to_owned()))
    } else {
        Ok(authorities)
    }
}

/// Does the handshake over `stream` as `plan` says.
pub(super) async fn handshake(
    stream: TcpStream,
    plan: &Plan,
    roots: RootCertStore,
) -> Result<(Stream, TlsFacts), TlsError> {
    let started = Instant::now();
    let wanted = plan.sni.clone().unwrap_or_else(|| plan.host.clone());
    let name =
        ServerName::try_from(wanted.clone()).map_err(|_| TlsError::BadName(wanted.clone()))?;
    let report = Arc::new(Mutex::new(Report::default()));
    let config = configure(plan, roots, &wanted, Arc::clone(&report))?;
    let connect = TlsConnector::from(Arc::new(config))
        .connect(name, Tap::new(stream))
        .into_fallible();
    let done = timeout(plan.timeout, connect)
        .await
        .map_err(|_| TlsError::TimedOut(plan.timeout))?;
    let mut stream = done.map_err(|(error, tap)| explain(&error, tap.seen()))?;
    stream.get_mut().0.end_handshake();

    let connection = stream.get_ref().1;
    let suite = connection.negotiated_cipher_suite();
    let group = connection.negotiated_key_exchange_group();
    let Report { verdict, leaf } = report
        .lock()
        .unwrap_or_else(PoisonError::into_inner)
        .clone();
    let facts = TlsFacts {
        version: match connection.protocol_version() {
            Some(ProtocolVersion::TLSv1_2) => "TLSv1.2",
            _ => "TLSv1.3",
        },
        suite: suite.map_or_else(String::new, |suite| {
            registered(&format!("{:?}", suite.suite()))
        }),
        group: group.map_or_else(String::new, |group| format!("{:?}", group.name())),
        wanted,
        verdict,
        leaf,
        took: started.elapsed(),
    };
    Ok((Stream::Tls(Box::new(stream)), facts))
}

fn configure(
    plan: &Plan,
    mut roots: RootCertStore,
    wanted: &str,
    report: Arc<Mutex<Report>>,
) -> Result<ClientConfig, TlsError> {
    // An explicit provider: an implicit one panics where two are compiled in.
    let provider = Arc::new(aws_lc_rs::default_provider());
    let algorithms = provider.signature_verification_algorithms;
    roots.add_parsable_certificates(plan.authorities.iter().cloned());
    let recorder = Recorder::new(
        roots,
        plan.authorities.clone(),
        algorithms,
        wanted.to_owned(),
        report,
    );
    let mut config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|error| TlsError::Other(error.to_string()))?
        .dangerous()
        .with_custom_certificate_verifier(Arc::new(recorder))
        .with_no_client_auth();
    // A resumed session is not verified again; each handshake is to show a verdict of its own.
    config.resumption = Resumption::disabled();
    Ok(config)
}

/// The authorities this system trusts. Costs some milliseconds, so it is asked for only when a
/// handshake begins.
pub(super) fn system_roots() -> RootCertStore {
    let mut roots = RootCertStore::empty();
    let loaded = rustls_native_certs::load_native_certs();
    for error in &loaded.errors {
        tracing::warn!("system roots: {error}");
    }
    roots.add_parsable_certificates(loaded.certs);
    roots
}

/// What an error on a connection that stood says; an alert under its registered name.
pub(super) fn words(error: &io::Error) -> String {
    match tls_error(error) {
        Some(&Error::AlertReceived(description)) => alert(description).to_string(),
        _ => error.to_string(),
    }
}

fn tls_error(error: &io::Error) -> Option<&Error> {
    error.get_ref()?.downcast_ref()
}

fn explain(error: &io::Error, seen: &[u8]) -> TlsError {
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
        Error::AlertReceived(AlertDescription::ProtocolVersion)
        | Error::PeerIncompatible(
            PeerIncompatible::ServerDoesNotSupportTls12Or13
            | PeerIncompatible::ServerTlsVersionIsDisabledByOurConfig,
        ) => TlsError::TooOld,
        Error::AlertReceived(AlertDescription::HandshakeFailure) => TlsError::NothingInCommon,
        Error::AlertReceived(description) => alert(*description),
        other => TlsError::Other(other.to_string()),
    }
}

/// Whether octets begin like a TLS record: a content type, then version 3.x.
fn is_tls(bytes: &[u8]) -> bool {
    matches!(bytes, [0x14..=0x17, 3, ..])
}

/// `TLS13_AES_128_GCM_SHA256`, rustls' name, into the registered `TLS_AES_128_GCM_SHA256`.
fn registered(suite: &str) -> String {
    suite.replace("TLS13_", "TLS_")
}

fn alert(description: AlertDescription) -> TlsError {
    let number = u8::from(description);
    let name = match description {
        AlertDescription::UnrecognisedName => "unrecognized_name".to_owned(),
        AlertDescription::EncryptedClientHelloRequired => "ech_required".to_owned(),
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
