//! Describes events and states as a dialogue expects them, and compares both.

use ehlo::smtp::sasl::{Annotation, RefusedLogin};
use ehlo::smtp::{
    Cap, Capabilities, CapabilityState, EntryKind, Event, Level, Note, Oddity, Phase, Received,
    Reply, Sent, SessionStatus,
};

use super::script::{Expectation, Key};
use super::wire::{TimedEvent, excerpt};

/// The events of a step that `key` is about, each in the form of an expectation.
pub(super) fn actual(key: Key, events: &[TimedEvent]) -> Vec<String> {
    let mut actual = Vec::new();
    for TimedEvent { event, .. } in events {
        let entry = match event {
            Event::Entry(entry) => &entry.kind,
            Event::NotSent { reason, .. }
            | Event::ExchangeNotSent { reason, .. }
            | Event::RawNotSent { reason, .. }
                if key == Key::NotSent =>
            {
                actual.push(dashed(&format!("{reason:?}")));
                continue;
            }
            Event::Refused { evidence } if key == Key::Refused => {
                actual.push(quoted(evidence));
                continue;
            }
            Event::LoginRefused(login) if key == Key::RefusedLogin => {
                actual.push(describe_login(login));
                continue;
            }
            _ => continue,
        };
        match (key, entry) {
            (Key::Fault, EntryKind::Note(note)) if note.level == Level::Fault => {
                actual.push(text(note));
            }
            (Key::Info, EntryKind::Note(note)) if note.level == Level::Info => {
                actual.push(text(note));
            }
            (
                Key::Decoded,
                EntryKind::Sent(Sent { annotation, .. })
                | EntryKind::Received(Received { annotation, .. }),
            ) => {
                actual.extend(annotation.as_deref().map(describe_annotation));
            }
            (Key::Hidden, EntryKind::Sent(sent)) if sent.secret.is_some() => {
                actual.push(quoted(&sent.visible));
            }
            (Key::Kind, EntryKind::Sent(sent)) => actual.push(dashed(&format!("{:?}", sent.kind))),
            (Key::OutOfOrder, EntryKind::Sent(sent)) if sent.out_of_order => {
                actual.push(String::new());
            }
            (Key::Took, EntryKind::Received(received)) => {
                actual.extend(received.took.map(|took| format!("{took:?}")));
            }
            (Key::Oddity, EntryKind::Received(received)) => {
                let names: Vec<_> = received.oddities.iter().map(oddity_name).collect();
                if !names.is_empty() {
                    actual.push(names.join(" "));
                }
            }
            _ => {}
        }
    }
    if key == Key::Oddity {
        actual.dedup();
    }
    actual
}

/// The part of the state that `key` is about.
pub(super) fn state(key: Key, status: &SessionStatus) -> String {
    let yes_or_no = |yes| if yes { "yes" } else { "no" }.to_owned();
    match key {
        Key::Phase => match status.phase {
            Phase::Transaction { accepted, refused } => {
                format!("transaction, {accepted} accepted, {refused} refused")
            }
            phase => dashed(&format!("{phase:?}")),
        },
        Key::Link => dashed(&format!("{:?}", status.link)),
        Key::Capabilities => match &status.capabilities.now {
            CapabilityState::Known(known) => keywords(known),
            knowledge => dashed(&format!("{knowledge:?}")),
        },
        Key::EarlierCapabilities => {
            let book = &status.capabilities;
            let stages = [&book.after_auth, &book.after_tls, &book.before_tls];
            let mut known = stages.into_iter().flatten().skip(1);
            known
                .next()
                .map_or_else(|| "none".into(), |known| keywords(known))
        }
        Key::Authenticated => yes_or_no(status.authenticated),
        Key::SecretLines => if status.secret_lines { "on" } else { "off" }.into(),
        Key::Waiting => status
            .waiting
            .map_or("nothing", |(awaited, _)| awaited.name())
            .into(),
        Key::Paused => status.paused.map_or_else(
            || "no".into(),
            |cap| match cap {
                Cap::Line => "line".into(),
                Cap::Reply { .. } => "reply".into(),
            },
        ),
        Key::ChunkLeft => status.chunk_left.to_string(),
        _ => unreachable!("{key:?} is not about the state"),
    }
}

/// Each keyword as sent; a very long one is abbreviated.
fn keywords(capabilities: &Capabilities) -> String {
    const LONG: usize = 60;
    let lines = capabilities.keywords.iter().map(|keyword| {
        let line = format!("{} {}", keyword.name, keyword.parameters);
        match line.trim_end() {
            long if long.len() > LONG => format!("{:.8}... {} octets", long, long.len()),
            line => line.to_owned(),
        }
    });
    lines.collect::<Vec<_>>().join(", ")
}

/// Whether the expectations are met. Texts may be a part of the actual one, replies the beginning;
/// everything else must be equal.
pub(super) fn is_met(key: Key, expected: &[&Expectation], actual: &[String]) -> bool {
    let mut left = actual.iter();
    let fits = |expected: &Expectation, actual: &String| match key {
        Key::Fault | Key::Info | Key::Decoded | Key::RefusedLogin => {
            actual.contains(expected.value.trim_matches('"'))
        }
        Key::Reply => actual.starts_with(&expected.value),
        Key::Oddity => sorted(actual) == sorted(&expected.value),
        _ => *actual == expected.value,
    };
    if key == Key::Info {
        return expected
            .iter()
            .all(|expected| left.any(|actual| fits(expected, actual)));
    }
    expected.len() == actual.len() && expected.iter().zip(left).all(|(e, actual)| fits(e, actual))
}

/// The message for expectations that are not met.
pub(super) fn mismatch(name: &str, expected: &[&Expectation], actual: &[String]) -> String {
    let list = |items: Vec<&str>| match items.as_slice() {
        [] => "nothing".to_owned(),
        items => items.join("\n           "),
    };
    format!(
        "{name}\n  expected {}\n  received {}",
        list(expected.iter().map(|e| e.value.as_str()).collect()),
        list(actual.iter().map(String::as_str).collect())
    )
}

fn sorted(words: &str) -> Vec<&str> {
    let mut words: Vec<_> = words.split(' ').collect();
    words.sort_unstable();
    words
}

/// Describes an event completely, except for what may depend on how octets are cut. Very long
/// octets are abbreviated; the wire compares them in full.
pub(super) fn describe_event(event: &Event) -> Option<String> {
    let text = match event {
        Event::Partial { .. } | Event::Status(_) => return None,
        Event::Entry(entry) => {
            let content = match &entry.kind {
                EntryKind::Received(received) => {
                    let Received {
                        bytes,
                        ending,
                        code,
                        part,
                        annotation,
                        oddities,
                        answers,
                        took,
                    } = received;
                    format!(
                        "\"{}\" {ending:?} {code:?} {part:?} {oddities:?} {answers:?} {took:?} \
                         {annotation:?}",
                        excerpt(bytes)
                    )
                }
                EntryKind::Sent(sent) => {
                    let Sent {
                        request,
                        visible,
                        secret,
                        annotation,
                        kind,
                        ending,
                        out_of_order,
                    } = sent;
                    let visible = excerpt(visible);
                    format!(
                        "\"{visible}\" {secret:?} {request:?} {kind:?} {ending:?} {out_of_order} \
                         {annotation:?}"
                    )
                }
                EntryKind::Note(note) => format!("{note:?}"),
            };
            format!("{content} {:?} {}", entry.at, entry.tls)
        }
        Event::Reply { reply, awaited } => {
            let Reply {
                first_code,
                last_code,
                enhanced,
                texts,
                oddities,
            } = reply;
            format!(
                "reply {first_code:?} {last_code:?} {enhanced:?} {oddities:?} to {awaited:?}: {} \
                 \"{}\"",
                texts.len(),
                excerpt(&texts.concat())
            )
        }
        Event::NotSent { .. }
        | Event::ExchangeNotSent { .. }
        | Event::LoginRefused(_)
        | Event::RawNotSent { .. }
        | Event::StartTls
        | Event::Refused { .. } => format!("{event:?}"),
    };
    Some(text)
}

fn oddity_name(oddity: Oddity) -> String {
    dashed(&format!("{oddity:?}"))
}

/// The decoded line, and each remark in brackets.
fn describe_annotation(annotation: &Annotation) -> String {
    let mut text = annotation.decoded.to_string();
    for remark in &annotation.remarks {
        text.push_str(&format!(" [{remark}]"));
    }
    text
}

/// `PLAIN alice by hand at once, 10 characters: ..., ends with a newline`.
fn describe_login(login: &RefusedLogin) -> String {
    let mut text = login.mechanism.clone();
    if let Some(user) = &login.user {
        text.push_str(&format!(" {user}"));
    }
    if let Some(authzid) = &login.authzid {
        text.push_str(&format!(" for {authzid}"));
    }
    for (applies, flag) in [
        (login.by_hand, " by hand"),
        (login.initial_response, " at once"),
    ] {
        text.push_str(if applies { flag } else { "" });
    }
    if let Some(shape) = login.secret {
        text.push_str(&format!(", {shape}"));
    }
    for issue in &login.issues {
        text.push_str(&format!(", {issue}"));
    }
    text
}

fn text(note: &Note) -> String {
    note.text.clone().into_string()
}

fn quoted(octets: &[u8]) -> String {
    format!("\"{}\"", octets.escape_ascii())
}

/// Converts `BareLf` to `bare-lf`, `Exposed(Clear)` to `exposed-clear`.
fn dashed(name: &str) -> String {
    let mut dashed = String::new();
    for character in name.chars().filter(char::is_ascii_alphanumeric) {
        if character.is_ascii_uppercase() && !dashed.is_empty() {
            dashed.push('-');
        }
        dashed.push(character.to_ascii_lowercase());
    }
    dashed
}
