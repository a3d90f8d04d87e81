//! Words into pages: whatever a user may ask the manual about, alone or several together.

use super::page::{Page, rows};
use super::{
    Situation, command, commands, dialogue_topics, enhanced, enhanced_codes, explain, extension,
    extensions, mechanism, mechanisms, parameter, parameters, provider, providers, reply_code,
    reply_codes, rule, symptoms,
};
use crate::smtp::{Asked, Code, EnhancedCode, Oddities, Reply, Verb};

/// Topics that are named when a word is not known.
const NEAR: usize = 3;
/// Characters of an unknown word that are looked at.
const WORD_CAP: usize = 40;

/// What the manual has a page about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Topic {
    /// The word to ask for it.
    pub name: String,
    /// What kind of thing it is.
    pub kind: Kind,
    /// What it means, in a few words.
    pub means: String,
}

/// The kinds of things the manual knows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A command.
    Verb,
    /// What has a place in the dialogue and is no verb.
    Dialogue,
    /// An ESMTP parameter.
    Parameter,
    /// A word of EHLO's answer.
    Extension,
    /// A SASL mechanism.
    Mechanism,
    /// A reply code.
    ReplyCode,
    /// An enhanced status code.
    EnhancedCode,
    /// A provider.
    Provider,
    /// What servers say in words.
    Symptom,
}

impl Kind {
    /// All kinds, each with words that ask for some of it.
    const ALL: [(Self, &'static str); 9] = [
        (Self::Verb, "RCPT, STARTTLS, XCLIENT"),
        (Self::Dialogue, "greeting, ., *"),
        (Self::Parameter, "NOTIFY, BODY, HOLDFOR"),
        (Self::Extension, "8BITMIME, CHUNKING, LIMITS"),
        (Self::Mechanism, "PLAIN, SCRAM-SHA-256, XOAUTH2"),
        (Self::ReplyCode, "550, 421, 4yz"),
        (Self::EnhancedCode, "5.7.1, X.7.1, 4.7"),
        (Self::Provider, "gmail, smtp.office365.com, ses"),
        (Self::Symptom, "greylisting, relay-denied, bare-lf"),
    ];

    /// The kind in the plural.
    pub const fn plural(self) -> &'static str {
        match self {
            Self::Verb => "commands",
            Self::Dialogue => "other parts of the dialogue",
            Self::Parameter => "parameters",
            Self::Extension => "extensions",
            Self::Mechanism => "ways to log in",
            Self::ReplyCode => "reply codes",
            Self::EnhancedCode => "enhanced codes",
            Self::Provider => "providers",
            Self::Symptom => "what servers say",
        }
    }
}

/// A word that the manual does not know, and what was perhaps meant.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "\"{word}\" is nothing the manual knows{}; it knows commands, parameters, extensions, \
     mechanisms, reply codes, enhanced codes and providers",
    perhaps(.near)
)]
pub struct UnknownWord {
    /// The word, as it was given; it has to be made visible before it is shown.
    pub word: String,
    /// Topics that are spelt nearly like it.
    pub near: Vec<String>,
}

fn perhaps(near: &[String]) -> String {
    if near.is_empty() {
        String::new()
    } else {
        format!(" (perhaps {})", near.join(" or "))
    }
}

/// All topics, by kind and name.
pub fn topics() -> Vec<Topic> {
    let topic = |kind: Kind| {
        move |(name, means): (&str, &str)| Topic {
            name: name.to_owned(),
            kind,
            means: means.to_owned(),
        }
    };
    let small = |topic: Topic| Topic {
        name: topic.name.to_ascii_lowercase(),
        ..topic
    };
    let mut all = Vec::new();
    let verbs = commands().map(|(name, row)| (name, row.means.as_str()));
    all.extend(verbs.map(topic(Kind::Verb)));
    let others = dialogue_topics().map(|(name, row)| (name, row.means.as_str()));
    all.extend(others.map(topic(Kind::Dialogue)).map(small));
    let words = parameters().map(|(name, row)| (name, row.means.as_str()));
    all.extend(words.map(topic(Kind::Parameter)));
    let words = extensions().map(|(name, row)| (name, row.means.as_str()));
    all.extend(words.map(topic(Kind::Extension)));
    for (name, row) in mechanisms() {
        let names = std::iter::once(name).chain(row.also.iter().map(String::as_str));
        all.extend(names.map(|name| topic(Kind::Mechanism)((name, &row.means))));
    }
    let codes = reply_codes().map(|(name, row)| (name, row.means.as_str()));
    all.extend(codes.map(topic(Kind::ReplyCode)).map(small));
    let codes = enhanced_codes().map(|(name, row)| (name, row.means.as_str()));
    all.extend(codes.map(topic(Kind::EnhancedCode)));
    for (key, row) in providers() {
        all.push(small(topic(Kind::Provider)((key, &row.name))));
        let hosts = row.hosts.iter().filter(|host| !host.contains('*'));
        all.extend(hosts.map(|host| topic(Kind::Provider)((host, &row.name))));
    }
    let words = symptoms().map(|(name, row)| (name, row.means.as_str()));
    all.extend(words.map(topic(Kind::Symptom)).map(small));
    all
}

/// The page that says what there is to look up.
pub fn overview() -> Page {
    let mut page = Page::new("What can be looked up");
    let cells: Vec<_> = Kind::ALL
        .iter()
        .map(|(kind, examples)| (kind.plural().to_owned(), (*examples).to_owned()))
        .collect();
    page.lead(rows(&cells, 40));
    page.section(
        "Several words together",
        [
            "550 5.7.1                  both codes in one",
            "RCPT 552                   the code after that command",
            "gmail 535 5.7.8            what this provider means by it",
            "550 5.7.1 Relaying denied  a reply as it came",
        ]
        .map(str::to_owned),
    );
    page
}

/// The pages about `words`: the reply they make up together, or each on its own.
///
/// # Errors
///
/// [`UnknownWord`] for the first word that the manual does not know.
pub fn lookup(words: &[&str]) -> Result<Vec<Page>, UnknownWord> {
    let words: Vec<&str> = words
        .iter()
        .flat_map(|word| word.split_whitespace())
        .collect();
    if words.is_empty() {
        return Ok(vec![overview()]);
    }
    let whole = about(&words.join(" "));
    if !whole.is_empty() {
        return Ok(whole);
    }
    if let Some(page) = as_reply(&words) {
        return Ok(vec![page]);
    }
    let mut pages = Vec::new();
    let mut verb = false;
    for word in words {
        let found = about(word);
        // The argument of a command that was given whole.
        let argument = verb && found.is_empty() && word.contains([':', '<', '@']);
        if found.is_empty() && !argument {
            return Err(unknown(word));
        }
        verb |= command(word).is_some();
        let new = found.into_iter().filter(|page| !pages.contains(page));
        pages.extend(new.collect::<Vec<_>>());
    }
    Ok(pages)
}

/// The pages about one topic, of every kind that has it.
fn about(topic: &str) -> Vec<Page> {
    let name = topic.split_once('=').map_or(topic, |(name, value)| {
        if value.is_empty() || extension(topic).is_some() {
            topic
        } else {
            name
        }
    });
    let dashed = topic.replace(' ', "-");
    let code = Code::parse(topic.as_bytes()).filter(|_| topic.len() == 3);
    let pages = [
        command::command_page(name),
        command::dialogue_page(name),
        parameter::parameter_page(name),
        extension::extension_page(name),
        mechanism::mechanism_page(name),
        provider::provider_page(topic),
        rule::symptom_page(&dashed),
        enhanced_page(topic),
    ];
    let mut pages: Vec<Page> = pages.into_iter().flatten().collect();
    if let Some(page) = reply_code::row_page(topic) {
        pages.push(page);
    } else if let Some(code) = code.filter(|_| pages.is_empty()) {
        pages.push(explain_code(code, None, "", None, None));
    }
    pages
}

fn enhanced_page(topic: &str) -> Option<Page> {
    EnhancedCode::parse(topic.as_bytes())
        .map(enhanced::code_page)
        .or_else(|| enhanced::row_page(topic))
        .or_else(|| enhanced::pattern_page(topic))
}

/// The words as one reply: a code with an enhanced code, a verb, a provider or a text beside it.
fn as_reply(words: &[&str]) -> Option<Page> {
    let (mut code, mut enhanced, mut asked, mut host) = (None, None, None, None);
    let mut rest = words;
    let mut unknown = Vec::new();
    while let Some((&word, others)) = rest.split_first() {
        rest = others;
        let (head, tail) = split_code(word);
        let is_code = |code: &Code| {
            code.is_positive() || code.is_negative() || reply_codes().any(|(key, _)| key == word)
        };
        let found = head.filter(is_code).filter(|_| code.is_none());
        if let Some(found) = found {
            code = Some(found);
            enhanced = enhanced.or_else(|| EnhancedCode::parse(tail.as_bytes()));
            if enhanced.is_none() && !tail.is_empty() {
                unknown.push(tail);
            }
        } else if let Some(found) =
            EnhancedCode::parse(word.as_bytes()).filter(|_| enhanced.is_none())
        {
            enhanced = Some(found);
        } else if let Some(verb) = asked_by(word).filter(|_| asked.is_none() && unknown.is_empty())
        {
            asked = Some(verb);
        } else if let Some(found) = provider(word).filter(|_| host.is_none() && unknown.is_empty())
        {
            host = found.hosts.first().map(String::as_str);
        } else if Some(word) != code.map(|code| code.to_string()).as_deref() {
            unknown.push(word);
        }
    }
    let code = code?;
    // One word that is not known is a slip; several are the text of a reply.
    if let [word] = unknown[..]
        && words.len() > 1
        && about(word).is_empty()
        && enhanced.is_none()
    {
        return None;
    }
    Some(explain_code(
        code,
        enhanced,
        &unknown.join(" "),
        asked,
        host,
    ))
}

/// `550-5.7.1` is a code and what stands behind it.
fn split_code(word: &str) -> (Option<Code>, &str) {
    let code = Code::parse(word.as_bytes());
    match word.as_bytes().get(3) {
        None => (code, ""),
        Some(b'-') => (code, word.get(4..).unwrap_or("")),
        Some(_) => (None, ""),
    }
}

fn asked_by(word: &str) -> Option<Asked> {
    match word {
        "." => Some(Asked::EndOfData),
        _ if word.eq_ignore_ascii_case("GREETING") => Some(Asked::Greeting),
        _ => Some(Verb::parse(word))
            .filter(|verb| *verb != Verb::Other)
            .map(Asked::Command),
    }
}

fn explain_code(
    code: Code,
    enhanced: Option<EnhancedCode>,
    text: &str,
    asked: Option<Asked>,
    host: Option<&str>,
) -> Page {
    let reply = Reply {
        first_code: Some(code),
        last_code: Some(code),
        enhanced,
        texts: vec![text.as_bytes().into()],
        oddities: Oddities::NONE,
    };
    let situation = Situation {
        reply: &reply,
        asked,
        host,
        standing: None,
    };
    explain(&situation).page()
}

fn unknown(word: &str) -> UnknownWord {
    let word: String = word.chars().take(WORD_CAP).collect();
    let upper = word.to_ascii_uppercase();
    let most = if upper.len() <= 3 { 1 } else { 2 };
    let mut near: Vec<(usize, String)> = topics()
        .into_iter()
        .filter_map(|topic| {
            let distance = distance(&upper, &topic.name.to_ascii_uppercase(), most)?;
            Some((distance, topic.name))
        })
        .collect();
    near.sort();
    near.dedup();
    let best = near.first().map(|(distance, _)| *distance);
    let near = near
        .into_iter()
        .filter(|(distance, _)| Some(*distance) == best);
    UnknownWord {
        word,
        near: near.map(|(_, name)| name).take(NEAR).collect(),
    }
}

/// How many letters have to be changed, added, taken or swapped with their neighbour to make one
/// word of the other; nothing where it is more than `most`.
fn distance(one: &str, other: &str, most: usize) -> Option<usize> {
    let (one, other): (Vec<char>, Vec<char>) = (one.chars().collect(), other.chars().collect());
    if one.len().abs_diff(other.len()) > most {
        return None;
    }
    let mut before = vec![0; other.len() + 1];
    let mut last: Vec<usize> = (0..=other.len()).collect();
    for (i, a) in one.iter().enumerate() {
        let mut row = vec![i + 1];
        for (j, b) in other.iter().enumerate() {
            let change = last[j] + usize::from(a != b);
            let mut least = change.min(last[j + 1] + 1).min(row[j] + 1);
            if i > 0 && j > 0 && *a == other[j - 1] && one[i - 1] == *b {
                least = least.min(before[j - 1] + 1);
            }
            row.push(least);
        }
        before = std::mem::replace(&mut last, row);
    }
    last.last().copied().filter(|distance| *distance <= most)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slip_is_near() {
        let table = [
            ("RCPT", "RCPT", Some(0)),
            ("RCTP", "RCPT", Some(1)),
            ("STARTLS", "STARTTLS", Some(1)),
            ("EHLLOO", "EHLO", Some(2)),
            ("XYZZY", "EHLO", None),
            ("", "DSN", None),
        ];
        for (one, other, expected) in table {
            assert_eq!(distance(one, other, 2), expected, "{one} {other}");
        }
    }
}
