//! Explains: a whole entry, a reply, what the server offers, pages of the manual.

use super::steps;
use crate::diagnosis::{self, Explanation, ReplyContext, Situation};
use crate::smtp::{Awaited, Code, EntryKind, Reply, count};
use crate::tui::assist::base64_word;
use crate::tui::model::Model;
use crate::tui::pane::sidebar;
use crate::tui::popup::Popup;
use crate::tui::popup::base64::Base64;
use crate::tui::popup::command_list::{CommandList, SortBy};
use crate::tui::popup::pager::{Pager, PagerPart};

/// The width that capabilities are laid out for, in columns.
const OFFERS: usize = 60;
/// The reply by which a server ends the session.
const SERVER_CLOSING: Code = Code::new(421);

/// Explains the newest reply.
pub(super) fn explain_newest(
    model: &Model,
    reply: &Reply,
    awaited: Option<Awaited>,
) -> Explanation {
    let situation = Situation {
        awaited,
        ..model
            .session
            .situation(model.session.connection.tracker.latest().clone())
    };
    let mut explanation = diagnosis::explain(&ReplyContext {
        reply,
        situation: &situation,
    });
    // A server may refuse a client that connects too often.
    if reply.code() == Some(SERVER_CLOSING) {
        let attempts = model.session.connection.recent_attempts(model.now);
        explanation.remarks.extend(attempts);
    }
    explanation
}

/// Unfolds the chosen entry; else shows it in full, and explains it if it is a reply.
pub(super) fn open_chosen(model: &mut Model) {
    // A folded reply opens first.
    if model.session.transcript.unfold_chosen() {
        return;
    }
    let Some((id, entry)) = model.session.transcript.chosen() else {
        return;
    };
    let (title, octets) = match &entry.kind {
        EntryKind::Note(note) => ("note".to_owned(), note.text.as_bytes().to_vec()),
        EntryKind::Received(received) => (
            format!(
                "received, {}",
                count(received.bytes.len() as u64, "octet", "octets")
            ),
            received.bytes.to_vec(),
        ),
        EntryKind::Sent(sent) => {
            let mut octets = sent.visible.to_vec();
            if let Some(secret) = &sent.secret {
                if model.session.transcript.is_revealed(id) {
                    octets.extend_from_slice(secret.reveal());
                } else {
                    octets
                        .extend_from_slice(format!("[hidden: {} octets]", secret.len()).as_bytes());
                }
            }
            (
                format!("sent, {}", count(octets.len() as u64, "octet", "octets")),
                octets,
            )
        }
    };
    let mut parts = vec![PagerPart::Octets(octets)];
    let page = model
        .session
        .reply_at(id)
        .map(|reply| reply.explanation.page());
    parts.extend(page.map(PagerPart::Page));
    let pager = Pager::new(title, parts);
    model.session.popups.push(Popup::Pager(pager));
}

/// Explains the newest reply, or the chosen one of a saved session.
pub(super) fn explain_last(model: &mut Model) {
    let (title, explanation) = match (model.session.file(), &model.session.connection.last_reply) {
        (Some(_saved), _) => match model.session.chosen_reply() {
            Some(chosen) => ("this reply", chosen.explanation),
            None => return model.say("this line is not part of a reply: choose one that is"),
        },
        (None, Some(last)) => ("the last reply", last.explanation.clone()),
        (None, None) => return model.say("there is no reply yet"),
    };
    let mut parts = vec![PagerPart::Page(explanation.page())];
    if model.session.is_live() && !model.session.connection.is_up() {
        let words = "The connection has ended since this reply: ^O r reconnects.".to_owned();
        parts.insert(0, PagerPart::Points(vec![words]));
    }
    let pager = steps::with_keys(model, Pager::new(title, parts), &explanation.next);
    model.session.popups.push(Popup::Pager(pager));
}

/// Opens the manual's pages about these words.
pub(super) fn look_up(model: &mut Model, words: &str) {
    let words: Vec<&str> = words.split_whitespace().collect();
    match diagnosis::look_up(&words) {
        Ok(pages) => {
            let parts = pages.into_iter().map(PagerPart::Page).collect();
            model
                .session
                .popups
                .push(Popup::Pager(Pager::new("Manual", parts)));
        }
        Err(error) => model.warn(error.to_string()),
    }
}

/// Decodes the base64 in the chosen line of the transcript.
pub(super) fn decode_chosen(model: &mut Model) {
    let Some((id, entry)) = model.session.transcript.chosen() else {
        return;
    };
    let (octets, secret) = match &entry.kind {
        EntryKind::Note(note) => (note.text.as_bytes(), false),
        EntryKind::Received(received) => (&*received.bytes, false),
        EntryKind::Sent(sent) => match &sent.secret {
            Some(secret) => (secret.reveal(), !model.session.transcript.is_revealed(id)),
            None => (&*sent.visible, false),
        },
    };
    let line = String::from_utf8_lossy(octets);
    match base64_word(line.trim_end_matches(['\r', '\n'])) {
        Some(word) => {
            let popup = Base64::decoding(word, secret);
            model.session.popups.push(Popup::Base64(Box::new(popup)));
        }
        None => model.say("there is no base64 in this line"),
    }
}

/// Shows what the server offers; each line leads to its page of the manual.
pub(super) fn show_capabilities(model: &mut Model) {
    let lines = match model.session.file() {
        Some(saved) => sidebar::saved_rows(
            saved,
            model.session.chosen_reply().as_ref(),
            OFFERS,
            &model.look,
        ),
        None => sidebar::rows(&model.session.connection, OFFERS, &model.look),
    };
    let pager = Pager::new("Session", vec![PagerPart::Lines(lines)]);
    model.session.popups.push(Popup::Pager(pager));
}

/// Opens the palette with the beginning of a command, for the user to complete.
pub(super) fn ask_in_palette(model: &mut Model, begun: &str) {
    let mut commands = CommandList::new(SortBy::Name);
    commands.begin(begun);
    model
        .session
        .popups
        .push(Popup::Commands(Box::new(commands)));
}
