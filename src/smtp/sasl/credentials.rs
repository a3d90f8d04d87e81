//! The credentials of a login.

use crate::smtp::secret::Secret;

/// The credentials of a login. `Debug` prints no octet of the secret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Credentials {
    /// The identity to act as (authorization identity); usually empty, which means the user's own.
    pub authzid: String,
    /// The user name (authentication identity); for ANONYMOUS, the trace information.
    pub user: String,
    /// The exact octets of the password or bearer token.
    pub secret: Secret,
    /// The server's name as the user gave it. The credentials are only sent to this server;
    /// OAUTHBEARER also sends the name.
    pub host: String,
    /// The server's port; OAUTHBEARER sends it.
    pub port: u16,
}
