//! A server that does not greet: it stays silent, or closes the connection first.

use super::questions;
use crate::smtp::End;
use crate::tui::model::Model;
use crate::tui::popup::Popup;
use crate::tui::popup::choice::Answer;
use crate::tui::state::connection::Destination;

/// Asks what to do if the greeting is late, once for each connection.
pub(super) fn on_time(model: &mut Model) {
    let connection = &model.session.connection;
    let late = connection.greeting_is_late(model.now);
    if !connection.is_up() || connection.asked_about_silence || !late {
        return;
    }
    if let Some(destination) = silent_server(model) {
        model.session.connection.asked_about_silence = true;
        model.interrupt(Popup::Choice(questions::silence(&destination)));
    }
}

/// Closes the question about silence: the server has sent something, or is gone.
pub(super) fn on_received(model: &mut Model) {
    let popups = &mut model.session.popups;
    popups.retain(|popup| !popup.has_answer(&Answer::KeepWaiting));
}

/// Asks what to do if the server has closed the connection without having sent anything.
pub(super) fn on_end(model: &mut Model, end: &End) {
    on_received(model);
    let closed = matches!(end, End::Closed | End::Reset | End::Truncated);
    if let Some(destination) = silent_server(model).filter(|_| closed) {
        let choice = questions::closed_before_greeting(&destination, end);
        model.interrupt(Popup::Choice(choice));
    }
}

/// The server, if nothing of a greeting has come, not even a part of its line. None of the practice
/// server, which may be silent on purpose, or while leaving.
fn silent_server(model: &Model) -> Option<Destination> {
    let session = &model.session;
    let received = session.connection.tracker.has_received() || session.transcript.has_partial();
    let destination = session.connection.destination.clone()?;
    (!received && !destination.practice && model.leaving.is_none()).then_some(destination)
}
