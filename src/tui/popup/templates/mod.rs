//! Templates: a list that is searched by typing, and behind it the form of the one that was chosen,
//! with the octets it comes to before they go.

pub mod filled;

use crossterm::event::{KeyCode, KeyEvent};
use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};
use ratatui::style::Style;
use ratatui::text::{Line, Span};

use super::octets::octet_rows;
use super::{Outcome, Payload};
use crate::manual::{Template, TemplateKind};
use crate::smtp::{Secret, SessionStatus};
use crate::tui::popup::templates::filled::{Filled, Form, TemplateValues, unavailable};
use crate::tui::widget::editor::Editor;
use crate::tui::widget::look::Look;
use crate::tui::widget::{field, frame};

/// Rows that PgUp and PgDn move by.
const PAGE: usize = 10;
/// Columns of a template's name in the list.
const NAME: usize = 24;

/// The list, and the form over it.
#[derive(Debug)]
pub struct Templates {
    filter: Editor,
    chosen: usize,
    rows: Vec<Row>,
    /// The form, and why its template makes no sense now.
    form: Option<ResolvedTls>,
    values: TemplateValues,
    /// What is sent now answers a 334, and is a secret.
    exchange: bool,
}

#[derive(Debug)]
struct ResolvedTls {
    form: Form,
    reason: Option<&'static str>,
}

#[derive(Debug)]
struct Row {
    template: Template,
    reason: Option<&'static str>,
}

impl Templates {
    /// All templates, those of the user's settings first.
    pub fn new(templates: Vec<Template>, values: TemplateValues, status: &SessionStatus) -> Self {
        let row = |template| Row {
            reason: unavailable(&template, status),
            template,
        };
        Self {
            filter: Editor::line(),
            chosen: 0,
            rows: templates.into_iter().map(row).collect(),
            form: None,
            values,
            exchange: status.secret_lines,
        }
    }

    /// Looks for a name, and opens the form where it names one template.
    pub fn choose(&mut self, name: &str) {
        self.filter.set(name);
        let found = self.found();
        let whole = |row: &Row| row.template.name.eq_ignore_ascii_case(name.trim());
        if found.len() == 1 || found.first().is_some_and(|row| whole(row)) {
            self.open();
        }
    }

    /// Opens the form of the row that is chosen.
    fn open(&mut self) {
        let chosen = self.found().get(self.chosen).map(|row| ResolvedTls {
            form: Form::new(row.template.clone(), self.values.clone()),
            reason: row.reason,
        });
        self.form = chosen;
    }

    /// Back from the form to the list, and from the list away.
    pub(super) fn back(&mut self) -> Outcome {
        match self.form.take() {
            Some(_) => Outcome::Stay,
            None => Outcome::Close,
        }
    }

    pub(super) fn paste(&mut self, text: &str) {
        match &mut self.form {
            Some(ResolvedTls { form, .. }) => form.fields.paste(text),
            None => {
                // Too long a paste is no name of anything.
                let _ = self.filter.paste(text);
            }
        }
    }

    pub(super) fn handle(&mut self, key: KeyEvent) -> Outcome {
        if let Some(ResolvedTls { form, .. }) = &mut self.form {
            return handle_form(form, key);
        }
        let last = self.found().len().saturating_sub(1);
        match key.code {
            KeyCode::Enter | KeyCode::Tab => self.open(),
            KeyCode::Up => self.chosen = self.chosen.saturating_sub(1),
            KeyCode::Down => self.chosen = (self.chosen + 1).min(last),
            KeyCode::PageUp => self.chosen = self.chosen.saturating_sub(PAGE),
            KeyCode::PageDown => self.chosen = (self.chosen + PAGE).min(last),
            KeyCode::Home => self.chosen = 0,
            KeyCode::End => self.chosen = last,
            KeyCode::Backspace if self.filter.is_empty() => return Outcome::Close,
            _ => {
                if self.filter.handle(key) {
                    self.chosen = 0;
                }
            }
        }
        Outcome::Stay
    }

    /// The rows that fit what is typed: by the begin of the name, then by any part of it or of the
    /// words. A whole name is one row.
    fn found(&self) -> Vec<&Row> {
        let typed = self.filter.text().trim().to_lowercase();
        let name = |row: &Row| row.template.name.to_lowercase();
        if let Some(whole) = self.rows.iter().find(|row| name(row) == typed) {
            let longer = self
                .rows
                .iter()
                .filter(|row| name(row) != typed && name(row).starts_with(&typed));
            return std::iter::once(whole).chain(longer).collect();
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

    pub(super) fn draw(&self, screen: Rect, buffer: &mut Buffer, look: &Look) -> Option<Position> {
        match &self.form {
            Some(chosen) => draw_form(chosen, self.exchange, screen, buffer, look),
            None => Some(self.draw_list(screen, buffer, look)),
        }
    }

    fn draw_list(&self, screen: Rect, buffer: &mut Buffer, look: &Look) -> Position {
        let columns = usize::from(screen.width.saturating_sub(2)).clamp(1, 76);
        let most = usize::from(screen.height).saturating_sub(4).max(1);
        let title = "templates: type to find, Enter opens, Esc closes";
        let size = (columns, self.rows.len().min(most) + 1);
        let inner = frame::frame(screen, size, title, buffer, look);
        let input = Rect {
            height: 1.min(inner.height),
            ..inner
        };
        let cursor = field::draw(&self.filter, ": ", None, input, buffer, look);
        let room = usize::from(inner.height.saturating_sub(1)).max(1);
        let first = (self.chosen + 1).saturating_sub(room);
        let found = self.found();
        let row = |(at, row): (usize, &&Row)| {
            let (style, words) = match row.reason {
                Some(reason) => (look.theme.dim, format!("({reason}) {}", row.template.means)),
                None => (Style::new(), row.template.means.clone()),
            };
            let line = Line::from(vec![
                Span::styled(format!("{:<NAME$} ", row.template.name), look.theme.key),
                Span::styled(words, style),
            ]);
            if at == self.chosen {
                line.patch_style(look.theme.chosen)
            } else {
                line
            }
        };
        let mut lines: Vec<Line<'_>> = found.iter().enumerate().skip(first).map(row).collect();
        if lines.is_empty() {
            let words = "no template is called so (Esc)";
            lines.push(Line::from(Span::styled(words, look.theme.dim)));
        }
        frame::draw_rows(&lines, inner, 1, buffer, look);
        cursor
    }
}

fn handle_form(form: &mut Form, key: KeyEvent) -> Outcome {
    match key.code {
        KeyCode::Enter => {
            return match form.filled() {
                Ok(Filled::Line(line)) => Outcome::Send(Payload::Line(line)),
                Ok(Filled::Raw(octets)) => Outcome::Send(Payload::Raw(Secret::new(octets))),
                Ok(Filled::Message(text)) => Outcome::Draft(text),
                Err(_) => Outcome::Stay,
            };
        }
        KeyCode::Tab | KeyCode::Down => form.fields.step_round(true),
        KeyCode::BackTab | KeyCode::Up => form.fields.step_round(false),
        _ => _ = form.fields.handle(key),
    }
    Outcome::Stay
}

fn draw_form(
    ResolvedTls { form, reason }: &ResolvedTls,
    exchange: bool,
    screen: Rect,
    buffer: &mut Buffer,
    look: &Look,
) -> Option<Position> {
    let columns = usize::from(screen.width.saturating_sub(2)).clamp(1, 74);
    let template = &form.template;
    let message = template.kind == TemplateKind::Message;
    let mut below = match form.filled() {
        Ok(filled) if message => {
            let (octets, _) = filled.octets(false);
            message_rows(&octets, columns, look)
        }
        Ok(filled) => {
            let (octets, secret) = filled.octets(exchange);
            octet_rows(&octets, secret, columns, look)
        }
        Err(error) => vec![Line::from(Span::styled(error.to_string(), look.theme.warn))],
    };
    let mut above = vec![Line::from(Span::styled(
        template.means.clone(),
        look.theme.dim,
    ))];
    if !template.replies.is_empty() {
        let words = format!("expect {}", template.replies.join(", "));
        above.push(Line::from(Span::styled(words, look.theme.dim)));
    }
    above.extend(reason.map(|reason| {
        let words = format!("!! {reason}: Enter sends it all the same");
        Line::from(Span::styled(words, look.theme.warn))
    }));
    let most = usize::from(screen.height).saturating_sub(2).max(1);
    let fields = form.fields.len();
    // The octets and the blanks are never what a small screen leaves out.
    let spare = above.len().saturating_sub(most.saturating_sub(fields + 2));
    above.drain(..spare);
    let room = most.saturating_sub(fields + above.len() + 1).max(1);
    if message {
        below.truncate(room);
    } else {
        // The end is what changes.
        below.drain(..below.len().saturating_sub(room));
    }
    let rows = above.len() + fields + 1 + below.len();
    let does = if message {
        "fills the editor"
    } else {
        "sends this"
    };
    let title = format!("{}: Tab moves, Enter {does}, Esc goes back", template.name);
    let inner = frame::frame(screen, (columns, rows.min(most)), &title, buffer, look);
    let first = above.len();
    frame::draw_rows(&above, inner, 0, buffer, look);
    let begin = u16::try_from(first).unwrap_or(u16::MAX).min(inner.height);
    let room = inner.height - begin;
    let area = Rect {
        y: inner.y + begin,
        // A row stays free for the octets.
        height: room
            .saturating_sub(1)
            .max(1.min(room))
            .min(u16::try_from(fields).unwrap_or(u16::MAX)),
        ..inner
    };
    let cursor = form.fields.draw(true, area, buffer, look);
    frame::draw_rows(&below, inner, first + fields + 1, buffer, look);
    cursor
}

/// A message in rows, as it will stand in the editor.
fn message_rows(octets: &[u8], columns: usize, look: &Look) -> Vec<Line<'static>> {
    let text = String::from_utf8_lossy(octets);
    let row = |line: &str| {
        let glyphs = crate::report::text::glyphs(line.as_bytes(), look.charset);
        let (range, _) = crate::report::text::first_row(&glyphs, columns.saturating_sub(2));
        let shown: String = glyphs[range]
            .iter()
            .map(|glyph| glyph.text.as_ref())
            .collect();
        Line::from(vec![Span::styled("| ", look.theme.dim), Span::raw(shown)])
    };
    text.trim_end().split("\r\n").map(row).collect()
}
