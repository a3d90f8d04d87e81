//! Routes keys and the mouse: to the popup, then to the command table, then to the editor.

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers, MouseButton, MouseEvent, MouseEventKind};
use ratatui::text::Line;

use super::answers::on_answer;
use super::commands::run;
use super::connecting::connect_to;
use super::message::{ask_to_send, fill};
use super::sending::{send_line, send_raw};
use super::{completion, explain, login, sending, tls_files, transcript};
use crate::smtp::Secret;
use crate::tui::keymap::{self, Action, Place};
use crate::tui::message::Effect;
use crate::tui::model::keys::{places, unavailable};
use crate::tui::model::{Focus, Model};
use crate::tui::pane::prompt::{Mode, Searching};
use crate::tui::popup::pager::{Pager, PagerPart};
use crate::tui::popup::{Outcome, Payload, Popup};
use crate::tui::widget::click::Click;

pub(super) fn on_key(model: &mut Model, key: KeyEvent, effects: &mut Vec<Effect>) {
    model.session.notice = None;
    pass_by(model, key);
    if popup_takes(model, key)
        && let Some(popup) = model.session.popups.last_mut()
    {
        let outcome = popup.handle(key);
        if !matches!(
            outcome,
            Outcome::Stay
                | Outcome::Help(_)
                | Outcome::CompletePath { .. }
                | Outcome::Read(_)
                | Outcome::Print(_)
                | Outcome::DeleteKept(_)
                | Outcome::StopSurvey
        ) {
            let closed = model.session.popups.pop();
            match (&outcome, closed) {
                (Outcome::Login(_), Some(Popup::Login(form))) => {
                    model.session.login_form = Some(form);
                }
                (Outcome::Connect(_), Some(Popup::Connect(form))) => {
                    model.session.connect_form = Some(form);
                }
                (Outcome::Close, Some(Popup::Passphrase(_))) => tls_files::leave_locked(model),
                (_, Some(Popup::Survey(_))) => effects.push(Effect::GiveUpSurvey),
                _ => {}
            }
        }
        return match outcome {
            // Who moves in it uses it now: it takes letters like one that was asked for.
            Outcome::Stay if matches!(key.code, KeyCode::Up | KeyCode::Down) => {
                model.session.popups.take_up();
            }
            Outcome::Stay => {}
            Outcome::Close => {}
            Outcome::Help((title, rows)) => {
                let rows = rows.into_iter().map(|row| (Line::from(row), None));
                let pager = Pager::new(title, vec![PagerPart::Lines(rows.collect())]);
                model.session.popups.push(Popup::Pager(pager));
            }
            Outcome::CompletePath { typed, in_words } => {
                effects.push(Effect::CompletePath { typed, in_words });
            }
            Outcome::Read(topic) => explain::look_up(model, &topic),
            Outcome::Print(text) => effects.push(Effect::Plain(text)),
            Outcome::Run(action, argument) => match unavailable(model, action) {
                Some(reason) => model.warn(reason),
                None => {
                    model.note_used(action);
                    run(model, action, &argument, effects);
                }
            },
            Outcome::Answer(answer) => on_answer(model, answer, effects),
            Outcome::Insert(octets) => insert(model, &octets),
            Outcome::Copy(octets) => effects.push(Effect::Copy(octets)),
            Outcome::Login(request) => login::start(model, request, effects),
            Outcome::Send(Payload::Line(_)) if !model.session.connection.is_up() => {
                model.warn("not connected: nothing was sent");
            }
            Outcome::Send(Payload::Line(line)) => {
                let exchange = model.session.connection.status.secret_lines;
                send_line(model, line.hide(exchange), effects);
            }
            Outcome::Send(Payload::Raw(octets)) => send_raw(model, octets, None, effects),
            Outcome::Draft(text) => fill(model, &text),
            Outcome::Unlock(passphrase) => tls_files::unlock(model, passphrase, effects),
            Outcome::Fill(filled) => sending::fill(model, *filled),
            Outcome::StopSurvey => effects.push(Effect::GiveUpSurvey),
            Outcome::DeleteKept(kept) => effects.push(Effect::DeleteKept(kept)),
            Outcome::Connect(request) => connect_to(model, request, effects),
        };
    }
    if let (Some(searching), Focus::Prompt) =
        (model.session.prompt.searching, model.session.focus())
    {
        return on_query_key(model, key, searching);
    }
    if let Some(action) = keymap::action(places(&model.session), key) {
        return run(model, action, "", effects);
    }
    if model.session.focus() == Focus::Transcript {
        if let (KeyCode::Char(_), true) = (key.code, model.session.is_live()) {
            model.say("BROWSE: letters act on the transcript. Esc returns to the prompt");
        }
        return;
    }
    if model.session.prompt.mode() == Mode::Message && key.code == KeyCode::Enter {
        return on_message_enter(model);
    }
    let before = model.session.prompt.command.text().len();
    let edited = model.session.prompt.handle(key);
    let same = before == model.session.prompt.command.text().len();
    if same && keymap::action(&[Place::EmptyPrompt], key) == Some(Action::Quit) {
        return say_what_leaves(model);
    }
    if edited {
        model.session.prompt.edited();
        completion::edited(model);
        if matches!(key.code, KeyCode::Char(_)) {
            model.session.typing_at = Some(model.now);
        }
    }
}

/// Says why a key that leaves does not leave now. With text after the cursor it deletes a character, as
/// in a shell.
fn say_what_leaves(model: &mut Model) {
    let mode = model.session.prompt.mode();
    if mode != Mode::Command {
        return;
    }
    model.say(keymap::with_keys(
        if model.session.prompt.command.is_empty() {
            "the server expects a line of the login: * cancels it, {menu} q leaves ehlo"
        } else {
            "the line is not empty: {cancel} clears it, then {quit} leaves ehlo"
        },
    ));
}

/// Inserts octets at the cursor. They may be a secret, and the history must not learn it.
fn insert(model: &mut Model, octets: &Secret) {
    if model.session.file().is_some() {
        return model.warn("a saved session takes no input: q leaves it");
    }
    let text = String::from_utf8_lossy(octets.reveal());
    model.session.focus = Focus::Prompt;
    model.session.transcript.leave();
    if let Err(error) = model.session.prompt.editor().paste(&text) {
        return model.warn(error.to_string());
    }
    if model.session.prompt.mode() == Mode::Command {
        model.session.prompt.edited();
        model.session.prompt.hide_unless_masked();
    }
}

/// Closes an unasked text, unless the key scrolls it: what is typed is meant for the prompt.
fn pass_by(model: &mut Model, key: KeyEvent) {
    let reads = matches!(
        key.code,
        KeyCode::Up
            | KeyCode::Down
            | KeyCode::PageUp
            | KeyCode::PageDown
            | KeyCode::Home
            | KeyCode::End
            | KeyCode::Enter
            | KeyCode::Esc
            | KeyCode::F(1)
    );
    if !reads {
        leave_interruption(model);
    }
}

/// Closes the topmost popup if it is an unasked text.
pub(super) fn leave_interruption(model: &mut Model) {
    if model.session.popups.last_is_unasked()
        && matches!(model.session.popups.last(), Some(Popup::Pager(_)))
    {
        model.session.popups.pop();
    }
}

/// Whether the popup takes this key. One that came by itself leaves to the prompt whatever may belong to
/// a line: letters always, and the keys of a list unless the line is empty.
fn popup_takes(model: &Model, key: KeyEvent) -> bool {
    let session = &model.session;
    if !session.popups.last_is_unasked() {
        return true;
    }
    let empty = session.nothing_typed();
    let control = key.modifiers == KeyModifiers::CONTROL;
    match key.code {
        KeyCode::Esc | KeyCode::F(1) | KeyCode::PageUp | KeyCode::PageDown => true,
        KeyCode::Char('c' | 'g') if control => true,
        KeyCode::Up | KeyCode::Down | KeyCode::Enter | KeyCode::Home | KeyCode::End => empty,
        _ => session
            .popups
            .last()
            .is_some_and(|popup| popup.takes_unasked(key)),
    }
}

/// Enter in the message: a lone dot ends the message.
pub(super) fn on_message_enter(model: &mut Model) {
    let editor = &model.session.prompt.message;
    let (row, _) = editor.cursor();
    let lines = editor.text_lines();
    if row + 1 == lines.len() && lines.get(row).is_some_and(|line| line == ".") {
        ask_to_send(model);
    } else {
        model.session.prompt.message.newline();
    }
}

fn on_query_key(model: &mut Model, key: KeyEvent, searching: Searching) {
    let control = key.modifiers == KeyModifiers::CONTROL;
    match (key.code, searching) {
        (KeyCode::Esc, _) => end_search(model),
        (KeyCode::Char('c' | 'g'), _) if control => end_search(model),
        (KeyCode::Char('r'), Searching::History(back)) if control => {
            model.session.prompt.searching = Some(Searching::History(back + 1));
            if model
                .session
                .prompt
                .history_match(&model.session.history)
                .is_none()
            {
                model.session.prompt.searching = Some(searching);
                model.say("no earlier command contains this");
            }
        }
        (KeyCode::Enter | KeyCode::Tab, Searching::History(_)) => {
            let found = model
                .session
                .prompt
                .history_match(&model.session.history)
                .map(str::to_owned);
            model.session.prompt.searching = None;
            if let Some(found) = found {
                model.session.prompt.command.set(&found);
            }
        }
        (KeyCode::Enter, Searching::Transcript) => {
            let needle = model.session.prompt.query.text().to_owned();
            model.session.prompt.searching = None;
            transcript::search(model, &needle);
        }
        _ => {
            let edited = model.session.prompt.query.handle(key);
            match searching {
                Searching::History(_) if edited => {
                    model.session.prompt.searching = Some(Searching::History(0));
                }
                Searching::History(_) => {}
                Searching::Transcript => transcript::while_typing(model),
            }
        }
    }
}

fn end_search(model: &mut Model) {
    model.session.prompt.searching = None;
    transcript::end_search(model);
}

pub(super) fn on_mouse(model: &mut Model, mouse: MouseEvent, effects: &mut Vec<Effect>) {
    // A program that crashed may have left the terminal reporting the mouse.
    if !model.preferences.mouse {
        return;
    }
    let look = model.look;
    let in_popup = !model.session.popups.is_empty();
    match mouse.kind {
        MouseEventKind::ScrollUp if in_popup => on_key(model, KeyCode::Up.into(), effects),
        MouseEventKind::ScrollDown if in_popup => on_key(model, KeyCode::Down.into(), effects),
        MouseEventKind::ScrollUp => model.session.transcript.scroll(-3, &look),
        MouseEventKind::ScrollDown => model.session.transcript.scroll(3, &look),
        MouseEventKind::Down(MouseButton::Left) => {
            let click = model.clicks.at(mouse.column, mouse.row).cloned();
            if let Some(click) = click {
                on_click(model, click, effects);
            }
        }
        _ => {}
    }
}

fn on_click(model: &mut Model, click: Click, effects: &mut Vec<Effect>) {
    match click {
        Click::Keys(keys) => {
            for key in keys {
                on_key(model, key, effects);
            }
        }
        Click::Row(row) => {
            model.session.popups.take_up();
            if let Some(popup) = model.session.popups.last_mut() {
                popup.choose(row);
                on_key(model, KeyCode::Enter.into(), effects);
            }
        }
        Click::Completion(row) => completion::take_row(model, row),
        Click::Entry(id) => {
            let look = model.look;
            let again = model
                .session
                .transcript
                .chosen()
                .is_some_and(|(chosen, _)| chosen == id);
            if again {
                return explain::open_chosen(model);
            }
            model.session.focus = Focus::Transcript;
            model.session.transcript.browse();
            model.session.transcript.choose_entry(id, &look);
            model.session.transcript.unfold_chosen();
        }
    }
}
