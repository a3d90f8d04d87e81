//! The menu: a letter runs a command. The commands are grouped; one that makes no sense now is dim and
//! says why.

use crossterm::event::{KeyCode, KeyEvent};
use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::text::{Line, Span};

use super::outcome::Outcome;
use crate::report::{Charset, text};
use crate::tui::keymap::command::MenuGroup;
use crate::tui::keymap::{self, Action, Command, commands};
use crate::tui::widget::canvas::{Canvas, indented, inner_columns, inner_rows, row_of};
use crate::tui::widget::click::Click;
use crate::tui::widget::hint::Hint;
use crate::tui::widget::scroll::Scroll;
use crate::tui::widget::theme::Theme;

/// Columns that an entry needs at least.
const COLUMN: usize = 34;
/// Indentation of a reason below its entry.
const REASON: usize = 6;

/// The menu, and how far it is scrolled on a small screen.
#[derive(Debug, Default)]
pub struct Menu {
    scroll: Scroll,
}

/// A row of the menu.
enum Row {
    Heading(&'static str),
    /// An entry, and why it makes no sense now; an empty reason is in the row below.
    Entry(&'static Command, Option<&'static str>),
    /// Why the entry above makes no sense now, if it has no room beside it.
    Reason(&'static Command, String),
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
        let width = room / count;
        let columns = columns(count, width.saturating_sub(1), unavailable);
        let rows = columns.iter().map(Vec::len).max().unwrap_or_default();
        let size = (room, rows.min(inner_rows(screen)));
        let inner = canvas.frame(screen, size, "Menu");
        self.scroll.fit(usize::from(inner.height), rows);
        for (at, column) in columns.iter().enumerate() {
            for (row, place) in column.iter().skip(self.scroll.top()).zip(inner.rows()) {
                let mut area = indented(row_of(place, 0), at * width);
                let most = u16::try_from(width.saturating_sub(1)).unwrap_or(u16::MAX);
                area.width = area.width.min(most);
                canvas.row(&row.line(canvas.look.theme), area);
                if let Row::Entry(command, _) | Row::Reason(command, _) = row
                    && let Some(item) = command.menu
                {
                    let letter = KeyEvent::from(KeyCode::Char(item.letter));
                    canvas.clicks.push(area, Click::Keys(vec![letter]));
                }
            }
        }
        self.scroll.mark_more(inner, canvas);
    }
}

impl Row {
    fn line(&self, theme: Theme) -> Line<'static> {
        match self {
            Self::Heading(name) => Line::styled(*name, theme.heading),
            Self::Empty => Line::default(),
            Self::Reason(_, words) => Line::styled(format!("{:REASON$}{words}", ""), theme.dim),
            Self::Entry(command, reason) => {
                let (letter, words) = command
                    .menu
                    .map_or((' ', ""), |item| (item.letter, item.words));
                let (key, style) = match reason {
                    None => (theme.key, Style::new()),
                    Some(_) => (theme.dim, theme.dim),
                };
                let reason = match reason {
                    None | Some("") => String::new(),
                    Some(reason) => format!(" ({reason})"),
                };
                Line::from(vec![
                    Span::styled(format!(" {letter} "), key),
                    Span::styled(format!(" {words}{reason}"), style),
                ])
            }
        }
    }
}

/// The groups in one column or two of this width, which are as low as possible. A group is not split.
fn columns(
    count: usize,
    width: usize,
    unavailable: &dyn Fn(Action) -> Option<&'static str>,
) -> Vec<Vec<Row>> {
    let column = |groups: &[MenuGroup]| column(groups, width, unavailable);
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
fn column(
    groups: &[MenuGroup],
    width: usize,
    unavailable: &dyn Fn(Action) -> Option<&'static str>,
) -> Vec<Row> {
    let mut rows = Vec::new();
    for group in groups {
        if !rows.is_empty() {
            rows.push(Row::Empty);
        }
        rows.push(Row::Heading(group.name()));
        let of_group = |command: &&Command| command.menu.is_some_and(|item| item.group == *group);
        for command in commands().filter(of_group) {
            let reason = unavailable(command.action);
            let entry = Row::Entry(command, reason);
            match reason {
                Some(reason) if entry.line(Theme::default()).width() > width => {
                    rows.push(Row::Entry(command, Some("")));
                    let room = width.saturating_sub(REASON).max(1);
                    let words = text::words(&format!("({reason})"), room, Charset::Utf8);
                    rows.extend(words.into_iter().map(|words| Row::Reason(command, words)));
                }
                _ => rows.push(entry),
            }
        }
    }
    rows
}
