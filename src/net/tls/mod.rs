//! TLS: the handshake as the user wants it, and everything it brings to light.

mod authorities;
mod binding;
mod certificate;
mod certificate_request;
mod chain;
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
mod probe;
mod rule;
mod seen;
mod suite;
mod verdict;
mod verifier;

pub use authorities::{AuthorityError, read_authorities, read_authority_folder};
pub use certificate::{Certificate, Details, Key};
pub use certificate_request::CertificateRequest;
pub use chain::ChainFault;
pub use dane::{Dane, Tlsa};
pub use error::TlsError;
pub use facts::TlsFacts;
pub use fingerprint::{Fingerprint, NoFingerprint};
pub use hello::{Offer, OldVersion};
pub use identity::{Identity, IdentityError};
pub use key_log::KeyLogFile;
pub use locked_key::LockedKeyError;
pub use options::{Alpn, OptionError, Sni, TlsOptions, Verify, Version, Versions};
pub use verdict::{CertificateFault, Rule, Verdict, Voucher};

pub(super) use binding::of as binding;
pub(super) use error::words;
pub(super) use handshake::{Wanted, handshake};
pub(super) use probe::{Probed, probe};
