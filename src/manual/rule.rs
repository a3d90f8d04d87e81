//! Rules that recognise a reply by its code, enhanced code, text and command. The rules that hold for
//! every provider are the symptoms.

use std::sync::LazyLock;

use serde::Deserialize;

use super::enhanced::Pattern;
use super::page::Page;
use super::source::cite;
use super::table::Table;
use crate::smtp::EnhancedCode;

static SYMPTOMS: LazyLock<Table<ReplyRule>> =
    LazyLock::new(|| Table::read(include_str!("../../assets/symptoms.toml")));

/// A rule that recognises a reply. All conditions must match; a rule without conditions never does.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq)]
#[serde(deny_unknown_fields)]
pub struct ReplyRule {
    /// Reply codes, any of which matches.
    #[serde(default)]
    pub codes: Vec<u16>,
    /// Enhanced codes, any of which matches: `5.7.1`, `X.2.2`.
    #[serde(default)]
    pub enhanced: Vec<String>,
    /// Lowercase phrases, any of which matches if it starts at the beginning of a word of the text.
    #[serde(default)]
    pub phrases: Vec<String>,
    /// Commands, any of which matches; see [`awaited_key`](super::awaited_key).
    #[serde(default)]
    pub after: Vec<String>,
    /// What the server means, at most 66 characters.
    pub means: String,
    /// Possible causes.
    #[serde(default)]
    pub causes: Vec<String>,
    /// What to do, most promising first.
    #[serde(default)]
    pub next: Vec<String>,
    /// Whether it means that the server refuses the EHLO name.
    #[serde(default)]
    pub refuses_name: bool,
    /// Where it is described; empty if nowhere.
    #[serde(default)]
    pub source: String,
}

/// A reply in the form that rules are matched against.
#[derive(Clone, Copy, Debug)]
pub(super) struct RuleInput<'a> {
    /// The reply code.
    pub(super) code: u16,
    /// The enhanced code, if it counts.
    pub(super) enhanced: Option<EnhancedCode>,
    /// The text of all lines, in lowercase.
    pub(super) text: &'a str,
    /// What the reply answers.
    pub(super) awaited: Option<&'a str>,
}

impl ReplyRule {
    /// How well the rule matches, higher is better; none if it does not match.
    fn score(&self, input: &RuleInput<'_>) -> Option<usize> {
        let condition = |given: bool, matches: bool| {
            if given { matches.then_some(1) } else { Some(0) }
        };
        let code = condition(!self.codes.is_empty(), self.codes.contains(&input.code))?;
        let enhanced = condition(
            !self.enhanced.is_empty(),
            input.enhanced.is_some_and(|code| {
                let mut patterns = self.enhanced.iter().filter_map(|text| Pattern::parse(text));
                patterns.any(|pattern| pattern.contains(code))
            }),
        )?;
        let awaited = condition(
            !self.after.is_empty(),
            input
                .awaited
                .is_some_and(|awaited| self.after.iter().any(|after| after == awaited)),
        )?;
        let found = self
            .phrases
            .iter()
            .filter(|phrase| starts_word(input.text, phrase));
        let phrase = found.map(String::len).max();
        if !self.phrases.is_empty() && phrase.is_none() {
            return None;
        }
        let conditions = code + enhanced + awaited + usize::from(phrase.is_some());
        // The longest phrase is the most specific. An enhanced code outranks any phrase.
        (conditions > 0).then_some(enhanced * 1000 + phrase.unwrap_or(0) * 10 + conditions)
    }

    /// The page of the rule.
    fn page(&self, name: &str) -> Page {
        let mut page = Page::new(name.to_ascii_lowercase().replace('-', " "));
        page.lead([self.means.clone()]);
        page.section("Possible causes", self.causes.iter().cloned());
        page.section("What to try", self.next.iter().cloned());
        let codes: Vec<_> = self.codes.iter().map(u16::to_string).collect();
        page.section("Reply codes", joined(&codes));
        let phrases: Vec<_> = self
            .phrases
            .iter()
            .map(|phrase| format!("\"{}\"", phrase.trim()))
            .collect();
        page.section("Recognised by", joined(&phrases));
        let observed = "observed replies of servers";
        let source = if self.source.is_empty() {
            observed
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

/// The symptom that matches best.
pub(super) fn best_symptom(input: &RuleInput<'_>) -> Option<&'static ReplyRule> {
    best_rule(SYMPTOMS.rows().map(|(_, rule)| rule), input)
}

/// The rule that matches best.
pub(super) fn best_rule<'a>(
    rules: impl Iterator<Item = &'a ReplyRule>,
    input: &RuleInput<'_>,
) -> Option<&'a ReplyRule> {
    let scored = rules.filter_map(|rule| Some((rule.score(input)?, rule)));
    scored
        .reduce(|best, next| if next.0 > best.0 { next } else { best })
        .map(|(_, rule)| rule)
}

/// All symptoms, by name.
pub fn symptoms() -> impl Iterator<Item = (&'static str, &'static ReplyRule)> {
    SYMPTOMS.rows()
}

/// The symptom with this name; case does not matter.
pub fn symptom(name: &str) -> Option<&'static ReplyRule> {
    SYMPTOMS.row(name)
}

/// The page of a symptom.
pub(super) fn symptom_page(name: &str) -> Option<Page> {
    SYMPTOMS.entry(name).map(|(name, rule)| rule.page(name))
}

/// Whether `text` contains `phrase` at the beginning of a word.
pub(super) fn starts_word(text: &str, phrase: &str) -> bool {
    text.match_indices(phrase).any(|(at, _)| {
        let before = text[..at].chars().next_back();
        let inside = before.is_some_and(char::is_alphanumeric);
        !inside || !phrase.starts_with(char::is_alphanumeric)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn phrase_matches_at_the_start_of_a_word() {
        let table = [
            ("user unknown", "user", true),
            ("superuser", "user", false),
            ("550 (user)", "user", true),
            ("5.7.9 bare <lf>", "bare <lf>", true),
            ("x[ts01]", "[ts", true),
            ("", "user", false),
        ];
        for (text, phrase, expected) in table {
            assert_eq!(starts_word(text, phrase), expected, "{text} {phrase}");
        }
    }

    #[test]
    fn rule_without_conditions_never_matches() {
        let rule: ReplyRule = toml::from_str("means = 'x'").unwrap();
        let input = RuleInput {
            code: 250,
            enhanced: None,
            text: "anything",
            awaited: None,
        };
        assert_eq!(rule.score(&input), None);
    }
}
