//! Finds the pages for words: single topics, or several words that make up a reply.

use super::command::{command, command_page, term_page};
use super::enhanced::{code_page, pattern_page, row_page};
use super::explain::{ReplyContext, explain};
use super::extension::{extension, extension_page};
use super::mechanism::mechanism_page;
use super::page::Page;
use super::parameter::parameter_page;
use super::provider::{provider, provider_page};
use super::reply_code::{reply_code_page, reply_codes};
use super::rule::symptom_page;
use super::search::{Found, is_known, search};
use super::similar::{UnknownTopic, unknown_topic};
use super::topic::overview;
use crate::smtp::{Awaited, Code, EnhancedCode, Oddities, Reply, Verb};

/// The pages for `words`: for the topic or reply that they form together, or for each word, or else
/// for the topics whose texts contain the words.
///
/// # Errors
///
/// [`UnknownTopic`] for the first word that is in no topic.
pub fn lookup(words: &[&str]) -> Result<Vec<Page>, UnknownTopic> {
    let words: Vec<&str> = words
        .iter()
        .flat_map(|word| word.split_whitespace())
        .collect();
    if words.is_empty() {
        return Ok(vec![overview()]);
    }
    let together = pages_about(&words.join(" "));
    if !together.is_empty() {
        return Ok(together);
    }
    if let Some(pages) = as_reply(&words) {
        return Ok(pages);
    }
    let stranger = match pages_about_each(&words) {
        Ok(pages) => return Ok(pages),
        Err(stranger) => stranger,
    };
    match search(&words) {
        Some(Found::Topic(name)) => Ok(pages_about(&name)),
        Some(Found::List(page)) => Ok(vec![page]),
        None => {
            let mut unknown = words.iter().filter(|word| !is_known(&word.to_lowercase()));
            Err(unknown_topic(unknown.next().unwrap_or(&stranger)))
        }
    }
}

/// The pages of words that are each a topic. Fails with the first that is none.
fn pages_about_each<'a>(words: &[&'a str]) -> Result<Vec<Page>, &'a str> {
    let mut pages = Vec::new();
    let mut after_command = false;
    for &word in words {
        let found = pages_about(word);
        // An argument of a complete command line has no page.
        let is_argument = after_command && found.is_empty() && word.contains([':', '<', '@']);
        if found.is_empty() && !is_argument {
            return Err(word);
        }
        after_command |= command(word).is_some();
        let new = found.into_iter().filter(|page| !pages.contains(page));
        pages.extend(new.collect::<Vec<_>>());
    }
    Ok(pages)
}

/// The pages about one topic, of every kind with this name.
fn pages_about(topic: &str) -> Vec<Page> {
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
        command_page(name),
        term_page(name),
        parameter_page(name),
        extension_page(name),
        mechanism_page(name),
        provider_page(topic),
        symptom_page(&dashed),
        enhanced_page(topic),
    ];
    let mut pages: Vec<Page> = pages.into_iter().flatten().collect();
    if let Some(page) = reply_code_page(topic) {
        pages.push(page);
    } else if let Some(code) = code.filter(|_| pages.is_empty()) {
        pages.push(explain_code(code, None, "", None, None));
    }
    pages
}

fn enhanced_page(topic: &str) -> Option<Page> {
    EnhancedCode::parse(topic.as_bytes())
        .map(code_page)
        .or_else(|| row_page(topic))
        .or_else(|| pattern_page(topic))
}

/// The page for words that form a reply: a code with an enhanced code, a command, a provider or a
/// text. None if there is no code, or if the text is a single unknown word, which is probably a typo.
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
        let asked = asked_by(word).filter(|_| text.is_empty() && awaited.is_none());
        let known = provider(word).filter(|_| text.is_empty() && host.is_none());
        if found.is_some() && (enhanced.is_none() || enhanced == found) {
            enhanced = found;
        } else if asked.is_some() {
            awaited = asked;
        } else if let Some(provider) = known {
            host = provider.hosts.first().map(String::as_str);
        } else {
            text.push(word);
        }
    }
    let code = code?;
    if let [word] = text[..]
        && enhanced.is_none()
        && pages_about(word).is_empty()
    {
        return None;
    }
    let mut pages = vec![explain_code(code, enhanced, &text.join(" "), awaited, host)];
    let topics: Vec<_> = text.iter().map(|word| pages_about(word)).collect();
    if topics.iter().all(|pages| !pages.is_empty()) {
        pages.extend(topics.into_iter().flatten());
    }
    Some(pages)
}

/// Splits `550-5.7.1` into the code and the rest. A code of a class that servers do not use must be
/// listed in the assets.
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

/// What a word says the reply answers.
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
    let context = ReplyContext {
        reply: &reply,
        awaited,
        host,
        status: None,
    };
    explain(&context).page()
}
