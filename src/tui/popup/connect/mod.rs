//! Where to connect: host, port, TLS, recent targets, and the practice server, which needs no
//! network. A second page has the choices about TLS.

mod choices;

use std::collections::BTreeMap;

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};
use ratatui::style::Style;
use ratatui::text::{Line, Span};

use self::choices::Choices;
use super::Outcome;
use crate::config::{Profile, Target, TlsChoice, TlsOverrideError, TlsOverrides, parse_port};
use crate::practice::Mood;
use crate::report::text;
use crate::tui::widget::form::{Field, Fields};
use crate::tui::widget::frame;
use crate::tui::widget::look::Look;

/// The port that stands in an empty form, as without a port on the command line.
const PORT: &str = "25";
/// When TLS begins, and the words for that.
const CHOICES: [TlsChoice; 4] = [
    TlsChoice::Auto,
    TlsChoice::None,
    TlsChoice::StartTls,
    TlsChoice::Implicit,
];
const CHOICE_WORDS: &[&str] = &["auto (465: at once)", "none", "STARTTLS", "at once"];
/// The fields, in their order.
const HOST: usize = 0;
const TLS: usize = 2;

/// Rows that what is wrong may take.
const WORDS_ROWS: usize = 4;

/// What the form was left with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ConnectRequest {
    /// A server, when TLS begins, and what is said about the handshake.
    Server(Target, TlsChoice, Box<TlsOverrides>),
    /// A server of the config, by its name there.
    Profile(String),
    /// The tour.
    Tour,
    /// The practice server in these moods.
    Practice(Vec<Mood>, TlsChoice, Box<TlsOverrides>),
}

/// A line of the list below the fields.
#[derive(Clone, Debug)]
enum Entry {
    Practice(Vec<Mood>),
    Tour,
    Profile(String),
    /// One that was connected to before; it was written by this program.
    Recent(Target),
}

/// The form.
#[derive(Debug)]
pub struct Form {
    /// Host, port, TLS.
    server: Fields,
    /// Which line of the list has the cursor, where no field has it.
    listed: Option<usize>,
    recent: Vec<String>,
    /// Names of the config's servers, with what they stand for.
    profiles: Vec<(String, String)>,
    choices: Choices,
    /// The choices about TLS are shown.
    opened: bool,
    error: Option<String>,
}

impl Form {
    /// A form with the config's servers and the recent targets, filled with `target` where there is
    /// one, and with what is `overrides` about the handshake.
    pub fn new(
        recent: &[String],
        profiles: &BTreeMap<String, Profile>,
        target: Option<&Target>,
        tls: TlsChoice,
        overrides: TlsOverrides,
    ) -> Self {
        let words = |profile: &Profile| match profile.user.as_str() {
            "" => profile.target.to_string(),
            user => format!("{}, as {user}", profile.target),
        };
        let port = target.map_or_else(|| PORT.to_owned(), |target| target.port.to_string());
        let tls = CHOICES.iter().position(|choice| *choice == tls);
        Self {
            server: Fields::new(vec![
                Field::text("Host", target.map_or("", |target| target.host.as_str())),
                Field::text("Port", &port),
                Field::word("TLS", CHOICE_WORDS, tls.unwrap_or_default()),
            ]),
            listed: None,
            recent: recent.to_vec(),
            profiles: profiles
                .iter()
                .map(|(name, profile)| (name.clone(), words(profile)))
                .collect(),
            choices: Choices::new(overrides),
            opened: false,
            error: None,
        }
    }

    /// Says what is wrong with the choices about TLS, with the cursor there.
    pub fn complain(&mut self, error: &TlsOverrideError) {
        if let TlsOverrideError::Invalid { field, .. } = error {
            self.choices.go_to(*field);
        }
        self.opened = true;
        self.error = Some(error.to_string());
    }

    /// Says what is wrong with what was chosen.
    pub fn tell(&mut self, words: String) {
        self.error = Some(words);
    }

    pub(super) fn paste(&mut self, text: &str) {
        self.error = None;
        if self.opened {
            self.choices.fields.paste(text.trim());
        } else if self.listed.is_none() {
            self.server.paste(text.trim());
        }
    }

    /// Back from the choices to the server, and from the server away.
    pub(super) fn back(&mut self) -> Outcome {
        if std::mem::take(&mut self.opened) {
            self.error = None;
            return Outcome::Stay;
        }
        Outcome::Close
    }

    pub(super) fn handle(&mut self, key: KeyEvent) -> Outcome {
        if key.modifiers == KeyModifiers::CONTROL && key.code == KeyCode::Char('t') {
            self.opened = !self.opened;
            self.error = None;
            return Outcome::Stay;
        }
        match key.code {
            KeyCode::Enter => return self.submit(),
            KeyCode::Tab | KeyCode::Down => self.move_on(true),
            KeyCode::BackTab | KeyCode::Up => self.move_on(false),
            _ => {
                let edited = if self.opened {
                    self.choices.fields.handle(key)
                } else {
                    self.listed.is_none() && self.server.handle(key)
                };
                if edited {
                    self.error = None;
                }
            }
        }
        Outcome::Stay
    }

    fn move_on(&mut self, on: bool) {
        if self.opened {
            return self.choices.fields.step_round(on);
        }
        let last = self.entries().len() - 1;
        match (self.listed, on) {
            (None, _) if self.server.step(on) => {}
            (None, true) => self.listed = Some(0),
            (None, false) => self.listed = Some(last),
            (Some(at), true) if at < last => self.listed = Some(at + 1),
            (Some(at), false) if at > 0 => self.listed = Some(at - 1),
            (Some(_), on) => {
                self.listed = None;
                self.server.go_to(if on { HOST } else { TLS });
            }
        }
    }

    /// What can be chosen below the fields, with its words.
    fn entries(&self) -> Vec<(String, Entry)> {
        let mut entries = vec![(
            "practice server: nothing leaves this machine".to_owned(),
            Entry::Practice(Vec::new()),
        )];
        entries.push((
            "tour: eight short lessons on the practice server".to_owned(),
            Entry::Tour,
        ));
        for (name, words) in &self.profiles {
            let words = format!("{name}: {words}");
            entries.push((words, Entry::Profile(name.clone())));
        }
        for target in &self.recent {
            if let Ok(parsed) = Target::parse(target) {
                entries.push((target.clone(), Entry::Recent(parsed)));
            }
        }
        for mood in Mood::ALL {
            let words = format!("practice, {}: {}", mood.name(), mood.description());
            entries.push((words, Entry::Practice(vec![mood])));
        }
        entries
    }

    fn submit(&mut self) -> Outcome {
        let overrides = match self.choices.overrides() {
            Ok(overrides) => Box::new(overrides),
            Err(error) => {
                self.complain(&error);
                return Outcome::Stay;
            }
        };
        let tls = self.tls();
        let entry = self
            .listed
            .and_then(|at| self.entries().into_iter().nth(at));
        Outcome::Connect(match entry {
            Some((_, Entry::Practice(moods))) => ConnectRequest::Practice(moods, tls, overrides),
            Some((_, Entry::Tour)) => ConnectRequest::Tour,
            Some((_, Entry::Profile(name))) => ConnectRequest::Profile(name),
            Some((_, Entry::Recent(target))) => ConnectRequest::Server(target, tls, overrides),
            None => match self.target() {
                Ok(target) => ConnectRequest::Server(target, tls, overrides),
                Err(error) => {
                    self.opened = false;
                    self.error = Some(error);
                    return Outcome::Stay;
                }
            },
        })
    }

    /// When TLS is to begin.
    fn tls(&self) -> TlsChoice {
        let words = self.server.value("TLS");
        let mut all = CHOICES.into_iter().zip(CHOICE_WORDS);
        all.find(|(_, other)| **other == words)
            .map_or(TlsChoice::Auto, |(choice, _)| choice)
    }

    /// The target of the fields. A whole target in the host's field comes before the port's field.
    fn target(&self) -> Result<Target, String> {
        let host = self.server.value("Host");
        let mut target = Target::parse(host).map_err(|error| error.to_string())?;
        let host = host.trim();
        let bare = host == target.host || host == format!("[{}]", target.host);
        if bare {
            let port = self.server.value("Port").trim();
            target.port = parse_port(port).map_err(|error| error.to_string())?;
        }
        Ok(target)
    }

    /// The choices about TLS that count where the cursor stands.
    fn summary(&self, look: &Look) -> String {
        let entry = self
            .listed
            .and_then(|at| self.entries().into_iter().nth(at));
        match entry {
            Some((_, Entry::Profile(_))) => "those of the profile".to_owned(),
            Some((_, Entry::Tour)) => "not for the tour".to_owned(),
            _ => text::visible(self.choices.summary().as_bytes(), look.charset),
        }
    }

    pub(super) fn draw(&self, screen: Rect, buffer: &mut Buffer, look: &Look) -> Option<Position> {
        if self.opened {
            let error = self.error.as_deref();
            return self.choices.draw(error, screen, buffer, look);
        }
        let columns = usize::from(screen.width.saturating_sub(2)).clamp(1, 74);
        let entries = self.entries();
        let most = usize::from(screen.height).saturating_sub(2);
        let small = most < 12;
        let (words, style) = match &self.error {
            Some(error) => (error.as_str(), look.theme.warn),
            None => (
                "A host, host:port, [IPv6]:port, smtp:// or smtps://",
                look.theme.dim,
            ),
        };
        let mut words = text::words(words, columns, look.charset);
        words.truncate(WORDS_ROWS);
        let above = words.len() + if small { 4 } else { 5 };
        let rows = (above + entries.len()).min(most);
        let title = "connect: Tab moves, Enter connects, Esc closes";
        let inner = frame::frame(screen, (columns, rows), title, buffer, look);
        let fields = Rect {
            height: inner.height.min(3),
            ..inner
        };
        let has_keys = self.listed.is_none();
        let cursor = self.server.draw(has_keys, fields, buffer, look);
        let mut lines: Vec<Line<'_>> = words
            .into_iter()
            .map(|row| Line::styled(row, style))
            .collect();
        lines.push(Line::from(vec![
            Span::styled("^T", look.theme.key),
            Span::raw("  TLS choices: "),
            Span::raw(self.summary(look)),
        ]));
        if !small {
            let words = if self.recent.is_empty() {
                "Or (nothing recent yet):"
            } else {
                "Or, recent and practice:"
            };
            lines.push(Line::from(Span::styled(words, look.theme.heading)));
        }
        let room = usize::from(inner.height).saturating_sub(above).max(1);
        let first = self.listed.map_or(0, |at| (at + 1).saturating_sub(room));
        for (at, (words, _)) in entries.iter().enumerate().skip(first) {
            let style = if self.listed == Some(at) {
                look.theme.chosen
            } else {
                Style::new()
            };
            lines.push(Line::from(Span::styled(format!("  {words} "), style)));
        }
        frame::draw_rows(&lines, inner, TLS + 1, buffer, look);
        cursor
    }
}
