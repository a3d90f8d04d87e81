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

use super::certificate::Certificate;
use super::certificate_request::CertificateRequest;
use super::chain::{CHAIN_CAP, ChainFault, walk};
use super::dane::{Dane, Shown};
use super::options::{TlsOptions, Verify};
use super::rule::{certificate_rule, is_about_signatures, rule, words};
use super::seen::Seen;
use super::verdict::{CertificateFault, Verdict, Voucher, date_fault, first_names};

/// Bits of an RSA key, at the least.
const RSA_LEAST: usize = 2048;

/// What a handshake brought to light.
#[derive(Clone, Debug, Default)]
pub(super) struct Report {
    pub(super) verdict: Verdict,
    pub(super) chain: Vec<Certificate>,
    pub(super) chain_faults: Vec<ChainFault>,
    pub(super) asked: Option<CertificateRequest>,
}

/// Checks certificates and lets everything pass, unless the user requires that they be verified.
#[derive(Debug)]
pub(super) struct Recorder {
    roots: RootCertStore,
    options: TlsOptions,
    dane: Dane,
    algorithms: WebPkiSupportedAlgorithms,
    wanted: String,
    report: Arc<Mutex<Report>>,
}

impl Recorder {
    /// A verifier that looks for the name `wanted`, trusts `roots` and what the options add, and
    /// tells `report` what it saw.
    pub(super) fn new(
        roots: RootCertStore,
        options: TlsOptions,
        dane: Dane,
        algorithms: WebPkiSupportedAlgorithms,
        wanted: String,
        report: Arc<Mutex<Report>>,
    ) -> Self {
        Self {
            roots,
            options,
            dane,
            algorithms,
            wanted,
            report,
        }
    }

    fn record(&self, change: impl FnOnce(&mut Report)) {
        change(&mut self.report.lock().unwrap_or_else(PoisonError::into_inner));
    }

    /// Reads the chain and comes to a verdict.
    fn look(
        &self,
        leaf: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        name: &ServerName<'_>,
        now: UnixTime,
    ) -> Report {
        let seconds = seconds(now);
        let chain: Vec<Certificate> = std::iter::once(leaf)
            .chain(intermediates)
            .take(CHAIN_CAP)
            .map(|der| Certificate::read(der, seconds))
            .collect();
        let anchors = self.roots.subjects();
        let walk = walk(&chain, |issuer| {
            anchors.iter().any(|anchor| anchor.as_ref() == issuer)
        });
        let seen = Seen {
            leaf,
            intermediates,
            name,
            chain: &chain,
            walk: &walk,
            now,
        };
        let parsed = ParsedCertificate::try_from(leaf);
        let mut faults = Vec::new();
        if self.options.verify == Verify::Off {
            faults.push(CertificateFault::NotChecked);
        } else {
            self.check(&seen, &parsed, &mut faults);
        }
        let voucher = self.vouch(&seen, parsed.as_ref().ok(), &mut faults);
        Report {
            verdict: Verdict { faults, voucher },
            chain_faults: walk.faults,
            chain,
            asked: None,
        }
    }

    /// Whether a pin or DANE vouches for the server. Where there are some and none does, that is the
    /// first of all faults.
    fn vouch(
        &self,
        seen: &Seen<'_>,
        parsed: Option<&ParsedCertificate<'_>>,
        faults: &mut Vec<CertificateFault>,
    ) -> Option<Voucher> {
        let mut voucher = None;
        let shown = Shown {
            leaf: seen.leaf,
            parsed,
            intermediates: seen.intermediates,
            name: seen.name,
            now: seen.now,
            algorithms: self.algorithms,
        };
        match self.dane.vouches(&shown) {
            None => {}
            Some(true) => voucher = Some(Voucher::Dane),
            Some(false) => faults.insert(0, CertificateFault::OtherTlsa),
        }
        if !self.options.pins.is_empty()
            && let Some(leaf) = seen.chain.first()
        {
            // A certificate that cannot be read has no key to pin; its own fingerprint is told.
            let details = leaf.details.as_ref();
            let found = details.map_or(leaf.fingerprint, |details| details.pin);
            if details.is_some() && self.options.pins.contains(&found) {
                voucher = Some(Voucher::Pin);
            } else {
                faults.insert(0, CertificateFault::OtherPin { found });
            }
        }
        voucher
    }

    fn check(
        &self,
        seen: &Seen<'_>,
        parsed: &Result<ParsedCertificate<'_>, Error>,
        faults: &mut Vec<CertificateFault>,
    ) {
        let read = X509Certificate::from_der(seen.leaf).ok();
        let read = read.as_ref().map(|(_, read)| read);
        let details = seen.chain.first().and_then(|leaf| leaf.details.as_ref());
        match parsed {
            Ok(parsed) => {
                self.check_chain(parsed, read, seen, faults);
                if verify_server_name(parsed, seen.name).is_err() {
                    let (names, more) = details.map_or((Vec::new(), 0), |details| {
                        first_names(&details.names, details.more_names)
                    });
                    faults.push(CertificateFault::WrongName {
                        wanted: self.wanted.clone(),
                        names,
                        more,
                    });
                }
            }
            Err(error) => {
                faults.extend(read.and_then(|read| date_fault(read, seconds(seen.now))));
                faults.push(CertificateFault::Unacceptable(rule(error)));
            }
        }
        faults.extend(
            details
                .map(|details| details.key.bits)
                .filter(|bits| (1..RSA_LEAST).contains(bits))
                .filter(|_| details.is_some_and(|details| details.key.kind.starts_with("RSA")))
                .map(CertificateFault::WeakKey),
        );
    }

    /// Who vouches for the leaf. A date that is wrong hides the question, so it is asked again for
    /// a day at which the date was right.
    fn check_chain(
        &self,
        parsed: &ParsedCertificate<'_>,
        read: Option<&X509Certificate<'_>>,
        seen: &Seen<'_>,
        faults: &mut Vec<CertificateFault>,
    ) {
        let mut at = seen.now;
        if let Some(read) = read
            && let Some(fault) = date_fault(read, seconds(seen.now))
        {
            faults.push(fault);
            let first = read.validity().not_before.timestamp();
            let last = read.validity().not_after.timestamp().saturating_sub(1);
            let good_day = if seconds(seen.now) < first {
                first
            } else {
                last
            }
            .max(0);
            at = UnixTime::since_unix_epoch(Duration::from_secs(good_day.unsigned_abs()));
        }
        let mut trusted = self.options.authorities.iter();
        if trusted.any(|authority| authority.as_ref() == seen.leaf.as_ref()) {
            return;
        }
        let Err(error) = verify_server_cert_signed_by_trust_anchor(
            parsed,
            &self.roots,
            seen.intermediates,
            at,
            self.algorithms.all,
        ) else {
            return;
        };
        let self_issued = read.is_some_and(|read| read.subject() == read.issuer());
        let Error::InvalidCertificate(error) = &error else {
            faults.push(CertificateFault::Unacceptable(rule(&error)));
            return;
        };
        faults.push(match error {
            CertificateError::Expired
            | CertificateError::ExpiredContext { .. }
            | CertificateError::NotValidYet
            | CertificateError::NotValidYetContext { .. } => {
                CertificateFault::IssuerOutOfDate(seen.out_of_date(seconds(at)))
            }
            CertificateError::UnknownIssuer if !self_issued => seen.unknown_issuer(read),
            // Before the signature: another self-signed certificate of the same name may be trusted.
            _ if self_issued => CertificateFault::SelfSigned,
            CertificateError::BadSignature => CertificateFault::BadSignature,
            error => match seen.weak_signature() {
                Some(weak) if is_about_signatures(error) => CertificateFault::WeakSignature(weak),
                _ => CertificateFault::Unacceptable(certificate_rule(error)),
            },
        });
    }

    /// Where the ordinary check of the handshake's signature fails, the bare key is tried: old forms
    /// of certificates hold a good key too. If that fails as well, it is recorded.
    fn rescue(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
        error: Error,
    ) -> Result<HandshakeSignatureValid, Error> {
        let proven = X509Certificate::from_der(certificate)
            .ok()
            .and_then(|(_, read)| {
                let key = SubjectPublicKeyInfoDer::from(read.public_key().raw);
                verify_tls13_signature_with_raw_key(message, &key, signature, &self.algorithms).ok()
            });
        if let Some(proven) = proven {
            return Ok(proven);
        }
        let fault = CertificateFault::Unproven(words(&error));
        self.record(|report| report.verdict.faults.push(fault));
        if self.options.verify == Verify::Require {
            return Err(error);
        }
        Ok(HandshakeSignatureValid::assertion())
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
        let seen = self.look(leaf, intermediates, name, now);
        let passes = self.options.verify != Verify::Require || seen.verdict.is_verified();
        // A request for a client certificate may have come before.
        self.record(|report| {
            let asked = report.asked.take();
            *report = Report { asked, ..seen };
        });
        if passes {
            Ok(ServerCertVerified::assertion())
        } else {
            Err(CertificateError::ApplicationVerificationFailure.into())
        }
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls12_signature(message, certificate, signature, &self.algorithms)
            .or_else(|error| self.rescue(message, certificate, signature, error))
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls13_signature(message, certificate, signature, &self.algorithms)
            .or_else(|error| self.rescue(message, certificate, signature, error))
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.algorithms.supported_schemes()
    }
}

fn seconds(time: UnixTime) -> i64 {
    i64::try_from(time.as_secs()).unwrap_or(i64::MAX)
}
