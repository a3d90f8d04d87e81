//! The verifier: it checks everything, records the verdict, and lets the conversation go on, as a
//! debugging tool must. What the verdict forbids is for others to decide.

use std::fmt;
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
use x509_parser::extensions::GeneralName;
use x509_parser::prelude::FromDer;
use x509_parser::time::ASN1Time;

const DAY: i64 = 24 * 60 * 60;

/// What the check of a certificate came to. Without a fault it is verified.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Verdict {
    /// Everything that is wrong, the gravest first.
    pub faults: Vec<CertificateFault>,
}

impl Verdict {
    /// Whether the certificate proves the name.
    pub fn is_verified(&self) -> bool {
        self.faults.is_empty()
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.is_verified() {
            return f.write_str("verified");
        }
        for (at, fault) in self.faults.iter().enumerate() {
            if at > 0 {
                f.write_str("; ")?;
            }
            fault.fmt(f)?;
        }
        Ok(())
    }
}

/// One thing that is wrong with a certificate. Names and dates are as the certificate has them.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CertificateFault {
    /// It is over.
    #[error("expired {on}, {days} days ago")]
    Expired {
        /// The day it ended, as year-month-day.
        on: String,
        /// Days since.
        days: i64,
    },
    /// It has not begun.
    #[error("not valid before {from} (is this machine's clock right?)")]
    NotYetValid {
        /// The day it begins, as year-month-day.
        from: String,
    },
    /// A certificate between it and its root is over or has not begun.
    #[error("an intermediate certificate is out of date")]
    IssuerOutOfDate,
    /// It is for other names.
    #[error("wrong name: wanted {wanted}, it has {}", list(.names))]
    WrongName {
        /// The name that was looked for.
        wanted: String,
        /// The names it has.
        names: Vec<String>,
    },
    /// It vouches for itself.
    #[error("self-signed")]
    SelfSigned,
    /// Nobody this machine trusts vouches for it.
    #[error("unknown issuer: {0}")]
    UnknownIssuer(String),
    /// It is signed wrongly.
    #[error("bad signature")]
    BadSignature,
    /// The server did not prove that it holds the certificate's key.
    #[error("the handshake's signature could not be checked: {0}")]
    Unproven(String),
    /// It is of a form or strength that is not accepted any more.
    #[error("not acceptable: {0}")]
    Unacceptable(String),
}

fn list(names: &[String]) -> String {
    if names.is_empty() {
        "no names at all".to_owned()
    } else {
        names.join(", ")
    }
}

/// What the server's own certificate says of itself.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Leaf {
    /// Its subject's common name, or the whole subject.
    pub subject: String,
    /// Its issuer's common name, or the whole issuer.
    pub issuer: String,
    /// The names it is for.
    pub names: Vec<String>,
    /// Its last day, as year-month-day.
    pub not_after: String,
    /// Days until then; negative when it is over.
    pub days_left: i64,
}

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
            let good_day = read
                .validity()
                .not_after
                .timestamp()
                .saturating_sub(1)
                .max(0);
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
                CertificateFault::UnknownIssuer(issuer)
            }
            Error::InvalidCertificate(CertificateError::BadSignature) => {
                CertificateFault::BadSignature
            }
            _ if self_issued => CertificateFault::SelfSigned,
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

fn date_fault(read: &X509Certificate<'_>, now: i64) -> Option<CertificateFault> {
    let validity = read.validity();
    if now > validity.not_after.timestamp() {
        let days = (now - validity.not_after.timestamp()) / DAY;
        Some(CertificateFault::Expired {
            on: day(validity.not_after),
            days,
        })
    } else if now < validity.not_before.timestamp() {
        Some(CertificateFault::NotYetValid {
            from: day(validity.not_before),
        })
    } else {
        None
    }
}

fn describe(read: &X509Certificate<'_>, now: i64) -> Leaf {
    let not_after = read.validity().not_after;
    Leaf {
        subject: name_of(read.subject()),
        issuer: name_of(read.issuer()),
        names: names(read),
        not_after: day(not_after),
        days_left: (not_after.timestamp() - now).div_euclid(DAY),
    }
}

/// The common name where there is one, else the whole name.
fn name_of(name: &x509_parser::x509::X509Name<'_>) -> String {
    let common = name
        .iter_common_name()
        .next()
        .and_then(|part| part.as_str().ok());
    common.map_or_else(|| name.to_string(), str::to_owned)
}

fn names(read: &X509Certificate<'_>) -> Vec<String> {
    let extension = read.subject_alternative_name().ok().flatten();
    let names = extension
        .into_iter()
        .flat_map(|extension| &extension.value.general_names);
    names
        .map(|name| match name {
            GeneralName::DNSName(name) | GeneralName::RFC822Name(name) => (*name).to_owned(),
            GeneralName::IPAddress(bytes) => address(bytes),
            other => other.to_string(),
        })
        .collect()
}

fn address(bytes: &[u8]) -> String {
    if let Ok(octets) = <[u8; 4]>::try_from(bytes) {
        std::net::Ipv4Addr::from(octets).to_string()
    } else if let Ok(octets) = <[u8; 16]>::try_from(bytes) {
        std::net::Ipv6Addr::from(octets).to_string()
    } else {
        format!("an address of {} octets", bytes.len())
    }
}

fn day(time: ASN1Time) -> String {
    time.to_datetime().date().to_string()
}

fn words(error: &Error) -> String {
    match error {
        Error::InvalidCertificate(CertificateError::Other(other)) => other.to_string(),
        Error::InvalidCertificate(error) => format!("{error:?}"),
        error => error.to_string(),
    }
}
