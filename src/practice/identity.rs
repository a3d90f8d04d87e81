//! The name of the practice server and the credentials of its one user.

/// The host name in the greeting and in the certificate.
pub const HOST: &str = "localhost";
/// The only user who can log in.
pub const USER: &str = "alice";
/// The user's password; not a secret, `HELP` shows it.
pub const PASSWORD: &str = "wonderland";
/// The user's bearer token; not a secret either.
pub const TOKEN: &str = "looking-glass";
