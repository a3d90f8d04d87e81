//! `^C`, and leaving the program.

use std::time::Duration;

use crossterm::event::KeyCode;

use super::sending::send_line;
use super::{TWICE, automatic, from, message, replay, saved};
use crate::smtp::{CommandLine, Phase};
use crate::tui::message::Effect;
use crate::tui::model::{CtrlC, Model, Session};
use crate::tui::pane::prompt::Mode;
use crate::tui::popup::Popup;
use crate::tui::popup::choice::{Answer, Choice};
use crate::tui::state::outbox::Pace;
use crate::tui::state::request::PendingLogin;
use crate::tui::state::session_id::{Origin, SessionId};

/// How long servers may take to answer the QUIT with which the user leaves.
const QUIT_TIMEOUT: Duration = Duration::from_secs(5);

pub(super) fn cancel(model: &mut Model, effects: &mut Vec<Effect>) {
    if model.session.file().is_some() {
        return saved::close(model, effects);
    }
    if model.session.pending_login.source().is_some() {
        model.session.pending_login = PendingLogin::None;
        return effects.push(Effect::GiveUpLogin);
    }
    if model.session.connection.is_connecting() {
        return effects.push(Effect::Cancel);
    }
    if model.session.replay_is_running() {
        replay::stop(model, "replay stopped");
        return;
    }
    if model.session.prompt.mode() == Mode::Command && !model.session.prompt.command.is_empty() {
        return model.session.prompt.clear_command();
    }
    // Stepped lines are never sent automatically: there is nothing to stop.
    if model.session.outbox.pace() != Pace::Stepped && automatic::stop(model, "stopped") {
        return;
    }
    if model.session.prompt.mode() == Mode::Command {
        let dropped = model.session.outbox.clear();
        if dropped > 0 {
            return model.say(format!("{dropped} pasted lines dropped, not sent"));
        }
    }
    if model
        .session
        .prompt
        .message_is_kept(model.session.connection.status.phase)
    {
        return message::keep(model);
    }
    if model.session.prompt.mode() == Mode::Message {
        return quit(model, effects);
    }
    let waiting = model
        .session
        .connection
        .is_up()
        .then_some(model.session.connection.status.waiting)
        .flatten();
    let busy = waiting.is_some() || model.session.draft.upload.is_some();
    let now = if busy { CtrlC::Drop } else { CtrlC::Quit };
    // The second ^C does only what was announced: the reply may have come in between.
    let twice = model
        .session
        .ctrl_c
        .take()
        .is_some_and(|(before, at)| before == now && model.now.duration_since(at) < TWICE);
    match (waiting, twice) {
        _ if busy && twice => return effects.push(Effect::Cancel),
        (_, true) => return effects.push(Effect::Quit),
        (Some((awaited, _)), false) => model.warn(format!(
            "still waiting for the reply to {}: ^C again drops the connection",
            awaited.name()
        )),
        (None, false) if busy => {
            model.warn("a file is being sent: ^C again drops the connection, the message is lost");
        }
        (None, false) => model.say("^C again quits"),
    }
    model.session.ctrl_c = Some((now, model.now));
}

/// How many pasted lines of all sessions are not sent.
fn kept_lines(model: &Model) -> usize {
    let kept = |session: &Session| session.outbox.len() + session.outbox.rest().len();
    model.sessions().map(kept).sum()
}

/// Whether the server of a session would read QUIT as a command now.
fn takes_quit(session: &Session) -> bool {
    let status = &session.connection.status;
    let expects_more =
        status.phase == Phase::Message || status.secret_lines || status.chunk_left > 0;
    !expects_more && session.draft.upload.is_none()
}

/// Leaves. If sessions are still open, asks what becomes of them.
pub(super) fn quit(model: &mut Model, effects: &mut Vec<Effect>) {
    let open = model.sessions().filter(|session| session.is_open());
    let mut open: Vec<(usize, String, bool)> = open
        .map(|session| (session.number, session.name(), takes_quit(session)))
        .collect();
    open.sort_unstable();
    let (still_open, politely, now) = match open.as_slice() {
        [] => return effects.push(Effect::Quit),
        [(number, ..)] => {
            // The question is about it, and so is a QUIT.
            model.show(*number);
            (
                "The session is still open.".to_owned(),
                "send QUIT, leave after the reply",
                "drop the connection and leave now",
            )
        }
        several => {
            let names = several
                .iter()
                .map(|(number, name, _)| format!("{number} {name}"));
            let names = names.collect::<Vec<_>>().join(", ");
            (
                format!("{} sessions are still open: {names}.", several.len()),
                "send QUIT in each, leave after the replies",
                "drop all connections and leave now",
            )
        }
    };
    let mut words = vec![still_open];
    let kept = kept_lines(model);
    if kept > 0 {
        words.push(format!("Pasted lines not sent: {kept}."));
    }
    let others = open.iter().filter(|(.., takes_quit)| !takes_quit);
    let others: Vec<String> = others.map(|(number, ..)| number.to_string()).collect();
    let mut choice = Choice::new("Leave?", Vec::new());
    if others.len() < open.len() {
        choice = choice.option(KeyCode::Enter, politely, Answer::QuitPolitely);
    }
    if open.len() == 1 && !others.is_empty() {
        words.push(
            "The server still expects more input and would take QUIT as part of it.".to_owned(),
        );
    } else if !others.is_empty() {
        words.push(format!(
            "More input is expected in {}, where QUIT would be part of it: it is not sent there.",
            others.join(", ")
        ));
    }
    choice = choice.option(KeyCode::Char('q'), now, Answer::Quit);
    choice.words = words;
    model.session.popups.push(Popup::Choice(choice));
}

/// Whether the user is being asked whether to leave.
pub(super) fn is_asked(model: &Model) -> bool {
    let asks = |popup: &Popup| popup.has_answer(&Answer::Quit);
    let mut sessions = model.sessions();
    sessions.any(|session| session.popups.iter().any(asks))
}

/// Begins to leave: `update` then says QUIT in each open session.
pub(super) fn quit_politely(model: &mut Model, effects: &mut Vec<Effect>) {
    model.leaving.get_or_insert(model.now + QUIT_TIMEOUT);
    proceed(model, effects);
}

/// Sends QUIT in each open session. One whose server would not read it as a command is dropped.
pub(super) fn say_quit(model: &mut Model) -> Vec<(Origin, Effect)> {
    let open = model.sessions().filter(|session| session.is_open());
    let open: Vec<SessionId> = open.map(|session| session.id).collect();
    let asked = open
        .into_iter()
        .filter_map(|id| model.with_session(id, say_quit_in_shown));
    asked.flatten().collect()
}

fn say_quit_in_shown(model: &mut Model) -> Vec<(Origin, Effect)> {
    // Nothing must follow QUIT.
    automatic::stop(model, "leaving");
    replay::stop(model, "replay stopped");
    let mut effects = Vec::new();
    if !takes_quit(&model.session) {
        effects.push(Effect::Cancel);
    } else if let Ok(line) = CommandLine::parse("QUIT") {
        send_line(model, line, &mut effects);
    }
    from(model, effects)
}

/// While leaving, ends the program as soon as no session is open any more, or at the deadline: a server
/// may refuse QUIT, or not answer it.
pub(super) fn proceed(model: &Model, effects: &mut Vec<Effect>) {
    let Some(end) = model.leaving else { return };
    if end <= model.now || !model.sessions().any(Session::is_open) {
        effects.push(Effect::Quit);
    }
}
