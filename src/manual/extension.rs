//! The EHLO keywords: what each allows, what it adds, and its status.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use serde::Deserialize;

use super::page::Page;
use super::source::cite;
use super::table::Table;
use crate::smtp::Keyword;

static EXTENSIONS: LazyLock<Table<ExtensionDoc>> =
    LazyLock::new(|| Table::read(include_str!("../../assets/extensions.toml")));

/// The key of the row for keywords that a middlebox has overwritten.
const MASKED: &str = "MASKED";
/// The key of AUTH in its spelling from before the standard.
const OLD_AUTH: &str = "AUTH=";

/// An extension. The key is its EHLO keyword in capitals.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq)]
#[serde(deny_unknown_fields)]
pub struct ExtensionDoc {
    /// What it allows, at most 60 characters.
    pub means: String,
    /// The syntax of the text after the keyword; empty if there is none.
    #[serde(default)]
    pub form: String,
    /// The commands it adds.
    #[serde(default)]
    pub verbs: Vec<String>,
    /// The parameters it adds; [`ParameterDoc::on`](super::ParameterDoc) says to which commands.
    #[serde(default)]
    pub parameters: Vec<String>,
    /// Octets by which the line of a command may exceed 512 (RFC 5321 section 4.5.3.1.4).
    #[serde(default)]
    pub growth: BTreeMap<String, u16>,
    /// Whether it is registered, and how reliable its description is.
    pub status: ExtensionStatus,
    /// Where it is defined: `3461`, or the name of a product.
    pub source: String,
    /// Whether to report that a server does not offer it.
    #[serde(default)]
    pub report_missing: bool,
    /// Whether a client can ignore it, although it is not registered.
    #[serde(default)]
    pub harmless: bool,
    /// Notes.
    #[serde(default)]
    pub notes: Vec<String>,
}

/// Whether an extension is registered, and how reliable its description is.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
pub enum ExtensionStatus {
    /// Registered at IANA.
    Registered,
    /// No longer in use, or replaced.
    Obsolete,
    /// Specific to a product, or from a draft.
    Vendor,
    /// Not an extension: a middlebox has overwritten the keyword.
    Masked,
    /// Seen in the wild, but its meaning is not confirmed.
    Unconfirmed,
}

impl ExtensionStatus {
    /// The status as text.
    pub const fn text(self) -> &'static str {
        match self {
            Self::Registered => "registered at IANA",
            Self::Obsolete => "obsolete",
            Self::Vendor => "not registered; specific to a product",
            Self::Masked => "not an extension",
            Self::Unconfirmed => "not registered; meaning not confirmed",
        }
    }
}

/// The extension with this keyword; case does not matter. A `=` and the text after it are ignored:
/// `XVERP=Courier` is `XVERP`. `AUTH=` has its own row.
pub fn extension(keyword: &str) -> Option<&'static ExtensionDoc> {
    extension_entry(keyword).map(|(_, extension)| extension)
}

/// Like [`extension()`], with the key of the row.
pub(super) fn extension_entry(keyword: &str) -> Option<(&'static str, &'static ExtensionDoc)> {
    if is_masked(keyword) {
        return EXTENSIONS.entry(MASKED);
    }
    let head = keyword.find('=').map_or(keyword, |at| &keyword[..at]);
    let old_auth = head.len() < keyword.len() && head.eq_ignore_ascii_case("AUTH");
    let head = if old_auth { OLD_AUTH } else { head };
    EXTENSIONS.entry(keyword).or_else(|| EXTENSIONS.entry(head))
}

/// The extension of a keyword as a server sent it, including masked keywords and `AUTH=`.
pub fn extension_of(keyword: &Keyword) -> Option<&'static ExtensionDoc> {
    if keyword.is("AUTH") && keyword.parameters.starts_with('=') {
        EXTENSIONS.row(OLD_AUTH)
    } else {
        extension(&keyword.name)
    }
}

fn is_masked(word: &str) -> bool {
    let keyword = Keyword {
        name: word.to_ascii_uppercase(),
        parameters: String::new(),
    };
    keyword.is_masked()
}

/// All extensions, by keyword.
pub fn extensions() -> impl Iterator<Item = (&'static str, &'static ExtensionDoc)> {
    EXTENSIONS.rows()
}

/// The page of an extension.
pub(super) fn extension_page(keyword: &str) -> Option<Page> {
    let (keyword, row) = extension_entry(keyword)?;
    let mut page = Page::new(format!("{keyword}, an extension"));
    let form = format!("250-{keyword} {}", row.form);
    page.lead((row.status != ExtensionStatus::Masked).then(|| form.trim_end().to_owned()));
    page.lead([row.means.clone(), format!("Status: {}.", row.status.text())]);
    let listed = |names: &[String]| (!names.is_empty()).then(|| names.join(", "));
    page.section("Commands", listed(&row.verbs));
    page.section("Parameters", listed(&row.parameters));
    let growth = row
        .growth
        .iter()
        .map(|(verb, octets)| format!("{verb} may exceed 512 octets by {octets}"));
    page.section("Line limit", growth);
    page.section("Notes", row.notes.clone());
    page.section("Source", [cite(&row.source)]);
    Some(page)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_keywords_as_servers_write_them() {
        let table = [
            ("SIZE", "1000", Some("SIZE")),
            ("8bitmime", "", Some("8BITMIME")),
            ("AUTH", "PLAIN", Some("AUTH")),
            ("AUTH", "=LOGIN PLAIN", Some("AUTH=")),
            ("XVERP=Courier", "", Some("XVERP")),
            ("X-EXPS=LOGIN", "", Some("X-EXPS=LOGIN")),
            ("XXXXXXXA", "", Some("MASKED")),
            ("XYZZY", "", None),
            ("", "", None),
        ];
        for (name, parameters, expected) in table {
            let keyword = Keyword {
                name: name.to_owned(),
                parameters: parameters.to_owned(),
            };
            let expected = expected.and_then(|key| EXTENSIONS.row(key));
            assert_eq!(extension_of(&keyword), expected, "{name} {parameters}");
        }
        assert_eq!(extension("AUTH=LOGIN"), EXTENSIONS.row("AUTH="));
    }
}
