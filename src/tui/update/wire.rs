//! Applies the wire's events to the model.

use std::time::Duration;

use crossterm::event::KeyCode;

use super::explain::explain_newest;
use super::unsent::{on_not_sent, on_raw_not_sent};
use super::{automatic, connecting, greeting, leaving, login, message, replay};
use crate::diagnosis;
use crate::net::{ConnectStep, Event, Failure};
use crate::smtp::{
    self, Awaited, Code, EntryKind, NotSentReason, Phase, Reply, Secret, Sent, SentKind,
    SessionStatus, Verb, address_literal,
};
use crate::tui::keymap::{Action, with_keys};
use crate::tui::message::Effect;
use crate::tui::model::{Focus, Model};
use crate::tui::popup::Popup;
use crate::tui::popup::choice::{Answer, Choice};
use crate::tui::state::connection::{LastReply, Stage, StageTiming, State};
use crate::tui::state::notice::Notice;
use crate::tui::update::questions;

pub(super) fn on_wire(model: &mut Model, event: Event, effects: &mut Vec<Effect>) {
    if let State::Requested { since, due } = model.session.connection.state {
        // Events until the new connection begins are about earlier ones: their lines count, their state
        // does not.
        return match event {
            Event::Started if due > 1 => {
                model.session.connection.state = State::Requested {
                    since,
                    due: due - 1,
                }
            }
            Event::Started => {
                model.session.connection.state = State::Connecting(since);
                model.session.outbox.keep_unanswered();
                model
                    .session
                    .connection
                    .begin(model.session.transcript.transcript().end());
            }
            Event::Session(smtp::Event::Entry(entry)) => {
                if let EntryKind::Sent(sent) = &entry.kind {
                    automatic::on_line_sent(model, sent, effects);
                }
                model.session.transcript.push(entry);
            }
            // The reason concerns an earlier connection. The answer to a question would count for the
            // new one.
            Event::Session(smtp::Event::NotSent { line, .. }) => {
                on_not_sent(model, line, NotSentReason::NotConnected);
            }
            Event::Session(smtp::Event::RawNotSent { octets, .. }) => {
                on_raw_not_sent(model, octets, NotSentReason::NotConnected);
            }
            Event::Session(smtp::Event::ExchangeNotSent { .. }) => {
                model.warn("not logged in: the connection ended");
            }
            _ => {}
        };
    }
    match event {
        Event::Session(event) => on_session(model, event, effects),
        Event::Tls(facts) => {
            record_stage(model, Stage::Tls, facts.took);
            model.session.connection.tls = Some(*facts);
        }
        Event::MailRoute(route) => {
            let port = model
                .session
                .connection
                .destination
                .as_ref()
                .map_or(25, |destination| destination.target.port);
            model.interrupt(Popup::Choice(questions::exchangers(&route, port)));
            model.session.connection.state = State::Idle;
        }
        Event::Failed(failure) => on_failure(model, failure),
        Event::Ended(end) => {
            if !matches!(model.session.connection.state, State::Failed(_)) {
                greeting::on_end(model, &end);
            }
            model.session.connection.state =
                match std::mem::take(&mut model.session.connection.state) {
                    failed @ State::Failed(_) => failed,
                    _ => State::Over(end),
                };
            on_end(model, effects);
        }
        Event::MessageNotSent(reason) => message::on_not_sent(model, reason),
        Event::Progress { sent, .. } => {
            if let Some(upload) = &mut model.session.draft.upload {
                upload.sent = sent;
            }
        }
        Event::Dial(ConnectStep::Resolved {
            took: Some(took), ..
        }) => record_stage(model, Stage::Dns, took),
        Event::Dial(ConnectStep::Connected { local, took, .. }) => {
            record_stage(model, Stage::Tcp, took);
            model.session.connection.literal = Some(address_literal(local.ip()));
            let destination = model
                .session
                .connection
                .destination
                .as_ref()
                .map(|destination| &destination.target);
            if let Some((target, silent)) = destination.zip(model.session.connection.silent.take())
                && target.host == silent
                && target.port != 25
            {
                let port = target.port;
                model.warn(format!(
                    "port {port} answers, but 25 did not: outbound 25 is probably blocked"
                ));
            }
        }
        // The transcript shows these steps.
        Event::Started | Event::Dial(_) => {}
    }
}

/// Records a stage of connecting.
fn record_stage(model: &mut Model, stage: Stage, took: Duration) {
    let before = model.session.transcript.transcript().end();
    model.session.connection.stages.push(StageTiming {
        stage,
        before,
        took,
    });
}

/// Cleans up after the connection; what was not sent is reported.
fn on_end(model: &mut Model, effects: &mut Vec<Effect>) {
    model.session.sent_by_hand.clear();
    message::on_end(model);
    automatic::on_end(model, effects);
    replay::stop(model, "replay stopped: the connection ended");
    leaving::proceed(model, effects);
}

fn on_failure(model: &mut Model, failure: Failure) {
    let destination = model
        .session
        .connection
        .destination
        .as_ref()
        .map(|destination| &destination.target);
    if let Some(target) =
        destination.filter(|target| diagnosis::port_25_timed_out(&failure, target.port))
    {
        model.session.connection.silent = Some(target.host.clone());
    }
    model.session.replay = None;
    automatic::stop(model, "no connection");
    if failure != Failure::Cancelled {
        let choice = questions::choice(&failure, model.session.connection.destination.as_ref());
        model.interrupt(Popup::Choice(choice));
    }
    model.session.connection.state = State::Failed(failure);
}

fn on_session(model: &mut Model, event: smtp::Event, effects: &mut Vec<Effect>) {
    match event {
        smtp::Event::Entry(entry) => {
            if let EntryKind::Sent(sent) = &entry.kind {
                model.session.seen.sent(sent);
                if let (Some(tour), SentKind::Command) = (&mut model.session.tour, sent.kind) {
                    tour.sent(&String::from_utf8_lossy(&sent.visible));
                }
                on_line_sent(model, sent, effects);
            }
            if matches!(entry.kind, EntryKind::Received(_)) {
                greeting::on_received(model);
            }
            if !matches!(entry.kind, EntryKind::Note(_)) {
                model.session.connection.active_at = Some(entry.at);
            }
            model.session.connection.tracker.push(&entry);
            model.session.transcript.push(entry);
        }
        smtp::Event::Partial { shown, len } => {
            if len > 0 {
                greeting::on_received(model);
            }
            model.session.transcript.set_partial(shown, len);
        }
        smtp::Event::Status(status) => {
            on_status(model, *status, effects);
            automatic::proceed(model, effects);
            if let Some(last) = model.session.connection.last_reply.take() {
                keep(model, last.reply, last.awaited);
            }
        }
        smtp::Event::Reply { reply, awaited } => {
            model.session.seen.replied(reply.code(), awaited);
            if awaited == Some(Awaited::Greeting) {
                connecting::on_greeting(model, effects);
            }
            if !model.session.replay_is_running() {
                message::on_reply(model, &reply, awaited);
            }
            on_reply(model, &reply, awaited);
            if awaited.is_some() {
                replay::on_reply(model, &reply);
            }
            if let (Some(tour), Some(code)) = (&mut model.session.tour, reply.code()) {
                tour.take(awaited, code, &model.session.connection.status);
            }
            let refused = reply.code().is_some_and(Code::is_negative);
            keep(model, reply, awaited);
            if refused {
                if let Some(last) = &model.session.connection.last_reply
                    && last.explanation.refuses_name
                {
                    model.session.seen.refuse_name(awaited);
                }
                say_what_it_means(model);
            }
        }
        smtp::Event::NotSent { line, .. }
            if model.leaving.is_some() && line.verb() == Verb::Quit =>
        {
            leaving::proceed(model, effects);
        }
        smtp::Event::NotSent { line, reason } => on_not_sent(model, line, reason),
        smtp::Event::ExchangeNotSent { exchange, reason } => {
            login::on_not_sent(model, exchange, reason);
        }
        smtp::Event::LoginRefused(login) => login::on_refused(model, &login),
        smtp::Event::RawNotSent { octets, reason } => on_raw_not_sent(model, octets, reason),
        // The wire acts on these itself.
        smtp::Event::StartTls | smtp::Event::Refused { .. } => {}
    }
}

/// Shows a refusal in a few words, with what to try, until the next key. For a refused message, the
/// second line says what became of its text.
fn say_what_it_means(model: &mut Model) {
    let Some(last) = &model.session.connection.last_reply else {
        return;
    };
    let for_message = matches!(
        last.awaited,
        Some(Awaited::EndOfData | Awaited::Chunk { last: true })
    );
    let explanation = &last.explanation;
    if explanation.headline.is_empty() || model.session.notice.is_some() && !for_message {
        return;
    }
    let kept = model.session.notice.take().map(|notice| notice.text);
    model.session.notice = Some(Notice {
        text: explanation.headline.clone(),
        warning: false,
        next: kept.or_else(|| explanation.first_step().map(str::to_owned)),
    });
}

/// Keeps the newest reply and its explanation.
fn keep(model: &mut Model, reply: Reply, awaited: Option<Awaited>) {
    let explanation = explain_newest(model, &reply, awaited);
    model.session.connection.last_reply = Some(LastReply {
        reply,
        awaited,
        explanation,
    });
}

/// Handles a line that was sent. A typed line goes to the history unless it is a secret.
fn on_line_sent(model: &mut Model, sent: &Sent, effects: &mut Vec<Effect>) {
    automatic::on_line_sent(model, sent, effects);
    let secret = sent.secret.as_ref().map_or(&[][..], Secret::reveal);
    let is_it = |text: &mut String| text.as_bytes().strip_prefix(&*sent.visible) == Some(secret);
    // Only the session knows that some lines are secrets: these leave the queue unremembered.
    if let Some(text) = model.session.sent_by_hand.pop_front_if(is_it)
        && sent.kind == SentKind::Command
        && sent.secret.is_none()
    {
        effects.push(Effect::Remember(text));
    }
}

fn on_reply(model: &mut Model, reply: &Reply, awaited: Option<Awaited>) {
    // The announced ^C was about the reply that came now.
    if model.session.ctrl_c.take().is_some() {
        model.session.notice = None;
    }
    automatic::on_reply(model, reply, awaited);
}

fn on_status(model: &mut Model, status: SessionStatus, effects: &mut Vec<Effect>) {
    let connection = &mut model.session.connection;
    if connection.is_connecting() && status.phase != Phase::Offline {
        connection.state = State::Up;
    }
    let before = std::mem::replace(&mut connection.status, status);
    if connection.status.authenticated {
        model.session.login_form = None;
    }
    if before.secret_lines && !connection.status.secret_lines {
        model.session.prompt.end_exchange();
    }
    let lost_step = connection.status.out_of_step && !before.out_of_step;
    let likely = connection.status.secret_likely;
    model.session.prompt.set_secret_likely(likely);
    if lost_step {
        model.session.notice = Some(Notice {
            text: "out of step: replies may be credited to the wrong command".to_owned(),
            warning: true,
            next: Some("^O r reconnects: send one by one then".to_owned()),
        });
    }
    let (now, paused) = (connection.status.phase, connection.status.paused);
    match (before.phase == Phase::Message, now == Phase::Message) {
        (false, true) if message::follow_data(model, effects) => {}
        // The message of a replay follows automatically; it is not the one at the prompt.
        (false, true) if model.session.replay_has_octets() => {}
        (true, false) if model.session.replay_is_running() => {}
        (false, true) if model.session.outbox.begin_message() => {}
        (true, false) if model.session.outbox.end_message() => {}
        (false, true) => begin_message(model),
        (true, false) => {
            if now == Phase::Submitted {
                message::submitted(model);
            }
            // A text that is being written keeps its editor: it must not turn into commands.
            model.session.prompt.message_due = !model.session.prompt.message.is_empty();
            model
                .session
                .popups
                .retain(|popup| !popup.has_answer(&Answer::SendMessage));
        }
        _ => {}
    }
    if let Some(cap) = paused
        && before.paused.is_none()
    {
        let words = vec![format!(
            "{cap}. Reading is paused; no more data is read from the server for now."
        )];
        let choice = Choice::new("The reply does not end", words)
            .option(
                KeyCode::Char('r'),
                "continue reading, up to sixteen times as much",
                Answer::run(Action::ReadOn),
            )
            .option(
                KeyCode::Char('k'),
                "drop the connection",
                Answer::run(Action::Disconnect),
            );
        model.interrupt(Popup::Choice(choice));
    }
}

/// Opens the editor of the message after 354, with what was pasted for it or typed ahead.
pub(super) fn begin_message(model: &mut Model) {
    model.session.prompt.message_due = true;
    model.session.focus = Focus::Prompt;
    model.session.transcript.leave();
    let pasted = model.session.outbox.take_message();
    if !pasted.is_empty() {
        // Undo brings back an earlier text that was not sent.
        match model.session.prompt.message.replace(&pasted.join("\n")) {
            Ok(()) => model.say(with_keys(
                "the pasted message is in the editor, not sent yet: {end-message} sends it",
            )),
            Err(error) => model.warn(format!("the pasted message does not fit: {error}")),
        }
    } else if !model.session.prompt.message.is_empty() {
        model.say("the text that was not sent is back in the editor");
    }
    if model.session.prompt.hidden_from(false).is_none() && !model.session.prompt.command.is_empty()
    {
        let ahead = model.session.prompt.command.text().to_owned();
        if model.session.prompt.message.paste(&ahead).is_ok() {
            model.session.prompt.clear_command();
        }
    }
}
