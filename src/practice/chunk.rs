//! The octets that a BDAT line announces (RFC 3030 section 2).

use super::reply::Reply;

/// A chunk that a BDAT line announced.
#[derive(Debug)]
pub(super) struct Chunk {
    /// How many octets it has.
    pub(super) size: u64,
    /// Whether it is the last of its message.
    pub(super) last: bool,
    /// If it is refused, its octets are swallowed first: whoever pipelines has sent them already,
    /// and they must not be read as commands (RFC 3030 section 2).
    pub(super) refusal: Option<Reply>,
}
