//! Records a server's request for a client certificate and answers it with the user's certificate.

use std::sync::Arc;

use tokio_rustls::rustls::SignatureScheme;
use tokio_rustls::rustls::client::ResolvesClientCert;
use tokio_rustls::rustls::sign::CertifiedKey;
use x509_parser::prelude::FromDer;
use x509_parser::x509::X509Name;

use super::certificate::display_name;
use super::certificate_request::CertificateRequest;
use super::identity::Identity;
use super::report::SharedReport;

/// CAs of a request that are kept.
const AUTHORITIES_CAP: usize = 100;

/// Records a certificate request and answers it.
#[derive(Debug)]
pub(super) struct ClientCertificateResolver {
    identity: Option<Arc<Identity>>,
    report: SharedReport,
}

impl ClientCertificateResolver {
    pub(super) fn new(identity: Option<Arc<Identity>>, report: SharedReport) -> Self {
        Self { identity, report }
    }
}

impl ResolvesClientCert for ClientCertificateResolver {
    fn resolve(
        &self,
        authorities: &[&[u8]],
        schemes: &[SignatureScheme],
    ) -> Option<Arc<CertifiedKey>> {
        let key = self.identity.as_ref().map(|identity| identity.key());
        let is_suitable = key
            .as_ref()
            .is_some_and(|key| key.key.choose_scheme(schemes).is_some());
        let name = |der: &&[u8]| match X509Name::from_der(der) {
            Ok((_, name)) => display_name(&name),
            Err(_) => "unreadable".to_owned(),
        };
        let request = CertificateRequest {
            authorities: authorities.iter().take(AUTHORITIES_CAP).map(name).collect(),
            more: authorities.len().saturating_sub(AUTHORITIES_CAP),
            answered: is_suitable,
        };
        tracing::debug!(
            authorities = authorities.len(),
            answered = is_suitable,
            "client certificate requested"
        );
        self.report
            .update(|report| report.certificate_request = Some(request));
        key
    }

    fn has_certs(&self) -> bool {
        // With `false` rustls would not call `resolve`, and a request would go unrecorded.
        true
    }
}
