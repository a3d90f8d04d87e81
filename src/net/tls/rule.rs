//! The rules of X.509 that a certificate can break, and how rustls's errors map to them.

use tokio_rustls::rustls::{CertificateError, Error};

/// A rule of X.509 (RFC 5280) that a certificate breaks. In the texts "it" is the server's
/// certificate.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum X509Rule {
    /// The name constraints of an issuer exclude its name.
    #[error("its issuer may not certify this name")]
    NameConstraints,
    /// Its extended key usage does not include TLS servers.
    #[error("it is not for TLS servers (extended key usage)")]
    Purpose,
    /// It is signed with a certificate that is not a CA's.
    #[error("its issuer is not a CA")]
    IssuerNotCa,
    /// It is a CA's certificate.
    #[error("it is a CA certificate, not a server's")]
    LeafIsCa,
    /// There are more intermediates than an issuer allows.
    #[error("the chain is longer than its issuer allows")]
    PathLength,
    /// It has a critical extension that is not supported.
    #[error("it has an unknown critical extension")]
    CriticalExtension,
    /// It has an X.509 version before 3, which knows no extensions.
    #[error("it has an old version, X.509 v1 or v2")]
    OldVersion,
    /// It is not validly encoded.
    #[error("its encoding is invalid")]
    Encoding,
    /// Another rule, in the words of the library.
    #[error("{0}")]
    Other(String),
}

/// Whether an error says that a signature algorithm is not supported.
pub(super) fn is_unsupported_signature(error: &CertificateError) -> bool {
    matches!(
        error,
        CertificateError::UnsupportedSignatureAlgorithmContext { .. }
            | CertificateError::UnsupportedSignatureAlgorithmForPublicKeyContext { .. }
    )
}

/// The rule that an error of rustls is about.
pub(super) fn rule(error: &Error) -> X509Rule {
    match error {
        Error::InvalidCertificate(error) => certificate_rule(error),
        error => X509Rule::Other(error.to_string()),
    }
}

/// The rule that a certificate error is about. Errors that rustls passes on from webpki can be told
/// apart only by their text.
pub(super) fn certificate_rule(error: &CertificateError) -> X509Rule {
    match error {
        CertificateError::InvalidPurpose | CertificateError::InvalidPurposeContext { .. } => {
            X509Rule::Purpose
        }
        CertificateError::UnhandledCriticalExtension => X509Rule::CriticalExtension,
        CertificateError::BadEncoding => X509Rule::Encoding,
        CertificateError::Other(other) => match other.to_string().as_str() {
            "NameConstraintViolation" => X509Rule::NameConstraints,
            "EndEntityUsedAsCa" => X509Rule::IssuerNotCa,
            "CaUsedAsEndEntity" => X509Rule::LeafIsCa,
            "PathLenConstraintViolated" => X509Rule::PathLength,
            "UnsupportedCriticalExtension" => X509Rule::CriticalExtension,
            "UnsupportedCertVersion" => X509Rule::OldVersion,
            "ExtensionValueInvalid" | "MalformedExtensions" | "BadDer" => X509Rule::Encoding,
            other => X509Rule::Other(other.to_owned()),
        },
        error => X509Rule::Other(format!("{error:?}")),
    }
}

/// The text of an error of rustls.
pub(super) fn error_text(error: &Error) -> String {
    match error {
        Error::InvalidCertificate(error) => certificate_rule(error).to_string(),
        error => error.to_string(),
    }
}
