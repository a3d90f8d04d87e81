//! EHLO, HELO and LHLO: the name they give.

use core::net::IpAddr;

use super::{Findings, Lint, LintContext};
use crate::smtp::command::Verb;
use crate::smtp::grammar::TypedLine;
use crate::smtp::phase::Phase;

/// Endings of names that mean nothing outside a house.
const LOCAL: &[&str] = &[
    ".local",
    ".localdomain",
    ".localhost",
    ".lan",
    ".home",
    ".internal",
];
/// Ports of SMTP: relay, submission under TLS, submission, and its usual stand-in.
const PORTS: [u16; 4] = [25, 465, 587, 2525];

pub(super) fn check(line: &TypedLine<'_>, context: &LintContext<'_>, findings: &mut Findings) {
    let Some(verb) = line.pieces.first().map(|piece| piece.span.clone()) else {
        return;
    };
    if line.verb == Verb::Lhlo && PORTS.contains(&context.port) {
        findings
            .add(Lint::Lhlo(context.port), verb.clone())
            .fixed_by(verb.clone(), "EHLO");
    }
    let refused = context.refused == Some(Verb::Ehlo);
    if line.verb == Verb::Helo && context.status.phase == Phase::Greeted && !refused {
        findings
            .add(Lint::Helo, verb.clone())
            .fixed_by(verb.clone(), "EHLO");
    }
    let end = line.text.len();
    let mut arguments = line.arguments();
    let Some(name) = arguments.next() else {
        findings
            .add(Lint::NoName(line.verb), end..end)
            .fixed_by(verb.end..end, format!(" {}", context.name))
            .unfinished_if(line.text.ends_with(' '));
        return;
    };
    let (span, typed) = (name.span.clone(), line.text_of(name));
    if let Some(second) = arguments.next() {
        // Which of them is meant nobody can tell.
        findings.add(Lint::SecondName(line.verb), second.span.clone());
        return;
    }
    if let Ok(address) = typed.parse::<IpAddr>() {
        findings
            .add(Lint::BareAddress, span.clone())
            .fixed_by(span, address_literal(address));
        return;
    }
    let lower = typed.to_ascii_lowercase();
    let lint = if lower == "localhost" || LOCAL.iter().any(|local| lower.ends_with(local)) {
        Lint::LocalName
    } else if !typed.contains('.') && !typed.starts_with('[') {
        Lint::BareName
    } else {
        return;
    };
    let better = !context.name.eq_ignore_ascii_case(typed) && !context.name.is_empty();
    let begun = better && span.end == end && context.name.to_ascii_lowercase().starts_with(&lower);
    let finding = findings.add(lint, span.clone());
    finding.unfinished_if(begun);
    if better {
        finding.fixed_by(span, context.name);
    }
}

/// An address as RFC 5321 section 4.1.3 writes it where a host has no name.
pub fn address_literal(address: IpAddr) -> String {
    match address {
        IpAddr::V4(address) => format!("[{address}]"),
        IpAddr::V6(address) => format!("[IPv6:{address}]"),
    }
}
