//! Authorities that are trusted beside the system's, read from a PEM file or a folder of them.

use std::io::{self, Read};
use std::path::{Path, PathBuf};

use tokio_rustls::rustls::RootCertStore;
use tokio_rustls::rustls::pki_types::CertificateDer;
use tokio_rustls::rustls::pki_types::pem::PemObject;

use crate::net::file::open_input;

/// The largest PEM file that is read, in octets.
const FILE_CAP: u64 = 16 * 1024 * 1024;
/// Files of a folder of authorities, at the most.
const FILES_CAP: usize = 4096;

/// Why a file of authorities cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum AuthorityError {
    /// It cannot be read.
    #[error("{}: {error}", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// What the system said.
        error: io::Error,
    },
    /// It holds no certificate.
    #[error("{}: no certificate in it; a PEM file with BEGIN CERTIFICATE is wanted", .0.display())]
    Empty(PathBuf),
    /// No file of a folder holds one.
    #[error("{}: no file in it holds a certificate; PEM files with BEGIN CERTIFICATE are wanted", .0.display())]
    EmptyFolder(PathBuf),
    /// A certificate in it is broken.
    #[error("{}: certificate {number} cannot be read: {words}", path.display())]
    Broken {
        /// The file.
        path: PathBuf,
        /// Which certificate, from 1.
        number: usize,
        /// What is wrong.
        words: String,
    },
}

/// Reads the authorities of a PEM file.
///
/// # Errors
/// A file that cannot be read, holds none, or holds a broken one.
pub fn read_authorities(path: &Path) -> Result<Vec<CertificateDer<'static>>, AuthorityError> {
    let text = read_capped(path).map_err(|error| AuthorityError::Unreadable {
        path: path.to_owned(),
        error,
    })?;
    let mut authorities = Vec::new();
    for certificate in CertificateDer::pem_slice_iter(&text) {
        let number = authorities.len() + 1;
        let broken = |words: String| AuthorityError::Broken {
            path: path.to_owned(),
            number,
            words,
        };
        let certificate = certificate.map_err(|error| broken(error.to_string()))?;
        let mut store = RootCertStore::empty();
        store
            .add(certificate.clone())
            .map_err(|error| broken(error.to_string()))?;
        authorities.push(certificate);
    }
    if authorities.is_empty() {
        Err(AuthorityError::Empty(path.to_owned()))
    } else {
        Ok(authorities)
    }
}

/// Reads the authorities of all PEM files of a folder, in the order of their names; each once, though
/// links with hashes for names lead to the same. Files without a certificate are passed over.
///
/// # Errors
/// A folder or file that cannot be read, a broken certificate, or none at all.
pub fn read_authority_folder(path: &Path) -> Result<Vec<CertificateDer<'static>>, AuthorityError> {
    let unreadable = |error| AuthorityError::Unreadable {
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
            let words = format!("over {FILES_CAP} files");
            return Err(unreadable(io::Error::other(words)));
        }
    }
    files.sort();
    let mut authorities: Vec<CertificateDer<'static>> = Vec::new();
    let mut seen = std::collections::HashSet::new();
    for file in files {
        match read_authorities(&file) {
            Ok(read) => {
                authorities.extend(read.into_iter().filter(|one| seen.insert(one.to_vec())));
            }
            Err(AuthorityError::Empty(_)) => {}
            Err(error) => return Err(error),
        }
    }
    if authorities.is_empty() {
        Err(AuthorityError::EmptyFolder(path.to_owned()))
    } else {
        Ok(authorities)
    }
}

/// Reads a file of at most 16 MiB.
pub(super) fn read_capped(path: &Path) -> io::Result<Vec<u8>> {
    let mut octets = Vec::new();
    open_input(path)?
        .take(FILE_CAP + 1)
        .read_to_end(&mut octets)?;
    if octets.len() as u64 > FILE_CAP {
        return Err(io::Error::other(format!("over {FILE_CAP} octets")));
    }
    Ok(octets)
}
