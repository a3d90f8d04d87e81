//! CRAM-MD5 (RFC 2195): the user name and a digest of the server's challenge under the password.

use hmac::{Hmac, KeyInit as _, Mac as _};
use md5::Md5;

/// HMAC-MD5 of a challenge in hexadecimal (RFC 2195 section 2).
pub fn digest(password: &[u8], challenge: &[u8]) -> String {
    // HMAC takes keys of any length, so it cannot fail; an empty digest is refused by any server.
    let Ok(mut mac) = Hmac::<Md5>::new_from_slice(password) else {
        return String::new();
    };
    mac.update(challenge);
    let digest = mac.finalize().into_bytes();
    digest.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The client's answer.
pub(super) fn answer(user: &str, password: &[u8], challenge: &[u8]) -> Vec<u8> {
    format!("{user} {}", digest(password, challenge)).into_bytes()
}
