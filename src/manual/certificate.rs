//! FailureDoc about faults of a certificate and about TLS alerts.

use std::sync::LazyLock;

use serde::Deserialize;

use super::failure::FailureDoc;
use super::table::Table;

static CERTIFICATES: LazyLock<Table<FailureDoc>> =
    LazyLock::new(|| Table::read(include_str!("../../assets/certificates.toml")));
static ALERTS: LazyLock<Table<AlertDoc>> =
    LazyLock::new(|| Table::read(include_str!("../../assets/alerts.toml")));

/// A TLS alert, as a mail client receives it.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq)]
#[serde(deny_unknown_fields)]
pub struct AlertDoc {
    /// The name registered at IANA.
    pub name: String,
    /// What a server means by it.
    pub means: String,
    /// What to do about it.
    pub action: String,
    /// Where it is defined.
    pub source: String,
}

/// The advice for a result of the certificate check, by its key in `assets/certificates.toml`.
pub fn certificate(key: &str) -> Option<&'static FailureDoc> {
    CERTIFICATES.row(key)
}

/// All advice about certificates, by key.
pub fn certificates() -> impl Iterator<Item = (&'static str, &'static FailureDoc)> {
    CERTIFICATES.rows()
}

/// The alert with this number.
pub fn alert(number: u8) -> Option<&'static AlertDoc> {
    ALERTS.row(&number.to_string())
}

/// All alerts, by number.
pub fn alerts() -> impl Iterator<Item = (&'static str, &'static AlertDoc)> {
    ALERTS.rows()
}
