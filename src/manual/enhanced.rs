//! The enhanced status codes: classes, subjects, IANA's list, and what vendors mean by theirs.

use std::sync::LazyLock;

use serde::Deserialize;

use super::page::Page;
use super::source::cite;
use super::table::Table;
use crate::smtp::EnhancedCode;

static ENHANCED: LazyLock<Table<Enhanced>> =
    LazyLock::new(|| Table::read(include_str!("../../assets/enhanced.toml")));

/// An enhanced status code, a subject or a class, keyed by what `Pattern` reads; a vendor's key has
/// the vendor's name in front.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq)]
#[serde(deny_unknown_fields)]
pub struct Enhanced {
    /// What it means, in at most 60 characters.
    pub means: String,
    /// Why it comes.
    #[serde(default)]
    pub causes: Vec<String>,
    /// What to try.
    #[serde(default)]
    pub next: Vec<String>,
    /// The reply codes it comes with, where some are named.
    #[serde(default)]
    pub codes: Vec<u16>,
    /// Whose it is, where it is no code of IANA's.
    #[serde(default)]
    pub by: Option<String>,
    /// It says so little that the reply code says more.
    #[serde(default)]
    pub vague: bool,
    /// Reply codes that say more than it does.
    #[serde(default)]
    pub vague_with: Vec<u16>,
    /// Whether it is the name given with EHLO that is refused.
    #[serde(default)]
    pub refuses_name: bool,
    /// It was given up.
    #[serde(default)]
    pub obsolete: bool,
    /// Where it is defined: `3463`, or the name of a vendor.
    pub source: String,
}

impl Enhanced {
    /// Whether it says that all went well, going by the reply codes it comes with.
    fn is_good_news(&self) -> bool {
        !self.codes.is_empty() && self.codes.iter().all(|code| (200..300).contains(code))
    }
}

/// Which codes a key holds: `X.1.1`, `5.7.500-699`, `5.4.6,14`, `X.1.*`, `5.*.*`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Pattern {
    /// None for `X`.
    class: Option<u8>,
    subject: Option<u16>,
    detail: Detail,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Detail {
    Any,
    Span(u16, u16),
    Two(u16, u16),
}

impl Pattern {
    /// Reads `text`, with or without a vendor's name in front. `X.1` and `5` are a subject and a class.
    pub(super) fn parse(text: &str) -> Option<Self> {
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

    /// Whether `code` is one of these.
    pub(super) fn holds(self, code: EnhancedCode) -> bool {
        let detail = match self.detail {
            Detail::Any => true,
            Detail::Span(first, last) => (first..=last).contains(&code.detail),
            Detail::Two(one, other) => code.detail == one || code.detail == other,
        };
        self.class.is_none_or(|class| class == code.class)
            && self.subject.is_none_or(|subject| subject == code.subject)
            && detail
    }
}

fn detail(text: &str) -> Option<Detail> {
    if let Some((first, last)) = text.split_once('-') {
        return Some(Detail::Span(first.parse().ok()?, last.parse().ok()?));
    }
    if let Some((one, other)) = text.split_once(',') {
        return Some(Detail::Two(one.parse().ok()?, other.parse().ok()?));
    }
    let number = text.parse().ok()?;
    Some(Detail::Span(number, number))
}

/// What IANA's list says of a code exactly; the same row serves the classes 2, 4 and 5.
pub fn enhanced(code: EnhancedCode) -> Option<&'static Enhanced> {
    ENHANCED.row(&format!("X.{}.{}", code.subject, code.detail))
}

/// As [`enhanced()`], unless the row tells of trouble and the class of success, or the other way.
pub(super) fn enhanced_in_class(code: EnhancedCode) -> Option<&'static Enhanced> {
    enhanced(code).filter(|row| row.is_good_news() == (code.class == 2))
}

/// What a code's subject is about.
pub fn enhanced_subject(code: EnhancedCode) -> Option<&'static Enhanced> {
    ENHANCED.row(&format!("X.{}.*", code.subject))
}

/// What a code's class says.
pub fn enhanced_class(code: EnhancedCode) -> Option<&'static Enhanced> {
    ENHANCED.row(&format!("{}.*.*", code.class))
}

/// What vendors mean by a code.
pub fn enhanced_of_vendors(code: EnhancedCode) -> impl Iterator<Item = &'static Enhanced> {
    let vendors = ENHANCED.rows().filter(|(_, row)| row.by.is_some());
    vendors
        .filter(move |(key, _)| Pattern::parse(key).is_some_and(|pattern| pattern.holds(code)))
        .map(|(_, row)| row)
}

/// All enhanced codes by key.
pub fn enhanced_codes() -> impl Iterator<Item = (&'static str, &'static Enhanced)> {
    ENHANCED.rows()
}

/// The page of a code, with its class, its subject and its vendors.
pub(super) fn code_page(code: EnhancedCode) -> Page {
    let mut page = Page::new(code.to_string());
    let exact = enhanced_in_class(code);
    let vendors: Vec<_> = enhanced_of_vendors(code).collect();
    let words = |row: Option<&Enhanced>| row.map(|row| row.means.clone());
    let of_iana = |words| {
        if vendors.is_empty() {
            words
        } else {
            format!("IANA: {words}")
        }
    };
    page.lead(words(exact).map(of_iana));
    let of_vendor = |row: &&Enhanced| format!("{}: {}", row.by.as_deref().unwrap_or(""), row.means);
    page.lead(vendors.iter().map(of_vendor));
    if exact.is_none() && vendors.is_empty() {
        page.lead(["No list has this code; what stands below is what its parts say.".to_owned()]);
    }
    let class = words(enhanced_class(code)).map(|words| format!("{}: {words}", code.class));
    let subject = words(enhanced_subject(code)).map(|words| format!("{}: {words}", code.subject));
    page.section("Its parts", class.into_iter().chain(subject));
    let rows = || exact.into_iter().chain(vendors.iter().copied());
    page.section("Why", rows().flat_map(|row| row.causes.clone()));
    page.section("To try", rows().flat_map(|row| row.next.clone()));
    page.section("Comes with", exact.and_then(comes_with));
    let mut sources: Vec<_> = rows().map(|row| cite(&row.source)).collect();
    if sources.is_empty() {
        sources.push(cite("3463 s2"));
    }
    sources.dedup();
    page.section("Source", [sources.join(", ")]);
    page
}

/// The page of a row as the list has it: `X.7.1`, `X.7.*`, `5.*.*`, `Gmail 5.4.5`.
pub(super) fn row_page(key: &str) -> Option<Page> {
    let (key, row) = ENHANCED
        .rows()
        .find(|(name, _)| name.eq_ignore_ascii_case(key))?;
    let mut page = Page::new(key);
    page.lead([row.means.clone()]);
    let class_of_any = key.starts_with("X.");
    page.lead(class_of_any.then(|| "X is 2 for yes, 4 for not now, 5 for no.".to_owned()));
    page.lead(row.obsolete.then(|| "It was given up.".to_owned()));
    page.section("Why", row.causes.clone());
    page.section("To try", row.next.clone());
    page.section("Comes with", comes_with(row));
    page.section("Source", [cite(&row.source)]);
    Some(page)
}

/// The page of what was typed for a code with `X` or `*` in it: `X.7.1`, `5.7`, `x.1.*`.
pub(super) fn pattern_page(text: &str) -> Option<Page> {
    let pattern = Pattern::parse(text).filter(|_| text.contains('.') && !text.contains(' '))?;
    let subject = pattern
        .subject
        .map_or("*".to_owned(), |number| number.to_string());
    let key = match (pattern.class, pattern.detail) {
        (Some(class), Detail::Any) if pattern.subject.is_none() => format!("{class}.*.*"),
        (_, Detail::Any) => format!("X.{subject}.*"),
        (_, Detail::Span(number, _) | Detail::Two(number, _)) => format!("X.{subject}.{number}"),
    };
    row_page(&key)
}

fn comes_with(row: &Enhanced) -> Option<String> {
    let codes: Vec<_> = row.codes.iter().map(u16::to_string).collect();
    (!codes.is_empty()).then(|| codes.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_holds_its_codes() {
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
            assert_eq!(pattern.holds(code), expected, "{key} {code}");
        }
        for no_key in ["", "3.1.1", "X.1.1.1", "5.x1.1", "550"] {
            assert_eq!(Pattern::parse(no_key), None, "{no_key}");
        }
    }
}
