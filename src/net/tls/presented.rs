//! The certificate chain that a server presented, with everything it is checked against.

use std::time::Duration;

use tokio_rustls::rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use x509_parser::certificate::X509Certificate;
use x509_parser::prelude::FromDer;

use super::certificate::{Certificate, display_name, organization};
use super::chain::ChainPath;
use super::verdict::{CertificateFault, date_fault};

/// A presented chain, raw and parsed, and the name and time it is checked for.
pub(super) struct PresentedChain<'a> {
    pub(super) leaf: &'a CertificateDer<'a>,
    pub(super) intermediates: &'a [CertificateDer<'a>],
    pub(super) name: &'a ServerName<'a>,
    pub(super) now: UnixTime,
    /// Leaf and intermediates, parsed.
    pub(super) certificates: &'a [Certificate],
    pub(super) path: &'a ChainPath,
}

impl PresentedChain<'_> {
    /// The fault of a chain that leads to no trusted root: names the issuer at which it ends.
    pub(super) fn unknown_issuer(&self, leaf: Option<&X509Certificate<'_>>) -> CertificateFault {
        let last = self.path.certificates.last();
        let (issuer, organization) = last
            .and_then(|at| self.certificates.get(*at))
            .and_then(|last| last.details.as_ref())
            .map(|details| (details.issuer.clone(), details.issuer_organization.clone()))
            .or_else(|| leaf.map(|leaf| (display_name(leaf.issuer()), organization(leaf.issuer()))))
            .unwrap_or_default();
        CertificateFault::UnknownIssuer {
            issuer: issuer.trim_start_matches("CN=").to_owned(),
            organization,
            sent: self.path.ends_at_root,
        }
    }

    /// The certificates of the path above the leaf.
    fn issuers(&self) -> impl Iterator<Item = &Certificate> {
        let path = self.path.certificates.iter().skip(1);
        path.filter_map(|at| self.certificates.get(*at))
    }

    /// The issuer that is expired or not yet valid now, if one is.
    fn out_of_date(&self) -> Option<&Certificate> {
        let now = seconds(self.now);
        self.issuers().find(|certificate| {
            X509Certificate::from_der(&certificate.der)
                .is_ok_and(|(_, parsed)| date_fault(&parsed, now).is_some())
        })
    }

    /// The faults of a chain whose dates do not fit together: an issuer that is out of date now, and
    /// a root that is not trusted. An issuer that is newer than an expired leaf is no fault.
    pub(super) fn issuer_date_faults(&self) -> Vec<CertificateFault> {
        let subject = |issuer: &Certificate| issuer.subject().to_owned();
        let out_of_date = self.out_of_date().map(subject);
        let is_unknown = !self.path.is_anchored;
        let unknown = is_unknown.then(|| self.unknown_issuer(None));
        out_of_date
            .map(CertificateFault::IssuerOutOfDate)
            .into_iter()
            .chain(unknown)
            .collect()
    }

    /// The time closest to now at which the leaf is valid, and the issuers too if there is such a
    /// time.
    pub(super) fn valid_time(&self, leaf: &X509Certificate<'_>) -> UnixTime {
        let dates = |parsed: &X509Certificate<'_>| {
            let validity = parsed.validity();
            let last = validity.not_after.timestamp().saturating_sub(1);
            (validity.not_before.timestamp(), last)
        };
        let (mut first, mut last) = dates(leaf);
        for issuer in self.issuers() {
            if let Ok((_, parsed)) = X509Certificate::from_der(&issuer.der) {
                let (from, until) = dates(&parsed);
                if from <= last && first <= until {
                    (first, last) = (first.max(from), last.min(until));
                }
            }
        }
        let now = seconds(self.now);
        let time = if now < first { first } else { now.min(last) };
        UnixTime::since_unix_epoch(Duration::from_secs(time.max(0).unsigned_abs()))
    }

    /// The first signature of the path that uses a broken hash.
    pub(super) fn weak_signature(&self) -> Option<String> {
        let certificates = self.certificates.first().into_iter().chain(self.issuers());
        let mut signatures = certificates
            .filter_map(|certificate| certificate.details.as_ref())
            .filter(|details| !details.self_issued)
            .map(|details| &details.signature);
        let is_weak = |name: &&String| {
            let hashes = ["SHA-1", "MD5", "MD2"];
            hashes.iter().any(|hash| name.ends_with(hash))
        };
        signatures.find(is_weak).cloned()
    }
}

/// Seconds since 1970.
pub(super) fn seconds(time: UnixTime) -> i64 {
    i64::try_from(time.as_secs()).unwrap_or(i64::MAX)
}
