//! Finds topics by words that are not their names: words of their texts, a server's phrase without
//! its code, a product. Knows only what the tables contain.

use std::collections::BTreeSet;
use std::sync::LazyLock;

use super::advice::words_of;
use super::command::{CommandDoc, commands, terms};
use super::enhanced::enhanced_codes;
use super::extension::extensions;
use super::mechanism::mechanisms;
use super::page::{Page, rows};
use super::parameter::parameters;
use super::provider::providers;
use super::reply_code::reply_codes;
use super::rule::{ReplyRule, starts_word, symptoms};
use super::similar::{did_you_mean, similar};
use super::topic::TopicKind;

/// The most topics that are listed.
const RESULTS_CAP: usize = 20;
/// The most words of a query that are read.
const WORDS_CAP: usize = 64;
/// The widest name that others are aligned with.
const NAME_WIDTH: usize = 24;
/// The shortest word that may be the beginning of another.
const PREFIX_LETTERS: usize = 3;
/// Endings that do not change what a word is about, and the fewest letters before them.
const ENDINGS: [&str; 4] = ["ing", "ed", "es", "s"];
const STEM_LETTERS: usize = 4;
/// Words that say nothing about a topic.
const FILLERS: [&str; 27] = [
    "a", "an", "and", "are", "at", "be", "by", "can", "do", "does", "for", "from", "how", "i",
    "in", "is", "it", "my", "of", "on", "or", "the", "to", "was", "what", "why", "with",
];

/// How much a word counts, by where a topic has it.
const IN_NAME: usize = 100;
const IN_PHRASE: usize = 40;
const IN_MEANING: usize = 30;
const IN_TEXT: usize = 5;

/// Every topic with the words of its texts.
static INDEX: LazyLock<Vec<Entry>> = LazyLock::new(index);
/// Every word of the index.
static VOCABULARY: LazyLock<BTreeSet<&'static str>> = LazyLock::new(|| {
    let words = INDEX.iter().flat_map(|entry| &entry.words);
    words.map(|(word, _)| word.as_str()).collect()
});

/// A topic of the index.
struct Entry {
    /// The word to ask for.
    name: String,
    kind: TopicKind,
    means: String,
    /// Its words in lowercase, with what each counts.
    words: Vec<(String, usize)>,
    /// Phrases of any server that it explains, in lowercase.
    phrases: Vec<String>,
}

/// What a search has found.
pub(super) enum Found {
    /// One topic, by its name.
    Topic(String),
    /// Several topics, as a page that lists them.
    List(Page),
}

/// The topics about these words: those with all the words or a phrase that the text contains, or
/// else those with most of the words, at least two. None if there are none.
pub(super) fn search(words: &[&str]) -> Option<Found> {
    let text = words.join(" ").to_lowercase();
    let asked: Vec<String> = query(&text);
    let known: Vec<&String> = asked.iter().filter(|word| is_known(word)).collect();
    let mut hits: Vec<Hit> = INDEX
        .iter()
        .filter_map(|entry| Hit::of(entry, &text, &known))
        .collect();
    // A server's own words say more than any other match.
    let phrase = hits
        .iter()
        .map(|hit| hit.phrase)
        .max()
        .filter(|length| *length > 0);
    if let Some(longest) = phrase {
        let mut best = hits.iter().filter(|hit| hit.phrase == longest);
        if let (Some(hit), None) = (best.next(), best.next()) {
            return Some(Found::Topic(hit.entry.name.clone()));
        }
    }
    let most = hits.iter().map(|hit| hit.words).max()?;
    let all = most == asked.len();
    if !all && most < 2 && phrase.is_none() {
        return None;
    }
    hits.retain(|hit| hit.words == most || hit.phrase > 0);
    hits.sort_by_key(|hit| std::cmp::Reverse(hit.rank()));
    match &hits[..] {
        [hit] if all && hit.is_about(most) => Some(Found::Topic(hit.entry.name.clone())),
        _ => Some(Found::List(list(&hits, &asked, &known, all))),
    }
}

/// Whether a topic contains this word.
pub(super) fn is_known(word: &str) -> bool {
    VOCABULARY.iter().any(|known| is_same(known, word))
}

/// All words of the topics, without numbers.
pub(super) fn vocabulary() -> impl Iterator<Item = &'static str> {
    let is_word = |word: &&str| word.chars().all(char::is_alphabetic);
    VOCABULARY.iter().copied().filter(is_word)
}

/// A topic that matches.
struct Hit {
    entry: &'static Entry,
    /// How many words of the query it has.
    words: usize,
    score: usize,
    /// The octets of the longest phrase that the text contains; a phrase of one word does not count,
    /// as it may be about anything.
    phrase: usize,
}

impl Hit {
    fn of(entry: &'static Entry, text: &str, known: &[&String]) -> Option<Self> {
        let scores: Vec<usize> = known
            .iter()
            .filter_map(|word| {
                let same = entry.words.iter().filter(|(other, _)| is_same(other, word));
                same.map(|(_, score)| *score).max()
            })
            .collect();
        let phrases = entry.phrases.iter().map(|phrase| phrase.trim());
        let contained = phrases.filter(|phrase| phrase.contains(' ') && starts_word(text, phrase));
        let phrase = contained.map(str::len).max().unwrap_or(0);
        (!scores.is_empty() || phrase > 0).then(|| Self {
            entry,
            words: scores.len(),
            score: scores.iter().sum(),
            phrase,
        })
    }

    /// Whether its name or its meaning has these words, and not only a remark about something else.
    fn is_about(&self, words: usize) -> bool {
        self.score >= words * IN_MEANING
    }

    /// The best first; names in the order of the tables.
    fn rank(&self) -> (usize, usize, usize) {
        (self.phrase, self.words, self.score)
    }
}

/// Whether a word of a topic is the asked one, in another form or longer.
fn is_same(word: &str, asked: &str) -> bool {
    let stem = stem(asked);
    word == asked || (stem.len() >= PREFIX_LETTERS && word.starts_with(stem))
}

/// A word without its ending: `relaying` and `relayed` are `relay`.
fn stem(word: &str) -> &str {
    let mut stems = ENDINGS
        .iter()
        .filter_map(|ending| word.strip_suffix(ending));
    stems
        .find(|stem| stem.len() >= STEM_LETTERS)
        .unwrap_or(word)
}

/// The words of a query. Addresses, hosts and numbers of a pasted line are about one message, and
/// no topic has them.
fn query(text: &str) -> Vec<String> {
    let is_data = |word: &&str| {
        let inner = word.trim_matches(|c: char| !c.is_alphanumeric());
        inner.is_empty()
            || inner.contains(['@', '[', '<', '=', ':', '.', '_'])
            || inner.chars().all(|c| c.is_ascii_digit() || c == '.')
    };
    let is_filler = |word: &String| FILLERS.contains(&word.as_str());
    let mut asked = Vec::new();
    for word in text.split_whitespace().filter(|word| !is_data(word)) {
        for word in tokens(word).filter(|word| !is_filler(word)) {
            if asked.len() < WORDS_CAP && !asked.contains(&word) {
                asked.push(word);
            }
        }
    }
    asked
}

/// The letters and digits of a text, word by word, in lowercase.
fn tokens(text: &str) -> impl Iterator<Item = String> {
    let words = text.split(|c: char| !c.is_alphanumeric());
    let words = words.filter(|word| !word.is_empty());
    words.map(str::to_lowercase)
}

/// The page that lists topics by kind, the kind of the best one first.
fn list(hits: &[Hit], asked: &[String], known: &[&String], all: bool) -> Page {
    let words: Vec<&str> = known.iter().map(|word| word.as_str()).collect();
    let mut page = Page::new(format!("Topics about {}", words.join(" ")));
    page.lead((!all).then(|| "No topic has all of these words.".to_owned()));
    let unknown = asked.iter().filter(|word| !is_known(word));
    page.lead(unknown.map(|word| format!("Unknown: \"{word}\"{}", did_you_mean(&similar(word)))));
    page.lead(["Ask for one by its name on the left.".to_owned()]);
    let shown = &hits[..hits.len().min(RESULTS_CAP)];
    let mut kinds: Vec<TopicKind> = Vec::new();
    for hit in shown {
        if !kinds.contains(&hit.entry.kind) {
            kinds.push(hit.entry.kind);
        }
    }
    for kind in kinds {
        let of_kind = shown.iter().filter(|hit| hit.entry.kind == kind);
        let cells: Vec<_> = of_kind
            .map(|hit| (hit.entry.name.clone(), hit.entry.means.clone()))
            .collect();
        page.section(&capitalized(kind.plural()), rows(&cells, NAME_WIDTH));
    }
    let more = hits.len() - shown.len();
    page.section(
        "More",
        (more > 0).then(|| format!("{more} more topics match: add a word.")),
    );
    page
}

/// `words` with a capital letter.
pub(crate) fn capitalized(words: &str) -> String {
    let mut letters = words.chars();
    let first = letters.next().map(|letter| letter.to_ascii_uppercase());
    first.into_iter().chain(letters).collect()
}

/// An entry before its texts are added.
fn entry(kind: TopicKind, name: &str, means: &str) -> Entry {
    let entry = Entry {
        name: name.to_owned(),
        kind,
        means: means.to_owned(),
        words: Vec::new(),
        phrases: Vec::new(),
    };
    entry.with(IN_NAME, [name]).with(IN_MEANING, [means])
}

impl Entry {
    /// Adds the words of texts.
    fn with<T: AsRef<str>>(mut self, score: usize, texts: impl IntoIterator<Item = T>) -> Self {
        for text in texts {
            self.words
                .extend(tokens(text.as_ref()).map(|word| (word, score)));
        }
        self
    }

    /// Adds the words of a rule that recognises replies.
    fn with_rule(self, rule: &ReplyRule) -> Self {
        self.with(IN_PHRASE, &rule.phrases)
            .with(IN_TEXT, words_of(&rule.causes).chain(words_of(&rule.next)))
            .with(IN_TEXT, [&rule.means, &rule.source])
    }
}

fn command_entry(kind: TopicKind, name: &str, row: &CommandDoc) -> Entry {
    let arguments = row.arguments.iter();
    entry(kind, name, &row.means)
        .with(IN_TEXT, [&row.when, &row.source])
        .with(
            IN_TEXT,
            row.replies.iter().chain(&row.notes).chain(&row.extension),
        )
        .with(
            IN_TEXT,
            arguments.flat_map(|argument| [&argument.form, &argument.means]),
        )
}

fn index() -> Vec<Entry> {
    let lower = str::to_ascii_lowercase;
    let mut all = Vec::new();
    let general = symptoms().filter(|(_, row)| row.when.is_empty());
    all.extend(general.map(|(name, row)| Entry {
        phrases: row.phrases.clone(),
        ..entry(TopicKind::Symptom, &lower(name), &row.means).with_rule(row)
    }));
    all.extend(commands().map(|(name, row)| command_entry(TopicKind::Command, name, row)));
    all.extend(terms().map(|(name, row)| command_entry(TopicKind::Term, &lower(name), row)));
    all.extend(parameters().map(|(name, row)| {
        entry(TopicKind::Parameter, name, &row.means)
            .with(
                IN_TEXT,
                row.notes.iter().chain(&row.extensions).chain(&row.on),
            )
            .with(IN_TEXT, [&row.form, &row.source])
    }));
    all.extend(extensions().map(|(name, row)| {
        entry(TopicKind::Extension, name, &row.means)
            .with(
                IN_TEXT,
                row.notes.iter().chain(&row.verbs).chain(&row.parameters),
            )
            .with(IN_TEXT, [&row.source])
    }));
    all.extend(mechanisms().map(|(name, row)| {
        entry(TopicKind::Mechanism, name, &row.means)
            .with(IN_NAME, &row.also)
            .with(IN_TEXT, row.notes.iter())
            .with(IN_TEXT, [&row.payload, &row.secret, &row.source])
    }));
    all.extend(reply_codes().map(|(name, row)| {
        let after = row.on.values();
        entry(TopicKind::ReplyCode, &lower(name), &row.means)
            .with(IN_MEANING, after.clone().map(|after| &after.means))
            .with(IN_TEXT, words_of(&row.causes).chain(words_of(&row.next)))
            .with(IN_TEXT, after.flat_map(|after| words_of(&after.next)))
            .with(IN_TEXT, [&row.source])
    }));
    all.extend(enhanced_codes().map(|(name, row)| {
        entry(TopicKind::EnhancedCode, name, &row.means)
            .with(IN_TEXT, words_of(&row.causes).chain(words_of(&row.next)))
            .with(IN_TEXT, [&row.source])
    }));
    all.extend(providers().map(|(key, row)| {
        let entry = entry(TopicKind::Provider, &lower(key), &row.name)
            .with(IN_NAME, &row.aliases)
            .with(IN_MEANING, [&row.kind])
            .with(
                IN_TEXT,
                row.hosts.iter().chain(&row.mechanisms).chain(&row.notes),
            )
            .with(IN_TEXT, [&row.user, &row.secret, &row.source]);
        row.replies.iter().fold(entry, Entry::with_rule)
    }));
    all
}

#[cfg(test)]
mod tests {
    use super::super::lookup::lookup;
    use super::*;

    #[test]
    fn every_listed_name_is_a_topic() {
        for entry in INDEX.iter() {
            let pages = lookup(&[&entry.name]).unwrap();
            let listed = pages.iter().any(|page| page.title.starts_with("Topics"));
            assert!(!pages.is_empty() && !listed, "{}", entry.name);
        }
    }

    #[test]
    fn forms_of_a_word_are_the_same() {
        let table = [
            ("relay", "relaying", true),
            ("relayed", "relay", true),
            ("greylisting", "greylisted", true),
            ("quota", "quotas", true),
            ("quota", "quote", false),
            ("spf", "sp", false),
            ("as", "a", false),
            ("relay", "play", false),
        ];
        for (word, asked, expected) in table {
            assert_eq!(is_same(word, asked), expected, "{word} {asked}");
        }
    }

    #[test]
    fn query_leaves_out_what_is_about_one_message() {
        let table: &[(&str, &[&str])] = &[
            ("relay access denied", &["relay", "access", "denied"]),
            ("<bob@example.org>: user unknown", &["user", "unknown"]),
            ("mx.example.org [192.0.2.7] said: no", &["said", "no"]),
            ("what is the quota of a mailbox?", &["quota", "mailbox"]),
            ("(4121) -- [2026-10-01]", &["2026", "10", "01"]),
        ];
        for (text, words) in table {
            assert_eq!(query(text), *words, "{text}");
        }
    }
}
