//! Words into pages: whatever a user may ask the manual about, alone or several together.

use super::page::Page;
use super::{
    ReplyContext, command, enhanced, explain, extension, mechanism, overview, parameter, provider,
    reply_code, reply_codes, rule, topics,
};
use crate::smtp::{Awaited, Code, EnhancedCode, Oddities, Reply, Verb};

/// Topics that are named when a word is not known.
const NEAR: usize = 3;
/// Characters of an unknown word that are looked at.
const WORD_CAP: usize = 40;

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
    if let Some(pages) = as_reply(&words) {
        return Ok(pages);
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
/// Nothing where there is no code, or one word is left that nobody knows: a slip, not a text.
fn as_reply(words: &[&str]) -> Option<Vec<Page>> {
    let (mut code, mut enhanced, mut awaited, mut host) = (None, None, None, None);
    let mut text = Vec::new();
    for &word in words {
        let (head, tail) = split_code(word);
        if head.is_some() && (code.is_none() || code == head) {
            code = head;
            enhanced = enhanced.or_else(|| EnhancedCode::parse(tail.as_bytes()));
            text.extend(Some(tail).filter(|tail| enhanced.is_none() && !tail.is_empty()));
            continue;
        }
        let found = EnhancedCode::parse(word.as_bytes());
        let verb = asked_by(word).filter(|_| text.is_empty() && awaited.is_none());
        let known = provider(word).filter(|_| text.is_empty() && host.is_none());
        if found.is_some() && (enhanced.is_none() || enhanced == found) {
            enhanced = found;
        } else if verb.is_some() {
            awaited = verb;
        } else if let Some(provider) = known {
            host = provider.hosts.first().map(String::as_str);
        } else {
            text.push(word);
        }
    }
    let code = code?;
    if let [word] = text[..]
        && enhanced.is_none()
        && about(word).is_empty()
    {
        return None;
    }
    let mut pages = vec![explain_code(code, enhanced, &text.join(" "), awaited, host)];
    let topics: Vec<_> = text.iter().map(|word| about(word)).collect();
    if topics.iter().all(|pages| !pages.is_empty()) {
        pages.extend(topics.into_iter().flatten());
    }
    Some(pages)
}

/// `550-5.7.1` is a code and what stands behind it. A class that no server uses is no code here.
fn split_code(word: &str) -> (Option<Code>, &str) {
    let code = Code::parse(word.as_bytes()).filter(|code| {
        let listed = || reply_codes().any(|(key, _)| key == code.to_string());
        code.is_positive() || code.is_negative() || listed()
    });
    match word.as_bytes().get(3) {
        None => (code, ""),
        Some(b'-') => (code, word.get(4..).unwrap_or("")),
        Some(_) => (None, ""),
    }
}

fn asked_by(word: &str) -> Option<Awaited> {
    match word {
        "." => Some(Awaited::EndOfData),
        _ if word.eq_ignore_ascii_case("GREETING") => Some(Awaited::Greeting),
        _ => Some(Verb::parse(word))
            .filter(|verb| *verb != Verb::Other)
            .map(Awaited::Command),
    }
}

fn explain_code(
    code: Code,
    enhanced: Option<EnhancedCode>,
    text: &str,
    awaited: Option<Awaited>,
    host: Option<&str>,
) -> Page {
    let reply = Reply {
        first_code: Some(code),
        last_code: Some(code),
        enhanced,
        texts: vec![text.as_bytes().into()],
        oddities: Oddities::NONE,
    };
    let situation = ReplyContext {
        reply: &reply,
        awaited,
        host,
        status: None,
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
