//! Help with the line at the prompt while it is typed: ghost text, grammar, completions, advice. Nothing
//! here prevents a line from being sent.

mod base64_word;
mod candidate;
mod candidates;
mod challenge;
mod context;
mod grammar;
mod highlight;
mod mechanism;
mod next;
mod seen;
mod value;

pub use base64_word::base64_word;
pub use candidate::Candidate;
pub use candidates::candidates;
pub use challenge::expected_response;
pub use context::Context;
pub use grammar::{Grammar, GrammarPart};
pub use highlight::{Highlight, Word};
pub use next::step_key;
pub use seen::Seen;

use crate::smtp::sasl::Mechanism;
use crate::smtp::{Diagnostic, Fix, Lint, ParsedCommand, Verb, lint};

/// Help with a line.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Assist {
    /// The text that Tab inserts at the end of the line; empty if there is none.
    pub ghost: String,
    /// The grammar of the verb.
    pub grammar: Grammar,
    /// What the words of the line are, in order.
    pub highlights: Vec<Highlight>,
    /// Whether Tab opens the login form.
    pub login: bool,
    /// Severity, the most important first.
    pub diagnostics: Vec<Diagnostic>,
    /// Words about a piece that Tab would complete, but Enter would send as it is.
    pub unfinished: Option<String>,
}

impl Assist {
    /// Help with `text`, with the cursor after this many octets of it. For text that is not a command there are
    /// only findings.
    pub fn of(text: &str, cursor: usize, context: &Context<'_>) -> Self {
        let at_end = cursor == text.len();
        let (unfinished, diagnostics): (Vec<_>, Vec<_>) = lint(text, &context.lint)
            .into_iter()
            .partition(|finding| at_end && finding.unfinished);
        if !context.is_command(text) {
            return Self {
                diagnostics,
                ..Self::default()
            };
        }
        let line = ParsedCommand::parse(text);
        let ghost = ghost(&line, cursor, context);
        Self {
            grammar: Grammar::of(&line, cursor, &ghost, context),
            highlights: highlight::highlights(&line, context),
            login: login_of(&line, cursor, &ghost).is_some(),
            unfinished: unfinished_words(&line, &unfinished, &ghost),
            ghost,
            diagnostics,
        }
    }

    /// The first suggested fix.
    pub fn fix(&self) -> Option<&Fix> {
        self.diagnostics
            .iter()
            .find_map(|finding| finding.fix.as_ref())
    }
}

/// What Tab does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Completion {
    /// Applies this edit: there is only one completion.
    Edit(Fix),
    /// Lists the completions.
    Several,
    /// Opens the login form with this mechanism, or with the one that it chooses.
    Login(String),
    /// Nothing: there is no completion.
    Nothing,
}

/// What Tab does with `text`, with the cursor after this many octets of it.
pub fn complete(text: &str, cursor: usize, context: &Context<'_>) -> Completion {
    if !context.is_command(text) {
        return Completion::Nothing;
    }
    let line = ParsedCommand::parse(text);
    let ghost = ghost(&line, cursor, context);
    if let Some(mechanism) = login_of(&line, cursor, &ghost) {
        return Completion::Login(mechanism);
    }
    if !ghost.is_empty() {
        return Completion::Edit(Fix {
            span: cursor..cursor,
            text: ghost,
        });
    }
    let mut all = candidates(&line, cursor, context);
    // What is already there needs no completion.
    all.retain(|one| {
        let there = text.get(one.edit.span.clone());
        !there.is_some_and(|there| there.eq_ignore_ascii_case(&one.edit.text))
    });
    match all.len() {
        0 => Completion::Nothing,
        1 => Completion::Edit(all.remove(0).edit),
        _ => Completion::Several,
    }
}

/// Words about a piece that Tab would complete. They stay while the piece is typed, so that nothing
/// flickers.
fn unfinished_words(
    line: &ParsedCommand<'_>,
    diagnostics: &[Diagnostic],
    ghost: &str,
) -> Option<String> {
    if ghost == ">" {
        return Some("!! the > is missing; Tab adds it".to_owned());
    }
    let begun = diagnostics.iter().any(|finding| {
        let address = matches!(
            finding.lint,
            Lint::MissingClosingBracket | Lint::MissingDomain | Lint::MisplacedDot
        );
        !address && !finding.span.is_empty()
    });
    let added = ghost.split(' ').next().filter(|added| !added.is_empty())?;
    let piece = line.token_at(line.text.len());
    let typed = line.text_of(&piece);
    (begun && !typed.is_empty())
        .then(|| format!("Tab completes {typed}{added}; Enter sends only what is typed"))
}

/// Whether the line is AUTH, alone or with a known mechanism, and nothing else.
fn begins_login(line: &ParsedCommand<'_>, cursor: usize) -> bool {
    let mut arguments = line.arguments();
    let mechanism = arguments.next();
    line.verb == Verb::Auth
        && cursor == line.text.len()
        && arguments.next().is_none()
        && mechanism.is_none_or(|name| Mechanism::parse(line.text_of(name)).is_some())
}

/// The mechanism, or nothing, with which Tab opens the login form: what is typed begins a login and nothing
/// else, or nothing is typed and a login is proposed. AUTH alone would be refused, or lead into an exchange
/// that nobody can answer by hand.
fn login_of(line: &ParsedCommand<'_>, cursor: usize, ghost: &str) -> Option<String> {
    if line.text.is_empty() {
        let proposed = ghost.split_once(' ').filter(|(verb, _)| *verb == "AUTH");
        return proposed.map(|(_, mechanism)| mechanism.trim().to_owned());
    }
    begins_login(line, cursor).then(|| {
        let mechanism = line.arguments().next().map(|piece| line.text_of(piece));
        mechanism.unwrap_or_default().to_owned()
    })
}

/// The text that Tab inserts at the end of the line.
fn ghost(line: &ParsedCommand<'_>, cursor: usize, context: &Context<'_>) -> String {
    if cursor != line.text.len() || line.text.starts_with([' ', '\t']) || begins_login(line, cursor)
    {
        return String::new();
    }
    if line.text.is_empty() {
        return next::line(context).unwrap_or_default();
    }
    let all = candidates(line, cursor, context);
    let piece = line.token_at(cursor);
    let typed = &line.text[piece.span.start..cursor];
    let Some(chosen) = candidates::preferred(&all, line, &piece, context) else {
        return String::new();
    };
    let (Some(head), Some(rest)) = (
        line.text.get(chosen.edit.span.start..cursor),
        chosen.edit.text.get(cursor - chosen.edit.span.start..),
    ) else {
        return String::new();
    };
    let fits = chosen
        .edit
        .text
        .get(..head.len())
        .is_some_and(|begin| begin.eq_ignore_ascii_case(head));
    if !fits || rest.trim().is_empty() {
        return String::new();
    }
    // A keyword in lower case is completed in lower case.
    let lower =
        !typed.is_empty() && chosen.keyword && !typed.bytes().any(|b| b.is_ascii_uppercase());
    match rest.find('<').filter(|_| lower) {
        Some(at) => rest[..at].to_ascii_lowercase() + &rest[at..],
        None if lower && !rest.trim_end().contains(' ') => rest.to_ascii_lowercase(),
        None => rest.to_owned(),
    }
}
