//! Help with the line at the prompt as it is typed: what Tab would insert, the grammar with the
//! piece under the cursor, what else could stand there, what is worth saying. Nothing here keeps a
//! line from being sent.

mod candidate;
mod challenge;
mod grammar;
mod mechanism;
mod next;
mod seen;
mod value;

pub use candidate::{Candidate, candidates};
pub use challenge::wanted;
pub use grammar::{Grammar, Part};
pub use next::due;
pub use seen::Seen;

use crate::smtp::lint::PARSED_CAP;
use crate::smtp::sasl::Mechanism;
use crate::smtp::{Diagnostic, Fix, Lint, LintContext, ParsedCommand, Verb, lint};

/// What is known where a line is typed.
#[derive(Clone, Copy, Debug)]
pub struct Context<'a> {
    /// Where the dialogue stands, and with whom.
    pub lint: LintContext<'a>,
    /// What this session has shown so far.
    pub seen: &'a Seen,
}

/// Help with a line.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Assist {
    /// What Tab would insert behind the cursor, at the end of the line; empty where nothing is.
    pub ghost: String,
    /// The grammar of the verb.
    pub grammar: Grammar,
    /// Whether Tab opens the form of a login.
    pub login: bool,
    /// What is worth saying, what matters most first.
    pub findings: Vec<Diagnostic>,
    /// What Tab would add that Enter would send the line without.
    pub unfinished: Option<String>,
}

impl Assist {
    /// Help with `text`, the cursor behind so many octets of it. An answer of a SASL exchange, a
    /// chunk and a line of a message get none but their length.
    pub fn of(text: &str, cursor: usize, context: &Context<'_>) -> Self {
        let at_end = cursor == text.len();
        let (unfinished, findings): (Vec<_>, Vec<_>) = lint(text, &context.lint)
            .into_iter()
            .partition(|finding| at_end && finding.unfinished);
        if !is_command(text, context) {
            return Self {
                findings,
                ..Self::default()
            };
        }
        let line = ParsedCommand::parse(text);
        let ghost = ghost(&line, cursor, context);
        Self {
            grammar: Grammar::of(&line, cursor, &ghost, context),
            login: begins_login(&line, cursor),
            unfinished: unfinished_words(&line, &unfinished, &ghost),
            ghost,
            findings,
        }
    }

    /// The edit that mends the first finding that can be mended.
    pub fn fix(&self) -> Option<&Fix> {
        self.findings
            .iter()
            .find_map(|finding| finding.fix.as_ref())
    }
}

/// What Tab does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Completion {
    /// One thing could stand here: this edit makes it so.
    Edit(Fix),
    /// Several could.
    Several,
    /// A mechanism, and behind it a secret: the form of a login does it better.
    Login,
    /// Nothing is known.
    Nothing,
}

/// What Tab does with `text`, the cursor behind so many octets of it.
pub fn complete(text: &str, cursor: usize, context: &Context<'_>) -> Completion {
    if !is_command(text, context) {
        return Completion::Nothing;
    }
    let line = ParsedCommand::parse(text);
    if begins_login(&line, cursor) {
        return Completion::Login;
    }
    let ghost = ghost(&line, cursor, context);
    if !ghost.is_empty() {
        return Completion::Edit(Fix {
            span: cursor..cursor,
            text: ghost,
        });
    }
    let mut all = candidates(&line, cursor, context);
    // What stands there whole needs no completion.
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

/// Whether what is typed is a command of readable length, and not an answer, a chunk or a message.
fn is_command(text: &str, context: &Context<'_>) -> bool {
    let status = context.lint.status;
    text.len() <= PARSED_CAP
        && !status.secret_lines
        && status.chunk_left == 0
        && status.phase != crate::smtp::Phase::Message
}

/// What Tab would add to a piece that is not whole. It is the same from the first letter of a piece to
/// its last, so that nothing flickers while it is typed.
fn unfinished_words(
    line: &ParsedCommand<'_>,
    findings: &[Diagnostic],
    ghost: &str,
) -> Option<String> {
    if ghost == ">" {
        return Some("!! the > is missing; Tab takes it".to_owned());
    }
    let begun = findings.iter().any(|finding| {
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

/// Whether the line is AUTH alone, or with a whole mechanism and nothing behind it.
pub(super) fn begins_login(line: &ParsedCommand<'_>, cursor: usize) -> bool {
    let mut arguments = line.arguments();
    let mechanism = arguments.next();
    line.verb == Verb::Auth
        && cursor == line.text.len()
        && arguments.next().is_none()
        && mechanism.is_none_or(|name| Mechanism::parse(line.text_of(name)).is_some())
}

/// What Tab inserts at the end of the line.
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
    let Some(chosen) = candidate::preferred(&all, line, &piece, context) else {
        return String::new();
    };
    let (Some(head), Some(behind)) = (
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
    if !fits || behind.trim().is_empty() {
        return String::new();
    }
    // Who writes small letters goes on in small letters.
    let small =
        !typed.is_empty() && chosen.keyword && !typed.bytes().any(|b| b.is_ascii_uppercase());
    match behind.find('<').filter(|_| small) {
        Some(at) => behind[..at].to_ascii_lowercase() + &behind[at..],
        None if small && !behind.trim_end().contains(' ') => behind.to_ascii_lowercase(),
        None => behind.to_owned(),
    }
}
