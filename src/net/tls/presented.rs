//! The certificate chain that a server presented, with everything it is checked against.

use tokio_rustls::rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use x509_parser::certificate::X509Certificate;
use x509_parser::prelude::FromDer;

use super::certificate::{Certificate, display_name};
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
        let issuer = last
            .and_then(|at| self.certificates.get(*at))
            .and_then(|last| last.details.as_ref())
            .map(|details| details.issuer.clone())
            .or_else(|| leaf.map(|leaf| display_name(leaf.issuer())))
            .unwrap_or_default();
        CertificateFault::UnknownIssuer {
            issuer: issuer.trim_start_matches("CN=").to_owned(),
            sent: self.path.ends_at_root,
        }
    }

    /// The certificates of the path above the leaf.
    fn issuers(&self) -> impl Iterator<Item = &Certificate> {
        let path = self.path.certificates.iter().skip(1);
        path.filter_map(|at| self.certificates.get(*at))
    }

    /// The subject of the issuer that is expired or not yet valid; `now` is in seconds since 1970.
    pub(super) fn out_of_date(&self, now: i64) -> String {
        let is_out_of_date = |certificate: &&Certificate| {
            X509Certificate::from_der(&certificate.der)
                .is_ok_and(|(_, parsed)| date_fault(&parsed, now).is_some())
        };
        let found = self.issuers().find(is_out_of_date);
        // Every issuer that was sent is valid, so it is the root, which need not be sent.
        found.map_or("the root", Certificate::subject).to_owned()
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
