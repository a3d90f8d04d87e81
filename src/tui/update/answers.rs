//! What the answers to questions do.

use super::Effect;
use super::connecting::{connect_to, open_form, reconnect};
use super::sending::{message_lines, send_line, send_next, step};
use crate::net::Command;
use crate::smtp::CommandLine;
use crate::tui::model::Model;
use crate::tui::outbox::Pace;
use crate::tui::popup::choice::Answer;
use crate::tui::popup::connect::Wish;

pub(super) fn on_answer(model: &mut Model, answer: Answer, effects: &mut Vec<Effect>) {
    match answer {
        Answer::Nothing => {}
        Answer::Consent(line, exposure) => effects.push(Effect::Wire(Command::Send {
            line,
            consent: Some(exposure),
        })),
        Answer::Withhold(line) => {
            let hidden = model.prompt.sent_hidden;
            model.prompt.give_back(line.text(), hidden);
            let dropped = model.outbox.clear();
            model.say(if dropped == 0 {
                "not sent; the line is back at the prompt".to_owned()
            } else {
                format!(
                    "not sent; the line is back at the prompt, {dropped} pasted lines are dropped"
                )
            });
        }
        Answer::OneByOne(lines) => {
            model.outbox.fill(lines, Pace::Answered);
            send_next(model, effects);
        }
        Answer::AtOnce(lines) => {
            model.outbox.fill(lines, Pace::AtOnce);
            send_next(model, effects);
        }
        Answer::Step(lines) => {
            model.outbox.fill(lines, Pace::Stepped);
            step(model);
        }
        Answer::SendMessage => {
            let mut text = message_lines(model).join("\r\n");
            if !text.is_empty() {
                text.push_str("\r\n");
            }
            effects.push(Effect::Wire(Command::SendMessage(text.into_bytes())));
        }
        Answer::Reconnect => reconnect(model, effects),
        Answer::Port(port) => {
            if let Some(goal) = &model.connection.goal {
                let (mut target, tls) = (goal.target.clone(), goal.tls);
                target.port = port;
                target.smtps = false;
                connect_to(model, Wish::Server(target, tls), effects);
            }
        }
        Answer::Edit => open_form(model),
        Answer::ReadOn => effects.push(Effect::Wire(Command::ReadOn)),
        Answer::Disconnect => effects.push(Effect::Cancel),
        Answer::QuitPolitely if !model.connection.is_up() => effects.push(Effect::Quit),
        Answer::QuitPolitely => {
            model.leaving = true;
            if let Ok(line) = CommandLine::parse("QUIT") {
                send_line(model, line, effects);
            }
        }
        Answer::Quit => effects.push(Effect::Quit),
    }
}
