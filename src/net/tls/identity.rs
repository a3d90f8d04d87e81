//! A client certificate and its private key, read from PEM files. A passphrase is requested only if
//! the key is encrypted.

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use tokio_rustls::rustls::crypto::aws_lc_rs;
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio_rustls::rustls::sign::CertifiedKey;
use zeroize::Zeroizing;

use super::ca_file::read_capped;
use super::locked_key::{LockedKey, LockedKeyError};
use crate::smtp::Secret;

/// A client certificate with its private key, for servers that request one.
pub struct Identity(Arc<CertifiedKey>);

/// Why a client certificate or its key cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum IdentityError {
    /// A file cannot be read.
    #[error("{}: {error}", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// The system's error.
        error: io::Error,
    },
    /// The file contains no certificate.
    #[error("{}: contains no certificate: use a PEM file with BEGIN CERTIFICATE", .0.display())]
    NoCertificate(PathBuf),
    /// The file contains no private key.
    #[error("{}: contains no private key: use a PEM file with BEGIN PRIVATE KEY", .0.display())]
    NoKey(PathBuf),
    /// The encryption of the key is not supported, such as the one that precedes PKCS #8.
    #[error("{0}: unsupported key encryption: convert it with openssl pkcs8 -topk8 -v2 aes-256-cbc -in {0} -out NEW", .path.display())]
    UnsupportedEncryption {
        /// The file.
        path: PathBuf,
    },
    /// The encrypted key could not be decrypted.
    #[error("{}: {error}", path.display())]
    Locked {
        /// The file.
        path: PathBuf,
        /// Why not.
        error: LockedKeyError,
    },
    /// The key is encrypted, and no passphrase was available.
    #[error("{}: passphrase required: {error}", path.display())]
    NoPassphrase {
        /// The file.
        path: PathBuf,
        /// Why there was none.
        error: io::Error,
    },
    /// The key is not usable, or does not match the certificate.
    #[error("{}: {reason}", path.display())]
    Unusable {
        /// The file with the key.
        path: PathBuf,
        /// What is wrong.
        reason: String,
    },
}

impl IdentityError {
    /// The file that the error is about.
    pub fn path(&self) -> &Path {
        match self {
            Self::NoCertificate(path)
            | Self::NoKey(path)
            | Self::Unreadable { path, .. }
            | Self::UnsupportedEncryption { path }
            | Self::Locked { path, .. }
            | Self::NoPassphrase { path, .. }
            | Self::Unusable { path, .. } => path,
        }
    }

    /// The file of an encrypted key for which another passphrase may help. `None` for other errors.
    pub fn locked(&self) -> Option<&Path> {
        match self {
            Self::NoPassphrase { path, .. }
            | Self::Locked {
                path,
                error: LockedKeyError::WrongPassphrase,
            } => Some(path),
            _ => None,
        }
    }
}

impl fmt::Debug for Identity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Identity")
    }
}

impl Identity {
    /// Reads a certificate, followed by its issuers if there are any, and its key, which may be in
    /// the same file. `passphrase` is called if the key is encrypted.
    ///
    /// # Errors
    /// If a file cannot be read or has no certificate or key, the key's encryption is not
    /// supported, the passphrase is wrong or missing, or the key does not match the certificate.
    pub fn read(
        certificate: &Path,
        key: &Path,
        passphrase: impl FnOnce(&Path) -> io::Result<Secret>,
    ) -> Result<Self, IdentityError> {
        let unreadable = |path: &Path| {
            let path = path.to_owned();
            |error| IdentityError::Unreadable { path, error }
        };
        let text = read_capped(certificate).map_err(unreadable(certificate))?;
        let chain: Vec<_> = CertificateDer::pem_slice_iter(&text)
            .collect::<Result<_, _>>()
            .unwrap_or_default();
        if chain.is_empty() {
            return Err(IdentityError::NoCertificate(certificate.to_owned()));
        }
        let text = Zeroizing::new(read_capped(key).map_err(unreadable(key))?);
        let private = private_key(&text, key, passphrase)?;
        let unusable = |reason: String| IdentityError::Unusable {
            path: key.to_owned(),
            reason,
        };
        let provider = aws_lc_rs::default_provider();
        CertifiedKey::from_der(chain, private, &provider)
            .map(|certified| Self(Arc::new(certified)))
            .map_err(|error| match error {
                tokio_rustls::rustls::Error::InconsistentKeys(_) => {
                    unusable("the key does not match the certificate".to_owned())
                }
                error => unusable(error.to_string()),
            })
    }

    pub(super) fn key(&self) -> Arc<CertifiedKey> {
        Arc::clone(&self.0)
    }
}

fn private_key(
    text: &[u8],
    path: &Path,
    passphrase: impl FnOnce(&Path) -> io::Result<Secret>,
) -> Result<PrivateKeyDer<'static>, IdentityError> {
    if let Some(locked) = LockedKey::find(text) {
        let path = path.to_owned();
        // Report a key that cannot be decrypted before asking for a passphrase.
        let locked = match locked {
            Ok(locked) => locked,
            Err(LockedKeyError::Unsupported) => {
                return Err(IdentityError::UnsupportedEncryption { path });
            }
            Err(error) => return Err(IdentityError::Locked { path, error }),
        };
        let passphrase = match passphrase(&path) {
            Ok(passphrase) => passphrase,
            Err(error) => return Err(IdentityError::NoPassphrase { path, error }),
        };
        return locked
            .decrypt(passphrase.reveal())
            .map_err(|error| IdentityError::Locked { path, error });
    }
    if text
        .windows(b"Proc-Type: 4,ENCRYPTED".len())
        .any(|window| window == b"Proc-Type: 4,ENCRYPTED")
    {
        return Err(IdentityError::UnsupportedEncryption {
            path: path.to_owned(),
        });
    }
    PrivateKeyDer::from_pem_slice(text).map_err(|_| IdentityError::NoKey(path.to_owned()))
}
