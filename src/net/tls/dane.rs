//! DANE: keys that the DNS vouches for (RFC 6698), as mail between servers uses it (RFC 7672).

use std::fmt;

use sha2::{Digest as _, Sha256, Sha512};
use tokio_rustls::rustls::RootCertStore;
use tokio_rustls::rustls::client::{verify_server_cert_signed_by_trust_anchor, verify_server_name};
use tokio_rustls::rustls::crypto::WebPkiSupportedAlgorithms;
use tokio_rustls::rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use tokio_rustls::rustls::server::ParsedCertificate;
use x509_parser::certificate::X509Certificate;
use x509_parser::prelude::FromDer;

/// The usage by which a record names an authority, DANE-TA(2).
const AUTHORITY: u8 = 2;
/// The usage by which a record names the server's own key, DANE-EE(3).
const SERVER: u8 = 3;
/// Octets of a record's data that a person is shown.
const SHOWN: usize = 8;

/// A TLSA record (RFC 6698 section 2.1).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tlsa {
    /// What the data is about: 2 an authority, 3 the server's own certificate. 0 and 1 are not for
    /// mail (RFC 7672 section 3.1.3).
    pub usage: u8,
    /// 0 the whole certificate, 1 its key.
    pub selector: u8,
    /// 0 the thing itself, 1 its SHA-256, 2 its SHA-512.
    pub matching: u8,
    /// The data to match.
    pub data: Vec<u8>,
}

/// What the DNS says of a server's keys.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Dane {
    /// It was not asked.
    #[default]
    NotAsked,
    /// There are no TLSA records.
    NoRecords,
    /// There are so many, and the resolver does not call them authentic: they are not used.
    Unauthentic(usize),
    /// The resolver calls these authentic.
    Authentic(Vec<Tlsa>),
    /// It could not be asked, and this is why.
    Failed(String),
}

impl Tlsa {
    /// Whether it is of a kind that mail uses (RFC 7672 section 3.1).
    pub fn is_usable(&self) -> bool {
        matches!(
            (self.usage, self.selector, self.matching),
            (AUTHORITY | SERVER, 0 | 1, 0..=2)
        )
    }

    /// Whether the data is this certificate's.
    fn fits(&self, certificate: &CertificateDer<'_>) -> bool {
        let selected = match self.selector {
            0 => certificate.to_vec(),
            1 => match X509Certificate::from_der(certificate) {
                Ok((_, read)) => read.public_key().raw.to_vec(),
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
        for octet in data.iter().take(SHOWN) {
            write!(f, "{octet:02x}")?;
        }
        f.write_str(if data.len() > SHOWN { "…" } else { "" })
    }
}

impl fmt::Display for Dane {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotAsked => f.write_str("not asked for"),
            Self::NoRecords => f.write_str("no TLSA records"),
            Self::Unauthentic(count) => write!(
                f,
                "{count} TLSA records, not used: the resolver does not call them authentic (DNSSEC)"
            ),
            Self::Authentic(records) if !records.iter().any(Tlsa::is_usable) => write!(
                f,
                "{} TLSA records, none of a kind that mail uses",
                records.len()
            ),
            Self::Authentic(records) => {
                let shown: Vec<String> = records.iter().map(ToString::to_string).collect();
                write!(f, "authentic: {}", shown.join(", "))
            }
            Self::Failed(why) => write!(f, "TLSA records could not be asked for: {why}"),
        }
    }
}

/// A chain, as a record is held against it.
pub(super) struct Shown<'a> {
    pub(super) leaf: &'a CertificateDer<'a>,
    pub(super) parsed: Option<&'a ParsedCertificate<'a>>,
    pub(super) intermediates: &'a [CertificateDer<'a>],
    pub(super) name: &'a ServerName<'a>,
    pub(super) now: UnixTime,
    pub(super) algorithms: WebPkiSupportedAlgorithms,
}

impl Dane {
    /// Whether a record vouches for the chain; nothing where there is none that counts.
    pub(super) fn vouches(&self, shown: &Shown<'_>) -> Option<bool> {
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
                // Its dates and names do not matter (RFC 7672 section 3.1.1).
                SERVER => record.fits(shown.leaf),
                _ => shown
                    .intermediates
                    .iter()
                    .any(|authority| record.fits(authority) && shown.is_under(authority)),
            }
        }))
    }
}

impl Shown<'_> {
    /// Whether the leaf is signed, in the end, by this certificate, and is for the name.
    fn is_under(&self, authority: &CertificateDer<'_>) -> bool {
        let Some(parsed) = self.parsed else {
            return false;
        };
        let mut roots = RootCertStore::empty();
        roots.add(authority.clone()).is_ok()
            && verify_server_name(parsed, self.name).is_ok()
            && verify_server_cert_signed_by_trust_anchor(
                parsed,
                &roots,
                self.intermediates,
                self.now,
                self.algorithms.all,
            )
            .is_ok()
    }
}
