//! A complete reply from its lines, and the command that it answers.

use super::folds::reply_around;
use crate::smtp::line::Line;
use crate::smtp::reply::ReplyReader;
use crate::smtp::{Awaited, EntryId, EntryKind, Received, Reply, Sent, Transcript, Verb};

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
        Some(_) => request(transcript, first).map(Sent::awaited),
        // Only the greeting answers nothing.
        None => head.is_greeting().then_some(Awaited::Greeting),
    };
    // The last line may be missing.
    let reply = reply.or_else(|| reader.take_unfinished())?;
    Some((reply, awaited))
}

/// The verb of the command that the reply at this entry answers.
pub(super) fn answered_verb(transcript: &Transcript, first: EntryId) -> Option<Verb> {
    match request(transcript, first)?.awaited() {
        Awaited::Command(verb) => Some(verb),
        _ => None,
    }
}

/// The sent line that the reply at this entry answers.
fn request(transcript: &Transcript, first: EntryId) -> Option<&Sent> {
    let answers = received(transcript, first)?.answers?;
    let mut earlier = transcript.iter().rev().filter(|(id, _)| *id < first);
    earlier.find_map(|(_, entry)| match &entry.kind {
        EntryKind::Sent(sent) if sent.request == Some(answers) => Some(sent),
        _ => None,
    })
}

fn received(transcript: &Transcript, id: EntryId) -> Option<&Received> {
    match &transcript.entry(id)?.kind {
        EntryKind::Received(received) => Some(received),
        _ => None,
    }
}
