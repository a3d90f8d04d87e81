//! DANE: TLSA records that say which certificate or key a server has (RFC 6698), as SMTP uses them
//! (RFC 7672).

use std::fmt;

use sha2::{Digest as _, Sha256, Sha512};
use tokio_rustls::rustls::RootCertStore;
use tokio_rustls::rustls::client::{verify_server_cert_signed_by_trust_anchor, verify_server_name};
use tokio_rustls::rustls::crypto::WebPkiSupportedAlgorithms;
use tokio_rustls::rustls::pki_types::CertificateDer;
use tokio_rustls::rustls::server::ParsedCertificate;
use x509_parser::certificate::X509Certificate;
use x509_parser::prelude::FromDer;

use super::presented::PresentedChain;
use crate::smtp::count;

/// Certificate usage DANE-TA(2): the record names a CA.
const DANE_TA: u8 = 2;
/// Certificate usage DANE-EE(3): the record names the server's own certificate or key.
const DANE_EE: u8 = 3;
/// Octets of a record's data that are displayed.
const DATA_SHOWN: usize = 8;

/// A TLSA record (RFC 6698 section 2.1).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tlsa {
    /// The certificate usage: 2 a CA, 3 the server's own certificate. SMTP does not use 0 and 1
    /// (RFC 7672 section 3.1.3).
    pub usage: u8,
    /// The selector: 0 the whole certificate, 1 its public key.
    pub selector: u8,
    /// The matching type: 0 the selected octets themselves, 1 their SHA-256, 2 their SHA-512.
    pub matching: u8,
    /// The association data to match.
    pub data: Vec<u8>,
}

/// The result of looking up a server's TLSA records.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Dane {
    /// DANE was not requested.
    #[default]
    NotAsked,
    /// There are no TLSA records.
    NoRecords,
    /// There are this many records, but no trusted resolver validated them (DNSSEC): they are
    /// ignored.
    Unauthentic(usize),
    /// The records, validated by a trusted resolver.
    Authentic(Vec<Tlsa>),
    /// The lookup failed for this reason.
    Failed(String),
}

impl Tlsa {
    /// Whether SMTP uses records of this kind (RFC 7672 section 3.1).
    pub fn is_usable(&self) -> bool {
        matches!(
            (self.usage, self.selector, self.matching),
            (DANE_TA | DANE_EE, 0 | 1, 0..=2)
        )
    }

    /// Whether the record matches this certificate.
    fn matches(&self, certificate: &CertificateDer<'_>) -> bool {
        let selected = match self.selector {
            0 => certificate.to_vec(),
            1 => match X509Certificate::from_der(certificate) {
                Ok((_, parsed)) => parsed.public_key().raw.to_vec(),
                Err(_) => return false,
            },
            _ => return false,
        };
        match self.matching {
            0 => self.data == selected,
            1 => self.data == Sha256::digest(&selected).as_slice(),
            2 => self.data == Sha512::digest(&selected).as_slice(),
            _ => false,
        }
    }
}

impl fmt::Display for Tlsa {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            usage,
            selector,
            matching,
            data,
        } = self;
        write!(f, "TLSA {usage} {selector} {matching} ")?;
        for octet in data.iter().take(DATA_SHOWN) {
            write!(f, "{octet:02x}")?;
        }
        f.write_str(if data.len() > DATA_SHOWN { "…" } else { "" })
    }
}

impl fmt::Display for Dane {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotAsked => f.write_str("not requested"),
            Self::NoRecords => f.write_str("no TLSA records"),
            Self::Unauthentic(count) => write!(
                f,
                "{} ignored: not validated by a trusted resolver (DNSSEC)",
                counted(*count)
            ),
            Self::Authentic(records) if !records.iter().any(Tlsa::is_usable) => {
                write!(f, "{}, none usable for SMTP", counted(records.len()))
            }
            Self::Authentic(records) => {
                let list: Vec<String> = records.iter().map(ToString::to_string).collect();
                write!(f, "authentic: {}", list.join(", "))
            }
            Self::Failed(reason) => write!(f, "TLSA lookup failed: {reason}"),
        }
    }
}

fn counted(records: usize) -> String {
    count(records as u64, "TLSA record", "TLSA records")
}

impl Dane {
    /// Whether a record matches the chain. `None` if there is no authentic record that SMTP uses.
    /// `leaf` is the server's certificate, parsed, if it can be.
    pub(super) fn matches(
        &self,
        chain: &PresentedChain<'_>,
        leaf: Option<&ParsedCertificate<'_>>,
        algorithms: WebPkiSupportedAlgorithms,
    ) -> Option<bool> {
        let Self::Authentic(records) = self else {
            return None;
        };
        let mut usable = records
            .iter()
            .filter(|record| record.is_usable())
            .peekable();
        usable.peek()?;
        Some(usable.any(|record| {
            match record.usage {
                // DANE-EE ignores dates and names (RFC 7672 section 3.1.1).
                DANE_EE => record.matches(chain.leaf),
                _ => chain.intermediates.iter().any(|authority| {
                    record.matches(authority)
                        && leaf.is_some_and(|leaf| is_issued_by(authority, leaf, chain, algorithms))
                }),
            }
        }))
    }
}

/// Whether the leaf is valid for the name with `authority` as the trust anchor.
fn is_issued_by(
    authority: &CertificateDer<'_>,
    leaf: &ParsedCertificate<'_>,
    chain: &PresentedChain<'_>,
    algorithms: WebPkiSupportedAlgorithms,
) -> bool {
    let mut roots = RootCertStore::empty();
    roots.add(authority.clone()).is_ok()
        && verify_server_name(leaf, chain.name).is_ok()
        && verify_server_cert_signed_by_trust_anchor(
            leaf,
            &roots,
            chain.intermediates,
            chain.now,
            algorithms.all,
        )
        .is_ok()
}
