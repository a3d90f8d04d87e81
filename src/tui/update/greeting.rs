//! A server that does not greet: it stays silent, or closes the connection first. What it may mean, and
//! what can be done, each with a key.

use crossterm::event::KeyCode;

use crate::config::TlsChoice;
use crate::diagnosis;
use crate::net::Security;
use crate::smtp::End;
use crate::tui::keymap::Action;
use crate::tui::model::Model;
use crate::tui::popup::Popup;
use crate::tui::popup::choice::{Answer, Choice};
use crate::tui::state::connection::Destination;

/// The port of implicit TLS, and that of submission, to be tried first.
const OTHER_PORTS: [u16; 2] = [465, 587];

/// Asks what to do if the greeting is late, once for each connection.
pub(super) fn on_time(model: &mut Model) {
    let connection = &mut model.session.connection;
    let late = connection.greeting_is_late(model.now);
    if !connection.is_up() || connection.asked_about_silence || !late {
        return;
    }
    connection.asked_about_silence = true;
    if connection.tracker.has_received() {
        // A greeting has begun, or something else came: it is shown.
        return;
    }
    let Some(destination) = connection.destination.clone() else {
        return;
    };
    let words = diagnosis::no_greeting(is_implicit(&destination));
    let title = format!("No greeting from {} yet", destination.target);
    let choice =
        Choice::new(title, words).option(KeyCode::Char('w'), "keep waiting", Answer::KeepWaiting);
    model.interrupt(Popup::Choice(with_answers(choice, &destination)));
}

/// Closes the question about silence: the server has sent something, or is gone.
pub(super) fn on_received(model: &mut Model) {
    let popups = &mut model.session.popups;
    popups.retain(|popup| !popup.has_answer(&Answer::KeepWaiting));
}

/// Asks what to do if the server has closed the connection without having sent anything.
pub(super) fn on_end(model: &mut Model, end: &End) {
    on_received(model);
    let connection = &model.session.connection;
    let closed = matches!(end, End::Closed | End::Reset | End::Truncated);
    if !closed || connection.tracker.has_received() || model.leaving.is_some() {
        return;
    }
    let Some(destination) = connection.destination.clone() else {
        return;
    };
    let mut words = vec![end.to_string(), String::new()];
    words.extend(diagnosis::closed_before_greeting(is_implicit(&destination)));
    let title = format!("No greeting from {}", destination.target);
    let choice = Choice::new(title, words).option(
        KeyCode::Char('r'),
        "try again",
        Answer::run(Action::Reconnect),
    );
    model.interrupt(Popup::Choice(with_answers(choice, &destination)));
}

fn is_implicit(destination: &Destination) -> bool {
    destination.plan.security == Security::Implicit
}

fn with_answers(choice: Choice, destination: &Destination) -> Choice {
    let mut choice = choice;
    if !is_implicit(destination) {
        let words = "with TLS from the first octet";
        choice = choice.option(KeyCode::Char('t'), words, Answer::Tls(TlsChoice::Implicit));
    }
    let port = destination.target.port;
    if let Some(other) = OTHER_PORTS.into_iter().find(|other| *other != port) {
        choice = choice.option(
            KeyCode::Char('p'),
            format!("try port {other}"),
            Answer::Port(other),
        );
    }
    choice.option(
        KeyCode::Char('e'),
        "edit where to connect",
        Answer::run(Action::Connect),
    )
}
