//! The enhanced status codes: classes, subjects, the IANA registry, and codes of vendors.

use std::sync::LazyLock;

use serde::Deserialize;

use super::advice::{Advice, words_of};
use super::page::Page;
use super::source::cite;
use super::table::Table;
use crate::smtp::EnhancedCode;

static ENHANCED: LazyLock<Table<EnhancedCodeDoc>> =
    LazyLock::new(|| Table::read(include_str!("../../assets/enhanced.toml")));

/// An enhanced status code, a subject or a class. The key is a `Pattern`, after the vendor's name if
/// the code is specific to a vendor.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq)]
#[serde(deny_unknown_fields)]
pub struct EnhancedCodeDoc {
    /// What it means, at most 60 characters.
    pub means: String,
    /// Possible causes.
    #[serde(default)]
    pub causes: Vec<Advice>,
    /// What to do, most promising first.
    #[serde(default)]
    pub next: Vec<Advice>,
    /// The reply codes it is used with, if the registry names any.
    #[serde(default)]
    pub codes: Vec<u16>,
    /// The vendor; none for a code of the IANA registry.
    #[serde(default)]
    pub vendor: Option<String>,
    /// Whether the reply code always says more.
    #[serde(default)]
    pub vague: bool,
    /// Reply codes that say more than this code.
    #[serde(default)]
    pub vague_with: Vec<u16>,
    /// Whether it means that the server refuses the EHLO name.
    #[serde(default)]
    pub refuses_name: bool,
    /// No longer in use.
    #[serde(default)]
    pub obsolete: bool,
    /// Where it is defined: `3463`, or the name of a vendor.
    pub source: String,
}

impl EnhancedCodeDoc {
    /// Whether it means success, judging by the reply codes it is used with.
    fn is_success(&self) -> bool {
        !self.codes.is_empty() && self.codes.iter().all(|code| (200..300).contains(code))
    }
}

/// A set of enhanced codes: `X.1.1`, `5.7.500-699`, `5.4.6,14`, `X.1.*`, `5.*.*`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Pattern {
    /// None for `X`.
    class: Option<u8>,
    subject: Option<u16>,
    detail: Detail,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Detail {
    Any,
    Range(u16, u16),
    Two(u16, u16),
}

impl Pattern {
    /// Parses `text`, with or without a vendor's name first. `X.1` is a subject, `5` a class.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let code = text.rsplit(' ').next()?;
        let mut parts = code.split('.');
        let class = match parts.next()? {
            "X" | "x" => None,
            digit @ ("2" | "4" | "5") => Some(digit.parse().ok()?),
            _ => return None,
        };
        let subject = match parts.next() {
            None | Some("*") => None,
            Some(number) => Some(number.parse().ok()?),
        };
        let detail = match parts.next() {
            None | Some("*" | "x" | "X") => Detail::Any,
            Some(text) => detail(text)?,
        };
        parts.next().is_none().then_some(Self {
            class,
            subject,
            detail,
        })
    }

    /// Whether the set contains `code`.
    pub(crate) fn contains(self, code: EnhancedCode) -> bool {
        let detail = match self.detail {
            Detail::Any => true,
            Detail::Range(first, last) => (first..=last).contains(&code.detail),
            Detail::Two(one, other) => code.detail == one || code.detail == other,
        };
        self.class.is_none_or(|class| class == code.class)
            && self.subject.is_none_or(|subject| subject == code.subject)
            && detail
    }
}

fn detail(text: &str) -> Option<Detail> {
    if let Some((first, last)) = text.split_once('-') {
        return Some(Detail::Range(first.parse().ok()?, last.parse().ok()?));
    }
    if let Some((one, other)) = text.split_once(',') {
        return Some(Detail::Two(one.parse().ok()?, other.parse().ok()?));
    }
    let number = text.parse().ok()?;
    Some(Detail::Range(number, number))
}

/// The IANA entry for this code. Entries are keyed without the class, so X.7.1 covers 4.7.1 and
/// 5.7.1.
pub fn enhanced(code: EnhancedCode) -> Option<&'static EnhancedCodeDoc> {
    ENHANCED.row(&format!("X.{}.{}", code.subject, code.detail))
}

/// Like [`enhanced()`], but only if the entry and the class agree on success or failure.
pub(crate) fn enhanced_in_class(code: EnhancedCode) -> Option<&'static EnhancedCodeDoc> {
    enhanced(code).filter(|row| row.is_success() == (code.class == 2))
}

/// The entry of a code's subject.
pub fn enhanced_subject(code: EnhancedCode) -> Option<&'static EnhancedCodeDoc> {
    ENHANCED.row(&format!("X.{}.*", code.subject))
}

/// The entry of a code's class.
pub fn enhanced_class(code: EnhancedCode) -> Option<&'static EnhancedCodeDoc> {
    ENHANCED.row(&format!("{}.*.*", code.class))
}

/// The entries of vendors for a code.
pub fn enhanced_of_vendors(code: EnhancedCode) -> impl Iterator<Item = &'static EnhancedCodeDoc> {
    let vendors = ENHANCED.rows().filter(|(_, row)| row.vendor.is_some());
    vendors
        .filter(move |(key, _)| Pattern::parse(key).is_some_and(|pattern| pattern.contains(code)))
        .map(|(_, row)| row)
}

/// All enhanced codes, by key.
pub fn enhanced_codes() -> impl Iterator<Item = (&'static str, &'static EnhancedCodeDoc)> {
    ENHANCED.rows()
}

/// The page of a code, including its class, its subject and the meanings of vendors.
pub(super) fn code_page(code: EnhancedCode) -> Page {
    let mut page = Page::new(code.to_string());
    let exact = enhanced_in_class(code);
    let vendors: Vec<_> = enhanced_of_vendors(code).collect();
    let meaning = |row: Option<&EnhancedCodeDoc>| row.map(|row| row.means.clone());
    let with_registry = |means| {
        if vendors.is_empty() {
            means
        } else {
            format!("IANA: {means}")
        }
    };
    page.lead(meaning(exact).map(with_registry));
    let with_vendor =
        |row: &&EnhancedCodeDoc| format!("{}: {}", row.vendor.as_deref().unwrap_or(""), row.means);
    page.lead(vendors.iter().map(with_vendor));
    if exact.is_none() && vendors.is_empty() {
        page.lead(["This code is not registered. Its class and subject mean:".to_owned()]);
    }
    let class = meaning(enhanced_class(code)).map(|means| format!("{}: {means}", code.class));
    let subject =
        meaning(enhanced_subject(code)).map(|means| format!("X.{}: {means}", code.subject));
    page.section("Class and subject", class.into_iter().chain(subject));
    let rows = || exact.into_iter().chain(vendors.iter().copied());
    page.section(
        "Possible causes",
        rows().flat_map(|row| words_of(&row.causes)),
    );
    page.section("What to try", rows().flat_map(|row| words_of(&row.next)));
    page.section("Reply codes", exact.and_then(reply_codes));
    let mut sources: Vec<_> = rows().map(|row| cite(&row.source)).collect();
    if sources.is_empty() {
        sources.push(cite("3463 s2"));
    }
    sources.dedup();
    page.section("Source", [sources.join(", ")]);
    page
}

/// The page of one row by its key: `X.7.1`, `X.7.*`, `5.*.*`, `Gmail 5.4.5`.
pub(super) fn row_page(key: &str) -> Option<Page> {
    let (key, row) = ENHANCED.entry_in_any_case(key)?;
    let mut page = Page::new(key);
    page.lead([row.means.clone()]);
    let any_class = key.starts_with("X.");
    page.lead(any_class.then(|| {
        "X is 2 (accepted), 4 (refused, temporary) or 5 (refused, permanent).".to_owned()
    }));
    page.lead(row.obsolete.then(|| "Obsolete.".to_owned()));
    page.section("Possible causes", words_of(&row.causes));
    page.section("What to try", words_of(&row.next));
    page.section("Reply codes", reply_codes(row));
    page.section("Source", [cite(&row.source)]);
    Some(page)
}

/// The page for a typed code that contains `X` or `*`, or is incomplete: `X.7.1`, `5.7`, `x.1.*`.
pub(super) fn pattern_page(text: &str) -> Option<Page> {
    let pattern = Pattern::parse(text).filter(|_| text.contains('.') && !text.contains(' '))?;
    let subject = pattern
        .subject
        .map_or("*".to_owned(), |number| number.to_string());
    let key = match (pattern.class, pattern.detail) {
        (Some(class), Detail::Any) if pattern.subject.is_none() => format!("{class}.*.*"),
        (_, Detail::Any) => format!("X.{subject}.*"),
        (_, Detail::Range(number, _) | Detail::Two(number, _)) => format!("X.{subject}.{number}"),
    };
    row_page(&key)
}

fn reply_codes(row: &EnhancedCodeDoc) -> Option<String> {
    let codes: Vec<_> = row.codes.iter().map(u16::to_string).collect();
    (!codes.is_empty()).then(|| codes.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pattern_contains_its_codes() {
        let table = [
            ("X.1.1", "5.1.1", true),
            ("X.1.1", "4.1.1", true),
            ("X.1.1", "5.1.10", false),
            ("Exchange 4.7.500-699", "4.7.500", true),
            ("Exchange 4.7.500-699", "4.7.699", true),
            ("Exchange 4.7.500-699", "5.7.600", false),
            ("Exchange 5.4.6,14", "5.4.14", true),
            ("Exchange 5.4.6,14", "5.4.7", false),
            ("X.7.*", "2.7.99", true),
            ("5.*.*", "5.7.99", true),
            ("5.*.*", "4.7.99", false),
        ];
        for (key, code, expected) in table {
            let pattern = Pattern::parse(key).unwrap();
            let code = EnhancedCode::parse(code.as_bytes()).unwrap();
            assert_eq!(pattern.contains(code), expected, "{key} {code}");
        }
        for invalid in ["", "3.1.1", "X.1.1.1", "5.x1.1", "550"] {
            assert_eq!(Pattern::parse(invalid), None, "{invalid}");
        }
    }
}
