//! The library's errors about certificates, as the rules they stand for.

use tokio_rustls::rustls::{CertificateError, Error};

use super::verdict::Rule;

/// Whether a signature is of a kind that is not accepted.
pub(super) fn is_about_signatures(error: &CertificateError) -> bool {
    matches!(
        error,
        CertificateError::UnsupportedSignatureAlgorithmContext { .. }
            | CertificateError::UnsupportedSignatureAlgorithmForPublicKeyContext { .. }
    )
}

/// The rule that an error is about.
pub(super) fn rule(error: &Error) -> Rule {
    match error {
        Error::InvalidCertificate(error) => certificate_rule(error),
        error => Rule::Other(error.to_string()),
    }
}

/// The library below the library tells its errors apart by their words alone.
pub(super) fn certificate_rule(error: &CertificateError) -> Rule {
    match error {
        CertificateError::InvalidPurpose | CertificateError::InvalidPurposeContext { .. } => {
            Rule::Purpose
        }
        CertificateError::UnhandledCriticalExtension => Rule::CriticalExtension,
        CertificateError::BadEncoding => Rule::Encoding,
        CertificateError::Other(other) => match other.to_string().as_str() {
            "NameConstraintViolation" => Rule::NameConstraints,
            "EndEntityUsedAsCa" => Rule::NoAuthority,
            "CaUsedAsEndEntity" => Rule::Authority,
            "PathLenConstraintViolated" => Rule::PathLength,
            "UnsupportedCriticalExtension" => Rule::CriticalExtension,
            "UnsupportedCertVersion" => Rule::OldVersion,
            "ExtensionValueInvalid" | "MalformedExtensions" | "BadDer" => Rule::Encoding,
            other => Rule::Other(other.to_owned()),
        },
        error => Rule::Other(format!("{error:?}")),
    }
}

/// An error in words.
pub(super) fn words(error: &Error) -> String {
    match error {
        Error::InvalidCertificate(error) => certificate_rule(error).to_string(),
        error => error.to_string(),
    }
}
