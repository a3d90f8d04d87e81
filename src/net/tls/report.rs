//! What a handshake reveals, collected by the callbacks that rustls makes during it.

use std::sync::{Arc, Mutex, PoisonError};

use super::certificate::Certificate;
use super::certificate_request::CertificateRequest;
use super::chain::ChainFault;
use super::verdict::Verdict;

/// What a handshake reveals. Until the server has sent its certificate everything is empty.
#[derive(Clone, Debug, Default)]
pub(super) struct HandshakeReport {
    pub(super) verdict: Verdict,
    pub(super) chain: Vec<Certificate>,
    pub(super) chain_faults: Vec<ChainFault>,
    pub(super) certificate_request: Option<CertificateRequest>,
}

/// A handle to one report, shared by the verifier and the client certificate resolver.
#[derive(Clone, Debug, Default)]
pub(super) struct SharedReport(Arc<Mutex<HandshakeReport>>);

impl SharedReport {
    /// Changes the report.
    pub(super) fn update(&self, change: impl FnOnce(&mut HandshakeReport)) {
        change(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner));
    }

    /// A copy of the report as it is now.
    pub(super) fn snapshot(&self) -> HandshakeReport {
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }
}
