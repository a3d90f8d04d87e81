//! What the check of a certificate came to, in words.

use std::fmt;

use x509_parser::certificate::X509Certificate;

use super::certificate::{day, days_until};
use super::fingerprint::Fingerprint;

/// Names of a certificate that a verdict lists.
const NAMES_SHOWN: usize = 20;

/// What the check of a certificate came to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Verdict {
    /// Everything that is wrong, the gravest first.
    pub faults: Vec<CertificateFault>,
    /// What vouches for the key beside the authorities, and makes most faults count for nothing.
    pub voucher: Option<Voucher>,
}

/// What can vouch for a key in place of an authority.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Voucher {
    /// A pin that the user gave.
    Pin,
    /// A TLSA record that the resolver calls authentic (RFC 7672).
    Dane,
}

impl Verdict {
    /// Whether the server is proven to be who it should be.
    pub fn is_verified(&self) -> bool {
        let counts = |fault: &CertificateFault| self.voucher.is_none() || fault.is_final();
        !self.faults.iter().any(counts)
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.is_verified() {
            f.write_str("verified")?;
            match self.voucher {
                None => return Ok(()),
                Some(Voucher::Pin) => f.write_str(" by its pin")?,
                Some(Voucher::Dane) => f.write_str(" by DANE")?,
            }
            if self.faults.is_empty() {
                return Ok(());
            }
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

/// One thing that is wrong with a certificate. Names and dates are as the certificate has them.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CertificateFault {
    /// Its key is none of those that were pinned.
    #[error("the pin does not match: the key here is {found}")]
    OtherPin {
        /// The key that was found.
        found: Fingerprint,
    },
    /// No TLSA record that the resolver calls authentic fits the chain (RFC 7672).
    #[error("DANE: no TLSA record fits this chain")]
    OtherTlsa,
    /// It is over.
    #[error("expired {on}, {days} day{} ago", if *.days == 1 { "" } else { "s" })]
    Expired {
        /// The day it ended, as year-month-day.
        on: String,
        /// Days since, the one that is begun counted.
        days: i64,
    },
    /// It has not begun.
    #[error("not valid before {from} (is this machine's clock right?)")]
    NotYetValid {
        /// The day it begins, as year-month-day.
        from: String,
    },
    /// A certificate between it and its root is over or has not begun.
    #[error("an intermediate certificate is out of date: {0}")]
    IssuerOutOfDate(String),
    /// It is for other names.
    #[error("wrong name: wanted {wanted}, it has {}", list(.names, *.more))]
    WrongName {
        /// The name that was looked for.
        wanted: String,
        /// The names it has, the first of them.
        names: Vec<String>,
        /// How many more it has.
        more: usize,
    },
    /// It vouches for itself.
    #[error("self-signed")]
    SelfSigned,
    /// Nobody this machine trusts vouches for it.
    #[error("unknown issuer: {issuer}{}", if *.sent { "" } else { ", whose certificate was not sent" })]
    UnknownIssuer {
        /// The issuer at which the way to a trusted root ends.
        issuer: String,
        /// Whether the issuer's certificate was sent: then it is a root that is not trusted.
        sent: bool,
    },
    /// Its key is too short.
    #[error("weak key: {0} bits, 2048 are the least for RSA")]
    WeakKey(usize),
    /// It or an intermediate is signed with a hash that can be forged.
    #[error("weak signature: {0}")]
    WeakSignature(String),
    /// It is signed wrongly.
    #[error("bad signature")]
    BadSignature,
    /// The server did not prove that it holds the certificate's key.
    #[error("the handshake's signature could not be checked: {0}")]
    Unproven(String),
    /// A rule of X.509 forbids it.
    #[error("not acceptable: {0}")]
    Unacceptable(Rule),
    /// It was not looked at, because nobody asked for it.
    #[error("not checked (--verify off)")]
    NotChecked,
}

/// A rule of X.509 (RFC 5280) that a chain breaks.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Rule {
    /// An issuer signed a name outside of what it may sign.
    #[error("its issuer may not sign this name")]
    NameConstraints,
    /// It is meant for something else.
    #[error("it is not meant for servers")]
    Purpose,
    /// It is signed by a certificate that is no authority's.
    #[error("its issuer is no authority")]
    NoAuthority,
    /// It is an authority's own certificate.
    #[error("it is an authority's certificate, not a server's")]
    Authority,
    /// More intermediates than an issuer allows.
    #[error("the chain is longer than its issuer allows")]
    PathLength,
    /// It holds an extension that has to be understood and is not.
    #[error("it has a critical extension that is not understood")]
    CriticalExtension,
    /// It is of a version from before names and limits.
    #[error("it is of an old version, X.509 v1 or v2")]
    OldVersion,
    /// It is no certificate by the rules of its encoding.
    #[error("it is not encoded as it should be")]
    Encoding,
    /// Another one, in the library's words.
    #[error("{0}")]
    Other(String),
}

impl CertificateFault {
    /// Whether a pin or DANE does not help: both say which key is right, and this says that the key
    /// is another or is not proven.
    fn is_final(&self) -> bool {
        matches!(
            self,
            Self::OtherPin { .. } | Self::OtherTlsa | Self::Unproven(_)
        )
    }

    /// The key of its words in the manual.
    pub fn key(&self) -> &'static str {
        match self {
            Self::OtherPin { .. } => "other-pin",
            Self::OtherTlsa => "other-tlsa",
            Self::Expired { .. } => "expired",
            Self::NotYetValid { .. } => "not-yet-valid",
            Self::IssuerOutOfDate(_) => "issuer-out-of-date",
            Self::WrongName { names, .. } if names.is_empty() => "no-names",
            Self::WrongName { wanted, .. } if wanted.parse::<std::net::IpAddr>().is_ok() => {
                "wrong-address"
            }
            Self::WrongName { wanted, names, .. } if nearly(wanted, names) => "wrong-wildcard",
            Self::WrongName { .. } => "wrong-name",
            Self::SelfSigned => "self-signed",
            Self::UnknownIssuer { sent: true, .. } => "unknown-root",
            Self::UnknownIssuer { .. } => "incomplete-chain",
            Self::WeakKey(_) => "weak-key",
            Self::WeakSignature(name) if name.contains("MD") => "md5-signature",
            Self::WeakSignature(_) => "sha1-signature",
            Self::BadSignature => "bad-signature",
            Self::Unproven(_) => "unproven",
            Self::Unacceptable(rule) => match rule {
                Rule::NameConstraints => "name-constraints",
                Rule::Purpose => "purpose",
                Rule::NoAuthority => "no-authority",
                Rule::Authority => "authority",
                Rule::PathLength => "path-length",
                Rule::CriticalExtension => "critical-extension",
                Rule::OldVersion => "old-version",
                Rule::Encoding => "encoding",
                Rule::Other(_) => "other-rule",
            },
            Self::NotChecked => "not-checked",
        }
    }
}

/// Whether a wildcard among the names would fit, if it stood for more or less than one label.
fn nearly(wanted: &str, names: &[String]) -> bool {
    names.iter().any(|name| {
        name.split_once('*').is_some_and(|(_, rest)| {
            let domain = rest.trim_start_matches(|c| c != '.');
            domain.len() > 1 && (wanted.ends_with(domain) || wanted == &domain[1..])
        })
    })
}

/// The names that a fault lists, and how many are left out.
pub(super) fn first_names(names: &[String], more: usize) -> (Vec<String>, usize) {
    let shown: Vec<String> = names.iter().take(NAMES_SHOWN).cloned().collect();
    let more = more + (names.len() - shown.len());
    (shown, more)
}

fn list(names: &[String], more: usize) -> String {
    match (names, more) {
        ([], _) => "no names at all".to_owned(),
        (names, 0) => names.join(", "),
        (names, more) => format!("{} and {more} more", names.join(", ")),
    }
}

/// What is wrong with the dates of a certificate; `now` is in seconds since 1970.
pub(super) fn date_fault(read: &X509Certificate<'_>, now: i64) -> Option<CertificateFault> {
    let validity = read.validity();
    let last = validity.not_after.timestamp();
    if now > last {
        Some(CertificateFault::Expired {
            on: day(validity.not_after),
            days: -days_until(validity.not_after, now),
        })
    } else if now < validity.not_before.timestamp() {
        Some(CertificateFault::NotYetValid {
            from: day(validity.not_before),
        })
    } else {
        None
    }
}
