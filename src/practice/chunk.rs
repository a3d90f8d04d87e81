//! The chunk that a BDAT command announces (RFC 3030 section 2).

use super::reply::Reply;

/// The chunk that a BDAT command announces.
#[derive(Debug)]
pub(super) struct Chunk {
    /// The size in octets.
    pub(super) size: u64,
    /// Whether it is the last chunk of its message.
    pub(super) last: bool,
    /// The reply if the chunk is refused. Its octets are still read: a pipelining client has sent
    /// them already, and they must not be taken for commands (RFC 3030 section 2).
    pub(super) refusal: Option<Reply>,
}
