//! A server that wants a certificate of its client: what it asks for is noted, and answered with the
//! one that the user gave.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use tokio_rustls::rustls::SignatureScheme;
use tokio_rustls::rustls::client::ResolvesClientCert;
use tokio_rustls::rustls::sign::CertifiedKey;
use x509_parser::prelude::FromDer;
use x509_parser::x509::X509Name;

use super::certificate::name_of;
use super::identity::Identity;
use super::verifier::Report;

/// Authorities of a request that are kept.
const AUTHORITIES_CAP: usize = 100;
/// Authorities that a sentence names.
const AUTHORITIES_SHOWN: usize = 3;

/// What a server asked of its client.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CertificateRequest {
    /// The authorities whose certificates it takes, at most 100; none means any.
    pub authorities: Vec<String>,
    /// How many more there are.
    pub more: usize,
    /// Whether a certificate was there to be sent.
    pub answered: bool,
}

impl fmt::Display for CertificateRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the server asks for a client certificate")?;
        if !self.authorities.is_empty() {
            let shown: Vec<&str> = self
                .authorities
                .iter()
                .take(AUTHORITIES_SHOWN)
                .map(String::as_str)
                .collect();
            write!(f, " of {}", shown.join(", "))?;
            let more = self.more + self.authorities.len() - shown.len();
            if more > 0 {
                write!(f, " or {more} more")?;
            }
        }
        f.write_str(if self.answered {
            "; it gets the one of --cert"
        } else {
            "; none was sent (--cert and --key name one)"
        })
    }
}

/// Notes a request and answers it.
#[derive(Debug)]
pub(super) struct Answerer {
    identity: Option<Arc<Identity>>,
    report: Arc<Mutex<Report>>,
}

impl Answerer {
    pub(super) fn new(identity: Option<Arc<Identity>>, report: Arc<Mutex<Report>>) -> Self {
        Self { identity, report }
    }
}

impl ResolvesClientCert for Answerer {
    fn resolve(
        &self,
        authorities: &[&[u8]],
        schemes: &[SignatureScheme],
    ) -> Option<Arc<CertifiedKey>> {
        let key = self.identity.as_ref().map(|identity| identity.key());
        let fits = key
            .as_ref()
            .is_some_and(|key| key.key.choose_scheme(schemes).is_some());
        let name = |der: &&[u8]| match X509Name::from_der(der) {
            Ok((_, name)) => name_of(&name),
            Err(_) => "unreadable".to_owned(),
        };
        let request = CertificateRequest {
            authorities: authorities.iter().take(AUTHORITIES_CAP).map(name).collect(),
            more: authorities.len().saturating_sub(AUTHORITIES_CAP),
            answered: fits,
        };
        let mut report = self.report.lock().unwrap_or_else(PoisonError::into_inner);
        report.asked = Some(request);
        key
    }

    fn has_certs(&self) -> bool {
        // A request is asked about even where there is nothing to answer it with.
        true
    }
}
