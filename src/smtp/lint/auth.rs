//! AUTH: whether it can be had here, whether this mechanism can, what would be seen on the way.

use super::{Findings, Lint, LintContext};
use crate::smtp::base64;
use crate::smtp::command::{CommandLine, Verb};
use crate::smtp::event::Link;
use crate::smtp::grammar::TypedLine;
use crate::smtp::phase::Phase;
use crate::smtp::sasl::{self, Mechanism};

/// The port of relays, where nobody logs in.
const RELAY: u16 = 25;
/// Mechanisms that begin with a challenge, and so have no initial response (RFC 4954 section 4).
const SERVER_FIRST: &[&str] = &["CRAM-MD5", "DIGEST-MD5"];
/// Mechanisms in which nothing secret goes.
const OPEN: &[&str] = &["EXTERNAL", "ANONYMOUS"];

/// Whether the line is an AUTH of any kind.
pub(super) fn concerns(line: &TypedLine<'_>) -> bool {
    matches!(line.verb, Verb::Auth | Verb::Xexps) || is_old(line.first_word())
}

pub(super) fn check(line: &TypedLine<'_>, context: &LintContext<'_>, findings: &mut Findings) {
    let Some(verb) = line.pieces.first().map(|piece| piece.span.clone()) else {
        return;
    };
    let old = is_old(line.first_word());
    let (mechanism, response) = if old {
        let at = verb.start + "AUTH=".len();
        findings
            .add(Lint::OldAuth, verb.clone())
            .fixed_by(at - 1..at, " ");
        (Some(at..verb.end), line.arguments().next())
    } else {
        let mut arguments = line.arguments();
        (
            arguments.next().map(|piece| piece.span.clone()),
            arguments.next(),
        )
    };
    let end = line.text.len();
    let mechanism = mechanism.unwrap_or(end..end);
    let typed = &line.text[mechanism.clone()];
    let name = typed.to_ascii_uppercase();
    let status = context.status;
    if status.authenticated {
        findings.add(Lint::SecondAuth, verb.clone());
    }
    let keyword = if line.verb == Verb::Xexps {
        "X-EXPS"
    } else {
        "AUTH"
    };
    let starttls = status.link == Link::Clear && context.offers("STARTTLS");
    // Elsewhere the order of the verbs says what comes first.
    let ready = status.phase == Phase::Ready && !status.authenticated;
    if ready && context.lacks(keyword) {
        findings.add(
            Lint::AuthNotOffered {
                starttls,
                relay: context.port == RELAY,
            },
            verb.clone(),
        );
    } else if ready && status.link == Link::Clear && !OPEN.contains(&name.as_str()) {
        let itself = Mechanism::parse(&name).is_none_or(Mechanism::sends_secret_itself);
        findings.add(Lint::InClear { starttls, itself }, verb);
    }
    // Where the mechanism was forgotten, what stands there is the secret.
    let secret = CommandLine::parse(line.text)
        .ok()
        .and_then(|line| line.secret());
    if secret.is_some_and(|secret| secret <= mechanism.start) && !mechanism.is_empty() {
        findings.add(Lint::NoMechanism, mechanism);
        return;
    }
    if name.is_empty() {
        findings
            .add(Lint::NoMechanism, mechanism)
            .unfinished_if(true);
        return;
    }
    let offered = context
        .capabilities()
        .map(|capabilities| capabilities.mechanisms())
        .unwrap_or_default();
    let is = |other: &&&str| other.eq_ignore_ascii_case(&name);
    if keyword == "AUTH" && !offered.is_empty() && !offered.iter().any(|other| is(&other)) {
        let begun = mechanism.end == end
            && offered
                .iter()
                .any(|other| other.to_ascii_uppercase().starts_with(&name));
        findings
            .add(
                Lint::MechanismNotOffered {
                    name: typed.to_owned(),
                    offered: offered.join(" "),
                },
                mechanism,
            )
            .unfinished_if(begun);
    }
    let Some(response) = response else {
        return;
    };
    let span = response.span.start..line.end();
    if SERVER_FIRST.contains(&name.as_str()) {
        findings
            .add(Lint::ServerFirst(name), span.clone())
            .fixed_by(span.start - 1..end, "");
    } else if !is_base64(&line.text[span.clone()]) {
        // Only its length may still come right.
        let begun = line.text[span.clone()].bytes().all(is_letter);
        findings.add(Lint::NotBase64, span).unfinished_if(begun);
    } else {
        let message = line.text[span.clone()].as_bytes();
        let reading = sasl::read_line(Mechanism::parse(&name), 0, b"", message);
        for finding in reading.findings {
            findings.add(Lint::Login(finding), span.clone());
        }
    }
}

/// The answer to a 334. Which it is of which mechanism is not known here, and what is not text may
/// be meant.
pub(super) fn check_answer(text: &str, findings: &mut Findings) {
    let whole = 0..text.len();
    if matches!(text, "" | "*") {
        return;
    }
    if is_clear(text) {
        findings.add(Lint::ClearText, whole);
        return;
    }
    if !is_base64(text) {
        let begun = text.bytes().all(is_letter);
        findings.add(Lint::NotBase64, whole).unfinished_if(begun);
        return;
    }
    let decoded = base64::decode(text.as_bytes());
    let content = base64::findings(decoded.bytes.reveal()).into_iter();
    for finding in content.filter(|finding| *finding != base64::Finding::NotUtf8) {
        let finding = sasl::Finding::Content(finding);
        findings.add(Lint::Login(finding), whole.clone());
    }
}

fn is_old(word: &str) -> bool {
    word.get(..5)
        .is_some_and(|head| head.eq_ignore_ascii_case("AUTH="))
}

/// Whether a text is base64 with its padding (RFC 4648 section 4), or `=` for an empty response.
fn is_base64(text: &str) -> bool {
    let letters = text.trim_end_matches('=');
    text == "="
        || (text.len().is_multiple_of(4)
            && text.len() - letters.len() <= 2
            && letters.bytes().all(is_letter))
}

/// Whether a text can hardly be base64, not even a part of one: it has characters that base64 has
/// not, or more small letters in a row than base64 begins with.
fn is_clear(text: &str) -> bool {
    /// Of base64 that holds text the first four are hardly ever small letters.
    const SMALL: usize = 5;
    let letters = text.trim_end_matches('=');
    !letters.bytes().all(is_letter)
        || text.len() >= SMALL && text.bytes().all(|octet| octet.is_ascii_lowercase())
}

fn is_letter(octet: u8) -> bool {
    octet.is_ascii_alphanumeric() || matches!(octet, b'+' | b'/')
}
