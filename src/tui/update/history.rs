//! The history of commands, and showing what is typed.

use crate::tui::model::{Focus, Model};
use crate::tui::pane::prompt::Searching;

/// Goes to the previous command of the history, or to the next one.
pub(super) fn walk(model: &mut Model, back: bool) {
    if is_hidden(model) {
        return;
    }
    let session = &mut model.session;
    if !session.prompt.walk(&session.history, back) {
        let words = if session.history.is_empty() {
            "nothing sent to this host yet"
        } else {
            "no earlier command like this"
        };
        model.say(words);
    }
}

/// Starts a search that is typed at the prompt.
pub(super) fn search(model: &mut Model) {
    if is_hidden(model) {
        return;
    }
    model.session.focus = Focus::Prompt;
    model.session.transcript.leave();
    model.session.prompt.query.take();
    model.session.prompt.searching = Some(Searching::History(0));
}

/// Whether a secret is due: a command from the history must not be sent in its place. Warns then.
fn is_hidden(model: &mut Model) -> bool {
    let secret = model.session.connection.status.secret_lines;
    if secret {
        model.say("no history while a secret is due");
    }
    secret
}

/// Shows what is typed although it is a secret, or hides it again.
pub(super) fn reveal_typed(model: &mut Model) {
    model.session.prompt.reveal = !model.session.prompt.reveal;
    model.say(if model.session.prompt.reveal {
        "what you type is shown"
    } else {
        "secrets are hidden while you type"
    });
}
