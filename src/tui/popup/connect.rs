//! Where to connect: host, port, TLS, recent targets, and the practice server, which needs no
//! network.

use std::collections::BTreeMap;

use crossterm::event::{KeyCode, KeyEvent};
use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};
use ratatui::style::Style;
use ratatui::text::{Line, Span};

use super::Outcome;
use crate::config::{Profile, Target, TlsChoice, parse_port};
use crate::practice::Mood;
use crate::tui::editor::Editor;
use crate::tui::field;
use crate::tui::look::Look;

/// The port that stands in an empty form, as without a port on the command line.
const PORT: &str = "25";
const CHOICES: [(TlsChoice, &str); 4] = [
    (TlsChoice::Auto, "auto (465: at once)"),
    (TlsChoice::None, "none"),
    (TlsChoice::StartTls, "STARTTLS"),
    (TlsChoice::Implicit, "at once"),
];

/// What the form was left with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Wish {
    /// A server.
    Server(Target, TlsChoice),
    /// A server of the config, by its name there.
    Profile(String),
    /// The tour.
    Tour,
    /// The practice server, in a mood.
    Practice(Option<Mood>, TlsChoice),
}

/// Which part of the form has the cursor.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Field {
    Host,
    Port,
    Tls,
    List(usize),
}

/// The form.
#[derive(Debug)]
pub struct Form {
    host: Editor,
    port: Editor,
    tls: usize,
    recent: Vec<String>,
    /// Names of the config's servers, with what they stand for.
    profiles: Vec<(String, String)>,
    field: Field,
    error: Option<String>,
}

impl Form {
    /// A form with the config's servers and the recent targets, filled with `target` where there is
    /// one.
    pub fn new(
        recent: &[String],
        profiles: &BTreeMap<String, Profile>,
        target: Option<&Target>,
        tls: TlsChoice,
    ) -> Self {
        let words = |profile: &Profile| match profile.user.as_str() {
            "" => profile.target.to_string(),
            user => format!("{}, as {user}", profile.target),
        };
        let port = target.map_or_else(|| PORT.to_owned(), |target| target.port.to_string());
        Self {
            host: Editor::with_text(target.map_or("", |target| target.host.as_str())),
            port: Editor::with_text(&port),
            tls: CHOICES
                .iter()
                .position(|(choice, _)| *choice == tls)
                .unwrap_or_default(),
            recent: recent.to_vec(),
            profiles: profiles
                .iter()
                .map(|(name, profile)| (name.clone(), words(profile)))
                .collect(),
            field: Field::Host,
            error: None,
        }
    }

    pub(super) fn paste(&mut self, text: &str) {
        if let Some(editor) = self.editor() {
            // A paste too long for the editor is no host either.
            let _ = editor.paste(text.trim());
        }
    }

    pub(super) fn handle(&mut self, key: KeyEvent) -> Outcome {
        match key.code {
            KeyCode::Enter => return self.submit(),
            KeyCode::Tab | KeyCode::Down => self.move_on(true),
            KeyCode::BackTab | KeyCode::Up => self.move_on(false),
            KeyCode::Left if self.field == Field::Tls => self.tls = self.tls.saturating_sub(1),
            KeyCode::Right if self.field == Field::Tls => {
                self.tls = (self.tls + 1).min(CHOICES.len() - 1);
            }
            KeyCode::Char(' ') if self.field == Field::Tls => {
                self.tls = (self.tls + 1) % CHOICES.len();
            }
            _ => {
                if let Some(editor) = self.editor()
                    && editor.handle(key)
                {
                    self.error = None;
                }
            }
        }
        Outcome::Stay
    }

    fn editor(&mut self) -> Option<&mut Editor> {
        match self.field {
            Field::Host => Some(&mut self.host),
            Field::Port => Some(&mut self.port),
            Field::Tls | Field::List(_) => None,
        }
    }

    fn move_on(&mut self, on: bool) {
        let last = self.entries().len() - 1;
        self.field = match (self.field, on) {
            (Field::Host, true) => Field::Port,
            (Field::Port, true) => Field::Tls,
            (Field::Tls, true) => Field::List(0),
            (Field::List(at), true) if at < last => Field::List(at + 1),
            (Field::List(_), true) | (Field::Port, false) => Field::Host,
            (Field::Tls, false) => Field::Port,
            (Field::List(0), false) => Field::Tls,
            (Field::List(at), false) => Field::List(at - 1),
            (Field::Host, false) => Field::List(last),
        };
    }

    /// What can be chosen below the fields, with its words.
    fn entries(&self) -> Vec<(String, Option<Wish>)> {
        let choice = CHOICES[self.tls].0;
        let mut entries = vec![(
            "practice server: nothing leaves this machine".to_owned(),
            Some(Wish::Practice(None, choice)),
        )];
        entries.push((
            "tour: eight short lessons on the practice server".to_owned(),
            Some(Wish::Tour),
        ));
        for (name, words) in &self.profiles {
            let words = format!("{name}: {words}");
            entries.push((words, Some(Wish::Profile(name.clone()))));
        }
        for target in &self.recent {
            let wish = Target::parse(target)
                .ok()
                .map(|target| Wish::Server(target, choice));
            entries.push((target.clone(), wish));
        }
        for mood in Mood::ALL {
            let words = format!("practice, {}: {}", mood.name(), mood.words());
            entries.push((words, Some(Wish::Practice(Some(mood), choice))));
        }
        entries
    }

    fn submit(&mut self) -> Outcome {
        let choice = CHOICES[self.tls].0;
        if let Field::List(at) = self.field {
            let wish = self
                .entries()
                .into_iter()
                .nth(at)
                .and_then(|(_, wish)| wish);
            return wish.map_or(Outcome::Stay, Outcome::Connect);
        }
        match self.target() {
            Ok(target) => Outcome::Connect(Wish::Server(target, choice)),
            Err(error) => {
                self.error = Some(error);
                Outcome::Stay
            }
        }
    }

    /// The target of the fields. A whole target in the host's field comes before the port's field.
    fn target(&self) -> Result<Target, String> {
        let mut target = Target::parse(self.host.text()).map_err(|error| error.to_string())?;
        let host = self.host.text().trim();
        let bare = host == target.host || host == format!("[{}]", target.host);
        if bare {
            target.port = parse_port(self.port.text().trim()).map_err(|error| error.to_string())?;
        }
        Ok(target)
    }

    pub(super) fn draw(&self, screen: Rect, buffer: &mut Buffer, look: &Look) -> Option<Position> {
        let columns = usize::from(screen.width.saturating_sub(2)).clamp(1, 74);
        let entries = self.entries();
        let most = usize::from(screen.height).saturating_sub(2);
        let small = most < 12;
        let above = if small { 4 } else { 6 };
        let rows = (above + entries.len()).min(most);
        let title = "connect: Tab moves, Enter connects, Esc closes";
        let inner = super::frame(screen, (columns, rows), title, buffer, look);
        let row = |at: u16| Rect {
            y: inner.y + at,
            height: 1,
            ..inner
        };
        let fits = |at: u16| at < inner.height;
        let mut cursor = None;
        if fits(0) {
            let at = field::draw(&self.host, "Host  ", None, row(0), buffer, look);
            cursor = (self.field == Field::Host).then_some(at);
        }
        if fits(1) {
            let at = field::draw(&self.port, "Port  ", None, row(1), buffer, look);
            cursor = cursor.or((self.field == Field::Port).then_some(at));
        }
        if fits(2) {
            let line = self.tls_row(usize::from(inner.width), look);
            buffer.set_line(inner.x, inner.y + 2, &line, inner.width);
        }
        let words = match &self.error {
            Some(error) => Span::styled(error.clone(), look.theme.warn),
            None => Span::styled(
                "A host, host:port, [IPv6]:port, smtp:// or smtps://",
                look.theme.dim,
            ),
        };
        if fits(3) {
            buffer.set_span(inner.x, inner.y + 3, &words, inner.width);
        }
        if !small {
            let words = if self.recent.is_empty() {
                "Or (nothing recent yet):"
            } else {
                "Or, recent and practice:"
            };
            buffer.set_stringn(
                inner.x,
                inner.y + 5,
                words,
                usize::from(inner.width),
                look.theme.heading,
            );
        }
        let first_row = u16::try_from(above).unwrap_or(u16::MAX);
        let room = usize::from(inner.height.saturating_sub(first_row)).max(1);
        let chosen = if let Field::List(at) = self.field {
            Some(at)
        } else {
            None
        };
        let first = chosen.map_or(0, |at| (at + 1).saturating_sub(room));
        let below = inner.y.saturating_add(first_row)..inner.bottom();
        for ((at, (words, _)), y) in entries.iter().enumerate().skip(first).zip(below) {
            let style = if chosen == Some(at) {
                look.theme.chosen
            } else {
                Style::new()
            };
            let row = Line::from(Span::styled(format!("  {words} "), style));
            super::draw_row(buffer, Position { x: inner.x, y }, &row, inner.width, look);
        }
        cursor
    }

    fn tls_row(&self, columns: usize, look: &Look) -> Line<'static> {
        let mut spans = vec![Span::styled("TLS  ", look.theme.key)];
        let narrow = columns < 66;
        for (at, (_, words)) in CHOICES.iter().enumerate() {
            if narrow && at != self.tls {
                continue;
            }
            let mark = if at == self.tls { "(x)" } else { "( )" };
            let here = at == self.tls && self.field == Field::Tls;
            let style = if here {
                look.theme.chosen
            } else {
                Style::new()
            };
            spans.push(Span::styled(format!(" {mark} {words}"), style));
        }
        Line::from(spans)
    }
}
