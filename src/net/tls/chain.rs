//! The chain as it was sent: whether its certificates stand in order, each once, and none is missing.

use std::fmt;

use super::certificate::Certificate;

/// Certificates of a chain that are kept; a handshake message holds 64 KiB in all.
pub(super) const CHAIN_CAP: usize = 32;

/// Something about a chain that a client may forgive, and that its admin should mend. Places are
/// counted from 1.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ChainFault {
    /// A certificate does not stand behind the one it signs (RFC 8446 section 4.4.2).
    Order,
    /// The way to a trusted root ends at a certificate whose issuer was not sent.
    Missing {
        /// The issuer.
        issuer: String,
    },
    /// A root was sent: who trusts it has it already.
    Root(usize),
    /// A certificate was sent before.
    Duplicate(usize),
    /// A certificate has nothing to do with the first.
    Unrelated(usize),
    /// A certificate cannot be read.
    Unreadable(usize),
}

impl fmt::Display for ChainFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Order => f.write_str("the certificates are not in the order of their signing"),
            Self::Missing { issuer } => write!(
                f,
                "{issuer} was not sent and is no trusted root: an intermediate is missing, or it is a private authority"
            ),
            Self::Root(at) => write!(f, "certificate {at} is a root, which needs not be sent"),
            Self::Duplicate(at) => write!(f, "certificate {at} was sent before"),
            Self::Unrelated(at) => {
                write!(f, "certificate {at} has nothing to do with the first")
            }
            Self::Unreadable(at) => write!(f, "certificate {at} cannot be read"),
        }
    }
}

impl ChainFault {
    /// The key of its words in the manual.
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

/// A chain's faults, and the places of the certificates that lead from the first to its root, from 0.
pub(super) struct Walk {
    pub(super) faults: Vec<ChainFault>,
    pub(super) path: Vec<usize>,
    /// Whether the last one of the path is its own issuer.
    pub(super) at_root: bool,
}

/// Walks from the first certificate to its root. `is_root` says whether a trusted root bears the name
/// of this issuer, given as DER.
pub(super) fn walk(chain: &[Certificate], is_root: impl Fn(&[u8]) -> bool) -> Walk {
    let names: Vec<Option<(Vec<u8>, Vec<u8>)>> = chain.iter().map(raw_names).collect();
    let mut faults = Vec::new();
    let mut path = Vec::new();
    let mut at_root = false;
    let mut next = Some(0).filter(|_| !chain.is_empty());
    while let Some(at) = next {
        path.push(at);
        let Some((subject, issuer)) = &names[at] else {
            break;
        };
        if subject == issuer {
            at_root = true;
            if at > 0 {
                faults.push(ChainFault::Root(at + 1));
            }
            break;
        }
        let signs = |other: &usize| {
            let fits = |(subject, _): &(Vec<u8>, Vec<u8>)| subject == issuer;
            !path.contains(other) && names[*other].as_ref().is_some_and(fits)
        };
        next = (0..chain.len()).find(signs);
        if next.is_none() && !is_root(issuer) {
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
    Walk {
        faults,
        path,
        at_root,
    }
}

/// Subject and issuer, as DER.
fn raw_names(certificate: &Certificate) -> Option<(Vec<u8>, Vec<u8>)> {
    use x509_parser::prelude::FromDer;
    let (_, read) = x509_parser::certificate::X509Certificate::from_der(&certificate.der).ok()?;
    Some((
        read.subject().as_raw().to_vec(),
        read.issuer().as_raw().to_vec(),
    ))
}
