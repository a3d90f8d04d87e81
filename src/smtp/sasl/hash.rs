//! The hash functions of SCRAM (RFC 5802 section 2.2).

use hmac::{Hmac, KeyInit as _, Mac as _};
use sha1::Sha1;
use sha2::{Digest as _, Sha256};

use crate::smtp::secret::Secret;

/// The hash function of a SCRAM mechanism.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Hash {
    /// SHA-1, of SCRAM-SHA-1.
    Sha1,
    /// SHA-256, of SCRAM-SHA-256.
    Sha256,
}

impl Hash {
    /// `H(octets)`.
    pub fn digest(self, bytes: &[u8]) -> Vec<u8> {
        match self {
            Self::Sha1 => Sha1::digest(bytes).to_vec(),
            Self::Sha256 => Sha256::digest(bytes).to_vec(),
        }
    }

    /// `HMAC(key, octets)`.
    pub fn hmac(self, key: &[u8], bytes: &[u8]) -> Vec<u8> {
        // HMAC takes keys of any length, so neither call can fail.
        match self {
            Self::Sha1 => Hmac::<Sha1>::new_from_slice(key)
                .map(|mac| mac.chain_update(bytes).finalize().into_bytes().to_vec()),
            Self::Sha256 => Hmac::<Sha256>::new_from_slice(key)
                .map(|mac| mac.chain_update(bytes).finalize().into_bytes().to_vec()),
        }
        .unwrap_or_default()
    }

    /// `SaltedPassword`: `Hi(password, salt, iterations)` (RFC 5802 section 3).
    pub fn salted_password(self, password: &[u8], salt: &[u8], iterations: u32) -> Secret {
        let mut salted = vec![0; self.digest(b"").len()];
        match self {
            Self::Sha1 => pbkdf2::pbkdf2_hmac::<Sha1>(password, salt, iterations, &mut salted),
            Self::Sha256 => pbkdf2::pbkdf2_hmac::<Sha256>(password, salt, iterations, &mut salted),
        }
        Secret::new(salted)
    }

    /// `ClientProof` for an `AuthMessage` (RFC 5802 section 3).
    pub fn client_proof(self, salted: &Secret, auth_message: &[u8]) -> Vec<u8> {
        let key = Secret::new(self.hmac(salted.reveal(), b"Client Key"));
        let signature = self.hmac(&self.digest(key.reveal()), auth_message);
        let pairs = key.reveal().iter().zip(signature);
        pairs.map(|(key, signature)| key ^ signature).collect()
    }

    /// `ServerSignature` for an `AuthMessage` (RFC 5802 section 3).
    pub fn server_signature(self, salted: &Secret, auth_message: &[u8]) -> Vec<u8> {
        let key = Secret::new(self.hmac(salted.reveal(), b"Server Key"));
        self.hmac(key.reveal(), auth_message)
    }
}
