//! The mechanisms without cryptography: PLAIN (RFC 4616), LOGIN, EXTERNAL (RFC 4422 appendix A)
//! and ANONYMOUS (RFC 4505). Also decodes the response of CRAM-MD5.

use super::credentials::Credentials;
use super::error::SaslError;
use super::masked_message::{MaskedMessage, MessageIssue, lossy, mask};
use super::mechanism::Mechanism;
use super::secret_shape::SecretShape;
use crate::smtp::base64;

/// The length of an MD5 digest in hexadecimal.
const DIGEST_LETTERS: usize = 32;

/// Builds the message of PLAIN: authzid NUL authcid NUL password.
pub(super) fn plain(credentials: &Credentials) -> Vec<u8> {
    let Credentials {
        authzid,
        user,
        secret,
        ..
    } = credentials;
    [authzid.as_bytes(), user.as_bytes(), secret.reveal()].join(&0)
}

/// Rejects a NUL in a field: PLAIN separates its fields by NULs.
pub(super) fn check_plain(credentials: &Credentials) -> Result<(), SaslError> {
    let fields = [
        ("authzid", credentials.authzid.as_bytes()),
        ("user name", credentials.user.as_bytes()),
        ("password", credentials.secret.reveal()),
    ];
    match fields.into_iter().find(|(_, bytes)| bytes.contains(&0)) {
        Some((field, _)) => Err(SaslError::Character {
            field,
            character: "a NUL",
            mechanism: Mechanism::Plain,
        }),
        None => Ok(()),
    }
}

/// Decodes a message of PLAIN.
pub(super) fn decode_plain(bytes: &[u8]) -> MaskedMessage {
    let mut fields = bytes.split(|&byte| byte == 0);
    let (Some(authzid), Some(user), Some(password), None) =
        (fields.next(), fields.next(), fields.next(), fields.next())
    else {
        // If the fields are not clear, any of them may be the password.
        return MaskedMessage {
            issues: vec![MessageIssue::NulCount(base64::count_nuls(bytes))],
            ..MaskedMessage::opaque(bytes)
        };
    };
    if password.is_empty() {
        // The NULs are in the wrong places: what looks like the user name may be the password.
        return MaskedMessage::opaque(bytes);
    }
    let space = if authzid.is_empty() { "" } else { " " };
    let (acting_as, name) = (lossy(authzid), lossy(user));
    MaskedMessage {
        text: format!("{acting_as}{space}NUL {name} NUL {}", mask(password)),
        issues: (!authzid.is_empty() && authzid == user)
            .then_some(MessageIssue::RedundantAuthzid)
            .into_iter()
            .collect(),
        user: Some(name),
        authzid: (!authzid.is_empty()).then_some(acting_as),
        secret: Some(SecretShape::of(password)),
    }
}

/// Decodes a response of LOGIN: first the user name, then the password, unless the challenge asks
/// for the other one.
pub(super) fn decode_login(step: usize, challenge: &[u8], bytes: &[u8]) -> MaskedMessage {
    if asks_for(challenge, b"user") || (step == 0 && !asks_for(challenge, b"pass")) {
        return decode_name(bytes);
    }
    MaskedMessage {
        secret: Some(SecretShape::of(bytes)),
        ..MaskedMessage::opaque(bytes)
    }
}

/// Whether a challenge of LOGIN begins with this word, in any letter case.
pub(super) fn asks_for(challenge: &[u8], word: &[u8]) -> bool {
    let head = challenge.get(..word.len());
    head.is_some_and(|head| head.eq_ignore_ascii_case(word))
}

/// Decodes a message that is a name or a trace.
pub(super) fn decode_name(bytes: &[u8]) -> MaskedMessage {
    // It may be a message of PLAIN in the wrong place, which contains the password.
    if bytes.contains(&0) {
        return MaskedMessage::opaque(bytes);
    }
    let name = lossy(bytes);
    MaskedMessage {
        text: name.clone(),
        user: Some(name),
        ..MaskedMessage::default()
    }
}

/// Decodes `user digest`. The digest is masked: with the challenge, it allows guessing the
/// password.
pub(super) fn decode_cram_md5(bytes: &[u8]) -> MaskedMessage {
    let space = bytes.iter().rposition(|&byte| byte == b' ');
    let Some((user, digest)) = space.map(|at| (&bytes[..at], bytes[at + 1..].trim_ascii_end()))
    else {
        return MaskedMessage::opaque(bytes);
    };
    let hexadecimal = |byte: &u8| byte.is_ascii_hexdigit() && !byte.is_ascii_uppercase();
    if digest.len() != DIGEST_LETTERS || !digest.iter().all(hexadecimal) {
        return MaskedMessage::opaque(bytes);
    }
    let user = lossy(user);
    MaskedMessage {
        text: format!("{user} <digest of {DIGEST_LETTERS} characters>"),
        user: Some(user),
        ..MaskedMessage::default()
    }
}
