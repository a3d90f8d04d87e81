//! Fixed sentences about replies, from `assets/sentences.toml`.

use std::sync::LazyLock;

use super::table::Table;

static SENTENCES: LazyLock<Table<String>> =
    LazyLock::new(|| Table::read(include_str!("../../assets/sentences.toml")));

/// The sentence with this key; empty if there is none.
pub(crate) fn sentence(key: &str) -> &'static str {
    SENTENCES.row(key).map_or("", String::as_str)
}
