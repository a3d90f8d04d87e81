//! What can go wrong before the practice server stands. A client's mistakes are replies, not
//! errors.

use std::io;
use std::net::SocketAddr;

use tokio_rustls::rustls;

/// Why there is no practice server, or no such mood.
#[derive(Debug, thiserror::Error)]
pub enum PracticeError {
    /// A listener could not be had: the port is taken, or the address is not this machine's.
    #[error("the practice server cannot listen on {address}: {source}")]
    Listen {
        /// Where it was to listen.
        address: SocketAddr,
        /// What the system said.
        source: io::Error,
    },
    /// The certificates could not be made.
    #[error("the practice server cannot make its certificate for {name}: {source}")]
    Certificate {
        /// The first name that was to stand in it.
        name: &'static str,
        /// What the certificate maker said.
        source: rcgen::Error,
    },
    /// The TLS library took neither key nor certificate.
    #[error("the practice server cannot set up TLS: {0}")]
    Tls(#[source] rustls::Error),
    /// The thread or its runtime could not be started.
    #[error("the practice server cannot start its thread: {0}")]
    Start(#[source] io::Error),
    /// A mood was asked for that there is not.
    #[error("the practice server knows no mood `{name}`; its moods are {known}")]
    UnknownMood {
        /// The word that was given.
        name: String,
        /// The moods there are.
        known: String,
    },
}
