//! A complete reply from its lines, and the command that it answers.

use super::folds::reply_around;
use crate::smtp::line::Line;
use crate::smtp::reply::ReplyReader;
use crate::smtp::{Awaited, EntryId, EntryKind, Received, Reply, Transcript};

/// The complete reply that contains an entry, and what it answers.
pub(super) fn reply_at(transcript: &Transcript, id: EntryId) -> Option<(Reply, Option<Awaited>)> {
    let (first, last) = reply_around(transcript, id).unwrap_or((id, id));
    let head = received(transcript, first)?;
    let mut reader = ReplyReader::default();
    let mut reply = None;
    for id in first.0..=last.0 {
        if let Some(line) = received(transcript, EntryId(id)) {
            let line = Line {
                bytes: line.bytes.to_vec(),
                ending: line.ending,
            };
            reply = reader.push(&line).reply;
        }
    }
    let awaited = match head.answers {
        Some(request) => transcript
            .iter()
            .rev()
            .filter(|(id, _)| *id < first)
            .find_map(|(_, entry)| match &entry.kind {
                EntryKind::Sent(sent) if sent.request == Some(request) => Some(sent.awaited()),
                _ => None,
            }),
        // Only the greeting answers nothing.
        None => head.is_greeting().then_some(Awaited::Greeting),
    };
    Some((reply?, awaited))
}

fn received(transcript: &Transcript, id: EntryId) -> Option<&Received> {
    match &transcript.entry(id)?.kind {
        EntryKind::Received(received) => Some(received),
        _ => None,
    }
}
