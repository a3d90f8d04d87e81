//! What a handshake settled: plain data for whoever shows it.

use std::path::PathBuf;
use std::time::Duration;

use tokio_rustls::rustls::client::verify_server_name;
use tokio_rustls::rustls::pki_types::ServerName;
use tokio_rustls::rustls::server::ParsedCertificate;

use super::certificate::{Certificate, Details};
use super::certificate_request::CertificateRequest;
use super::chain::ChainFault;
use super::dane::Dane;
use super::error::TlsError;
use super::fingerprint::Fingerprint;
use super::verdict::{CertificateFault, Verdict, first_names};
use crate::smtp::Link;

/// What a handshake settled.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TlsFacts {
    /// `TLSv1.3` or `TLSv1.2`.
    pub version: &'static str,
    /// The cipher suite's registered name.
    pub suite: String,
    /// The key exchange group's name.
    pub group: String,
    /// The protocol that the server chose by name (RFC 7301).
    pub alpn: Option<String>,
    /// The name that was sent as SNI.
    pub sni: Option<String>,
    /// Whether an earlier session was taken up again.
    pub resumed: bool,
    /// Whether the server asked for another ClientHello, as for a group that was not tried first.
    pub retried: bool,
    /// Whether TLS began after STARTTLS, and not with the first octet. Plain octets that come around
    /// its 220 end the connection, so none were left where this is.
    pub after_starttls: bool,
    /// The name that was looked for in the certificate.
    pub wanted: String,
    /// What the check of the certificate came to.
    pub verdict: Verdict,
    /// The certificates as they were sent, the server's own first; at most 32.
    pub chain: Vec<Certificate>,
    /// What is odd about the chain as a whole.
    pub chain_faults: Vec<ChainFault>,
    /// What the server asked of its client.
    pub asked: Option<CertificateRequest>,
    /// What the DNS says of the server's keys.
    pub dane: Dane,
    /// The server's certificate at the last connection to it, where that was another.
    pub changed_from: Option<Fingerprint>,
    /// The file in which the session's keys were written.
    pub key_log: Option<PathBuf>,
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

    /// What the server's own certificate says.
    pub fn leaf(&self) -> Option<&Details> {
        self.chain.first()?.details.as_ref()
    }

    /// What the verdict would be, had another name been looked for.
    ///
    /// # Errors
    /// A name that no certificate can be for.
    pub fn verdict_for(&self, name: &str) -> Result<Verdict, TlsError> {
        let wanted = ServerName::try_from(name).map_err(|_| TlsError::BadName(name.to_owned()))?;
        let mut verdict = self.verdict.clone();
        let of_name =
            |fault: &CertificateFault| matches!(fault, CertificateFault::WrongName { .. });
        verdict.faults.retain(|fault| !of_name(fault));
        let fits = |leaf: &Certificate| {
            // What cannot be read for this, such as a certificate of X.509 version 1, fits no name.
            ParsedCertificate::try_from(&leaf.der)
                .is_ok_and(|parsed| verify_server_name(&parsed, &wanted).is_ok())
        };
        if let Some(details) = self.leaf()
            && !self.chain.first().is_some_and(fits)
        {
            let (names, more) = first_names(&details.names, details.more_names);
            verdict.faults.push(CertificateFault::WrongName {
                wanted: name.to_owned(),
                names,
                more,
            });
        }
        Ok(verdict)
    }

    /// The chain as PEM, as it was sent.
    pub fn pem(&self) -> String {
        self.chain.iter().map(Certificate::pem).collect()
    }
}
