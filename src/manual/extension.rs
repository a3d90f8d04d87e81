//! The words of EHLO's answer: what each allows, what it adds, how far it is known.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use serde::Deserialize;

use super::page::Page;
use super::source::cite;
use super::table::Table;
use crate::smtp::Keyword;

static EXTENSIONS: LazyLock<Table<Extension>> =
    LazyLock::new(|| Table::read(include_str!("../../assets/extensions.toml")));

/// The key of what a middlebox has overwritten, which is no keyword.
const MASKED: &str = "MASKED";
/// The key of AUTH in the spelling from before the standard.
const OLD_AUTH: &str = "AUTH=";

/// An extension, keyed by its keyword in capitals.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq)]
#[serde(deny_unknown_fields)]
pub struct Extension {
    /// What it allows, in at most 60 characters.
    pub means: String,
    /// The form of what stands behind the keyword; empty where nothing does.
    #[serde(default)]
    pub form: String,
    /// The verbs it adds.
    #[serde(default)]
    pub verbs: Vec<String>,
    /// The parameters it adds; each row of those says to which verbs.
    #[serde(default)]
    pub parameters: Vec<String>,
    /// Octets by which the line of a verb may be longer than 512 (RFC 5321 section 4.5.3.1.4).
    #[serde(default)]
    pub growth: BTreeMap<String, u16>,
    /// How far it is known.
    pub status: Status,
    /// Where it is defined: `3461`, or the name of a product.
    pub source: String,
    /// Whether it is worth a word when a server does not offer it.
    #[serde(default)]
    pub worth_knowing: bool,
    /// More that is worth knowing.
    #[serde(default)]
    pub notes: Vec<String>,
}

/// How far an extension is known.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
pub enum Status {
    /// It stands in IANA's list.
    Registered,
    /// It stood there once, or was replaced.
    Obsolete,
    /// A product's own, or of a draft.
    Vendor,
    /// No extension: a box on the way has written it.
    Damage,
    /// Seen, but what it means is not certain.
    Unconfirmed,
}

impl Status {
    /// The status in words.
    pub const fn words(self) -> &'static str {
        match self {
            Self::Registered => "registered at IANA",
            Self::Obsolete => "obsolete",
            Self::Vendor => "not registered; a product's own",
            Self::Damage => "no extension: damage done on the way",
            Self::Unconfirmed => "not registered; what it means is not confirmed",
        }
    }
}

/// The extension of that keyword, in any case of letters. Behind a `=` in the keyword anything
/// may stand: `XVERP=Courier` is `XVERP`, but `AUTH=` has a row of its own.
pub fn extension(keyword: &str) -> Option<&'static Extension> {
    extension_entry(keyword).map(|(_, extension)| extension)
}

/// As [`extension()`], with the key of the row.
pub(super) fn extension_entry(keyword: &str) -> Option<(&'static str, &'static Extension)> {
    if is_masked(keyword) {
        return EXTENSIONS.entry(MASKED);
    }
    let head = keyword.find('=').map_or(keyword, |at| &keyword[..at]);
    let old_auth = head.len() < keyword.len() && head.eq_ignore_ascii_case("AUTH");
    let head = if old_auth { OLD_AUTH } else { head };
    EXTENSIONS.entry(keyword).or_else(|| EXTENSIONS.entry(head))
}

/// What is known of a keyword as a server sent it, overwritten ones and `AUTH=` among them.
pub fn extension_of(keyword: &Keyword) -> Option<&'static Extension> {
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

/// All extensions by keyword.
pub fn extensions() -> impl Iterator<Item = (&'static str, &'static Extension)> {
    EXTENSIONS.rows()
}

/// The page of an extension.
pub(super) fn extension_page(keyword: &str) -> Option<Page> {
    let (keyword, row) = extension_entry(keyword)?;
    let mut page = Page::new(format!("{keyword}, an extension"));
    let form = format!("250-{keyword} {}", row.form);
    page.lead((row.status != Status::Damage).then(|| form.trim_end().to_owned()));
    page.lead([
        row.means.clone(),
        format!("Status: {}.", row.status.words()),
    ]);
    let listed = |names: &[String]| (!names.is_empty()).then(|| names.join(", "));
    page.section("Adds the command", listed(&row.verbs));
    page.section("Adds the parameter", listed(&row.parameters));
    let growth = row
        .growth
        .iter()
        .map(|(verb, octets)| format!("{verb} may be {octets} octets longer than 512"));
    page.section("Line limit", growth);
    page.section("Good to know", row.notes.clone());
    page.section("Source", [cite(&row.source)]);
    Some(page)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_keyword_is_found_as_servers_write_it() {
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
