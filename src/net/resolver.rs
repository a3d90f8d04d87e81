//! The choice of nameservers, which TLS settings make for DANE and DNS lookups carry out.

use std::net::SocketAddr;

/// Which nameservers to query.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Resolver {
    /// The nameservers of `/etc/resolv.conf`. Their AD flag is trusted if all of them are on a
    /// loopback address, or if that file sets the option `trust-ad`.
    #[default]
    System,
    /// One nameserver.
    At {
        /// Its address.
        server: SocketAddr,
        /// Whether its AD flag (DNSSEC validation succeeded) is trusted.
        trusted: bool,
    },
}
