//! Reads CA certificates to trust besides the system's, from a PEM file or a folder of PEM files.

use std::io::{self, Read};
use std::path::{Path, PathBuf};

use tokio_rustls::rustls::RootCertStore;
use tokio_rustls::rustls::pki_types::CertificateDer;
use tokio_rustls::rustls::pki_types::pem::PemObject;

use crate::net::file::open_input;

/// The maximum size of a PEM file, in octets.
const FILE_CAP: u64 = 16 * 1024 * 1024;
/// The maximum number of files of a folder.
const FILES_CAP: usize = 4096;

/// Why a file or folder of CA certificates cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum CaError {
    /// A file or folder cannot be read.
    #[error("{}: {error}", path.display())]
    Unreadable {
        /// The file or folder.
        path: PathBuf,
        /// The system's error.
        error: io::Error,
    },
    /// The file contains no certificate.
    #[error("{}: contains no certificate: use a PEM file with BEGIN CERTIFICATE", .0.display())]
    Empty(PathBuf),
    /// No file of the folder contains a certificate.
    #[error("{}: no file contains a certificate: use PEM files with BEGIN CERTIFICATE", .0.display())]
    EmptyFolder(PathBuf),
    /// A certificate in a file is invalid.
    #[error("{}: certificate {number} is invalid: {reason}", path.display())]
    Invalid {
        /// The file.
        path: PathBuf,
        /// The position of the certificate in the file, from 1.
        number: usize,
        /// What is wrong with it.
        reason: String,
    },
}

/// Reads the CA certificates of a PEM file.
///
/// # Errors
/// If the file cannot be read, contains no certificate, or contains an invalid one.
pub fn read_ca_file(path: &Path) -> Result<Vec<CertificateDer<'static>>, CaError> {
    let text = read_capped(path).map_err(|error| CaError::Unreadable {
        path: path.to_owned(),
        error,
    })?;
    let mut authorities = Vec::new();
    for certificate in CertificateDer::pem_slice_iter(&text) {
        let number = authorities.len() + 1;
        let invalid = |reason: String| CaError::Invalid {
            path: path.to_owned(),
            number,
            reason,
        };
        let certificate = certificate.map_err(|error| invalid(error.to_string()))?;
        let mut store = RootCertStore::empty();
        store
            .add(certificate.clone())
            .map_err(|error| invalid(error.to_string()))?;
        authorities.push(certificate);
    }
    if authorities.is_empty() {
        Err(CaError::Empty(path.to_owned()))
    } else {
        Ok(authorities)
    }
}

/// Reads the CA certificates of all PEM files of a folder, in the order of the file names. A
/// certificate that several files contain, as through hashed links, is returned once. Files without
/// a certificate are skipped.
///
/// # Errors
/// If the folder or a file cannot be read, a certificate is invalid, or there is none at all.
pub fn read_ca_folder(path: &Path) -> Result<Vec<CertificateDer<'static>>, CaError> {
    let unreadable = |error| CaError::Unreadable {
        path: path.to_owned(),
        error,
    };
    let mut files = Vec::new();
    for entry in std::fs::read_dir(path).map_err(unreadable)? {
        let file = entry.map_err(unreadable)?.path();
        if file.is_file() {
            files.push(file);
        }
        if files.len() > FILES_CAP {
            let reason = format!("more than {FILES_CAP} files");
            return Err(unreadable(io::Error::other(reason)));
        }
    }
    files.sort();
    let mut authorities: Vec<CertificateDer<'static>> = Vec::new();
    let mut seen = std::collections::HashSet::new();
    for file in files {
        match read_ca_file(&file) {
            Ok(certificates) => {
                authorities.extend(
                    certificates
                        .into_iter()
                        .filter(|one| seen.insert(one.to_vec())),
                );
            }
            Err(CaError::Empty(_)) => {}
            Err(error) => return Err(error),
        }
    }
    if authorities.is_empty() {
        Err(CaError::EmptyFolder(path.to_owned()))
    } else {
        Ok(authorities)
    }
}

/// Reads a file of at most 16 MiB. A larger one is an error.
pub(super) fn read_capped(path: &Path) -> io::Result<Vec<u8>> {
    let mut octets = Vec::new();
    open_input(path)?
        .take(FILE_CAP + 1)
        .read_to_end(&mut octets)?;
    if octets.len() as u64 > FILE_CAP {
        return Err(io::Error::other(format!("larger than {FILE_CAP} octets")));
    }
    Ok(octets)
}
