//! SASL over AUTH (RFC 4422, RFC 4954): the mechanisms, a client exchange that answers challenges
//! by itself, and a decoder for the lines of any exchange. No clock, no socket, no random numbers.

mod annotation;
mod binding;
mod challenge;
mod cram_md5;
mod credentials;
mod decode;
mod error;
mod exchange;
mod hash;
mod json;
mod limits;
mod masked_message;
mod mechanism;
mod oauth;
mod refused_login;
mod scram;
mod secret_shape;
mod simple;

pub use annotation::Annotation;
pub use binding::{BindingKind, ChannelBinding, EXPORTER_LABEL, EXPORTER_OCTETS};
pub(crate) use challenge::{annotate_challenge, scram_refusal};
pub use cram_md5::digest;
pub use credentials::Credentials;
pub(crate) use decode::decode_line;
pub use decode::decode_message;
pub use error::SaslError;
pub use exchange::{ClientMessage, Exchange, Response};
pub use hash::Hash;
pub use limits::{ITERATIONS_CAP, ITERATIONS_MIN, NONCE_OCTETS};
pub use masked_message::{MaskedMessage, MessageIssue};
pub(crate) use mechanism::is_known;
pub use mechanism::{Mechanism, Needs};
pub use refused_login::RefusedLogin;
pub use scram::attribute;
pub use secret_shape::SecretShape;
