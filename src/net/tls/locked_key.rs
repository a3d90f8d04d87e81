//! A private key under a passphrase: PKCS #8 with PBES2, PBKDF2 and AES or Triple DES in CBC mode
//! (RFC 8018), which is what openssl writes.

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
/// Rounds of PBKDF2, at the most: about ten seconds.
const ROUNDS_CAP: u32 = 20_000_000;

// Object identifiers, as DER has them.
const PBES2: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 5, 13];
const PBKDF2: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 5, 12];
/// `hmacWith…`; its last octet names the hash.
const HMAC: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 2];
/// `aes…-CBC`; its last octet names the size.
const AES: &[u8] = &[0x60, 0x86, 0x48, 1, 0x65, 3, 4, 1];
/// `des-EDE3-CBC`.
const TRIPLE_DES: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 3, 7];

// Tags of DER.
const INTEGER: u8 = 2;
const OCTETS: u8 = 4;
const IDENTIFIER: u8 = 6;
const SEQUENCE: u8 = 0x30;

/// Why an encrypted key could not be opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LockedKeyError {
    /// It is not what it says it is.
    #[error("the encrypted key is damaged")]
    Damaged,
    /// It is encrypted in a way that is not known here.
    #[error("the key is encrypted in a way ehlo does not know")]
    Unknown,
    /// The passphrase is another.
    #[error("the passphrase does not open the key")]
    Passphrase,
}

/// What makes a key of a passphrase.
#[derive(Clone, Copy)]
enum Hash {
    Sha1,
    Sha256,
    Sha384,
    Sha512,
}

/// What encrypted the key, and its initialisation vector.
#[derive(Clone, Copy)]
enum Cipher {
    Aes128([u8; 16]),
    Aes256([u8; 16]),
    TripleDes([u8; 8]),
}

/// A key that is encrypted.
pub(super) struct LockedKey {
    salt: Vec<u8>,
    rounds: u32,
    hash: Hash,
    cipher: Cipher,
    sealed: Vec<u8>,
}

impl LockedKey {
    /// The first encrypted key of a PEM file; nothing where there is none.
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
        use LockedKeyError::{Damaged, Unknown};
        let mut der = der;
        let mut whole = take(&mut der, SEQUENCE).ok_or(Damaged)?;
        let mut scheme = take(&mut whole, SEQUENCE).ok_or(Damaged)?;
        let sealed = take(&mut whole, OCTETS).ok_or(Damaged)?;
        if take(&mut scheme, IDENTIFIER).ok_or(Damaged)? != PBES2 {
            return Err(Unknown);
        }
        let mut parameters = take(&mut scheme, SEQUENCE).ok_or(Damaged)?;
        let mut derivation = take(&mut parameters, SEQUENCE).ok_or(Damaged)?;
        let mut cipher = take(&mut parameters, SEQUENCE).ok_or(Damaged)?;
        if take(&mut derivation, IDENTIFIER).ok_or(Damaged)? != PBKDF2 {
            return Err(Unknown);
        }
        let mut derivation = take(&mut derivation, SEQUENCE).ok_or(Damaged)?;
        let salt = take(&mut derivation, OCTETS).ok_or(Damaged)?.to_vec();
        let rounds = number(take(&mut derivation, INTEGER).ok_or(Damaged)?).ok_or(Unknown)?;
        // How long the key is goes without saying; it may be said.
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
                    _ => return Err(Unknown),
                }
            }
        };
        let name = take(&mut cipher, IDENTIFIER).ok_or(Damaged)?;
        let initial = take(&mut cipher, OCTETS);
        let cipher = match (name.strip_prefix(AES), initial) {
            (Some([2]), Some(initial)) => Cipher::Aes128(initial.try_into().map_err(|_| Damaged)?),
            (Some([0x2a]), Some(initial)) => {
                Cipher::Aes256(initial.try_into().map_err(|_| Damaged)?)
            }
            (None, Some(initial)) if name == TRIPLE_DES => {
                Cipher::TripleDes(initial.try_into().map_err(|_| Damaged)?)
            }
            _ => return Err(Unknown),
        };
        if rounds == 0 || rounds > ROUNDS_CAP {
            return Err(Unknown);
        }
        Ok(Self {
            salt,
            rounds,
            hash,
            cipher,
            sealed: sealed.to_vec(),
        })
    }

    /// Opens it.
    pub(super) fn open(
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
        let opened = self.cipher.decrypt(key, &mut self.sealed);
        let opened = opened.ok_or(LockedKeyError::Passphrase)?;
        // One wrong passphrase in 256 leaves a good padding behind, and no key.
        match opened.first() {
            Some(&SEQUENCE) => Ok(PrivatePkcs8KeyDer::from(opened).into()),
            _ => Err(LockedKeyError::Passphrase),
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

    /// Nothing where the key is wrong.
    fn decrypt(self, key: &[u8], sealed: &mut [u8]) -> Option<Vec<u8>> {
        let (algorithm, initial) = match self {
            Self::Aes128(initial) => (&AES_128, initial),
            Self::Aes256(initial) => (&AES_256, initial),
            Self::TripleDes(initial) => {
                let cipher = cbc::Decryptor::<TdesEde3>::new_from_slices(key, &initial).ok()?;
                return cipher
                    .decrypt_padded::<Pkcs7>(sealed)
                    .ok()
                    .map(<[u8]>::to_vec);
            }
        };
        let context = DecryptionContext::Iv128(FixedLength::from(initial));
        let cipher = UnboundCipherKey::new(algorithm, key)
            .and_then(PaddedBlockDecryptingKey::cbc_pkcs7)
            .ok()?;
        cipher
            .decrypt(sealed, context)
            .ok()
            .map(|opened| opened.to_vec())
    }
}

/// Takes the content of the next element, if it has this tag.
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

fn number(octets: &[u8]) -> Option<u32> {
    if octets.len() > 5 || octets.first().is_none_or(|first| first & 0x80 != 0) {
        return None;
    }
    let number = octets
        .iter()
        .fold(0_u64, |number, octet| number << 8 | u64::from(*octet));
    u32::try_from(number).ok()
}
