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

use crate::tui::message::{Effect, Message, Purpose, SessionMessage, Start};
use crate::tui::state::session_id::Origin;

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

/// Takes a message; says what is to be done, and who asks for it.
pub fn update(model: &mut Model, message: Message, now: Instant) -> Vec<(Origin, Effect)> {
    model.now = now;
    if model
        .session
        .announced
        .is_some_and(|(_, at)| now.saturating_duration_since(at) >= TWICE)
    {
        model.session.announced = None;
        model.session.notice = None;
    }
    let mut effects = Vec::new();
    let asked = match message {
        Message::Session(origin, message) => model.with_session(origin.session, |model| {
            if is_for_another_connection(model, origin, &message) {
                return Vec::new();
            }
            on_session_message(model, message, &mut effects);
            from(model, effects)
        }),
        message => {
            match message {
                Message::Key(key) => keys::on_key(model, key, &mut effects),
                Message::Paste(text) => sending::on_paste(model, &text),
                Message::Mouse(mouse) => keys::on_mouse(model, mouse),
                Message::Resize(columns, rows) => model.size = (columns, rows),
                Message::Tick | Message::Session(..) => {}
            }
            Some(from(model, effects))
        }
    };
    let (columns, rows) = model.size;
    model.resize(columns, rows);
    asked.unwrap_or_default()
}

/// The effects, each with the session that asks for it: the one that is shown now.
fn from(model: &Model, effects: Vec<Effect>) -> Vec<(Origin, Effect)> {
    let origin = model.session.origin();
    effects.into_iter().map(|effect| (origin, effect)).collect()
}

/// Whether a result is about a connection that was left before it came.
fn is_for_another_connection(model: &Model, origin: Origin, message: &SessionMessage) -> bool {
    let bound = matches!(
        message,
        SessionMessage::Practice(_)
            | SessionMessage::Login(_)
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
        SessionMessage::ReadTls(read) => handshake::on_read(model, read, effects),
        SessionMessage::Login(exchange) => login::begin(model, exchange, effects),
        SessionMessage::Loaded(name, read) => saved::on_loaded(model, name, read),
        SessionMessage::Saved(name, options, done) => {
            documents::on_saved(model, name, options, done);
        }
        SessionMessage::Compared(Ok(comparison)) => documents::show_comparison(model, comparison),
        SessionMessage::Compared(Err(error)) => model.warn(error.to_string()),
        SessionMessage::Written(writing, done) => documents::on_written(model, writing, done),
        SessionMessage::Done(words) => model.say(words),
        SessionMessage::Stamped(stamp, Purpose::Compose) => message::begin(model, &stamp),
        SessionMessage::Stamped(stamp, Purpose::Templates(name)) => {
            actions::open_templates(model, stamp, &name);
        }
        SessionMessage::Stamped(stamp, Purpose::Times) => {
            transcript::show_clock(model, &stamp.date);
        }
        SessionMessage::Attached(Ok(attachment)) => message::attach(model, attachment),
        SessionMessage::Opened(Ok(opened)) => message::ask_to_send_file(model, opened),
        SessionMessage::Edited(Ok(text)) => message::fill(model, &text),
        SessionMessage::Practice(Err(words))
        | SessionMessage::Attached(Err(words))
        | SessionMessage::Opened(Err(words))
        | SessionMessage::Edited(Err(words))
        | SessionMessage::Trouble(words) => model.warn(words),
        SessionMessage::NotKept(words) => model.session.not_kept(words),
        SessionMessage::History(history) => model.session.history = history,
        SessionMessage::Recent(recent) => model.recent = recent,
    }
}

/// What the program begins with.
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
            model.alone = true;
            saved::open(model, name, *record);
        }
        Start::Tour => connecting::tour(model, "", &mut effects),
        Start::Practice(moods) => connecting::practice(model, moods, &mut effects),
    }
    from(model, effects)
}

/// Where the keys count now.
pub fn places(model: &Model) -> &'static [Place] {
    match (model.session.focus(), model.session.prompt.mode()) {
        (Focus::Transcript, _) => match (
            model.session.file().is_some(),
            model.session.transcript.is_narrowed(),
        ) {
            (true, true) => &[Place::Narrowed, Place::Saved, Place::Transcript],
            (true, false) => &[Place::Saved, Place::Transcript],
            (false, true) => &[Place::Narrowed, Place::Transcript],
            (false, false) => &[Place::Transcript],
        },
        (Focus::Prompt, Mode::Message) => &[Place::Message],
        (Focus::Prompt, Mode::Command) => {
            // An answer in base64 may begin with "/".
            let empty = model.session.prompt.command.is_empty()
                && !model.session.connection.status.secret_lines;
            let ghost = !model.session.assist().ghost.is_empty();
            match (model.session.prompt.list.is_some(), ghost, empty) {
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
    let connection = &model.session.connection;
    let no_connection = (!connection.is_up()).then_some("not connected");
    match action {
        Action::Reconnect => model
            .live()
            .connection
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
            (model.session.prompt.mode() != Mode::Message).then_some("no message is being written")
        }
        Action::Raw | Action::Data => no_connection,
        Action::Accept => model
            .session
            .assist()
            .ghost
            .is_empty()
            .then_some("there is no grey text"),
        Action::Fix => model
            .session
            .assist()
            .fix()
            .is_none()
            .then_some("no edit is proposed"),
        Action::ListDown | Action::ListUp | Action::ListTake | Action::ListClose => model
            .session
            .prompt
            .list
            .is_none()
            .then_some("no list is open"),
        Action::Export => match model.session.file() {
            Some(_) => model.session.transcript.transcript().is_empty(),
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
            .session
            .transcript
            .needle()
            .is_none()
            .then_some("nothing is searched for"),
        Action::Reset => {
            (!model.session.transcript.is_narrowed()).then_some("all lines are shown already")
        }
        Action::Reveal | Action::DecodeChosen | Action::Mark | Action::Copy | Action::Resend => {
            model
                .session
                .transcript
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
    let connection = &model.session.connection;
    if model.session.announced.is_some()
        || model.session.draft.upload.is_some()
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
