//! The menu: a letter runs a command. The commands are grouped; one that makes no sense now is dim and
//! says why.

use crossterm::event::{KeyCode, KeyEvent};
use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::text::{Line, Span};

use super::outcome::Outcome;
use crate::tui::keymap::command::MenuGroup;
use crate::tui::keymap::{self, Action, Command, commands};
use crate::tui::widget::canvas::{Canvas, indented, inner_columns, inner_rows, row_of};
use crate::tui::widget::click::Click;
use crate::tui::widget::hint::Hint;
use crate::tui::widget::scroll::Scroll;

/// Columns that an entry needs at least.
const COLUMN: usize = 34;

/// The menu, and how far it is scrolled on a small screen.
#[derive(Debug, Default)]
pub struct Menu {
    scroll: Scroll,
}

/// A row of the menu.
enum Row {
    Heading(&'static str),
    Entry(&'static Command),
    Empty,
}

impl Menu {
    pub(super) fn handle(&mut self, key: KeyEvent) -> Outcome {
        if let KeyCode::Char(digit @ '1'..='9') = key.code {
            return Outcome::Run(Action::Session, digit.to_string());
        }
        // The letter also counts while Ctrl is still held from `^O`.
        if let KeyCode::Char(letter) = key.code
            && let Some(action) = keymap::menu_action(letter)
        {
            return Outcome::Run(action, String::new());
        }
        self.scroll.handle(key.code);
        Outcome::Stay
    }

    pub(super) fn hints(&self) -> Vec<Hint> {
        let mut hints = Vec::from([Hint::new("letter", "run")]);
        hints.extend(self.scroll.hint());
        hints
    }

    pub(super) fn draw(
        &mut self,
        screen: Rect,
        unavailable: &dyn Fn(Action) -> Option<&'static str>,
        canvas: &mut Canvas<'_>,
    ) {
        let room = inner_columns(screen);
        let count = (room / COLUMN).clamp(1, 2);
        let columns = columns(count);
        let width = room / count;
        let rows = columns.iter().map(Vec::len).max().unwrap_or_default();
        let size = (room, rows.min(inner_rows(screen)));
        let inner = canvas.frame(screen, size, "Menu");
        self.scroll.fit(usize::from(inner.height), rows);
        for (at, column) in columns.iter().enumerate() {
            for (row, place) in column.iter().skip(self.scroll.top()).zip(inner.rows()) {
                let mut area = indented(row_of(place, 0), at * width);
                let most = u16::try_from(width.saturating_sub(1)).unwrap_or(u16::MAX);
                area.width = area.width.min(most);
                canvas.row(&row.line(unavailable, canvas.look.theme), area);
                if let Row::Entry(command) = row
                    && let Some(item) = command.menu
                {
                    let letter = KeyEvent::from(KeyCode::Char(item.letter));
                    canvas.clicks.push(area, Click::Keys(vec![letter]));
                }
            }
        }
    }
}

impl Row {
    fn line(
        &self,
        unavailable: &dyn Fn(Action) -> Option<&'static str>,
        theme: crate::tui::widget::theme::Theme,
    ) -> Line<'static> {
        match self {
            Self::Heading(name) => Line::styled(*name, theme.heading),
            Self::Empty => Line::default(),
            Self::Entry(command) => {
                let (letter, words) = command
                    .menu
                    .map_or((' ', ""), |item| (item.letter, item.words));
                let (key, style, reason) = match unavailable(command.action) {
                    Some(reason) => (theme.dim, theme.dim, format!(" ({reason})")),
                    None => (theme.key, Style::new(), String::new()),
                };
                Line::from(vec![
                    Span::styled(format!(" {letter} "), key),
                    Span::styled(format!(" {words}{reason}"), style),
                ])
            }
        }
    }
}

/// The groups in one column or two, which are as low as possible. A group is not split.
fn columns(count: usize) -> Vec<Vec<Row>> {
    let split = (0..MenuGroup::ALL.len()).min_by_key(|at| {
        let (left, right) = MenuGroup::ALL.split_at(*at);
        column(left).len().max(column(right).len())
    });
    match split.filter(|_| count > 1) {
        Some(at) => {
            let (left, right) = MenuGroup::ALL.split_at(at);
            vec![column(left), column(right)]
        }
        None => vec![column(&MenuGroup::ALL)],
    }
}

/// Groups below one another.
fn column(groups: &[MenuGroup]) -> Vec<Row> {
    let mut rows = Vec::new();
    for group in groups {
        if !rows.is_empty() {
            rows.push(Row::Empty);
        }
        rows.push(Row::Heading(group.name()));
        let of_group = |command: &&Command| command.menu.is_some_and(|item| item.group == *group);
        rows.extend(commands().filter(of_group).map(Row::Entry));
    }
    rows
}
