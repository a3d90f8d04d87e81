//! The parameters of a line: whether they are known, offered, given once, and with a value they can
//! have.

use std::ops::Range;

use super::{Findings, Lint, LintContext};
use crate::smtp::extension::{Capabilities, SizeLimit};
use crate::smtp::grammar::TypedLine;
use crate::smtp::parameter::{self, PARAMETERS, Parameter, Value};

pub(super) fn check(line: &TypedLine<'_>, context: &LintContext<'_>, findings: &mut Findings) {
    let mut seen: Vec<&str> = Vec::new();
    for piece in line.parameters() {
        let typed = line.text_of(piece);
        // What is no parameter at all is told where the path is looked at.
        if typed.starts_with(['<', ',', ';']) {
            continue;
        }
        let (name, value) = match typed.split_once('=') {
            Some((name, value)) => (name, Some(value)),
            None => (typed, None),
        };
        // With the blank before it.
        let before = &line.text[..piece.span.start];
        let whole = before.trim_end_matches([' ', '\t']).len()..piece.span.end;
        let at_end = piece.span.end == line.text.len();
        let Some(known) = parameter::find(name) else {
            unknown(line, name, piece.span.clone(), context, findings);
            continue;
        };
        let span = piece.span.clone();
        if !known.on.contains(&line.verb) {
            if let Some(&belongs) = known.on.first() {
                findings
                    .add(
                        Lint::WrongVerb {
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
            findings
                .add(Lint::Duplicate(known.name), span)
                .fixed_by(whole, "");
            continue;
        }
        seen.push(known.name);
        let offered_by = known.extension(value.unwrap_or_default());
        if offered_by.iter().all(|keyword| context.lacks(keyword))
            && let Some(&extension) = offered_by.first()
        {
            findings
                .add(
                    Lint::NotOffered {
                        name: known.name,
                        extension,
                    },
                    span.clone(),
                )
                .fixed_by(whole, "");
        }
        check_value(known, value, &span, at_end, context, findings);
    }
}

fn unknown(
    line: &TypedLine<'_>,
    typed: &str,
    span: Range<usize>,
    context: &LintContext<'_>,
    findings: &mut Findings,
) {
    if context.offers(typed) {
        return;
    }
    let name = typed.to_ascii_uppercase();
    let here = || {
        PARAMETERS
            .iter()
            .filter(|parameter| parameter.on.contains(&line.verb))
            .map(|parameter| parameter.name)
    };
    let begun = span.end == line.text.len() && here().any(|other| other.starts_with(&name));
    let meant = super::meant::meant(&name, here());
    let end = span.start + name.len();
    let name = typed.to_owned();
    let finding = findings.add(Lint::UnknownParameter { name, meant }, span.clone());
    finding.unfinished_if(begun);
    if let Some(meant) = meant {
        finding.fixed_by(span.start..end, meant);
    }
}

fn check_value(
    known: &'static Parameter,
    value: Option<&str>,
    span: &Range<usize>,
    at_end: bool,
    context: &LintContext<'_>,
    findings: &mut Findings,
) {
    let name_end = span.start + known.name.len();
    let value = match (known.value, value) {
        (Value::Nothing, Some(_)) => {
            findings
                .add(Lint::NeedlessValue(known.name), span.clone())
                .fixed_by(name_end..span.end, "");
            return;
        }
        (Value::Nothing | Value::Optional, _) => return,
        (_, None | Some("")) => {
            findings
                .add(Lint::NoValue(known.name), span.clone())
                .unfinished_if(at_end);
            return;
        }
        (_, Some(value)) => value,
    };
    let is = |word: &&&str| word.eq_ignore_ascii_case(value);
    let good = match known.value {
        Value::Number(most) => {
            value.len() <= most && value.bytes().all(|digit| digit.is_ascii_digit())
        }
        Value::OneOf(words) => words.iter().any(|word| is(&word)),
        Value::Notify(words) => {
            let parts: Vec<&str> = value.split(',').collect();
            let never = parts.iter().any(|part| part.eq_ignore_ascii_case(words[0]));
            if never && parts.len() > 1 {
                findings
                    .add(Lint::NeverAlone, span.clone())
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
        Value::By => is_by(value),
        Value::Priority => is_priority(value),
        Value::TypedAddress => value
            .split_once(';')
            .is_some_and(|(kind, address)| !kind.is_empty() && !address.is_empty()),
        Value::Any | Value::Nothing | Value::Optional => true,
    };
    if !good {
        let finding = findings.add(Lint::BadValue(known), span.clone());
        finding.unfinished_if(at_end && may_become_good(known, value));
        if known.value == Value::TypedAddress && value.contains('@') && !value.contains(';') {
            finding.fixed_by(name_end + 1..name_end + 1, "rfc822;");
        }
        return;
    }
    if known.name == "SIZE" {
        too_large(value, span, context, findings);
    }
    if value.eq_ignore_ascii_case("BINARYMIME") && context.lacks("CHUNKING") {
        findings.add(Lint::BinaryNeedsChunking, span.clone());
    }
}

fn too_large(value: &str, span: &Range<usize>, context: &LintContext<'_>, findings: &mut Findings) {
    let limit = context.capabilities().and_then(Capabilities::size);
    // Twenty digits can be more than a u64 holds.
    let size: u64 = value.parse().unwrap_or(u64::MAX);
    if let Some(SizeLimit::Octets(limit)) = limit
        && size > limit
    {
        let size = value.to_owned();
        findings.add(Lint::TooLarge { size, limit }, span.clone());
    }
}

/// Whether more letters can make it a value.
fn may_become_good(known: &Parameter, value: &str) -> bool {
    let last = value.rsplit(',').next().unwrap_or_default();
    let begins = |word: &&str| {
        word.len() > last.len()
            && word
                .get(..last.len())
                .is_some_and(|head| head.eq_ignore_ascii_case(last))
    };
    match known.value {
        Value::OneOf(words) | Value::Notify(words) => words.iter().any(begins),
        Value::By => value
            .bytes()
            .all(|b| b.is_ascii_digit() || matches!(b, b'-' | b'+' | b';')),
        Value::Priority => value == "-",
        Value::TypedAddress => !value.contains('@'),
        _ => false,
    }
}

fn is_by(value: &str) -> bool {
    let Some((seconds, mode)) = value.split_once(';') else {
        return false;
    };
    let digits = seconds.trim_start_matches(['-', '+']);
    seconds.len() - digits.len() <= 1
        && (1..=9).contains(&digits.len())
        && digits.bytes().all(|digit| digit.is_ascii_digit())
        && matches!(mode.to_ascii_uppercase().as_str(), "N" | "R" | "NT" | "RT")
        // With R the time must be ahead (RFC 2852 section 4).
        && !(mode.starts_with(['R', 'r']) && (seconds.starts_with('-') || digits.bytes().all(|digit| digit == b'0')))
}

fn is_priority(value: &str) -> bool {
    let digit = value.strip_prefix('-').unwrap_or(value);
    digit.len() == 1 && digit.bytes().all(|b| b.is_ascii_digit()) && value != "-0"
}
