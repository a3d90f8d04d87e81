//! Extracts the last message of a session, without dot-stuffing.

use crate::record::session::Excerpt;
use crate::smtp::{CommandLine, Entry, EntryKind, Sent, SentKind};

/// The octets of the last message; `None` if none was sent.
///
/// The message consists of the lines after DATA up to the final dot, or of the last series of BDAT
/// chunks.
pub(super) fn write(excerpt: &Excerpt<'_>) -> Option<Vec<u8>> {
    let sent: Vec<&Sent> = excerpt.entries.iter().filter_map(|e| as_sent(e)).collect();
    let is_message = |sent: &&Sent| sent.kind == SentKind::Message;
    let last = sent.iter().rposition(is_message)?;
    let mut message = Vec::new();
    if let Some(first) = first_chunk(&sent[..=last]) {
        for line in sent[first..=last].iter().filter(|sent| is_message(sent)) {
            push(&mut message, &line.visible, line);
        }
        return Some(message);
    }
    let before = sent[..last].iter().rposition(|sent| !is_message(sent));
    for line in &sent[before.map_or(0, |at| at + 1)..=last] {
        match line.visible.strip_prefix(b".") {
            Some(b"") => {}
            Some(unstuffed) => push(&mut message, unstuffed, line),
            None => push(&mut message, &line.visible, line),
        }
    }
    Some(message)
}

fn push(message: &mut Vec<u8>, octets: &[u8], line: &Sent) {
    message.extend_from_slice(octets);
    if let Some(secret) = &line.secret {
        message.extend_from_slice(secret.reveal());
    }
    message.extend_from_slice(line.ending.octets());
}

/// The index of the first BDAT command of the last message; `None` if it was sent with DATA.
fn first_chunk(sent: &[&Sent]) -> Option<usize> {
    let mut first = None;
    for (at, sent) in sent.iter().enumerate().rev() {
        if sent.kind == SentKind::Message {
            continue;
        }
        let line = CommandLine::parse(String::from_utf8_lossy(&sent.visible)).ok();
        match line.and_then(|line| line.chunk()) {
            // This is the last chunk of the message before.
            Some((_, true)) if first.is_some() => break,
            Some(_) => first = Some(at),
            None => break,
        }
    }
    first
}

fn as_sent<'a>(entry: &&'a Entry) -> Option<&'a Sent> {
    match &entry.kind {
        EntryKind::Sent(sent) => Some(sent),
        _ => None,
    }
}
