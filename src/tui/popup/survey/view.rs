//! Draws a survey.

use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::text::{Line, Span};

use super::{State, Survey, door_of};
use crate::headless::check::{self, TargetReport};
use crate::headless::ports::Ports;
use crate::report::{page, text};
use crate::smtp::count;
use crate::tui::state::survey::Findings;
use crate::tui::widget::canvas::{Canvas, below, inner_columns, inner_rows, top};
use crate::tui::widget::click::Click;
use crate::tui::widget::look::Look;

/// Width of a port and the blanks after it.
const PORT: usize = 7;

impl Survey {
    pub(in crate::tui::popup) fn draw(&mut self, screen: Rect, canvas: &mut Canvas<'_>) {
        let look = canvas.look;
        let columns = inner_columns(screen);
        let head = self.head(columns, look);
        let rows = match &self.findings {
            Some(Findings::Ports(_, ports)) => {
                let (rows, places) = self.port_rows(ports, columns, look);
                self.places = places;
                rows
            }
            Some(Findings::Check(report)) => check_rows(report, columns, look),
            None => Vec::new(),
        };
        let size = (head.len() + rows.len()).min(inner_rows(screen));
        let inner = canvas.frame(screen, (columns, size), &self.title);
        canvas.rows(&head, inner);
        let body = below(inner, head.len());
        let page = usize::from(body.height);
        self.scroll.fit(page, rows.len());
        let visible = rows.iter().enumerate().skip(self.scroll.top());
        for ((at, row), area) in visible.zip(top(body, page).rows()) {
            canvas.row(row, area);
            if let Some(place) = self.places.iter().position(|place| place.contains(&at)) {
                canvas.clicks.push(area, Click::Row(place));
                if place == self.list.chosen() && self.places[place].start == at {
                    canvas.choose(area);
                }
            }
        }
        if page > 0 {
            self.scroll.mark_more(body, canvas);
        }
    }

    /// The rows that stay: where it stands, and an error.
    fn head(&self, columns: usize, look: &Look) -> Vec<Line<'static>> {
        let found = match &self.findings {
            Some(Findings::Ports(places, ports)) => {
                format!("{} of {} ports so far", ports.doors.len(), places.len())
            }
            Some(Findings::Check(report)) => {
                let findings = count(report.findings.len() as u64, "finding", "findings");
                format!("{findings} so far")
            }
            None => "names are looked up".to_owned(),
        };
        let (words, style) = match &self.state {
            State::Running => (format!("Looking: {found}. Esc stops."), look.theme.info),
            State::Stopped => (format!("Stopped: {found}."), look.theme.warn),
            State::Failed(words) => (words.clone(), look.theme.bad),
            State::Done => match &self.findings {
                Some(Findings::Check(report)) => {
                    let style = style_of(&report.overall.to_string(), look);
                    (format!("Overall: {}", report.overall), style)
                }
                _ => (String::new(), Style::new()),
            },
        };
        let all = [(words, style)].into_iter();
        let error = self.error.iter();
        let all = all.chain(error.map(|words| (words.clone(), look.theme.warn)));
        let all = all.filter(|(words, _)| !words.is_empty());
        let rows = all.flat_map(|(words, style)| {
            let wrapped = text::words(&words, columns, look.charset);
            wrapped.into_iter().map(move |row| Line::styled(row, style))
        });
        rows.collect()
    }

    /// The rows of all ports and what to use, and which rows belong to each port.
    fn port_rows(
        &self,
        ports: &Ports,
        columns: usize,
        look: &Look,
    ) -> (Vec<Line<'static>>, Vec<std::ops::Range<usize>>) {
        let mut rows: Vec<Line<'static>> = Vec::new();
        let mut places = Vec::new();
        let mut address = None;
        for place in self.places() {
            if address != Some(place.ip()) {
                if address.is_some() {
                    rows.push(Line::default());
                }
                address = Some(place.ip());
                rows.push(Line::styled(place.ip().to_string(), look.theme.heading));
            }
            let from = rows.len();
            let cells = match door_of(ports, *place) {
                Some(door) => door.rows(),
                None if self.is_running() => vec!["looking ...".to_owned()],
                None => vec!["not looked at".to_owned()],
            };
            let state = match door_of(ports, *place) {
                None => look.theme.dim,
                Some(door) if door.is_usable() => look.theme.good,
                Some(_) => Style::new(),
            };
            rows.extend(door_rows(place.port(), &cells, state, columns, look));
            places.push(from..rows.len());
        }
        if self.state == State::Done {
            rows.push(Line::default());
            rows.push(Line::styled("What to use", look.theme.heading));
            let advice = text::words(&ports.advice(), columns, look.charset);
            rows.extend(advice.into_iter().map(Line::from));
        }
        (rows, places)
    }
}

/// The rows of a port: what is behind it, then what it showed.
fn door_rows(
    port: u16,
    cells: &[String],
    state: Style,
    columns: usize,
    look: &Look,
) -> Vec<Line<'static>> {
    let room = columns.saturating_sub(PORT).max(1);
    let mut rows = Vec::new();
    for (at, cell) in cells.iter().enumerate() {
        for row in text::words(cell, room, look.charset) {
            let left = if rows.is_empty() {
                format!("{port:<PORT$}")
            } else {
                " ".repeat(PORT)
            };
            let style = if at == 0 { state } else { look.theme.dim };
            rows.push(Line::from(vec![
                Span::styled(left, look.theme.key),
                Span::styled(row, style),
            ]));
        }
    }
    rows
}

/// The rows of a report, without its title.
fn check_rows(report: &TargetReport, columns: usize, look: &Look) -> Vec<Line<'static>> {
    let rows = page::rows(&check::page(report), columns, look.charset);
    // The title and the empty row below it.
    let title = rows.iter().take_while(|row| !row.text.is_empty()).count() + 1;
    let row = |row: page::Row| match row.heading {
        true => Line::styled(row.text, look.theme.heading),
        false => with_status(row.text, look),
    };
    rows.into_iter().skip(title).map(row).collect()
}

/// A row in which the status is highlighted, if there is one.
fn with_status(row: String, look: &Look) -> Line<'static> {
    let mut words = row.split_whitespace();
    let status = words.nth(1).and_then(|word| word.strip_suffix(':'));
    let begins = row.starts_with("  ") && !row.starts_with("   ");
    let found = status.filter(|_| begins);
    let found = found.and_then(|status| Some((row.find(status)?, status.len())));
    let Some((at, length)) = found else {
        return Line::from(row);
    };
    let (name, rest) = row.split_at(at);
    let (status, rest) = rest.split_at(length);
    Line::from(vec![
        Span::raw(name.to_owned()),
        Span::styled(status.to_owned(), style_of(status, look)),
        Span::raw(rest.to_owned()),
    ])
}

/// The style of a status, by its name.
fn style_of(status: &str, look: &Look) -> Style {
    match status.to_ascii_lowercase().as_str() {
        "ok" => look.theme.good,
        "warning" => look.theme.warn,
        "critical" => look.theme.bad,
        "unknown" => look.theme.info,
        _ => Style::new(),
    }
}
