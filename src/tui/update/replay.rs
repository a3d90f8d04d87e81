//! Sends lines again: one that is edited first, or a whole session up to a line.

use crossterm::event::KeyCode;

use super::{automatic, connecting};
use crate::config::Target;
use crate::net::{Command, Security};
use crate::smtp::{CommandLine, EntryId, EntryKind, Reply, SentKind};
use crate::tui::message::Effect;
use crate::tui::model::{Focus, Model};
use crate::tui::popup::Popup;
use crate::tui::popup::choice::{Answer, Choice};
use crate::tui::state::replay::{Next, Replay, Step, StepContent};

/// Puts the chosen line at the prompt.
pub(super) fn resend(model: &mut Model) {
    let Some((_, entry)) = model.session.transcript.chosen() else {
        return;
    };
    let line = match &entry.kind {
        EntryKind::Sent(sent) if sent.secret.is_some() => {
            return model
                .say("this line contains a secret, which is not sent again: type it again");
        }
        EntryKind::Sent(sent) if sent.kind == SentKind::Command => {
            String::from_utf8(sent.visible.to_vec())
                .ok()
                .and_then(|text| CommandLine::parse(text).ok())
        }
        EntryKind::Sent(_) => {
            return model.say("this is a line of a message or a login: choose a command");
        }
        EntryKind::Received(_) | EntryKind::Note(_) => {
            return model.say("this line was not sent: choose one that was");
        }
    };
    let Some(line) = line else {
        return model.say("this line contains octets that cannot be typed: use :raw");
    };
    if !model.live_mut().prompt.give_back(&line) {
        return model.warn("the prompt is not empty: ^C there clears it");
    }
    model.show_live();
    model.session.focus = Focus::Prompt;
    model.session.transcript.leave();
    model.say("the line is at the prompt: edit it, Enter sends it");
}

/// Asks before a session is replayed; continues a replay that waits for the user.
pub(super) fn ask(model: &mut Model, effects: &mut Vec<Effect>) {
    if !model.session.is_live() && model.live().replay.is_some() {
        return model.warn("a replay is waiting in the live session: finish it there first");
    }
    match &mut model.session.replay {
        Some(replay) if replay.is_running() => {
            return model.say("a replay is running: ^C stops it");
        }
        Some(_) if model.session.connection.status.secret_lines => {
            return model.warn("a login is in progress: finish it, then :replay continues");
        }
        Some(replay) if model.session.connection.is_up() => {
            replay.go_on();
            return proceed(model, effects);
        }
        _ => {}
    }
    match choice(model) {
        Ok(choice) => model.session.popups.push(Popup::Choice(choice)),
        Err(words) => model.warn(words),
    }
}

/// The question before a replay.
fn choice(model: &Model) -> Result<Choice, String> {
    let pane = &model.session.transcript;
    let chosen = pane.chosen().map(|(id, _)| id);
    let end = pane.transcript().end();
    let last = chosen.unwrap_or(EntryId(end.0.saturating_sub(1)));
    let (first, target) = begin_of(model, last)?;
    let name = target
        .as_ref()
        .map_or_else(|| model.live().connection.name(), Target::to_string);
    let replay = Replay::read(pane.transcript(), first, last)
        .map_err(|error| format!("no replay: {error}"))?;
    let replay = if chosen.is_none() {
        replay.without_quit()
    } else {
        replay
    };
    let steps = replay.steps();
    let count =
        |is_so: fn(&StepContent) -> bool| steps.iter().filter(|step| is_so(&step.kind)).count();
    let secrets = count(|kind| *kind == StepContent::Secret);
    let sent = steps.len() - secrets;
    let lines = if sent == 1 { "line" } else { "lines" };
    // The most important comes first: a small screen cuts the rest.
    let mut words = vec![format!(
        "Reconnects to {} and resends {sent} {lines}; a reply of a different class stops it.",
        name
    )];
    if steps.iter().any(Step::is_message) {
        words.push("!! This includes a message: it will be delivered again.".to_owned());
    }
    if secrets > 0 {
        words.push("It stops at the login: log in with ^O a, then :replay continues.".to_owned());
    }
    if model.live().connection.is_up() {
        words.push("The current connection is dropped.".to_owned());
    }
    if let (Some(first), Some(last)) = (steps.front(), steps.back()) {
        words.push(format!("The first: {}", first.name));
        words.push(format!("The last: {}", last.name));
    }
    let answer = Answer::Replay(Box::new(replay), target);
    let choice = Choice::new("Replay?", words).option(KeyCode::Enter, "start", answer);
    Ok(choice.close_on_other_letters())
}

/// The first entry of the connection to replay, and the server if it is not the live session's: a
/// saved session is replayed to the live session's server, or else to its own.
fn begin_of(model: &Model, last: EntryId) -> Result<(EntryId, Option<Target>), String> {
    let destination = model.live().connection.destination.as_ref();
    if let Some(saved) = model.session.file() {
        let own = destination
            .is_none()
            .then_some(saved.target.as_ref())
            .flatten();
        if destination.is_none() && own.is_none_or(|target| target.mx) {
            return Err("the file does not name a server: connect to one first (^O n)".to_owned());
        }
        let connection = saved
            .connection_of(last)
            .ok_or("this file has no connection")?;
        return Ok((connection.first, own.cloned()));
    }
    let destination = destination.ok_or("not connected to any server yet")?;
    let mut sessions = model.session.connection.sessions.iter().rev();
    let session = sessions
        .find(|session| session.first <= last)
        .ok_or("not connected to any server yet")?;
    if session.target != destination.target {
        return Err(format!(
            "this line was sent to {}, but ^O r connects to {}: connect there first",
            session.target, destination.target
        ));
    }
    Ok((session.first, None))
}

/// Connects again and starts the replay.
pub(super) fn begin(
    model: &mut Model,
    replay: Replay,
    target: Option<Target>,
    effects: &mut Vec<Effect>,
) {
    let own = target.map(|target| {
        let preferences = &model.preferences;
        connecting::destination(model, target, preferences.tls, preferences.startup_tls())
    });
    let Some(destination) = own.or_else(|| model.live().connection.destination.clone()) else {
        return;
    };
    let mut connects = Vec::new();
    connecting::connect(model, destination, &mut connects);
    for effect in &mut connects {
        // The lines that were sent automatically are among those of the replay.
        if let Effect::Wire(Command::Connect(plan)) = effect
            && plan.security == Security::StartTls
        {
            plan.security = Security::None;
        }
    }
    effects.extend(connects);
    model.session.replay = Some(replay);
}

/// Takes the reply to a line of the replay.
pub(super) fn on_reply(model: &mut Model, reply: &Reply) {
    let stopped = model
        .session
        .replay
        .as_mut()
        .map(|replay| replay.take(reply));
    if let Some(Err(words)) = stopped {
        stop(model, &words);
    }
}

/// Sends the next line if the dialogue is ready for it.
pub(super) fn proceed(model: &mut Model, effects: &mut Vec<Effect>) {
    if !automatic::is_due(model) {
        return;
    }
    let Some(replay) = &mut model.session.replay else {
        return;
    };
    match replay.next() {
        Next::Wait => {}
        Next::Send(StepContent::Line(line)) => {
            model.session.transcript.follow();
            let send = Command::Send {
                line,
                consent: None,
            };
            effects.push(Effect::Wire(Command::AfterReplies(Box::new(send))));
        }
        Next::Send(StepContent::Octets(octets)) => {
            model.session.transcript.follow();
            let send = Command::SendRaw {
                octets,
                consent: None,
            };
            effects.push(Effect::Wire(Command::Automatic(Box::new(send))));
        }
        Next::Send(StepContent::Secret) | Next::Pause => {
            let left = replay.steps().len();
            model.warn(match left {
                0 => "replayed up to the secret, which is not sent again: ^O a logs in".to_owned(),
                1 => "a secret is next: log in with ^O a, then :replay sends 1 more".to_owned(),
                _ => format!("a secret is next: log in with ^O a, then :replay sends {left} more"),
            });
            if left == 0 {
                model.session.replay = None;
            }
        }
        Next::Done => {
            model.session.replay = None;
            model.say("replayed: same replies as before; continue by hand");
        }
    }
}

/// Stops the replay with this reason. Returns whether there was one.
pub(super) fn stop(model: &mut Model, why: &str) -> bool {
    let Some(replay) = model.session.replay.take() else {
        return false;
    };
    let words = match replay.steps().len() {
        0 => why.to_owned(),
        1 => format!("{why}; 1 line was not sent"),
        left => format!("{why}; {left} lines were not sent"),
    };
    model.warn(words);
    true
}
