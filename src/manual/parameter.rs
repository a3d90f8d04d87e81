//! The ESMTP parameters of MAIL, RCPT, VRFY and EXPN.

use std::sync::LazyLock;

use serde::Deserialize;

use super::table::Table;

static PARAMETERS: LazyLock<Table<Parameter>> =
    LazyLock::new(|| Table::read(include_str!("../../assets/parameters.toml")));

/// A parameter, keyed by its name in capitals.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq)]
#[serde(deny_unknown_fields)]
pub struct Parameter {
    /// The verbs it may follow: `MAIL`, `RCPT`, `VRFY`, `EXPN`.
    pub on: Vec<String>,
    /// Keywords any of which makes it known to a server.
    pub extensions: Vec<String>,
    /// Its form: `NOTIFY=NEVER | SUCCESS,FAILURE,DELAY`; without `=` where it has no value.
    pub form: String,
    /// Words its value may be, or be made of, where there are only some.
    #[serde(default)]
    pub values: Vec<String>,
    /// What it does and what it may hold, in at most 60 characters.
    pub means: String,
    /// The parameter as it is typed.
    pub example: String,
    /// Where it is defined: `3461 s4.1`, or the name of a product.
    pub source: String,
    /// More that is worth knowing.
    #[serde(default)]
    pub notes: Vec<String>,
    /// Seen, but what it means is not certain; it is shown as such.
    #[serde(default)]
    pub unconfirmed: bool,
}

/// The parameter of that name, in any case of letters.
pub fn parameter(name: &str) -> Option<&'static Parameter> {
    PARAMETERS.row(name)
}

/// All parameters by name.
pub fn parameters() -> impl Iterator<Item = (&'static str, &'static Parameter)> {
    PARAMETERS.rows()
}
