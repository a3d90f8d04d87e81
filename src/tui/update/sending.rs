//! From what was typed or pasted to what is sent. Nothing is sent that the user did not Enter.

use crossterm::event::KeyCode;

use super::connecting::open_form;
use super::{Effect, TWICE};
use crate::net::Command;
use crate::smtp::CommandLine;
use crate::tui::model::{Focus, Model};
use crate::tui::outbox::{PASTE_LINES, PASTE_OCTETS, Pace};
use crate::tui::pane::prompt::Mode;
use crate::tui::popup::Popup;
use crate::tui::popup::choice::{Answer, Choice};

pub(super) fn on_paste(model: &mut Model, text: &str) {
    model.notice = None;
    if let Some(popup) = model.popups.last_mut() {
        return popup.paste(text);
    }
    model.focus = Focus::Prompt;
    if model.prompt.mode != Mode::Command {
        if let Err(error) = model.prompt.editor().paste(text) {
            model.warn(error.to_string());
        }
        return;
    }
    let unified = text.replace("\r\n", "\n").replace('\r', "\n");
    let lines: Vec<String> = unified
        .strip_suffix('\n')
        .unwrap_or(&unified)
        .split('\n')
        .map(str::to_owned)
        .collect();
    if lines.len() > PASTE_LINES || text.len() > PASTE_OCTETS {
        return model.warn(format!(
            "{} lines, {} octets are too many to paste: at most {PASTE_LINES} lines",
            lines.len(),
            text.len()
        ));
    }
    if lines.len() == 1 {
        // Pasting never sends: a line break at the end is left out.
        if let Err(error) = model.prompt.command.paste(&lines[0]) {
            model.warn(error.to_string());
        }
        return model.prompt.edited();
    }
    let words = vec![
        format!("{} lines were pasted. Nothing is sent yet.", lines.len()),
        format!("The first: {}", masked(&lines[0])),
        format!("The last: {}", masked(&lines[lines.len() - 1])),
    ];
    let choice = Choice::new("paste", words)
        .option(
            KeyCode::Enter,
            "send one by one, each after the reply to the one before",
            Answer::OneByOne(lines.clone()),
        )
        .option(
            KeyCode::Char('p'),
            "send all at once (PIPELINING)",
            Answer::AtOnce(lines.clone()),
        )
        .option(
            KeyCode::Char('e'),
            "put them at the prompt one after another",
            Answer::Step(lines),
        );
    model.popups.push(Popup::Choice(choice));
}

/// A typed line as it may be shown: without its secret.
pub(super) fn masked(line: &str) -> String {
    let secret = CommandLine::parse(line).ok().and_then(|line| line.secret());
    secret.map_or_else(
        || line.to_owned(),
        |from| format!("{}[hidden]", &line[..from]),
    )
}

pub(super) fn send_typed(model: &mut Model, effects: &mut Vec<Effect>) {
    if !model.connection.is_up() {
        return if model.connection.is_connecting() {
            model.warn("still connecting; the line stays here");
        } else if model.prompt.command.is_empty() {
            open_form(model);
        } else {
            model.warn("not connected: ^O r connects again, ^O n elsewhere; the line stays here");
        };
    }
    let standing = &model.connection.standing;
    let empty_is_meant = standing.secret_lines || standing.chunk_left > 0;
    if model.prompt.command.is_empty() && !empty_is_meant {
        let twice = model
            .empty_at
            .is_some_and(|at| model.now.duration_since(at) < TWICE);
        model.empty_at = (!twice).then_some(model.now);
        if !twice {
            return model.say("nothing is typed: Enter again sends an empty line");
        }
    }
    let text = model.prompt.take_command();
    send_line(model, &text, effects);
    if model.outbox.pace() == Pace::Stepped {
        step(model);
    }
}

pub(super) fn send_line(model: &mut Model, text: &str, effects: &mut Vec<Effect>) {
    match CommandLine::parse(text) {
        Ok(line) => {
            model.transcript.follow();
            effects.push(Effect::Wire(Command::Send {
                line,
                consent: false,
            }));
        }
        Err(error) => {
            model.prompt.give_back(text);
            model.warn(error.to_string());
        }
    }
}

/// The next line of a paste, if it goes by itself.
pub(super) fn send_next(model: &mut Model, effects: &mut Vec<Effect>) {
    if model.outbox.pace() == Pace::Answered
        && let Some(line) = model.outbox.next()
    {
        send_line(model, &line, effects);
    }
}

/// The next line of a paste to the prompt.
pub(super) fn step(model: &mut Model) {
    if let Some(line) = model.outbox.next() {
        model.prompt.command.set(&line);
        let left = model.outbox.len();
        model.say(format!(
            "Enter sends it; {left} more pasted lines wait, ^C drops them"
        ));
    }
}

pub(super) fn ask_to_send(model: &mut Model) {
    let lines = message_lines(model);
    let stuffed = lines.iter().filter(|line| line.starts_with('.')).count();
    let octets: usize = lines.iter().map(|line| line.len() + 2).sum();
    let words = vec![format!(
        "{} lines, {} octets, {stuffed} dot-stuffed.",
        lines.len(),
        octets + stuffed
    )];
    let choice = Choice::new("send the message?", words).option(
        KeyCode::Enter,
        "send it, with its final dot",
        Answer::SendMessage,
    );
    model.popups.push(Popup::Choice(choice));
}

/// The message without the lone dot that was typed to end it, and without an empty last line.
pub(super) fn message_lines(model: &Model) -> &[String] {
    let lines = model.prompt.message.text_lines();
    match lines {
        [rest @ .., last] if last == "." || last.is_empty() => rest,
        all => all,
    }
}
