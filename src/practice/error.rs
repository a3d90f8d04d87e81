//! Errors of starting the practice server. Mistakes of a client get replies, not errors.

use std::io;
use std::net::SocketAddr;

use tokio_rustls::rustls;

/// Why the practice server could not be started.
#[derive(Debug, thiserror::Error)]
pub enum PracticeError {
    /// Listening failed: the port is in use, or the address is not one of this machine.
    #[error("practice server: cannot listen on {address}: {source}")]
    Listen {
        /// The address.
        address: SocketAddr,
        /// The error of the system.
        source: io::Error,
    },
    /// Creating a certificate failed.
    #[error("practice server: cannot create the certificate for {name}: {source}")]
    Certificate {
        /// The first name of the certificate.
        name: &'static str,
        /// The error of the certificate library.
        source: rcgen::Error,
    },
    /// The TLS library refused the configuration.
    #[error("practice server: cannot set up TLS: {0}")]
    Tls(#[source] rustls::Error),
    /// The thread or its runtime could not be started.
    #[error("practice server: cannot start its thread: {0}")]
    Start(#[source] io::Error),
    /// The requested mood does not exist.
    #[error("unknown mood \"{name}\": use {known}")]
    UnknownMood {
        /// The requested name.
        name: String,
        /// The known names, separated by commas.
        known: String,
    },
}
