//! What servers mean by the text of a reply: rules that fit by code, enhanced code, words, and what
//! was asked. Those of no provider in particular are the symptoms.

use std::sync::LazyLock;

use serde::Deserialize;

use super::enhanced::Pattern;
use super::page::Page;
use super::source::cite;
use super::table::Table;
use crate::smtp::EnhancedCode;

static SYMPTOMS: LazyLock<Table<Rule>> =
    LazyLock::new(|| Table::read(include_str!("../../assets/symptoms.toml")));

/// A rule. Every condition that is given has to fit; one without conditions never does.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq)]
#[serde(deny_unknown_fields)]
pub struct Rule {
    /// Reply codes, any of which fits.
    #[serde(default)]
    pub codes: Vec<u16>,
    /// Enhanced codes, any of which fits: `5.7.1`, `X.2.2`.
    #[serde(default)]
    pub enhanced: Vec<String>,
    /// Words in small letters, any of which stands in the text at the beginning of a word.
    #[serde(default)]
    pub words: Vec<String>,
    /// What was asked, any of which fits; see [`asked_key`](super::asked_key).
    #[serde(default)]
    pub after: Vec<String>,
    /// What the server means, in at most 66 characters.
    pub means: String,
    /// Why it does so.
    #[serde(default)]
    pub causes: Vec<String>,
    /// What to try, the likeliest first.
    #[serde(default)]
    pub next: Vec<String>,
    /// Whether it is the name given with EHLO that is refused.
    #[serde(default)]
    pub refuses_name: bool,
    /// Where it is described; empty where nowhere.
    #[serde(default)]
    pub source: String,
}

/// What was heard: a reply as rules look at it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Heard<'a> {
    /// The code to act on.
    pub(super) code: u16,
    /// The enhanced code.
    pub(super) enhanced: Option<EnhancedCode>,
    /// The text of all lines, in small letters.
    pub(super) text: &'a str,
    /// What was asked.
    pub(super) awaited: Option<&'a str>,
}

impl Rule {
    /// How well the rule fits, more is better; nothing where it does not.
    pub(super) fn fits(&self, heard: &Heard<'_>) -> Option<usize> {
        let given = |given: bool, fits: bool| if given { fits.then_some(1) } else { Some(0) };
        let code = given(!self.codes.is_empty(), self.codes.contains(&heard.code))?;
        let enhanced = given(
            !self.enhanced.is_empty(),
            heard.enhanced.is_some_and(|code| {
                let mut patterns = self.enhanced.iter().filter_map(|text| Pattern::parse(text));
                patterns.any(|pattern| pattern.holds(code))
            }),
        )?;
        let awaited = given(
            !self.after.is_empty(),
            heard
                .awaited
                .is_some_and(|awaited| self.after.iter().any(|after| after == awaited)),
        )?;
        let found = self.words.iter().filter(|word| says(heard.text, word));
        let word = found.map(String::len).max();
        if !self.words.is_empty() && word.is_none() {
            return None;
        }
        let conditions = code + enhanced + awaited + usize::from(word.is_some());
        // The longest words tell most; a rule with a code of its own before one with words alone.
        (conditions > 0).then_some(enhanced * 1000 + word.unwrap_or(0) * 10 + conditions)
    }

    /// The rule as a page of its own.
    fn page(&self, name: &str) -> Page {
        let mut page = Page::new(name.to_ascii_lowercase().replace('-', " "));
        page.lead([self.means.clone()]);
        page.section("Why", self.causes.iter().cloned());
        page.section("To try", self.next.iter().cloned());
        let codes: Vec<_> = self.codes.iter().map(u16::to_string).collect();
        page.section("Codes it comes with", joined(&codes));
        let said: Vec<_> = self
            .words
            .iter()
            .map(|word| format!("\"{}\"", word.trim()))
            .collect();
        page.section("Known by", joined(&said));
        let seen = "seen in the replies of servers";
        let source = if self.source.is_empty() {
            seen
        } else {
            &self.source
        };
        page.section("Source", [cite(source)]);
        page
    }
}

fn joined(words: &[String]) -> Option<String> {
    (!words.is_empty()).then(|| words.join(", "))
}

/// The symptom that fits best what was heard.
pub(super) fn symptom_in(heard: &Heard<'_>) -> Option<&'static Rule> {
    best(SYMPTOMS.rows().map(|(_, rule)| rule), heard)
}

/// The rule among several that fits best.
pub(super) fn best<'a>(
    rules: impl Iterator<Item = &'a Rule>,
    heard: &Heard<'_>,
) -> Option<&'a Rule> {
    let fitting = rules.filter_map(|rule| Some((rule.fits(heard)?, rule)));
    fitting
        .reduce(|best, next| if next.0 > best.0 { next } else { best })
        .map(|(_, rule)| rule)
}

/// All symptoms by name.
pub fn symptoms() -> impl Iterator<Item = (&'static str, &'static Rule)> {
    SYMPTOMS.rows()
}

/// The symptom of that name, in any case of letters.
pub fn symptom(name: &str) -> Option<&'static Rule> {
    SYMPTOMS.row(name)
}

/// The page of a symptom.
pub(super) fn symptom_page(name: &str) -> Option<Page> {
    SYMPTOMS.entry(name).map(|(name, rule)| rule.page(name))
}

/// Whether `word` stands in `text` at the beginning of a word.
pub(super) fn says(text: &str, word: &str) -> bool {
    text.match_indices(word).any(|(at, _)| {
        let before = text[..at].chars().next_back();
        let inside = before.is_some_and(char::is_alphanumeric);
        !inside || !word.starts_with(char::is_alphanumeric)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_count_where_a_word_begins() {
        let table = [
            ("user unknown", "user", true),
            ("superuser", "user", false),
            ("550 (user)", "user", true),
            ("5.7.9 bare <lf>", "bare <lf>", true),
            ("x[ts01]", "[ts", true),
            ("", "user", false),
        ];
        for (text, word, expected) in table {
            assert_eq!(says(text, word), expected, "{text} {word}");
        }
    }

    #[test]
    fn a_rule_without_conditions_never_fits() {
        let rule: Rule = toml::from_str("means = 'x'").unwrap();
        let heard = Heard {
            code: 250,
            enhanced: None,
            text: "anything",
            awaited: None,
        };
        assert_eq!(rule.fits(&heard), None);
    }
}
