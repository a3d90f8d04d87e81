//! Handles the message: composed before DATA or after 354, from the editor or from a file. A text that
//! the server does not accept is never lost.

use crossterm::event::KeyCode;

use super::automatic::{self, may_send};
use super::message_file::{begin_upload, offers_chunks};
use super::sending::send_line;
use crate::headless::Stamp;
use crate::net::Command;
use crate::smtp::{Awaited, Code, CommandLine, NotSentReason, Phase, Reply, Verb, count};
use crate::tui::keymap::with_keys;
use crate::tui::message::{Effect, Purpose};
use crate::tui::model::{Focus, Model};
use crate::tui::pane::prompt::Mode;
use crate::tui::popup::Popup;
use crate::tui::popup::choice::{Answer, Choice};
use crate::tui::state::draft::{Attachment, Next};

/// Warns that DATA comes too early.
pub(super) const NO_RECIPIENT: &str = "!! no recipient is accepted yet: expect 503 to DATA";
/// Warns of a message that is sent by mistake.
pub(super) const EMPTY: &str = "!! the message is empty: no header, no text";

/// Opens the editor before anything is sent, with the text that is kept, or asks for the time.
pub(super) fn compose(model: &mut Model, effects: &mut Vec<Effect>) {
    if model.session.draft.upload.is_some() {
        return model.warn("a file is being sent: wait for the server's reply");
    }
    if model.session.prompt.message.is_empty() {
        return effects.push(Effect::Stamp(Purpose::Compose));
    }
    open_editor(model);
    model.say("the text that was not sent is back in the editor");
}

/// Starts a new message with its headers.
pub(super) fn begin(model: &mut Model, stamp: &Stamp) {
    if !model.session.prompt.message.is_empty() {
        return open_editor(model);
    }
    let envelope = &model.session.connection.status.envelope;
    let host = model.preferences.plan.helo.as_deref();
    let headers = stamp.headers(envelope, host);
    let subject = headers
        .lines()
        .position(|line| line.starts_with("Subject:"));
    model.session.prompt.message.set(&headers);
    model
        .session
        .prompt
        .message
        .go_to_line(subject.unwrap_or_default());
    open_editor(model);
}

/// Replaces the text in the editor; undo restores the old text.
pub(super) fn fill(model: &mut Model, text: &str) {
    match model.session.prompt.message.load(text) {
        Ok(()) => open_editor(model),
        Err(error) => model.warn(error.to_string()),
    }
}

fn open_editor(model: &mut Model) {
    model.session.prompt.message_due = true;
    model.session.prompt.searching = None;
    model.session.focus = Focus::Prompt;
    model.session.transcript.leave();
}

/// Asks before the message is sent, with all findings about it.
pub(super) fn ask_to_send(model: &mut Model) {
    let status = &model.session.connection.status;
    let due = status.phase == Phase::Message;
    let open = matches!(
        status.phase,
        Phase::Greeted | Phase::Ready | Phase::Transaction { .. }
    );
    let takes_command = open && !status.secret_lines && status.chunk_left == 0;
    if model.session.draft.next.is_some()
        || !(due || takes_command && model.session.connection.is_up())
    {
        return model.warn(
            "the server does not wait for a message: Esc leaves the editor, its text is kept",
        );
    }
    let accepted = matches!(status.phase, Phase::Transaction { accepted: 1.., .. });
    let chunks = offers_chunks(status);
    let text = model.session.draft.assemble(model.session.message_lines());
    let lines = || text.split_inclusive(|&octet| octet == b'\n');
    let stuffed = lines().filter(|line| line.starts_with(b".")).count();
    let number = lines().count();
    let mut words = vec![format!(
        "{}, {}, {stuffed} dot-stuffed.",
        count(number as u64, "line", "lines"),
        count((text.len() + stuffed) as u64, "octet", "octets"),
    )];
    words.extend(model.session.draft.attachments.iter().map(|attachment| {
        let octets = attachment.octets.len();
        format!(
            "Attached: {}, {}.",
            attachment.name,
            count(octets as u64, "octet", "octets")
        )
    }));
    if text.trim_ascii().is_empty() {
        words.push(EMPTY.to_owned());
    }
    if !due && !accepted {
        words.push(NO_RECIPIENT.to_owned());
    }
    words.extend(
        model
            .session
            .draft_issues()
            .iter()
            .map(|finding| format!("!! {finding}")),
    );
    let mut choice = Choice::new("Send the message?", words);
    if due {
        let words = "send it, with its final dot";
        choice = choice.option(KeyCode::Enter, words, Answer::SendMessage);
    } else {
        let words = "send DATA, wait for 354, then send this text";
        choice = choice.option(KeyCode::Enter, words, Answer::SendComposed);
        if chunks {
            let words = format!("send it unchanged with BDAT {} LAST", text.len());
            choice = choice.option(KeyCode::Char('b'), words, Answer::SendChunk);
        }
    }
    model.session.popups.push(Popup::Choice(choice));
}

/// Sends the message: 354 has come.
pub(super) fn send(model: &mut Model, effects: &mut Vec<Effect>) {
    if !may_send(model) {
        return;
    }
    let text = model.session.draft.assemble(model.session.message_lines());
    effects.push(Effect::Wire(Command::SendMessage(text)));
}

/// Sends DATA; the message follows after 354.
pub(super) fn send_composed(model: &mut Model, effects: &mut Vec<Effect>) {
    let text = model.session.draft.assemble(model.session.message_lines());
    send_data(model, Next::Text(text), effects);
}

/// Sends the message as one BDAT chunk.
pub(super) fn send_chunk(model: &mut Model, effects: &mut Vec<Effect>) {
    if !may_send(model) {
        return;
    }
    let text = model.session.draft.assemble(model.session.message_lines());
    hand_over(model);
    model.session.prompt.message_due = false;
    model.session.transcript.follow();
    effects.push(Effect::Wire(Command::SendChunk(text)));
}

pub(super) fn send_data(model: &mut Model, next: Next, effects: &mut Vec<Effect>) {
    let Ok(line) = CommandLine::parse("DATA") else {
        return;
    };
    if send_line(model, line, effects) {
        model.session.draft.next = Some(next);
        model.session.prompt.message_due = false;
    }
}

/// Sends the text or file that was to follow 354. Returns `false` if there is none.
pub(super) fn follow_data(model: &mut Model, effects: &mut Vec<Effect>) -> bool {
    match model.session.draft.next.take() {
        Some(Next::Text(text)) => {
            let send = Command::SendMessage(text);
            effects.push(Effect::Wire(Command::Automatic(Box::new(send))));
        }
        Some(Next::File(upload)) => {
            let send = begin_upload(model, upload);
            effects.push(Effect::Wire(Command::Automatic(Box::new(send))));
        }
        None => return false,
    }
    true
}

/// Handles a message that was not sent. If the server still waits for it, the editor opens again.
pub(super) fn on_not_sent(model: &mut Model, reason: NotSentReason) {
    if model.session.outbox.give_back(false) {
        automatic::stop(model, "");
        return automatic::warn_kept(model, &format!("the message was not sent: {reason}"));
    }
    let session = &mut model.session;
    session.draft.upload = None;
    session.prompt.message_due |= session.connection.status.phase == Phase::Message;
    // A chunk leaves the editor before it is sent.
    if let Some(text) = session.draft.submitted.take()
        // Undo brings back a text that was begun meanwhile.
        && session.prompt.message.load(&text).is_ok()
    {
        open_editor(model);
    }
    model.warn(format!("the message was not sent: {reason}"));
}

/// Moves the text aside until the server accepts or refuses it.
pub(super) fn submitted(model: &mut Model) {
    if model.session.draft.upload.take().is_none() {
        hand_over(model);
    }
}

fn hand_over(model: &mut Model) {
    model.session.draft.submitted = Some(model.session.prompt.message.take().join("\n"));
}

/// Updates the message after a reply.
pub(super) fn on_reply(model: &mut Model, reply: &Reply, awaited: Option<Awaited>) {
    match (awaited, reply.code()) {
        (Some(Awaited::Command(Verb::Data)), code) if code != Some(Code::new(354)) => {
            not_followed(model, "DATA was refused");
        }
        (Some(Awaited::EndOfData | Awaited::Chunk { last: true }), Some(code)) => {
            if code.is_positive() {
                model.session.draft.submitted = None;
                model.session.draft.attachments.clear();
            } else {
                restore(model, "not accepted");
            }
        }
        _ => {}
    }
}

/// Keeps the text that was to follow DATA, because no 354 came.
pub(super) fn not_followed(model: &mut Model, why: &str) {
    match model.session.draft.next.take() {
        Some(Next::Text(_)) => {
            open_editor(model);
            let words = with_keys("the text is kept, {end-message} sends it again");
            model.warn(format!("{why}: {words}"));
        }
        Some(Next::File(upload)) => {
            model.warn(format!("{why}: {} was not sent", upload.name()));
        }
        None => {}
    }
}

/// Keeps the text that the ended connection did not accept.
pub(super) fn on_end(model: &mut Model) {
    model.session.draft.upload = None;
    model.session.draft.opened = None;
    let questions = [
        Answer::SendMessage,
        Answer::SendComposed,
        Answer::SendChunk,
        Answer::SendFile,
    ];
    let is_open = |popup: &Popup| questions.iter().any(|answer| popup.has_answer(answer));
    model.session.popups.retain(|popup| !is_open(popup));
    not_followed(model, "the connection ended");
    // Sending it again may deliver it twice.
    restore(model, "no reply, it may have been accepted");
}

/// Puts a text that was not accepted back into the editor, unless another text is there.
fn restore(model: &mut Model, why: &str) {
    let Some(text) = model.session.draft.submitted.take() else {
        return;
    };
    if model.session.prompt.message.is_empty() && model.session.prompt.message.load(&text).is_ok() {
        model.warn(format!("{why}: the text is kept, ^O d reopens it"));
    }
}

/// Attaches a file to the message.
pub(super) fn attach(model: &mut Model, attachment: Attachment) {
    let count = model.session.draft.attachments.len() + 1;
    let octets = attachment.octets.len();
    model.say(format!(
        "{}, {octets} octets, will be sent as a MIME part ({count} in all)",
        attachment.name
    ));
    model.session.draft.attachments.push(attachment);
}

/// Opens the text in the user's own editor.
pub(super) fn edit(model: &mut Model, effects: &mut Vec<Effect>) {
    if model.session.prompt.mode() != Mode::Message {
        return model.warn("no message is open: ^O d starts one");
    }
    effects.push(Effect::Edit(
        model.session.prompt.message.text_lines().join("\n"),
    ));
}

/// Moves the focus to the transcript. The first Esc closes the editor of a message that is not due.
pub(super) fn browse(model: &mut Model) {
    let session = &mut model.session;
    if session
        .prompt
        .message_is_kept(session.connection.status.phase)
    {
        return keep(model);
    }
    session.focus = Focus::Transcript;
    session.transcript.browse();
}

/// Closes the editor and keeps its text.
pub(super) fn keep(model: &mut Model) {
    model.session.prompt.message_due = false;
    model.say("text kept: ^O d or the next 354 reopens it");
}

/// Removes all attachments.
pub(super) fn detach(model: &mut Model) {
    let dropped = std::mem::take(&mut model.session.draft.attachments).len();
    model.say(format!(
        "{dropped} attachments removed; :attach FILE adds one"
    ));
}
