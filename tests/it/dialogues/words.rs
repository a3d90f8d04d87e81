//! What happened, in the words a dialogue expects it in, and whether they agree.

use ehlo::smtp::sasl::{Attempt, Gloss};
use ehlo::smtp::{
    Cap, Capabilities, EntryKind, Event, Knowledge, Level, Note, Oddity, Phase, Received, Reply,
    Sent, SessionStatus,
};

use super::script::{Expectation, Key};
use super::wire::{Happening, excerpt};

/// What a step brought of `key`, each as an expectation would have it.
pub(super) fn came(key: Key, happenings: &[Happening]) -> Vec<String> {
    let mut came = Vec::new();
    for Happening { event, .. } in happenings {
        let entry = match event {
            Event::Entry(entry) => &entry.kind,
            Event::NotSent { why, .. }
            | Event::ExchangeNotSent { why, .. }
            | Event::RawNotSent { why, .. }
                if key == Key::NotSent =>
            {
                came.push(dashed(&format!("{why:?}")));
                continue;
            }
            Event::Refused { evidence } if key == Key::Refused => {
                came.push(quoted(evidence));
                continue;
            }
            Event::LoginRefused(attempt) if key == Key::Attempt => {
                came.push(describe(attempt));
                continue;
            }
            _ => continue,
        };
        match (key, entry) {
            (Key::Fault, EntryKind::Note(note)) if note.level == Level::Fault => {
                came.push(words(note));
            }
            (Key::Info, EntryKind::Note(note)) if note.level == Level::Info => {
                came.push(words(note));
            }
            (
                Key::Gloss,
                EntryKind::Sent(Sent { gloss, .. }) | EntryKind::Received(Received { gloss, .. }),
            ) => {
                came.extend(gloss.as_deref().map(read));
            }
            (Key::Hidden, EntryKind::Sent(sent)) if sent.secret.is_some() => {
                came.push(quoted(&sent.open));
            }
            (Key::Kind, EntryKind::Sent(sent)) => came.push(dashed(&format!("{:?}", sent.kind))),
            (Key::OutOfOrder, EntryKind::Sent(sent)) if sent.out_of_order => {
                came.push(String::new());
            }
            (Key::Took, EntryKind::Received(received)) => {
                came.extend(received.took.map(|took| format!("{took:?}")));
            }
            (Key::Oddity, EntryKind::Received(received)) => {
                let names: Vec<_> = received.oddities.iter().map(oddity).collect();
                if !names.is_empty() {
                    came.push(names.join(" "));
                }
            }
            _ => {}
        }
    }
    if key == Key::Oddity {
        came.dedup();
    }
    came
}

/// Where the dialogue stands, in the one respect that `key` is about.
pub(super) fn stands(key: Key, status: &SessionStatus) -> String {
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
            Knowledge::Known(known) => keywords(known),
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
        _ => unreachable!("{key:?} is about a step"),
    }
}

/// Each keyword as it was sent; of a very long one the beginning.
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

/// Whether what came is what was expected: notes by a part of their words, replies by the
/// beginning of the line they answer, all else to the letter.
pub(super) fn fulfils(key: Key, expected: &[&Expectation], came: &[String]) -> bool {
    let mut left = came.iter();
    let fits = |expected: &Expectation, came: &String| match key {
        Key::Fault | Key::Info | Key::Gloss | Key::Attempt => {
            came.contains(expected.value.trim_matches('"'))
        }
        Key::Reply => came.starts_with(&expected.value),
        Key::Oddity => sorted(came) == sorted(&expected.value),
        _ => *came == expected.value,
    };
    if key == Key::Info {
        return expected
            .iter()
            .all(|expected| left.any(|came| fits(expected, came)));
    }
    expected.len() == came.len() && expected.iter().zip(left).all(|(e, came)| fits(e, came))
}

pub(super) fn unfulfilled(name: &str, expected: &[&Expectation], came: &[String]) -> String {
    let list = |items: Vec<&str>| match items.as_slice() {
        [] => "nothing".to_owned(),
        items => items.join("\n           "),
    };
    format!(
        "{name}\n  expected {}\n  came     {}",
        list(expected.iter().map(|e| e.value.as_str()).collect()),
        list(came.iter().map(String::as_str).collect())
    )
}

fn sorted(words: &str) -> Vec<&str> {
    let mut words: Vec<_> = words.split(' ').collect();
    words.sort_unstable();
    words
}

/// An event in words that tell all of it, as far as it may not depend on how octets are cut. Of
/// very many octets they tell the first and the count; the books of the wire know the others.
pub(super) fn record(event: &Event) -> Option<String> {
    let words = match event {
        Event::Partial { .. } | Event::Status(_) => return None,
        Event::Entry(entry) => {
            let words = match &entry.kind {
                EntryKind::Received(received) => {
                    let Received {
                        bytes,
                        ending,
                        code,
                        part,
                        gloss,
                        oddities,
                        answers,
                        took,
                    } = received;
                    format!(
                        "\"{}\" {ending:?} {code:?} {part:?} {oddities:?} {answers:?} {took:?} {gloss:?}",
                        excerpt(bytes)
                    )
                }
                EntryKind::Sent(sent) => {
                    let Sent {
                        turn,
                        open,
                        secret,
                        gloss,
                        kind,
                        ending,
                        out_of_order,
                    } = sent;
                    let open = excerpt(open);
                    format!(
                        "\"{open}\" {secret:?} {turn:?} {kind:?} {ending:?} {out_of_order} {gloss:?}"
                    )
                }
                EntryKind::Note(note) => format!("{note:?}"),
            };
            format!("{words} {:?} {}", entry.at, entry.tls)
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
                "reply {first_code:?} {last_code:?} {enhanced:?} {oddities:?} to {awaited:?}: {} \"{}\"",
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
    Some(words)
}

fn oddity(oddity: Oddity) -> String {
    dashed(&format!("{oddity:?}"))
}

/// What a line says, and each remark in brackets.
fn read(gloss: &Gloss) -> String {
    let mut words = gloss.reading.to_string();
    for remark in &gloss.remarks {
        words.push_str(&format!(" [{remark}]"));
    }
    words
}

/// `PLAIN alice by hand at once, 10 characters: ..., ends with a newline`.
fn describe(attempt: &Attempt) -> String {
    let mut words = attempt.mechanism.clone();
    if let Some(user) = &attempt.user {
        words.push_str(&format!(" {user}"));
    }
    if let Some(authzid) = &attempt.authzid {
        words.push_str(&format!(" for {authzid}"));
    }
    for (is_so, told) in [
        (attempt.by_hand, " by hand"),
        (attempt.initial_response, " at once"),
    ] {
        words.push_str(if is_so { told } else { "" });
    }
    if let Some(shape) = attempt.secret {
        words.push_str(&format!(", {shape}"));
    }
    for finding in &attempt.findings {
        words.push_str(&format!(", {finding}"));
    }
    words
}

fn words(note: &Note) -> String {
    note.text.clone().into_string()
}

fn quoted(octets: &[u8]) -> String {
    format!("\"{}\"", octets.escape_ascii())
}

/// `BareLf` as `bare-lf`, `Exposed(Clear)` as `exposed-clear`.
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
