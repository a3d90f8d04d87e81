//! The message being written: many lines, and in the gutter what will happen to each, or what is
//! wrong with it.

use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};

use crate::smtp::draft::{self, LineFault, MessageRules};
use crate::tui::widget::editor::Editor;
use crate::tui::widget::field;
use crate::tui::widget::look::Look;

/// Columns of a fault's mark and the blank behind it.
const MARK: usize = 5;

/// Draws the editor, scrolled so that its cursor is seen, and says where that is.
pub fn draw(
    editor: &Editor,
    terms: &MessageRules,
    area: Rect,
    buffer: &mut Buffer,
    look: &Look,
) -> Position {
    let (row, column) = editor.cursor();
    let height = usize::from(area.height).max(1);
    let first = (row + 1).saturating_sub(height);
    let lines = editor.text_lines();
    let seen = &lines[first.min(lines.len())..lines.len().min(first + height)];
    let faults: Vec<Option<LineFault>> = seen
        .iter()
        .map(|line| draft::line_fault(line, terms))
        .collect();
    // The gutter is wide only where something stands in it.
    let wide = faults.iter().any(Option::is_some);
    let mut cursor = Position {
        x: area.x,
        y: area.y,
    };
    for (((at, line), fault), y) in (first..).zip(seen).zip(faults).zip(area.y..area.bottom()) {
        let mut x = area.x;
        let room = |x: u16| usize::from(area.right().saturating_sub(x));
        if wide {
            let mark = format!("{:>4} ", fault.map_or("", LineFault::mark));
            x = buffer
                .set_stringn(x, y, &mark, room(x).min(MARK), look.theme.warn)
                .0;
        }
        // What will be added on the wire is shown before it goes (RFC 5321 section 4.5.2).
        let ends = line == "." && at + 1 == lines.len();
        let gutter = if line.starts_with('.') && !ends {
            "+."
        } else {
            "| "
        };
        let (x, _) = buffer.set_stringn(x, y, gutter, room(x), look.theme.dim);
        let text = Rect {
            x,
            y,
            width: area.right().saturating_sub(x),
            height: 1,
        };
        let before = if at == row { column } else { 0 };
        let before: String = line.chars().take(before).collect();
        let position = field::draw_text(line, &before, text, buffer, look);
        if at == row {
            cursor = position;
        }
    }
    cursor
}
