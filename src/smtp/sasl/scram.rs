//! The client side of SCRAM (RFC 5802, RFC 7677): both sides prove that they know the password
//! without sending it. The -PLUS variants also prove that both use the same TLS channel.

use std::borrow::Cow;

use super::binding::ChannelBinding;
use super::error::SaslError;
use super::hash::Hash;
use super::limits::ITERATIONS_CAP;
use super::masked_message::MaskedMessage;
use crate::smtp::base64;
use crate::smtp::secret::Secret;

/// The client's state in one exchange.
#[derive(Clone, Debug)]
pub(super) struct Scram {
    hash: Hash,
    nonce: String,
    /// The GS2 header, such as `n,a=bob,`.
    header: String,
    binding: Option<ChannelBinding>,
    /// The client-first-message without its header.
    first_bare: String,
    /// The signature the server has to send.
    expected_signature: Option<Secret>,
    /// The server has proved that it knows the password.
    pub(super) verified: bool,
}

/// The parsed server-first-message.
struct ServerFirst<'a> {
    nonce: &'a str,
    salt: Secret,
    iterations: u32,
}

/// The parsed server-final-message.
pub(super) enum ServerFinal {
    /// The server proved that it knows the password.
    Verified,
    /// The server refuses, for this reason (RFC 5802 section 7).
    Refused(String),
}

impl Scram {
    /// Creates the state of an exchange that has not begun. The names must already be prepared.
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
            expected_signature: None,
            verified: false,
        }
    }

    /// Builds the client-first-message.
    pub(super) fn client_first(&self) -> Vec<u8> {
        format!("{}{}", self.header, self.first_bare).into_bytes()
    }

    /// Builds the client-final-message.
    ///
    /// # Errors
    /// The server's message is not valid, its nonce does not continue ours, or it asks for fewer
    /// iterations than `fewest` or more than [`ITERATIONS_CAP`].
    pub(super) fn client_final(
        &mut self,
        server_first: &[u8],
        password: &[u8],
        fewest: u32,
    ) -> Result<Vec<u8>, SaslError> {
        let text = std::str::from_utf8(server_first)
            .map_err(|_| SaslError::NotScram("it is not UTF-8"))?;
        let ServerFirst {
            nonce,
            salt,
            iterations,
        } = parse_server_first(text)?;
        if !nonce.starts_with(&self.nonce) || nonce.len() == self.nonce.len() {
            return Err(SaslError::ForeignNonce);
        }
        if iterations < fewest {
            return Err(SaslError::FewIterations(iterations));
        }
        let mut bound = self.header.clone().into_bytes();
        if let Some(binding) = &self.binding {
            bound.extend_from_slice(&binding.data);
        }
        let without_proof = format!("c={},r={nonce}", base64::encode(&bound));
        let auth_message = format!("{},{text},{without_proof}", self.first_bare);
        let salted = self
            .hash
            .salted_password(password, salt.reveal(), iterations);
        let proof = self.hash.client_proof(&salted, auth_message.as_bytes());
        let signature = self.hash.server_signature(&salted, auth_message.as_bytes());
        self.expected_signature = Some(Secret::new(signature));
        let message = format!("{without_proof},p={}", base64::encode(&proof));
        Ok(message.into_bytes())
    }

    /// Checks the server-final-message.
    ///
    /// # Errors
    /// The message is not valid, or the signature is wrong.
    pub(super) fn verify(&mut self, server_final: &[u8]) -> Result<ServerFinal, SaslError> {
        let text = std::str::from_utf8(server_final)
            .map_err(|_| SaslError::NotScram("it is not UTF-8"))?;
        if let Some(reason) = attribute(text, "e") {
            return Ok(ServerFinal::Refused(reason.to_owned()));
        }
        let signature =
            attribute(text, "v").ok_or(SaslError::NotScram("neither signature v= nor error e="))?;
        let signature = base64::decode(signature.as_bytes());
        if self.expected_signature.as_ref() != Some(&signature.bytes) {
            return Err(SaslError::Signature);
        }
        self.verified = true;
        Ok(ServerFinal::Verified)
    }
}

fn parse_server_first(text: &str) -> Result<ServerFirst<'_>, SaslError> {
    if text.starts_with("m=") {
        return Err(SaslError::NotScram("it asks for an extension (m=)"));
    }
    let nonce = attribute(text, "r").ok_or(SaslError::NotScram("no nonce r="))?;
    let salt = attribute(text, "s").ok_or(SaslError::NotScram("no salt s="))?;
    let salt = base64::decode(salt.as_bytes());
    if !salt.is_base64() || salt.bytes.is_empty() {
        return Err(SaslError::NotScram("its salt s= is not base64"));
    }
    let iterations = attribute(text, "i").ok_or(SaslError::NotScram("no iteration count i="))?;
    let is_number = !iterations.is_empty() && iterations.bytes().all(|byte| byte.is_ascii_digit());
    let number = match iterations.parse::<u64>() {
        Ok(0) => return Err(SaslError::NotScram("its iteration count i= is zero")),
        Ok(number) if is_number => number,
        Err(_) if is_number => u64::MAX,
        _ => {
            return Err(SaslError::NotScram(
                "its iteration count i= is not a number",
            ));
        }
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

/// The value of an attribute `name=value` in a list separated by commas (RFC 5802 section 5.1).
pub fn attribute<'a>(text: &'a str, name: &str) -> Option<&'a str> {
    let mut attributes = text.split(',');
    attributes.find_map(|attribute| attribute.strip_prefix(name)?.strip_prefix('='))
}

/// Escapes a name as a saslname (RFC 5802 section 5.1).
pub(super) fn escaped(name: &str) -> String {
    name.replace('=', "=3D").replace(',', "=2C")
}

/// Reverses [`escaped`].
pub(super) fn unescaped(name: &str) -> String {
    name.replace("=2C", ",").replace("=3D", "=")
}

/// Decodes a message of the client. The nonce and the proof are masked.
pub(super) fn decode(bytes: &[u8]) -> MaskedMessage {
    let Ok(text) = std::str::from_utf8(bytes) else {
        return MaskedMessage::opaque(bytes);
    };
    let text = text.trim_end_matches(['\r', '\n']);
    if let (Some(bound), Some(_), Some(_)) = (
        attribute(text, "c"),
        attribute(text, "r"),
        attribute(text, "p"),
    ) && text.starts_with("c=")
    {
        return MaskedMessage {
            text: format!("c={bound},r=<nonce>,p=<proof>"),
            ..MaskedMessage::default()
        };
    }
    let Some((header, user)) = split_first(text) else {
        return MaskedMessage::opaque(bytes);
    };
    MaskedMessage {
        text: format!("{header}n={user},r=<nonce>"),
        user: Some(unescaped(user)),
        authzid: attribute(header, "a").map(unescaped),
        ..MaskedMessage::default()
    }
}

/// The GS2 header and the escaped user name of a client-first-message.
fn split_first(text: &str) -> Option<(&str, &str)> {
    let mut parts = text.splitn(4, ',');
    let (flag, authzid, user, nonce) = (parts.next()?, parts.next()?, parts.next()?, parts.next()?);
    let header = flag.len() + authzid.len() + 2;
    let is_header = (matches!(flag, "n" | "y") || flag.starts_with("p="))
        && (authzid.is_empty() || authzid.starts_with("a="));
    nonce.strip_prefix("r=")?;
    is_header.then_some((&text[..header], user.strip_prefix("n=")?))
}

/// A password prepared with SASLprep (RFC 4013).
///
/// If SASLprep forbids a character, the password is unchanged: many servers prepare nothing, so
/// they expect the original octets.
#[derive(Debug)]
pub(super) struct PreparedPassword {
    pub(super) bytes: Secret,
    /// A warning for the user, if there is something to know.
    pub(super) warning: Option<&'static str>,
}

/// Prepares a password as a stored string (RFC 5802 section 2.2).
pub(super) fn prepare_password(secret: &Secret) -> PreparedPassword {
    let unchanged = |warning| PreparedPassword {
        bytes: secret.clone(),
        warning,
    };
    let Ok(text) = std::str::from_utf8(secret.reveal()) else {
        return unchanged(Some(
            "the password is not UTF-8, which SCRAM requires: its octets are used unchanged",
        ));
    };
    match stringprep::saslprep(text) {
        Ok(prepared) if prepared == text => unchanged(None),
        Ok(prepared) => PreparedPassword {
            bytes: Secret::new(prepared.into_owned().into_bytes()),
            warning: Some(
                "SASLprep changed the password (RFC 4013); a server without SASLprep will refuse \
                 it",
            ),
        },
        // The error names the character, which is part of the password.
        Err(_) => unchanged(Some(
            "the password contains a character that SASLprep forbids (RFC 4013): it is used \
             unchanged",
        )),
    }
}

/// Prepares a user name with SASLprep; returns it unchanged if a character is forbidden.
pub(super) fn prepare_name(name: &str) -> String {
    stringprep::saslprep(name).map_or_else(|_| name.to_owned(), Cow::into_owned)
}
