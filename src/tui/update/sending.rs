//! Sends what was typed or pasted. Nothing is sent that the user did not submit with Enter.

use zeroize::Zeroizing;

use super::automatic::may_send;
use super::commands::run;
use super::connecting::open_form;
use super::keys::leave_interruption;
use super::{TWICE, automatic, chunk, completion, leaving, paste, questions, saved, script};
use crate::headless::script::Blanks;
use crate::net::Command;
use crate::report::text::line_feeds;
use crate::smtp::{Awaited, CommandLine, Exposure, ParsedCommand, Secret, Verb, base64};
use crate::tui::keymap::commands;
use crate::tui::message::Effect;
use crate::tui::model::keys::unavailable;
use crate::tui::model::{Focus, Model};
use crate::tui::pane::prompt::Mode;
use crate::tui::popup::blanks::BlanksForm;
use crate::tui::popup::{FilledScript, Popup};
use crate::tui::state::outbox::{Missing, PASTE_LINES, PASTE_OCTETS, Pace, Paste, PasteError};

/// The most blanks that are asked for.
const BLANKS: usize = 16;
/// Maximum number of sent lines tracked until they reach the history.
const TYPED: usize = 1000;

/// Takes pasted text. A log may be meant to be read, not sent, so the user is asked.
pub(super) fn on_paste(model: &mut Model, text: &str) {
    model.session.notice = None;
    leave_interruption(model);
    let answer = takes_log(model)
        .then(|| saved::ask_about_log(text))
        .flatten();
    match answer {
        Some(choice) => model.session.popups.push(Popup::Choice(choice)),
        None => paste(model, text),
    }
}

/// Whether a log that is pasted now may be meant to be read: it would go into the connect form or to the
/// prompt of a command.
fn takes_log(model: &Model) -> bool {
    match model.session.popups.last() {
        Some(popup) => matches!(popup, Popup::Connect(_)),
        None => {
            model.session.prompt.mode() == Mode::Command
                && model.session.connection.status.chunk_left == 0
        }
    }
}

/// Pastes text where the keys go.
pub(super) fn paste(model: &mut Model, text: &str) {
    if let Some(popup) = model.session.popups.last_mut() {
        return popup.paste(text);
    }
    if model.session.focus() == Focus::Transcript && model.session.file().is_some() {
        return model.warn("a saved session takes no input: q leaves it");
    }
    model.session.focus = Focus::Prompt;
    if model.session.prompt.mode() != Mode::Command {
        if let Err(error) = model.session.prompt.editor().paste(text) {
            model.warn(error.to_string());
        }
        return;
    }
    let chunk_left = model.session.connection.status.chunk_left;
    if chunk_left > 0 && text.contains(['\r', '\n']) {
        return chunk::ask_to_send(model, text);
    }
    let unified = line_feeds(text);
    // Pasting never sends: a line break at the end is dropped.
    let lines = unified.strip_suffix('\n').unwrap_or(&unified);
    let count = lines.split('\n').count();
    let login = takes_secret(model);
    if count > PASTE_LINES || text.len() > PASTE_OCTETS {
        return model.warn(format!(
            "{count} lines, {} octets are too many to paste: at most {PASTE_LINES} lines",
            text.len()
        ));
    }
    let joined = base64::unwrap_lines(lines).filter(|_| login);
    if count == 1 || joined.is_some() {
        let line = joined.as_deref().unwrap_or(lines);
        model.session.prompt.drop_replaceable();
        if let Err(error) = model.session.prompt.command.paste(line) {
            model.warn(error.to_string());
        } else if joined.is_some() {
            model.say(format!(
                "{count} lines of base64 joined: they must be sent as one line"
            ));
        }
        model.session.prompt.edited();
        return completion::edited(model);
    }
    ask_about(model, lines, login, &Blanks::default());
}

/// Asks what to do with several lines; of a script, for its blanks first.
fn ask_about(model: &mut Model, lines: &str, login: bool, blanks: &Blanks) {
    let read = Paste::read(lines, login, &script::helo(model), blanks);
    match read {
        Ok(Paste { steps, .. }) if steps.is_empty() => {
            model.say("only comments were pasted: nothing to send");
        }
        Ok(paste) => {
            let choice = paste::ask_about(paste, model);
            model.session.popups.push(Popup::Choice(choice));
        }
        Err(PasteError::Missing(missing)) if missing.len() <= BLANKS => {
            let form = BlanksForm::new(lines, missing);
            model.session.popups.push(Popup::Blanks(Box::new(form)));
        }
        Err(error) => model.warn(error.to_string()),
    }
}

/// Reads a script again with the values of its blanks.
pub(super) fn fill(model: &mut Model, filled: FilledScript) {
    let mut blanks = Blanks::default();
    let script = String::from_utf8_lossy(filled.script.reveal()).into_owned();
    let missing = filled.values.iter().map(|(blank, _)| blank.clone());
    let missing: Vec<Missing> = missing.collect();
    for (blank, value) in filled.values {
        let set = if blank.secret {
            blanks.set_secret(&blank.name, value)
        } else {
            let value = String::from_utf8_lossy(value.reveal()).into_owned();
            blanks.set(&format!("{}={value}", blank.name))
        };
        if let Err(error) = set {
            let mut form = BlanksForm::new(&script, missing);
            form.show_error(error.to_string());
            return model.session.popups.push(Popup::Blanks(Box::new(form)));
        }
    }
    ask_about(model, &script, false, &blanks);
}

/// Whether pasted text is a secret now: an answer of an exchange, or an argument of AUTH.
fn takes_secret(model: &Model) -> bool {
    let verb = ParsedCommand::parse(model.session.prompt.command.text()).verb;
    model.session.connection.status.secret_lines
        || model.session.prompt.is_hidden()
        || matches!(verb, Verb::Auth | Verb::Xexps)
}

pub(super) fn send_typed(model: &mut Model, effects: &mut Vec<Effect>) {
    if model.session.is_ours() {
        return run_typed(model, effects);
    }
    if !model.session.connection.is_up() {
        return if model.session.connection.is_connecting() {
            model.warn("still connecting: the line stays here");
        } else if model.session.prompt.command.is_empty() {
            open_form(model);
        } else if is_goodbye(model.session.prompt.command.text()) {
            model.session.prompt.clear_command();
            leaving::quit(model, effects);
        } else {
            model.warn("not connected: ^O r connects again, ^O n elsewhere; the line stays here");
        };
    }
    if model.session.replay_is_running() {
        return model.warn("a replay is running: ^C stops it; the line stays here");
    }
    if model.session.outbox.runs_script() && !model.session.outbox.lets_act() {
        return model.warn("a script is running: ^C stops it; the line stays here");
    }
    let status = &model.session.connection.status;
    let empty_is_meant = status.secret_lines || status.chunk_left > 0;
    if model.session.prompt.command.is_empty() && !empty_is_meant {
        let twice = model
            .session
            .empty_enter_at
            .is_some_and(|at| model.now.duration_since(at) < TWICE);
        model.session.empty_enter_at = (!twice).then_some(model.now);
        if !twice {
            return model.say("the line is empty: Enter again sends an empty line");
        }
    }
    let exchange = model.session.connection.status.secret_lines;
    match model.session.prompt.take_command(exchange) {
        Ok(line) => {
            model.session.typing_at = None;
            model.session.seen.typed = true;
            let status = &model.session.connection.status;
            let greets = matches!(status.waiting, Some((Awaited::Greeting, _)));
            if greets && status.in_reply {
                let choice = questions::before_the_greeting(line);
                return model.session.popups.push(Popup::Choice(choice));
            }
            send_by_hand(model, line, effects);
        }
        Err(error) => model.warn(error.to_string()),
    }
}

/// Runs a command of ours that is at the prompt, or compares the last reply.
fn run_typed(model: &mut Model, effects: &mut Vec<Effect>) {
    let text = Zeroizing::new(model.session.prompt.command.text().to_owned());
    let outbox = &model.session.outbox;
    let stepped = outbox.pace() == Pace::Stepped && !outbox.is_empty();
    if let Some(expectation) = text.strip_prefix('<') {
        model.session.prompt.clear_command();
        script::compare(model, expectation);
    } else {
        let (name, argument) = text[1..].split_once(' ').unwrap_or((&text[1..], ""));
        let Some(command) = commands().find(|command| command.name == name) else {
            return model.warn(format!(
                "unknown command :{name}: a line that begins with a colon is sent by :raw"
            ));
        };
        if let Some(why) = unavailable(model, command.action) {
            return model.warn(why);
        }
        model.session.prompt.clear_command();
        run(model, command.action, argument.trim(), effects);
    }
    match model.session.outbox.pace() {
        Pace::Stepped if !model.session.outbox.is_empty() => automatic::step(model),
        // The command is a script of its own.
        Pace::Answered if stepped && model.session.notice.is_none() => {
            automatic::warn_kept(model, "the command runs");
        }
        _ => {}
    }
}

/// Sends a typed line. It goes to the history once it is sent.
pub(super) fn send_by_hand(model: &mut Model, line: CommandLine, effects: &mut Vec<Effect>) {
    if line.secret().is_none() && model.session.sent_by_hand.len() < TYPED {
        model.session.sent_by_hand.push_back(line.text().to_owned());
    }
    // Its reply must not come behind an offer that nobody asked for.
    model
        .session
        .popups
        .retain(|popup| !popup.offers_last_session());
    send_line(model, line, effects);
}

/// Whether the line means leaving the program. While connected, such a line is sent like any other.
fn is_goodbye(line: &str) -> bool {
    let line = line.trim().to_ascii_lowercase();
    matches!(line.as_str(), "exit" | "quit" | "bye" | "q" | ":q")
}

/// Sends a line for the user, unless nothing can be sent now. Returns whether it was given to the wire.
pub(super) fn send_line(model: &mut Model, line: CommandLine, effects: &mut Vec<Effect>) -> bool {
    if !may_send(model) {
        return false;
    }
    model.session.transcript.follow();
    effects.push(Effect::Wire(Command::Send {
        line,
        consent: None,
    }));
    true
}

/// Sends octets exactly as they are.
pub(super) fn send_raw(
    model: &mut Model,
    octets: Secret,
    consent: Option<Exposure>,
    effects: &mut Vec<Effect>,
) {
    if !may_send(model) {
        return;
    }
    model.session.transcript.follow();
    effects.push(Effect::Wire(Command::SendRaw { octets, consent }));
}
