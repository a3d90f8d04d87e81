//! Completions of values: the paths of MAIL and RCPT, and the values of parameters.

use super::candidate::{Candidate, begins};
use super::context::Context;
use super::next;
use crate::manual;
use crate::smtp::parameter::{self, ValueSyntax};
use crate::smtp::{Fix, ParsedCommand, Token, Verb};

/// The paths that begin with what is typed.
pub(super) fn paths(
    line: &ParsedCommand<'_>,
    piece: &Token,
    cursor: usize,
    context: &Context<'_>,
) -> Vec<Candidate> {
    let (Some(keyword), Some(path)) = (line.keyword(), &line.path) else {
        return Vec::new();
    };
    // The cursor is inside of the path: what follows it is the user's own.
    if cursor < piece.span.end {
        return Vec::new();
    }
    let candidate = |start: usize, text: String, name: &str, means: &str| Candidate {
        name: name.to_owned(),
        means: means.to_owned(),
        refused_because: None,
        edit: Fix {
            span: start..piece.span.end,
            text,
        },
        keyword: path.colon.is_empty(),
    };
    let best = match line.verb {
        Verb::Mail => next::sender(context),
        _ => next::recipient(context),
    };
    let best = best.as_deref();
    let closed = best.map_or_else(String::new, |known| format!("{known}>"));
    if path.colon.is_empty() {
        let typed = &line.text[path.keyword.clone()];
        let whole = format!("{keyword}:<{closed}");
        return if begins(keyword, typed) && path.address.is_empty() {
            let means = match line.verb {
                Verb::Mail => "who gets bounces",
                _ => "one recipient",
            };
            vec![candidate(
                piece.span.start,
                whole,
                &format!("{keyword}:<"),
                means,
            )]
        } else {
            Vec::new()
        };
    }
    let start = path.address.start;
    let typed = &line.text[path.address.clone()];
    if path.address.is_empty() {
        return vec![candidate(
            start,
            format!("<{closed}"),
            "<",
            "an address follows",
        )];
    }
    let Some(typed) = typed.strip_prefix('<') else {
        return Vec::new();
    };
    if typed.ends_with('>') {
        return Vec::new();
    }
    let mut found = addresses(line.verb, best, typed, context)
        .into_iter()
        .map(|(address, means)| candidate(start, format!("<{address}>"), &address, means))
        .collect::<Vec<_>>();
    if line.verb == Verb::Mail && typed.is_empty() {
        let null = candidate(
            start,
            "<>".to_owned(),
            "<>",
            "no sender: bounces go to nobody",
        );
        // Ghost text must not turn an opening bracket into a null sender.
        if !found.is_empty() {
            found.push(null);
        }
    }
    if found.is_empty() && is_complete(typed, line.verb) {
        found.push(candidate(
            start,
            format!("<{typed}>"),
            ">",
            "closes the address",
        ));
    }
    found
}

/// The addresses of this session that begin with `typed`, the best first, then a typed local part with
/// their domains.
fn addresses(
    verb: Verb,
    best: Option<&str>,
    typed: &str,
    context: &Context<'_>,
) -> Vec<(String, &'static str)> {
    let seen = context.seen;
    let (own, other) = match verb {
        Verb::Mail => (&seen.senders, &seen.recipients),
        _ => (&seen.recipients, &seen.senders),
    };
    let mut found: Vec<(String, &'static str)> = Vec::new();
    let mut add = |address: &str, means| {
        let known = found.iter().any(|(other, _)| other == address);
        if !known && address.starts_with(typed) && address != typed {
            found.push((address.to_owned(), means));
        }
    };
    if typed.is_empty() {
        // Nothing is typed yet: only the most likely address.
        best.into_iter()
            .for_each(|address| add(address, "used before"));
        return found;
    }
    let login = seen.login.iter();
    login.for_each(|address| add(address, "logged in"));
    own.iter()
        .rev()
        .for_each(|address| add(address, "used before"));
    if let Some((local, domain)) = typed.split_once('@')
        && !local.is_empty()
    {
        for known in own.iter().rev().chain(other.iter().rev()) {
            if let Some((_, whole)) = known.rsplit_once('@')
                && whole.starts_with(domain)
            {
                add(&format!("{local}@{whole}"), "a domain used before");
            }
        }
    }
    found
}

/// Whether an address may be complete.
fn is_complete(typed: &str, verb: Verb) -> bool {
    if verb == Verb::Rcpt && typed.eq_ignore_ascii_case("postmaster") {
        return true;
    }
    typed.rsplit_once('@').is_some_and(|(local, domain)| {
        let named = domain.contains('.') && !domain.ends_with('.') && !domain.contains(['[', ',']);
        !local.is_empty() && !domain.contains(' ') && (named || domain.ends_with(']'))
    })
}

/// The values of a parameter that begin with what is typed.
pub(super) fn values(
    name: &str,
    begun: &str,
    piece: &Token,
    cursor: usize,
    context: &Context<'_>,
) -> Vec<Candidate> {
    let (Some(known), Some(words)) = (parameter::find(name), manual::parameter(name)) else {
        return Vec::new();
    };
    let (before, typed) = match known.value {
        ValueSyntax::Notify(_) => begun
            .rfind(',')
            .map_or(("", begun), |at| (&begun[..=at], &begun[at + 1..])),
        _ => ("", begun),
    };
    let used: Vec<&str> = before.split(',').filter(|word| !word.is_empty()).collect();
    let listed: Vec<&str> = match known.allowed_words() {
        [] => words.values.iter().map(String::as_str).collect(),
        all => all.to_vec(),
    };
    let start = cursor - typed.len();
    listed
        .into_iter()
        .filter(|word| {
            let taken = used.iter().any(|other| other.eq_ignore_ascii_case(word));
            // NEVER excludes the other values.
            begins(word, typed) && !taken && (*word != "NEVER" || used.is_empty())
        })
        .map(|word| {
            let unoffered = |keyword: &&str| context.lint.lacks(keyword);
            let own = known.extension(word);
            // A reason is given only if the value needs another extension than its parameter.
            let refused_because =
                (own != known.extensions && own.iter().all(unoffered)).then(|| missing(word, own));
            Candidate {
                name: word.to_owned(),
                means: words.means.clone(),
                refused_because,
                edit: Fix {
                    span: start..piece.span.end.max(cursor),
                    text: word.to_owned(),
                },
                keyword: true,
            }
        })
        .collect()
}

/// Why a name would be refused: the server offers none of these keywords.
pub(super) fn missing(name: &str, keywords: &[&str]) -> String {
    if keywords == [name] {
        "not offered".to_owned()
    } else {
        format!("needs {}, not offered", keywords.join(" or "))
    }
}

/// The name of a parameter as it is typed.
pub(super) fn name_of(typed: &str) -> &str {
    typed.split('=').next().unwrap_or_default()
}
