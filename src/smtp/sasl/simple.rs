//! The mechanisms that only lay fields side by side: PLAIN (RFC 4616), LOGIN, EXTERNAL (RFC 4422
//! appendix A), ANONYMOUS (RFC 4505); and how these and CRAM-MD5's answer read.

use super::credentials::Credentials;
use super::error::SaslError;
use super::mechanism::Mechanism;
use super::reading::{Finding, Reading, mask, open};
use super::shape::Shape;
use crate::smtp::base64;

/// Letters of an MD5 digest in hexadecimal.
const DIGEST: usize = 32;

/// The message of PLAIN: authzid NUL authcid NUL password.
pub(super) fn plain(credentials: &Credentials) -> Vec<u8> {
    let Credentials {
        authzid,
        user,
        secret,
        ..
    } = credentials;
    [authzid.as_bytes(), user.as_bytes(), secret.reveal()].join(&0)
}

/// PLAIN's fields are told apart by NULs, so none may hold one.
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

pub(super) fn read_plain(bytes: &[u8]) -> Reading {
    let mut fields = bytes.split(|&byte| byte == 0);
    let (Some(authzid), Some(user), Some(password), None) =
        (fields.next(), fields.next(), fields.next(), fields.next())
    else {
        // Where the fields are not clear, any of them may be the password.
        return Reading {
            findings: vec![Finding::Nuls(base64::nuls(bytes))],
            ..Reading::masked(bytes)
        };
    };
    if password.is_empty() {
        // The NULs stand in the wrong places, and what looks like the user may be the password.
        return Reading::masked(bytes);
    }
    let space = if authzid.is_empty() { "" } else { " " };
    let (named, name) = (open(authzid), open(user));
    Reading {
        text: format!("{named}{space}NUL {name} NUL {}", mask(password)),
        findings: (!authzid.is_empty() && authzid == user)
            .then_some(Finding::SameAuthzid)
            .into_iter()
            .collect(),
        user: Some(name),
        authzid: (!authzid.is_empty()).then_some(named),
        secret: Some(Shape::of(password)),
    }
}

/// The first answer of LOGIN is the user name, the second the password; a server that asks for the
/// password first gets it first.
pub(super) fn read_login(step: usize, challenge: &[u8], bytes: &[u8]) -> Reading {
    if asks_for(challenge, b"user") || (step == 0 && !asks_for(challenge, b"pass")) {
        return read_name(bytes);
    }
    Reading {
        secret: Some(Shape::of(bytes)),
        ..Reading::masked(bytes)
    }
}

/// Whether a prompt of LOGIN begins with this word.
pub(super) fn asks_for(prompt: &[u8], word: &[u8]) -> bool {
    let head = prompt.get(..word.len());
    head.is_some_and(|head| head.eq_ignore_ascii_case(word))
}

pub(super) fn read_name(bytes: &[u8]) -> Reading {
    // A message of PLAIN in the wrong place has the password in it.
    if bytes.contains(&0) {
        return Reading::masked(bytes);
    }
    let name = open(bytes);
    Reading {
        text: name.clone(),
        user: Some(name),
        ..Reading::default()
    }
}

/// `user digest`: with the challenge a digest lets anybody try passwords, so it is masked too.
pub(super) fn read_cram_md5(bytes: &[u8]) -> Reading {
    let space = bytes.iter().rposition(|&byte| byte == b' ');
    let Some((user, digest)) = space.map(|at| (&bytes[..at], bytes[at + 1..].trim_ascii_end()))
    else {
        return Reading::masked(bytes);
    };
    let hexadecimal = |byte: &u8| byte.is_ascii_hexdigit() && !byte.is_ascii_uppercase();
    if digest.len() != DIGEST || !digest.iter().all(hexadecimal) {
        return Reading::masked(bytes);
    }
    let user = open(user);
    Reading {
        text: format!("{user} <digest of {DIGEST} characters>"),
        user: Some(user),
        ..Reading::default()
    }
}
