//! The argument of MAIL and RCPT: its keyword, its brackets, its address.

use core::net::IpAddr;
use std::ops::Range;

use super::meant::meant;
use super::{Findings, Lint, LintContext};
use crate::smtp::command::Verb;
use crate::smtp::grammar::{Path, TypedLine};

pub(super) fn check(line: &TypedLine<'_>, context: &LintContext<'_>, findings: &mut Findings) {
    let (Some(path), Some(keyword)) = (&line.path, line.keyword()) else {
        return;
    };
    if let Some(span) = misspelt(line, path, keyword) {
        findings
            .add(Lint::NoKeyword(keyword), span.clone())
            .fixed_by(span, keyword);
        return;
    }
    check_keyword(line, path, keyword, findings);
    let bare = path.bare(line.text);
    if path.address.is_empty() {
        let at = line.text.len();
        findings
            .add(Lint::NoAddress(line.verb), at..at)
            .unfinished_if(true);
        return;
    }
    check_brackets(line, path, findings);
    let address = &line.text[bare.clone()];
    if line.verb == Verb::Rcpt && address.is_empty() && path.brackets(line.text).1 {
        findings.add(Lint::EmptyForward, path.address.clone());
    }
    let open = path.brackets(line.text) != (true, true) && path.address.end == line.text.len();
    check_address(line, address, &bare, open, findings);
    check_utf8(line, path, context, findings);
}

/// A word before a colon that was probably meant to be the keyword, as in `FORM:<a@b>`.
fn misspelt(line: &TypedLine<'_>, path: &Path, keyword: &'static str) -> Option<Range<usize>> {
    let start = path.address.start;
    let (word, _) = line.text[path.address.clone()].split_once(':')?;
    let word = word.trim_end_matches([' ', '\t']);
    let near = match keyword {
        "TO" => matches!(word.to_ascii_uppercase().as_str(), "OT" | "T" | "TOO"),
        _ => meant(&word.to_ascii_uppercase(), std::iter::once(keyword)).is_some(),
    };
    (path.keyword.is_empty() && near).then(|| start..start + word.len())
}

fn check_keyword(
    line: &TypedLine<'_>,
    path: &Path,
    keyword: &'static str,
    findings: &mut Findings,
) {
    let typed = &line.text[path.keyword.clone()];
    let Path {
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
            findings
                .add(Lint::NoKeyword(keyword), address.clone())
                .fixed_by(start..start, format!("{keyword}{colon}"));
        }
        return;
    }
    if !typed.eq_ignore_ascii_case(keyword) {
        // A keyword that is only begun is no other one.
        if ["FROM", "TO"]
            .iter()
            .any(|word| word.eq_ignore_ascii_case(typed))
        {
            findings
                .add(Lint::Swapped(keyword), span.clone())
                .fixed_by(span.clone(), keyword);
        }
        return;
    }
    if colon.is_empty() {
        if !address.is_empty() {
            findings
                .add(Lint::NoColon(keyword), span.clone())
                .fixed_by(span.end..address.start, ":");
        }
        return;
    }
    let gap = span.end..address.start;
    if blanks.iter().any(|blanks| !blanks.is_empty()) && !address.is_empty() {
        let [before, behind] = blanks;
        let shown = if behind.is_empty() { before } else { behind };
        findings
            .add(Lint::BlankAtColon, shown.clone())
            .fixed_by(gap, ":");
    }
}

fn check_brackets(line: &TypedLine<'_>, path: &Path, findings: &mut Findings) {
    let Path { address, tail, .. } = path;
    let text = line.text;
    let bare = path.bare(text);
    match path.brackets(text) {
        (false, true) if bare.start > address.start => {
            let name = address.start..bare.start - 1;
            findings
                .add(Lint::DisplayName, name.clone())
                .fixed_by(name, "");
        }
        (true, true) => {}
        (true, false) => {
            findings
                .add(Lint::Unclosed, address.clone())
                .fixed_by(address.end..address.end, ">")
                .unfinished_if(address.end == text.len());
        }
        (false, closed) if !has_separator(&text[address.clone()]) => {
            let typed = &text[address.clone()];
            let end = if closed { "" } else { ">" };
            findings
                .add(Lint::NoBrackets, address.clone())
                .fixed_by(address.clone(), format!("<{typed}{end}"));
        }
        _ => {}
    }
    let several = has_separator(&text[address.clone()])
        || text[tail.clone()].starts_with([',', ';'])
        || line
            .parameters()
            .any(|piece| text[piece.span.clone()].starts_with([',', ';', '<']));
    if several {
        findings.add(Lint::Several, path.address.start..tail.end);
    } else if !tail.is_empty() {
        findings
            .add(Lint::Glued, tail.clone())
            .fixed_by(tail.start..tail.start, " ");
    }
}

/// Whether there is a comma or semicolon outside of quotes, and no source route explains it.
fn has_separator(address: &str) -> bool {
    !address.trim_start_matches('<').starts_with('@')
        && unquoted(address, |c| c == ',' || c == ';') > 0
}

fn check_address(
    line: &TypedLine<'_>,
    address: &str,
    span: &Range<usize>,
    open: bool,
    findings: &mut Findings,
) {
    if address.is_empty() || has_separator(address) {
        return;
    }
    if address.contains([' ', '\t']) && !address.contains('"') {
        findings.add(Lint::BlankInside, span.clone());
        return;
    }
    if address.starts_with('@')
        && let Some(colon) = address.find(':')
    {
        let route = span.start..span.start + colon + 1;
        findings
            .add(Lint::SourceRoute, route.clone())
            .fixed_by(route, "");
        return;
    }
    let postmaster = line.verb == Verb::Rcpt && address.eq_ignore_ascii_case("postmaster");
    match unquoted(address, |c| c == '@') {
        0 if !postmaster => {
            findings
                .add(Lint::NoDomain, span.clone())
                .unfinished_if(open);
            return;
        }
        0 => return,
        1 => {}
        _ => {
            findings.add(Lint::TwoAts, span.clone());
            return;
        }
    }
    let Some((local, domain)) = address.rsplit_once('@') else {
        return;
    };
    let behind = span.end - domain.len()..span.end;
    if local.is_empty() {
        findings.add(Lint::NoLocalPart, span.clone());
    }
    if domain.is_empty() {
        findings
            .add(Lint::NoDomain, span.clone())
            .unfinished_if(open);
    } else if let Ok(address) = domain.parse::<IpAddr>() {
        findings
            .add(Lint::BareHost, behind.clone())
            .fixed_by(behind, super::address_literal(address))
            .unfinished_if(open);
    } else if !domain.starts_with('[') && has_stray_dot(domain) {
        findings
            .add(Lint::Dots, behind)
            .unfinished_if(open && !domain.contains(".."));
    } else if !local.starts_with('"') && has_stray_dot(local) {
        findings.add(Lint::Dots, span.start..span.start + local.len());
    }
}

fn has_stray_dot(part: &str) -> bool {
    part.contains("..") || part.starts_with('.') || part.ends_with('.')
}

fn check_utf8(
    line: &TypedLine<'_>,
    path: &Path,
    context: &LintContext<'_>,
    findings: &mut Findings,
) {
    if line.text[path.address.clone()].is_ascii() {
        return;
    }
    let has = |line: &TypedLine<'_>| {
        line.parameters()
            .any(|piece| line.text_of(piece).eq_ignore_ascii_case("SMTPUTF8"))
    };
    if context.lacks("SMTPUTF8") {
        findings.add(Lint::Utf8NotOffered, path.address.clone());
    } else if line.verb == Verb::Mail && !has(line) {
        let end = line.end();
        findings
            .add(Lint::Utf8Missing(Verb::Mail), path.address.clone())
            .fixed_by(end..line.text.len(), " SMTPUTF8")
            .unfinished_if(end == path.address.end && !path.brackets(line.text).1);
    } else if line.verb == Verb::Rcpt && !context.mail.is_empty() {
        let mail = TypedLine::read(context.mail);
        if !has(&mail) {
            findings.add(Lint::Utf8Missing(Verb::Rcpt), path.address.clone());
        }
    }
}

/// How many characters outside of quotes are such.
fn unquoted(text: &str, is: impl Fn(char) -> bool) -> usize {
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
