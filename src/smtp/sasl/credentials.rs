//! Who the user is and what proves it.

use crate::smtp::secret::Secret;

/// What an exchange is led with. `Debug` shows no octet of the secret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Credentials {
    /// The identity to act for, where it is not the user's own; mostly empty.
    pub authzid: String,
    /// The user name (authcid); for ANONYMOUS the trace.
    pub user: String,
    /// The password or the bearer token, octet for octet.
    pub secret: Secret,
    /// The server's name as the user gave it: nobody else gets this, and OAUTHBEARER sends it.
    pub host: String,
    /// The server's port: OAUTHBEARER sends it.
    pub port: u16,
}
