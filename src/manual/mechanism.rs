//! The SASL mechanisms: the exchange, the payload, the security requirements.

use std::sync::LazyLock;

use serde::Deserialize;

use super::page::Page;
use super::sentence::sentence;
use super::source::cite;
use super::table::Table;

static MECHANISMS: LazyLock<Table<MechanismDoc>> =
    LazyLock::new(|| Table::read(include_str!("../../assets/mechanisms.toml")));

/// A SASL mechanism. The key is its name in capitals.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq)]
#[serde(deny_unknown_fields)]
pub struct MechanismDoc {
    /// What it is, at most 60 characters.
    pub means: String,
    /// Other mechanisms that this row describes too.
    #[serde(default)]
    pub also: Vec<String>,
    /// The exchange: `C:` is the client, `S:` the server.
    #[serde(default)]
    pub steps: Vec<String>,
    /// What the client encodes in base64; empty if unknown.
    #[serde(default)]
    pub payload: String,
    /// Whether the AUTH command may carry an initial response; none if unknown.
    pub initial_response: Option<InitialResponse>,
    /// Whether it requires TLS; none if unknown.
    pub tls: Option<TlsRequirement>,
    /// Which part is secret; empty if unknown.
    #[serde(default)]
    pub secret: String,
    /// The usage as registered at IANA.
    pub usage: Usage,
    /// Where it is defined: `4616`, or a name.
    pub source: String,
    /// Notes.
    #[serde(default)]
    pub notes: Vec<String>,
    /// Seen in the wild, but its meaning is not confirmed; the page says so.
    #[serde(default)]
    pub unconfirmed: bool,
}

/// Whether the AUTH command may carry an initial response (RFC 4954 section 4).
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
pub enum InitialResponse {
    /// Yes: the client sends first.
    Yes,
    /// Some servers accept one.
    Optional,
    /// No: the server sends first.
    No,
}

/// Whether a mechanism requires TLS.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
pub enum TlsRequirement {
    /// Without TLS a password or token is readable on the network.
    Must,
    /// Without TLS the captured exchange allows an offline attack.
    Should,
    /// It protects its secrets itself, or has none.
    No,
}

/// The usage of a mechanism as registered at IANA.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
pub enum Usage {
    /// Common use.
    Common,
    /// Limited use.
    Limited,
    /// Obsolete.
    Obsolete,
    /// Must not be used.
    Forbidden,
    /// Not registered.
    Unregistered,
}

/// The mechanism with this name; case does not matter.
pub fn mechanism(name: &str) -> Option<&'static MechanismDoc> {
    mechanism_entry(name).map(|(_, mechanism)| mechanism)
}

fn mechanism_entry(name: &str) -> Option<(&'static str, &'static MechanismDoc)> {
    MECHANISMS.entry(name).or_else(|| {
        let is_name = |also: &String| also.eq_ignore_ascii_case(name);
        MECHANISMS
            .rows_with(name)
            .find(|(_, row)| row.also.iter().any(is_name))
    })
}

/// All mechanisms, by name.
pub fn mechanisms() -> impl Iterator<Item = (&'static str, &'static MechanismDoc)> {
    MECHANISMS.rows()
}

/// The page of a mechanism.
pub(super) fn mechanism_page(name: &str) -> Option<Page> {
    let (key, row) = mechanism_entry(name)?;
    let mut page = Page::new(format!("{key}, a SASL mechanism"));
    page.lead([row.means.clone()]);
    page.lead(row.unconfirmed.then(|| sentence("unconfirmed").to_owned()));
    page.section("Exchange", row.steps.clone());
    page.section("Payload, before base64", [row.payload.clone()]);
    let initial = row.initial_response.map(|initial| match initial {
        InitialResponse::Yes => "The AUTH command may carry an initial response.",
        InitialResponse::Optional => "Some servers accept an initial response in the AUTH command.",
        InitialResponse::No => "No initial response: the server sends the first challenge.",
    });
    let tls = row.tls.map(|requirement| match requirement {
        TlsRequirement::Must => "TLS is required.",
        TlsRequirement::Should => "TLS is recommended.",
        TlsRequirement::No => "TLS is not required.",
    });
    let usage = match row.usage {
        Usage::Common => "IANA usage: common.",
        Usage::Limited => "IANA usage: limited.",
        Usage::Obsolete => "IANA usage: obsolete.",
        Usage::Forbidden => "IANA usage: must not be used.",
        Usage::Unregistered => "Not registered at IANA.",
    };
    let properties = [initial, tls, Some(usage)].into_iter().flatten();
    let secret = (!row.secret.is_empty()).then(|| format!("Secret: {}.", row.secret));
    page.section(
        "Notes",
        properties
            .map(str::to_owned)
            .chain(secret)
            .chain(row.notes.clone()),
    );
    let also = (!row.also.is_empty()).then(|| row.also.join(", "));
    page.section("Also applies to", also);
    page.section("Source", [cite(&row.source)]);
    Some(page)
}
