//! A client's own certificate and its key, read from PEM files. An encrypted key is opened with a
//! passphrase, which is asked for only then.

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use tokio_rustls::rustls::crypto::aws_lc_rs;
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio_rustls::rustls::sign::CertifiedKey;
use zeroize::Zeroizing;

use super::authorities::read_capped;
use super::locked_key::{LockedKey, LockedKeyError};
use crate::smtp::Secret;

/// A certificate to show to servers that want one of their client, with its key.
pub struct Identity(Arc<CertifiedKey>);

/// Why a client's certificate or key cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum IdentityError {
    /// A file cannot be read.
    #[error("{}: {error}", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// What the system said.
        error: io::Error,
    },
    /// There is no certificate in it.
    #[error("{}: no certificate in it; a PEM file with BEGIN CERTIFICATE is wanted", .0.display())]
    NoCertificate(PathBuf),
    /// There is no private key in it.
    #[error("{}: no private key in it; a PEM file with BEGIN PRIVATE KEY is wanted", .0.display())]
    NoKey(PathBuf),
    /// Its encryption is of a kind that is not known here, such as the one before PKCS #8.
    #[error("{0}: it is encrypted in a way ehlo does not know; openssl pkcs8 -topk8 -v2 aes-256-cbc -in {0} -out NEW makes a key it does", .path.display())]
    UnknownEncryption {
        /// The file.
        path: PathBuf,
    },
    /// It is encrypted and could not be opened.
    #[error("{}: {error}", path.display())]
    Locked {
        /// The file.
        path: PathBuf,
        /// Why.
        error: LockedKeyError,
    },
    /// Nobody gave the passphrase.
    #[error("{}: its passphrase is needed: {error}", path.display())]
    NoPassphrase {
        /// The file.
        path: PathBuf,
        /// Why.
        error: io::Error,
    },
    /// The key is of no use, or is not the certificate's.
    #[error("{}: {words}", path.display())]
    Unusable {
        /// The file of the key.
        path: PathBuf,
        /// What is wrong.
        words: String,
    },
}

impl IdentityError {
    /// The file that it is about.
    pub fn path(&self) -> &Path {
        match self {
            Self::NoCertificate(path)
            | Self::NoKey(path)
            | Self::Unreadable { path, .. }
            | Self::UnknownEncryption { path }
            | Self::Locked { path, .. }
            | Self::NoPassphrase { path, .. }
            | Self::Unusable { path, .. } => path,
        }
    }

    /// The file of a key that is still to be opened: another passphrase may do that.
    pub fn locked(&self) -> Option<&Path> {
        match self {
            Self::NoPassphrase { path, .. }
            | Self::Locked {
                path,
                error: LockedKeyError::Passphrase,
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
    /// Reads a certificate, with what signs it behind it, and its key, which may stand in the same
    /// file. `passphrase` is called where the key is encrypted.
    ///
    /// # Errors
    /// A file that cannot be read or holds nothing of the kind, a passphrase that does not fit, a key
    /// that is not the certificate's.
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
        let unusable = |words: String| IdentityError::Unusable {
            path: key.to_owned(),
            words,
        };
        let provider = aws_lc_rs::default_provider();
        CertifiedKey::from_der(chain, private, &provider)
            .map(|certified| Self(Arc::new(certified)))
            .map_err(|error| match error {
                tokio_rustls::rustls::Error::InconsistentKeys(_) => {
                    unusable("the key is not the certificate's".to_owned())
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
        // What no passphrase can open is told before one is asked for.
        let locked = match locked {
            Ok(locked) => locked,
            Err(LockedKeyError::Unknown) => return Err(IdentityError::UnknownEncryption { path }),
            Err(error) => return Err(IdentityError::Locked { path, error }),
        };
        let passphrase = match passphrase(&path) {
            Ok(passphrase) => passphrase,
            Err(error) => return Err(IdentityError::NoPassphrase { path, error }),
        };
        return locked
            .open(passphrase.reveal())
            .map_err(|error| IdentityError::Locked { path, error });
    }
    if text
        .windows(b"Proc-Type: 4,ENCRYPTED".len())
        .any(|window| window == b"Proc-Type: 4,ENCRYPTED")
    {
        return Err(IdentityError::UnknownEncryption {
            path: path.to_owned(),
        });
    }
    PrivateKeyDer::from_pem_slice(text).map_err(|_| IdentityError::NoKey(path.to_owned()))
}
