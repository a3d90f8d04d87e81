//! Why a tap cannot begin.

use std::io;
use std::net::SocketAddr;
use std::path::PathBuf;

/// Why a tap cannot begin.
#[derive(Debug, thiserror::Error)]
pub enum TapError {
    /// No address to listen on.
    #[error("cannot listen on {address}: {source}")]
    Listen {
        /// The address.
        address: SocketAddr,
        /// The reason.
        source: io::Error,
    },
    /// Others than this machine could connect, and none is allowed to.
    #[error(
        "{0} can be reached from elsewhere: say who may connect with --allow, as in --allow 192.0.2.0/24"
    )]
    Open(SocketAddr),
    /// TLS in front, none behind.
    #[error(
        "the client would have TLS and the server not: what it sends under TLS would go on unencrypted; \
         --insecure-target allows that"
    )]
    Weakens,
    /// A certificate could not be made.
    #[error("cannot make a certificate for {name}: {reason}")]
    Certificate {
        /// The name.
        name: String,
        /// The reason.
        reason: String,
    },
    /// A file of the authority cannot be read, or used.
    #[error("{}: {reason}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// The reason.
        reason: String,
    },
    /// The system lacks what a tap needs.
    #[error("cannot begin: {0}")]
    Start(io::Error),
}
