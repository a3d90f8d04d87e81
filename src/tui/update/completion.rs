//! Completes the line at the prompt: ghost text, the list of completions, suggested fixes.

use crossterm::event::KeyCode;

use super::login;
use crate::smtp::Fix;
use crate::tui::assist::{self, Candidate, Completion};
use crate::tui::keymap::Action;
use crate::tui::model::keys::unavailable;
use crate::tui::model::{Focus, Model};
use crate::tui::pane::prompt::Mode;
use crate::tui::widget::list::List;

pub(super) fn complete(model: &mut Model) {
    if model.session.prompt.mode() == Mode::Command
        && !model.session.prompt.is_hidden()
        && let Some(rest) = model.session.rest_of_lesson()
    {
        // A command of the tour is short.
        let _ = model.session.prompt.command.paste(rest);
        model.session.prompt.edited();
        return;
    }
    let (text, cursor) = model.session.prompt.typed();
    let completion =
        if model.session.prompt.mode() == Mode::Command && !model.session.prompt.is_hidden() {
            assist::complete(text, cursor, &model.session.context())
        } else {
            Completion::Nothing
        };
    match completion {
        Completion::Edit(edit) => {
            insert(model, &edit);
            model.session.prompt.propose(&edit);
        }
        Completion::Several => open(model),
        Completion::Login(mechanism) => match unavailable(model, Action::Login) {
            Some(reason) => model.warn(reason),
            None => {
                model.session.prompt.clear_command();
                login::open(model, &mechanism);
            }
        },
        Completion::Nothing => model.say("no completions here"),
    }
}

pub(super) fn open(model: &mut Model) {
    if model.session.candidates().is_empty() {
        return model.say("no completions here");
    }
    model.session.focus = Focus::Prompt;
    model.session.prompt.list = Some(List::default());
}

pub(super) fn fix(model: &mut Model) {
    if let Some(fix) = model.session.assist().fix().cloned() {
        insert(model, &fix);
        // The fix is before the cursor now; typing goes on at the end of the line.
        model.session.prompt.command.handle(KeyCode::End.into());
    }
}

/// Handles a key of the list.
pub(super) fn on_list(model: &mut Model, action: Action) {
    let (Some(mut list), all) = (model.session.prompt.list, model.session.candidates()) else {
        return;
    };
    match action {
        Action::ListClose => model.session.prompt.list = None,
        Action::ListTake => take(model, &all, list.chosen()),
        // A single completion needs no choice.
        Action::ListDown if all.len() <= 1 => take(model, &all, 0),
        // The list wraps around at both ends.
        _ => {
            list.step_round(action == Action::ListDown, all.len());
            model.session.prompt.list = Some(list);
        }
    }
}

/// Inserts the completion in this row of the list.
pub(super) fn take_row(model: &mut Model, row: usize) {
    let all = model.session.candidates();
    take(model, &all, row);
}

/// Closes a list that has no completions for the edited line.
pub(super) fn edited(model: &mut Model) {
    if model.session.prompt.list.is_some() && model.session.candidates().is_empty() {
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
