//! Opens and closes saved sessions. This never affects the live session.

use crossterm::event::KeyCode;

use super::connecting;
use crate::record::{self, Record, RecordError};
use crate::report::text::line_feeds;
use crate::smtp::Secret;
use crate::tui::keymap::Action;
use crate::tui::message::Effect;
use crate::tui::model::{AfterClose, Model};
use crate::tui::popup::Popup;
use crate::tui::popup::choice::{Answer, Choice};
use crate::tui::state::request::FileRequest;

/// The name of a session that was pasted.
pub(super) const PASTED: &str = "the pasted log";

/// Asks for a file to be read.
pub(super) fn load(model: &mut Model, name: String, effects: &mut Vec<Effect>) {
    wait_for(model, name.clone());
    effects.push(Effect::Load(name));
}

fn wait_for(model: &mut Model, name: String) {
    model.say(format!("reading {name} ..."));
    model.session.file_request = FileRequest::Loading {
        name,
        typed_at: model.session.typing_at,
    };
}

/// Opens a file that was read, if the user still waits for it.
pub(super) fn on_loaded(model: &mut Model, name: String, read: Result<Box<Record>, RecordError>) {
    let typed_before = match &model.session.file_request {
        FileRequest::Loading {
            name: wanted,
            typed_at,
        } if *wanted == name => *typed_at,
        _ => return,
    };
    model.session.file_request = FileRequest::None;
    let typed_since =
        model.session.typing_at != typed_before && !model.session.prompt.command.is_empty();
    model.session.notice = None;
    match read {
        // A line that is being typed must not be interrupted; the user opens the file later.
        Ok(record) if model.session.file().is_none() && typed_since => {
            let words = vec![format!("{name} is ready.")];
            let choice = Choice::new("File loaded", words).option(
                KeyCode::Char('y'),
                "open it",
                Answer::OpenLoaded,
            );
            model.session.file_request = FileRequest::Ready { name, record };
            model.interrupt(Popup::Choice(choice));
        }
        Ok(record) => open(model, name, *record),
        Err(error) => model.warn(error.cause_first()),
    }
}

/// The question about a pasted text, if it is a log.
pub(super) fn ask_about_log(text: &str) -> Option<Choice> {
    let text = line_feeds(text);
    let program = record::log_program(text.as_bytes())?;
    let words = vec![
        format!(
            "The {} pasted lines are a log of {program}.",
            text.trim_end().lines().count()
        ),
        "Nothing is sent.".to_owned(),
    ];
    let text = || Secret::new(text.as_bytes().to_vec());
    let choice = Choice::new("This is a log: open it?", words)
        .option(
            KeyCode::Char('y'),
            "open it as a saved session",
            Answer::OpenPasted(text()),
        )
        .option(
            KeyCode::Char('n'),
            "no, paste it as text",
            Answer::Paste(text()),
        );
    Some(choice)
}

/// Asks for a pasted log to be read.
pub(super) fn read_pasted(model: &mut Model, text: Secret, effects: &mut Vec<Effect>) {
    wait_for(model, PASTED.to_owned());
    effects.push(Effect::Read(PASTED.to_owned(), text));
}

/// Opens the file that is ready.
pub(super) fn open_ready(model: &mut Model) {
    match std::mem::take(&mut model.session.file_request) {
        FileRequest::Ready { name, record } => open(model, name, *record),
        other => model.session.file_request = other,
    }
}

/// Opens a saved session.
pub(super) fn open(model: &mut Model, name: String, record: Record) {
    let remark = record.remarks.first().cloned();
    let begins = record.ended;
    let look = model.look;
    let verdicts = record.verdicts();
    model.open(name, record);
    if let Some(remark) = remark {
        model.warn(remark);
    }
    // If the session was cut short, the user has not seen its end.
    model.session.transcript.browse();
    if let Some(verdict) = verdicts.first() {
        // Where it went wrong, with the explanation beside it.
        model.session.transcript.choose_at(verdict.at, &look);
    } else if begins {
        model.session.transcript.oldest(&look);
    }
}

/// Closes the saved session; without a session to return to, opens the form or leaves the program.
pub(super) fn close(model: &mut Model, effects: &mut Vec<Effect>) {
    let next = model.after_close();
    model.close();
    model.session.notice = None;
    match next {
        AfterClose::Session => {}
        // The form may still be open, if a log was pasted into it.
        AfterClose::Form if matches!(model.session.popups.last(), Some(Popup::Connect(_))) => {}
        AfterClose::Form => connecting::open_form(model),
        AfterClose::Exit => effects.push(Effect::Quit),
    }
}

/// Offers the journal of a session that was cut short.
pub fn offer(model: &mut Model, name: String) {
    let words = vec![
        "The last session was cut short. Its transcript is in".to_owned(),
        name.clone(),
        "You can also open it later: :open FILE, or ehlo show FILE.".to_owned(),
    ];
    let choice = Choice::new("The last session", words).option(
        KeyCode::Char('y'),
        "open it",
        Answer::RunUnasked(Action::Load, name),
    );
    model.interrupt(Popup::Choice(choice));
}
