//! The server's certificates, made anew at each start: an authority a client may choose to trust,
//! and a certificate signed by it, or a thoroughly bad one for the mood `bad-cert`.

use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, DistinguishedName, DnType,
    ExtendedKeyUsagePurpose, IsCa, KeyPair, KeyUsagePurpose, date_time_ymd,
};
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::crypto::aws_lc_rs;
use tokio_rustls::rustls::pki_types::CertificateDer;

use super::error::PracticeError;
use super::identity::HOST;

/// The names of the good certificate.
const NAMES: [&str; 3] = [HOST, "127.0.0.1", "::1"];
/// The name of the bad one.
const OTHER_NAME: &str = "other.example";
/// How long a good certificate holds. A server that runs for longer has to be started again.
const LIFE: Duration = Duration::from_secs(365 * DAY);
/// How far its beginning lies back, for clients whose clock is slow.
const BACKDATED: Duration = Duration::from_secs(DAY);
const DAY: u64 = 24 * 60 * 60;

/// What a server needs to speak TLS, and a client to trust it.
pub(super) struct Certificates {
    /// The certificate of the authority.
    pub(super) authority: CertificateDer<'static>,
    /// The same as text.
    pub(super) authority_pem: String,
    /// The server's side of TLS.
    pub(super) tls: Arc<ServerConfig>,
}

/// Makes keys (ECDSA P-256) and certificates.
///
/// # Errors
/// Fails where the cryptographic library does: without random numbers, say.
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
    set_validity(&mut params);
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
    set_validity(&mut params);
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
    // Named, and not the process's default: another library may have set another one.
    let provider = Arc::new(aws_lc_rs::default_provider());
    ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(PracticeError::Tls)?
        .with_no_client_auth()
        .with_single_cert(vec![certificate.into()], key.into())
        .map_err(PracticeError::Tls)
}

fn distinguished_name(title: &str) -> DistinguishedName {
    let mut name = DistinguishedName::new();
    name.push(DnType::CommonName, title);
    name
}

fn set_validity(params: &mut CertificateParams) {
    // A clock before 1970 gives a certificate of 1970.
    let now = SystemTime::now().duration_since(UNIX_EPOCH);
    let start = now.unwrap_or_default().saturating_sub(BACKDATED);
    params.not_before = date_time_ymd(1970, 1, 1) + start;
    params.not_after = params.not_before + LIFE;
}
