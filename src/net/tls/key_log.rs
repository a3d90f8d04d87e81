//! A file to which TLS session keys are appended, to decrypt captured packets with. The format is
//! the one that Wireshark and others read (RFC 9850).

use std::fmt::Write as _;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Write as _};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use rustix::fs::OFlags;
use tokio_rustls::rustls::KeyLog;
use zeroize::Zeroizing;

use crate::net::file::{no_wait, require_regular};

/// A file for session keys. Anyone who reads it can decrypt captured connections.
#[derive(Debug)]
pub struct KeyLogFile {
    path: PathBuf,
    file: Mutex<File>,
}

impl KeyLogFile {
    /// Opens a file for appending. A new file gets the mode 0600.
    ///
    /// # Errors
    /// If the file cannot be opened, or is not a regular file.
    pub fn open(path: &Path) -> io::Result<Self> {
        match fs::metadata(path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            found => require_regular(&found?)?,
        }
        let file = OpenOptions::new()
            .append(true)
            .create(true)
            .mode(0o600)
            .custom_flags(no_wait(OFlags::empty()))
            .open(path)?;
        require_regular(&file.metadata()?)?;
        Ok(Self {
            path: path.to_owned(),
            file: Mutex::new(file),
        })
    }

    /// The path of the file.
    pub fn path(&self) -> &Path {
        &self.path
    }
}

impl KeyLog for KeyLogFile {
    fn log(&self, label: &str, client_random: &[u8], secret: &[u8]) {
        let mut line = Zeroizing::new(String::with_capacity(256));
        // Writing to a string cannot fail.
        let _ = write!(line, "{label} ");
        for octet in client_random {
            let _ = write!(line, "{octet:02x}");
        }
        line.push(' ');
        for octet in secret {
            let _ = write!(line, "{octet:02x}");
        }
        line.push('\n');
        let mut file = self.file.lock().unwrap_or_else(PoisonError::into_inner);
        if let Err(error) = file.write_all(line.as_bytes()) {
            tracing::warn!(%error, "cannot write to the key log");
        }
    }
}
