//! How long sessions are kept on disk, and how much room they may take.

use std::fmt;
use std::time::Duration;

use serde::de::{Error, Visitor};
use serde::{Deserialize, Deserializer};

use super::settings::number;

const MIB: u64 = 1024 * 1024;
/// The units of a size.
const UNITS: [(&str, u64); 3] = [("KiB", 1024), ("MiB", MIB), ("GiB", 1024 * MIB)];
/// The smallest and the largest size of all sessions together, in octets.
const SIZES: std::ops::RangeInclusive<u64> = MIB..=1024 * 1024 * MIB;
/// A day, in seconds.
const DAY: u64 = 24 * 60 * 60;

/// How long sessions are kept on disk, and how much room they may take.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq)]
#[serde(deny_unknown_fields, default)]
pub struct Retention {
    /// The time since the last entry after which a session is removed.
    #[serde(rename = "keep_days", deserialize_with = "keep_days")]
    pub age: Duration,
    /// The size of all sessions together, in octets, above which the oldest are removed.
    #[serde(rename = "keep_size", deserialize_with = "keep_size")]
    pub octets: u64,
}

impl Default for Retention {
    fn default() -> Self {
        Self {
            age: Duration::from_secs(30 * DAY),
            octets: 256 * MIB,
        }
    }
}

fn keep_days<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Duration, D::Error> {
    let days = number(deserializer, "keep_days", 1..=36_500)?;
    Ok(Duration::from_secs(days * DAY))
}

fn keep_size<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u64, D::Error> {
    deserializer.deserialize_str(SizeVisitor)
}

/// Reads a size. Its words appear in the error for a value that is not a text.
struct SizeVisitor;

impl Visitor<'_> for SizeVisitor {
    type Value = u64;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a size, as in \"256 MiB\"")
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<u64, E> {
        size(text).ok_or_else(|| {
            E::custom(format!(
                "invalid keep_size {text:?}: use 1 MiB to 1024 GiB, as in \"256 MiB\""
            ))
        })
    }
}

/// A whole number, a space or nothing, and a unit.
fn size(text: &str) -> Option<u64> {
    let (number, unit) = UNITS
        .into_iter()
        .find_map(|(name, unit)| Some((text.strip_suffix(name)?, unit)))?;
    let number = number.strip_suffix(' ').unwrap_or(number);
    if !number.bytes().all(|octet| octet.is_ascii_digit()) {
        return None;
    }
    let octets = number.parse::<u64>().ok()?.checked_mul(unit)?;
    SIZES.contains(&octets).then_some(octets)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_whole_sizes_with_a_unit() {
        let table = [
            ("256 MiB", Some(256 * MIB)),
            ("1GiB", Some(1024 * MIB)),
            ("2048 KiB", Some(2 * MIB)),
            ("1024 GiB", Some(1024 * 1024 * MIB)),
            ("1025 GiB", None),
            ("1 KiB", None),
            ("0 MiB", None),
            ("256", None),
            ("256 MB", None),
            ("256 mib", None),
            ("256  MiB", None),
            ("1.5 GiB", None),
            ("-1 GiB", None),
            ("+1 GiB", None),
            (" MiB", None),
            ("", None),
            ("99999999999999999999 GiB", None),
            ("18014398509481985 KiB", None),
        ];
        for (text, expected) in table {
            assert_eq!(size(text), expected, "{text:?}");
        }
    }
}
