//! Rules that recognise a reply by its code, enhanced code, text and command. The rules that hold for
//! every provider are the symptoms.

use std::sync::LazyLock;

use serde::Deserialize;

use super::advice::{Advice, words_of};
use super::condition::Condition;
use super::page::Page;
use super::source::cite;
use super::table::Table;
use super::value::described;

static SYMPTOMS: LazyLock<Table<ReplyRule>> = LazyLock::new(|| {
    Table::read(concat!(
        include_str!("../../assets/protocol.toml"),
        include_str!("../../assets/symptoms.toml")
    ))
});

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
    /// Facts about the session, all of which must be known to be true.
    #[serde(default)]
    pub when: Vec<Condition>,
    /// The rules that this one refines, if it has `when` and no phrases: it says what they mean in its
    /// situation. It also counts if the text says nothing else, provided that it has `codes`.
    #[serde(default)]
    pub refines: Vec<String>,
    /// What the server means, at most 66 characters.
    pub means: String,
    /// Possible causes.
    #[serde(default)]
    pub causes: Vec<Advice>,
    /// What to do, most promising first.
    #[serde(default)]
    pub next: Vec<Advice>,
    /// Whether it means that the server refuses the EHLO name.
    #[serde(default)]
    pub refuses_name: bool,
    /// Whether a refused login is not due to the password.
    #[serde(default)]
    pub not_the_password: bool,
    /// Whether an enhanced code that names a cause says more.
    #[serde(default)]
    pub vague: bool,
    /// Whether any other rule about the session says more.
    #[serde(default)]
    pub general: bool,
    /// Whether its facts make it likely only; otherwise facts make it certain.
    #[serde(default)]
    pub likely: bool,
    /// Whether the text itself says what `means` says.
    #[serde(default)]
    pub certain: bool,
    /// Where it is described; empty if nowhere.
    #[serde(default)]
    pub source: String,
}

impl ReplyRule {
    /// The page of the rule.
    fn page(&self, name: &str) -> Page {
        let mut page = Page::new(name.to_ascii_lowercase().replace('-', " "));
        page.lead([described(&self.means)]);
        page.section("Possible causes", words_of(&self.causes));
        page.section("What to try", words_of(&self.next));
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
pub(crate) fn starts_word(text: &str, phrase: &str) -> bool {
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
}
