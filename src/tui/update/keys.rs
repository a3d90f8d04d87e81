//! Keys and the mouse: a popup has them first, then the table of keys, then the editor.

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers, MouseEvent, MouseEventKind};

use super::actions::{run, search};
use super::answers::on_answer;
use super::connecting::connect_to;
use super::sending::ask_to_send;
use super::{Effect, places, unavailable};
use crate::tui::keymap;
use crate::tui::model::{Focus, Model};
use crate::tui::pane::prompt::Mode;
use crate::tui::popup::Outcome;

pub(super) fn on_key(model: &mut Model, key: KeyEvent, effects: &mut Vec<Effect>) {
    model.notice = None;
    if let Some(popup) = model.popups.last_mut() {
        let outcome = popup.handle(key);
        if outcome != Outcome::Stay {
            model.popups.pop();
        }
        return match outcome {
            Outcome::Stay | Outcome::Close => {}
            Outcome::Run(action, argument) => match unavailable(model, action) {
                Some(reason) => model.warn(reason),
                None => run(model, action, &argument, effects),
            },
            Outcome::Answer(answer) => on_answer(model, answer, effects),
            Outcome::Connect(wish) => connect_to(model, wish, effects),
        };
    }
    match model.prompt.mode {
        Mode::Search | Mode::HistorySearch if model.focus == Focus::Prompt => {
            return on_query_key(model, key);
        }
        _ => {}
    }
    if let Some(action) = keymap::action(places(model), key) {
        return run(model, action, "", effects);
    }
    if model.focus == Focus::Transcript {
        return;
    }
    if model.prompt.mode == Mode::Message && key.code == KeyCode::Enter {
        return on_message_enter(model);
    }
    if model.prompt.editor().handle(key) {
        model.prompt.edited();
    }
}

/// Enter in the message: a lone dot ends it.
pub(super) fn on_message_enter(model: &mut Model) {
    let editor = &model.prompt.message;
    let (row, _) = editor.cursor();
    let lines = editor.text_lines();
    if row + 1 == lines.len() && lines.get(row).is_some_and(|line| line == ".") {
        ask_to_send(model);
    } else {
        model.prompt.message.newline();
    }
}

pub(super) fn on_query_key(model: &mut Model, key: KeyEvent) {
    let escaped = key.code == KeyCode::Esc
        || (key.modifiers == KeyModifiers::CONTROL && matches!(key.code, KeyCode::Char('c' | 'g')));
    if escaped {
        model.prompt.mode = Mode::Command;
        let look = model.look;
        model.transcript.search("", &look);
        return;
    }
    match (key.code, model.prompt.mode) {
        (KeyCode::Enter | KeyCode::Tab, Mode::HistorySearch) => {
            if let Some(found) = model
                .prompt
                .history_match(&model.history)
                .map(str::to_owned)
            {
                model.prompt.command.set(&found);
            }
            model.prompt.mode = Mode::Command;
        }
        (KeyCode::Enter, _) => {
            let needle = model.prompt.query.text().to_owned();
            model.prompt.mode = Mode::Command;
            search(model, &needle);
        }
        _ => _ = model.prompt.query.handle(key),
    }
}

pub(super) fn on_mouse(model: &mut Model, mouse: MouseEvent) {
    let look = model.look;
    match mouse.kind {
        MouseEventKind::ScrollUp => model.transcript.scroll(-3, &look),
        MouseEventKind::ScrollDown => model.transcript.scroll(3, &look),
        _ => {}
    }
}
