//! The verifier: it checks everything, records the verdict, and lets the conversation go on, as a
//! debugging tool must. What the verdict forbids is for others to decide.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio_rustls::rustls::client::danger::{
    HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier,
};
use tokio_rustls::rustls::client::{verify_server_cert_signed_by_trust_anchor, verify_server_name};
use tokio_rustls::rustls::crypto::{
    WebPkiSupportedAlgorithms, verify_tls12_signature, verify_tls13_signature,
    verify_tls13_signature_with_raw_key,
};
use tokio_rustls::rustls::pki_types::{
    CertificateDer, ServerName, SubjectPublicKeyInfoDer, UnixTime,
};
use tokio_rustls::rustls::server::ParsedCertificate;
use tokio_rustls::rustls::{
    CertificateError, DigitallySignedStruct, Error, RootCertStore, SignatureScheme,
};
use x509_parser::certificate::X509Certificate;
use x509_parser::prelude::FromDer;

use super::certificate::{CertificateFault, Leaf, Verdict, date_fault, describe, name_of, names};

/// What a verifier saw.
#[derive(Clone, Debug, Default)]
pub(super) struct Report {
    pub(super) verdict: Verdict,
    pub(super) leaf: Option<Leaf>,
}

/// Checks certificates and lets everything pass.
#[derive(Debug)]
pub(super) struct Recorder {
    roots: RootCertStore,
    authorities: Vec<CertificateDer<'static>>,
    algorithms: WebPkiSupportedAlgorithms,
    wanted: String,
    report: Arc<Mutex<Report>>,
}

impl Recorder {
    /// A verifier that looks for the name `wanted` and tells `report` what it saw.
    pub(super) fn new(
        roots: RootCertStore,
        authorities: Vec<CertificateDer<'static>>,
        algorithms: WebPkiSupportedAlgorithms,
        wanted: String,
        report: Arc<Mutex<Report>>,
    ) -> Self {
        Self {
            roots,
            authorities,
            algorithms,
            wanted,
            report,
        }
    }

    fn record(&self, change: impl FnOnce(&mut Report)) {
        change(&mut self.report.lock().unwrap_or_else(PoisonError::into_inner));
    }

    fn check(
        &self,
        leaf: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        name: &ServerName<'_>,
        now: UnixTime,
    ) -> Report {
        let seconds = i64::try_from(now.as_secs()).unwrap_or(i64::MAX);
        let read = X509Certificate::from_der(leaf).ok().map(|(_, read)| read);
        let mut faults = Vec::new();
        match ParsedCertificate::try_from(leaf) {
            Ok(parsed) => {
                self.check_chain(
                    &parsed,
                    leaf,
                    read.as_ref(),
                    intermediates,
                    now,
                    &mut faults,
                );
                if verify_server_name(&parsed, name).is_err() {
                    let names = read.as_ref().map(names).unwrap_or_default();
                    faults.push(CertificateFault::WrongName {
                        wanted: self.wanted.clone(),
                        names,
                    });
                }
            }
            Err(error) => {
                faults.extend(read.as_ref().and_then(|read| date_fault(read, seconds)));
                faults.push(CertificateFault::Unacceptable(words(&error)));
            }
        }
        let leaf = read.map(|read| describe(&read, seconds));
        Report {
            verdict: Verdict { faults },
            leaf,
        }
    }

    /// Who vouches for the leaf. A date that is wrong hides the question, so it is asked again for
    /// a day at which the date was right.
    fn check_chain(
        &self,
        parsed: &ParsedCertificate<'_>,
        leaf: &CertificateDer<'_>,
        read: Option<&X509Certificate<'_>>,
        intermediates: &[CertificateDer<'_>],
        now: UnixTime,
        faults: &mut Vec<CertificateFault>,
    ) {
        let seconds = i64::try_from(now.as_secs()).unwrap_or(i64::MAX);
        let mut at = now;
        if let Some(read) = read
            && let Some(fault) = date_fault(read, seconds)
        {
            faults.push(fault);
            let first = read.validity().not_before.timestamp();
            let last = read.validity().not_after.timestamp().saturating_sub(1);
            let good_day = if seconds < first { first } else { last }.max(0);
            at = UnixTime::since_unix_epoch(Duration::from_secs(good_day.unsigned_abs()));
        }
        if self
            .authorities
            .iter()
            .any(|authority| authority.as_ref() == leaf.as_ref())
        {
            return;
        }
        let Err(error) = verify_server_cert_signed_by_trust_anchor(
            parsed,
            &self.roots,
            intermediates,
            at,
            self.algorithms.all,
        ) else {
            return;
        };
        let self_issued = read.is_some_and(|read| read.subject() == read.issuer());
        faults.push(match error {
            Error::InvalidCertificate(
                CertificateError::Expired
                | CertificateError::ExpiredContext { .. }
                | CertificateError::NotValidYet
                | CertificateError::NotValidYetContext { .. },
            ) => CertificateFault::IssuerOutOfDate,
            Error::InvalidCertificate(CertificateError::UnknownIssuer) if !self_issued => {
                let issuer = read.map(|read| name_of(read.issuer())).unwrap_or_default();
                let issuer = issuer.trim_start_matches("CN=").to_owned();
                CertificateFault::UnknownIssuer(issuer)
            }
            // Before the signature: another self-signed certificate of the same name may be trusted.
            _ if self_issued => CertificateFault::SelfSigned,
            Error::InvalidCertificate(CertificateError::BadSignature) => {
                CertificateFault::BadSignature
            }
            error => CertificateFault::Unacceptable(words(&error)),
        });
    }

    /// Where the ordinary check of the handshake's signature fails, the bare key is tried: old forms
    /// of certificates hold a good key too. If that fails as well, it is recorded.
    fn rescue(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
        error: &Error,
    ) -> HandshakeSignatureValid {
        let proven = X509Certificate::from_der(certificate)
            .ok()
            .and_then(|(_, read)| {
                let key = SubjectPublicKeyInfoDer::from(read.public_key().raw);
                verify_tls13_signature_with_raw_key(message, &key, signature, &self.algorithms).ok()
            });
        proven.unwrap_or_else(|| {
            self.record(|report| {
                report
                    .verdict
                    .faults
                    .push(CertificateFault::Unproven(words(error)));
            });
            HandshakeSignatureValid::assertion()
        })
    }
}

impl ServerCertVerifier for Recorder {
    fn verify_server_cert(
        &self,
        leaf: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        name: &ServerName<'_>,
        _ocsp: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        let seen = self.check(leaf, intermediates, name, now);
        self.record(|report| *report = seen);
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls12_signature(message, certificate, signature, &self.algorithms)
            .or_else(|error| Ok(self.rescue(message, certificate, signature, &error)))
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls13_signature(message, certificate, signature, &self.algorithms)
            .or_else(|error| Ok(self.rescue(message, certificate, signature, &error)))
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.algorithms.supported_schemes()
    }
}

fn words(error: &Error) -> String {
    match error {
        Error::InvalidCertificate(
            CertificateError::InvalidPurpose | CertificateError::InvalidPurposeContext { .. },
        ) => "it is not meant for servers".to_owned(),
        Error::InvalidCertificate(CertificateError::Other(other)) => other.to_string(),
        Error::InvalidCertificate(error) => format!("{error:?}"),
        error => error.to_string(),
    }
}
