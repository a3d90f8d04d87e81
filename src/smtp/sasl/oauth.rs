//! XOAUTH2 and OAUTHBEARER (RFC 7628): one message with a bearer token; where it is refused, a
//! challenge with the reason and one more answer that says nothing.

use super::credentials::Credentials;
use super::error::SaslError;
use super::mechanism::Mechanism;
use super::reading::{Reading, mask, open};
use super::shape::Shape;

/// What parts the fields (RFC 7628 section 3.1).
const END: u8 = 1;
/// What the token stands behind.
const TOKEN: &[u8] = b"auth=Bearer ";
/// Fields that are no secret.
const OPEN: [&[u8]; 3] = [b"user=", b"host=", b"port="];

/// The message of XOAUTH2.
pub(super) fn xoauth2(credentials: &Credentials) -> Vec<u8> {
    let user = [b"user=", credentials.user.as_bytes()].concat();
    fields(&[&user], credentials)
}

/// The message of OAUTHBEARER. The user, if there is one, stands as the authzid (RFC 7628 section
/// 3.1), another one given in its place.
pub(super) fn oauthbearer(credentials: &Credentials) -> Vec<u8> {
    let Credentials {
        authzid,
        user,
        host,
        port,
        ..
    } = credentials;
    let whom = if authzid.is_empty() { user } else { authzid };
    let header = if whom.is_empty() {
        "n,,".to_owned()
    } else {
        format!("n,a={},", super::scram::escaped(whom))
    };
    let (host, port) = (format!("host={host}"), format!("port={port}"));
    fields(
        &[header.as_bytes(), host.as_bytes(), port.as_bytes()],
        credentials,
    )
}

fn fields(open: &[&[u8]], credentials: &Credentials) -> Vec<u8> {
    let mut message = Vec::new();
    for field in open {
        message.extend_from_slice(field);
        message.push(END);
    }
    message.extend_from_slice(TOKEN);
    message.extend_from_slice(credentials.secret.reveal());
    message.extend_from_slice(&[END, END]);
    message
}

/// No field may hold what ends it, nor a token a blank or control character (RFC 6750 section 2.1).
pub(super) fn check(mechanism: Mechanism, credentials: &Credentials) -> Result<(), SaslError> {
    let ends = |bytes: &[u8]| bytes.contains(&END);
    let error = |field, character| SaslError::Character {
        field,
        character,
        mechanism,
    };
    if ends(credentials.user.as_bytes()) || ends(credentials.authzid.as_bytes()) {
        return Err(error("user name", "a ^A"));
    }
    let token = credentials.secret.reveal();
    if token.iter().any(u8::is_ascii_control) {
        return Err(error("token", "a line break or another control character"));
    }
    Ok(())
}

/// The answer to the challenge that tells why the token is refused.
pub(super) fn acknowledge(mechanism: Mechanism) -> Vec<u8> {
    match mechanism {
        Mechanism::OAuthBearer => vec![END],
        _ => Vec::new(),
    }
}

pub(super) fn read(bytes: &[u8]) -> Reading {
    if bytes == [END] {
        return Reading {
            text: "^A".to_owned(),
            ..Reading::default()
        };
    }
    let Some(body) = bytes.strip_suffix(&[END, END]) else {
        return Reading::masked(bytes);
    };
    let mut reading = Reading::default();
    for field in body.split(|&byte| byte == END) {
        let is_open = OPEN.iter().any(|name| field.starts_with(name));
        let text = if let Some(token) = field.strip_prefix(TOKEN) {
            reading.secret = Some(Shape::of(token));
            format!("auth=Bearer {}", mask(token))
        } else if is_open || (reading.text.is_empty() && is_header(field)) {
            open(field)
        } else {
            // Whatever this is, it may hold the token.
            mask(field)
        };
        for name in ["user=", "n,a="] {
            if let Some(user) = text.strip_prefix(name) {
                let user = super::scram::unescaped(user.trim_end_matches(','));
                reading.user = Some(user);
            }
        }
        reading.text.push_str(&text);
        reading.text.push_str(" ^A ");
    }
    if reading.secret.is_none() {
        return Reading::masked(bytes);
    }
    reading.text.push_str("^A");
    reading
}

/// `n,,` or `n,a=user,` (RFC 5801 section 4).
fn is_header(field: &[u8]) -> bool {
    field == b"n,," || (field.starts_with(b"n,a=") && field.ends_with(b","))
}
