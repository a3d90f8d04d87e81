//! What the words of a typed command are, for the prompt's colours.

use std::ops::Range;

use super::context::Context;
use super::mechanism;
use crate::manual;
use crate::smtp::{CapabilityState, ParsedCommand, Role, Token, Verb, parameter};

/// What a word of a command is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Word {
    /// A known verb, with the keyword before a path.
    Verb,
    /// A parameter or mechanism that the server offers.
    Offered,
    /// A parameter or mechanism that the server does not offer.
    Unoffered,
}

/// A word of a command, and its place in octets.
pub type Highlight = (Range<usize>, Word);

/// The words of a line that have a meaning here. Before the server's reply to EHLO nothing is known to
/// be offered or not.
pub(super) fn highlights(line: &ParsedCommand<'_>, context: &Context<'_>) -> Vec<Highlight> {
    let mut found = Vec::new();
    for token in &line.tokens {
        let text = line.text_of(token);
        let offered = match token.role {
            Role::Verb => {
                let known = line.verb != Verb::Other
                    || manual::command(&text.to_ascii_uppercase()).is_some();
                if known {
                    found.push((token.span.clone(), Word::Verb));
                }
                continue;
            }
            Role::Argument(0) if line.verb == Verb::Auth => offers_mechanism(text, context),
            Role::Argument(0) => {
                found.extend(keyword(line, token).map(|span| (span, Word::Verb)));
                continue;
            }
            Role::Argument(_) => continue,
            Role::Parameter => offers_parameter(text, line.verb, context),
        };
        let word = offered.map(|offered| {
            if offered {
                Word::Offered
            } else {
                Word::Unoffered
            }
        });
        found.extend(word.map(|word| (token.span.clone(), word)));
    }
    found
}

/// The place of `FROM:` or `TO:` before a path.
fn keyword(line: &ParsedCommand<'_>, token: &Token) -> Option<Range<usize>> {
    let path = line.path.as_ref()?;
    let expected = line.keyword()?;
    let typed = &line.text[path.keyword.clone()];
    typed
        .eq_ignore_ascii_case(expected)
        .then(|| token.span.start..path.colon.end.max(path.keyword.end))
}

/// Whether the server offers a mechanism, if that is known.
fn offers_mechanism(name: &str, context: &Context<'_>) -> Option<bool> {
    context.lint.capabilities()?;
    let offered = mechanism::offered(&context.lint);
    Some(offered.iter().any(|other| other.eq_ignore_ascii_case(name)))
}

/// Whether the server offers a parameter with its value, if that is known.
fn offers_parameter(typed: &str, verb: Verb, context: &Context<'_>) -> Option<bool> {
    let (name, value) = typed.split_once('=').unwrap_or((typed, ""));
    let known = match context.lint.status.capabilities.now {
        CapabilityState::Known(_) | CapabilityState::Helo => parameter::find(name),
        CapabilityState::Unknown | CapabilityState::Discarded => return None,
    };
    Some(known.is_some_and(|known| {
        let mut keywords = known.extension(value).iter();
        known.on.contains(&verb) && keywords.any(|keyword| context.lint.offers(keyword))
    }))
}
