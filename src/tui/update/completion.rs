//! What the keys do that help with the line: the grey text, the list of what could stand at the
//! cursor, the edit that advice proposes.

use crossterm::event::KeyCode;

use super::{login, unavailable};
use crate::smtp::{Fix, ParsedCommand};
use crate::tui::assist::{self, Candidate, Completion};
use crate::tui::keymap::Action;
use crate::tui::model::{Focus, Model};
use crate::tui::pane::prompt::Mode;

/// What could stand at the cursor.
pub fn candidates(model: &Model) -> Vec<Candidate> {
    if model.session.prompt.mode() != Mode::Command || model.session.prompt.is_hidden() {
        return Vec::new();
    }
    let (text, cursor) = model.session.prompt.typed();
    assist::candidates(
        &ParsedCommand::parse(text),
        cursor,
        &model.session.context(),
    )
}

pub(super) fn complete(model: &mut Model) {
    let (text, cursor) = model.session.prompt.typed();
    let completion =
        if model.session.prompt.mode() == Mode::Command && !model.session.prompt.is_hidden() {
            assist::complete(text, cursor, &model.session.context())
        } else {
            Completion::Nothing
        };
    match completion {
        Completion::Edit(edit) => insert(model, &edit),
        Completion::Several => open(model),
        Completion::Login => match unavailable(model, Action::Login) {
            Some(reason) => model.warn(reason),
            None => {
                let line = ParsedCommand::parse(text);
                let mechanism = line.arguments().next().map(|piece| line.text_of(piece));
                let mechanism = mechanism.unwrap_or_default().to_owned();
                model.session.prompt.clear_command();
                login::open(model, &mechanism);
            }
        },
        Completion::Nothing => model.say("nothing is known that could stand here"),
    }
}

pub(super) fn open(model: &mut Model) {
    if candidates(model).is_empty() {
        return model.say("nothing is known that could stand here");
    }
    model.session.focus = Focus::Prompt;
    model.session.prompt.list = Some(0);
}

pub(super) fn fix(model: &mut Model) {
    if let Some(fix) = model.session.assist().fix().cloned() {
        insert(model, &fix);
        // What was mended is behind; the line goes on at its end.
        model.session.prompt.command.handle(KeyCode::End.into());
    }
}

/// A key of the list.
pub(super) fn on_list(model: &mut Model, action: Action) {
    let (Some(chosen), all) = (model.session.prompt.list, candidates(model)) else {
        return;
    };
    let last = all.len().saturating_sub(1);
    match action {
        Action::ListClose => model.session.prompt.list = None,
        Action::ListTake => take(model, &all, chosen),
        // The only one needs no choice.
        Action::ListDown if last == 0 => take(model, &all, 0),
        // Both ends meet.
        Action::ListDown => {
            model.session.prompt.list = Some(if chosen >= last { 0 } else { chosen + 1 });
        }
        _ => model.session.prompt.list = Some(chosen.checked_sub(1).unwrap_or(last)),
    }
}

/// The line was edited: a list that fits nothing closes.
pub(super) fn edited(model: &mut Model) {
    if model.session.prompt.list.is_some() && candidates(model).is_empty() {
        model.session.prompt.list = None;
    }
}

fn take(model: &mut Model, all: &[Candidate], chosen: usize) {
    model.session.prompt.list = None;
    if let Some(candidate) = all.get(chosen) {
        insert(model, &candidate.edit);
    }
}

fn insert(model: &mut Model, edit: &Fix) {
    model.session.prompt.apply(edit);
    model.session.prompt.list = None;
    model.session.typing_at = Some(model.now);
}
