//! A number with its unit, in the singular or the plural.

use std::fmt::Display;

/// A number and its unit: `1 line`, `2 lines`.
pub fn count<N: Copy + Display + PartialEq + From<u8>>(number: N, one: &str, many: &str) -> String {
    let unit = if number == N::from(1) { one } else { many };
    format!("{number} {unit}")
}
