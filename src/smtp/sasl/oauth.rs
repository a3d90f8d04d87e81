//! XOAUTH2 and OAUTHBEARER (RFC 7628): the client sends a bearer token; a server that refuses it
//! sends the reason as a challenge, which the client acknowledges.

use super::credentials::Credentials;
use super::error::SaslError;
use super::masked_message::{MaskedMessage, lossy, mask};
use super::mechanism::Mechanism;
use super::secret_shape::SecretShape;

/// Ends each field (RFC 7628 section 3.1).
const SEPARATOR: u8 = 1;
/// The beginning of the field that contains the token.
const TOKEN_PREFIX: &[u8] = b"auth=Bearer ";
/// The fields that are not secret.
const PUBLIC_PREFIXES: [&[u8]; 3] = [b"user=", b"host=", b"port="];

/// Builds the message of XOAUTH2.
pub(super) fn xoauth2(credentials: &Credentials) -> Vec<u8> {
    let user = [b"user=", credentials.user.as_bytes()].concat();
    join_fields(&[&user], credentials)
}

/// Builds the message of OAUTHBEARER. Its authzid is that of the credentials or, if that is empty,
/// the user name (RFC 7628 section 3.1).
pub(super) fn oauthbearer(credentials: &Credentials) -> Vec<u8> {
    let Credentials {
        authzid,
        user,
        host,
        port,
        ..
    } = credentials;
    let authzid = if authzid.is_empty() { user } else { authzid };
    let header = if authzid.is_empty() {
        "n,,".to_owned()
    } else {
        format!("n,a={},", super::scram::escaped(authzid))
    };
    let (host, port) = (format!("host={host}"), format!("port={port}"));
    join_fields(
        &[header.as_bytes(), host.as_bytes(), port.as_bytes()],
        credentials,
    )
}

fn join_fields(public: &[&[u8]], credentials: &Credentials) -> Vec<u8> {
    let mut message = Vec::new();
    for field in public {
        message.extend_from_slice(field);
        message.push(SEPARATOR);
    }
    message.extend_from_slice(TOKEN_PREFIX);
    message.extend_from_slice(credentials.secret.reveal());
    message.extend_from_slice(&[SEPARATOR, SEPARATOR]);
    message
}

/// Rejects a separator in a field, and a control character in the token (RFC 6750 section 2.1).
pub(super) fn check(mechanism: Mechanism, credentials: &Credentials) -> Result<(), SaslError> {
    let has_separator = |bytes: &[u8]| bytes.contains(&SEPARATOR);
    let error = |field, character| SaslError::Character {
        field,
        character,
        mechanism,
    };
    if has_separator(credentials.user.as_bytes()) || has_separator(credentials.authzid.as_bytes()) {
        return Err(error("user name", "a ^A"));
    }
    let token = credentials.secret.reveal();
    if token.iter().any(u8::is_ascii_control) {
        return Err(error("token", "a line break or another control character"));
    }
    Ok(())
}

/// The response to the challenge with the reason of a refusal.
pub(super) fn acknowledge(mechanism: Mechanism) -> Vec<u8> {
    match mechanism {
        Mechanism::OAuthBearer => vec![SEPARATOR],
        _ => Vec::new(),
    }
}

/// Decodes a message of either mechanism.
pub(super) fn decode(bytes: &[u8]) -> MaskedMessage {
    if bytes == [SEPARATOR] {
        return MaskedMessage {
            text: "^A".to_owned(),
            ..MaskedMessage::default()
        };
    }
    let Some(body) = bytes.strip_suffix(&[SEPARATOR, SEPARATOR]) else {
        return MaskedMessage::opaque(bytes);
    };
    let mut message = MaskedMessage::default();
    for field in body.split(|&byte| byte == SEPARATOR) {
        let is_public = PUBLIC_PREFIXES.iter().any(|name| field.starts_with(name));
        let text = if let Some(token) = field.strip_prefix(TOKEN_PREFIX) {
            message.secret = Some(SecretShape::of(token));
            format!("auth=Bearer {}", mask(token))
        } else if is_public || (message.text.is_empty() && is_header(field)) {
            lossy(field)
        } else {
            // An unknown field may contain the token.
            mask(field)
        };
        for name in ["user=", "n,a="] {
            if let Some(user) = text.strip_prefix(name) {
                let user = super::scram::unescaped(user.trim_end_matches(','));
                message.user = Some(user);
            }
        }
        message.text.push_str(&text);
        message.text.push_str(" ^A ");
    }
    if message.secret.is_none() {
        return MaskedMessage::opaque(bytes);
    }
    message.text.push_str("^A");
    message
}

/// Whether a field is a GS2 header: `n,,` or `n,a=user,` (RFC 5801 section 4).
fn is_header(field: &[u8]) -> bool {
    field == b"n,," || (field.starts_with(b"n,a=") && field.ends_with(b","))
}
