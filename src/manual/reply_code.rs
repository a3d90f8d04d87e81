//! The reply codes: what each means, in general and after a particular command, and what to do.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use serde::Deserialize;

use super::advice::{Advice, words_of};
use super::page::{Page, rows};
use super::sentence::sentence;
use super::source::cite;
use super::table::Table;
use crate::smtp::{Awaited, Class, Code, Verb};

static REPLIES: LazyLock<Table<ReplyCodeDoc>> =
    LazyLock::new(|| Table::read(include_str!("../../assets/replies.toml")));

/// A reply code. The key is its three digits, or `4YZ` for all codes of a class without a row.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq)]
#[serde(deny_unknown_fields)]
pub struct ReplyCodeDoc {
    /// What it means in general, at most 70 characters.
    pub means: String,
    /// Possible causes.
    #[serde(default)]
    pub causes: Vec<Advice>,
    /// What to do, most promising first.
    #[serde(default)]
    pub next: Vec<Advice>,
    /// Whether a standard defines it.
    pub status: CodeStatus,
    /// Where it is defined: `5321 s4.2.2`, or the name of a product.
    pub source: String,
    /// What it means in reply to one command, by [`awaited_key`].
    #[serde(default)]
    pub on: BTreeMap<String, CodeMeaning>,
}

/// What a code means in reply to one command.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq)]
#[serde(deny_unknown_fields)]
pub struct CodeMeaning {
    /// What it means, at most 60 characters.
    pub means: String,
    /// Possible causes; those of the code in general do not count.
    #[serde(default)]
    pub causes: Vec<Advice>,
    /// What to do, most promising first.
    #[serde(default)]
    pub next: Vec<Advice>,
    /// Whether it means that the server refuses the EHLO name.
    #[serde(default)]
    pub refuses_name: bool,
}

/// Whether a standard defines a reply code.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
pub enum CodeStatus {
    /// Defined by a standard.
    Standard,
    /// Named in the IANA registry, with an enhanced code.
    Listed,
    /// Specific to a product.
    Vendor,
    /// Not a code but the rule for undefined codes of a class.
    Rule,
    /// Not in any standard, only in lists on the web.
    Unconfirmed,
}

impl CodeStatus {
    /// The note for a code that no standard defines.
    pub fn note(self) -> Option<&'static str> {
        match self {
            Self::Standard | Self::Rule => None,
            Self::Listed => Some(sentence("listed-code")),
            Self::Vendor => Some(sentence("vendor-code")),
            Self::Unconfirmed => Some(sentence("unconfirmed-code")),
        }
    }
}

/// The row of a code, or else of its class.
pub fn reply_code(code: Code) -> Option<&'static ReplyCodeDoc> {
    let class = match code.class() {
        Class::Unknown if code.number() / 100 == 1 => 1,
        Class::Unknown => 6,
        _ => code.number() / 100,
    };
    REPLIES
        .row(&code.to_string())
        .or_else(|| REPLIES.row(&format!("{class}YZ")))
}

/// All reply codes, by key.
pub fn reply_codes() -> impl Iterator<Item = (&'static str, &'static ReplyCodeDoc)> {
    REPLIES.rows()
}

/// What the first digit of a code means (RFC 5321 section 4.2.1).
pub fn class_text(class: Class) -> &'static str {
    sentence(match class {
        Class::Success => "class-2",
        Class::Intermediate => "class-3",
        Class::Transient => "class-4",
        Class::Permanent => "class-5",
        Class::Unknown => "class-0",
    })
}

/// What a reply answers, as the assets spell it: a command, `.` for the end of the message, `GREETING`
/// for the greeting, `-` for an unknown command.
pub fn awaited_key(awaited: Awaited) -> &'static str {
    match awaited {
        Awaited::Greeting => "GREETING",
        Awaited::Command(verb) => verb.name(),
        Awaited::SaslResponse | Awaited::SaslCancel => Verb::Auth.name(),
        Awaited::EndOfData => ".",
        Awaited::Chunk { .. } => Verb::Bdat.name(),
    }
}

/// The page of a row: `550`, `4YZ`.
pub(super) fn reply_code_page(key: &str) -> Option<Page> {
    let (key, row) = REPLIES.entry(key)?;
    let mut page = Page::new(key.to_ascii_lowercase());
    page.lead([row.means.clone()]);
    page.lead(row.status.note().map(str::to_owned));
    let name = |awaited: &str| match awaited {
        "." => "message".to_owned(),
        "GREETING" => "greeting".to_owned(),
        "-" => "other".to_owned(),
        verb => verb.to_owned(),
    };
    let cells: Vec<_> = row
        .on
        .iter()
        .map(|(awaited, meaning)| (name(awaited), meaning.means.clone()))
        .collect();
    page.section("Meaning after", rows(&cells, 14));
    page.section("Possible causes", words_of(&row.causes));
    page.section("What to try", words_of(&row.next));
    let cells: Vec<_> = row
        .on
        .iter()
        .filter_map(|(awaited, meaning)| Some((name(awaited), meaning.next.first()?.words.clone())))
        .collect();
    page.section("What to try after", rows(&cells, 14));
    page.section("Source", [cite(&row.source)]);
    Some(page)
}
