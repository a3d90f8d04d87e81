//! All state of the screen. Nothing here draws, waits or touches a file.

use std::time::{Duration, Instant};

use crate::config::{Target, TlsChoice};
use crate::net::{Failure, Plan, Step, TlsFacts};
use crate::smtp::{Asked, End, Reply, Standing};

use super::look::Look;
use super::outbox::Outbox;
use super::pane::{prompt, transcript};
use super::popup::Popup;

/// What has the keys.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Focus {
    /// The prompt, as in a shell.
    #[default]
    Prompt,
    /// The transcript, to move in it.
    Transcript,
}

/// The small copy of the connection that a screen needs.
#[derive(Debug, Default)]
pub struct Connection {
    /// What is or was connected to.
    pub goal: Option<Goal>,
    /// How it stands.
    pub state: State,
    /// Where the dialogue stands.
    pub standing: Standing,
    /// What the handshake settled.
    pub tls: Option<TlsFacts>,
    /// When something was last sent or received.
    pub active_at: Option<Instant>,
    /// The last reply, and what it answered.
    pub last_reply: Option<(Reply, Option<Asked>)>,
}

/// What is connected to, and how.
#[derive(Clone, Debug)]
pub struct Goal {
    /// The server as a person names it.
    pub target: Target,
    /// When TLS begins.
    pub tls: TlsChoice,
    /// Everything the wire needs to know.
    pub plan: Plan,
    /// Whether it is the practice server.
    pub practice: bool,
}

/// How a connection stands.
#[derive(Debug, Default)]
pub enum State {
    /// There was none yet.
    #[default]
    Idle,
    /// It is being made.
    Connecting {
        /// The steps so far.
        steps: Vec<Step>,
        /// Since when.
        since: Instant,
    },
    /// It stands.
    Up,
    /// It is over.
    Over(End),
    /// It could not be made.
    Failed(Failure),
}

/// A line of words for the user, until the next key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Notice {
    /// The words. They may quote a server.
    pub text: String,
    /// Whether something did not work.
    pub warning: bool,
}

/// What the program was started with, as far as the screen cares.
#[derive(Clone, Debug)]
pub struct Preferences {
    /// Flags and settings that every plan shares.
    pub plan: Plan,
    /// When TLS begins, unless the form says otherwise.
    pub tls: TlsChoice,
    /// Memory for the transcript, in octets.
    pub transcript_cap: usize,
    /// Whether long lines are wrapped.
    pub wrap: bool,
    /// Whether the mouse is captured.
    pub mouse: bool,
}

/// All of it.
#[derive(Debug)]
pub struct Model {
    /// Theme and characters.
    pub look: Look,
    /// What the program was started with.
    pub preferences: Preferences,
    /// The terminal's columns and rows.
    pub size: (u16, u16),
    /// The time of the last message.
    pub now: Instant,
    /// The connection.
    pub connection: Connection,
    /// The transcript.
    pub transcript: transcript::Pane,
    /// The prompt.
    pub prompt: prompt::Pane,
    /// What lies over the screen, the topmost last.
    pub popups: Vec<Popup>,
    /// What has the keys.
    pub focus: Focus,
    /// Words for the user.
    pub notice: Option<Notice>,
    /// Lines that wait to be sent.
    pub outbox: Outbox,
    /// Commands sent to this host before, oldest first.
    pub history: Vec<String>,
    /// Targets connected to before, latest first.
    pub recent: Vec<String>,
    /// When `^C` was pressed on nothing.
    pub cancelled_at: Option<Instant>,
    /// When Enter was pressed on nothing.
    pub empty_at: Option<Instant>,
    /// The program ends when QUIT is answered.
    pub leaving: bool,
}

impl Connection {
    /// The server as the header names it.
    pub fn name(&self) -> String {
        match &self.goal {
            None => "not connected".to_owned(),
            Some(goal) if goal.practice => format!("practice {}", goal.target),
            Some(goal) => goal.target.to_string(),
        }
    }

    /// Whether the connection stands.
    pub fn is_up(&self) -> bool {
        matches!(self.state, State::Up)
    }

    /// How long nothing was sent or received, while nothing is waited for either.
    pub fn idle(&self, now: Instant) -> Option<Duration> {
        let quiet = self.is_up() && self.standing.waiting.is_none();
        self.active_at
            .filter(|_| quiet)
            .map(|at| now.saturating_duration_since(at))
    }

    /// Whether it is being made.
    pub fn is_connecting(&self) -> bool {
        matches!(self.state, State::Connecting { .. })
    }
}

impl Model {
    /// A screen with nothing on it yet.
    pub fn new(look: Look, preferences: Preferences, size: (u16, u16), now: Instant) -> Self {
        Self {
            look,
            size,
            now,
            connection: Connection::default(),
            transcript: transcript::Pane::new(preferences.transcript_cap, preferences.wrap),
            preferences,
            prompt: prompt::Pane::default(),
            popups: Vec::new(),
            focus: Focus::Prompt,
            notice: None,
            outbox: Outbox::default(),
            history: Vec::new(),
            recent: Vec::new(),
            cancelled_at: None,
            empty_at: None,
            leaving: false,
        }
    }

    /// Tells the user something.
    pub fn say(&mut self, text: impl Into<String>) {
        self.notice = Some(Notice {
            text: text.into(),
            warning: false,
        });
    }

    /// Tells the user that something did not work.
    pub fn warn(&mut self, text: impl Into<String>) {
        self.notice = Some(Notice {
            text: text.into(),
            warning: true,
        });
    }
}
