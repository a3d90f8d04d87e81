//! The chain as the server sent it: order, duplicates, gaps and certificates that do not belong.

use std::fmt;

use super::certificate::Certificate;

/// Certificates of a chain that are kept; a handshake message holds 64 KiB in all.
pub(super) const CHAIN_CAP: usize = 32;

/// A flaw of a chain that clients may tolerate, but that the server's administrator should fix.
/// Positions count from 1.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ChainFault {
    /// A certificate does not follow the one it certifies (RFC 8446 section 4.4.2).
    Order,
    /// The path ends at a certificate whose issuer was neither sent nor is a trusted root.
    Missing {
        /// The issuer.
        issuer: String,
    },
    /// A trusted root was sent, which is useless: a client that trusts it already has it.
    Root(usize),
    /// A certificate was sent twice.
    Duplicate(usize),
    /// A certificate is not on the path from the server's certificate to its root.
    Unrelated(usize),
    /// A certificate cannot be parsed.
    Unreadable(usize),
}

impl fmt::Display for ChainFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Order => f.write_str("the certificates are out of order"),
            Self::Missing { issuer } => write!(
                f,
                "{issuer} was not sent and is not a trusted root: an intermediate is missing, or it is a private CA"
            ),
            Self::Root(at) => write!(f, "certificate {at} is a root, which need not be sent"),
            Self::Duplicate(at) => write!(f, "certificate {at} is a duplicate"),
            Self::Unrelated(at) => {
                write!(f, "certificate {at} does not belong to the chain")
            }
            Self::Unreadable(at) => write!(f, "certificate {at} cannot be parsed"),
        }
    }
}

impl ChainFault {
    /// The key of its explanation in the manual.
    pub fn key(&self) -> &'static str {
        match self {
            Self::Order => "chain-order",
            Self::Missing { .. } => "incomplete-chain",
            Self::Root(_) => "chain-root",
            Self::Duplicate(_) => "chain-duplicate",
            Self::Unrelated(_) => "chain-unrelated",
            Self::Unreadable(_) => "encoding",
        }
    }
}

/// The path from the server's certificate towards its root, by name.
pub(super) struct ChainPath {
    /// Positions of the path's certificates in the chain, from 0; the server's own first.
    pub(super) certificates: Vec<usize>,
    /// Whether the last certificate of the path is its own issuer.
    pub(super) ends_at_root: bool,
    /// Whether a trusted root has the name of the last certificate's issuer.
    pub(super) is_anchored: bool,
    /// Flaws of the whole chain.
    pub(super) faults: Vec<ChainFault>,
}

/// Follows the issuers from the first certificate to its root. `is_root` says whether a trusted
/// root has this name, given as DER.
pub(super) fn find_path(chain: &[Certificate], is_root: impl Fn(&[u8]) -> bool) -> ChainPath {
    let names: Vec<Option<(Vec<u8>, Vec<u8>)>> = chain.iter().map(raw_names).collect();
    let mut faults = Vec::new();
    let mut path = Vec::new();
    let mut ends_at_root = false;
    let mut is_anchored = false;
    let mut next = Some(0).filter(|_| !chain.is_empty());
    while let Some(at) = next {
        path.push(at);
        let Some((subject, issuer)) = &names[at] else {
            break;
        };
        if subject == issuer {
            ends_at_root = true;
            is_anchored = is_root(subject);
            if at > 0 && is_anchored {
                faults.push(ChainFault::Root(at + 1));
            }
            break;
        }
        let is_issuer = |other: &usize| {
            let has_name = |(subject, _): &(Vec<u8>, Vec<u8>)| subject == issuer;
            !path.contains(other) && names[*other].as_ref().is_some_and(has_name)
        };
        next = (0..chain.len()).find(is_issuer);
        if next.is_some() {
            continue;
        }
        is_anchored = is_root(issuer);
        if !is_anchored {
            let issuer = chain[at]
                .details
                .as_ref()
                .map(|details| details.issuer.clone())
                .unwrap_or_default();
            faults.push(ChainFault::Missing { issuer });
        }
    }
    if path.windows(2).any(|pair| pair[0] > pair[1]) {
        faults.insert(0, ChainFault::Order);
    }
    for (at, certificate) in chain.iter().enumerate() {
        if names[at].is_none() {
            faults.push(ChainFault::Unreadable(at + 1));
        } else if chain[..at].iter().any(|other| other.der == certificate.der) {
            faults.push(ChainFault::Duplicate(at + 1));
        } else if !path.contains(&at) {
            faults.push(ChainFault::Unrelated(at + 1));
        }
    }
    ChainPath {
        certificates: path,
        ends_at_root,
        is_anchored,
        faults,
    }
}

/// Subject and issuer, as DER. `None` if the certificate cannot be parsed.
fn raw_names(certificate: &Certificate) -> Option<(Vec<u8>, Vec<u8>)> {
    use x509_parser::prelude::FromDer;
    let (_, read) = x509_parser::certificate::X509Certificate::from_der(&certificate.der).ok()?;
    Some((
        read.subject().as_raw().to_vec(),
        read.issuer().as_raw().to_vec(),
    ))
}
