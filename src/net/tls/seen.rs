//! A chain under the eyes of the verifier: its octets, what was read in them, and what a fault of it is
//! about.

use tokio_rustls::rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use x509_parser::certificate::X509Certificate;
use x509_parser::prelude::FromDer;

use super::certificate::{Certificate, name_of};
use super::chain::Walk;
use super::verdict::{CertificateFault, date_fault};

/// A chain, and the name and time it is held against.
pub(super) struct Seen<'a> {
    pub(super) leaf: &'a CertificateDer<'a>,
    pub(super) intermediates: &'a [CertificateDer<'a>],
    pub(super) name: &'a ServerName<'a>,
    pub(super) chain: &'a [Certificate],
    pub(super) walk: &'a Walk,
    pub(super) now: UnixTime,
}

impl Seen<'_> {
    /// Where the way to a trusted root ends.
    pub(super) fn unknown_issuer(&self, leaf: Option<&X509Certificate<'_>>) -> CertificateFault {
        let last = self.walk.path.last().and_then(|at| self.chain.get(*at));
        let issuer = last
            .and_then(|last| last.details.as_ref())
            .map(|details| details.issuer.clone())
            .or_else(|| leaf.map(|leaf| name_of(leaf.issuer())))
            .unwrap_or_default();
        CertificateFault::UnknownIssuer {
            issuer: issuer.trim_start_matches("CN=").to_owned(),
            sent: self.walk.at_root,
        }
    }

    /// The certificates between the leaf and its root.
    fn between(&self) -> impl Iterator<Item = &Certificate> {
        let path = self.walk.path.iter().skip(1);
        path.filter_map(|at| self.chain.get(*at))
    }

    /// The intermediate whose dates do not fit; `now` is in seconds since 1970.
    pub(super) fn out_of_date(&self, now: i64) -> String {
        let mut between = self.between();
        let late = between.find(|certificate| {
            X509Certificate::from_der(&certificate.der)
                .is_ok_and(|(_, read)| date_fault(&read, now).is_some())
        });
        late.map_or("its root", Certificate::subject).to_owned()
    }

    /// The first signature on the way that nobody should trust any more.
    pub(super) fn weak_signature(&self) -> Option<String> {
        let details = self.chain.first().into_iter().chain(self.between());
        let mut signatures = details
            .filter_map(|certificate| certificate.details.as_ref())
            .filter(|details| !details.self_issued)
            .map(|details| &details.signature);
        let weak = |name: &&String| {
            let hashes = ["SHA-1", "MD5", "MD2"];
            hashes.iter().any(|hash| name.ends_with(hash))
        };
        signatures.find(weak).cloned()
    }
}
