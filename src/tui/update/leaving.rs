//! `^C`, and leaving the program.

use std::time::Duration;

use crossterm::event::KeyCode;

use super::sending::send_line;
use super::{TWICE, automatic, message, replay, saved};
use crate::smtp::{CommandLine, Phase};
use crate::tui::message::Effect;
use crate::tui::model::{CtrlC, Model, Session};
use crate::tui::pane::prompt::Mode;
use crate::tui::popup::Popup;
use crate::tui::popup::choice::{Answer, Choice};
use crate::tui::state::leave::Leave;
use crate::tui::state::outbox::Pace;
use crate::tui::state::request::PendingLogin;
use crate::tui::state::session_id::SessionId;

/// How long a server may take to answer the QUIT with which the user leaves.
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

/// Sends QUIT in each open session, and leaves when all have ended. A session whose server would not
/// read it as a command is dropped.
pub(super) fn quit_politely(model: &mut Model, effects: &mut Vec<Effect>) {
    let open = model.sessions().filter(|session| session.is_open());
    let open: Vec<SessionId> = open.map(|session| session.id).collect();
    if open.is_empty() {
        return effects.push(Effect::Quit);
    }
    for id in open {
        let asked = model.with_session(id, |model| {
            let mut asked = Vec::new();
            model.session.leave = say_quit(model, &mut asked);
            of_shown(model, asked)
        });
        effects.extend(asked.unwrap_or_default());
    }
}

/// Sends QUIT in the shown session, or drops it.
fn say_quit(model: &mut Model, effects: &mut Vec<Effect>) -> Leave {
    // Nothing must follow QUIT.
    automatic::stop(model, "leaving");
    replay::stop(model, "replay stopped");
    if !takes_quit(&model.session) {
        effects.push(Effect::Cancel);
        return Leave::Dropping;
    }
    let line = CommandLine::parse("QUIT");
    match line.is_ok_and(|line| send_line(model, line, effects)) {
        true => Leave::Until(model.now + QUIT_TIMEOUT),
        false => Leave::No,
    }
}

/// Drops the sessions whose server did not answer QUIT in time.
pub(super) fn drop_unanswered(model: &mut Model, effects: &mut Vec<Effect>) {
    let now = model.now;
    let is_late = |session: &&Session| matches!(session.leave, Leave::Until(end) if end <= now);
    let late = model.sessions().filter(is_late);
    let late: Vec<SessionId> = late.map(|session| session.id).collect();
    for id in late {
        let asked = model.with_session(id, |model| {
            model.session.leave = Leave::Dropping;
            of_shown(model, vec![Effect::Cancel])
        });
        effects.extend(asked.unwrap_or_default());
    }
}

/// Names the shown session as the one that asks for these effects.
fn of_shown(model: &Model, effects: Vec<Effect>) -> Vec<Effect> {
    let origin = model.session.origin();
    let of = |effect| Effect::Of(origin, Box::new(effect));
    effects.into_iter().map(of).collect()
}

/// Leaves after a session has ended with QUIT, unless another one is still open.
pub(super) fn after_quit(model: &mut Model, effects: &mut Vec<Effect>) {
    model.session.leave = Leave::No;
    let this = model.session.id;
    let mut others = model.sessions().filter(|session| session.id != this);
    if !others.any(Session::is_open) {
        effects.push(Effect::Quit);
    }
}
