//! A login that the server refused.

use super::masked_message::MessageIssue;
use super::secret_shape::SecretShape;
use crate::smtp::reply::Reply;

/// A login that the server refused. It contains no octet of the secret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RefusedLogin {
    /// The mechanism, as named in the AUTH line.
    pub mechanism: String,
    /// The user name that was sent, if it is known.
    pub user: Option<String>,
    /// The authzid that was sent, if any.
    pub authzid: Option<String>,
    /// Length and kinds of characters of the password or token, if they are known: after a digest
    /// typed by hand they are not.
    pub secret: Option<SecretShape>,
    /// Probable mistakes in the lines that were sent.
    pub issues: Vec<MessageIssue>,
    /// Whether the first message was sent in the AUTH line.
    pub initial_response: bool,
    /// Whether the lines were typed by hand.
    pub by_hand: bool,
    /// Why the server refuses, from its last message of SCRAM, such as `invalid-proof` (RFC 5802
    /// section 7). It is the server's own text.
    pub reason: Option<Box<str>>,
    /// The reply that refused the login.
    pub reply: Reply,
}
