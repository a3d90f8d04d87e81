//! What a certificate or a key is known by: its SHA-256, read and written in hex and in base64.

use std::fmt;
use std::str::FromStr;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use sha2::{Digest as _, Sha256};

/// Octets of a SHA-256.
const OCTETS: usize = 32;
/// What may stand before one, as openssl, curl and browsers write it.
const PREFIXES: [&str; 3] = ["sha256//", "sha256/", "sha256:"];

/// The SHA-256 of a certificate, or of the public key in it (its SubjectPublicKeyInfo, as RFC 7469
/// section 2.4 pins it).
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Fingerprint([u8; OCTETS]);

/// A text is no fingerprint.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is no SHA-256: write its 64 hex digits or its 44 characters of base64")]
pub struct NoFingerprint(String);

impl Fingerprint {
    /// The fingerprint of these octets.
    pub fn of(octets: &[u8]) -> Self {
        Self(Sha256::digest(octets).into())
    }

    /// As hex in capitals, a colon between octets, as openssl has it.
    pub fn hex(&self) -> String {
        let octets: Vec<String> = self.0.iter().map(|octet| format!("{octet:02X}")).collect();
        octets.join(":")
    }

    /// As base64, the form of a pin.
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
    type Err = NoFingerprint;

    fn from_str(text: &str) -> Result<Self, NoFingerprint> {
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
            .ok_or_else(|| NoFingerprint(text.to_owned()))
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
    // 32 octets leave one "=" behind, which people lose when they copy.
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
    fn a_fingerprint_is_read_in_every_usual_form() {
        let print = Fingerprint::of(b"abc");
        let hex = print.hex();
        let base64 = print.base64();
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
            assert_eq!(form.parse(), Ok(print), "{form}");
        }
        let none = ["", "00", "ü", "sha256/", &hex[3..], &base64[1..], "sha1:00"];
        for text in none {
            let error = text.parse::<Fingerprint>().unwrap_err().to_string();
            assert!(error.contains("64 hex digits"), "{text}: {error}");
        }
    }
}
