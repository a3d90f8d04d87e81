//! Checks EHLO, HELO and LHLO, and the name they give.

use core::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use super::{Diagnostics, Lint, LintContext};
use crate::smtp::command::Verb;
use crate::smtp::grammar::ParsedCommand;
use crate::smtp::phase::Phase;

/// Endings of names that are only valid in a local network.
const LOCAL_ENDINGS: &[&str] = &[
    ".local",
    ".localdomain",
    ".localhost",
    ".lan",
    ".home",
    ".internal",
];
/// Ports of SMTP: relay, submission with implicit TLS, submission, and its common alternative.
const SMTP_PORTS: [u16; 4] = [25, 465, 587, 2525];

pub(super) fn check(
    line: &ParsedCommand<'_>,
    context: &LintContext<'_>,
    diagnostics: &mut Diagnostics,
) {
    let Some(verb) = line.tokens.first().map(|token| token.span.clone()) else {
        return;
    };
    let lmtp = context.takes_lhlo();
    if line.verb == Verb::Lhlo && SMTP_PORTS.contains(&context.port) && !lmtp {
        diagnostics
            .add(Lint::Lhlo(context.port), verb.clone())
            .fixed_by(verb.clone(), "EHLO");
    }
    let refused = context.refused == Some(Verb::Ehlo);
    if lmtp && line.verb != Verb::Lhlo {
        diagnostics
            .add(Lint::NeedsLhlo(line.verb), verb.clone())
            .fixed_by(verb.clone(), "LHLO");
    } else if line.verb == Verb::Helo && context.status.phase == Phase::Greeted && !refused {
        diagnostics
            .add(Lint::Helo, verb.clone())
            .fixed_by(verb.clone(), "EHLO");
    }
    let end = line.text.len();
    let mut arguments = line.arguments();
    let Some(name) = arguments.next() else {
        let diagnostic = diagnostics.add(Lint::MissingName(line.verb), end..end);
        if !context.name.is_empty() {
            diagnostic.fixed_by(verb.end..end, format!(" {}", context.name));
        }
        return;
    };
    let (span, typed) = (name.span.clone(), line.text_of(name));
    if let Some(second) = arguments.next() {
        // Which of the names is meant is unknown, so there is no fix.
        diagnostics.add(Lint::ExtraName(line.verb), second.span.clone());
        return;
    }
    if let Ok(address) = typed.parse::<IpAddr>() {
        diagnostics
            .add(Lint::BareAddress, span.clone())
            .fixed_by(span, address_literal(address));
        return;
    }
    let lower = typed.to_ascii_lowercase();
    let is_literal = typed.starts_with('[');
    let odd = |&letter: &char| !(letter.is_ascii_alphanumeric() || matches!(letter, '-' | '.'));
    // Another check finds letters outside ASCII.
    let odd = |letter: &char| letter.is_ascii() && odd(letter);
    let bare_inside = typed.trim_matches(['[', ']']).parse::<IpAddr>();
    if let (true, Ok(address @ IpAddr::V6(_))) = (typed.ends_with(']'), bare_inside) {
        diagnostics
            .add(Lint::NameLiteral, span.clone())
            .fixed_by(span, address_literal(address));
        return;
    }
    let lint = if context.refuses_name(typed) {
        Lint::RefusedName
    } else if let Some(letter) = typed.chars().find(odd).filter(|_| !is_literal) {
        Lint::NameCharacter(letter)
    } else if is_literal && !holds_address(&lower) {
        Lint::NameLiteral
    } else if typed.split('.').any(is_odd_label) && !is_literal {
        Lint::NameLabel
    } else if lower == "localhost" || LOCAL_ENDINGS.iter().any(|local| lower.ends_with(local)) {
        Lint::LocalName
    } else if !typed.contains('.') && !is_literal {
        Lint::BareName
    } else {
        return;
    };
    let better = !context.name.eq_ignore_ascii_case(typed) && !context.name.is_empty();
    let begun = match lint {
        // Another letter may make the last label a valid one.
        Lint::NameLabel => !typed[..typed.len() - 1].split('.').any(is_odd_label),
        Lint::NameLiteral => !typed.ends_with(']'),
        _ => false,
    };
    let incomplete = begun && span.end == end
        || better && span.end == end && context.name.to_ascii_lowercase().starts_with(&lower);
    let diagnostic = diagnostics.add(lint, span.clone());
    diagnostic.unfinished_if(incomplete);
    if better {
        diagnostic.fixed_by(span, context.name);
    }
}

/// Whether brackets hold an address, or one of another kind after its tag (RFC 5321 section 4.1.3).
fn holds_address(literal: &str) -> bool {
    let inner = literal
        .strip_prefix('[')
        .and_then(|rest| rest.strip_suffix(']'));
    inner.is_some_and(|inner| match inner.split_once(':') {
        Some(("ipv6", address)) => address.parse::<Ipv6Addr>().is_ok(),
        Some((tag, _)) => !tag.is_empty() && inner.parse::<IpAddr>().is_err(),
        None => inner.parse::<Ipv4Addr>().is_ok(),
    })
}

fn is_odd_label(label: &str) -> bool {
    label.is_empty() || label.starts_with('-') || label.ends_with('-')
}

/// Formats an address literal (RFC 5321 section 4.1.3).
pub fn address_literal(address: IpAddr) -> String {
    match address {
        IpAddr::V4(address) => format!("[{address}]"),
        IpAddr::V6(address) => format!("[IPv6:{address}]"),
    }
}
