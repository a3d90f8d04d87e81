//! Checks EHLO, HELO and LHLO, and the name they give.

use super::{Diagnostics, Lint, LintContext};
use crate::smtp::command::Verb;
use crate::smtp::grammar::ParsedCommand;
use crate::smtp::host_name::{HostNameFault, address_literal, host_name_fault, is_odd_label};
use crate::smtp::phase::Phase;

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
    let lower = typed.to_ascii_lowercase();
    let lint = match host_name_fault(typed) {
        Some(HostNameFault::BareAddress(address)) => {
            diagnostics
                .add(Lint::BareAddress, span.clone())
                .fixed_by(span, address_literal(address));
            return;
        }
        Some(HostNameFault::UntaggedAddress(address)) => {
            diagnostics
                .add(Lint::NameLiteral, span.clone())
                .fixed_by(span, address_literal(address));
            return;
        }
        _ if context.refuses_name(typed) => Lint::RefusedName,
        Some(HostNameFault::Character(letter)) => Lint::NameCharacter(letter),
        Some(HostNameFault::Literal) => Lint::NameLiteral,
        Some(HostNameFault::Label) => Lint::NameLabel,
        Some(HostNameFault::Local) => Lint::LocalName,
        Some(HostNameFault::NoDot) => Lint::BareName,
        None => return,
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
