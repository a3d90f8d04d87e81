//! What the wire tells, into the model.

use crossterm::event::KeyCode;

use super::Effect;
use super::sending::send_next;
use crate::net::{Event, Failure};
use crate::smtp::{self, CommandLine, Phase, SentKind, Standing, Unsent, What};
use crate::tui::connection::State;
use crate::tui::failure;
use crate::tui::model::{Focus, Model};
use crate::tui::outbox::{self, Pace};
use crate::tui::pane::prompt::Mode;
use crate::tui::popup::Popup;
use crate::tui::popup::choice::{Answer, Choice};

pub(super) fn on_wire(model: &mut Model, event: Event, effects: &mut Vec<Effect>) {
    if let State::Asked(since) = model.connection.state {
        // What comes now is about the connection before: its last lines count, its state does not.
        return match event {
            Event::Begun => model.connection.state = State::Connecting(since),
            Event::Session(smtp::Event::Entry(entry)) => model.transcript.push(entry),
            Event::Session(smtp::Event::NotSent { line, why }) => on_not_sent(model, line, why),
            _ => {}
        };
    }
    match event {
        Event::Session(event) => on_session(model, event, effects),
        Event::Tls(facts) => model.connection.tls = Some(*facts),
        Event::Failed(failure) => on_failure(model, failure),
        Event::Ended(end) => {
            model.connection.state = match std::mem::take(&mut model.connection.state) {
                failed @ State::Failed(_) => failed,
                _ => State::Over(end),
            };
            model.prompt.mode = Mode::Command;
            if model.leaving {
                effects.push(Effect::Quit);
            }
        }
        // The transcript tells the steps.
        Event::Begun | Event::Dial(_) => {}
    }
}

pub(super) fn on_failure(model: &mut Model, failure: Failure) {
    if failure != Failure::Cancelled {
        let port = model
            .connection
            .goal
            .as_ref()
            .map_or(0, |goal| goal.target.port);
        let choice = failure::choice(&failure, &model.connection.name(), port);
        model.popups.push(Popup::Choice(choice));
    }
    model.connection.state = State::Failed(failure);
}

pub(super) fn on_session(model: &mut Model, event: smtp::Event, effects: &mut Vec<Effect>) {
    match event {
        smtp::Event::Entry(entry) => {
            if matches!(entry.what, What::Sent(_)) {
                model.outbox.gone();
                if model.outbox.pace() == Pace::AtOnce {
                    send_next(model, effects);
                }
            }
            if !matches!(entry.what, What::Note(_)) {
                model.connection.active_at = Some(entry.at);
            }
            if let What::Sent(sent) = &entry.what
                && sent.kind == SentKind::Command
                && sent.secret.is_none()
            {
                effects.push(Effect::Remember(
                    String::from_utf8_lossy(&sent.open).into_owned(),
                ));
            }
            model.transcript.push(entry);
        }
        smtp::Event::Partial { shown, len } => model.transcript.set_partial(shown, len),
        smtp::Event::Standing(standing) => on_standing(model, *standing),
        smtp::Event::Reply { reply, asked } => {
            if !model.outbox.is_empty() && model.connection.standing.phase != Phase::Message {
                if outbox::may_go_on(&reply, asked) {
                    send_next(model, effects);
                } else if model.outbox.pace() == Pace::Answered
                    && asked.is_some()
                    && !asks_for_message(&reply)
                {
                    let dropped = model.outbox.clear();
                    model.warn(format!(
                        "stopped at this reply: {dropped} pasted lines are not sent"
                    ));
                }
            }
            model.connection.last_reply = Some((reply, asked));
        }
        // Where QUIT comes too late there is nothing left to wait for.
        smtp::Event::NotSent { .. } if model.leaving => effects.push(Effect::Quit),
        smtp::Event::NotSent { line, why } => on_not_sent(model, line, why),
        // The wire acts on these itself.
        smtp::Event::StartTls | smtp::Event::Refused { .. } => {}
    }
}

pub(super) fn asks_for_message(reply: &smtp::Reply) -> bool {
    reply.code() == Some(smtp::Code::new(354))
}

pub(super) fn on_standing(model: &mut Model, standing: Standing) {
    let connection = &mut model.connection;
    if connection.is_connecting() && standing.phase != Phase::Offline {
        connection.state = State::Up;
    }
    let before = std::mem::replace(&mut connection.standing, standing);
    if before.secret_lines && !connection.standing.secret_lines {
        model.prompt.end_exchange();
    }
    let (now, paused) = (connection.standing.phase, connection.standing.paused);
    if now == Phase::Message && before.phase != Phase::Message {
        model.prompt.mode = Mode::Message;
        model.focus = Focus::Prompt;
        model.transcript.leave();
        let pasted = model.outbox.take_message();
        if !pasted.is_empty() && model.prompt.message.paste(&pasted.join("\n")).is_ok() {
            model.say("the pasted message is here, not sent yet: ^D sends it");
        }
    } else if now != Phase::Message && before.phase == Phase::Message {
        model.prompt.mode = Mode::Command;
        if now == Phase::Submitted {
            model.prompt.message.take();
        }
    }
    if let Some(cap) = paused
        && before.paused.is_none()
    {
        let words = vec![format!(
            "{cap}. Reading is paused; what the server goes on sending waits."
        )];
        let choice = Choice::new("the reply does not end", words)
            .option(
                KeyCode::Char('g'),
                "go on reading, up to sixteen times as much",
                Answer::ReadOn,
            )
            .option(
                KeyCode::Char('d'),
                "drop the connection",
                Answer::Disconnect,
            );
        model.popups.push(Popup::Choice(choice));
    }
}

pub(super) fn on_not_sent(model: &mut Model, line: CommandLine, why: Unsent) {
    let words = match why {
        Unsent::NotConnected => "not sent: not connected; the line is back at the prompt",
        Unsent::Handshake => "not sent: TLS is being set up; the line is back at the prompt",
        Unsent::Exposed(exposure) => {
            let choice = failure::consent(exposure, line, model.connection.tls.as_ref());
            return model.popups.push(Popup::Choice(choice));
        }
    };
    let hidden = model.prompt.sent_hidden;
    model.prompt.give_back(line.text(), hidden);
    model.warn(words);
}
