//! Verifies a server's certificate: checks everything, records the verdict and lets the handshake
//! continue, as a debugging tool must. Only with `--verify require` does a bad verdict end it.

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
use super::chain::{CHAIN_CAP, ChainFault, find_path};
use super::dane::Dane;
use super::options::{TlsOptions, Verify};
use super::presented::{PresentedChain, seconds};
use super::report::{HandshakeReport, SharedReport};
use super::rule::{certificate_rule, error_text, is_unsupported_signature, rule};
use super::verdict::{CertificateFault, TrustSource, Verdict, date_fault, first_names};

/// Bits of an RSA key, at least.
const RSA_BITS_MIN: usize = 2048;

/// Verifies certificates for one handshake and records the verdict.
#[derive(Debug)]
pub(super) struct RecordingVerifier {
    roots: RootCertStore,
    options: TlsOptions,
    dane: Dane,
    algorithms: WebPkiSupportedAlgorithms,
    expected_name: String,
    report: SharedReport,
}

impl RecordingVerifier {
    /// A verifier that expects a certificate for `expected_name`, trusts `roots`, the pins of
    /// `options` and `dane`, and records what it finds in `report`.
    pub(super) fn new(
        roots: RootCertStore,
        options: TlsOptions,
        dane: Dane,
        algorithms: WebPkiSupportedAlgorithms,
        expected_name: String,
        report: SharedReport,
    ) -> Self {
        Self {
            roots,
            options,
            dane,
            algorithms,
            expected_name,
            report,
        }
    }

    /// Parses the chain and reaches a verdict.
    fn examine(
        &self,
        leaf: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        name: &ServerName<'_>,
        now: UnixTime,
    ) -> HandshakeReport {
        let seconds = seconds(now);
        let certificates: Vec<Certificate> = std::iter::once(leaf)
            .chain(intermediates)
            .take(CHAIN_CAP)
            .map(|der| Certificate::parse(der, seconds))
            .collect();
        let anchors = self.roots.subjects();
        let mut path = find_path(&certificates, |issuer| {
            anchors.iter().any(|anchor| anchor.as_ref() == issuer)
        });
        let chain = PresentedChain {
            leaf,
            intermediates,
            name,
            now,
            certificates: &certificates,
            path: &path,
        };
        let parsed = ParsedCertificate::try_from(leaf);
        let mut faults = Vec::new();
        if self.options.verify == Verify::Off {
            faults.push(CertificateFault::NotChecked);
        } else {
            self.check(&chain, &parsed, &mut faults);
        }
        let trusted_by = self.check_pins_and_dane(&chain, parsed.as_ref().ok(), &mut faults);
        if trusted_by == Some(TrustSource::Dane) {
            // A root that a TLSA record names has to be sent (RFC 7672 section 3.1.2).
            path.faults
                .retain(|fault| !matches!(fault, ChainFault::Root(_)));
        }
        if self.options.verify == Verify::Off {
            // The system's roots were not read.
            path.faults
                .retain(|fault| !matches!(fault, ChainFault::Root(_) | ChainFault::Missing { .. }));
        }
        HandshakeReport {
            verdict: Verdict { faults, trusted_by },
            chain_faults: path.faults,
            chain: certificates,
            certificate_request: None,
        }
    }

    /// Checks the chain against DANE records and pins. A match makes the server trusted; a mismatch
    /// is the most serious fault.
    fn check_pins_and_dane(
        &self,
        chain: &PresentedChain<'_>,
        parsed: Option<&ParsedCertificate<'_>>,
        faults: &mut Vec<CertificateFault>,
    ) -> Option<TrustSource> {
        let mut trusted_by = None;
        match self.dane.matches(chain, parsed, self.algorithms) {
            None => {}
            Some(true) => trusted_by = Some(TrustSource::Dane),
            Some(false) => faults.insert(0, CertificateFault::TlsaMismatch),
        }
        if !self.options.pins.is_empty()
            && let Some(leaf) = chain.certificates.first()
        {
            // A certificate that cannot be parsed has no key to pin; report its own fingerprint.
            let details = leaf.details.as_ref();
            let found = details.map_or(leaf.fingerprint, |details| details.pin);
            if details.is_some() && self.options.pins.contains(&found) {
                trusted_by = Some(TrustSource::Pin);
            } else {
                faults.insert(0, CertificateFault::PinMismatch { found });
            }
        }
        trusted_by
    }

    /// Checks dates, issuer, name and key.
    fn check(
        &self,
        chain: &PresentedChain<'_>,
        parsed: &Result<ParsedCertificate<'_>, Error>,
        faults: &mut Vec<CertificateFault>,
    ) {
        let leaf = X509Certificate::from_der(chain.leaf).ok();
        let leaf = leaf.as_ref().map(|(_, leaf)| leaf);
        let details = chain
            .certificates
            .first()
            .and_then(|certificate| certificate.details.as_ref());
        match parsed {
            Ok(parsed) => {
                self.check_issuer(parsed, leaf, chain, faults);
                if verify_server_name(parsed, chain.name).is_err() {
                    let (names, more) = details.map_or((Vec::new(), 0), |details| {
                        first_names(&details.names, details.more_names)
                    });
                    faults.push(CertificateFault::WrongName {
                        expected: self.expected_name.clone(),
                        names,
                        more,
                    });
                }
            }
            Err(error) => {
                faults.extend(leaf.and_then(|leaf| date_fault(leaf, seconds(chain.now))));
                faults.push(CertificateFault::Unacceptable(rule(error)));
            }
        }
        if let Some(leaf) = chain.certificates.first()
            && let Some(details) = leaf.details.as_ref().filter(|_| has_short_key(leaf))
        {
            faults.push(CertificateFault::WeakKey(details.key.bits));
        }
    }

    /// Checks that the leaf leads to a trusted root. Wrong dates of the leaf would hide every other
    /// error of its issuers, so those are then checked for a time at which the leaf is valid.
    fn check_issuer(
        &self,
        parsed: &ParsedCertificate<'_>,
        leaf: Option<&X509Certificate<'_>>,
        chain: &PresentedChain<'_>,
        faults: &mut Vec<CertificateFault>,
    ) {
        let mut at = chain.now;
        if let Some(leaf) = leaf
            && let Some(fault) = date_fault(leaf, seconds(chain.now))
        {
            faults.push(fault);
            at = chain.valid_time(leaf);
        }
        let mut trusted = self.options.authorities.iter();
        if trusted.any(|authority| authority.as_ref() == chain.leaf.as_ref()) {
            return;
        }
        let Err(error) = verify_server_cert_signed_by_trust_anchor(
            parsed,
            &self.roots,
            chain.intermediates,
            at,
            self.algorithms.all,
        ) else {
            return;
        };
        let self_issued = leaf.is_some_and(|leaf| leaf.subject() == leaf.issuer());
        let Error::InvalidCertificate(error) = &error else {
            faults.push(CertificateFault::Unacceptable(rule(&error)));
            return;
        };
        faults.push(match error {
            CertificateError::Expired
            | CertificateError::ExpiredContext { .. }
            | CertificateError::NotValidYet
            | CertificateError::NotValidYetContext { .. } => {
                faults.extend(chain.issuer_date_faults());
                return;
            }
            CertificateError::UnknownIssuer if !self_issued => chain.unknown_issuer(leaf),
            // Comes before `BadSignature`: if a trusted root has the same name, rustls checks the
            // signature against that root's key.
            _ if self_issued => CertificateFault::SelfSigned,
            CertificateError::BadSignature => CertificateFault::BadSignature,
            error => match chain.weak_signature() {
                Some(weak) if is_unsupported_signature(error) => {
                    CertificateFault::WeakSignature(weak)
                }
                _ => CertificateFault::Unacceptable(certificate_rule(error)),
            },
        });
    }

    /// Handles a handshake signature that rustls rejects. rustls rejects old forms of certificates,
    /// whose key may still be good, so the signature is checked against the bare key. If that fails
    /// too, the fault is recorded.
    fn check_with_raw_key(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
        error: Error,
    ) -> Result<HandshakeSignatureValid, Error> {
        let valid = X509Certificate::from_der(certificate)
            .ok()
            .and_then(|(_, parsed)| {
                let key = SubjectPublicKeyInfoDer::from(parsed.public_key().raw);
                verify_tls13_signature_with_raw_key(message, &key, signature, &self.algorithms).ok()
            });
        if let Some(valid) = valid {
            return Ok(valid);
        }
        let fault = if has_short_key(&Certificate::parse(certificate, 0)) {
            CertificateFault::ProofUnchecked
        } else {
            CertificateFault::Unproven(error_text(&error))
        };
        self.report
            .update(|report| report.verdict.faults.push(fault));
        if self.options.verify == Verify::Require {
            return Err(error);
        }
        Ok(HandshakeSignatureValid::assertion())
    }
}

impl ServerCertVerifier for RecordingVerifier {
    fn verify_server_cert(
        &self,
        leaf: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        name: &ServerName<'_>,
        _ocsp: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        let found = self.examine(leaf, intermediates, name, now);
        let passes = self.options.verify != Verify::Require || found.verdict.is_verified();
        tracing::debug!(
            certificates = found.chain.len(),
            verdict = %found.verdict,
            "certificate checked"
        );
        self.report.update(|report| {
            // The request for a client certificate may already be recorded.
            let certificate_request = report.certificate_request.take();
            *report = HandshakeReport {
                certificate_request,
                ..found
            };
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
            .or_else(|error| self.check_with_raw_key(message, certificate, signature, error))
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls13_signature(message, certificate, signature, &self.algorithms)
            .or_else(|error| self.check_with_raw_key(message, certificate, signature, error))
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.algorithms.supported_schemes()
    }
}

/// Whether the key is too short to be trusted, or for rustls to check its signatures.
fn has_short_key(certificate: &Certificate) -> bool {
    certificate.details.as_ref().is_some_and(|details| {
        details.key.kind.starts_with("RSA") && (1..RSA_BITS_MIN).contains(&details.key.bits)
    })
}
