//! Channel bindings of a TLS connection, for the -PLUS mechanisms of SCRAM.

use sha2::{Digest as _, Sha256, Sha384, Sha512};
use tokio_rustls::rustls::{ClientConnection, ProtocolVersion};
use x509_parser::certificate::X509Certificate;
use x509_parser::prelude::FromDer;

use crate::smtp::sasl::{BindingKind, ChannelBinding, EXPORTER_LABEL, EXPORTER_OCTETS};

/// Object identifiers of signature algorithms with SHA-384: RSA and ECDSA.
const SHA384: [&str; 2] = ["1.2.840.113549.1.1.12", "1.2.840.10045.4.3.3"];
/// The same with SHA-256, and with MD5 and SHA-1, which SHA-256 replaces (RFC 5929 section 4.1).
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

/// The channel binding of the requested kind; if none is requested, of the kind that suits the TLS
/// version. `None` if the connection has no such binding.
pub(in crate::net) fn channel_binding(
    connection: &ClientConnection,
    requested: Option<BindingKind>,
) -> Option<ChannelBinding> {
    let is_tls13 = connection.protocol_version() == Some(ProtocolVersion::TLSv1_3);
    let kind = requested.unwrap_or(if is_tls13 {
        BindingKind::TlsExporter
    } else {
        BindingKind::TlsServerEndPoint
    });
    let data = match kind {
        // Before TLS 1.3 this is safe only with the extended master secret, and rustls does not say
        // whether that was negotiated (RFC 9266 section 4.2).
        BindingKind::TlsExporter if !is_tls13 => return None,
        BindingKind::TlsExporter => connection
            .export_keying_material(vec![0; EXPORTER_OCTETS], EXPORTER_LABEL, Some(b""))
            .ok()?,
        BindingKind::TlsServerEndPoint => end_point(connection.peer_certificates()?.first()?)?,
    };
    Some(ChannelBinding { kind, data })
}

/// The certificate's hash with the hash algorithm of its signature, or with SHA-256 if that is MD5
/// or SHA-1 (RFC 5929 section 4.1). `None` if the signature algorithm has no such hash.
fn end_point(certificate: &[u8]) -> Option<Vec<u8>> {
    let (_, parsed) = X509Certificate::from_der(certificate).ok()?;
    let algorithm = parsed.signature_algorithm.algorithm.to_id_string();
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
#[cfg(feature = "app")] // which enables rcgen
mod tests {
    use tokio_rustls::rustls::pki_types::CertificateDer;

    use super::*;

    fn certificate(algorithm: &'static rcgen::SignatureAlgorithm) -> CertificateDer<'static> {
        let key = rcgen::KeyPair::generate_for(algorithm).unwrap();
        let params = rcgen::CertificateParams::new(vec!["mx.example".to_owned()]).unwrap();
        params.self_signed(&key).unwrap().into()
    }

    #[test]
    fn hashes_a_certificate_with_the_hash_of_its_signature() {
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
