//! The completions at the cursor: verbs, addresses, mechanisms, parameters and their values, from what
//! this server said. What it would refuse comes last, with the reason.

use super::candidate::{Candidate, begins};
use super::context::Context;
use super::{mechanism, next, value};
use crate::manual;
use crate::smtp::parameter::{PARAMETERS, ValueSyntax};
use crate::smtp::{Fix, Lint, ParsedCommand, Phase, Role, Severity, Token, Verb, lint};

/// The completions of the piece under the cursor, the best first.
pub fn candidates(
    line: &ParsedCommand<'_>,
    cursor: usize,
    context: &Context<'_>,
) -> Vec<Candidate> {
    if !context.is_command(line.text) {
        return Vec::new();
    }
    let piece = line.token_at(cursor);
    let mut all = match piece.role {
        Role::Verb => verbs(line, &piece, cursor, context),
        Role::Argument(0) if line.path.is_some() || line.keyword().is_some() => {
            value::paths(line, &piece, cursor, context)
        }
        Role::Argument(at) => arguments(line, at, &piece, cursor, context),
        Role::Parameter => parameters(line, &piece, cursor, context),
    };
    // A stable sort: otherwise the order above stays.
    all.sort_by_key(|candidate| candidate.refused_because.is_some());
    all
}

/// The completion that is proposed as ghost text.
pub(super) fn preferred<'a>(
    all: &'a [Candidate],
    line: &ParsedCommand<'_>,
    piece: &Token,
    context: &Context<'_>,
) -> Option<&'a Candidate> {
    let open: Vec<&Candidate> = all
        .iter()
        .filter(|one| one.refused_because.is_none())
        .collect();
    let begun = !piece.span.is_empty();
    let first_is_best = match piece.role {
        Role::Verb => {
            let next = next::verb(context).map(Verb::name);
            if let Some(next) = open.iter().find(|one| Some(one.name.as_str()) == next) {
                return Some(next);
            }
            false
        }
        Role::Argument(0) => {
            matches!(
                line.verb,
                Verb::Mail | Verb::Rcpt | Verb::Auth | Verb::Ehlo | Verb::Lhlo
            )
        }
        Role::Argument(_) => false,
        // RET= and BODY= have a usual value, NOTIFY= does not.
        Role::Parameter => line.text[piece.span.clone()].ends_with('='),
    };
    match (open.as_slice(), all) {
        ([first, ..], _) if first_is_best && !is_notify(line, piece) => Some(first),
        ([only], _) if begun || piece.role != Role::Parameter => Some(only),
        ([], [only]) if begun => Some(only),
        _ => None,
    }
}

fn is_notify(line: &ParsedCommand<'_>, piece: &Token) -> bool {
    let typed = line.text[piece.span.clone()].to_ascii_uppercase();
    matches!(typed.as_str(), "NOTIFY=" | "ORCPT=")
}

fn verbs(
    line: &ParsedCommand<'_>,
    piece: &Token,
    cursor: usize,
    context: &Context<'_>,
) -> Vec<Candidate> {
    let typed = &line.text[piece.span.start..cursor.max(piece.span.start)];
    let alone = line.tokens.len() < 2;
    let next = next::verb(context);
    let mut found: Vec<Candidate> = manual::commands()
        .filter(|(name, command)| {
            begins(name, typed) && (!command.unconfirmed || context.lint.offers(name))
        })
        .map(|(name, command)| {
            let text = if alone {
                next::begin(name, context)
            } else {
                name.to_owned()
            };
            Candidate {
                name: name.to_owned(),
                means: command.means.clone(),
                refused_because: refusal(name, context),
                edit: Fix {
                    span: piece.span.clone(),
                    text,
                },
                keyword: true,
            }
        })
        .collect();
    let order = |name: &str| {
        let verb = Verb::parse(name);
        let known = Verb::names().position(|other| other == name);
        (Some(verb) != next, known.unwrap_or(usize::MAX))
    };
    found.sort_by_key(|candidate| order(&candidate.name));
    found
}

/// Why the server would refuse a verb now: the first warning about the verb without arguments.
fn refusal(verb: &str, context: &Context<'_>) -> Option<String> {
    if context.lint.status.phase == Phase::Offline {
        return None;
    }
    lint(verb, &context.lint)
        .into_iter()
        .find(|finding| {
            // The completion of EHLO includes the name.
            !matches!(finding.lint, Lint::MissingName(_))
                && !finding.unfinished
                && finding.lint.severity() == Severity::Warning
        })
        .map(|finding| finding.lint.to_string())
}

fn arguments(
    line: &ParsedCommand<'_>,
    at: usize,
    piece: &Token,
    cursor: usize,
    context: &Context<'_>,
) -> Vec<Candidate> {
    let typed = &line.text[piece.span.start..cursor];
    let word = |name: &str, means: &str, refused_because: Option<&str>| Candidate {
        name: name.to_owned(),
        means: means.to_owned(),
        refused_because: refused_because.map(str::to_owned),
        edit: Fix {
            span: piece.span.clone(),
            text: name.to_owned(),
        },
        keyword: false,
    };
    let context = &context.lint;
    match (line.verb, at) {
        (Verb::Ehlo | Verb::Helo | Verb::Lhlo, 0)
            if !context.name.is_empty() && begins(context.name, typed) =>
        {
            vec![word(context.name, "this host", None)]
        }
        (Verb::Auth, 0) => {
            let offered = mechanism::offered(context)
                .into_iter()
                .map(|name| word(name, "offered", None));
            let others = mechanism::others(context).map(|name| word(name, "", Some("not offered")));
            offered
                .chain(others)
                .filter(|one| begins(&one.name, typed))
                .collect()
        }
        // A secret follows the mechanism.
        (Verb::Auth | Verb::Clientid, _) | (Verb::Xexps, 1..) => Vec::new(),
        _ => {
            let Some(command) = manual::command(line.first_word()) else {
                return Vec::new();
            };
            let argument = match command.arguments.get(at) {
                Some(argument) => argument,
                None => match command.arguments.last() {
                    Some(last) if last.repeats => last,
                    _ => return Vec::new(),
                },
            };
            let ending = if argument.form.contains('=') { "=" } else { "" };
            let words = argument.values.iter().filter(|word| begins(word, typed));
            words
                .map(|name| Candidate {
                    keyword: true,
                    ..word(&format!("{name}{ending}"), &argument.means, None)
                })
                .collect()
        }
    }
}

fn parameters(
    line: &ParsedCommand<'_>,
    piece: &Token,
    cursor: usize,
    context: &Context<'_>,
) -> Vec<Candidate> {
    let typed = &line.text[piece.span.start..cursor];
    if let Some((name, begun)) = typed.split_once('=') {
        return value::values(name, begun, piece, cursor, context);
    }
    let used: Vec<String> = line
        .parameters()
        .filter(|other| other.span != piece.span)
        .map(|other| value::name_of(line.text_of(other)).to_ascii_uppercase())
        .collect();
    let context = &context.lint;
    let known = PARAMETERS.iter().filter(|parameter| {
        parameter.on.contains(&line.verb)
            && begins(parameter.name, typed)
            && !used.iter().any(|name| name == parameter.name)
    });
    let here = known.filter_map(|parameter| {
        let missing = parameter
            .extensions
            .iter()
            .all(|keyword| context.lacks(keyword));
        let words = manual::parameter(parameter.name)?;
        // An unconfirmed parameter is listed only if the server offers it.
        if words.unconfirmed && missing {
            return None;
        }
        let ending = match parameter.value {
            ValueSyntax::Forbidden | ValueSyntax::Optional => "",
            _ => "=",
        };
        // A value that is already there stays.
        let end = line.text[piece.span.clone()]
            .find('=')
            .map_or(piece.span.end, |at| piece.span.start + at + 1);
        Some(Candidate {
            name: format!("{}{ending}", parameter.name),
            means: words.means.clone(),
            refused_because: missing.then(|| value::missing(parameter.name, parameter.extensions)),
            edit: Fix {
                span: piece.span.start..end,
                text: format!("{}{ending}", parameter.name),
            },
            keyword: true,
        })
    });
    here.collect()
}
