//! Templates: a list that is filtered by typing, and the form of the chosen template, with its octets
//! before they are sent.

pub mod filled;

use crossterm::event::{KeyCode, KeyEvent};
use ratatui::layout::{Position, Rect};
use ratatui::text::{Line, Span};

use self::filled::{Filled, TemplateForm, TemplateValues, unavailable};
use super::outcome::{Outcome, Payload};
use crate::manual::{Template, TemplateKind};
use crate::report::text;
use crate::smtp::{Secret, SessionStatus};
use crate::tui::widget::canvas::{Canvas, below, inner_columns, inner_rows, top};
use crate::tui::widget::hex::hex_rows;
use crate::tui::widget::hint::Hint;
use crate::tui::widget::list::FilteredList;
use crate::tui::widget::look::Look;

/// Width of the column of template names.
const NAME: usize = 24;

/// The templates, and the form of the one that is open.
#[derive(Debug)]
pub struct Templates {
    list: FilteredList,
    rows: Vec<Row>,
    open: Option<OpenTemplate>,
    values: TemplateValues,
    /// Whether what is sent now answers a 334 and is a secret.
    exchange: bool,
}

/// A template whose form is open.
#[derive(Debug)]
struct OpenTemplate {
    filling: TemplateForm,
    /// Why it is not usable now.
    unavailable: Option<&'static str>,
}

#[derive(Debug)]
struct Row {
    template: Template,
    /// Why it is not usable now.
    unavailable: Option<&'static str>,
}

impl Templates {
    /// All templates, in this order.
    pub fn new(templates: Vec<Template>, values: TemplateValues, status: &SessionStatus) -> Self {
        let row = |template| Row {
            unavailable: unavailable(&template, status),
            template,
        };
        Self {
            list: FilteredList::new(),
            rows: templates.into_iter().map(row).collect(),
            open: None,
            values,
            exchange: status.secret_lines,
        }
    }

    /// Filters by a name, and opens the form if the name means one template.
    pub fn choose(&mut self, name: &str) {
        self.list.set_filter(name);
        let found = self.found();
        let exact = |row: &Row| row.template.name.eq_ignore_ascii_case(name.trim());
        if found.len() == 1 || found.first().is_some_and(|row| exact(row)) {
            self.open_chosen();
        }
    }

    /// Opens the form of the chosen row.
    fn open_chosen(&mut self) {
        let found = self.found();
        let open = found.get(self.list.chosen()).map(|row| OpenTemplate {
            filling: TemplateForm::new(row.template.clone(), self.values.clone()),
            unavailable: row.unavailable,
        });
        self.open = open;
    }

    /// Goes back from the form to the list, or closes the list.
    pub(super) fn back(&mut self) -> Outcome {
        match self.open.take() {
            Some(_) => Outcome::Stay,
            None => Outcome::Close,
        }
    }

    pub(super) fn is_form_open(&self) -> bool {
        self.open.is_some()
    }

    pub(super) fn choose_row(&mut self, row: usize) {
        self.list.choose(row);
    }

    pub(super) fn hints(&self) -> Vec<Hint> {
        match &self.open {
            Some(open) => open.hints(),
            None => vec![Hint::new("Enter", "open"), Hint::new("Up Down", "choose")],
        }
    }

    pub(super) fn paste(&mut self, text: &str) {
        match &mut self.open {
            Some(open) => {
                // A paste that is too long is left out, and the octets show that.
                let _ = open.filling.form.paste(text);
            }
            None => self.list.paste(text),
        }
    }

    pub(super) fn handle(&mut self, key: KeyEvent) -> Outcome {
        if let Some(open) = &mut self.open {
            return open.handle(key);
        }
        match key.code {
            KeyCode::Enter | KeyCode::Tab => self.open_chosen(),
            KeyCode::Backspace if self.list.filter().is_empty() => return Outcome::Close,
            _ => {
                let count = self.found().len();
                self.list.handle(key, count);
            }
        }
        Outcome::Stay
    }

    /// The rows that match the filter: by the beginning of the name, by a part of it, by a part of the
    /// description. A full name matches itself and longer names.
    fn found(&self) -> Vec<&Row> {
        let typed = self.list.filter().trim().to_lowercase();
        let name = |row: &Row| row.template.name.to_lowercase();
        if let Some(exact) = self.rows.iter().find(|row| name(row) == typed) {
            let longer = self
                .rows
                .iter()
                .filter(|row| name(row) != typed && name(row).starts_with(&typed));
            return std::iter::once(exact).chain(longer).collect();
        }
        let rank = |row: &&Row| match name(row) {
            name if name.starts_with(&typed) => Some(0),
            name if name.contains(&typed) => Some(1),
            _ => row
                .template
                .means
                .to_lowercase()
                .contains(&typed)
                .then_some(2),
        };
        let mut found: Vec<_> = self.rows.iter().filter(|row| rank(row).is_some()).collect();
        found.sort_by_key(rank);
        found
    }

    pub(super) fn draw(&self, screen: Rect, canvas: &mut Canvas<'_>) -> Option<Position> {
        match &self.open {
            Some(open) => open.draw(self.exchange, screen, canvas),
            None => Some(self.draw_list(screen, canvas)),
        }
    }

    fn draw_list(&self, screen: Rect, canvas: &mut Canvas<'_>) -> Position {
        let look = canvas.look;
        let most = usize::from(screen.height).saturating_sub(4).max(1);
        let columns = inner_columns(screen);
        let title = "Templates";
        let size = (columns, self.rows.len().min(most) + 1);
        let inner = canvas.frame(screen, size, title);
        let line = |row: &&Row| {
            let words = match row.unavailable {
                Some(reason) => {
                    let words = format!("({reason}) {}", row.template.means);
                    Span::styled(words, look.theme.dim)
                }
                None => Span::raw(row.template.means.clone()),
            };
            let name = format!("{:<NAME$} ", row.template.name);
            Line::from(vec![Span::styled(name, look.theme.key), words])
        };
        let lines: Vec<Line<'_>> = self.found().iter().map(line).collect();
        self.list.draw(&lines, "no template matches", inner, canvas)
    }
}

impl OpenTemplate {
    fn hints(&self) -> Vec<Hint> {
        let does = match self.filling.template.kind {
            TemplateKind::Message => "fill the editor",
            _ => "send",
        };
        let mut hints = Vec::new();
        if self.filling.filled().is_ok() {
            hints.push(Hint::new("Enter", does));
        }
        if self.filling.form.len() > 1 {
            hints.push(Hint::new("Tab", "next"));
        }
        hints
    }

    fn handle(&mut self, key: KeyEvent) -> Outcome {
        let form = &mut self.filling.form;
        match key.code {
            KeyCode::Enter => {
                return match self.filling.filled() {
                    Ok(Filled::Line(line)) => Outcome::Send(Payload::Line(line)),
                    Ok(Filled::Raw(octets)) => Outcome::Send(Payload::Raw(Secret::new(octets))),
                    Ok(Filled::Message(text)) => Outcome::Draft(text),
                    Err(_) => Outcome::Stay,
                };
            }
            KeyCode::Tab | KeyCode::Down => form.step_round(true),
            KeyCode::BackTab | KeyCode::Up => form.step_round(false),
            _ => _ = form.handle(key),
        }
        Outcome::Stay
    }

    fn draw(&self, exchange: bool, screen: Rect, canvas: &mut Canvas<'_>) -> Option<Position> {
        let template = &self.filling.template;
        let message = template.kind == TemplateKind::Message;
        let columns = inner_columns(screen);
        let most = inner_rows(screen).max(1);
        let fields = self.filling.form.len();
        let mut head = self.head(canvas.look);
        let mut result = self.result(exchange, columns, canvas.look);
        // A small screen shows the blanks and the octets before the description.
        let spare = head.len().saturating_sub(most.saturating_sub(fields + 2));
        head.drain(..spare);
        let room = most.saturating_sub(fields + head.len() + 1).max(1);
        if message {
            result.truncate(room);
        } else {
            // The end of the octets changes while the user types.
            result.drain(..result.len().saturating_sub(room));
        }
        let rows = head.len() + fields + 1 + result.len();
        let inner = canvas.frame(screen, (columns, rows.min(most)), &template.name);
        canvas.rows(&head, inner);
        let area = below(inner, head.len());
        canvas.rows(&result, below(area, fields + 1));
        // One row is always free for the octets.
        let height = usize::from(area.height);
        let height = height.saturating_sub(1).max(1).min(fields);
        self.filling.form.draw(top(area, height), canvas)
    }

    /// The description, the replies to expect, and why the template is not usable now.
    fn head(&self, look: &Look) -> Vec<Line<'static>> {
        let template = &self.filling.template;
        let mut lines = vec![Line::styled(template.means.clone(), look.theme.dim)];
        if !template.replies.is_empty() {
            let words = format!("expect {}", template.replies.join(", "));
            lines.push(Line::styled(words, look.theme.dim));
        }
        lines.extend(self.unavailable.map(|reason| {
            let words = format!("!! {reason}: Enter sends it anyway");
            Line::styled(words, look.theme.warn)
        }));
        lines
    }

    /// What the template stands for with its blanks filled in.
    fn result(&self, exchange: bool, columns: usize, look: &Look) -> Vec<Line<'static>> {
        match self.filling.filled() {
            Ok(filled) => {
                let (octets, secret) = filled.octets(exchange);
                match filled {
                    Filled::Message(_) => message_rows(&octets, columns, look),
                    Filled::Line(_) | Filled::Raw(_) => hex_rows(&octets, secret, columns, look),
                }
            }
            Err(error) => vec![Line::styled(error.to_string(), look.theme.warn)],
        }
    }
}

/// The lines of a message, as they will be in the editor.
fn message_rows(octets: &[u8], columns: usize, look: &Look) -> Vec<Line<'static>> {
    let text = String::from_utf8_lossy(octets);
    let row = |line: &str| {
        let glyphs = text::glyphs(line.as_bytes(), look.charset);
        let (range, _) = text::first_row(&glyphs, columns.saturating_sub(2));
        let shown: String = glyphs[range].iter().map(|glyph| &*glyph.text).collect();
        Line::from(vec![Span::styled("| ", look.theme.dim), Span::raw(shown)])
    };
    text.trim_end().split("\r\n").map(row).collect()
}
