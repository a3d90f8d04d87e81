//! The grammar of a verb, the part under the cursor, and the meaning of that part.

use super::context::Context;
use super::{candidate, mechanism, value};
use crate::manual::{self, ArgumentDoc, CommandDoc};
use crate::smtp::parameter::PARAMETERS;
use crate::smtp::{Capabilities, ParsedCommand, Role, SizeLimit, Token, Verb};

/// A part of the grammar.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GrammarPart {
    /// How it is written.
    pub form: String,
    /// Whether it is optional.
    pub optional: bool,
    /// Whether it may be repeated.
    pub repeats: bool,
    /// Whether the line contains it.
    pub used: bool,
    /// Whether the server is known not to offer it.
    pub unoffered: bool,
}

/// The grammar of a verb.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Grammar {
    /// The verb, its arguments, then its parameters, those that the server offers first.
    pub parts: Vec<GrammarPart>,
    /// The part under the cursor.
    pub current: Option<usize>,
    /// The meaning of that part.
    pub meaning: String,
    /// The RFC or the product that defines it.
    pub source: String,
}

impl Grammar {
    /// The grammar of the line's verb, as completed by `ghost`.
    pub(super) fn of(
        line: &ParsedCommand<'_>,
        cursor: usize,
        ghost: &str,
        context: &Context<'_>,
    ) -> Self {
        if line.tokens.is_empty() {
            return Self::default();
        }
        let piece = line.token_at(cursor);
        let mut name = line.first_word().to_ascii_uppercase();
        if piece.role == Role::Verb {
            name = format!("{name}{}", ghost.to_ascii_uppercase());
            name.truncate(name.find(' ').unwrap_or(name.len()));
        } else if name.starts_with("AUTH=") {
            name.truncate("AUTH".len());
        }
        let Some(command) = manual::command(&name) else {
            return Self::default();
        };
        let mut grammar = Self::default();
        grammar.parts.push(GrammarPart {
            form: name.clone(),
            optional: false,
            repeats: false,
            used: piece.role != Role::Verb,
            unoffered: false,
        });
        let count = line.arguments().count();
        for (at, argument) in command.arguments.iter().enumerate() {
            grammar.parts.push(GrammarPart {
                form: argument.form.clone(),
                optional: argument.optional,
                repeats: argument.repeats,
                used: at < count,
                unoffered: false,
            });
        }
        let named = if command.parameters {
            grammar.push_parameters(line, Verb::parse(&name), context)
        } else {
            Vec::new()
        };
        let arguments = command.arguments.len();
        match piece.role {
            Role::Verb => grammar.mark(0, &name, &command.means, &command.source),
            Role::Argument(at) => {
                let last = command.arguments.last();
                let at = match last {
                    Some(last) if last.repeats => at.min(arguments - 1),
                    _ => at,
                };
                if let Some(argument) = command.arguments.get(at) {
                    grammar.mark_argument(at, argument, command, context);
                }
            }
            Role::Parameter => {
                if let Some(at) = named_at(line, &piece, &named)
                    && let Some(parameter) = manual::parameter(named[at])
                {
                    let mut means = parameter.means.clone();
                    if let Some(SizeLimit::Octets(limit)) =
                        context.lint.capabilities().and_then(Capabilities::size)
                        && named[at] == "SIZE"
                    {
                        means = format!("octets, this server's limit is {limit}");
                    }
                    grammar.mark(arguments + 1 + at, named[at], &means, &parameter.source);
                }
            }
        }
        grammar
    }

    fn push_parameters(
        &mut self,
        line: &ParsedCommand<'_>,
        verb: Verb,
        context: &Context<'_>,
    ) -> Vec<&'static str> {
        let typed: Vec<&str> = line
            .parameters()
            .map(|piece| value::name_of(line.text_of(piece)))
            .collect();
        let mut known: Vec<_> = PARAMETERS
            .iter()
            .filter(|parameter| parameter.on.contains(&verb))
            .filter_map(|parameter| {
                let words = manual::parameter(parameter.name)?;
                let lacks = |keyword: &&str| context.lint.lacks(keyword);
                let missing = parameter.extensions.iter().all(lacks);
                let used = typed
                    .iter()
                    .any(|name| name.eq_ignore_ascii_case(parameter.name));
                (!words.unconfirmed || used || !missing).then_some((
                    missing,
                    used,
                    parameter.name,
                    words,
                ))
            })
            .collect();
        known.sort_by_key(|(missing, ..)| *missing);
        for (missing, used, _, words) in &known {
            self.parts.push(GrammarPart {
                form: words.form.clone(),
                optional: true,
                repeats: false,
                used: *used,
                unoffered: *missing,
            });
        }
        known.into_iter().map(|(_, _, name, _)| name).collect()
    }

    fn mark_argument(
        &mut self,
        at: usize,
        argument: &ArgumentDoc,
        command: &CommandDoc,
        context: &Context<'_>,
    ) {
        let form = argument.form.as_str();
        let inside = form.find('<').zip(form.find('>'));
        let label = inside.map_or(form, |(from, to)| &form[from + 1..to]);
        let source = if argument.source.is_empty() {
            &command.source
        } else {
            &argument.source
        };
        let offered = mechanism::offered(&context.lint);
        if form == "mechanism" && !offered.is_empty() {
            let means = format!("offered: {}", offered.join(" "));
            return self.mark(at + 1, label, &means, source);
        }
        self.mark(at + 1, label, &argument.means, source);
    }

    fn mark(&mut self, at: usize, label: &str, means: &str, source: &str) {
        self.current = Some(at);
        self.meaning = format!("{label}: {means}.");
        self.source = source_name(source);
    }
}

/// The parameter under the cursor: the one with this name, or the first that begins with it.
fn named_at(line: &ParsedCommand<'_>, piece: &Token, named: &[&str]) -> Option<usize> {
    let typed = value::name_of(line.text_of(piece));
    let begins = |name: &&str| candidate::begins(name, typed);
    let exact = named
        .iter()
        .position(|name| name.eq_ignore_ascii_case(typed));
    exact.or_else(|| {
        (!typed.is_empty())
            .then(|| named.iter().position(begins))
            .flatten()
    })
}

/// `RFC 5321 s4.1.1.3` for `5321 s4.1.1.3`; the name of a product is unchanged.
fn source_name(source: &str) -> String {
    if source.starts_with(|c: char| c.is_ascii_digit()) {
        format!("RFC {source}")
    } else {
        source.to_owned()
    }
}
