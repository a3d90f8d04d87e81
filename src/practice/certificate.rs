//! Creates the certificates at each start: a CA for clients to trust and a server certificate that
//! it signs, or an invalid one for the mood `bad-cert`.

use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use rcgen::{
    BasicConstraints, Certificate, CertificateParams, CertifiedIssuer, DistinguishedName, DnType,
    ExtendedKeyUsagePurpose, IsCa, KeyPair, KeyUsagePurpose, date_time_ymd,
};
use tokio_rustls::rustls::crypto::aws_lc_rs;
use tokio_rustls::rustls::pki_types::CertificateDer;
use tokio_rustls::rustls::{self, ServerConfig};

use super::error::PracticeError;
use super::identity::HOST;

/// The names of the valid certificate.
const NAMES: [&str; 3] = [HOST, "127.0.0.1", "::1"];
/// The name of the invalid certificate.
const OTHER_NAME: &str = "other.example";
/// The validity of the certificates. A server that runs longer must be restarted.
const LIFETIME: Duration = Duration::from_secs(365 * DAY);
/// How far the start of the validity is in the past, for clients with a slow clock.
const BACKDATED: Duration = Duration::from_secs(DAY);
const DAY: u64 = 24 * 60 * 60;

/// The certificates of a server.
pub(super) struct Certificates {
    /// The CA certificate.
    pub(super) authority: CertificateDer<'static>,
    /// The CA certificate in PEM.
    pub(super) authority_pem: String,
    /// The TLS configuration of the server.
    pub(super) tls: Arc<ServerConfig>,
}

/// Creates keys (ECDSA P-256) and certificates.
///
/// # Errors
/// [`PracticeError::Certificate`] or [`PracticeError::Tls`] if a cryptographic library fails, for
/// example without random numbers.
pub(super) fn make(bad: bool) -> Result<Certificates, PracticeError> {
    let authority = authority("ehlo practice authority", HOST)?;
    let config = if bad {
        let unknown_authority = self::authority("An authority nobody knows", OTHER_NAME)?;
        let mut params = leaf(OTHER_NAME, &[OTHER_NAME])?;
        params.not_before = date_time_ymd(2020, 1, 1);
        params.not_after = date_time_ymd(2021, 1, 1);
        config(&params, &unknown_authority, OTHER_NAME)?
    } else {
        config(&leaf(HOST, &NAMES)?, &authority, HOST)?
    };
    Ok(Certificates {
        authority: authority.der().clone(),
        authority_pem: authority.pem(),
        tls: Arc::new(config),
    })
}

type Authority = CertifiedIssuer<'static, KeyPair>;

fn authority(title: &str, name: &'static str) -> Result<Authority, PracticeError> {
    let mut params = CertificateParams::default();
    params.distinguished_name = distinguished_name(title);
    params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    set_validity(&mut params, LIFETIME);
    let key = KeyPair::generate().map_err(|source| PracticeError::Certificate { name, source })?;
    Authority::self_signed(params, key)
        .map_err(|source| PracticeError::Certificate { name, source })
}

fn leaf(name: &'static str, names: &[&str]) -> Result<CertificateParams, PracticeError> {
    let names: Vec<String> = names.iter().map(|&name| name.to_owned()).collect();
    let mut params = CertificateParams::new(names)
        .map_err(|source| PracticeError::Certificate { name, source })?;
    params.distinguished_name = distinguished_name(name);
    params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    params.use_authority_key_identifier_extension = true;
    set_validity(&mut params, LIFETIME);
    Ok(params)
}

fn config(
    params: &CertificateParams,
    authority: &Authority,
    name: &'static str,
) -> Result<ServerConfig, PracticeError> {
    let failed = |source| PracticeError::Certificate { name, source };
    let key = KeyPair::generate().map_err(failed)?;
    let certificate = params.signed_by(&key, authority).map_err(failed)?;
    server_config(certificate, key).map_err(PracticeError::Tls)
}

/// A name of an issuer or a subject.
pub(crate) fn distinguished_name(title: &str) -> DistinguishedName {
    let mut name = DistinguishedName::new();
    name.push(DnType::CommonName, title);
    name
}

/// Makes a certificate valid from a little before now on.
pub(crate) fn set_validity(params: &mut CertificateParams, lifetime: Duration) {
    // With a clock before 1970 the validity starts in 1970.
    let now = SystemTime::now().duration_since(UNIX_EPOCH);
    let start = now.unwrap_or_default().saturating_sub(BACKDATED);
    params.not_before = date_time_ymd(1970, 1, 1) + start;
    params.not_after = params.not_before + lifetime;
}

/// The settings of TLS of a server with this certificate.
pub(crate) fn server_config(
    certificate: Certificate,
    key: KeyPair,
) -> Result<ServerConfig, rustls::Error> {
    // Set explicitly: another library may have changed the default of the process.
    let provider = Arc::new(aws_lc_rs::default_provider());
    ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()?
        .with_no_client_auth()
        .with_single_cert(vec![certificate.into()], key.into())
}
