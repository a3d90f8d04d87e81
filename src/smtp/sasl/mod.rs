//! SASL over AUTH (RFC 4422, RFC 4954): the mechanisms, an exchange that answers by itself, and what
//! the lines of any exchange say, typed by hand or not. No clock, no socket, no random numbers.

mod attempt;
mod binding;
mod challenge;
mod cram_md5;
mod credentials;
mod error;
mod exchange;
mod gloss;
mod mechanism;
mod oauth;
mod reading;
mod scram;
mod shape;
mod simple;

pub use attempt::Attempt;
pub use binding::{BindingKind, ChannelBinding, EXPORTER_LABEL, EXPORTER_OCTETS};
pub use challenge::fields;
pub use cram_md5::digest;
pub use credentials::Credentials;
pub use error::SaslError;
pub use exchange::{Answer, Exchange, LINE_LIMIT, Message, NONCE_OCTETS};
pub use gloss::Gloss;
pub(crate) use gloss::read_line;
pub(crate) use mechanism::is_known;
pub use mechanism::{Mechanism, Needs};
pub use reading::{Finding, Reading};
pub use scram::{Hash, ITERATIONS_CAP, ITERATIONS_LEAST, attribute};
pub use shape::Shape;
