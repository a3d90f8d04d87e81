//! The SASL mechanisms: what each is, how its exchange runs, what stands inside the base64.

use std::sync::LazyLock;

use serde::Deserialize;

use super::page::Page;
use super::sentence;
use super::source::cite;
use super::table::Table;

static MECHANISMS: LazyLock<Table<Mechanism>> =
    LazyLock::new(|| Table::read(include_str!("../../assets/mechanisms.toml")));

/// A SASL mechanism, keyed by its name in capitals.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq)]
#[serde(deny_unknown_fields)]
pub struct Mechanism {
    /// What it is, in at most 60 characters.
    pub means: String,
    /// Others of the kind, of which the same holds.
    #[serde(default)]
    pub also: Vec<String>,
    /// How the exchange runs: `C:` is the client, `S:` the server.
    #[serde(default)]
    pub steps: Vec<String>,
    /// What stands inside the base64; empty where nothing is known.
    #[serde(default)]
    pub payload: String,
    /// Whether an initial response may stand behind AUTH; none where it is not known.
    pub initial_response: Option<InitialResponse>,
    /// Whether the link has to be under TLS; none where it is not known.
    pub tls: Option<Need>,
    /// What of it is a secret; empty where it is not known.
    #[serde(default)]
    pub secret: String,
    /// How IANA has it.
    pub usage: Usage,
    /// Where it is defined: `4616`, or a name.
    pub source: String,
    /// More that is worth knowing.
    #[serde(default)]
    pub notes: Vec<String>,
    /// Seen, but what it means is not certain; it is shown as such.
    #[serde(default)]
    pub unconfirmed: bool,
}

/// Whether an initial response may stand behind AUTH (RFC 4954 section 4).
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
pub enum InitialResponse {
    /// It may: the client speaks first.
    Yes,
    /// Some servers take it.
    Optional,
    /// It may not: the server speaks first.
    No,
}

/// Whether TLS is needed.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
pub enum Need {
    /// A password or token would be read in clear.
    Must,
    /// What goes over the link can be attacked at leisure.
    Should,
    /// It protects itself, or there is nothing to protect.
    No,
}

/// How IANA's list has a mechanism.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
pub enum Usage {
    /// For use everywhere.
    Common,
    /// For some uses.
    Limited,
    /// Given up.
    Obsolete,
    /// Must not be used.
    Forbidden,
    /// Not in the list.
    Unregistered,
}

/// The mechanism of that name, in any case of letters.
pub fn mechanism(name: &str) -> Option<&'static Mechanism> {
    mechanism_entry(name).map(|(_, mechanism)| mechanism)
}

fn mechanism_entry(name: &str) -> Option<(&'static str, &'static Mechanism)> {
    MECHANISMS.entry(name).or_else(|| {
        let is_name = |also: &String| also.eq_ignore_ascii_case(name);
        MECHANISMS
            .rows()
            .find(|(_, row)| row.also.iter().any(is_name))
    })
}

/// All mechanisms by name.
pub fn mechanisms() -> impl Iterator<Item = (&'static str, &'static Mechanism)> {
    MECHANISMS.rows()
}

/// The page of a mechanism.
pub(super) fn mechanism_page(name: &str) -> Option<Page> {
    let (key, row) = mechanism_entry(name)?;
    let mut page = Page::new(format!("{key}, a way to log in"));
    page.lead([row.means.clone()]);
    page.lead(row.unconfirmed.then(|| sentence("unconfirmed").to_owned()));
    page.section("The exchange", row.steps.clone());
    page.section("Inside the base64", [row.payload.clone()]);
    let initial = row.initial_response.map(|initial| match initial {
        InitialResponse::Yes => "The first answer may stand behind AUTH.",
        InitialResponse::Optional => "Some servers take the first answer behind AUTH.",
        InitialResponse::No => "Nothing stands behind AUTH: the server speaks first.",
    });
    let tls = row.tls.map(|need| match need {
        Need::Must => "TLS must stand.",
        Need::Should => "TLS should stand.",
        Need::No => "It does not need TLS.",
    });
    let usage = match row.usage {
        Usage::Common => "IANA lists it for common use.",
        Usage::Limited => "IANA lists it for limited use.",
        Usage::Obsolete => "IANA lists it as obsolete.",
        Usage::Forbidden => "IANA lists it as not to be used.",
        Usage::Unregistered => "IANA does not list it.",
    };
    let said = [initial, tls, Some(usage)].into_iter().flatten();
    let secret = (!row.secret.is_empty()).then(|| format!("Secret: {}.", row.secret));
    page.section(
        "Good to know",
        said.map(str::to_owned)
            .chain(secret)
            .chain(row.notes.clone()),
    );
    let also = (!row.also.is_empty()).then(|| row.also.join(", "));
    page.section("Others of the kind", also);
    page.section("Source", [cite(&row.source)]);
    Some(page)
}
