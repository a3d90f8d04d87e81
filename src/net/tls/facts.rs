//! The results of a completed handshake, as plain data.

use std::path::PathBuf;
use std::time::Duration;

use tokio_rustls::rustls::client::verify_server_name;
use tokio_rustls::rustls::pki_types::ServerName;
use tokio_rustls::rustls::server::ParsedCertificate;

use super::certificate::{Certificate, CertificateDetails};
use super::certificate_request::CertificateRequest;
use super::chain::ChainFault;
use super::dane::Dane;
use super::error::TlsError;
use super::fingerprint::Fingerprint;
use super::verdict::{CertificateFault, Verdict, first_names};
use crate::smtp::Link;

/// The results of a completed handshake.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TlsFacts {
    /// `TLSv1.3` or `TLSv1.2`.
    pub version: &'static str,
    /// The registered name of the cipher suite.
    pub suite: String,
    /// The name of the key exchange group.
    pub group: String,
    /// The protocol that the server selected by ALPN (RFC 7301).
    pub alpn: Option<String>,
    /// The name that was sent as SNI.
    pub sni: Option<String>,
    /// Whether an earlier TLS session was resumed.
    pub resumed: bool,
    /// Whether the server requested a second ClientHello (HelloRetryRequest), for example for
    /// another group.
    pub retried: bool,
    /// Whether the handshake followed STARTTLS. If so, no plain octets came around its 220: those
    /// end the connection.
    pub after_starttls: bool,
    /// The name that the certificate should be valid for.
    pub expected_name: String,
    /// The verdict on the certificate.
    pub verdict: Verdict,
    /// The certificates as they were sent, the server's own first; at most 32.
    pub chain: Vec<Certificate>,
    /// Flaws of the chain as a whole.
    pub chain_faults: Vec<ChainFault>,
    /// The server's request for a client certificate, if it made one.
    pub certificate_request: Option<CertificateRequest>,
    /// The server's TLSA records.
    pub dane: Dane,
    /// The fingerprint of the server's certificate at the previous connection, if it was another
    /// one.
    pub previous_fingerprint: Option<Fingerprint>,
    /// The file to which the session keys are logged.
    pub key_log: Option<PathBuf>,
    /// How long the handshake took.
    pub took: Duration,
}

impl TlsFacts {
    /// The protection of the link after the handshake.
    pub fn link(&self) -> Link {
        if self.verdict.is_verified() {
            Link::Verified
        } else {
            Link::Unverified
        }
    }

    /// The server's request for a client certificate, if none was sent in answer to it.
    pub(in crate::net) fn unanswered_request(&self) -> Option<CertificateRequest> {
        let request = self.certificate_request.clone();
        request.filter(|request| !request.answered)
    }

    /// The content of the server's own certificate. `None` if it cannot be parsed.
    pub fn leaf(&self) -> Option<&CertificateDetails> {
        self.chain.first()?.details.as_ref()
    }

    /// The verdict if `name` were the expected name.
    ///
    /// # Errors
    /// [`TlsError::BadName`] if `name` is neither a DNS name nor an IP address.
    pub fn verdict_for(&self, name: &str) -> Result<Verdict, TlsError> {
        let expected =
            ServerName::try_from(name).map_err(|_| TlsError::BadName(name.to_owned()))?;
        let mut verdict = self.verdict.clone();
        let is_about_name =
            |fault: &CertificateFault| matches!(fault, CertificateFault::WrongName { .. });
        verdict.faults.retain(|fault| !is_about_name(fault));
        let has_name = |leaf: &Certificate| {
            // A certificate that rustls cannot parse, such as X.509 version 1, is valid for no
            // name.
            ParsedCertificate::try_from(&leaf.der)
                .is_ok_and(|parsed| verify_server_name(&parsed, &expected).is_ok())
        };
        if let Some(details) = self.leaf()
            && !self.chain.first().is_some_and(has_name)
        {
            let (names, more) = first_names(&details.names, details.more_names);
            verdict.faults.push(CertificateFault::WrongName {
                expected: name.to_owned(),
                names,
                more,
            });
        }
        Ok(verdict)
    }

    /// The chain as PEM, in the order in which it was sent.
    pub fn pem(&self) -> String {
        self.chain.iter().map(Certificate::pem).collect()
    }
}
