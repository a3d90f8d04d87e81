//! Finds the pages for words: topics, or words of their texts.

use super::command::{command, command_page, term_page};
use super::enhanced::{code_page, pattern_page, row_page};
use super::extension::{extension, extension_page};
use super::mechanism::mechanism_page;
use super::page::Page;
use super::parameter::parameter_page;
use super::provider::provider_page;
use super::reply_code::reply_code_page;
use super::rule::symptom_page;
use super::search::{Found, is_known, search};
use super::similar::{UnknownTopic, unknown_topic};
use super::topic::overview;
use crate::smtp::EnhancedCode;

/// The pages for `words`: for the topic that they name together, or for each word, or else for the
/// topics whose texts contain the words.
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
pub(crate) fn pages_about(topic: &str) -> Vec<Page> {
    let name = topic.split_once('=').map_or(topic, |(name, value)| {
        if value.is_empty() || extension(topic).is_some() {
            topic
        } else {
            name
        }
    });
    let dashed = topic.replace(' ', "-");
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
    let pages = pages.into_iter().flatten();
    pages.chain(reply_code_page(topic)).collect()
}

fn enhanced_page(topic: &str) -> Option<Page> {
    EnhancedCode::parse(topic.as_bytes())
        .map(code_page)
        .or_else(|| row_page(topic))
        .or_else(|| pattern_page(topic))
}
