//! `^C`, and leaving the program.

use crossterm::event::KeyCode;

use super::{TWICE, automatic, message, replay, saved};
use crate::smtp::Phase;
use crate::tui::message::Effect;
use crate::tui::model::{CtrlC, Model, Session};
use crate::tui::pane::prompt::Mode;
use crate::tui::popup::Popup;
use crate::tui::popup::choice::{Answer, Choice};
use crate::tui::state::outbox::Pace;
use crate::tui::state::request::PendingLogin;

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

/// How many pasted lines of the live session are not sent.
fn live_kept(model: &Model) -> usize {
    let outbox = &model.live().outbox;
    outbox.len() + outbox.rest().len()
}

/// Leaves after QUIT has ended the session, unless the user has opened another one meanwhile.
pub(super) fn after_quit(model: &mut Model, effects: &mut Vec<Effect>) {
    model.session.quitting = false;
    let this = model.session.id;
    let others = || model.sessions().filter(|session| session.id != this);
    if !others().any(Session::is_open) {
        effects.push(Effect::Quit);
    }
}

pub(super) fn quit(model: &mut Model, effects: &mut Vec<Effect>) {
    let open = model.sessions().filter(|session| session.is_open());
    let open: Vec<(usize, String)> = open
        .map(|session| (session.number, session.name()))
        .collect();
    let mut words = vec!["The session is still open.".to_owned()];
    match open.as_slice() {
        [] => return effects.push(Effect::Quit),
        // The question is about it, and so is a QUIT.
        [(number, _)] => _ = model.show(*number),
        several => {
            let names: Vec<&str> = several.iter().map(|(_, name)| name.as_str()).collect();
            words = vec![
                format!(
                    "{} sessions are still open: {}.",
                    several.len(),
                    names.join(", ")
                ),
                "To end one with QUIT, go to it: ^O and its number.".to_owned(),
            ];
        }
    }
    let kept = live_kept(model);
    if kept > 0 {
        words.push(format!("Pasted lines not sent: {kept}."));
    }
    let status = &model.live().connection.status;
    let mut choice = Choice::new("Leave?", Vec::new());
    let quit_is_a_line =
        !matches!(status.phase, Phase::Message) && !status.secret_lines && status.chunk_left == 0;
    if open.len() == 1 && !quit_is_a_line {
        words.push(
            "The server still expects more input and would take QUIT as part of it.".to_owned(),
        );
    } else if open.len() == 1 {
        choice = choice.option(
            KeyCode::Enter,
            "send QUIT, leave after the reply",
            Answer::QuitPolitely,
        );
    }
    choice = choice.option(
        KeyCode::Char('q'),
        if open.len() > 1 {
            "drop all connections and leave now"
        } else {
            "drop the connection and leave now"
        },
        Answer::Quit,
    );
    choice.words = words;
    model.session.popups.push(Popup::Choice(choice));
}
