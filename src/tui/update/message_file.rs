//! Sends a message from a file: after DATA, or as one chunk.

use crossterm::event::KeyCode;

use super::message::{EMPTY, NO_RECIPIENT, send_data};
use crate::net::{Command, Upload};
use crate::smtp::draft::{DraftIssue, MessageRules};
use crate::smtp::{Phase, SessionStatus, count};
use crate::tui::message::Effect;
use crate::tui::model::Model;
use crate::tui::popup::Popup;
use crate::tui::popup::choice::{Answer, Choice};
use crate::tui::state::draft::{HEAD_CAP, Next, Opened, Progress};

/// Asks before a file is sent as the message, with all findings about it.
pub(super) fn ask_to_send_file(model: &mut Model, opened: Opened) {
    if let Some(words) = no_file_now(model) {
        return model.warn(words);
    }
    let status = &model.session.connection.status;
    let terms = MessageRules::from_status(status);
    let (name, octets) = (opened.upload.name(), opened.upload.octets());
    let limit = terms.size.filter(|limit| octets <= *limit);
    let limit = limit.map(|limit| format!("; the server takes {limit}"));
    let limit = limit.unwrap_or_default();
    let empty = (octets == 0).then(|| EMPTY.to_owned());
    let mut words = vec![format!(
        "{name}: {}{limit}.",
        count(octets, "octet", "octets")
    )];
    let accepted = matches!(status.phase, Phase::Transaction { accepted: 1.., .. });
    let due = status.phase == Phase::Message;
    words.extend(empty);
    if !due && !accepted {
        words.push(NO_RECIPIENT.to_owned());
    }
    let findings = opened.findings(&terms);
    words.extend(findings.iter().map(|finding| format!("!! {finding}")));
    if !opened.is_whole() {
        words.push(format!(
            "Only its first {} KiB were checked.",
            HEAD_CAP / 1024
        ));
    }
    let doing = if due {
        "send it, with a final dot"
    } else {
        "send DATA, wait for 354, then send the file"
    };
    // The file was opened in the background: a line, or its Enter, may be typed by now.
    let mut choice = Choice::new("Send the file as the message?", words).option(
        KeyCode::Char('y'),
        doing,
        Answer::SendFile,
    );
    if findings.iter().any(DraftIssue::is_bare_ending) {
        let words = "the same, with its bare LF or CR as they are: strict servers refuse them";
        choice = choice.option(KeyCode::Char('u'), words, Answer::SendFileAsIs);
    }
    if offers_chunks(status) && !due && opened.is_whole() {
        let words = format!("send it unchanged with BDAT {octets} LAST");
        choice = choice.option(KeyCode::Char('b'), words, Answer::SendFileChunk);
    }
    model.session.draft.opened = Some(opened);
    model.interrupt(Popup::Choice(choice.close_on_other_letters()));
}

/// Whether the server takes a message in chunks.
pub(super) fn offers_chunks(status: &SessionStatus) -> bool {
    let capabilities = status.capabilities.current();
    capabilities.is_some_and(|capabilities| capabilities.offers("CHUNKING"))
}

/// Why no file can be sent as the message now.
fn no_file_now(model: &Model) -> Option<&'static str> {
    let status = &model.session.connection.status;
    if !model.session.connection.is_up() {
        return Some("not connected: the file was not sent");
    }
    let busy = status.secret_lines || status.chunk_left > 0 || model.session.draft.upload.is_some();
    busy.then_some("the file was not sent: the server does not wait for a message")
}

/// Sends the opened file: now if the server waits for a message, else after DATA and 354.
pub(super) fn send_file(model: &mut Model, as_is: bool, effects: &mut Vec<Effect>) {
    let Some(Opened { upload, .. }) = model.session.draft.opened.take() else {
        return;
    };
    let upload = if as_is { upload.as_is() } else { upload };
    if let Some(words) = no_file_now(model) {
        return model.warn(words);
    }
    if model.session.connection.status.phase == Phase::Message {
        model.session.prompt.message_due = false;
        let send = begin_upload(model, upload);
        effects.push(Effect::Wire(send));
    } else {
        send_data(model, Next::File(upload), effects);
    }
}

/// Sends the opened file, all of which was read, as one BDAT chunk.
pub(super) fn send_file_chunk(model: &mut Model, effects: &mut Vec<Effect>) {
    let Some(Opened { head, .. }) = model.session.draft.opened.take() else {
        return;
    };
    if let Some(words) = no_file_now(model) {
        return model.warn(words);
    }
    model.session.transcript.follow();
    effects.push(Effect::Wire(Command::SendChunk(head)));
}

/// Shows the progress of a file; returns the command that sends it.
pub(super) fn begin_upload(model: &mut Model, upload: Upload) -> Command {
    model.session.draft.upload = Some(Progress {
        name: upload.name(),
        sent: 0,
        total: upload.octets(),
        since: model.now,
    });
    model.session.transcript.follow();
    Command::SendFile(upload)
}
