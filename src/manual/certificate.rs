//! What a certificate's faults and the alerts of TLS mean, and what to try.

use std::sync::LazyLock;

use serde::Deserialize;

use super::FailureWords;
use super::table::Table;

static CERTIFICATES: LazyLock<Table<FailureWords>> =
    LazyLock::new(|| Table::read(include_str!("../../assets/certificates.toml")));
static ALERTS: LazyLock<Table<Alert>> =
    LazyLock::new(|| Table::read(include_str!("../../assets/alerts.toml")));

/// An alert of TLS, as a mail client meets it.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq)]
#[serde(deny_unknown_fields)]
pub struct Alert {
    /// Its registered name.
    pub name: String,
    /// What a server means by it.
    pub means: String,
    /// What to try.
    pub r#try: String,
    /// Where it is defined.
    pub source: String,
}

/// The words for what the check of a certificate found, by its key in `assets/certificates.toml`.
pub fn certificate(key: &str) -> Option<&'static FailureWords> {
    CERTIFICATES.row(key)
}

/// All of them by key.
pub fn certificates() -> impl Iterator<Item = (&'static str, &'static FailureWords)> {
    CERTIFICATES.rows()
}

/// The words for an alert, by its number.
pub fn alert(number: u8) -> Option<&'static Alert> {
    ALERTS.row(&number.to_string())
}

/// All alerts by number.
pub fn alerts() -> impl Iterator<Item = (&'static str, &'static Alert)> {
    ALERTS.rows()
}
