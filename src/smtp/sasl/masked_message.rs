//! A decoded message of the client: user names in plain text, secrets replaced by their length.

use std::fmt;

use super::mechanism::Mechanism;
use super::secret_shape::SecretShape;
use crate::smtp::base64;

/// A probable mistake in a message of the client.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MessageIssue {
    /// The base64 text has a problem.
    Encoding(base64::EncodingIssue),
    /// The decoded octets have a problem.
    Content(base64::ContentIssue),
    /// A message of PLAIN does not contain exactly two NULs.
    NulCount(usize),
    /// The authzid repeats the user name; it should be empty.
    RedundantAuthzid,
    /// LOGIN: the server asked for the user name again, and something else than before was sent.
    SecondName,
    /// The message does not have the format of its mechanism.
    WrongFormat(Mechanism),
}

impl fmt::Display for MessageIssue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Encoding(issue) => issue.fmt(f),
            Self::Content(issue) => issue.fmt(f),
            Self::NulCount(1) => f.write_str("1 NUL, PLAIN needs 2"),
            Self::NulCount(number) => write!(f, "{number} NULs, PLAIN needs 2"),
            Self::RedundantAuthzid => f.write_str("authzid is the user name: leave it empty"),
            Self::SecondName => f.write_str("sent as the user name: the server asked for it again"),
            Self::WrongFormat(mechanism) => write!(f, "not in the format of {mechanism}"),
        }
    }
}

/// A decoded message of the client. It contains no octet of a secret.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct MaskedMessage {
    /// The message with its secrets masked: `NUL alice NUL ****** (10 characters)`.
    pub text: String,
    /// The user name in it.
    pub user: Option<String>,
    /// The authzid in it, if it is not empty.
    pub authzid: Option<String>,
    /// Length and kinds of characters of the password or token in it.
    pub secret: Option<SecretShape>,
    /// Probable mistakes.
    pub issues: Vec<MessageIssue>,
}

impl MaskedMessage {
    /// Masks all octets: only their number is shown.
    pub(super) fn opaque(bytes: &[u8]) -> Self {
        Self {
            text: mask(bytes),
            ..Self::default()
        }
    }

    /// Masks the user name too: it may be a password in the wrong place.
    #[must_use]
    pub(crate) fn with_name_masked(self) -> Self {
        match self.user {
            Some(name) => Self {
                text: mask(name.as_bytes()),
                user: None,
                secret: Some(SecretShape::of(name.as_bytes())),
                ..self
            },
            None => self,
        }
    }
}

/// Replaces a secret by a fixed number of stars and its length.
pub(super) fn mask(secret: &[u8]) -> String {
    if secret.is_empty() {
        return "(nothing)".to_owned();
    }
    format!("****** ({})", SecretShape::of(secret).length_text())
}

/// Converts octets that are not secret to text.
pub(super) fn lossy(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}
