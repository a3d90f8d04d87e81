//! The patterns of the tables of this room. They are constants of the program.

use regex::bytes::{Regex, RegexBuilder};

/// The most octets of a compiled pattern.
const SIZE_CAP: usize = 64 * 1024 * 1024;

/// The pattern, which takes octets one by one: a log may be no UTF-8.
pub(super) fn pattern(text: &str) -> Regex {
    RegexBuilder::new(text)
        .unicode(false)
        .size_limit(SIZE_CAP)
        .build()
        .expect("the patterns of the program are valid")
}
