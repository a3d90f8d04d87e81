//! The ESMTP parameters of MAIL, RCPT, VRFY and EXPN.

use std::sync::LazyLock;

use serde::Deserialize;

use super::page::Page;
use super::sentence;
use super::source::cite;
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

/// The parameters of a verb: each form, and what it means and needs.
pub(super) fn parameters_of(verb: &str) -> Vec<(String, String)> {
    let of_verb = PARAMETERS
        .rows()
        .filter(|(_, row)| row.on.iter().any(|on| on == verb));
    let known = of_verb.filter(|(_, row)| !row.unconfirmed);
    known
        .map(|(name, row)| {
            let needs = row.extensions.join(" or ");
            (name.to_owned(), format!("{} ({needs})", row.means))
        })
        .collect()
}

/// The page of a parameter.
pub(super) fn parameter_page(name: &str) -> Option<Page> {
    let (name, row) = PARAMETERS.entry(name)?;
    let mut page = Page::new(format!("{name}, a parameter of {}", row.on.join(", ")));
    page.lead([row.form.clone(), row.means.clone()]);
    page.lead(row.unconfirmed.then(|| sentence("unconfirmed").to_owned()));
    let verb = row.on.first().map_or("MAIL", String::as_str);
    let argument = match verb {
        "MAIL" => " FROM:<alice@example.org>",
        "RCPT" => " TO:<bob@example.org>",
        _ => " bob",
    };
    page.section("Example", [format!("{verb}{argument} {}", row.example)]);
    page.section("Good to know", row.notes.clone());
    page.section("Offered as", [row.extensions.join(", ")]);
    page.section("Source", [cite(&row.source)]);
    Some(page)
}
