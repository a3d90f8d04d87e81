//! What a certificate is and what is wrong with it, in words.

use std::fmt;

use x509_parser::certificate::X509Certificate;
use x509_parser::extensions::GeneralName;
use x509_parser::time::ASN1Time;

const DAY: i64 = 24 * 60 * 60;

/// What the check of a certificate came to. Without a fault it is verified.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Verdict {
    /// Everything that is wrong, the gravest first.
    pub faults: Vec<CertificateFault>,
}

impl Verdict {
    /// Whether the certificate proves the name.
    pub fn is_verified(&self) -> bool {
        self.faults.is_empty()
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.is_verified() {
            return f.write_str("verified");
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
    /// It is over.
    #[error("expired {on}, {days} days ago")]
    Expired {
        /// The day it ended, as year-month-day.
        on: String,
        /// Days since.
        days: i64,
    },
    /// It has not begun.
    #[error("not valid before {from} (is this machine's clock right?)")]
    NotYetValid {
        /// The day it begins, as year-month-day.
        from: String,
    },
    /// A certificate between it and its root is over or has not begun.
    #[error("an intermediate certificate is out of date")]
    IssuerOutOfDate,
    /// It is for other names.
    #[error("wrong name: wanted {wanted}, it has {}", list(.names))]
    WrongName {
        /// The name that was looked for.
        wanted: String,
        /// The names it has.
        names: Vec<String>,
    },
    /// It vouches for itself.
    #[error("self-signed")]
    SelfSigned,
    /// Nobody this machine trusts vouches for it.
    #[error("unknown issuer: {0}")]
    UnknownIssuer(String),
    /// It is signed wrongly.
    #[error("bad signature")]
    BadSignature,
    /// The server did not prove that it holds the certificate's key.
    #[error("the handshake's signature could not be checked: {0}")]
    Unproven(String),
    /// It is of a form or strength that is not accepted any more.
    #[error("not acceptable: {0}")]
    Unacceptable(String),
}

fn list(names: &[String]) -> String {
    if names.is_empty() {
        "no names at all".to_owned()
    } else {
        names.join(", ")
    }
}

/// What the server's own certificate says of itself.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Leaf {
    /// Its subject: `CN=` and the common name, or the whole of it.
    pub subject: String,
    /// Its issuer, told likewise.
    pub issuer: String,
    /// The names it is for.
    pub names: Vec<String>,
    /// Its last day, as year-month-day.
    pub not_after: String,
    /// Days until then; negative when it is over.
    pub days_left: i64,
}

pub(super) fn date_fault(read: &X509Certificate<'_>, now: i64) -> Option<CertificateFault> {
    let validity = read.validity();
    if now > validity.not_after.timestamp() {
        let days = (now - validity.not_after.timestamp()) / DAY;
        Some(CertificateFault::Expired {
            on: day(validity.not_after),
            days,
        })
    } else if now < validity.not_before.timestamp() {
        Some(CertificateFault::NotYetValid {
            from: day(validity.not_before),
        })
    } else {
        None
    }
}

pub(super) fn describe(read: &X509Certificate<'_>, now: i64) -> Leaf {
    let not_after = read.validity().not_after;
    Leaf {
        subject: name_of(read.subject()),
        issuer: name_of(read.issuer()),
        names: names(read),
        not_after: day(not_after),
        days_left: (not_after.timestamp() - now).div_euclid(DAY),
    }
}

/// The common name as `CN=…` where there is one, else the whole name.
pub(super) fn name_of(name: &x509_parser::x509::X509Name<'_>) -> String {
    let common = name
        .iter_common_name()
        .next()
        .and_then(|part| part.as_str().ok());
    match (common, name.to_string()) {
        (Some(common), _) => format!("CN={common}"),
        (None, whole) if whole.is_empty() => "no subject".to_owned(),
        (None, whole) => whole,
    }
}

pub(super) fn names(read: &X509Certificate<'_>) -> Vec<String> {
    let extension = read.subject_alternative_name().ok().flatten();
    let names = extension
        .into_iter()
        .flat_map(|extension| &extension.value.general_names);
    names
        .map(|name| match name {
            GeneralName::DNSName(name) | GeneralName::RFC822Name(name) => (*name).to_owned(),
            GeneralName::IPAddress(bytes) => address(bytes),
            other => other.to_string(),
        })
        .collect()
}

fn address(bytes: &[u8]) -> String {
    if let Ok(octets) = <[u8; 4]>::try_from(bytes) {
        std::net::Ipv4Addr::from(octets).to_string()
    } else if let Ok(octets) = <[u8; 16]>::try_from(bytes) {
        std::net::Ipv6Addr::from(octets).to_string()
    } else {
        format!("an address of {} octets", bytes.len())
    }
}

fn day(time: ASN1Time) -> String {
    time.to_datetime().date().to_string()
}
