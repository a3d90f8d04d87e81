//! What a failed connection usually means, and what to do about it.

use std::sync::LazyLock;

use serde::Deserialize;

use super::table::Table;

static FAILURES: LazyLock<Table<FailureDoc>> =
    LazyLock::new(|| Table::read(include_str!("../../assets/failures.toml")));

/// A problem explained: what it means and what to do, in full sentences.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq)]
#[serde(deny_unknown_fields)]
pub struct FailureDoc {
    /// What the problem usually means.
    pub means: String,
    /// The usual causes, if there are several, the likeliest first.
    #[serde(default)]
    pub causes: Vec<String>,
    /// What to do about it.
    pub action: String,
}

/// The advice for a failed connection, by its key in `assets/failures.toml`.
pub fn failure(key: &str) -> Option<&'static FailureDoc> {
    FAILURES.row(key)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn asset_is_complete() {
        assert_eq!(FAILURES.rows().count(), 42);
    }
}
