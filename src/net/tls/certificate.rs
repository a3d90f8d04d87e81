//! A certificate as the server sent it, parsed for display. It is hostile input: everything that is
//! kept has a cap, and a certificate that cannot be parsed is kept as its octets.

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use tokio_rustls::rustls::pki_types::CertificateDer;
use x509_parser::certificate::X509Certificate;
use x509_parser::extensions::GeneralName;
use x509_parser::prelude::FromDer;
use x509_parser::public_key::PublicKey;
use x509_parser::time::ASN1Time;
use x509_parser::x509::{AttributeTypeAndValue, SubjectPublicKeyInfo, X509Name};

use super::fingerprint::Fingerprint;
use super::span::{DAY, span};

/// The maximum number of names kept of a certificate.
const NAMES_CAP: usize = 1000;
/// The maximum number of characters kept of a text.
const TEXT_CAP: usize = 512;
/// Characters of a line of base64 in PEM (RFC 7468 section 2).
const PEM_COLUMNS: usize = 64;

/// A certificate of the chain.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Certificate {
    /// Its DER encoding, as it was sent.
    pub der: CertificateDer<'static>,
    /// The SHA-256 of its DER encoding.
    pub fingerprint: Fingerprint,
    /// Its content. `None` if it cannot be parsed.
    pub details: Option<CertificateDetails>,
}

/// The content of a certificate. All texts are the server's own; escape them before showing them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CertificateDetails {
    /// Its X.509 version, from 1.
    pub version: u32,
    /// Its subject: `CN=` and the common name, or the whole name if it has no common name.
    pub subject: String,
    /// Its issuer, in the same form.
    pub issuer: String,
    /// The organizations and units of its subject, as `O=…, OU=…`; empty if the subject has none, or
    /// no common name.
    pub subject_organization: String,
    /// Those of its issuer.
    pub issuer_organization: String,
    /// Its serial number, in hex.
    pub serial: String,
    /// The names it is valid for (subject alternative names), at most 1000.
    pub names: Vec<String>,
    /// How many more names it has.
    pub more_names: usize,
    /// Its first day, as year-month-day.
    pub not_before: String,
    /// Its last day, as year-month-day.
    pub not_after: String,
    /// Whether it has expired.
    pub expired: bool,
    /// The time until it expires, or since then, such as `3 hours` or `12 days`.
    pub distance: String,
    /// The days until it expires, by the calendar in UTC; less than 0 since then.
    pub days_left: i64,
    /// Its public key.
    pub key: CertificateKey,
    /// Its signature algorithm, such as `ECDSA with SHA-256`.
    pub signature: String,
    /// The SHA-256 of its public key.
    pub pin: Fingerprint,
    /// Whether its subject and its issuer are the same name.
    pub self_issued: bool,
}

/// The public key of a certificate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CertificateKey {
    /// Its algorithm, such as `RSA`, `ECDSA P-256` or `Ed25519`; an object identifier if unknown.
    pub kind: String,
    /// Its size in bits; 0 if that is unknown or follows from the algorithm.
    pub bits: usize,
}

impl Certificate {
    /// Parses a certificate; `now` is in seconds since 1970.
    pub(super) fn parse(der: &CertificateDer<'_>, now: i64) -> Self {
        let details = X509Certificate::from_der(der)
            .ok()
            .map(|(_, parsed)| describe(&parsed, now));
        Self {
            der: der.clone().into_owned(),
            fingerprint: Fingerprint::of(der),
            details,
        }
    }

    /// The certificate as PEM (RFC 7468).
    pub fn pem(&self) -> String {
        let text = BASE64_STANDARD.encode(&self.der);
        let mut pem = String::from("-----BEGIN CERTIFICATE-----\n");
        for at in (0..text.len()).step_by(PEM_COLUMNS) {
            pem.push_str(&text[at..text.len().min(at + PEM_COLUMNS)]);
            pem.push('\n');
        }
        pem.push_str("-----END CERTIFICATE-----\n");
        pem
    }

    /// Its subject, or `unreadable` if it cannot be parsed.
    pub fn subject(&self) -> &str {
        self.details
            .as_ref()
            .map_or("unreadable", |details| details.subject.as_str())
    }
}

impl std::fmt::Display for CertificateKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.bits {
            0 => f.write_str(&self.kind),
            bits => write!(f, "{} {bits}", self.kind),
        }
    }
}

fn describe(parsed: &X509Certificate<'_>, now: i64) -> CertificateDetails {
    let validity = parsed.validity();
    let all = names(parsed);
    CertificateDetails {
        version: parsed.version().0.saturating_add(1),
        subject: display_name(parsed.subject()),
        issuer: display_name(parsed.issuer()),
        subject_organization: organization(parsed.subject()),
        issuer_organization: organization(parsed.issuer()),
        serial: capped(&parsed.raw_serial_as_string()),
        more_names: all.len().saturating_sub(NAMES_CAP),
        names: all.into_iter().take(NAMES_CAP).collect(),
        not_before: day(validity.not_before),
        not_after: day(validity.not_after),
        expired: now > validity.not_after.timestamp(),
        distance: span(now, validity.not_after.timestamp()),
        days_left: validity.not_after.timestamp().div_euclid(DAY) - now.div_euclid(DAY),
        key: describe_key(parsed.public_key()),
        signature: signature_name(&parsed.signature_algorithm.algorithm.to_id_string()),
        pin: Fingerprint::of(parsed.public_key().raw),
        self_issued: parsed.subject().as_raw() == parsed.issuer().as_raw(),
    }
}

/// The common name as `CN=…`, or the whole name if there is none.
pub(super) fn display_name(name: &X509Name<'_>) -> String {
    let common = name
        .iter_common_name()
        .next()
        .and_then(|part| part.as_str().ok());
    match (common, name.to_string()) {
        (Some(common), _) => format!("CN={}", capped(common)),
        (None, whole) if whole.is_empty() => "no subject".to_owned(),
        (None, whole) => capped(&whole),
    }
}

/// The organizations and units beside a common name, as `O=…, OU=…`.
pub(super) fn organization(name: &X509Name<'_>) -> String {
    if name.iter_common_name().next().is_none() {
        // The whole name is shown in this case.
        return String::new();
    }
    let part = |label: &'static str| {
        move |part: &AttributeTypeAndValue<'_>| {
            let value = part.as_str().ok().filter(|value| !value.is_empty())?;
            Some(format!("{label}={value}"))
        }
    };
    let organizations = name.iter_organization().filter_map(part("O"));
    let units = name.iter_organizational_unit().filter_map(part("OU"));
    let all: Vec<String> = organizations.chain(units).collect();
    capped(&all.join(", "))
}

/// All subject alternative names.
fn names(parsed: &X509Certificate<'_>) -> Vec<String> {
    let extension = parsed.subject_alternative_name().ok().flatten();
    let names = extension
        .into_iter()
        .flat_map(|extension| &extension.value.general_names);
    names
        .map(|name| match name {
            GeneralName::DNSName(name) | GeneralName::RFC822Name(name) => capped(name),
            GeneralName::IPAddress(bytes) => address(bytes),
            other => capped(&other.to_string()),
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

fn capped(text: &str) -> String {
    match text.char_indices().nth(TEXT_CAP) {
        Some((at, _)) => format!("{}…", &text[..at]),
        None => text.to_owned(),
    }
}

pub(super) fn day(time: ASN1Time) -> String {
    time.to_datetime().date().to_string()
}

fn describe_key(key: &SubjectPublicKeyInfo<'_>) -> CertificateKey {
    let identifier = key.algorithm.algorithm.to_id_string();
    let curve = key
        .algorithm
        .parameters
        .as_ref()
        .and_then(|parameters| parameters.as_oid().ok())
        .map(|curve| curve.to_id_string());
    let (kind, bits) = match (identifier.as_str(), key.parsed().ok()) {
        ("1.2.840.113549.1.1.1", Some(PublicKey::RSA(rsa))) => ("RSA", bits(rsa.modulus)),
        ("1.2.840.113549.1.1.10", Some(PublicKey::RSA(rsa))) => ("RSA-PSS", bits(rsa.modulus)),
        ("1.2.840.10045.2.1", parsed) => match curve.as_deref() {
            Some("1.2.840.10045.3.1.7") => ("ECDSA P-256", 0),
            Some("1.3.132.0.34") => ("ECDSA P-384", 0),
            Some("1.3.132.0.35") => ("ECDSA P-521", 0),
            _ => ("ECDSA", parsed.map_or(0, |key| key.key_size())),
        },
        ("1.2.840.10040.4.1", _) => ("DSA", 0),
        ("1.3.101.112", _) => ("Ed25519", 0),
        ("1.3.101.113", _) => ("Ed448", 0),
        ("2.16.840.1.101.3.4.3.17", _) => ("ML-DSA-44", 0),
        ("2.16.840.1.101.3.4.3.18", _) => ("ML-DSA-65", 0),
        ("2.16.840.1.101.3.4.3.19", _) => ("ML-DSA-87", 0),
        (other, _) => (other, 0),
    };
    CertificateKey {
        kind: kind.to_owned(),
        bits,
    }
}

/// The size of a big-endian number in bits, without leading zeros.
fn bits(number: &[u8]) -> usize {
    let significant: &[u8] = match number.iter().position(|octet| *octet != 0) {
        Some(at) => &number[at..],
        None => return 0,
    };
    let zeros = significant
        .first()
        .map_or(0, |first| first.leading_zeros() as usize);
    significant.len() * 8 - zeros
}

fn signature_name(identifier: &str) -> String {
    let known = match identifier {
        "1.2.840.113549.1.1.2" => "RSA with MD2",
        "1.2.840.113549.1.1.4" => "RSA with MD5",
        "1.2.840.113549.1.1.5" => "RSA with SHA-1",
        "1.2.840.113549.1.1.10" => "RSA-PSS",
        "1.2.840.113549.1.1.11" => "RSA with SHA-256",
        "1.2.840.113549.1.1.12" => "RSA with SHA-384",
        "1.2.840.113549.1.1.13" => "RSA with SHA-512",
        "1.2.840.10045.4.1" => "ECDSA with SHA-1",
        "1.2.840.10045.4.3.2" => "ECDSA with SHA-256",
        "1.2.840.10045.4.3.3" => "ECDSA with SHA-384",
        "1.2.840.10045.4.3.4" => "ECDSA with SHA-512",
        "1.2.840.10040.4.3" => "DSA with SHA-1",
        "1.3.101.112" => "Ed25519",
        "1.3.101.113" => "Ed448",
        "2.16.840.1.101.3.4.3.17" => "ML-DSA-44",
        "2.16.840.1.101.3.4.3.18" => "ML-DSA-65",
        "2.16.840.1.101.3.4.3.19" => "ML-DSA-87",
        other => other,
    };
    known.to_owned()
}

#[cfg(test)]
#[cfg(feature = "app")] // which enables rcgen
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::net::tls::chain::find_path;

    fn valid_certificate() -> Vec<u8> {
        let key = rcgen::KeyPair::generate().unwrap();
        let names = ["mx.example".to_owned(), "192.0.2.1".to_owned()];
        let params = rcgen::CertificateParams::new(names).unwrap();
        params.self_signed(&key).unwrap().der().to_vec()
    }

    #[test]
    fn caps_names_and_texts() {
        let names: Vec<String> = (0..1200).map(|n| format!("n{n}.example")).collect();
        let key = rcgen::KeyPair::generate().unwrap();
        let mut params = rcgen::CertificateParams::new(names).unwrap();
        let long = "x".repeat(10_000);
        params.distinguished_name = rcgen::DistinguishedName::new();
        params
            .distinguished_name
            .push(rcgen::DnType::CommonName, long);
        let der = params.self_signed(&key).unwrap().der().clone();
        let details = Certificate::parse(&der, 0).details.unwrap();
        assert_eq!((details.names.len(), details.more_names), (1000, 200));
        assert_eq!(details.subject.chars().count(), "CN=".len() + TEXT_CAP + 1);
    }

    #[test]
    fn writes_valid_pem() {
        use tokio_rustls::rustls::pki_types::pem::PemObject;
        let certificate = Certificate::parse(&valid_certificate().into(), 0);
        let decoded = CertificateDer::from_pem_slice(certificate.pem().as_bytes()).unwrap();
        assert_eq!(decoded, certificate.der);
        assert!(
            certificate
                .pem()
                .lines()
                .all(|line| line.len() <= PEM_COLUMNS)
        );
    }

    proptest! {
        #[test]
        fn parsing_never_panics(octets: Vec<u8>, changes: [(u16, u8); 3], now: i64) {
            let mut der = valid_certificate();
            for (at, octet) in changes {
                let at = usize::from(at) % der.len();
                der[at] = octet;
            }
            let chain: Vec<Certificate> = [octets, der.clone(), der]
                .into_iter()
                .map(|der| Certificate::parse(&der.into(), now))
                .collect();
            let _ = find_path(&chain, |_| false);
            let _ = find_path(&chain[1..], |_| true);
        }
    }
}
