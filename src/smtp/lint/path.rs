//! Checks the argument of MAIL and RCPT: its keyword, its brackets and its address.

use core::net::IpAddr;
use std::ops::Range;

use super::suggestion::suggest;
use super::{Diagnostics, Lint, LintContext};
use crate::smtp::command::Verb;
use crate::smtp::grammar::{ParsedCommand, PathArgument};
use crate::smtp::host_name::address_literal;

pub(super) fn check(
    line: &ParsedCommand<'_>,
    context: &LintContext<'_>,
    diagnostics: &mut Diagnostics,
) {
    let (Some(path), Some(keyword)) = (&line.path, line.keyword()) else {
        return;
    };
    if let Some(span) = misspelt_keyword(line, path, keyword) {
        diagnostics
            .add(Lint::MissingKeyword(keyword), span.clone())
            .fixed_by(span, keyword);
        return;
    }
    check_keyword(line, path, keyword, diagnostics);
    let bare = path.bare_address(line.text);
    if path.address.is_empty() {
        let at = line.text.len();
        diagnostics
            .add(Lint::MissingAddress(line.verb), at..at)
            .unfinished_if(true);
        return;
    }
    check_brackets(line, path, diagnostics);
    let address = &line.text[bare.clone()];
    if line.verb == Verb::Rcpt && address.is_empty() && path.brackets(line.text).1 {
        diagnostics.add(Lint::EmptyForwardPath, path.address.clone());
    }
    let incomplete =
        path.brackets(line.text) != (true, true) && path.address.end == line.text.len();
    check_address(line, address, &bare, incomplete, diagnostics);
    check_utf8(line, path, context, diagnostics);
}

/// The range of a misspelt keyword before a colon, as in `FORM:<a@b>`.
fn misspelt_keyword(
    line: &ParsedCommand<'_>,
    path: &PathArgument,
    keyword: &'static str,
) -> Option<Range<usize>> {
    let start = path.address.start;
    let (word, _) = line.text[path.address.clone()].split_once(':')?;
    let word = word.trim_end_matches([' ', '\t']);
    let near = match keyword {
        "TO" => matches!(word.to_ascii_uppercase().as_str(), "OT" | "T" | "TOO"),
        _ => suggest(&word.to_ascii_uppercase(), std::iter::once(keyword)).is_some(),
    };
    (path.keyword.is_empty() && near).then(|| start..start + word.len())
}

fn check_keyword(
    line: &ParsedCommand<'_>,
    path: &PathArgument,
    keyword: &'static str,
    diagnostics: &mut Diagnostics,
) {
    let typed = &line.text[path.keyword.clone()];
    let PathArgument {
        keyword: span,
        colon,
        blanks,
        address,
        ..
    } = path;
    if typed.is_empty() {
        if !address.is_empty() {
            let start = if colon.is_empty() {
                address.start
            } else {
                colon.start
            };
            let colon = if colon.is_empty() { ":" } else { "" };
            diagnostics
                .add(Lint::MissingKeyword(keyword), address.clone())
                .fixed_by(start..start, format!("{keyword}{colon}"));
        }
        return;
    }
    if !typed.eq_ignore_ascii_case(keyword) {
        // An incomplete keyword is not the wrong one.
        if ["FROM", "TO"]
            .iter()
            .any(|word| word.eq_ignore_ascii_case(typed))
        {
            diagnostics
                .add(Lint::Swapped(keyword), span.clone())
                .fixed_by(span.clone(), keyword);
        }
        return;
    }
    if colon.is_empty() {
        if !address.is_empty() {
            diagnostics
                .add(Lint::MissingColon(keyword), span.clone())
                .fixed_by(span.end..address.start, ":");
        }
        return;
    }
    let gap = span.end..address.start;
    if blanks.iter().any(|blanks| !blanks.is_empty()) && !address.is_empty() {
        let [before, after] = blanks;
        let shown = if after.is_empty() { before } else { after };
        diagnostics
            .add(Lint::BlankAtColon, shown.clone())
            .fixed_by(gap, ":");
    }
}

fn check_brackets(line: &ParsedCommand<'_>, path: &PathArgument, diagnostics: &mut Diagnostics) {
    let PathArgument { address, tail, .. } = path;
    let text = line.text;
    let bare = path.bare_address(text);
    match path.brackets(text) {
        (false, true) if bare.start > address.start => {
            let name = address.start..bare.start - 1;
            diagnostics
                .add(Lint::DisplayName, name.clone())
                .fixed_by(name, "");
        }
        (true, true) => {}
        (true, false) => {
            diagnostics
                .add(Lint::MissingClosingBracket, address.clone())
                .fixed_by(address.end..address.end, ">")
                .unfinished_if(address.end == text.len());
        }
        (false, closed) if !has_separator(&text[address.clone()]) => {
            let typed = &text[address.clone()];
            let end = if closed { "" } else { ">" };
            diagnostics
                .add(Lint::MissingBrackets, address.clone())
                .fixed_by(address.clone(), format!("<{typed}{end}"));
        }
        _ => {}
    }
    let several = has_separator(&text[address.clone()])
        || text[tail.clone()].starts_with([',', ';'])
        || line
            .parameters()
            .any(|token| text[token.span.clone()].starts_with([',', ';', '<']));
    if several {
        diagnostics.add(Lint::SeveralAddresses, path.address.start..tail.end);
    } else if !tail.is_empty() {
        diagnostics
            .add(Lint::MissingSpace, tail.clone())
            .fixed_by(tail.start..tail.start, " ");
    }
}

/// Whether there is a comma or semicolon outside quotes that is not part of a source route.
fn has_separator(address: &str) -> bool {
    !address.trim_start_matches('<').starts_with('@')
        && count_unquoted(address, |c| c == ',' || c == ';') > 0
}

fn check_address(
    line: &ParsedCommand<'_>,
    address: &str,
    span: &Range<usize>,
    incomplete: bool,
    diagnostics: &mut Diagnostics,
) {
    if address.is_empty() || has_separator(address) {
        return;
    }
    if address.contains([' ', '\t']) && !address.contains('"') {
        diagnostics.add(Lint::BlankInAddress, span.clone());
        return;
    }
    if address.starts_with('@')
        && let Some(colon) = address.find(':')
    {
        let route = span.start..span.start + colon + 1;
        diagnostics
            .add(Lint::SourceRoute, route.clone())
            .fixed_by(route, "");
        return;
    }
    let postmaster = line.verb == Verb::Rcpt && address.eq_ignore_ascii_case("postmaster");
    match count_unquoted(address, |c| c == '@') {
        0 if !postmaster => {
            diagnostics
                .add(Lint::MissingDomain, span.clone())
                .unfinished_if(incomplete);
            return;
        }
        0 => return,
        1 => {}
        _ => {
            diagnostics.add(Lint::SeveralAtSigns, span.clone());
            return;
        }
    }
    let Some((local, domain)) = address.rsplit_once('@') else {
        return;
    };
    let domain_span = span.end - domain.len()..span.end;
    if local.is_empty() {
        diagnostics.add(Lint::MissingLocalPart, span.clone());
    }
    if domain.is_empty() {
        diagnostics
            .add(Lint::MissingDomain, span.clone())
            .unfinished_if(incomplete);
    } else if let Ok(address) = domain.parse::<IpAddr>() {
        diagnostics
            .add(Lint::BareAddressDomain, domain_span.clone())
            .fixed_by(domain_span, address_literal(address))
            .unfinished_if(incomplete);
    } else if !domain.starts_with('[') && has_misplaced_dot(domain) {
        diagnostics
            .add(Lint::MisplacedDot, domain_span)
            .unfinished_if(incomplete && !domain.contains(".."));
    } else if !local.starts_with('"') && has_misplaced_dot(local) {
        diagnostics.add(Lint::MisplacedDot, span.start..span.start + local.len());
    }
}

fn has_misplaced_dot(part: &str) -> bool {
    part.contains("..") || part.starts_with('.') || part.ends_with('.')
}

fn check_utf8(
    line: &ParsedCommand<'_>,
    path: &PathArgument,
    context: &LintContext<'_>,
    diagnostics: &mut Diagnostics,
) {
    if line.text[path.address.clone()].is_ascii() {
        return;
    }
    let has = |line: &ParsedCommand<'_>| {
        line.parameters()
            .any(|token| line.text_of(token).eq_ignore_ascii_case("SMTPUTF8"))
    };
    if context.lacks("SMTPUTF8") {
        diagnostics.add(Lint::Smtputf8NotOffered, path.address.clone());
    } else if line.verb == Verb::Mail && !has(line) {
        let end = line.end();
        diagnostics
            .add(Lint::MissingSmtputf8(Verb::Mail), path.address.clone())
            .fixed_by(end..line.text.len(), " SMTPUTF8")
            .unfinished_if(end == path.address.end && !path.brackets(line.text).1);
    } else if line.verb == Verb::Rcpt && !context.mail.is_empty() {
        let mail = ParsedCommand::parse(context.mail);
        if !has(&mail) {
            diagnostics.add(Lint::MissingSmtputf8(Verb::Rcpt), path.address.clone());
        }
    }
}

/// Counts the characters outside quotes that match.
fn count_unquoted(text: &str, is: impl Fn(char) -> bool) -> usize {
    let (mut quoted, mut escaped, mut count) = (false, false, 0);
    for character in text.chars() {
        match character {
            _ if escaped => escaped = false,
            '\\' if quoted => escaped = true,
            '"' => quoted = !quoted,
            other if !quoted && is(other) => count += 1,
            _ => {}
        }
    }
    count
}
