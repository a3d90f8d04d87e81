//! Numeric limits of SCRAM.

/// The minimum length of a nonce, in random octets.
pub const NONCE_OCTETS: usize = 15;
/// The maximum iteration count accepted from a server; more would keep this machine busy for hours.
pub const ITERATIONS_CAP: u32 = 200_000;
/// The minimum iteration count of RFC 7677 section 4. A lower one is used only if the user agrees.
pub const ITERATIONS_MIN: u32 = 4096;
