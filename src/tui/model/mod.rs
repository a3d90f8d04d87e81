//! All state of the screen. Nothing here draws, waits or touches a file.

pub mod layout;
pub mod saved;

use std::collections::{BTreeMap, VecDeque};
use std::time::Instant;

use ratatui::text::Line;

use crate::config::{Profile, ResolvedTls, TlsChoice, TlsOverrides};
use crate::manual::Template;
use crate::net::Plan;
use crate::record::Record;
use crate::smtp::LintContext;
use crate::smtp::sasl::Exchange;
use crate::smtp::transcript::TRANSCRIPT_CAP;
use crate::tui::assist::{Assist, Context, Seen};
use crate::tui::message::PendingConnect;
use crate::tui::model::layout::Areas;
use crate::tui::model::saved::Saved;
use crate::tui::pane::prompt::{Mode, Searching};
use crate::tui::pane::{prompt, transcript};
use crate::tui::popup::Popup;
use crate::tui::popup::connect::Form;
use crate::tui::popup::login::Login;
use crate::tui::state::connection::Connection;
use crate::tui::state::draft::Draft;
use crate::tui::state::notice::Notice;
use crate::tui::state::outbox::Outbox;
use crate::tui::state::replay::Replay;
use crate::tui::state::tour::Tour;
use crate::tui::widget::look::Look;

/// What is said about the handshake and was read, at the most.
const READ_CAP: usize = 16;

/// What has the keys.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Focus {
    /// The prompt, as in a shell.
    #[default]
    Prompt,
    /// The transcript, to move in it.
    Transcript,
}

/// What a second `^C` will do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Announced {
    /// Drop the connection.
    Drop,
    /// Leave.
    Quit,
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
    /// Servers and how to log in there, by name.
    pub profiles: BTreeMap<String, Profile>,
    /// What flags and settings say about the handshake; the plan has what that comes to.
    pub overrides: TlsOverrides,
    /// What those profiles say about it, below the flags, that say something.
    pub profile_overrides: BTreeMap<String, TlsOverrides>,
    /// What else was said, and what it came to when its files were read, the latest last.
    pub read: Vec<ResolvedTls>,
    /// The user's own templates.
    pub templates: Vec<Template>,
}

impl Preferences {
    /// What flags and settings say about the handshake, with what that comes to.
    pub fn begun(&self) -> ResolvedTls {
        ResolvedTls {
            overrides: self.overrides.clone(),
            options: self.plan.tls.clone(),
        }
    }

    /// What this comes to, where its files were read.
    pub fn chosen(&self, overrides: &TlsOverrides) -> Option<ResolvedTls> {
        if *overrides == self.overrides {
            return Some(self.begun());
        }
        let mut read = self.read.iter();
        read.find(|chosen| chosen.overrides == *overrides).cloned()
    }

    /// Keeps what something came to, in place of what was kept longest where that is much.
    pub fn keep(&mut self, chosen: ResolvedTls) {
        self.read.retain(|kept| kept.overrides != chosen.overrides);
        if self.read.len() >= READ_CAP {
            self.read.remove(0);
        }
        self.read.push(chosen);
    }
}

impl Default for Preferences {
    /// What nobody chose.
    fn default() -> Self {
        Self {
            plan: Plan::default(),
            tls: TlsChoice::default(),
            transcript_cap: TRANSCRIPT_CAP,
            wrap: true,
            mouse: false,
            profiles: BTreeMap::new(),
            overrides: TlsOverrides::default(),
            profile_overrides: BTreeMap::new(),
            read: Vec::new(),
            templates: Vec::new(),
        }
    }
}

/// What is there when a saved session is left.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReturnTo {
    /// A session that goes on, or did.
    Session,
    /// Nothing was connected yet: the form.
    Form,
    /// The program was started for the file alone, and ends.
    Nothing,
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
    /// A session out of a file, looked at in place of the one that goes on.
    pub saved: Option<Box<Saved>>,
    /// The prompt.
    pub prompt: prompt::Pane,
    /// What belongs to the message in the prompt's editor.
    pub draft: Draft,
    /// What this session has shown of names.
    pub seen: Seen,
    /// What lies over the screen, the topmost last.
    pub popups: Vec<Popup>,
    /// What of the session that goes on has the keys.
    pub focus: Focus,
    /// Words for the user.
    pub notice: Option<Notice>,
    /// Lines that wait to be sent.
    pub outbox: Outbox,
    /// Commands sent to this host before, oldest first.
    pub history: Vec<String>,
    /// Targets connected to before, latest first.
    pub recent: Vec<String>,
    /// What a second `^C` will do, and when the first was pressed.
    pub announced: Option<(Announced, Instant)>,
    /// When Enter was pressed on nothing.
    pub empty_at: Option<Instant>,
    /// A file that is being read, to be looked at, and when a character was last typed before that.
    pub loading: Option<(String, Option<Instant>)>,
    /// A file that was read while a line was being typed.
    pub ready: Option<(String, Box<Record>)>,
    /// Something of this session is not in its journal.
    pub unkept: bool,
    /// The program was started to look at a saved session and at nothing else.
    pub alone: bool,
    /// The program ends when QUIT is answered.
    pub leaving: bool,
    /// Lines that were typed and are on their way, for the history.
    pub typed: VecDeque<String>,
    /// When a character was last typed into a line that is not sent yet.
    pub typing_at: Option<Instant>,
    /// The topmost popup came by itself.
    pub interrupted: bool,
    /// The login form as it was left, until the login succeeds.
    pub login: Option<Box<Login>>,
    /// The connect form as it was left, until the connection is begun.
    pub form: Option<Box<Form>>,
    /// A connection that waits for files to be read.
    pub pending_connect: Option<Box<PendingConnect>>,
    /// The tour, while it is taken.
    pub tour: Option<Tour>,
    /// Where the password is to be had that a login waits for.
    pub fetching: Option<String>,
    /// A session that is sent again.
    pub replay: Option<Replay>,
    /// A login that waits for the user's consent.
    pub withheld: Option<Box<Exchange>>,
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
            saved: None,
            preferences,
            prompt: prompt::Pane::default(),
            draft: Draft::default(),
            seen: Seen::default(),
            popups: Vec::new(),
            focus: Focus::Prompt,
            notice: None,
            outbox: Outbox::default(),
            history: Vec::new(),
            recent: Vec::new(),
            announced: None,
            empty_at: None,
            loading: None,
            ready: None,
            unkept: false,
            alone: false,
            leaving: false,
            typed: VecDeque::new(),
            typing_at: None,
            interrupted: false,
            login: None,
            form: None,
            pending_connect: None,
            tour: None,
            fetching: None,
            replay: None,
            withheld: None,
        }
    }

    /// Where the parts of the screen are.
    pub fn areas(&self) -> Areas {
        if self.saved.is_some() {
            return Areas::of(self.size, 0, false, |_| 1);
        }
        let message = self.prompt.mode() == Mode::Message;
        Areas::of(self.size, self.tour_lines().len(), message, |most| {
            // What goes with a message has a row below its text.
            let attached = message && !self.draft.attachments.is_empty();
            (self.prompt.rows(most) + usize::from(attached)).min(most)
        })
    }

    /// The strip of the tour; none where it is not taken.
    pub fn tour_lines(&self) -> Vec<Line<'static>> {
        let (columns, rows) = self.size;
        let size = (usize::from(columns), usize::from(rows));
        let tour = self.tour.as_ref();
        tour.map_or_else(Vec::new, |tour| tour.lines(size, &self.look))
    }

    /// The transcript that is looked at.
    pub fn shown(&self) -> &transcript::Pane {
        let saved = self.saved.as_ref();
        saved.map_or(&self.transcript, |saved| &saved.pane)
    }

    /// The same, to look at it in another way.
    pub fn shown_mut(&mut self) -> &mut transcript::Pane {
        match &mut self.saved {
            Some(saved) => &mut saved.pane,
            None => &mut self.transcript,
        }
    }

    /// What the session that is looked at is called.
    pub fn session_name(&self) -> String {
        let saved = self.saved.as_ref();
        saved.map_or_else(|| self.connection.name(), |saved| saved.name.clone())
    }

    /// What is there when a saved session is left.
    pub fn return_to(&self) -> ReturnTo {
        let session =
            self.connection.destination.is_some() || !self.transcript.transcript().is_empty();
        match (session, self.alone) {
            (true, _) => ReturnTo::Session,
            (false, true) => ReturnTo::Nothing,
            (false, false) => ReturnTo::Form,
        }
    }

    /// What has the keys: what is searched for is typed at the prompt, whatever had them before. A saved
    /// session has no other prompt.
    pub fn focus(&self) -> Focus {
        match self.saved {
            _ if self.prompt.searching == Some(Searching::Transcript) => Focus::Prompt,
            Some(_) => Focus::Transcript,
            None => self.focus,
        }
    }

    /// What is known where a line is typed.
    pub fn context(&self) -> Context<'_> {
        let connection = &self.connection;
        Context {
            lint: LintContext {
                status: &connection.status,
                port: connection
                    .destination
                    .as_ref()
                    .map_or(0, |destination| destination.plan.port),
                name: connection.own_name(),
                mail: &self.seen.mail,
                refused: self.seen.refused,
            },
            seen: &self.seen,
        }
    }

    /// Help with the line at the prompt. What is hidden gets none.
    pub fn assist(&self) -> Assist {
        if self.prompt.mode() != Mode::Command || self.prompt.is_hidden() {
            return Assist::default();
        }
        let (text, cursor) = self.prompt.typed();
        Assist::of(text, cursor, &self.context())
    }

    /// Takes the terminal's size.
    pub fn resize(&mut self, columns: u16, rows: u16) {
        self.size = (columns, rows);
        let area = self.areas().transcript;
        self.shown_mut()
            .resize(usize::from(area.width), usize::from(area.height));
    }

    /// Puts something over the screen that no key asked for. It waits until nobody types.
    pub fn interrupt(&mut self, popup: Popup) {
        self.popups.push(popup);
        self.interrupted = true;
    }

    /// Tells the user something.
    pub fn say(&mut self, text: impl Into<String>) {
        self.notice = Some(Notice {
            text: text.into(),
            warning: false,
            next: None,
        });
    }

    /// The session, or what comes of it, is not kept. The words go, the mark in the header stays.
    pub fn not_kept(&mut self, words: String) {
        self.unkept = true;
        self.warn(words);
    }

    /// Tells the user that something did not work.
    pub fn warn(&mut self, text: impl Into<String>) {
        self.notice = Some(Notice {
            text: text.into(),
            warning: true,
            next: None,
        });
    }
}
