//! The gate for what is sent without a key: the lines of a paste and of a replay. It decides when the
//! next one is due, and keeps the rest of a paste that stops. The session checks the same once more
//! at the moment of sending, because replies and typed lines may cross on the way.

use ratatui::text::Line;

use super::{leaving, replay, script, wire};
use crate::net::Command;
use crate::report::text;
use crate::smtp::{Awaited, Code, CommandLine, NotSentReason, Phase, Reply, Secret, Sent, count};
use crate::tui::keymap::Action;
use crate::tui::message::Effect;
use crate::tui::model::Model;
use crate::tui::popup::Popup;
use crate::tui::popup::pager::{Pager, PagerPart};
use crate::tui::state::notice::Notice;
use crate::tui::state::outbox::{Pace, Step, StepKind, may_continue_after};

/// Whether the user may send something now; warns if not.
pub(super) fn may_send(model: &mut Model) -> bool {
    let obstacle = obstacle(model);
    if let Some(words) = obstacle {
        model.warn(format!("{words}: nothing was sent"));
    }
    obstacle.is_none()
}

/// Why the user cannot send anything now.
fn obstacle(model: &Model) -> Option<&'static str> {
    if !model.session.connection.is_up() {
        return Some("not connected");
    }
    if model.session.replay_is_running() {
        return Some("a replay is running, ^C stops it");
    }
    let outbox = &model.session.outbox;
    let scripted = outbox.runs_script() && !outbox.lets_act();
    scripted.then_some("a script is running, ^C stops it")
}

/// Whether every line sent has its reply, and the dialogue is open for the next one.
pub(super) fn is_due(model: &Model) -> bool {
    let status = &model.session.connection.status;
    let waits = status.waiting.is_some() && status.chunk_left == 0;
    let closed = matches!(
        status.phase,
        Phase::Offline | Phase::Greeting | Phase::Handshake
    );
    model.session.connection.is_up() && !waits && status.paused.is_none() && !closed
}

/// Gives pasted lines to the wire. The first one is what the user entered; the others are automatic.
pub(super) fn start(model: &mut Model, steps: Vec<Step>, pace: Pace, effects: &mut Vec<Effect>) {
    let why = obstacle(model);
    let kept = model.session.outbox.rest().len();
    let last = model.session.connection.last_reply.as_ref();
    let last = last.map(|last| last.reply.clone());
    if model.session.outbox.fill(steps, pace, last).is_err() {
        return model.warn(format!(
            "not sent: {kept} pasted lines are kept already: ^O j continues, ^C drops them"
        ));
    }
    if let Some(why) = why
        && !model.session.outbox.goes_on_offline()
    {
        stop(model, why);
        return;
    }
    begin(model, effects);
}

/// Sends the first line that waits, and what may follow it at once.
fn begin(model: &mut Model, effects: &mut Vec<Effect>) {
    if model.session.outbox.pace() == Pace::Stepped {
        return step(model);
    }
    let before = effects.len();
    if model.session.outbox.runs_script() {
        script::proceed(model, effects);
    } else {
        send_next(model, effects);
    }
    if let Some(Effect::Wire(command)) = effects.get_mut(before)
        && let Command::Automatic(first) | Command::AfterReplies(first) = command
    {
        *command = std::mem::replace(&mut **first, Command::ResumeReading);
    }
}

/// Sends the next lines of a paste or a replay, if they are due.
pub(super) fn proceed(model: &mut Model, effects: &mut Vec<Effect>) {
    // Nothing goes on behind the question whether to leave.
    if leaving::is_asked(model) {
        return;
    }
    replay::proceed(model, effects);
    if model.session.outbox.is_script() {
        return script::proceed(model, effects);
    }
    let outbox = &model.session.outbox;
    let phase = model.session.connection.status.phase;
    let due = match outbox.pace() {
        Pace::Stepped => false,
        Pace::Answered => is_due(model) && !matches!(phase, Phase::Message | Phase::Closing),
        Pace::AtOnce => {
            let closed = matches!(phase, Phase::Offline | Phase::Handshake);
            model.session.connection.is_up() && !closed
        }
    };
    if due && !outbox.is_empty() && !outbox.is_under_way() {
        send_next(model, effects);
    }
}

fn send_next(model: &mut Model, effects: &mut Vec<Effect>) {
    let outbox = &mut model.session.outbox;
    let (steps, wrap): (_, fn(Box<Command>) -> Command) = match outbox.pace() {
        Pace::Answered => (outbox.next().into_iter().collect(), Command::AfterReplies),
        Pace::AtOnce => (outbox.next_at_once(), Command::Automatic),
        Pace::Stepped => return,
    };
    model.session.transcript.follow();
    for step in steps {
        let StepKind::Line(line) = step.kind else {
            continue;
        };
        let send = Command::Send {
            line,
            consent: None,
        };
        effects.push(Effect::Wire(wrap(Box::new(send))));
    }
}

/// Puts the next pasted line at the prompt, if that is empty.
pub(super) fn step(model: &mut Model) {
    if model.session.prompt.command.is_empty()
        && let (next, left_out) = model.session.outbox.next_for_prompt()
    {
        if let Some(line) = next {
            model.session.prompt.give_back(&line);
        }
        if left_out {
            return model.warn("the pasted message was left out: the server does not wait for it");
        }
    }
    let left = model.session.outbox.len();
    if left > 0 {
        model.say(format!(
            "{left} more pasted lines wait for the reply, ^C drops them"
        ));
    }
}

/// Stops a paste at a refusal or an unexpected reply. Other lines follow when they are due.
pub(super) fn on_reply(model: &mut Model, reply: &Reply, awaited: Option<Awaited>) {
    model.session.outbox.take_reply(reply);
    let outbox = &model.session.outbox;
    if outbox.is_empty() && !outbox.runs_script() {
        return;
    }
    let stops = match outbox.pace() {
        Pace::Answered if outbox.expects() => false,
        Pace::Answered => !may_continue_after(reply, awaited),
        Pace::AtOnce => reply.is_unexpected(awaited),
        // After 354 the message comes first.
        Pace::Stepped if awaited.is_some() && reply.code() != Some(Code::new(354)) => {
            return step(model);
        }
        Pace::Stepped => false,
    };
    if stops {
        stop(model, "stopped at this reply");
    }
}

/// Handles a line that was sent.
pub(super) fn on_line_sent(model: &mut Model, sent: &Sent, effects: &mut Vec<Effect>) {
    let secret = sent.secret.as_ref().map_or(&[][..], Secret::reveal);
    model.session.outbox.line_sent(&sent.visible, secret);
    if model.session.outbox.pace() == Pace::AtOnce {
        proceed(model, effects);
    }
}

/// Takes back a pasted line that was not sent. Returns `false` if the line is not a pasted one.
pub(super) fn take_back(model: &mut Model, line: &CommandLine, reason: NotSentReason) -> bool {
    if !model.session.outbox.is_on_the_way(line) {
        return false;
    }
    match reason {
        // It follows when TLS is set up, or the reply has come.
        NotSentReason::Handshake | NotSentReason::ReplyDue => {
            model.session.outbox.put_back(line.clone());
        }
        NotSentReason::UnexpectedReply => _ = withhold(model, line, &reason.to_string()),
        reason => _ = withhold(model, line, &format!("not sent: {reason}")),
    }
    true
}

/// Stops a paste at this line, which is kept with the rest. Returns `false` if the line is not a
/// pasted one.
pub(super) fn withhold(model: &mut Model, line: &CommandLine, why: &str) -> bool {
    let is_pasted = model.session.outbox.is_on_the_way(line);
    if is_pasted {
        model.session.outbox.stop_at(line.clone());
        warn_kept(model, why);
    }
    is_pasted
}

/// The connection has ended: a paste stops, unless it is a script that goes on without.
pub(super) fn on_end(model: &mut Model, effects: &mut Vec<Effect>) {
    if model.session.outbox.goes_on_offline() || model.session.outbox.is_over() {
        script::proceed(model, effects);
    } else {
        stop(model, "the connection ended");
    }
}

/// Stops a paste, and says how many lines are kept. Returns whether there was one.
pub(super) fn stop(model: &mut Model, why: &str) -> bool {
    let stopped = model.session.outbox.stop();
    if stopped {
        warn_kept(model, why);
    }
    if model.session.outbox.end_message() && model.session.connection.status.phase == Phase::Message
    {
        wire::begin_message(model);
    }
    stopped
}

/// Says why a paste has stopped, and how many lines are kept.
pub(super) fn warn_kept(model: &mut Model, why: &str) {
    model.session.outbox.note_why(why);
    let kept = match model.session.outbox.rest().len() {
        0 if why.is_empty() => return,
        0 => return model.warn(why),
        1 => "1 pasted line is kept".to_owned(),
        lines => format!("{lines} pasted lines are kept"),
    };
    model.session.notice = Some(Notice {
        text: format!("{why}: {kept}"),
        warning: true,
        next: Some("^O j continues, :rest shows them, ^C drops them".to_owned()),
    });
}

/// Continues a paste that stopped. One that was sent at once now continues line by line.
pub(super) fn resume(model: &mut Model, effects: &mut Vec<Effect>) {
    let pace = match model.session.outbox.pace() {
        Pace::Stepped => Pace::Stepped,
        Pace::Answered | Pace::AtOnce => Pace::Answered,
    };
    resume_at(model, pace, effects);
}

fn resume_at(model: &mut Model, pace: Pace, effects: &mut Vec<Effect>) {
    if !may_send(model) {
        return;
    }
    if !is_due(model) || model.session.connection.status.phase == Phase::Message {
        return model.warn("the server is not ready for the next line: wait for its reply first");
    }
    model.session.outbox.resume(pace);
    begin(model, effects);
}

/// Shows the pasted lines that are kept, or puts them at the prompt one by one.
pub(super) fn show_rest(model: &mut Model, argument: &str, effects: &mut Vec<Effect>) {
    match argument {
        "" => {}
        "edit" => return resume_at(model, Pace::Stepped, effects),
        other => {
            return model.warn(format!(
                "{other:?}: :rest shows the kept lines, :rest edit puts them at the prompt"
            ));
        }
    }
    let charset = model.look.charset;
    let outbox = &model.session.outbox;
    let row = |step: &Step| {
        let shown = text::visible(step.shown().as_bytes(), charset);
        (Line::from(shown), None)
    };
    let words = |words: &str| PagerPart::Points(vec![words.to_owned()]);
    let mut parts = Vec::new();
    let (waiting, rest) = (outbox.waiting(), outbox.rest());
    if !waiting.is_empty() {
        parts.push(PagerPart::Lines(waiting.iter().map(row).collect()));
        parts.push(words("These wait for their turn; ^C stops them."));
    }
    if !rest.is_empty() {
        if !outbox.stopped().is_empty() {
            parts.push(words(&format!("Why they stopped: {}", outbox.stopped())));
        }
        parts.push(PagerPart::Lines(rest.iter().map(row).collect()));
        let keys =
            ":rest edit puts them at the prompt one by one; ^C at an empty prompt drops them.";
        parts.push(words(keys));
    }
    let all = count(
        (waiting.len() + rest.len()) as u64,
        "pasted line",
        "pasted lines",
    );
    let mut pager = Pager::new(format!("{all}, not sent"), parts);
    if !rest.is_empty() {
        pager = pager.key('j', "continue", Action::Continue);
    }
    model.session.popups.push(Popup::Pager(pager));
}
