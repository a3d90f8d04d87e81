//! SHA-256 fingerprints of certificates and keys, read and written in hex and in base64.

use std::fmt;
use std::str::FromStr;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use sha2::{Digest as _, Sha256};

/// Octets of a SHA-256.
const OCTETS: usize = 32;
/// Prefixes that openssl, curl and browsers write before a fingerprint.
const PREFIXES: [&str; 3] = ["sha256//", "sha256/", "sha256:"];

/// The SHA-256 of a certificate, or of its public key (the SubjectPublicKeyInfo, the pin of RFC
/// 7469 section 2.4).
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Fingerprint([u8; OCTETS]);

/// The text is not a fingerprint.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("invalid SHA-256 {0:?}: use 64 hex digits or 44 base64 characters")]
pub struct ParseFingerprintError(String);

impl Fingerprint {
    /// The fingerprint of these octets.
    pub fn of(octets: &[u8]) -> Self {
        Self(Sha256::digest(octets).into())
    }

    /// The fingerprint in upper-case hex with colons between octets, as openssl prints it.
    pub fn hex(&self) -> String {
        let octets: Vec<String> = self.0.iter().map(|octet| format!("{octet:02X}")).collect();
        octets.join(":")
    }

    /// The fingerprint in base64, the usual form of a pin.
    pub fn base64(&self) -> String {
        BASE64_STANDARD.encode(self.0)
    }
}

impl fmt::Display for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.base64())
    }
}

impl fmt::Debug for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl FromStr for Fingerprint {
    type Err = ParseFingerprintError;

    fn from_str(text: &str) -> Result<Self, ParseFingerprintError> {
        let trimmed = text.trim();
        let bare = PREFIXES
            .iter()
            .find_map(|prefix| {
                let head = trimmed.get(..prefix.len())?;
                head.eq_ignore_ascii_case(prefix)
                    .then(|| &trimmed[prefix.len()..])
            })
            .unwrap_or(trimmed);
        let octets = from_hex(bare).or_else(|| from_base64(bare));
        octets
            .map(Self)
            .ok_or_else(|| ParseFingerprintError(text.to_owned()))
    }
}

fn from_hex(text: &str) -> Option<[u8; OCTETS]> {
    let digits: Vec<u8> = text
        .bytes()
        .filter(|octet| *octet != b':')
        .map(|octet| char::from(octet).to_digit(16))
        .map(|digit| digit.and_then(|digit| u8::try_from(digit).ok()))
        .collect::<Option<_>>()?;
    let octets: Vec<u8> = digits
        .chunks_exact(2)
        .map(|pair| pair[0] << 4 | pair[1])
        .collect();
    (digits.len() == 2 * OCTETS)
        .then(|| octets.try_into().ok())
        .flatten()
}

fn from_base64(text: &str) -> Option<[u8; OCTETS]> {
    // 32 octets are padded with one "=", which is easily lost when copying.
    let padded = if text.ends_with('=') {
        text.to_owned()
    } else {
        format!("{text}=")
    };
    BASE64_STANDARD.decode(padded).ok()?.try_into().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parses_every_usual_form() {
        let fingerprint = Fingerprint::of(b"abc");
        let hex = fingerprint.hex();
        let base64 = fingerprint.base64();
        assert!(hex.starts_with("BA:78:16:BF"), "{hex}");
        let forms = [
            hex.clone(),
            hex.replace(':', "").to_lowercase(),
            format!("SHA256:{hex}"),
            base64.clone(),
            base64.trim_end_matches('=').to_owned(),
            format!("sha256//{base64}"),
            format!(" {base64} "),
        ];
        for form in forms {
            assert_eq!(form.parse(), Ok(fingerprint), "{form}");
        }
        let invalid = ["", "00", "ü", "sha256/", &hex[3..], &base64[1..], "sha1:00"];
        for text in invalid {
            let error = text.parse::<Fingerprint>().unwrap_err().to_string();
            assert!(error.contains("64 hex digits"), "{text}: {error}");
        }
    }
}
