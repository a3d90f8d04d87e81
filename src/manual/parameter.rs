//! The ESMTP parameters of MAIL, RCPT, VRFY and EXPN.

use std::sync::LazyLock;

use serde::Deserialize;

use super::page::Page;
use super::sentence::sentence;
use super::source::cite;
use super::table::Table;

static PARAMETERS: LazyLock<Table<ParameterDoc>> =
    LazyLock::new(|| Table::read(include_str!("../../assets/parameters.toml")));

/// An ESMTP parameter. The key is its name in capitals.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq)]
#[serde(deny_unknown_fields)]
pub struct ParameterDoc {
    /// The commands it may follow: `MAIL`, `RCPT`, `VRFY`, `EXPN`.
    pub on: Vec<String>,
    /// The EHLO keywords of which any one allows it.
    pub extensions: Vec<String>,
    /// The syntax: `NOTIFY=NEVER | SUCCESS,FAILURE,DELAY`; no `=` if it takes no value.
    pub form: String,
    /// Fixed words for the value, if there are any.
    #[serde(default)]
    pub values: Vec<String>,
    /// What it does and what its value may be, at most 60 characters.
    pub means: String,
    /// An example, as it is typed.
    pub example: String,
    /// Where it is defined: `3461 s4.1`, or the name of a product.
    pub source: String,
    /// Notes.
    #[serde(default)]
    pub notes: Vec<String>,
    /// Seen in the wild, but its meaning is not confirmed; the page says so.
    #[serde(default)]
    pub unconfirmed: bool,
}

/// The parameter with this name; case does not matter.
pub fn parameter(name: &str) -> Option<&'static ParameterDoc> {
    PARAMETERS.row(name)
}

/// All parameters, by name.
pub fn parameters() -> impl Iterator<Item = (&'static str, &'static ParameterDoc)> {
    PARAMETERS.rows()
}

/// The confirmed parameters of a command: the name, and the meaning with the required keywords.
pub(super) fn parameters_of(verb: &str) -> Vec<(String, String)> {
    let of_verb = PARAMETERS
        .rows()
        .filter(|(_, row)| row.on.iter().any(|on| on == verb));
    let confirmed = of_verb.filter(|(_, row)| !row.unconfirmed);
    confirmed
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
    page.section("Notes", row.notes.clone());
    page.section("EHLO keyword", [row.extensions.join(", ")]);
    page.section("Source", [cite(&row.source)]);
    Some(page)
}
