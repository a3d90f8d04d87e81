//! The menu behind `^O`: one more letter acts.

use crossterm::event::{KeyCode, KeyEvent};
use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};
use ratatui::text::{Line, Span};

use super::Outcome;
use crate::tui::keymap::{self, Action, commands};
use crate::tui::widget::frame;
use crate::tui::widget::look::Look;

/// Columns one entry takes.
const COLUMN: usize = 37;

/// The menu, and how far it is scrolled where it has no room for all its rows.
#[derive(Debug, Default)]
pub struct Menu {
    top: usize,
}

impl Menu {
    pub(super) fn handle(&mut self, key: KeyEvent) -> Outcome {
        match key.code {
            KeyCode::Down => self.top += 1,
            KeyCode::Up => self.top = self.top.saturating_sub(1),
            KeyCode::Char(letter) => {
                // The letter counts with Ctrl still held from the prefix, too.
                if let Some(action) = keymap::menu_action(letter) {
                    return Outcome::Run(action, String::new());
                }
            }
            _ => {}
        }
        Outcome::Stay
    }

    pub(super) fn draw(
        &mut self,
        screen: Rect,
        buffer: &mut Buffer,
        look: &Look,
        unavailable: &dyn Fn(Action) -> Option<&'static str>,
    ) {
        let entries: Vec<_> = commands()
            .filter_map(|command| Some((command.menu?, command)))
            .collect();
        let room = usize::from(screen.width.saturating_sub(2)).max(1);
        // A small screen has no room for all of them below one another.
        let tall = entries.len() > usize::from(screen.height.saturating_sub(2));
        let columns = if tall { 2 } else { (room / COLUMN).clamp(1, 2) };
        let column = COLUMN.min(room / columns);
        let rows = entries.len().div_ceil(columns);
        let width = if columns == 1 {
            room.min(column * 2)
        } else {
            column * columns
        };
        let all_seen = rows <= usize::from(screen.height.saturating_sub(2));
        let title = if all_seen {
            "menu: a letter acts, Esc closes"
        } else if room < 40 {
            "menu: Up Down for more"
        } else {
            "menu: a letter acts; Up Down for more"
        };
        let inner = frame::frame(screen, (width, rows), title, buffer, look);
        self.top = self.top.min(rows.saturating_sub(usize::from(inner.height)));
        for (at, ((letter, words), command)) in entries.into_iter().enumerate() {
            let Some(row) = (at % rows).checked_sub(self.top) else {
                continue;
            };
            let at_column = at / rows;
            let (Ok(left), Ok(down)) = (u16::try_from(at_column * column), u16::try_from(row))
            else {
                return;
            };
            if down >= inner.height || left >= inner.width {
                continue;
            }
            let style = if unavailable(command.action).is_some() {
                look.theme.dim
            } else {
                ratatui::style::Style::new()
            };
            let line = Line::from(vec![
                Span::styled(format!(" {letter} "), look.theme.key),
                Span::styled(format!(" {words}"), style),
            ]);
            let most = if columns == 1 {
                inner.width
            } else {
                u16::try_from(column.saturating_sub(1)).unwrap_or(u16::MAX)
            };
            let at = Position {
                x: inner.x + left,
                y: inner.y + down,
            };
            frame::draw_row(buffer, at, &line, most.min(inner.width - left), look);
        }
    }
}
