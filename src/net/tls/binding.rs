//! What a TLS channel is identified by, for SCRAM's -PLUS mechanisms.

use sha2::{Digest as _, Sha256, Sha384, Sha512};
use tokio_rustls::rustls::{ClientConnection, ProtocolVersion};
use x509_parser::certificate::X509Certificate;
use x509_parser::prelude::FromDer;

use crate::smtp::sasl::{BindingKind, ChannelBinding, EXPORTER_LABEL, EXPORTER_OCTETS};

/// Signature algorithms that hash with SHA-384, as their object identifiers: RSA and ECDSA.
const SHA384: [&str; 2] = ["1.2.840.113549.1.1.12", "1.2.840.10045.4.3.3"];
/// The same with SHA-256, and with MD5 and SHA-1, in whose place it stands.
const SHA256: [&str; 6] = [
    "1.2.840.113549.1.1.11",
    "1.2.840.10045.4.3.2",
    "1.2.840.113549.1.1.4",
    "1.2.840.113549.1.1.5",
    "1.2.840.10045.4.1",
    "1.2.840.10040.4.3",
];
/// The same with SHA-512.
const SHA512: [&str; 2] = ["1.2.840.113549.1.1.13", "1.2.840.10045.4.3.4"];

/// The channel as `wish` has it; without one as its version of TLS suits best. None where it cannot
/// be had.
pub(in crate::net) fn of(
    connection: &ClientConnection,
    wish: Option<BindingKind>,
) -> Option<ChannelBinding> {
    let is_new = connection.protocol_version() == Some(ProtocolVersion::TLSv1_3);
    let kind = wish.unwrap_or(if is_new {
        BindingKind::TlsExporter
    } else {
        BindingKind::TlsServerEndPoint
    });
    let data = match kind {
        // Before TLS 1.3 it is safe only with an extension that rustls does not tell of.
        BindingKind::TlsExporter if !is_new => return None,
        BindingKind::TlsExporter => connection
            .export_keying_material(vec![0; EXPORTER_OCTETS], EXPORTER_LABEL, Some(b""))
            .ok()?,
        BindingKind::TlsServerEndPoint => end_point(connection.peer_certificates()?.first()?)?,
    };
    Some(ChannelBinding { kind, data })
}

/// The hash of a certificate, by the hash of its signature; SHA-256 where that is MD5 or SHA-1 (RFC
/// 5929 section 4.1). None where the signature has no such hash.
fn end_point(certificate: &[u8]) -> Option<Vec<u8>> {
    let (_, read) = X509Certificate::from_der(certificate).ok()?;
    let algorithm = read.signature_algorithm.algorithm.to_id_string();
    let is = |known: &[&str]| known.contains(&algorithm.as_str());
    Some(if is(&SHA384) {
        Sha384::digest(certificate).to_vec()
    } else if is(&SHA512) {
        Sha512::digest(certificate).to_vec()
    } else if is(&SHA256) {
        Sha256::digest(certificate).to_vec()
    } else {
        return None;
    })
}

#[cfg(test)]
#[cfg(feature = "app")] // which brings what makes certificates
mod tests {
    use tokio_rustls::rustls::pki_types::CertificateDer;

    use super::*;

    fn certificate(algorithm: &'static rcgen::SignatureAlgorithm) -> CertificateDer<'static> {
        let key = rcgen::KeyPair::generate_for(algorithm).unwrap();
        let params = rcgen::CertificateParams::new(vec!["mx.example".to_owned()]).unwrap();
        params.self_signed(&key).unwrap().into()
    }

    #[test]
    fn a_certificate_is_hashed_as_it_is_signed() {
        let table: [(_, fn(&[u8]) -> Option<Vec<u8>>); 4] = [
            (&rcgen::PKCS_ECDSA_P256_SHA256, |der| {
                Some(Sha256::digest(der).to_vec())
            }),
            (&rcgen::PKCS_ECDSA_P384_SHA384, |der| {
                Some(Sha384::digest(der).to_vec())
            }),
            (&rcgen::PKCS_ECDSA_P521_SHA512, |der| {
                Some(Sha512::digest(der).to_vec())
            }),
            (&rcgen::PKCS_ED25519, |_| None),
        ];
        for (algorithm, hashed) in table {
            let certificate = certificate(algorithm);
            assert_eq!(
                end_point(&certificate),
                hashed(&certificate),
                "{algorithm:?}"
            );
        }
    }
}
