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

/// The size in a BDAT line. Digits alone: Rust would read `+1` as well.
pub(super) fn size(word: &str) -> Option<u64> {
    let is_number = word.bytes().all(|byte| byte.is_ascii_digit());
    is_number.then(|| word.parse().ok()).flatten()
}
