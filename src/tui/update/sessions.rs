//! Switches between open sessions, closes them, and lists them with those kept on disk.

use super::saved;
use crate::record::RecordError;
use crate::record::kept::KeptSession;
use crate::tui::keymap::with_keys;
use crate::tui::message::Effect;
use crate::tui::model::{Model, Session};
use crate::tui::popup::Popup;
use crate::tui::popup::sessions::{OpenSession, SessionList};

/// Shows the session of this number or name; without one, the list.
pub(super) fn switch(model: &mut Model, argument: &str, effects: &mut Vec<Effect>) {
    if argument.is_empty() {
        return effects.push(Effect::ListKept(String::new()));
    }
    let by_name = |session: &&Session| session.name().contains(argument);
    let number = argument.parse().ok().or_else(|| {
        let found = model.sessions().find(by_name);
        found.map(|session| session.number)
    });
    if !number.is_some_and(|number| model.show(number)) {
        let open = open_numbers(model);
        model.warn(format!("no open session {argument:?}: {open}"));
    }
}

/// The open session of this number.
pub(super) fn session_of(model: &Model, number: usize) -> Option<&Session> {
    model.sessions().find(|session| session.number == number)
}

/// Says which sessions are open, by their numbers.
pub(super) fn open_numbers(model: &Model) -> String {
    let open = model.overview();
    let open: Vec<String> = open.iter().map(|(number, ..)| number.to_string()).collect();
    match open.as_slice() {
        [] => "none is open".to_owned(),
        [only] => format!("only {only} is open"),
        // Numbers are unique and begin with 1.
        [first, .., last] if *last == open.len().to_string() => {
            format!("{first} to {last} are open")
        }
        [others @ .., last] => format!("{} and {last} are open", others.join(", ")),
    }
}

/// Closes the shown session. The last live one stays; a saved one goes back to what was before it.
pub(super) fn close(model: &mut Model, effects: &mut Vec<Effect>) {
    if !model.session.is_live() {
        return saved::close(model, effects);
    }
    let live = model.sessions().filter(|session| session.is_live()).count();
    if live == 1 {
        return model.warn(with_keys(
            "this is the only live session: {quit} leaves ehlo",
        ));
    }
    effects.push(Effect::CloseSession(model.session.id));
    model.close();
}

/// Shows the list, filtered by these words; without them, renews the one that is open.
pub(super) fn on_kept(
    model: &mut Model,
    words: Option<String>,
    kept: Result<Vec<KeptSession>, RecordError>,
) {
    let open = model.sessions().map(|session| OpenSession {
        number: session.number,
        name: session.name(),
        state: state(session),
    });
    let mut open: Vec<OpenSession> = open.collect();
    open.sort_by_key(|session| session.number);
    let (kept, error) = match kept {
        Ok(kept) => (kept, None),
        Err(error) => (Vec::new(), Some(error.cause_first())),
    };
    let renewed = words.is_none();
    match words {
        Some(words) => {
            let list = SessionList::new(open, kept, &words);
            model.session.popups.push(Popup::Sessions(Box::new(list)));
        }
        None => {
            let popups = model.session.popups.iter_mut();
            // Something may be over the list by now, or the user has closed it.
            for popup in popups {
                if let Popup::Sessions(list) = popup {
                    list.renew(open, kept);
                    break;
                }
            }
        }
    }
    match error {
        Some(error) => model.warn(error),
        None if renewed => model.say("the kept session is deleted"),
        None => {}
    }
}

/// The state of an open session, in a word.
fn state(session: &Session) -> &'static str {
    let connection = &session.connection;
    if !session.is_live() {
        "saved"
    } else if connection.is_up() {
        "open"
    } else if connection.is_connecting() {
        "connecting"
    } else {
        "not connected"
    }
}
