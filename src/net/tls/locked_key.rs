//! Decrypts a private key that is protected by a passphrase: PKCS #8 with PBES2, PBKDF2 and AES or
//! Triple DES in CBC mode (RFC 8018), which is what openssl writes.

use aws_lc_rs::cipher::{
    AES_128, AES_256, DecryptionContext, PaddedBlockDecryptingKey, UnboundCipherKey,
};
use aws_lc_rs::iv::FixedLength;
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use cbc::cipher::block_padding::Pkcs7;
use cbc::cipher::{BlockModeDecrypt as _, KeyIvInit as _};
use des::TdesEde3;
use pbkdf2::pbkdf2_hmac;
use sha1::Sha1;
use sha2::{Sha256, Sha384, Sha512};
use tokio_rustls::rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
use zeroize::Zeroizing;

const BEGIN: &str = "-----BEGIN ENCRYPTED PRIVATE KEY-----";
const END: &str = "-----END ENCRYPTED PRIVATE KEY-----";
/// Rounds of PBKDF2, at most: about ten seconds.
const ROUNDS_CAP: u32 = 20_000_000;

// Object identifiers, as encoded in DER.
const PBES2: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 5, 13];
const PBKDF2: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 5, 12];
/// The prefix of `hmacWith…`; one more octet names the hash.
const HMAC: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 2];
/// The prefix of `aes…-CBC`; one more octet names the key size.
const AES: &[u8] = &[0x60, 0x86, 0x48, 1, 0x65, 3, 4, 1];
/// `des-EDE3-CBC`.
const TRIPLE_DES: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 3, 7];

// DER tags.
const INTEGER: u8 = 2;
const OCTETS: u8 = 4;
const IDENTIFIER: u8 = 6;
const SEQUENCE: u8 = 0x30;

/// Why an encrypted key could not be decrypted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LockedKeyError {
    /// Its encoding is invalid.
    #[error("the encrypted key is damaged")]
    Damaged,
    /// Its encryption is not supported.
    #[error("unsupported key encryption")]
    Unsupported,
    /// The passphrase is wrong.
    #[error("wrong passphrase")]
    WrongPassphrase,
}

/// The hash of PBKDF2, which derives the encryption key from the passphrase.
#[derive(Clone, Copy)]
enum Hash {
    Sha1,
    Sha256,
    Sha384,
    Sha512,
}

/// The cipher of the key, with its initialization vector.
#[derive(Clone, Copy)]
enum Cipher {
    Aes128([u8; 16]),
    Aes256([u8; 16]),
    TripleDes([u8; 8]),
}

/// An encrypted private key.
pub(super) struct LockedKey {
    salt: Vec<u8>,
    rounds: u32,
    hash: Hash,
    cipher: Cipher,
    ciphertext: Vec<u8>,
}

impl LockedKey {
    /// The first encrypted key of a PEM file. `None` if there is none.
    pub(super) fn find(pem: &[u8]) -> Option<Result<Self, LockedKeyError>> {
        let text = String::from_utf8_lossy(pem);
        let (_, rest) = text.split_once(BEGIN)?;
        let octets = rest.split_once(END).and_then(|(body, _)| {
            let body: String = body.split_whitespace().collect();
            BASE64_STANDARD.decode(body).ok()
        });
        Some(match octets {
            Some(octets) => Self::parse(&octets),
            None => Err(LockedKeyError::Damaged),
        })
    }

    fn parse(der: &[u8]) -> Result<Self, LockedKeyError> {
        use LockedKeyError::{Damaged, Unsupported};
        let mut der = der;
        let mut whole = take(&mut der, SEQUENCE).ok_or(Damaged)?;
        let mut scheme = take(&mut whole, SEQUENCE).ok_or(Damaged)?;
        let ciphertext = take(&mut whole, OCTETS).ok_or(Damaged)?;
        if take(&mut scheme, IDENTIFIER).ok_or(Damaged)? != PBES2 {
            return Err(Unsupported);
        }
        let mut parameters = take(&mut scheme, SEQUENCE).ok_or(Damaged)?;
        let mut derivation = take(&mut parameters, SEQUENCE).ok_or(Damaged)?;
        let mut cipher = take(&mut parameters, SEQUENCE).ok_or(Damaged)?;
        if take(&mut derivation, IDENTIFIER).ok_or(Damaged)? != PBKDF2 {
            return Err(Unsupported);
        }
        let mut derivation = take(&mut derivation, SEQUENCE).ok_or(Damaged)?;
        let salt = take(&mut derivation, OCTETS).ok_or(Damaged)?.to_vec();
        let rounds = number(take(&mut derivation, INTEGER).ok_or(Damaged)?).ok_or(Unsupported)?;
        // The optional key length, which the cipher determines anyway.
        let _ = take(&mut derivation, INTEGER);
        let hash = match take(&mut derivation, SEQUENCE) {
            None => Hash::Sha1,
            Some(mut function) => {
                let function = take(&mut function, IDENTIFIER).ok_or(Damaged)?;
                match function.strip_prefix(HMAC) {
                    Some([7]) => Hash::Sha1,
                    Some([9]) => Hash::Sha256,
                    Some([10]) => Hash::Sha384,
                    Some([11]) => Hash::Sha512,
                    _ => return Err(Unsupported),
                }
            }
        };
        let name = take(&mut cipher, IDENTIFIER).ok_or(Damaged)?;
        let iv = take(&mut cipher, OCTETS);
        let cipher = match (name.strip_prefix(AES), iv) {
            (Some([2]), Some(iv)) => Cipher::Aes128(iv.try_into().map_err(|_| Damaged)?),
            (Some([0x2a]), Some(iv)) => Cipher::Aes256(iv.try_into().map_err(|_| Damaged)?),
            (None, Some(iv)) if name == TRIPLE_DES => {
                Cipher::TripleDes(iv.try_into().map_err(|_| Damaged)?)
            }
            _ => return Err(Unsupported),
        };
        if rounds == 0 || rounds > ROUNDS_CAP {
            return Err(Unsupported);
        }
        Ok(Self {
            salt,
            rounds,
            hash,
            cipher,
            ciphertext: ciphertext.to_vec(),
        })
    }

    /// Decrypts the key.
    pub(super) fn decrypt(
        mut self,
        passphrase: &[u8],
    ) -> Result<PrivateKeyDer<'static>, LockedKeyError> {
        let mut key = Zeroizing::new([0; 32]);
        let key = &mut key[..self.cipher.key_octets()];
        let derive = match self.hash {
            Hash::Sha1 => pbkdf2_hmac::<Sha1>,
            Hash::Sha256 => pbkdf2_hmac::<Sha256>,
            Hash::Sha384 => pbkdf2_hmac::<Sha384>,
            Hash::Sha512 => pbkdf2_hmac::<Sha512>,
        };
        derive(passphrase, &self.salt, self.rounds, key);
        let plaintext = self.cipher.decrypt(key, &mut self.ciphertext);
        let plaintext = plaintext.ok_or(LockedKeyError::WrongPassphrase)?;
        // One wrong passphrase in 256 leaves valid padding, but no key.
        match plaintext.first() {
            Some(&SEQUENCE) => Ok(PrivatePkcs8KeyDer::from(plaintext).into()),
            _ => Err(LockedKeyError::WrongPassphrase),
        }
    }
}

impl Cipher {
    fn key_octets(self) -> usize {
        match self {
            Self::Aes128(_) => 16,
            Self::TripleDes(_) => 24,
            Self::Aes256(_) => 32,
        }
    }

    /// Decrypts in place. `None` if the padding is invalid: the key is wrong.
    fn decrypt(self, key: &[u8], ciphertext: &mut [u8]) -> Option<Vec<u8>> {
        let (algorithm, iv) = match self {
            Self::Aes128(iv) => (&AES_128, iv),
            Self::Aes256(iv) => (&AES_256, iv),
            Self::TripleDes(iv) => {
                let cipher = cbc::Decryptor::<TdesEde3>::new_from_slices(key, &iv).ok()?;
                return cipher
                    .decrypt_padded::<Pkcs7>(ciphertext)
                    .ok()
                    .map(<[u8]>::to_vec);
            }
        };
        let context = DecryptionContext::Iv128(FixedLength::from(iv));
        let cipher = UnboundCipherKey::new(algorithm, key)
            .and_then(PaddedBlockDecryptingKey::cbc_pkcs7)
            .ok()?;
        cipher
            .decrypt(ciphertext, context)
            .ok()
            .map(|plaintext| plaintext.to_vec())
    }
}

/// Takes the content of the next DER element if it has this tag.
fn take<'a>(input: &mut &'a [u8], tag: u8) -> Option<&'a [u8]> {
    let (&first, rest) = input.split_first()?;
    let (&length, mut rest) = rest.split_first()?;
    let length = match length {
        short @ 0..=0x7f => usize::from(short),
        long @ 0x81..=0x83 => {
            let (octets, after) = rest.split_at_checked(usize::from(long & 0x7f))?;
            rest = after;
            octets
                .iter()
                .fold(0, |length, octet| length << 8 | usize::from(*octet))
        }
        _ => return None,
    };
    let (content, rest) = rest.split_at_checked(length)?;
    if first != tag {
        return None;
    }
    *input = rest;
    Some(content)
}

/// A DER integer. `None` if it is negative or too large.
fn number(octets: &[u8]) -> Option<u32> {
    if octets.len() > 5 || octets.first().is_none_or(|first| first & 0x80 != 0) {
        return None;
    }
    let number = octets
        .iter()
        .fold(0_u64, |number, octet| number << 8 | u64::from(*octet));
    u32::try_from(number).ok()
}
