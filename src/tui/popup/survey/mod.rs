//! The ports of a server, or whether it is in order: rows appear as they are found. A port can be chosen
//! to connect to it.

mod view;

use std::net::SocketAddr;
use std::ops::Range;

use crossterm::event::{KeyCode, KeyEvent};

use super::outcome::Outcome;
use crate::config::{Target, TlsChoice, TlsOverrides};
use crate::headless::check;
use crate::headless::ports::{Door, DoorState, Ports};
use crate::net::Security;
use crate::report::{Charset, page};
use crate::smtp::Secret;
use crate::tui::state::connect_request::ConnectRequest;
use crate::tui::state::survey::{Findings, SurveyNews};
use crate::tui::widget::hint::Hint;
use crate::tui::widget::list::List;
use crate::tui::widget::scroll::Scroll;

/// Columns of what is copied.
const TEXT_COLUMNS: usize = 80;

/// Where a survey stands.
#[derive(Debug, PartialEq, Eq)]
enum State {
    Running,
    Stopped,
    Done,
    Failed(String),
}

/// What a survey has found.
#[derive(Debug)]
pub struct Survey {
    /// The number of the survey. News of any other is dropped.
    number: u32,
    title: String,
    overrides: Box<TlsOverrides>,
    state: State,
    findings: Option<Findings>,
    /// Which port is chosen: at the end the one to use, unless the user has moved.
    list: List,
    moved: bool,
    scroll: Scroll,
    /// The rows that were drawn last for each port.
    places: Vec<Range<usize>>,
    /// Why a port cannot be connected to.
    error: Option<String>,
}

impl Survey {
    /// A survey of this number that has just begun.
    pub fn new(number: u32, title: String, overrides: Box<TlsOverrides>) -> Self {
        Self {
            number,
            title,
            overrides,
            state: State::Running,
            findings: None,
            list: List::default(),
            moved: false,
            scroll: Scroll::default(),
            places: Vec::new(),
            error: None,
        }
    }

    /// Takes news of a survey, if it is this one.
    pub fn take(&mut self, number: u32, news: SurveyNews) {
        if number != self.number || self.state != State::Running {
            return;
        }
        match news {
            SurveyNews::Part(findings) => self.findings = Some(findings),
            SurveyNews::Whole(findings) => {
                if let Findings::Ports(places, ports) = &findings
                    && let Some(best) = ports.best()
                    && !self.moved
                {
                    let at = places.iter().position(|place| *place == best.address);
                    self.list.choose(at.unwrap_or_default());
                }
                self.findings = Some(findings);
                self.state = State::Done;
            }
            SurveyNews::Failed(words) => self.state = State::Failed(words),
        }
    }

    /// Whether it still looks.
    pub fn is_running(&self) -> bool {
        self.state == State::Running
    }

    /// Stops it, or closes it if it has ended.
    pub(super) fn escape(&mut self) -> Outcome {
        if !self.is_running() {
            return Outcome::Close;
        }
        self.state = State::Stopped;
        Outcome::StopSurvey
    }

    pub(super) fn choose(&mut self, row: usize) {
        self.list.choose(row);
    }

    fn places(&self) -> &[SocketAddr] {
        match &self.findings {
            Some(Findings::Ports(places, _)) => places,
            Some(Findings::Check(_)) | None => &[],
        }
    }

    /// Whether Enter may connect to a port: once all were looked at, only if one takes connections.
    fn has_door(&self) -> bool {
        match &self.findings {
            Some(Findings::Ports(places, ports)) => {
                !places.is_empty()
                    && (self.is_running() || ports.doors.iter().any(takes_connections))
            }
            Some(Findings::Check(_)) | None => false,
        }
    }

    pub(super) fn handle(&mut self, key: KeyEvent) -> Outcome {
        self.error = None;
        let count = self.places().len();
        match key.code {
            KeyCode::Enter if self.has_door() => return self.connect(),
            KeyCode::Char('q') | KeyCode::Enter => return Outcome::Close,
            KeyCode::Char('y') if let Some(text) = self.as_text() => {
                return Outcome::Copy(Secret::new(text.into_bytes()));
            }
            KeyCode::Up | KeyCode::Char('k') if count > 0 => self.step(false),
            KeyCode::Down | KeyCode::Char('j') if count > 0 => self.step(true),
            key => _ = self.scroll.handle_as_less(key),
        }
        Outcome::Stay
    }

    /// Chooses the next port or the previous one; beyond the last, the text scrolls.
    fn step(&mut self, forward: bool) {
        self.moved = true;
        if !self.list.step(forward, self.places().len()) {
            let key = if forward { KeyCode::Down } else { KeyCode::Up };
            self.scroll.handle(key);
        } else if let Some(place) = self.places.get(self.list.chosen()) {
            self.scroll.reveal(place.end.saturating_sub(1));
            self.scroll.reveal(place.start);
        }
    }

    /// Connects to the chosen port with TLS as it was found there.
    fn connect(&mut self) -> Outcome {
        let Some(Findings::Ports(places, ports)) = &self.findings else {
            return Outcome::Stay;
        };
        let Some(place) = places.get(self.list.chosen()) else {
            return Outcome::Stay;
        };
        let Some(door) = door_of(ports, *place) else {
            self.error = Some(format!("port {}: nothing is known yet", place.port()));
            return Outcome::Stay;
        };
        if !takes_connections(door) {
            self.error = Some(format!("port {} takes no connection", place.port()));
            return Outcome::Stay;
        }
        let tls = match (door.security, &door.survey.tls) {
            (Security::Implicit, _) => TlsChoice::Implicit,
            (_, Some(_)) => TlsChoice::StartTls,
            (_, None) => TlsChoice::None,
        };
        let target = Target {
            host: ports.host.clone(),
            port: place.port(),
            smtps: false,
            starttls: false,
            mx: false,
        };
        Outcome::Connect(ConnectRequest::Server(target, tls, self.overrides.clone()))
    }

    pub(super) fn hints(&self) -> Vec<Hint> {
        let mut hints = Vec::new();
        let enter = if self.has_door() { "connect" } else { "close" };
        hints.push(Hint::new("Enter", enter));
        if !self.places().is_empty() {
            hints.push(Hint::new("Up Down", "choose"));
        }
        if self.findings.is_some() {
            hints.push(Hint::new("y", "copy"));
        }
        hints.extend(self.scroll.hint());
        hints
    }

    /// What was found, as text.
    fn as_text(&self) -> Option<String> {
        let page = match self.findings.as_ref()? {
            Findings::Ports(_, ports) => ports.page(),
            Findings::Check(report) => check::page(report),
        };
        let rows = page::rows(&page, TEXT_COLUMNS, Charset::Utf8);
        let rows = rows.into_iter().map(|row| row.text + "\n");
        Some(rows.collect())
    }
}

fn takes_connections(door: &Door) -> bool {
    let state = door.state();
    !matches!(
        state,
        DoorState::Refused | DoorState::TimedOut | DoorState::Unreachable
    )
}

/// What is behind a port, if that is known.
fn door_of(ports: &Ports, place: SocketAddr) -> Option<&Door> {
    ports.doors.iter().find(|door| door.address == place)
}
