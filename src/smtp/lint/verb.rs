//! The verb: whether it is one, whether it has its place here, whether the server knows it.

use super::meant::meant;
use super::{Findings, Lint, LintContext};
use crate::smtp::command::{CommandLine, Verb};
use crate::smtp::event::Link;
use crate::smtp::extension::Knowledge;
use crate::smtp::grammar::TypedLine;
use crate::smtp::phase::{Awaited, Phase};

/// Verbs that the dialogue does not follow, each offered by a keyword of its own name.
pub const OTHERS: &[&str] = &[
    "ATRN",
    "TURN",
    "SEND",
    "SOML",
    "SAML",
    "VERB",
    "ONEX",
    "WELLKNOWN",
    "X-ANONYMOUSTLS",
    "XEXCH50",
    "X-LINK2STATE",
    "XREMOTEQUEUE",
    "XADR",
    "XSTA",
    "XCIR",
    "XGEN",
];

/// What `openssl s_client` prints in place of sending a line that begins with R.
pub const S_CLIENT: &str = "RENEGOTIATING";

/// Verbs and the keywords that offer them, where both are not the same.
const OFFERED_BY: &[(Verb, &str)] = &[
    (Verb::StartTls, "STARTTLS"),
    (Verb::Bdat, "CHUNKING"),
    (Verb::Burl, "BURL"),
    (Verb::Etrn, "ETRN"),
    (Verb::Xclient, "XCLIENT"),
    (Verb::Xforward, "XFORWARD"),
    (Verb::Clientid, "CLIENTID"),
];

pub(super) fn check(line: &TypedLine<'_>, context: &LintContext<'_>, findings: &mut Findings) {
    let Some(first) = line.pieces.first() else {
        return;
    };
    let span = first.span.clone();
    if line.verb == Verb::Other && !super::auth::concerns(line) {
        return unknown(line, context, findings);
    }
    let status = context.status;
    let verb = match line.verb {
        Verb::Other => Verb::Auth,
        verb => verb,
    };
    if verb == Verb::StartTls && status.link != Link::Clear {
        findings.add(Lint::TlsAlready, span.clone());
    } else if let Some(lint) = out_of_order(verb, context) {
        findings.add(lint, span.clone());
    } else if let Some(&(_, keyword)) = OFFERED_BY.iter().find(|(other, _)| *other == verb)
        && context.lacks(keyword)
    {
        findings.add(Lint::VerbNotOffered(keyword), span.clone());
    } else if matches!(verb, Verb::Vrfy | Verb::Expn) && context.lacks(verb.name()) {
        findings.add(Lint::VerbUnannounced, span.clone());
    }
    match verb {
        _ if verb.stands_alone() => {
            let behind = span.end..line.end();
            if line.pieces.len() > 1 {
                findings
                    .add(
                        Lint::NoArgument(verb),
                        line.pieces[1].span.start..behind.end,
                    )
                    .fixed_by(behind, "");
            }
        }
        Verb::Bdat => count(line, findings),
        _ => {}
    }
    match (verb, status.phase) {
        (Verb::Data, Phase::Transaction { .. }) if is_binary(context.mail) => {
            findings.add(Lint::DataAfterBinary, span);
        }
        (Verb::Quit, Phase::Transaction { accepted, .. }) if accepted > 0 => {
            findings.add(Lint::NotSent(accepted), span);
        }
        (Verb::Rset, Phase::Greeted | Phase::Ready) => {
            findings.add(Lint::NothingToReset, span);
        }
        _ => {}
    }
}

/// Why a verb has no place here (RFC 5321 section 4.1.4). While a reply is due it is not known what
/// will have its place then.
fn out_of_order(verb: Verb, context: &LintContext<'_>) -> Option<Lint> {
    let status = context.status;
    match status.waiting {
        Some((Awaited::Greeting, _)) => return Some(Lint::BeforeGreeting),
        Some(_) => return None,
        None if status.phase.allows(verb) => return None,
        None => {}
    }
    match status.phase {
        Phase::Greeting => Some(Lint::BeforeGreeting),
        Phase::Greeted => Some(Lint::EhloFirst {
            again: status.capabilities.now == Knowledge::Forgotten,
        }),
        Phase::Ready if verb == Verb::Rcpt => Some(Lint::Needs(Verb::Mail)),
        Phase::Ready => Some(Lint::Needs(Verb::Rcpt)),
        Phase::Transaction { .. } => Some(match verb {
            Verb::Data | Verb::Bdat | Verb::Burl => Lint::Needs(Verb::Rcpt),
            _ => Lint::InTransaction,
        }),
        Phase::Closing => Some(Lint::Closing),
        Phase::Offline | Phase::Message | Phase::Submitted | Phase::Exchange | Phase::Handshake => {
            None
        }
    }
}

fn unknown(line: &TypedLine<'_>, context: &LintContext<'_>, findings: &mut Findings) {
    let Some(first) = line.pieces.first() else {
        return;
    };
    let (span, word) = (first.span.clone(), line.first_word().to_ascii_uppercase());
    let at_end = span.end == line.text.len();
    if let Some(name) = OTHERS.iter().find(|name| **name == word) {
        let status = context.status;
        if status.phase == Phase::Greeted && status.waiting.is_none() {
            let again = status.capabilities.now == Knowledge::Forgotten;
            findings.add(Lint::EhloFirst { again }, span);
        } else if context.lacks(name) {
            findings.add(Lint::VerbNotOffered(name), span);
        }
        return;
    }
    if context.offers(&word) {
        return;
    }
    let is_base64 = CommandLine::parse(line.text).is_ok_and(|line| line.looks_like_base64());
    // Short words in base64's alphabet are words.
    if is_base64 && word.len() >= 8 && is_mixed(line.first_word()) {
        findings.add(Lint::Base64, span);
        return;
    }
    if word == S_CLIENT {
        findings.add(Lint::SClient, span);
        return;
    }
    for (glued, apart) in [("MAILFROM", "MAIL FROM"), ("RCPTTO", "RCPT TO")] {
        if word.starts_with(glued) {
            let end = span.start + glued.len();
            findings
                .add(Lint::UnknownVerb(Some(&apart[..4])), span.clone())
                .fixed_by(span.start..end, apart);
            return;
        }
    }
    let meant = match meant(&word, verbs()) {
        // Who says hello wants EHLO, where the server knows it.
        Some("HELO") if context.refused != Some(Verb::Ehlo) => Some("EHLO"),
        meant => meant,
    };
    let begun = at_end && verbs().any(|name| name.starts_with(&word));
    let finding = findings.add(Lint::UnknownVerb(meant), span.clone());
    finding.unfinished_if(begun);
    if let Some(meant) = meant {
        finding.fixed_by(span, meant);
    }
}

/// All verbs by name.
pub fn verbs() -> impl Iterator<Item = &'static str> + Clone {
    Verb::names().chain(OTHERS.iter().copied())
}

/// Whether a word has what words do not have together: base64 of any length does.
fn is_mixed(word: &str) -> bool {
    let capital_inside = word.bytes().skip(1).any(|b| b.is_ascii_uppercase());
    let small = word.bytes().any(|b| b.is_ascii_lowercase());
    word.ends_with('=') || (capital_inside && small)
}

fn is_binary(mail: &str) -> bool {
    let line = TypedLine::read(mail);
    line.parameters()
        .any(|piece| line.text_of(piece).eq_ignore_ascii_case("BODY=BINARYMIME"))
}

fn count(line: &TypedLine<'_>, findings: &mut Findings) {
    let end = line.text.len();
    let mut arguments = line.arguments();
    let Some(count) = arguments.next() else {
        findings.add(Lint::NoCount, end..end).unfinished_if(true);
        return;
    };
    if CommandLine::chunk_size(line.text_of(count)).is_none() {
        findings.add(Lint::NoCount, count.span.clone());
    }
    if let Some(last) = arguments.next() {
        let typed = line.text_of(last);
        if !typed.eq_ignore_ascii_case("LAST") {
            let begun = "LAST"
                .get(..typed.len())
                .is_some_and(|head| head.eq_ignore_ascii_case(typed));
            findings
                .add(Lint::NotLast, last.span.clone())
                .fixed_by(last.span.clone(), "LAST")
                .unfinished_if(begun && last.span.end == end);
        }
    }
    if let Some(more) = arguments.next() {
        findings.add(Lint::NotLast, more.span.clone());
    }
}
