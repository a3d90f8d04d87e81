//! Errors of a SASL exchange.

use super::limits::{ITERATIONS_CAP, ITERATIONS_MIN, NONCE_OCTETS};
use super::mechanism::Mechanism;

/// Why a SASL exchange cannot begin or continue.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SaslError {
    /// The user name is empty.
    #[error("{0} needs a user name")]
    NoUser(Mechanism),
    /// The password or token is empty.
    #[error("{0} needs a password or token")]
    NoSecret(Mechanism),
    /// A field contains a character that its mechanism cannot transmit.
    #[error("the {field} cannot contain {character} in {mechanism}")]
    Character {
        /// The field.
        field: &'static str,
        /// The name of the character.
        character: &'static str,
        /// The mechanism.
        mechanism: Mechanism,
    },
    /// The nonce is too short.
    #[error("the nonce has {0} octets: use at least {min}", min = NONCE_OCTETS)]
    Nonce(usize),
    /// The mechanism requires channel binding, and the connection provides none.
    #[error("{0} needs TLS channel binding, which this connection does not provide")]
    NoBinding(Mechanism),
    /// The challenge is not base64.
    #[error("the challenge is not base64")]
    NotBase64,
    /// A challenge arrived after the last message of the mechanism.
    #[error("the server sent another challenge after the last message of {0}")]
    Unasked(Mechanism),
    /// The server asks for the user name again instead of the password.
    #[error("the server asks for the user name again instead of the password")]
    NameAgain,
    /// The challenge is empty, but the mechanism needs one.
    #[error("the challenge is empty: {0} needs one")]
    Empty(Mechanism),
    /// A SCRAM message of the server lacks a part or has an invalid one.
    #[error("the server's message is not SCRAM: {0}")]
    NotScram(&'static str),
    /// The server's nonce does not begin with ours: a replay, or a server that does not implement
    /// SCRAM.
    #[error("the server's nonce does not continue ours (RFC 5802 s5.1)")]
    ForeignNonce,
    /// The iteration count is above [`ITERATIONS_CAP`], so computing it would block this machine.
    #[error("the server asks for {0} iterations: at most {cap} are allowed", cap = ITERATIONS_CAP)]
    Iterations(u64),
    /// The iteration count is below [`ITERATIONS_MIN`], and the user has not agreed to that.
    #[error(
        "the server asks for {0} iterations, RFC 7677 s4 for at least {min}: the proof would make \
         guessing the password cheap", min = ITERATIONS_MIN
    )]
    FewIterations(u32),
    /// The server's signature is wrong.
    #[error("the server's signature is wrong: it did not prove that it knows the password")]
    Signature,
    /// The server accepted the login without sending its signature.
    #[error(
        "the server accepted the login without its signature: it did not prove that it knows the \
         password"
    )]
    NoSignature,
}
