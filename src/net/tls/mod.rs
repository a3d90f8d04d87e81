//! TLS: the user's options, the handshake, and everything it reveals about the server.

mod binding;
mod ca_file;
mod certificate;
mod certificate_request;
mod chain;
mod client_certificate;
mod dane;
mod error;
mod facts;
mod fingerprint;
mod handshake;
mod hello;
mod identity;
mod key_log;
mod locked_key;
mod options;
mod presented;
mod probe;
mod random;
mod report;
mod rule;
mod span;
mod suite;
mod verdict;
mod verifier;

pub use ca_file::{CaError, read_ca_file, read_ca_folder};
pub use certificate::{Certificate, CertificateDetails, CertificateKey};
pub use certificate_request::CertificateRequest;
pub use chain::ChainFault;
pub use dane::{Dane, Tlsa};
pub use error::TlsError;
pub use facts::TlsFacts;
pub use fingerprint::{Fingerprint, ParseFingerprintError};
pub use hello::{LegacyVersion, ServerChoice};
pub use identity::{Identity, IdentityError};
pub use key_log::KeyLogFile;
pub use locked_key::LockedKeyError;
pub use options::{Alpn, Sni, TlsOptionError, TlsOptions, TlsVersion, TlsVersions, Verify};
pub use rule::X509Rule;
pub use verdict::{CertificateFault, TrustSource, Verdict};

pub(super) use binding::channel_binding;
pub(super) use error::{certificate_demand, error_text, is_alert};
pub(super) use handshake::{HandshakeParams, handshake};
pub(super) use probe::{ProbeOutcome, probe};
pub(super) use random::{warm, warm_up};
