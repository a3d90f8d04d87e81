//! The patterns of this room.

use regex::bytes::{Regex, RegexBuilder};

/// The most octets of a compiled pattern.
const SIZE_CAP: usize = 64 * 1024 * 1024;

/// A pattern that is a constant of the program. It takes octets one by one: a log may be no UTF-8.
pub(super) fn pattern(text: &str) -> Regex {
    try_pattern(text).expect("the patterns of the program are valid")
}

/// A pattern made of what a log contains; `None` if it is too large.
pub(super) fn try_pattern(text: &str) -> Option<Regex> {
    let mut builder = RegexBuilder::new(text);
    builder.unicode(false).size_limit(SIZE_CAP).build().ok()
}
