//! (model, message) -> effects: everything that happens is handled here. Nothing here draws, waits or
//! touches a file.

mod answers;
mod automatic;
mod chunk;
mod commands;
mod completion;
mod connecting;
mod documents;
mod explain;
mod greeting;
mod history;
mod keys;
mod leaving;
mod login;
mod message;
mod message_file;
mod paste;
pub mod questions;
mod replay;
mod saved;
mod script;
mod sending;
mod sessions;
mod steps;
mod survey;
mod templates;
mod tls;
mod tls_files;
mod transcript;
mod unsent;
mod wire;

use std::time::{Duration, Instant};

use crate::net;
use crate::smtp::{self, Code, EntryKind};
use crate::tui::message::{Effect, Message, Purpose, SessionMessage, Start};
use crate::tui::state::session_id::Origin;

pub use self::connecting::practice_destination;
pub use self::saved::offer;
pub use self::unsent::returned_command;
use crate::tui::model::Model;
use crate::tui::popup::Popup;
use crate::tui::state::connect_request::ConnectRequest;
use crate::tui::state::connection::IDLE_SHOWN;
use crate::tui::state::news::News;

/// How soon ^C, or Enter on an empty line, must be repeated to count as meant.
const TWICE: Duration = Duration::from_secs(2);

/// Handles a message; returns what to do outside the model, and which session asks for it.
pub fn update(model: &mut Model, message: Message, now: Instant) -> Vec<(Origin, Effect)> {
    model.now = now;
    if model
        .session
        .ctrl_c
        .is_some_and(|(_, at)| now.saturating_duration_since(at) >= TWICE)
    {
        model.session.ctrl_c = None;
        model.session.notice = None;
    }
    let was_leaving = model.leaving.is_some();
    let mut effects = Vec::new();
    let asked = match message {
        Message::Session(origin, message) => {
            let news = news(&message);
            let asked = model.with_session(origin.session, |model| {
                if is_for_another_connection(model, origin, &message) {
                    return Vec::new();
                }
                on_session_message(model, message, &mut effects);
                from(model, effects)
            });
            if let Some(news) = news {
                model.note_news(origin.session, news);
            }
            asked
        }
        message => {
            match message {
                Message::Key(key) => {
                    let popups = model.session.popups.len();
                    keys::on_key(model, key, &mut effects);
                    script::after_input(model, popups, &mut effects);
                }
                Message::Paste(text) => sending::on_paste(model, &text),
                Message::Mouse(mouse) => {
                    let popups = model.session.popups.len();
                    keys::on_mouse(model, mouse, &mut effects);
                    script::after_input(model, popups, &mut effects);
                }
                Message::Resize(columns, rows) => model.size = (columns, rows),
                Message::Tick => {
                    greeting::on_time(model);
                    leaving::proceed(model, &mut effects);
                }
                Message::Session(..) => {}
            }
            Some(from(model, effects))
        }
    };
    let mut asked = asked.unwrap_or_default();
    if model.leaving.is_some() && !was_leaving {
        asked.extend(leaving::say_quit(model));
    }
    let (columns, rows) = model.size;
    model.resize(columns, rows);
    asked
}

/// What a message is for somebody who looks at another session.
fn news(message: &SessionMessage) -> Option<News> {
    let SessionMessage::Wire(event) = message else {
        return None;
    };
    match event {
        net::Event::Failed(_) | net::Event::Ended(_) => Some(News::Refusal),
        net::Event::Session(smtp::Event::Entry(entry)) => match &entry.kind {
            EntryKind::Received(received) => {
                let refused = received.code.is_some_and(Code::is_negative);
                Some(if refused { News::Refusal } else { News::Reply })
            }
            _ => None,
        },
        _ => None,
    }
}

/// The effects, each with the session that asks for it: the one shown now.
fn from(model: &Model, effects: Vec<Effect>) -> Vec<(Origin, Effect)> {
    let origin = model.session.origin();
    effects.into_iter().map(|effect| (origin, effect)).collect()
}

/// Whether a result concerns a connection that the session has left.
fn is_for_another_connection(model: &Model, origin: Origin, message: &SessionMessage) -> bool {
    let bound = matches!(
        message,
        SessionMessage::Practice(_)
            | SessionMessage::Login(..)
            | SessionMessage::History(_)
            | SessionMessage::Opened(_)
    );
    bound && model.session.origin() != origin
}

fn on_session_message(model: &mut Model, message: SessionMessage, effects: &mut Vec<Effect>) {
    match message {
        SessionMessage::Wire(event) => wire::on_wire(model, event, effects),
        SessionMessage::Practice(Ok(destination)) => {
            connecting::connect(model, *destination, effects);
        }
        SessionMessage::ReadTls(read) => tls_files::on_read(model, read, effects),
        SessionMessage::Login(number, exchange) => {
            login::begin(model, number, exchange, effects);
        }
        SessionMessage::Loaded(name, read) => saved::on_loaded(model, name, read),
        SessionMessage::Saved(name, options, done) => {
            documents::on_saved(model, name, options, done, effects);
        }
        SessionMessage::Compared(Ok(comparison)) => documents::show_comparison(model, comparison),
        SessionMessage::Compared(Err(error)) => model.warn(error.cause_first()),
        SessionMessage::Written(writing, done) => documents::on_written(model, writing, done),
        SessionMessage::Done(words) => model.say(words),
        SessionMessage::Stamped(stamp, Purpose::Compose) => message::begin(model, &stamp),
        SessionMessage::Stamped(stamp, Purpose::Templates(name)) => {
            templates::open_templates(model, stamp, &name);
        }
        SessionMessage::Stamped(stamp, Purpose::Times) => {
            transcript::show_clock(model, &stamp.date);
        }
        SessionMessage::Stamped(stamp, Purpose::CopySession) => {
            transcript::copy_live(model, stamp.time, effects);
        }
        SessionMessage::Attached(Ok(attachment)) => message::attach(model, attachment),
        SessionMessage::Opened(Ok(opened)) => message_file::ask_to_send_file(model, opened),
        SessionMessage::Opened(Err(words)) => script::fail(model, &format!(":data: {words}")),
        SessionMessage::Chunks(read) => script::on_chunks(model, read, effects),
        SessionMessage::Slept(number) => script::slept(model, number, effects),
        SessionMessage::Edited(Ok(text)) => message::fill(model, &text),
        SessionMessage::Practice(Err(words))
        | SessionMessage::Attached(Err(words))
        | SessionMessage::Edited(Err(words))
        | SessionMessage::Trouble(words) => model.warn(words),
        SessionMessage::NotKept(words) => model.session.not_kept(words),
        SessionMessage::Paths(typed, paths) => {
            if let Some(Popup::Commands(list)) = model.session.popups.last_mut() {
                list.take_paths(&typed, paths);
            }
        }
        SessionMessage::Surveyed(number, news) => survey::on_news(model, number, *news),
        SessionMessage::Kept(words, kept) => sessions::on_kept(model, words, kept),
        SessionMessage::History(history) => model.session.history = history,
        SessionMessage::Recent(recent) => model.recent = recent,
    }
}

/// Starts the console with this.
pub fn start(model: &mut Model, start: Start) -> Vec<(Origin, Effect)> {
    let mut effects = Vec::new();
    match start {
        Start::Form => connecting::open_form(model),
        Start::Server(target) => {
            connecting::connect_to(model, ConnectRequest::server(target, model), &mut effects);
        }
        Start::Profile(name) => {
            connecting::connect_to(model, ConnectRequest::Profile(name), &mut effects);
        }
        Start::Saved(name, record) => {
            model.viewer_only = true;
            saved::open(model, name, *record);
        }
        Start::Tour => connecting::tour(model, "", &mut effects),
        Start::Practice(moods) => connecting::practice(model, moods, &mut effects),
    }
    from(model, effects)
}

/// When the screen changes next by itself: every second while a clock is shown, and when the idle
/// clock appears, and while leaving, which has a deadline. Nothing else needs a tick.
pub fn next_tick(model: &Model) -> Option<Duration> {
    const SECOND: Duration = Duration::from_secs(1);
    let connection = &model.session.connection;
    if model.session.ctrl_c.is_some()
        || model.leaving.is_some()
        || model.session.draft.upload.is_some()
        || connection.is_connecting()
        || (connection.is_up() && connection.status.waiting.is_some())
    {
        return Some(SECOND);
    }
    let idle = connection.idle(model.now)?;
    Some(IDLE_SHOWN.checked_sub(idle).unwrap_or(SECOND).max(SECOND))
}
