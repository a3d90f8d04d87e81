//! SCRAM (RFC 5802, RFC 7677): both sides prove that they know the password, which itself is never
//! sent, and the -PLUS variants prove that they sit at the same TLS channel.

use std::borrow::Cow;

use hmac::{Hmac, KeyInit as _, Mac as _};
use sha1::Sha1;
use sha2::{Digest as _, Sha256};

use super::binding::ChannelBinding;
use super::error::SaslError;
use super::reading::Reading;
use crate::smtp::base64;
use crate::smtp::secret::Secret;

/// The most iterations that are done for a server: a hostile one could keep us busy for hours.
pub const ITERATIONS_CAP: u32 = 200_000;
/// The fewest that RFC 7677 section 4 allows; a server with fewer is told of, and served.
pub const ITERATIONS_LEAST: u32 = 4096;

/// The hash of a variant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Hash {
    /// SCRAM-SHA-1.
    Sha1,
    /// SCRAM-SHA-256.
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
        // HMAC takes keys of any length, so neither can fail.
        match self {
            Self::Sha1 => Hmac::<Sha1>::new_from_slice(key)
                .map(|mac| mac.chain_update(bytes).finalize().into_bytes().to_vec()),
            Self::Sha256 => Hmac::<Sha256>::new_from_slice(key)
                .map(|mac| mac.chain_update(bytes).finalize().into_bytes().to_vec()),
        }
        .unwrap_or_default()
    }

    /// `Hi(password, salt, iterations)`.
    pub fn salted(self, password: &[u8], salt: &[u8], iterations: u32) -> Secret {
        let mut salted = vec![0; self.digest(b"").len()];
        match self {
            Self::Sha1 => pbkdf2::pbkdf2_hmac::<Sha1>(password, salt, iterations, &mut salted),
            Self::Sha256 => pbkdf2::pbkdf2_hmac::<Sha256>(password, salt, iterations, &mut salted),
        }
        Secret::new(salted)
    }

    /// The client's proof for what was said.
    pub fn proof(self, salted: &Secret, said: &[u8]) -> Vec<u8> {
        let key = Secret::new(self.hmac(salted.reveal(), b"Client Key"));
        let signature = self.hmac(&self.digest(key.reveal()), said);
        let pairs = key.reveal().iter().zip(signature);
        pairs.map(|(key, signature)| key ^ signature).collect()
    }

    /// The server's signature under what was said.
    pub fn signature(self, salted: &Secret, said: &[u8]) -> Vec<u8> {
        let key = Secret::new(self.hmac(salted.reveal(), b"Server Key"));
        self.hmac(key.reveal(), said)
    }
}

/// The client's side of an exchange.
#[derive(Clone, Debug)]
pub(super) struct Scram {
    hash: Hash,
    nonce: String,
    /// What the exchange is bound to, and the flag of it: `n,a=bob,`.
    header: String,
    binding: Option<ChannelBinding>,
    first_bare: String,
    /// What the server has to sign with.
    expected: Option<Secret>,
    /// The server has proved that it knows the password.
    pub(super) proven: bool,
}

/// What the server said first, taken apart.
struct ServerFirst<'a> {
    nonce: &'a str,
    salt: Secret,
    iterations: u32,
}

/// What the server said last.
pub(super) enum Last {
    /// It proved that it knows the password.
    Proven,
    /// It refuses, for this reason (RFC 5802 section 7).
    Refused(String),
}

impl Scram {
    /// An exchange that was not begun. The names are sent as SASLprep left them.
    pub(super) fn new(
        hash: Hash,
        authzid: &str,
        user: &str,
        nonce: String,
        binding: Option<ChannelBinding>,
    ) -> Self {
        let flag = binding.as_ref().map_or_else(
            || "n".to_owned(),
            |binding| format!("p={}", binding.kind.name()),
        );
        let authzid = if authzid.is_empty() {
            String::new()
        } else {
            format!("a={}", escaped(authzid))
        };
        Self {
            hash,
            header: format!("{flag},{authzid},"),
            binding,
            first_bare: format!("n={},r={nonce}", escaped(user)),
            nonce,
            expected: None,
            proven: false,
        }
    }

    /// The client-first-message.
    pub(super) fn first(&self) -> Vec<u8> {
        format!("{}{}", self.header, self.first_bare).into_bytes()
    }

    /// The client-final-message, with how many iterations it took.
    pub(super) fn last(
        &mut self,
        server_first: &[u8],
        password: &[u8],
    ) -> Result<(Vec<u8>, u32), SaslError> {
        let text = std::str::from_utf8(server_first)
            .map_err(|_| SaslError::NotScram("it is not UTF-8"))?;
        let ServerFirst {
            nonce,
            salt,
            iterations,
        } = parse_first(text)?;
        if !nonce.starts_with(&self.nonce) || nonce.len() == self.nonce.len() {
            return Err(SaslError::ForeignNonce);
        }
        let mut bound = self.header.clone().into_bytes();
        if let Some(binding) = &self.binding {
            bound.extend_from_slice(&binding.data);
        }
        let without_proof = format!("c={},r={nonce}", base64::encode(&bound));
        let said = format!("{},{text},{without_proof}", self.first_bare);
        let salted = self.hash.salted(password, salt.reveal(), iterations);
        let proof = self.hash.proof(&salted, said.as_bytes());
        self.expected = Some(Secret::new(self.hash.signature(&salted, said.as_bytes())));
        let message = format!("{without_proof},p={}", base64::encode(&proof));
        Ok((message.into_bytes(), iterations))
    }

    /// Checks the server-final-message.
    pub(super) fn verify(&mut self, server_last: &[u8]) -> Result<Last, SaslError> {
        let text =
            std::str::from_utf8(server_last).map_err(|_| SaslError::NotScram("it is not UTF-8"))?;
        if let Some(reason) = attribute(text, "e") {
            return Ok(Last::Refused(reason.to_owned()));
        }
        let signature =
            attribute(text, "v").ok_or(SaslError::NotScram("neither signature v= nor error e="))?;
        let signature = base64::decode(signature.as_bytes());
        if self.expected.as_ref() != Some(&signature.bytes) {
            return Err(SaslError::Signature);
        }
        self.proven = true;
        Ok(Last::Proven)
    }
}

fn parse_first(text: &str) -> Result<ServerFirst<'_>, SaslError> {
    if text.starts_with("m=") {
        return Err(SaslError::NotScram("it asks for an extension (m=)"));
    }
    let nonce = attribute(text, "r").ok_or(SaslError::NotScram("no nonce r="))?;
    let salt = attribute(text, "s").ok_or(SaslError::NotScram("no salt s="))?;
    let salt = base64::decode(salt.as_bytes());
    if !salt.is_base64() || salt.bytes.is_empty() {
        return Err(SaslError::NotScram("its salt s= is not base64"));
    }
    let iterations = attribute(text, "i").ok_or(SaslError::NotScram("no iterations i="))?;
    let is_number = !iterations.is_empty() && iterations.bytes().all(|byte| byte.is_ascii_digit());
    let number = match iterations.parse::<u64>() {
        Ok(0) => return Err(SaslError::NotScram("its iterations i= are none")),
        Ok(number) if is_number => number,
        Err(_) if is_number => u64::MAX,
        _ => return Err(SaslError::NotScram("its iterations i= are no number")),
    };
    match u32::try_from(number) {
        Ok(iterations) if iterations <= ITERATIONS_CAP => Ok(ServerFirst {
            nonce,
            salt: salt.bytes,
            iterations,
        }),
        _ => Err(SaslError::Iterations(number)),
    }
}

/// The value of an attribute `name=value` between commas (RFC 5802 section 5.1).
pub fn attribute<'a>(text: &'a str, name: &str) -> Option<&'a str> {
    let mut attributes = text.split(',');
    attributes.find_map(|attribute| attribute.strip_prefix(name)?.strip_prefix('='))
}

/// A name as a saslname (RFC 5802 section 5.1).
pub(super) fn escaped(name: &str) -> String {
    name.replace('=', "=3D").replace(',', "=2C")
}

pub(super) fn unescaped(name: &str) -> String {
    name.replace("=2C", ",").replace("=3D", "=")
}

pub(super) fn read(bytes: &[u8]) -> Reading {
    let Ok(text) = std::str::from_utf8(bytes) else {
        return Reading::masked(bytes);
    };
    let text = text.trim_end_matches(['\r', '\n']);
    if let (Some(bound), Some(_), Some(_)) = (
        attribute(text, "c"),
        attribute(text, "r"),
        attribute(text, "p"),
    ) && text.starts_with("c=")
    {
        return Reading {
            text: format!("c={bound},r=<nonce>,p=<proof>"),
            ..Reading::default()
        };
    }
    let Some((header, user)) = split_first(text) else {
        return Reading::masked(bytes);
    };
    Reading {
        text: format!("{header}n={user},r=<nonce>"),
        user: Some(unescaped(user)),
        authzid: attribute(header, "a").map(unescaped),
        ..Reading::default()
    }
}

/// The header and the user of a client-first-message.
fn split_first(text: &str) -> Option<(&str, &str)> {
    let mut parts = text.splitn(4, ',');
    let (flag, authzid, user, nonce) = (parts.next()?, parts.next()?, parts.next()?, parts.next()?);
    let header = flag.len() + authzid.len() + 2;
    let is_header = (matches!(flag, "n" | "y") || flag.starts_with("p="))
        && (authzid.is_empty() || authzid.starts_with("a="));
    nonce.strip_prefix("r=")?;
    is_header.then_some((&text[..header], user.strip_prefix("n=")?))
}

/// Names and passwords as SASLprep (RFC 4013) has them. Where it forbids a character, the octets as
/// they are: a server that prepares nothing, as many do, knows no others.
#[derive(Debug)]
pub(super) struct Prepared {
    pub(super) bytes: Secret,
    /// What there is to say about it; nothing where it changed nothing.
    pub(super) words: Option<&'static str>,
}

/// Prepares a password, as a stored string (RFC 5802 section 2.2).
pub(super) fn prepare(secret: &Secret) -> Prepared {
    let as_it_is = |words| Prepared {
        bytes: secret.clone(),
        words,
    };
    let Ok(text) = std::str::from_utf8(secret.reveal()) else {
        return as_it_is(Some(
            "the password is not UTF-8, which SCRAM asks for: its octets are used as they are",
        ));
    };
    match stringprep::saslprep(text) {
        Ok(prepared) if prepared == text => as_it_is(None),
        Ok(prepared) => Prepared {
            bytes: Secret::new(prepared.into_owned().into_bytes()),
            words: Some(
                "SASLprep changed the password (RFC 4013); a server that does not prepare it refuses it",
            ),
        },
        // The error names the character, which is part of the password.
        Err(_) => as_it_is(Some(
            "the password has a character that SASLprep forbids (RFC 4013): it is used as it is",
        )),
    }
}

/// Prepares a user name.
pub(super) fn prepare_name(name: &str) -> String {
    stringprep::saslprep(name).map_or_else(|_| name.to_owned(), Cow::into_owned)
}
