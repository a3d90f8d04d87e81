//! Checks AUTH: whether it and the mechanism are offered, whether the link is encrypted, and the
//! response.

use super::{Diagnostics, Lint, LintContext};
use crate::smtp::base64;
use crate::smtp::command::{CommandLine, Verb};
use crate::smtp::event::Link;
use crate::smtp::grammar::ParsedCommand;
use crate::smtp::phase::Phase;
use crate::smtp::sasl::{self, Mechanism};

/// The relay port, where clients do not log in.
const RELAY_PORT: u16 = 25;
/// Mechanisms that begin with a challenge, so they have no initial response (RFC 4954 section 4).
const SERVER_FIRST: &[&str] = &["CRAM-MD5", "DIGEST-MD5"];
/// Mechanisms that send no secret.
const WITHOUT_SECRET: &[&str] = &["EXTERNAL", "ANONYMOUS"];

/// Whether the line is an AUTH of any kind.
pub(super) fn applies_to(line: &ParsedCommand<'_>) -> bool {
    matches!(line.verb, Verb::Auth | Verb::Xexps) || is_auth_equals(line.first_word())
}

pub(super) fn check(
    line: &ParsedCommand<'_>,
    context: &LintContext<'_>,
    diagnostics: &mut Diagnostics,
) {
    let Some(verb) = line.tokens.first().map(|token| token.span.clone()) else {
        return;
    };
    let is_equals_form = is_auth_equals(line.first_word());
    let (mechanism, response) = if is_equals_form {
        let at = verb.start + "AUTH=".len();
        diagnostics
            .add(Lint::AuthEquals, verb.clone())
            .fixed_by(at - 1..at, " ");
        (Some(at..verb.end), line.arguments().next())
    } else {
        let mut arguments = line.arguments();
        (
            arguments.next().map(|token| token.span.clone()),
            arguments.next(),
        )
    };
    let end = line.text.len();
    let mechanism = mechanism.unwrap_or(end..end);
    let typed = &line.text[mechanism.clone()];
    let name = typed.to_ascii_uppercase();
    let status = context.status;
    if status.authenticated {
        diagnostics.add(Lint::AlreadyAuthenticated, verb.clone());
    }
    let keyword = if line.verb == Verb::Xexps {
        "X-EXPS"
    } else {
        "AUTH"
    };
    let starttls = status.link == Link::Clear && context.offers("STARTTLS");
    // In other phases, the order of the verbs is reported instead.
    let ready = status.phase == Phase::Ready && !status.authenticated;
    if ready && context.lacks(keyword) {
        diagnostics.add(
            Lint::AuthNotOffered {
                starttls,
                relay: context.port == RELAY_PORT,
            },
            verb.clone(),
        );
    } else if ready && status.link == Link::Clear && !WITHOUT_SECRET.contains(&name.as_str()) {
        let itself = Mechanism::parse(&name).is_none_or(Mechanism::sends_secret_itself);
        diagnostics.add(Lint::Unencrypted { starttls, itself }, verb);
    }
    // If the mechanism is missing, the secret is in its place.
    let secret = CommandLine::parse(line.text)
        .ok()
        .and_then(|line| line.secret());
    if secret.is_some_and(|secret| secret <= mechanism.start) && !mechanism.is_empty() {
        diagnostics.add(Lint::MissingMechanism, mechanism);
        return;
    }
    if name.is_empty() {
        diagnostics
            .add(Lint::MissingMechanism, mechanism)
            .unfinished_if(true);
        return;
    }
    let offered = context
        .capabilities()
        .map(|capabilities| capabilities.mechanisms())
        .unwrap_or_default();
    let is = |other: &&&str| other.eq_ignore_ascii_case(&name);
    if keyword == "AUTH" && !offered.is_empty() && !offered.iter().any(|other| is(&other)) {
        let incomplete = mechanism.end == end
            && offered
                .iter()
                .any(|other| other.to_ascii_uppercase().starts_with(&name));
        diagnostics
            .add(
                Lint::MechanismNotOffered {
                    name: typed.to_owned(),
                    offered: offered.join(" "),
                },
                mechanism,
            )
            .unfinished_if(incomplete);
    }
    let Some(response) = response else {
        return;
    };
    let span = response.span.start..line.end();
    if SERVER_FIRST.contains(&name.as_str()) {
        diagnostics
            .add(Lint::ServerFirst(name), span.clone())
            .fixed_by(span.start - 1..end, "");
    } else if !is_base64(&line.text[span.clone()]) {
        // More letters may still make the length valid.
        let incomplete = line.text[span.clone()].bytes().all(is_letter);
        diagnostics
            .add(Lint::InvalidBase64, span)
            .unfinished_if(incomplete);
    } else {
        let message = line.text[span.clone()].as_bytes();
        let decoded = sasl::decode_line(Mechanism::parse(&name), 0, b"", message);
        for issue in decoded.issues {
            diagnostics.add(Lint::Sasl(issue), span.clone());
        }
    }
}

/// Checks the response to a 334. Its mechanism is not known here, so binary content is not
/// reported.
pub(super) fn check_response(text: &str, diagnostics: &mut Diagnostics) {
    let whole = 0..text.len();
    if matches!(text, "" | "*") {
        return;
    }
    if is_plain_text(text) {
        diagnostics.add(Lint::PlainText, whole);
        return;
    }
    if !is_base64(text) {
        let incomplete = text.bytes().all(is_letter);
        diagnostics
            .add(Lint::InvalidBase64, whole)
            .unfinished_if(incomplete);
        return;
    }
    let decoded = base64::decode(text.as_bytes());
    let issues = base64::content_issues(decoded.bytes.reveal()).into_iter();
    for issue in issues.filter(|issue| *issue != base64::ContentIssue::NotUtf8) {
        let issue = sasl::MessageIssue::Content(issue);
        diagnostics.add(Lint::Sasl(issue), whole.clone());
    }
}

fn is_auth_equals(word: &str) -> bool {
    word.get(..5)
        .is_some_and(|head| head.eq_ignore_ascii_case("AUTH="))
}

/// Whether a text is padded base64 (RFC 4648 section 4), or `=` for an empty response.
fn is_base64(text: &str) -> bool {
    let letters = text.trim_end_matches('=');
    text == "="
        || (text.len().is_multiple_of(4)
            && text.len() - letters.len() <= 2
            && letters.bytes().all(is_letter))
}

/// Whether a text is almost certainly not base64, not even the start of it: it contains other
/// characters, or only lowercase letters.
fn is_plain_text(text: &str) -> bool {
    /// Base64 of text hardly ever begins with this many lowercase letters.
    const LOWERCASE_MIN: usize = 5;
    let letters = text.trim_end_matches('=');
    !letters.bytes().all(is_letter)
        || text.len() >= LOWERCASE_MIN && text.bytes().all(|octet| octet.is_ascii_lowercase())
}

fn is_letter(octet: u8) -> bool {
    octet.is_ascii_alphanumeric() || matches!(octet, b'+' | b'/')
}
