//! The menu: a letter runs an action.

use crossterm::event::{KeyCode, KeyEvent};
use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::text::{Line, Span};

use super::outcome::Outcome;
use crate::tui::keymap::{self, Action, commands};
use crate::tui::widget::canvas::{Canvas, indented, inner_columns, inner_rows, row_of};
use crate::tui::widget::scroll::Scroll;

/// Columns of an entry.
const COLUMN: usize = 37;

/// The menu, and how far it is scrolled on a small screen.
#[derive(Debug, Default)]
pub struct Menu {
    scroll: Scroll,
}

impl Menu {
    pub(super) fn handle(&mut self, key: KeyEvent) -> Outcome {
        // The letter also counts while Ctrl is still held from `^O`.
        if let KeyCode::Char(letter) = key.code
            && let Some(action) = keymap::menu_action(letter)
        {
            return Outcome::Run(action, String::new());
        }
        self.scroll.handle(key.code);
        Outcome::Stay
    }

    pub(super) fn draw(
        &mut self,
        screen: Rect,
        unavailable: &dyn Fn(Action) -> Option<&'static str>,
        canvas: &mut Canvas<'_>,
    ) {
        let entries: Vec<_> = commands()
            .filter_map(|command| Some((command.menu?, command)))
            .collect();
        let room = inner_columns(screen, usize::MAX);
        let page = inner_rows(screen);
        // If the entries do not fit below one another, there are two columns.
        let columns = if entries.len() > page {
            2
        } else {
            (room / COLUMN).clamp(1, 2)
        };
        let column = COLUMN.min(room / columns);
        let rows = entries.len().div_ceil(columns);
        let width = if columns == 1 {
            room.min(column * 2)
        } else {
            column * columns
        };
        let title = if rows <= page {
            "Menu: press a letter, Esc closes"
        } else if room < 40 {
            "Menu: Up Down for more"
        } else {
            "Menu: press a letter; Up Down for more"
        };
        let inner = canvas.frame(screen, (width, rows), title);
        self.scroll.fit(usize::from(inner.height), rows);
        let theme = &canvas.look.theme;
        for (at, ((letter, words), command)) in entries.into_iter().enumerate() {
            let Some(row) = (at % rows).checked_sub(self.scroll.top()) else {
                continue;
            };
            let style = if unavailable(command.action).is_some() {
                theme.dim
            } else {
                Style::new()
            };
            let line = Line::from(vec![
                Span::styled(format!(" {letter} "), theme.key),
                Span::styled(format!(" {words}"), style),
            ]);
            let mut area = indented(row_of(inner, row), at / rows * column);
            if columns > 1 {
                let most = u16::try_from(column.saturating_sub(1)).unwrap_or(u16::MAX);
                area.width = area.width.min(most);
            }
            canvas.row(&line, area);
        }
    }
}
