//! Checks the parameters of a command: whether they are known, offered, given once, and have valid
//! values.

use std::ops::Range;

use super::{Diagnostics, Lint, LintContext};
use crate::smtp::extension::{Capabilities, SizeLimit};
use crate::smtp::grammar::ParsedCommand;
use crate::smtp::parameter::{self, PARAMETERS, Parameter, ValueSyntax};

pub(super) fn check(
    line: &ParsedCommand<'_>,
    context: &LintContext<'_>,
    diagnostics: &mut Diagnostics,
) {
    let mut seen: Vec<&str> = Vec::new();
    for token in line.parameters() {
        let typed = line.text_of(token);
        // A second path; the lints of the path report it.
        if typed.starts_with(['<', ',', ';']) {
            continue;
        }
        let (name, value) = match typed.split_once('=') {
            Some((name, value)) => (name, Some(value)),
            None => (typed, None),
        };
        // The parameter with the blank before it.
        let before = &line.text[..token.span.start];
        let whole = before.trim_end_matches([' ', '\t']).len()..token.span.end;
        let at_end = token.span.end == line.text.len();
        let Some(known) = parameter::find(name) else {
            unknown(line, name, token.span.clone(), context, diagnostics);
            continue;
        };
        let span = token.span.clone();
        if !known.on.contains(&line.verb) {
            if let Some(&belongs) = known.on.first() {
                diagnostics
                    .add(
                        Lint::OtherVerbParameter {
                            name: known.name,
                            belongs,
                        },
                        span,
                    )
                    .fixed_by(whole, "");
            }
            continue;
        }
        if seen.contains(&known.name) {
            diagnostics
                .add(Lint::DuplicateParameter(known.name), span)
                .fixed_by(whole, "");
            continue;
        }
        seen.push(known.name);
        let offered_by = known.extension(value.unwrap_or_default());
        if offered_by.iter().all(|keyword| context.lacks(keyword))
            && let Some(&extension) = offered_by.first()
        {
            diagnostics
                .add(
                    Lint::ParameterNotOffered {
                        name: known.name,
                        extension,
                    },
                    span.clone(),
                )
                .fixed_by(whole, "");
        }
        check_value(known, value, &span, at_end, context, diagnostics);
    }
}

fn unknown(
    line: &ParsedCommand<'_>,
    typed: &str,
    span: Range<usize>,
    context: &LintContext<'_>,
    diagnostics: &mut Diagnostics,
) {
    if context.offers(typed) {
        return;
    }
    let name = typed.to_ascii_uppercase();
    let names = || {
        PARAMETERS
            .iter()
            .filter(|parameter| parameter.on.contains(&line.verb))
            .map(|parameter| parameter.name)
    };
    let incomplete = span.end == line.text.len() && names().any(|other| other.starts_with(&name));
    let suggestion = super::suggestion::suggest(&name, names());
    let end = span.start + name.len();
    let name = typed.to_owned();
    let diagnostic = diagnostics.add(Lint::UnknownParameter { name, suggestion }, span.clone());
    diagnostic.unfinished_if(incomplete);
    if let Some(suggestion) = suggestion {
        diagnostic.fixed_by(span.start..end, suggestion);
    }
}

fn check_value(
    known: &'static Parameter,
    value: Option<&str>,
    span: &Range<usize>,
    at_end: bool,
    context: &LintContext<'_>,
    diagnostics: &mut Diagnostics,
) {
    let name_end = span.start + known.name.len();
    let value = match (known.value, value) {
        (ValueSyntax::Forbidden, Some(_)) => {
            diagnostics
                .add(Lint::UnexpectedValue(known.name), span.clone())
                .fixed_by(name_end..span.end, "");
            return;
        }
        (ValueSyntax::Forbidden | ValueSyntax::Optional, _) => return,
        (_, None | Some("")) => {
            diagnostics
                .add(Lint::MissingValue(known.name), span.clone())
                .unfinished_if(at_end);
            return;
        }
        (_, Some(value)) => value,
    };
    let is = |word: &&&str| word.eq_ignore_ascii_case(value);
    let valid = match known.value {
        ValueSyntax::Number(most) => {
            value.len() <= most && value.bytes().all(|digit| digit.is_ascii_digit())
        }
        ValueSyntax::OneOf(words) => words.iter().any(|word| is(&word)),
        ValueSyntax::Notify(words) => {
            let parts: Vec<&str> = value.split(',').collect();
            let never = parts.iter().any(|part| part.eq_ignore_ascii_case(words[0]));
            if never && parts.len() > 1 {
                diagnostics
                    .add(Lint::NeverCombined, span.clone())
                    .fixed_by(name_end + 1..span.end, words[0]);
                return;
            }
            let known = |part: &str| words.iter().any(|word| word.eq_ignore_ascii_case(part));
            let once = |at: usize| {
                let part = parts[at];
                !parts[..at]
                    .iter()
                    .any(|other| other.eq_ignore_ascii_case(part))
            };
            parts.iter().all(|part| known(part)) && (0..parts.len()).all(once)
        }
        ValueSyntax::By => is_by(value),
        ValueSyntax::Priority => is_priority(value),
        ValueSyntax::TypedAddress => value
            .split_once(';')
            .is_some_and(|(kind, address)| !kind.is_empty() && !address.is_empty()),
        ValueSyntax::Any | ValueSyntax::Forbidden | ValueSyntax::Optional => true,
    };
    if !valid {
        let diagnostic = diagnostics.add(Lint::InvalidValue(known), span.clone());
        diagnostic.unfinished_if(at_end && may_become_valid(known, value));
        if known.value == ValueSyntax::TypedAddress && value.contains('@') && !value.contains(';') {
            diagnostic.fixed_by(name_end + 1..name_end + 1, "rfc822;");
        }
        return;
    }
    if known.name == "SIZE" {
        check_size(value, span, context, diagnostics);
    }
    if value.eq_ignore_ascii_case("BINARYMIME") && context.lacks("CHUNKING") {
        diagnostics.add(Lint::BinaryNeedsChunking, span.clone());
    }
}

fn check_size(
    value: &str,
    span: &Range<usize>,
    context: &LintContext<'_>,
    diagnostics: &mut Diagnostics,
) {
    let limit = context.capabilities().and_then(Capabilities::size);
    // Twenty digits may exceed a u64.
    let size: u64 = value.parse().unwrap_or(u64::MAX);
    if let Some(SizeLimit::Octets(limit)) = limit
        && size > limit
    {
        let size = value.to_owned();
        diagnostics.add(Lint::SizeTooLarge { size, limit }, span.clone());
    }
}

/// Whether more letters can make the value valid.
fn may_become_valid(known: &Parameter, value: &str) -> bool {
    let last = value.rsplit(',').next().unwrap_or_default();
    let begins = |word: &&str| {
        word.len() > last.len()
            && word
                .get(..last.len())
                .is_some_and(|head| head.eq_ignore_ascii_case(last))
    };
    match known.value {
        ValueSyntax::OneOf(words) | ValueSyntax::Notify(words) => words.iter().any(begins),
        ValueSyntax::By => value
            .bytes()
            .all(|b| b.is_ascii_digit() || matches!(b, b'-' | b'+' | b';')),
        ValueSyntax::Priority => value == "-",
        ValueSyntax::TypedAddress => !value.contains('@'),
        _ => false,
    }
}

/// Whether a value has the syntax of BY.
fn is_by(value: &str) -> bool {
    let Some((seconds, mode)) = value.split_once(';') else {
        return false;
    };
    let digits = seconds.trim_start_matches(['-', '+']);
    let is_future = !seconds.starts_with('-') && digits.bytes().any(|digit| digit != b'0');
    seconds.len() - digits.len() <= 1
        && (1..=9).contains(&digits.len())
        && digits.bytes().all(|digit| digit.is_ascii_digit())
        && matches!(mode.to_ascii_uppercase().as_str(), "N" | "R" | "NT" | "RT")
        // With R, the time must be in the future (RFC 2852 section 4).
        && (is_future || !mode.starts_with(['R', 'r']))
}

fn is_priority(value: &str) -> bool {
    let digit = value.strip_prefix('-').unwrap_or(value);
    digit.len() == 1 && digit.bytes().all(|b| b.is_ascii_digit()) && value != "-0"
}
