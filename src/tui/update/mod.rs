//! (model, message) -> effects. Everything that happens comes through here; nothing here draws,
//! waits or touches a file.

mod actions;
mod answers;
mod connecting;
mod keys;
mod login;
mod reading;
mod sending;
mod wire;

use std::time::{Duration, Instant};

use crossterm::event::{KeyEvent, MouseEvent};

pub use self::connecting::goal;
use super::Start;
use super::connection::Goal;
use super::keymap::{Action, Place};
use super::model::{Focus, Model};
use super::pane::prompt::Mode;
use super::popup::connect::Wish;
use super::view;
use crate::config::{Target, TlsChoice};
use crate::net::{self, Command};
use crate::practice::Mood;
use crate::smtp::sasl::Exchange;
use crate::smtp::{Phase, Secret};

/// What is done twice within this is meant: `^C`, Enter on nothing.
const TWICE: Duration = Duration::from_secs(2);

/// What happened.
#[derive(Debug)]
pub enum Message {
    /// A key.
    Key(KeyEvent),
    /// Pasted text.
    Paste(String),
    /// The mouse.
    Mouse(MouseEvent),
    /// The terminal has another size.
    Resize(u16, u16),
    /// The wire has something to tell.
    Wire(net::Event),
    /// Time passed.
    Tick,
    /// The practice server runs, or does not.
    Practice(Result<Goal, String>),
    /// What is remembered of this host, and of all.
    Remembered {
        /// Commands sent to this host, oldest first.
        history: Vec<String>,
        /// Recent targets, latest first.
        recent: Vec<String>,
    },
    /// A login can begin, or what it needs is not to be had.
    Login(Result<Box<Exchange>, String>),
    /// Something beside the conversation is done.
    Done(String),
    /// Something beside the conversation did not work.
    Trouble(String),
}

/// What is to be done outside.
#[derive(Debug)]
pub enum Effect {
    /// Tell the wire.
    Wire(Command),
    /// Stop the wire at once.
    Cancel,
    /// Look up what is remembered of this target, and remember it as recent.
    Open(Target),
    /// Remember this command for this host.
    Remember(String),
    /// Start the practice server.
    Practice(Vec<Mood>, TlsChoice),
    /// Capture the mouse or let it go.
    Mouse(bool),
    /// Have what this login needs, and begin it.
    Login(Box<crate::tui::popup::login::Wish>),
    /// Copy these octets.
    Copy(Secret),
    /// Draw everything anew.
    Redraw,
    /// Stop, as Ctrl-Z does.
    Suspend,
    /// Leave.
    Quit,
}

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
        Message::Practice(Ok(goal)) => connecting::connect(model, goal, &mut effects),
        Message::Login(exchange) => login::begin(model, exchange, &mut effects),
        Message::Done(words) => model.say(words),
        Message::Practice(Err(words)) | Message::Trouble(words) => model.warn(words),
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
        Start::Server(target) => connecting::connect_to(
            model,
            Wish::Server(target, model.preferences.tls),
            &mut effects,
        ),
        Start::Profile(name) => {
            connecting::connect_to(model, Wish::Profile(name), &mut effects);
        }
        Start::Tour => connecting::tour(model, "", &mut effects),
        Start::Practice(moods) => effects.push(Effect::Practice(moods, model.preferences.tls)),
    }
    effects
}

/// Where the keys count now.
pub fn places(model: &Model) -> &'static [Place] {
    match (model.focus, model.prompt.mode()) {
        (Focus::Transcript, _) => &[Place::Transcript],
        (Focus::Prompt, Mode::Message) => &[Place::Message],
        // An answer in base64 may begin with "/".
        (Focus::Prompt, Mode::Command)
            if model.prompt.command.is_empty() && !model.connection.standing.secret_lines =>
        {
            &[Place::EmptyPrompt, Place::Prompt]
        }
        (Focus::Prompt, _) => &[Place::Prompt],
    }
}

/// Why an action makes no sense now.
pub fn unavailable(model: &Model, action: Action) -> Option<&'static str> {
    let connection = &model.connection;
    let no_connection = (!connection.is_up()).then_some("not connected");
    match action {
        Action::Reconnect => connection
            .goal
            .is_none()
            .then_some("nothing was connected yet"),
        Action::Disconnect if connection.is_connecting() => None,
        Action::Disconnect => no_connection,
        Action::Send | Action::Login => no_connection,
        Action::EndMessage => {
            (connection.standing.phase != Phase::Message).then_some("no message is due")
        }
        Action::ReadOn => connection
            .standing
            .paused
            .is_none()
            .then_some("reading is not paused"),
        Action::SearchNext | Action::SearchBack => model
            .transcript
            .needle()
            .is_empty()
            .then_some("nothing is searched for"),
        Action::Reveal | Action::DecodeChosen => model
            .transcript
            .chosen()
            .is_none()
            .then_some("choose a line first: Esc"),
        _ => None,
    }
}

/// When the screen changes next by itself: each second while a clock is shown, and when the idle
/// clock begins to be. Nothing else wakes it.
pub fn next_tick(model: &Model) -> Option<Duration> {
    const SECOND: Duration = Duration::from_secs(1);
    let connection = &model.connection;
    if model.announced.is_some()
        || connection.is_connecting()
        || (connection.is_up() && connection.standing.waiting.is_some())
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
