//! CRAM-MD5 (RFC 2195): the client sends the user name and an HMAC of the challenge, keyed with the
//! password.

use hmac::{Hmac, KeyInit as _, Mac as _};
use md5::Md5;

/// HMAC-MD5 of a challenge, in hexadecimal (RFC 2195 section 2).
pub fn digest(password: &[u8], challenge: &[u8]) -> String {
    // HMAC takes keys of any length, so this cannot fail; every server refuses an empty digest.
    let Ok(mut mac) = Hmac::<Md5>::new_from_slice(password) else {
        return String::new();
    };
    mac.update(challenge);
    let digest = mac.finalize().into_bytes();
    digest.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Builds the client's response.
pub(super) fn response(user: &str, password: &[u8], challenge: &[u8]) -> Vec<u8> {
    format!("{user} {}", digest(password, challenge)).into_bytes()
}
