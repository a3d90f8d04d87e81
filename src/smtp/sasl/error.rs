//! Why an exchange cannot be begun, or cannot go on.

use super::mechanism::Mechanism;
use super::scram::ITERATIONS_CAP;

/// Why an exchange cannot be begun or go on.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SaslError {
    /// There is no user name.
    #[error("{0} needs a user name")]
    NoUser(Mechanism),
    /// There is no password or token.
    #[error("{0} needs a password or token")]
    NoSecret(Mechanism),
    /// A field holds a character that would end it too early.
    #[error("the {field} cannot hold {character} in {mechanism}")]
    Character {
        /// Which field.
        field: &'static str,
        /// Which character, by its name.
        character: &'static str,
        /// In which mechanism.
        mechanism: Mechanism,
    },
    /// The nonce is too short to be one.
    #[error("the nonce has {0} octets; at least {least} are wanted", least = super::NONCE_OCTETS)]
    Nonce(usize),
    /// It has to be bound to a TLS channel, and there is none that it can be bound to so.
    #[error("{0} is bound to the TLS channel, and there is none to bind it to")]
    NoBinding(Mechanism),
    /// A challenge came that is not base64.
    #[error("the challenge is not base64")]
    NotBase64,
    /// A challenge came when the exchange was over for us.
    #[error("the server asks for more than {0} has")]
    Unasked(Mechanism),
    /// The user name is asked for where the password is due.
    #[error("the server asks for the user name again: the password is not sent in its place")]
    NameAgain,
    /// A challenge is empty where the mechanism has one.
    #[error("the challenge is empty; {0} cannot be answered without one")]
    Empty(Mechanism),
    /// A message of SCRAM lacks a part, or has one that is not understood.
    #[error("the server's message is not SCRAM: {0}")]
    NotScram(&'static str),
    /// The server's nonce does not begin with ours: a replay or a server that does not know SCRAM.
    #[error("the server's nonce does not go on from ours (RFC 5802 s5.1)")]
    ForeignNonce,
    /// More iterations than any password needs would keep this machine busy for the server.
    #[error("the server asks for {0} iterations; more than {cap} are refused", cap = ITERATIONS_CAP)]
    Iterations(u64),
    /// The server's signature is wrong.
    #[error("the server's signature is wrong: it did not prove that it knows the password")]
    Signature,
    /// The server said yes without its signature.
    #[error(
        "the server said yes without its signature: it did not prove that it knows the password"
    )]
    Unproven,
}
