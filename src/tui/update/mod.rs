//! (model, message) -> effects. Everything that happens comes through here; nothing here draws,
//! waits or touches a file.

mod actions;
mod answers;
mod completion;
mod connecting;
mod documents;
mod explain;
mod handshake;
mod keys;
mod login;
mod message;
pub mod questions;
mod replay;
mod saved;
mod sending;
mod tls;
mod transcript;
mod unsent;
mod wire;

use std::time::{Duration, Instant};

use crate::tui::message::{Effect, Message, Purpose, Start};

pub use self::completion::candidates;
pub use self::connecting::practice_destination;
pub use self::message::draft_findings;
pub use self::saved::offer;
pub use self::unsent::came_back;
use crate::tui::keymap::{Action, Place};
use crate::tui::model::{Focus, Model};
use crate::tui::pane::prompt::Mode;
use crate::tui::popup::connect::ConnectRequest;
use crate::tui::view;

/// What is done twice within this is meant: `^C`, Enter on nothing.
const TWICE: Duration = Duration::from_secs(2);

/// Takes a message.
pub fn update(model: &mut Model, message: Message, now: Instant) -> Vec<Effect> {
    model.now = now;
    if model
        .announced
        .is_some_and(|(_, at)| now.saturating_duration_since(at) >= TWICE)
    {
        model.announced = None;
        model.notice = None;
    }
    let mut effects = Vec::new();
    match message {
        Message::Key(key) => keys::on_key(model, key, &mut effects),
        Message::Paste(text) => sending::on_paste(model, &text),
        Message::Mouse(mouse) => keys::on_mouse(model, mouse),
        Message::Resize(columns, rows) => model.size = (columns, rows),
        Message::Wire(event) => wire::on_wire(model, event, &mut effects),
        Message::Tick => {}
        Message::Practice(Ok(destination)) => {
            connecting::connect(model, *destination, &mut effects);
        }
        Message::ReadTls(explain) => handshake::on_read(model, explain, &mut effects),
        Message::Login(exchange) => login::begin(model, exchange, &mut effects),
        Message::Loaded(name, read) => saved::on_loaded(model, name, read),
        Message::Saved(name, options, done) => documents::on_saved(model, name, options, done),
        Message::Compared(Ok(comparison)) => documents::show_comparison(model, comparison),
        Message::Compared(Err(error)) => model.warn(error.to_string()),
        Message::Written(writing, done) => documents::on_written(model, writing, done),
        Message::Done(words) => model.say(words),
        Message::Stamped(stamp, Purpose::Compose) => message::begin(model, &stamp),
        Message::Stamped(stamp, Purpose::Templates(name)) => {
            actions::open_templates(model, stamp, &name);
        }
        Message::Stamped(stamp, Purpose::Times) => transcript::show_clock(model, &stamp.date),
        Message::Attached(Ok(attachment)) => message::attach(model, attachment),
        Message::Opened(Ok(opened)) => message::ask_to_send_file(model, opened),
        Message::Edited(Ok(text)) => message::fill(model, &text),
        Message::Practice(Err(words))
        | Message::Attached(Err(words))
        | Message::Opened(Err(words))
        | Message::Edited(Err(words))
        | Message::Trouble(words) => model.warn(words),
        Message::NotKept(words) => model.not_kept(words),
        Message::Remembered { history, recent } => {
            model.history = history;
            model.recent = recent;
        }
    }
    let (columns, rows) = model.size;
    model.resize(columns, rows);
    effects
}

/// What the program begins with.
pub fn start(model: &mut Model, start: Start) -> Vec<Effect> {
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
            model.alone = true;
            saved::open(model, name, *record);
        }
        Start::Tour => connecting::tour(model, "", &mut effects),
        Start::Practice(moods) => connecting::practice(model, moods, &mut effects),
    }
    effects
}

/// Where the keys count now.
pub fn places(model: &Model) -> &'static [Place] {
    match (model.focus(), model.prompt.mode()) {
        (Focus::Transcript, _) => match (model.saved.is_some(), model.shown().is_narrowed()) {
            (true, true) => &[Place::Narrowed, Place::Saved, Place::Transcript],
            (true, false) => &[Place::Saved, Place::Transcript],
            (false, true) => &[Place::Narrowed, Place::Transcript],
            (false, false) => &[Place::Transcript],
        },
        (Focus::Prompt, Mode::Message) => &[Place::Message],
        (Focus::Prompt, Mode::Command) => {
            // An answer in base64 may begin with "/".
            let empty = model.prompt.command.is_empty() && !model.connection.status.secret_lines;
            let ghost = !model.assist().ghost.is_empty();
            match (model.prompt.list.is_some(), ghost, empty) {
                (true, ..) => &[Place::List, Place::Prompt],
                (_, true, true) => &[Place::Ghost, Place::EmptyPrompt, Place::Prompt],
                (_, true, false) => &[Place::Ghost, Place::Prompt],
                (_, false, true) => &[Place::EmptyPrompt, Place::Prompt],
                (_, false, false) => &[Place::Prompt],
            }
        }
        (Focus::Prompt, _) => &[Place::Prompt],
    }
}

/// Why an action makes no sense now.
pub fn unavailable(model: &Model, action: Action) -> Option<&'static str> {
    if let Some(why) = saved::unavailable(model, action) {
        return Some(why);
    }
    let connection = &model.connection;
    let no_connection = (!connection.is_up()).then_some("not connected");
    match action {
        Action::Reconnect => connection
            .destination
            .is_none()
            .then_some("nothing was connected yet"),
        Action::Disconnect if connection.is_connecting() => None,
        Action::Disconnect => no_connection,
        Action::Send | Action::Login | Action::Raw | Action::Data | Action::Compose
            if replay::is_running(model) =>
        {
            Some("a replay is running: ^C stops it")
        }
        Action::Send | Action::Login => no_connection,
        Action::EndMessage | Action::Edit | Action::Attach => {
            (model.prompt.mode() != Mode::Message).then_some("no message is being written")
        }
        Action::Raw | Action::Data => no_connection,
        Action::Accept => model
            .assist()
            .ghost
            .is_empty()
            .then_some("there is no grey text"),
        Action::Fix => model
            .assist()
            .fix()
            .is_none()
            .then_some("no edit is proposed"),
        Action::ListDown | Action::ListUp | Action::ListTake | Action::ListClose => {
            model.prompt.list.is_none().then_some("no list is open")
        }
        Action::Export => match &model.saved {
            Some(saved) => saved.pane.transcript().is_empty(),
            None => connection.sessions.is_empty(),
        }
        .then_some("there is no session to export yet"),
        Action::Tls | Action::TlsName | Action::TlsWrite => {
            connection.tls.is_none().then_some("there is no TLS here")
        }
        Action::ReadOn => connection
            .status
            .paused
            .is_none()
            .then_some("reading is not paused"),
        Action::SearchNext | Action::SearchBack => model
            .shown()
            .needle()
            .is_none()
            .then_some("nothing is searched for"),
        Action::Reset => (!model.shown().is_narrowed()).then_some("all lines are shown already"),
        Action::Reveal | Action::DecodeChosen | Action::Mark | Action::Copy | Action::Resend => {
            model
                .shown()
                .chosen()
                .is_none()
                .then_some("choose a line first: Esc")
        }
        _ => None,
    }
}

/// When the screen changes next by itself: each second while a clock is shown, and when the idle
/// clock begins to be. Nothing else wakes it.
pub fn next_tick(model: &Model) -> Option<Duration> {
    const SECOND: Duration = Duration::from_secs(1);
    let connection = &model.connection;
    if model.announced.is_some()
        || model.draft.upload.is_some()
        || connection.is_connecting()
        || (connection.is_up() && connection.status.waiting.is_some())
    {
        return Some(SECOND);
    }
    let idle = connection.idle(model.now)?;
    Some(
        view::IDLE_SHOWN
            .checked_sub(idle)
            .unwrap_or(SECOND)
            .max(SECOND),
    )
}
