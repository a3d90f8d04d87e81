//! The verdict on a server's certificate, and its text.

use std::fmt;

use x509_parser::certificate::X509Certificate;
use x509_parser::time::ASN1Time;

use super::certificate::day;
use super::fingerprint::Fingerprint;
use super::rule::X509Rule;
use super::span::{DAY, span};

/// The maximum number of names of a certificate that a verdict lists.
const NAMES_SHOWN: usize = 20;

/// The result of verifying a server's certificate.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Verdict {
    /// Everything that is wrong, the most serious first.
    pub faults: Vec<CertificateFault>,
    /// What matched the server's key, besides the CAs. Most faults then do not count.
    pub trusted_by: Option<TrustSource>,
}

/// A source of trust in a key, other than a CA.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TrustSource {
    /// A pin from the user.
    Pin,
    /// An authentic TLSA record (RFC 7672).
    Dane,
}

impl Verdict {
    /// Whether the server's identity is proven.
    pub fn is_verified(&self) -> bool {
        let counts = |fault: &CertificateFault| self.trusted_by.is_none() || fault.is_final();
        !self.faults.iter().any(counts)
    }

    /// The names that the certificate is valid for, if the expected one is not among them.
    pub fn other_names(&self) -> Option<&[String]> {
        self.faults.iter().find_map(|fault| match fault {
            CertificateFault::WrongName { names, .. } => Some(names.as_slice()),
            _ => None,
        })
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.is_verified() {
            f.write_str("verified")?;
            match self.trusted_by {
                None => return Ok(()),
                Some(TrustSource::Pin) => f.write_str(" by pin")?,
                Some(TrustSource::Dane) => f.write_str(" by DANE")?,
            }
            if self.faults.is_empty() {
                return Ok(());
            }
            // `record::export` recognizes this text in saved sessions.
            f.write_str("; without that: ")?;
        }
        for (at, fault) in self.faults.iter().enumerate() {
            if at > 0 {
                f.write_str("; ")?;
            }
            fault.fmt(f)?;
        }
        Ok(())
    }
}

/// One thing that is wrong with a certificate. Names and dates are the certificate's own; escape
/// them before showing them.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CertificateFault {
    /// Its key matches none of the pins.
    #[error("pin mismatch: the server's key is {found}")]
    PinMismatch {
        /// The fingerprint of its key, or of the certificate if that cannot be parsed.
        found: Fingerprint,
    },
    /// There are authentic TLSA records, and none matches the chain (RFC 7672).
    #[error("DANE: no TLSA record matches this chain")]
    TlsaMismatch,
    /// It has expired.
    #[error("expired {on}, {ago} ago")]
    Expired {
        /// Its last day, as year-month-day.
        on: String,
        /// The time since then, such as `3 hours` or `12 days`.
        ago: String,
    },
    /// It is not yet valid.
    #[error("not valid before {from} (is this machine's clock right?)")]
    NotYetValid {
        /// Its first day, as year-month-day; with the time of day if that is less than a day away.
        from: String,
    },
    /// An issuer's certificate, up to the root, has expired or is not yet valid; its subject.
    #[error("an issuer certificate is expired or not yet valid: {0}")]
    IssuerOutOfDate(String),
    /// It is not valid for the expected name.
    #[error("wrong name: expected {expected}, found {}", list(.names, *.more))]
    WrongName {
        /// The expected name.
        expected: String,
        /// The names it is valid for, at most 20.
        names: Vec<String>,
        /// How many more names it has.
        more: usize,
    },
    /// It is signed with its own key.
    #[error("self-signed")]
    SelfSigned,
    /// Its path does not lead to a trusted root.
    #[error("unknown issuer: {issuer}{}{}", beside(.organization), if *.sent { "" } else { ", whose certificate was not sent" })]
    UnknownIssuer {
        /// The issuer at which the path ends.
        issuer: String,
        /// Its organizations and units, as `O=…, OU=…`; empty if it has none.
        organization: String,
        /// Whether the issuer's certificate was sent: then it is a root that is not trusted.
        sent: bool,
    },
    /// Its RSA key is too short; its bits.
    #[error("weak key: RSA with {0} bits, 2048 is the minimum")]
    WeakKey(usize),
    /// It or an intermediate is signed with a broken hash; the signature algorithm.
    #[error("weak signature: {0}")]
    WeakSignature(String),
    /// Its signature or an intermediate's does not verify.
    #[error("bad signature")]
    BadSignature,
    /// Whether the server has the private key was not checked, because the key is too short.
    #[error("the handshake signature was not checked: the key is too short")]
    ProofUnchecked,
    /// The server did not prove that it has the private key of the certificate.
    #[error("the handshake signature could not be verified: {0}")]
    Unproven(String),
    /// It breaks a rule of X.509.
    #[error("invalid certificate: {0}")]
    Unacceptable(X509Rule),
    /// It was not checked, because the user turned that off.
    #[error("not checked (--verify off)")]
    NotChecked,
}

impl CertificateFault {
    /// Whether the fault counts even if a pin or DANE matches. Those say which key is right; this
    /// says that the server has another key, or that it is unknown whether it has this one.
    fn is_final(&self) -> bool {
        matches!(
            self,
            Self::PinMismatch { .. }
                | Self::TlsaMismatch
                | Self::ProofUnchecked
                | Self::Unproven(_)
        )
    }

    /// The key of its explanation in the manual.
    pub fn key(&self) -> &'static str {
        match self {
            Self::PinMismatch { .. } => "other-pin",
            Self::TlsaMismatch => "other-tlsa",
            Self::Expired { .. } => "expired",
            Self::NotYetValid { .. } => "not-yet-valid",
            Self::IssuerOutOfDate(_) => "issuer-out-of-date",
            Self::WrongName { names, .. } if names.is_empty() => "no-names",
            Self::WrongName { expected, .. } if expected.parse::<std::net::IpAddr>().is_ok() => {
                "wrong-address"
            }
            Self::WrongName {
                expected, names, ..
            } if is_near_wildcard(expected, names) => "wrong-wildcard",
            Self::WrongName { .. } => "wrong-name",
            Self::SelfSigned => "self-signed",
            Self::UnknownIssuer { sent: true, .. } => "unknown-root",
            Self::UnknownIssuer { .. } => "incomplete-chain",
            Self::WeakKey(_) => "weak-key",
            Self::WeakSignature(name) if name.contains("MD") => "md5-signature",
            Self::WeakSignature(_) => "sha1-signature",
            Self::BadSignature => "bad-signature",
            Self::ProofUnchecked => "proof-unchecked",
            Self::Unproven(_) => "unproven",
            Self::Unacceptable(rule) => match rule {
                X509Rule::NameConstraints => "name-constraints",
                X509Rule::Purpose => "purpose",
                X509Rule::IssuerNotCa => "no-authority",
                X509Rule::LeafIsCa => "authority",
                X509Rule::PathLength => "path-length",
                X509Rule::CriticalExtension => "critical-extension",
                X509Rule::OldVersion => "old-version",
                X509Rule::Encoding => "encoding",
                X509Rule::Other(_) => "other-rule",
            },
            Self::NotChecked => "not-checked",
        }
    }
}

/// Whether the expected name lies in the domain of a wildcard name. The wildcard still does not
/// match, because it stands for exactly one whole label.
fn is_near_wildcard(expected: &str, names: &[String]) -> bool {
    names.iter().any(|name| {
        name.split_once('*').is_some_and(|(_, rest)| {
            let domain = rest.trim_start_matches(|c| c != '.');
            domain.len() > 1 && (expected.ends_with(domain) || expected == &domain[1..])
        })
    })
}

/// The first names, and how many are left out besides the `more` that were left out before.
pub(super) fn first_names(names: &[String], more: usize) -> (Vec<String>, usize) {
    let first: Vec<String> = names.iter().take(NAMES_SHOWN).cloned().collect();
    let more = more + (names.len() - first.len());
    (first, more)
}

/// The organizations of an issuer, to be put beside its name.
fn beside(organization: &str) -> String {
    match organization {
        "" => String::new(),
        organization => format!(" ({organization})"),
    }
}

fn list(names: &[String], more: usize) -> String {
    match (names, more) {
        ([], _) => "no names".to_owned(),
        (names, 0) => names.join(", "),
        (names, more) => format!("{} and {more} more", names.join(", ")),
    }
}

/// Checks the dates of a certificate; `now` is in seconds since 1970.
pub(super) fn date_fault(parsed: &X509Certificate<'_>, now: i64) -> Option<CertificateFault> {
    let validity = parsed.validity();
    let last = validity.not_after.timestamp();
    if now > last {
        Some(CertificateFault::Expired {
            on: day(validity.not_after),
            ago: span(now, last),
        })
    } else if now < validity.not_before.timestamp() {
        let first = validity.not_before;
        let is_soon = first.timestamp().saturating_sub(now) < DAY;
        let hour = |time: ASN1Time| {
            let time = time.to_datetime().time();
            format!(" {:02}:{:02} UTC", time.hour(), time.minute())
        };
        Some(CertificateFault::NotYetValid {
            from: if is_soon {
                day(first) + &hour(first)
            } else {
                day(first)
            },
        })
    } else {
        None
    }
}
