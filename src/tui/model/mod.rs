//! All state of the screen. Nothing here draws, waits or touches a file.

pub mod keys;
pub mod layout;
pub mod preferences;
pub mod session;

use std::time::Instant;

use ratatui::text::Line;

pub use self::preferences::Preferences;
pub use self::session::{CtrlC, Focus, Session};
use crate::config::RecentTarget;
use crate::record::Record;
use crate::tui::keymap::Action;
use crate::tui::model::layout::Areas;
use crate::tui::pane::prompt::Mode;
use crate::tui::popup::Popup;
use crate::tui::state::news::News;
use crate::tui::state::session_id::SessionId;
use crate::tui::widget::click::Clicks;
use crate::tui::widget::look::Look;

/// The maximum number of live sessions.
pub const LIVE_CAP: usize = 8;

/// How many commands that were run are remembered.
const USED_CAP: usize = 20;

/// What is shown after a saved session is closed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AfterClose {
    /// The session shown before, which has something to show.
    Session,
    /// The connect form: not connected to any server yet.
    Form,
    /// The program ends: it was started only for this file.
    Exit,
}

/// The sessions, and what they share. There is always a live one.
#[derive(Debug)]
pub struct Model {
    /// Theme and characters.
    pub look: Look,
    /// The settings the program was started with.
    pub preferences: Preferences,
    /// The terminal's columns and rows.
    pub size: (u16, u16),
    /// The time of the last message.
    pub now: Instant,
    /// Targets connected to before, latest first.
    pub recent: Vec<RecentTarget>,
    /// Commands that were run by name or from the menu, latest first.
    pub used: Vec<Action>,
    /// Whether the program was started only to show a saved session.
    pub viewer_only: bool,
    /// While leaving with QUIT: when the program ends at the latest. It ends before if no session is open
    /// any more.
    pub leaving: Option<Instant>,
    /// What a click on the screen stands for, as it was drawn last.
    pub clicks: Clicks,
    /// The shown session, or while a message is handled, the session it is for.
    pub session: Box<Session>,
    /// All others, the one shown latest last.
    others: Vec<Box<Session>>,
    /// The id for the next session.
    next_id: SessionId,
}

impl Model {
    /// One live session, not connected.
    pub fn new(look: Look, preferences: Preferences, size: (u16, u16), now: Instant) -> Self {
        let pane = preferences.transcript();
        Self {
            look,
            preferences,
            size,
            now,
            recent: Vec::new(),
            used: Vec::new(),
            viewer_only: false,
            leaving: None,
            clicks: Clicks::default(),
            session: Box::new(Session::live(SessionId::FIRST, pane)),
            others: Vec::new(),
            next_id: SessionId::FIRST.next(),
        }
    }

    /// Notes that a command was run by name or from the menu.
    pub fn note_used(&mut self, action: Action) {
        self.used.retain(|used| *used != action);
        self.used.insert(0, action);
        self.used.truncate(USED_CAP);
    }

    /// All sessions, the shown one first.
    pub fn sessions(&self) -> impl Iterator<Item = &Session> {
        let others = self.others.iter().rev();
        std::iter::once(&self.session)
            .chain(others)
            .map(|session| &**session)
    }

    /// Each session by number: whether it is shown, and what came in it.
    pub fn overview(&self) -> Vec<(usize, bool, Option<News>)> {
        let shown = self.session.id;
        let all = self.sessions();
        let mut all: Vec<_> = all
            .map(|session| (session.number, session.id == shown, session.news))
            .collect();
        all.sort_unstable_by_key(|(number, ..)| *number);
        all
    }

    /// The live session: the shown one if it is live, else the one shown latest.
    pub fn live(&self) -> &Session {
        let live = self.sessions().find(|session| session.is_live());
        live.unwrap_or(&self.session)
    }

    /// See [`live`](Self::live).
    pub fn live_mut(&mut self) -> &mut Session {
        if self.session.is_live() {
            return &mut self.session;
        }
        let at = self.others.iter().rposition(|session| session.is_live());
        match at {
            Some(at) => &mut self.others[at],
            None => &mut self.session,
        }
    }

    /// Opens a saved session in front of the others.
    pub fn open(&mut self, name: String, record: Record) {
        let id = self.next_id;
        self.put_in_front(Session::saved(id, name, record, self.preferences.wrap));
    }

    /// Opens another live session. `false` if there are too many already.
    pub fn open_live(&mut self) -> bool {
        let live = self.sessions().filter(|session| session.is_live()).count();
        if live >= LIVE_CAP {
            return false;
        }
        let pane = self.preferences.transcript();
        self.put_in_front(Session::live(self.next_id, pane));
        true
    }

    fn put_in_front(&mut self, mut session: Session) {
        self.next_id = session.id.next();
        let taken = |number: &usize| self.sessions().any(|other| other.number == *number);
        session.number = (1..).find(|number| !taken(number)).unwrap_or_default();
        let before = std::mem::replace(&mut self.session, Box::new(session));
        self.others.push(before);
        self.resize(self.size.0, self.size.1);
    }

    /// Closes the session that is shown, and shows the one before. The last live one stays.
    pub fn close(&mut self) {
        let is_last = self.session.is_live() && !self.others.iter().any(|other| other.is_live());
        if !is_last && let Some(before) = self.others.pop() {
            self.session = before;
            self.session.news = None;
            self.resize(self.size.0, self.size.1);
        }
    }

    /// Shows the session of this number. `false` if there is none.
    pub fn show(&mut self, number: usize) -> bool {
        if self.session.number == number {
            return true;
        }
        let Some(at) = self.others.iter().position(|other| other.number == number) else {
            return false;
        };
        let wanted = self.others.remove(at);
        let before = std::mem::replace(&mut self.session, wanted);
        self.others.push(before);
        self.session.news = None;
        self.resize(self.size.0, self.size.1);
        true
    }

    /// Shows the live session: the one shown latest.
    pub fn show_live(&mut self) {
        let number = self.live().number;
        self.show(number);
    }

    /// Notes what came in the session of this id, if another one is shown.
    pub fn note_news(&mut self, id: SessionId, news: News) {
        if let Some(other) = self.others.iter_mut().find(|session| session.id == id) {
            other.news = other.news.max(Some(news));
        }
    }

    /// Runs `act` with the session of this id as the shown one. `None` if it is closed.
    pub fn with_session<T>(
        &mut self,
        id: SessionId,
        act: impl FnOnce(&mut Self) -> T,
    ) -> Option<T> {
        if self.session.id == id {
            return Some(act(self));
        }
        let at = self.others.iter().position(|session| session.id == id)?;
        let shown = self.session.id;
        std::mem::swap(&mut self.session, &mut self.others[at]);
        let done = act(self);
        // A session that `act` opened stays in front.
        if self.session.id == id
            && let Some(at) = self.others.iter().position(|session| session.id == shown)
        {
            std::mem::swap(&mut self.session, &mut self.others[at]);
        }
        Some(done)
    }

    /// The session that is shown after the shown one is closed; the shown one if there is no other.
    pub fn before(&self) -> &Session {
        self.others.last().unwrap_or(&self.session)
    }

    /// Where the parts of the screen are.
    pub fn areas(&self) -> Areas {
        if !self.session.is_live() {
            return Areas::of(self.size, 0, false, |_| 1);
        }
        let session = &self.session;
        let message = session.prompt.mode() == Mode::Message;
        Areas::of(self.size, self.tour_lines().len(), message, |most| {
            // The attachments have a row below the text.
            let attached = message && !session.draft.attachments.is_empty();
            (session.prompt.rows(most) + usize::from(attached)).min(most)
        })
    }

    /// The strip of the tour; empty without a tour.
    pub fn tour_lines(&self) -> Vec<Line<'static>> {
        let (columns, rows) = self.size;
        let size = (usize::from(columns), usize::from(rows));
        let tour = self.session.tour.as_ref();
        let connection = &self.session.connection;
        let connected = connection.is_up() || connection.is_connecting();
        tour.map_or_else(Vec::new, |tour| {
            tour.lines(size, connected, connection.tls.is_some(), &self.look)
        })
    }

    /// What is shown after the saved session is closed.
    pub fn after_close(&self) -> AfterClose {
        let begun = self.others.last().is_some_and(|before| {
            before.connection.destination.is_some() || !before.transcript.transcript().is_empty()
        });
        match (begun, self.viewer_only) {
            (true, _) => AfterClose::Session,
            (false, true) => AfterClose::Exit,
            (false, false) => AfterClose::Form,
        }
    }

    /// Takes the terminal's size.
    pub fn resize(&mut self, columns: u16, rows: u16) {
        self.size = (columns, rows);
        let areas = self.areas();
        let area = areas.transcript;
        let pane = &mut self.session.transcript;
        pane.resize(usize::from(area.width), usize::from(area.height));
        pane.set_sidebar(!areas.sidebar.is_empty());
    }

    /// See [`Session::interrupt`].
    pub fn interrupt(&mut self, popup: Popup) {
        self.session.interrupt(popup);
    }

    /// See [`Session::say`].
    pub fn say(&mut self, text: impl Into<String>) {
        self.session.say(text);
    }

    /// See [`Session::warn`].
    pub fn warn(&mut self, text: impl Into<String>) {
        self.session.warn(text);
    }
}
