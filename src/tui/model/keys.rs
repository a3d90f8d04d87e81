//! Which keys are active now, and which commands are available.

use crate::tui::keymap::command::Condition;
use crate::tui::keymap::{Action, Command, Place};
use crate::tui::model::{AfterClose, Focus, Model, Session};
use crate::tui::pane::prompt::Mode;

/// The places whose keys are active now; the first place that has a key decides.
pub fn places(session: &Session) -> &'static [Place] {
    match (session.focus(), session.prompt.mode()) {
        (Focus::Transcript, _) => match (session.is_live(), session.transcript.is_narrowed()) {
            (false, true) => &[Place::Narrowed, Place::Saved, Place::Transcript],
            (false, false) => &[Place::Saved, Place::Transcript],
            (true, true) => &[Place::Narrowed, Place::Transcript],
            (true, false) => &[Place::Transcript],
        },
        (Focus::Prompt, Mode::Message) => &[Place::Message],
        (Focus::Prompt, Mode::Command) => {
            // An answer in base64 may begin with "/".
            let empty =
                session.prompt.command.is_empty() && !session.connection.status.secret_lines;
            let ghost = !session.assist().ghost.is_empty();
            match (session.prompt.list.is_some(), ghost, empty) {
                (true, ..) => &[Place::List, Place::Prompt],
                (_, true, true) => &[Place::Ghost, Place::EmptyPrompt, Place::Prompt],
                (_, true, false) => &[Place::Ghost, Place::Prompt],
                (_, false, true) => &[Place::EmptyPrompt, Place::Prompt],
                (_, false, false) => &[Place::Prompt],
            }
        }
        (Focus::Prompt, _) => &[Place::Prompt],
    }
}

/// Why a command is not available now.
pub fn unavailable(model: &Model, action: Action) -> Option<&'static str> {
    let command = Command::of(action)?;
    unless_saved(model, command).or_else(|| unmet(model, command.when))
}

/// Why a command is not available in a saved session, whatever its state.
pub fn unless_saved(model: &Model, command: &Command) -> Option<&'static str> {
    if model.session.is_live() {
        return None;
    }
    // One Esc too many must not leave the program.
    let would_end =
        model.after_close() == AfterClose::Exit && model.session.transcript.needle().is_none();
    match command.action {
        Action::Back if would_end => Some("q closes the saved session"),
        _ if command.in_saved => None,
        Action::Tls => Some("the notes (===) of a saved session say what TLS negotiated"),
        _ => Some("a saved session is read-only: q closes it"),
    }
}

/// Why a condition is not met.
fn unmet(model: &Model, condition: Condition) -> Option<&'static str> {
    let session = &model.session;
    let connection = &session.connection;
    let connected = (connection.is_up(), "not connected");
    let no_replay = (
        !session.replay_is_running(),
        "a replay is running: ^C stops it",
    );
    let (met, why) = match condition {
        Condition::Always => return None,
        Condition::Connecting => (
            connection.is_up() || connection.is_connecting(),
            connected.1,
        ),
        Condition::Sending if !no_replay.0 => no_replay,
        Condition::Sending => connected,
        Condition::NoReplay => no_replay,
        Condition::ServerKnown => (
            model.live().connection.destination.is_some(),
            "not connected to any server yet",
        ),
        Condition::Message => (
            session.prompt.mode() == Mode::Message,
            "no message is being written",
        ),
        Condition::GhostText => (!session.assist().ghost.is_empty(), "there is no ghost text"),
        Condition::Fix => (session.assist().fix().is_some(), "no fix is suggested"),
        Condition::List => (session.prompt.list.is_some(), "no list is open"),
        Condition::Exportable => (
            if session.is_live() {
                !connection.sessions.is_empty()
            } else {
                !session.transcript.transcript().is_empty()
            },
            "there is no session to export yet",
        ),
        Condition::Tls => (connection.tls.is_some(), "this connection has no TLS"),
        Condition::Paused => (connection.status.paused.is_some(), "no reply is paused"),
        Condition::LinesKept => (
            !session.outbox.rest().is_empty() || !session.outbox.is_empty(),
            "no pasted lines are kept",
        ),
        Condition::Search => (
            session.transcript.needle().is_some(),
            "no search is active: / searches",
        ),
        Condition::Narrowed => (
            session.transcript.is_narrowed(),
            "all lines are shown already",
        ),
        Condition::LineChosen => (
            session.transcript.chosen().is_some(),
            "choose a line first: Esc",
        ),
    };
    (!met).then_some(why)
}
