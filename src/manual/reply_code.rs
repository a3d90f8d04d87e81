//! The reply codes: what each means, after which verb it means something else, what to try.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use serde::Deserialize;

use super::page::{Page, rows};
use super::sentence;
use super::source::cite;
use super::table::Table;
use crate::smtp::{Awaited, Class, Code, Verb};

static REPLIES: LazyLock<Table<ReplyCode>> =
    LazyLock::new(|| Table::read(include_str!("../../assets/replies.toml")));

/// A reply code, keyed by its three digits; `4YZ` stands for those of a class that have no row.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq)]
#[serde(deny_unknown_fields)]
pub struct ReplyCode {
    /// What it means whatever was asked, in at most 70 characters.
    pub means: String,
    /// Why it comes.
    #[serde(default)]
    pub causes: Vec<String>,
    /// What to try, the likeliest first.
    #[serde(default)]
    pub next: Vec<String>,
    /// How far it is known.
    pub status: CodeStatus,
    /// Where it is defined: `5321 s4.2.2`, or the name of a product.
    pub source: String,
    /// What it means after one verb, keyed by [`asked_key`].
    #[serde(default)]
    pub on: BTreeMap<String, CodeAfter>,
}

/// What a code means after one verb.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq)]
#[serde(deny_unknown_fields)]
pub struct CodeAfter {
    /// What it means, in at most 60 characters.
    pub means: String,
    /// What to try.
    #[serde(default)]
    pub next: Vec<String>,
    /// Whether it is the name given with EHLO that is refused.
    #[serde(default)]
    pub refuses_name: bool,
}

/// How far a reply code is known.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
pub enum CodeStatus {
    /// A standard defines it.
    Standard,
    /// IANA names it beside an enhanced code.
    Listed,
    /// A product's own.
    Vendor,
    /// No code but a rule for those that nothing defines.
    Rule,
    /// In no standard; only lists on the web have it.
    Unconfirmed,
}

impl CodeStatus {
    /// What has to be said beside a code that no standard defines.
    pub fn words(self) -> Option<&'static str> {
        match self {
            Self::Standard | Self::Rule => None,
            Self::Listed => Some(sentence("listed-code")),
            Self::Vendor => Some(sentence("vendor-code")),
            Self::Unconfirmed => Some(sentence("unconfirmed-code")),
        }
    }
}

/// What is known of a code, of its class at least.
pub fn reply_code(code: Code) -> Option<&'static ReplyCode> {
    let class = match code.class() {
        Class::Unknown if code.number() / 100 == 1 => 1,
        Class::Unknown => 6,
        _ => code.number() / 100,
    };
    REPLIES
        .row(&code.to_string())
        .or_else(|| REPLIES.row(&format!("{class}YZ")))
}

/// All reply codes by key.
pub fn reply_codes() -> impl Iterator<Item = (&'static str, &'static ReplyCode)> {
    REPLIES.rows()
}

/// What the first digit of a code says (RFC 5321 section 4.2.1).
pub fn class_words(class: Class) -> &'static str {
    sentence(match class {
        Class::Success => "class-2",
        Class::Intermediate => "class-3",
        Class::Transient => "class-4",
        Class::Permanent => "class-5",
        Class::Unknown => "class-0",
    })
}

/// What was asked, as the assets name it: a verb, `.` for the end of the message, `GREETING` for what
/// comes first, `-` for a word that is no verb.
pub fn asked_key(awaited: Awaited) -> &'static str {
    match awaited {
        Awaited::Greeting => "GREETING",
        Awaited::Command(verb) => verb.name(),
        Awaited::SaslResponse => Verb::Auth.name(),
        Awaited::EndOfData => ".",
        Awaited::Chunk { .. } => Verb::Bdat.name(),
    }
}

/// The page of a row: `550`, `4YZ`.
pub(super) fn row_page(key: &str) -> Option<Page> {
    let (key, row) = REPLIES.entry(key)?;
    let mut page = Page::new(key.to_ascii_lowercase());
    page.lead([row.means.clone()]);
    page.lead(row.status.words().map(str::to_owned));
    let name = |awaited: &str| match awaited {
        "." => "the message".to_owned(),
        "GREETING" => "connecting".to_owned(),
        "-" => "no verb".to_owned(),
        verb => verb.to_owned(),
    };
    let cells: Vec<_> = row
        .on
        .iter()
        .map(|(awaited, after)| (name(awaited), after.means.clone()))
        .collect();
    page.section("After", rows(&cells, 14));
    page.section("Why", row.causes.clone());
    page.section("To try", row.next.clone());
    let cells: Vec<_> = row
        .on
        .iter()
        .filter_map(|(awaited, after)| Some((name(awaited), after.next.first()?.clone())))
        .collect();
    page.section("To try after", rows(&cells, 14));
    page.section("Source", [cite(&row.source)]);
    Some(page)
}
