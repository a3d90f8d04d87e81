//! Handles what the session did not send: asks about an exposed secret, or returns the line.

use super::{automatic, message, replay, script};
use crate::net::Busy;
use crate::smtp::{CommandLine, NotSentReason, Phase, Secret, Verb};
use crate::tui::message::SessionMessage;
use crate::tui::model::Model;
use crate::tui::popup::Popup;
use crate::tui::popup::choice::Answer;
use crate::tui::update::questions;

/// Handles a command line that was not sent.
pub(super) fn on_not_sent(model: &mut Model, line: CommandLine, reason: NotSentReason) {
    if model.session.replay_is_running() {
        replay::stop(model, "replay stopped");
    }
    if model
        .session
        .sent_by_hand
        .front()
        .is_some_and(|text| text == line.text())
    {
        model.session.sent_by_hand.pop_front();
    }
    if let NotSentReason::Exposed(exposure) = reason {
        let (yes, no) = (
            Answer::Consent(line.clone(), exposure),
            Answer::Withhold(line),
        );
        let choice = questions::consent(exposure, yes, no, model.session.connection.tls.as_ref());
        return model.interrupt(Popup::Choice(choice));
    }
    if automatic::take_back(model, &line, reason) {
        return;
    }
    if reason == NotSentReason::BeyondChunk {
        model.session.outbox.line_cut(&line);
        automatic::stop(model, "the chunk is complete");
        if line.text().is_empty() {
            return model.warn("CR LF does not fit: 1 octet of the chunk is due");
        }
    }
    let words = format!("not sent: {reason}");
    if line.verb() == Verb::Data && model.session.draft.next.is_some() {
        script::fail(model, &words);
        return message::not_followed(model, &words);
    }
    give_back(model, &line, &words);
}

/// Handles raw octets that were not sent.
pub(super) fn on_raw_not_sent(model: &mut Model, octets: Secret, reason: NotSentReason) {
    if model.session.replay_is_running() {
        replay::stop(model, "replay stopped");
        // The octets were the message of the replay: the server still waits for one.
        model.session.prompt.message_due |= model.session.connection.status.phase == Phase::Message;
    }
    if let NotSentReason::Exposed(exposure) = reason {
        let yes = Answer::ConsentRaw(octets, exposure);
        let tls = model.session.connection.tls.as_ref();
        let choice = questions::consent(exposure, yes, Answer::Nothing, tls);
        return model.interrupt(Popup::Choice(choice));
    }
    let later = matches!(reason, NotSentReason::Handshake | NotSentReason::ReplyDue);
    if model.session.outbox.give_back(later) {
        if !later {
            automatic::stop(model, "");
            automatic::warn_kept(model, &format!("not sent: {reason}"));
        }
        return;
    }
    model.warn(format!("not sent: {reason}"));
}

/// Keeps a line that the user did not consent to: with the rest of its paste, or at the prompt.
pub(super) fn withhold(model: &mut Model, line: &CommandLine, words: &str) {
    if !automatic::withhold(model, line, words) {
        give_back(model, line, words);
    }
}

/// Returns a line that was not sent to the prompt, or shows it if the prompt is not empty.
pub(super) fn give_back(model: &mut Model, line: &CommandLine, words: &str) {
    if model.session.prompt.give_back(line) {
        model.warn(format!("{words}; the line is back at the prompt"));
    } else {
        model.warn(format!("{words}: {}", line.masked()));
    }
}

/// The message for a command that the connection did not accept: it returns the content.
pub fn returned_command(busy: Busy) -> SessionMessage {
    let words = busy.to_string();
    let event = busy.0.unsent(NotSentReason::Busy);
    event.map_or(SessionMessage::Trouble(words), SessionMessage::Wire)
}
