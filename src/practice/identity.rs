//! The name of the practice server and the credentials of its one user.

/// The name the server greets with, which stands in its certificate too.
pub const HOST: &str = "localhost";
/// The only user who can log in.
pub const USER: &str = "alice";
/// Her password: no secret, `HELP` tells it.
pub const PASSWORD: &str = "wonderland";
/// Her bearer token: no secret either.
pub const TOKEN: &str = "looking-glass";
