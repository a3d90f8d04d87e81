//! Checks the verb: whether it is known, allowed in the current phase, and offered by the server.

use super::suggestion::suggest;
use super::{Diagnostics, Lint, LintContext};
use crate::smtp::command::{CommandLine, Verb};
use crate::smtp::event::Link;
use crate::smtp::extension::CapabilityState;
use crate::smtp::grammar::ParsedCommand;
use crate::smtp::phase::{Awaited, Phase};

/// Verbs that the session does not track, each offered by a keyword of the same name.
pub const UNTRACKED_VERBS: &[&str] = &[
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

/// The word that `openssl s_client` prints instead of sending a line that begins with R.
pub const S_CLIENT: &str = "RENEGOTIATING";

/// Headers that a message often has (RFC 5322 section 3.6, RFC 2045).
const MESSAGE_HEADERS: [&str; 13] = [
    "BCC",
    "CC",
    "CONTENT-TRANSFER-ENCODING",
    "CONTENT-TYPE",
    "DATE",
    "FROM",
    "IN-REPLY-TO",
    "MESSAGE-ID",
    "MIME-VERSION",
    "REPLY-TO",
    "SENDER",
    "SUBJECT",
    "TO",
];
/// Words with which other programs are left.
const LEAVING: [&str; 4] = ["BYE", "EXIT", "LOGOUT", ":Q"];

/// Whether a line begins with the header of a message: `Subject: x`.
pub fn is_message_header(line: &str) -> bool {
    let name = line.split_once(':').map_or("", |(name, _)| name);
    MESSAGE_HEADERS
        .iter()
        .any(|known| known.eq_ignore_ascii_case(name))
}

/// Verbs and the keywords that offer them.
const OFFERED_BY: &[(Verb, &str)] = &[
    (Verb::StartTls, "STARTTLS"),
    (Verb::Bdat, "CHUNKING"),
    (Verb::Burl, "BURL"),
    (Verb::Etrn, "ETRN"),
    (Verb::Xclient, "XCLIENT"),
    (Verb::Xforward, "XFORWARD"),
    (Verb::Clientid, "CLIENTID"),
];

pub(super) fn check(
    line: &ParsedCommand<'_>,
    context: &LintContext<'_>,
    diagnostics: &mut Diagnostics,
) {
    let Some(first) = line.tokens.first() else {
        return;
    };
    let span = first.span.clone();
    if let Some((awaited, _)) = context.status.waiting
        && awaited != Awaited::Greeting
    {
        if awaited == Awaited::Command(Verb::StartTls) {
            diagnostics.add(Lint::AheadOfTls, span.clone());
        } else if context.lacks("PIPELINING") {
            diagnostics.add(Lint::NotPipelined, span.clone());
        }
    }
    if line.verb == Verb::Other && !super::auth::applies_to(line) {
        return unknown(line, context, diagnostics);
    }
    let status = context.status;
    let verb = match line.verb {
        Verb::Other => Verb::Auth,
        verb => verb,
    };
    if verb == Verb::StartTls && status.link != Link::Clear {
        diagnostics.add(Lint::AlreadyEncrypted, span.clone());
    } else if let Some(lint) = out_of_order(verb, context) {
        diagnostics.add(lint, span.clone());
    } else if let Some(&(_, keyword)) = OFFERED_BY.iter().find(|(other, _)| *other == verb)
        && context.lacks(keyword)
    {
        diagnostics.add(Lint::VerbNotOffered(keyword), span.clone());
    } else if matches!(verb, Verb::Vrfy | Verb::Expn) && context.lacks(verb.name()) {
        diagnostics.add(Lint::VerbNotAnnounced, span.clone());
    }
    match verb {
        _ if verb.takes_no_argument() => {
            let rest = span.end..line.end();
            if line.tokens.len() > 1 {
                diagnostics
                    .add(
                        Lint::UnexpectedArgument(verb),
                        line.tokens[1].span.start..rest.end,
                    )
                    .fixed_by(rest, "");
            }
        }
        Verb::Bdat => check_chunk(line, diagnostics),
        _ => {}
    }
    match (verb, status.phase) {
        (Verb::Data, Phase::Transaction { .. }) if is_binary(context.mail) => {
            diagnostics.add(Lint::DataAfterBinarymime, span);
        }
        (Verb::Quit, Phase::Transaction { accepted, .. }) if accepted > 0 => {
            diagnostics.add(Lint::QuitBeforeData(accepted), span);
        }
        (Verb::Rset, Phase::Greeted | Phase::Ready) => {
            diagnostics.add(Lint::NothingToReset, span);
        }
        _ => {}
    }
}

/// Why a verb is not allowed now (RFC 5321 section 4.1.4). While a reply is due, the next phase is
/// not known, so nothing is reported.
fn out_of_order(verb: Verb, context: &LintContext<'_>) -> Option<Lint> {
    let status = context.status;
    match status.waiting {
        Some((Awaited::Greeting, _)) if status.in_reply => return Some(Lint::GreetingUnfinished),
        Some((Awaited::Greeting, _)) => return Some(Lint::BeforeGreeting),
        Some(_) => return None,
        None if status.phase.allows(verb) => return None,
        None => {}
    }
    match status.phase {
        Phase::Greeting => Some(Lint::BeforeGreeting),
        Phase::Greeted => Some(Lint::EhloFirst {
            again: status.capabilities.now == CapabilityState::Discarded,
        }),
        Phase::Ready if verb == Verb::Rcpt => Some(Lint::Requires(Verb::Mail)),
        Phase::Ready => Some(Lint::Requires(Verb::Rcpt)),
        Phase::Transaction { .. } => Some(match verb {
            Verb::Data | Verb::Bdat | Verb::Burl => Lint::Requires(Verb::Rcpt),
            _ => Lint::InTransaction,
        }),
        Phase::Closing => Some(Lint::Closing),
        Phase::Offline | Phase::Message | Phase::Submitted | Phase::Exchange | Phase::Handshake => {
            None
        }
    }
}

fn unknown(line: &ParsedCommand<'_>, context: &LintContext<'_>, diagnostics: &mut Diagnostics) {
    let Some(first) = line.tokens.first() else {
        return;
    };
    let (span, word) = (first.span.clone(), line.first_word().to_ascii_uppercase());
    let at_end = span.end == line.text.len();
    if let Some(name) = UNTRACKED_VERBS.iter().find(|name| **name == word) {
        let status = context.status;
        if status.phase == Phase::Greeted && status.waiting.is_none() {
            let again = status.capabilities.now == CapabilityState::Discarded;
            diagnostics.add(Lint::EhloFirst { again }, span);
        } else if context.lacks(name) {
            diagnostics.add(Lint::VerbNotOffered(name), span);
        }
        return;
    }
    if context.offers(&word) {
        return;
    }
    let is_base64 = CommandLine::parse(line.text).is_ok_and(|line| line.looks_like_base64());
    // A short word may be ordinary text.
    if is_base64 && word.len() >= 8 && is_mixed(line.first_word()) {
        diagnostics.add(Lint::UnexpectedBase64, span);
        return;
    }
    if word == S_CLIENT {
        diagnostics.add(Lint::SClient, span);
        return;
    }
    if is_message_header(line.text) {
        diagnostics.add(Lint::MessageHeader, span);
        return;
    }
    if LEAVING.contains(&word.as_str()) {
        let diagnostic = diagnostics.add(Lint::LeavingWord, span.clone());
        diagnostic.fixed_by(span, "QUIT");
        return;
    }
    if word == "PROXY" {
        let late = context.status.phase != Phase::Greeting;
        diagnostics.add(Lint::ProxyLine { late }, span);
        return;
    }
    for (glued, apart) in [("MAILFROM", "MAIL FROM"), ("RCPTTO", "RCPT TO")] {
        if word.starts_with(glued) {
            let end = span.start + glued.len();
            diagnostics
                .add(Lint::UnknownVerb(Some(&apart[..4])), span.clone())
                .fixed_by(span.start..end, apart);
            return;
        }
    }
    let suggestion = match suggest(&word, verbs()) {
        // A misspelt HELO was probably meant to be EHLO, unless the server refused that.
        Some("HELO") if context.refused != Some(Verb::Ehlo) => Some("EHLO"),
        suggestion => suggestion,
    };
    let incomplete = at_end && verbs().any(|name| name.starts_with(&word));
    let diagnostic = diagnostics.add(Lint::UnknownVerb(suggestion), span.clone());
    diagnostic.unfinished_if(incomplete);
    if let Some(suggestion) = suggestion {
        diagnostic.fixed_by(span, suggestion);
    }
}

/// The names of all verbs.
pub fn verbs() -> impl Iterator<Item = &'static str> + Clone {
    Verb::names().chain(UNTRACKED_VERBS.iter().copied())
}

/// Whether a word has a mix of letters that is typical of base64, not of text.
fn is_mixed(word: &str) -> bool {
    let capital_inside = word.bytes().skip(1).any(|b| b.is_ascii_uppercase());
    let small = word.bytes().any(|b| b.is_ascii_lowercase());
    word.ends_with('=') || (capital_inside && small)
}

fn is_binary(mail: &str) -> bool {
    let line = ParsedCommand::parse(mail);
    line.parameters()
        .any(|token| line.text_of(token).eq_ignore_ascii_case("BODY=BINARYMIME"))
}

fn check_chunk(line: &ParsedCommand<'_>, diagnostics: &mut Diagnostics) {
    let end = line.text.len();
    let mut arguments = line.arguments();
    let Some(size) = arguments.next() else {
        diagnostics
            .add(Lint::MissingSize, end..end)
            .unfinished_if(true);
        return;
    };
    if CommandLine::chunk_size(line.text_of(size)).is_none() {
        diagnostics.add(Lint::MissingSize, size.span.clone());
    }
    if let Some(last) = arguments.next() {
        let typed = line.text_of(last);
        if !typed.eq_ignore_ascii_case("LAST") {
            let incomplete = "LAST"
                .get(..typed.len())
                .is_some_and(|head| head.eq_ignore_ascii_case(typed));
            diagnostics
                .add(Lint::InvalidLast, last.span.clone())
                .fixed_by(last.span.clone(), "LAST")
                .unfinished_if(incomplete && last.span.end == end);
        }
    }
    if let Some(more) = arguments.next() {
        diagnostics.add(Lint::InvalidLast, more.span.clone());
    }
}
