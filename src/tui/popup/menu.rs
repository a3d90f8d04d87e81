//! The menu behind `^O`: one more letter acts.

use crossterm::event::{KeyCode, KeyEvent};
use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};
use ratatui::text::{Line, Span};

use super::Outcome;
use crate::tui::keymap::{self, Action, bindings};
use crate::tui::look::Look;

/// Columns one entry takes.
const COLUMN: usize = 37;

pub(super) fn handle(key: KeyEvent) -> Outcome {
    match key.code {
        KeyCode::Char(letter) => {
            // The letter counts with Ctrl still held from the prefix, too.
            keymap::menu_action(letter)
                .map_or(Outcome::Stay, |action| Outcome::Run(action, String::new()))
        }
        _ => Outcome::Stay,
    }
}

pub(super) fn draw(
    screen: Rect,
    buffer: &mut Buffer,
    look: &Look,
    unavailable: &dyn Fn(Action) -> Option<&'static str>,
) {
    let entries: Vec<_> = bindings()
        .iter()
        .filter_map(|binding| Some((binding.menu?, binding)))
        .collect();
    let room = usize::from(screen.width.saturating_sub(2)).max(1);
    let columns = (room / COLUMN).clamp(1, 2);
    let rows = entries.len().div_ceil(columns);
    let width = if columns == 1 {
        room.min(COLUMN * 2)
    } else {
        COLUMN * columns
    };
    let inner = super::frame(
        screen,
        (width, rows),
        "menu: a letter acts, Esc closes",
        buffer,
        look,
    );
    for (at, ((letter, words), binding)) in entries.into_iter().enumerate() {
        let (column, row) = (at / rows, at % rows);
        let (Ok(left), Ok(down)) = (u16::try_from(column * COLUMN), u16::try_from(row)) else {
            return;
        };
        if down >= inner.height || left >= inner.width {
            continue;
        }
        let style = if unavailable(binding.action).is_some() {
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
            u16::try_from(COLUMN - 1).unwrap_or(u16::MAX)
        };
        let at = Position {
            x: inner.x + left,
            y: inner.y + down,
        };
        super::draw_row(buffer, at, &line, most.min(inner.width - left), look);
    }
}
