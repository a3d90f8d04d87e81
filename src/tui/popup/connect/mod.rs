//! Where to connect: host, port, TLS, then profiles, recent targets and the practice server, which
//! needs no network. A second page has the TLS settings.

mod entry;
mod tls_page;

use std::collections::BTreeMap;

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use ratatui::layout::{Position, Rect};
use ratatui::text::{Line, Span};

use self::entry::Entry;
use self::tls_page::TlsPage;
use super::outcome::Outcome;
use crate::config::{
    Profile, RecentTarget, Target, TlsChoice, TlsField, TlsOverrideError, TlsOverrides, parse_port,
};
use crate::net::Verify;
use crate::report::text;
use crate::tui::state::connect_request::ConnectRequest;
use crate::tui::widget::canvas::{Canvas, below, inner_columns, inner_rows, top};
use crate::tui::widget::click::Click;
use crate::tui::widget::form::{Field, Form};
use crate::tui::widget::hint::Hint;
use crate::tui::widget::list::List;
use crate::tui::widget::look::Look;

/// The port in an empty form: the default of the command line.
const PORT: &str = "25";
/// The number of the field of the host.
const HOST: usize = 0;
/// The number of the field that says when TLS begins.
const TLS: usize = 2;
/// When TLS begins, and the words for each choice.
const CHOICES: [TlsChoice; 4] = [
    TlsChoice::Auto,
    TlsChoice::None,
    TlsChoice::StartTls,
    TlsChoice::Implicit,
];
const CHOICE_WORDS: &[&str] = &["auto (465: implicit)", "none", "STARTTLS", "implicit"];

/// The maximum number of rows of an error.
const ERROR_ROWS: usize = 4;
/// Below this many rows a heading is left out.
const SMALL: usize = 12;

/// The field that says when TLS begins.
fn tls_field(tls: TlsChoice) -> Field {
    let at = CHOICES.iter().position(|choice| *choice == tls);
    Field::choice("TLS", CHOICE_WORDS, at.unwrap_or_default())
}

/// The connect form.
#[derive(Debug)]
pub struct ConnectForm {
    /// Host, port, TLS. If none of them has the focus, the list has it.
    server: Form,
    list: List,
    recent: Vec<RecentTarget>,
    /// The TLS choice in the form, while that of a recent target is shown in its place.
    own_tls: Option<TlsChoice>,
    /// Names of profiles with descriptions of their servers.
    profiles: Vec<(String, String)>,
    tls: TlsPage,
    /// Whether the page with the TLS settings is shown.
    tls_shown: bool,
    error: Option<String>,
}

impl ConnectForm {
    /// A form with the profiles of the config and the recent targets. Initially it shows `target`, if
    /// there is one, and these TLS settings.
    pub fn new(
        recent: &[RecentTarget],
        profiles: &BTreeMap<String, Profile>,
        target: Option<&Target>,
        tls: TlsChoice,
        overrides: TlsOverrides,
    ) -> Self {
        let description = |profile: &Profile| match profile.user.as_str() {
            "" => profile.target.to_string(),
            user => format!("{}, as {user}", profile.target),
        };
        let port = target.map_or_else(|| PORT.to_owned(), |target| target.port.to_string());
        Self {
            server: Form::new(vec![
                Field::text("Host", target.map_or("", |target| target.host.as_str())),
                Field::text("Port", &port),
                tls_field(tls),
            ]),
            list: List::default(),
            recent: recent.to_vec(),
            own_tls: None,
            profiles: profiles
                .iter()
                .map(|(name, profile)| (name.clone(), description(profile)))
                .collect(),
            tls: TlsPage::new(overrides),
            tls_shown: false,
            error: None,
        }
    }

    /// Shows an error in the TLS settings, on their page.
    pub fn show_tls_error(&mut self, error: &TlsOverrideError) {
        if let TlsOverrideError::Invalid { field, .. } = error {
            self.tls.focus_on(*field);
        }
        self.tls_shown = true;
        self.show_error(&error.to_string());
    }

    /// Shows the TLS settings, with the focus on this one.
    pub fn show_tls_setting(&mut self, field: TlsField) {
        self.tls.focus_on(field);
        self.tls_shown = true;
    }

    /// Shows an error.
    pub fn show_error(&mut self, words: &str) {
        self.error = Some(text::without_os_code(words).into_owned());
    }

    pub(super) fn is_on_second_page(&self) -> bool {
        self.tls_shown
    }

    pub(super) fn takes_text(&self) -> bool {
        let form = if self.tls_shown {
            &self.tls.form
        } else {
            &self.server
        };
        form.takes_text()
    }

    pub(super) fn choose(&mut self, row: usize) {
        self.server.leave();
        self.list.choose(row);
        self.fill_in_tls();
    }

    pub(super) fn hints(&self) -> Vec<Hint> {
        let form = if self.tls_shown {
            &self.tls.form
        } else {
            &self.server
        };
        let mut hints = vec![Hint::new("Enter", "connect"), Hint::new("Tab", "next")];
        if form.takes_space() {
            hints.push(Hint::new("Space", "change"));
        }
        let other = if self.tls_shown {
            "server"
        } else {
            "TLS settings"
        };
        hints.push(Hint::new("^T", other));
        hints
    }

    pub(super) fn paste(&mut self, text: &str) {
        self.error = None;
        let form = if self.tls_shown {
            &mut self.tls.form
        } else {
            &mut self.server
        };
        // A paste that is too long cannot be a value.
        let _ = form.paste(text.trim());
    }

    /// Goes back from the TLS settings to the server, or closes the form.
    pub(super) fn back(&mut self) -> Outcome {
        if std::mem::take(&mut self.tls_shown) {
            self.error = None;
            return Outcome::Stay;
        }
        Outcome::Close
    }

    pub(super) fn handle(&mut self, key: KeyEvent) -> Outcome {
        if key.modifiers == KeyModifiers::CONTROL && key.code == KeyCode::Char('t') {
            self.tls_shown = !self.tls_shown;
            self.error = None;
            return Outcome::Stay;
        }
        match key.code {
            KeyCode::Enter => return self.submit(),
            KeyCode::Tab | KeyCode::Down => self.move_focus(true),
            KeyCode::BackTab | KeyCode::Up => self.move_focus(false),
            // A host typed over the list, or over a choice, is not lost.
            KeyCode::Char(letter)
                if !self.tls_shown
                    && letter != ' '
                    && key.modifiers.difference(KeyModifiers::SHIFT).is_empty()
                    && (self.is_in_list() || self.server.focus() == Some(TLS)) =>
            {
                self.server.focus_on(HOST);
                self.server.handle(key);
                self.error = None;
            }
            code if !self.tls_shown && self.is_in_list() => {
                self.list.handle(code, self.entries().len());
            }
            _ => {
                let edited = if self.tls_shown {
                    self.tls.form.handle(key)
                } else {
                    self.server.handle(key)
                };
                if edited {
                    self.error = None;
                }
            }
        }
        self.fill_in_tls();
        Outcome::Stay
    }

    fn is_in_list(&self) -> bool {
        self.server.focus().is_none()
    }

    /// Moves the focus through the fields and the list.
    fn move_focus(&mut self, forward: bool) {
        if self.tls_shown {
            return self.tls.form.step_round(forward);
        }
        let count = self.entries().len();
        if self.is_in_list() && self.list.step(forward, count) {
            return;
        }
        self.server.step_out(forward);
        if self.is_in_list() {
            self.list.choose(if forward { 0 } else { count - 1 });
        }
    }

    /// The rows of the list with their words.
    fn entries(&self) -> Vec<(String, Entry)> {
        entry::all(&self.profiles, &self.recent)
    }

    /// The chosen row of the list, if the list has the focus.
    fn chosen_entry(&self) -> Option<Entry> {
        if !self.is_in_list() {
            return None;
        }
        let entry = self.entries().into_iter().nth(self.list.chosen());
        entry.map(|(_, entry)| entry)
    }

    fn submit(&mut self) -> Outcome {
        let overrides = match self.tls.overrides() {
            Ok(overrides) => Box::new(overrides),
            Err(error) => {
                self.show_tls_error(&error);
                return Outcome::Stay;
            }
        };
        let tls = self.tls_choice();
        Outcome::Connect(match self.chosen_entry() {
            Some(Entry::Practice(moods)) => ConnectRequest::Practice(moods, tls, overrides),
            Some(Entry::Tour) => ConnectRequest::Tour,
            Some(Entry::Profile(name)) => ConnectRequest::Profile(name),
            Some(Entry::Recent(recent)) => {
                let mut overrides = overrides;
                if recent.verified {
                    overrides.verify.get_or_insert(Verify::Require);
                }
                ConnectRequest::Server(recent.target, tls, overrides)
            }
            None => match self.target() {
                Ok(target) => ConnectRequest::Server(target, tls, overrides),
                Err(error) => {
                    self.tls_shown = false;
                    self.error = Some(error);
                    return Outcome::Stay;
                }
            },
        })
    }

    /// When TLS begins.
    fn tls_choice(&self) -> TlsChoice {
        let words = self.server.value_of("TLS");
        let mut all = CHOICES.into_iter().zip(CHOICE_WORDS);
        all.find(|(_, other)| **other == words)
            .map_or(TlsChoice::Auto, |(choice, _)| choice)
    }

    /// Shows the TLS choice that is remembered with the chosen target, or again that of the form.
    fn fill_in_tls(&mut self) {
        let own = self.own_tls.unwrap_or_else(|| self.tls_choice());
        let remembered = match self.chosen_entry() {
            Some(Entry::Recent(recent)) => Some(recent.tls),
            _ => None,
        };
        self.own_tls = remembered.map(|_| own);
        if let Some(field) = self.server.field_mut(TLS) {
            *field = tls_field(remembered.unwrap_or(own));
        }
    }

    /// The target in the fields. If the host's field names a port, that one counts.
    fn target(&self) -> Result<Target, String> {
        let host = self.server.value_of("Host");
        let mut target = Target::parse(host).map_err(|error| error.to_string())?;
        let host = host.trim();
        let without_port = host == target.host || host == format!("[{}]", target.host);
        if without_port {
            let port = self.server.value_of("Port").trim();
            target.port = parse_port(port).map_err(|error| error.to_string())?;
        }
        Ok(target)
    }

    /// The TLS settings that apply to what has the focus, in a few words.
    fn tls_summary(&self, look: &Look) -> String {
        match self.chosen_entry() {
            Some(Entry::Profile(_)) => "from the profile".to_owned(),
            Some(Entry::Tour) => "not used for the tour".to_owned(),
            _ => text::visible(self.tls.summary().as_bytes(), look.charset),
        }
    }

    pub(super) fn draw(&self, screen: Rect, canvas: &mut Canvas<'_>) -> Option<Position> {
        if self.tls_shown {
            return self.tls.draw(self.error.as_deref(), screen, canvas);
        }
        let look = canvas.look;
        let columns = inner_columns(screen);
        let entries = self.entries();
        let most = inner_rows(screen);
        let small = most < SMALL;
        let (words, style) = match &self.error {
            Some(error) => (error.as_str(), look.theme.warn),
            None => (
                "A host, host:port, [IPv6]:port, smtps://host or @domain (its MX)",
                look.theme.dim,
            ),
        };
        let mut words = text::words(words, columns, look.charset);
        words.truncate(ERROR_ROWS);
        let mut lines: Vec<Line<'_>> = words
            .into_iter()
            .map(|row| Line::styled(row, style))
            .collect();
        lines.push(Line::from(vec![
            Span::styled("^T", look.theme.key),
            Span::raw("  TLS settings: "),
            Span::raw(self.tls_summary(look)),
        ]));
        if !small {
            let words = if self.recent.is_empty() {
                "Or choose (no recent servers yet):"
            } else {
                "Or choose a recent or practice server:"
            };
            lines.push(Line::styled(words, look.theme.heading));
        }
        let fields = self.server.len();
        let rows = (fields + lines.len() + entries.len()).min(most);
        let title = "Connect";
        let inner = canvas.frame(screen, (columns, rows), title);
        let cursor = self.server.draw(top(inner, fields), canvas);
        let area = below(inner, fields);
        canvas.rows(&lines, area);
        let area = below(area, lines.len());
        let entry = |(words, _)| Line::from(format!("  {words} "));
        let entries: Vec<Line<'_>> = entries.into_iter().map(entry).collect();
        if self.is_in_list() {
            self.list.draw(&entries, area, canvas);
        } else {
            canvas.rows(&entries, area);
            for (at, row) in area.rows().take(entries.len()).enumerate() {
                canvas.clicks.push(row, Click::Row(at));
            }
        }
        cursor
    }
}
