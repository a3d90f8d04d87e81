//! The certificate that a tap shows to clients, and the authority that signs it. Somebody may put that
//! into a system's store: it is limited to the name of one server and to this machine, and to 30 days.

use std::fs::{File, OpenOptions};
use std::io::{Read, Write};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use rcgen::{
    BasicConstraints, CertificateParams, CidrSubnet, ExtendedKeyUsagePurpose, GeneralSubtree, IsCa,
    Issuer, KeyPair, KeyUsagePurpose, NameConstraints, PublicKeyData,
};
use tokio_rustls::rustls::ServerConfig;
use x509_parser::pem::parse_x509_pem;
use zeroize::Zeroizing;

use super::error::TapError;
use crate::practice::certificate::{distinguished_name, server_config, set_validity};

const DAY: Duration = Duration::from_secs(24 * 60 * 60);
/// How long an authority is valid.
const LIFETIME: Duration = DAY.saturating_mul(30);
/// The most octets of a certificate or a key.
const FILE_CAP: u64 = 64 * 1024;
/// Names and addresses of this machine.
const LOCAL: [&str; 3] = ["localhost", "127.0.0.1", "::1"];
/// The permissions of others on the key that are refused.
const OTHERS: u32 = 0o077;

/// An authority, and what it signed for a listening side.
#[derive(Debug)]
pub struct Authority {
    /// The certificate of the authority in PEM.
    pub pem: String,
    /// The settings of TLS with clients.
    pub(super) tls: Arc<ServerConfig>,
}

/// Where an authority is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuthorityFiles {
    /// Its certificate in PEM.
    pub certificate: PathBuf,
    /// Its key in PEM.
    pub key: PathBuf,
}

impl Authority {
    /// Makes an authority for the server of this name, or reads one that is kept. Files that do not exist
    /// are made.
    ///
    /// # Errors
    /// [`TapError::Certificate`] and [`TapError::File`].
    pub fn open(host: &str, files: Option<&AuthorityFiles>) -> Result<Self, TapError> {
        let (pem, issuer) = match files {
            Some(files) if files.key.exists() => read(files)?,
            Some(files) => {
                let (pem, key) = new(host)?;
                create(&files.key, key.serialize_pem().as_bytes(), 0o600)?;
                create(&files.certificate, pem.as_bytes(), 0o644)?;
                (pem.clone(), issuer(&pem, key, host)?)
            }
            None => {
                let (pem, key) = new(host)?;
                (pem.clone(), issuer(&pem, key, host)?)
            }
        };
        let failed = |error: &dyn std::fmt::Display| TapError::Certificate {
            name: host.to_owned(),
            reason: error.to_string(),
        };
        let key = KeyPair::generate().map_err(|error| failed(&error))?;
        let leaf = leaf(host).map_err(|error| failed(&error))?;
        let certificate = leaf
            .signed_by(&key, &issuer)
            .map_err(|error| failed(&error))?;
        let tls = server_config(certificate, key).map_err(|error| failed(&error))?;
        Ok(Self {
            pem,
            tls: Arc::new(tls),
        })
    }
}

/// A new authority: its certificate in PEM, and its key.
fn new(host: &str) -> Result<(String, KeyPair), TapError> {
    let failed = |error: rcgen::Error| TapError::Certificate {
        name: host.to_owned(),
        reason: error.to_string(),
    };
    let key = KeyPair::generate().map_err(failed)?;
    let mut params = CertificateParams::default();
    params.distinguished_name = distinguished_name(&format!("ehlo tap authority for {host}"));
    params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    let mut permitted = vec![
        GeneralSubtree::DnsName("localhost".to_owned()),
        GeneralSubtree::IpAddress(CidrSubnet::from_addr_prefix(
            Ipv4Addr::new(127, 0, 0, 0).into(),
            8,
        )),
        GeneralSubtree::IpAddress(CidrSubnet::from_addr_prefix(
            Ipv6Addr::LOCALHOST.into(),
            128,
        )),
    ];
    permitted.push(match host.parse::<IpAddr>() {
        Ok(address) => {
            let bits = if address.is_ipv4() { 32 } else { 128 };
            GeneralSubtree::IpAddress(CidrSubnet::from_addr_prefix(address, bits))
        }
        Err(_) => GeneralSubtree::DnsName(host.to_owned()),
    });
    params.name_constraints = Some(NameConstraints {
        permitted_subtrees: permitted,
        excluded_subtrees: Vec::new(),
    });
    set_validity(&mut params, LIFETIME);
    let certificate = params.self_signed(&key).map_err(failed)?;
    Ok((certificate.pem(), key))
}

fn issuer(pem: &str, key: KeyPair, name: &str) -> Result<Issuer<'static, KeyPair>, TapError> {
    Issuer::from_ca_cert_pem(pem, key).map_err(|error| TapError::Certificate {
        name: name.to_owned(),
        reason: error.to_string(),
    })
}

/// The certificate for the listening side.
fn leaf(host: &str) -> Result<CertificateParams, rcgen::Error> {
    let mut names: Vec<String> = LOCAL.iter().map(ToString::to_string).collect();
    if !names.iter().any(|name| name == host) {
        names.insert(0, host.to_owned());
    }
    let mut params = CertificateParams::new(names)?;
    params.distinguished_name = distinguished_name(host);
    params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    params.use_authority_key_identifier_extension = true;
    set_validity(&mut params, LIFETIME);
    Ok(params)
}

/// Reads an authority that is kept.
fn read(files: &AuthorityFiles) -> Result<(String, Issuer<'static, KeyPair>), TapError> {
    let failed = |path: &Path, reason: &dyn std::fmt::Display| TapError::File {
        path: path.to_owned(),
        reason: reason.to_string(),
    };
    let key_pem = read_text(&files.key, true)?;
    let pem = read_text(&files.certificate, false)?;
    let key = KeyPair::from_pem(&key_pem).map_err(|error| failed(&files.key, &error))?;
    let no_certificate = || failed(&files.certificate, &"no certificate in PEM");
    let (_, block) = parse_x509_pem(pem.as_bytes()).map_err(|_| no_certificate())?;
    let certificate = block.parse_x509().map_err(|_| no_certificate())?;
    if certificate.public_key().raw != key.subject_public_key_info() {
        return Err(failed(
            &files.certificate,
            &"not the certificate of this key",
        ));
    }
    if !certificate.validity().is_valid() {
        let reason = "it has expired: remove it and its key, and a new one is made";
        return Err(failed(&files.certificate, &reason));
    }
    if !certificate.is_ca() {
        return Err(failed(
            &files.certificate,
            &"not the certificate of an authority (CA)",
        ));
    }
    let issuer = Issuer::from_ca_cert_pem(&pem, key);
    let issuer = issuer.map_err(|error| failed(&files.certificate, &error))?;
    Ok((pem.to_string(), issuer))
}

/// The text of a file. A `secret` one that others could read is refused.
fn read_text(path: &Path, secret: bool) -> Result<Zeroizing<String>, TapError> {
    let failed = |reason: String| TapError::File {
        path: path.to_owned(),
        reason,
    };
    let file = File::open(path).map_err(|error| failed(error.to_string()))?;
    let metadata = file.metadata().map_err(|error| failed(error.to_string()))?;
    if !metadata.is_file() {
        return Err(failed("not a regular file".to_owned()));
    }
    if secret && metadata.mode() & OTHERS != 0 {
        let reason = "others may read this key: chmod 600, or make a new one";
        return Err(failed(reason.to_owned()));
    }
    let mut text = Zeroizing::new(String::new());
    let read = file.take(FILE_CAP).read_to_string(&mut text);
    read.map_err(|error| failed(error.to_string()))?;
    Ok(text)
}

/// Makes a file that does not exist yet.
fn create(path: &Path, octets: &[u8], mode: u32) -> Result<(), TapError> {
    let file = OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(mode)
        .open(path);
    file.and_then(|mut file| file.write_all(octets))
        .map_err(|error| TapError::File {
            path: path.to_owned(),
            reason: error.to_string(),
        })
}

#[cfg(test)]
mod tests {
    use std::fs::{self, Permissions};
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[test]
    fn an_authority_is_kept_and_never_replaced() {
        let folder = tempfile::tempdir().unwrap();
        let files = AuthorityFiles {
            certificate: folder.path().join("ca.pem"),
            key: folder.path().join("ca.key"),
        };
        let made = Authority::open("mx.example.org", Some(&files)).unwrap();
        let mode = fs::metadata(&files.key).unwrap().mode() & 0o777;
        assert_eq!(mode, 0o600);
        let again = Authority::open("mx.example.org", Some(&files)).unwrap();
        assert_eq!(made.pem, again.pem);
        // Others may read it.
        fs::set_permissions(&files.key, Permissions::from_mode(0o640)).unwrap();
        let error = Authority::open("mx.example.org", Some(&files)).unwrap_err();
        assert!(
            error.to_string().contains("others may read this key"),
            "{error}"
        );
        fs::set_permissions(&files.key, Permissions::from_mode(0o600)).unwrap();
        // Another key.
        let (_, other) = new("mx.example.org").unwrap();
        fs::write(&files.key, other.serialize_pem()).unwrap();
        let error = Authority::open("mx.example.org", Some(&files)).unwrap_err();
        assert!(
            error
                .to_string()
                .contains("not the certificate of this key"),
            "{error}"
        );
        // The certificate exists and the key does not: nothing is overwritten.
        fs::remove_file(&files.key).unwrap();
        assert!(Authority::open("mx.example.org", Some(&files)).is_err());
        assert_eq!(fs::read_to_string(&files.certificate).unwrap(), made.pem);
    }

    #[test]
    fn it_is_limited_to_one_server_and_this_machine() {
        for (host, expected) in [
            ("mx.example.org", "DNSName(\"mx.example.org\")"),
            ("192.0.2.5", "[192, 0, 2, 5, 255, 255, 255, 255]"),
        ] {
            let (pem, _) = new(host).unwrap();
            let (_, block) = parse_x509_pem(pem.as_bytes()).unwrap();
            let certificate = block.parse_x509().unwrap();
            let constraints = certificate.name_constraints().unwrap().unwrap();
            let permitted = format!("{:?}", constraints.value.permitted_subtrees);
            assert!(permitted.contains(expected), "{permitted}");
            assert!(permitted.contains("localhost"), "{permitted}");
            let days = certificate
                .validity()
                .time_to_expiration()
                .unwrap()
                .whole_days();
            assert!((28..=30).contains(&days), "{days}");
        }
    }
}
