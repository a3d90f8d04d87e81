//! The message as it is written: many lines. The gutter shows what is wrong with a line, and the dot
//! that will be added to it.

use ratatui::layout::{Position, Rect};

use crate::smtp::draft::{self, LineFault, MessageRules};
use crate::tui::widget::canvas::{Canvas, indented};
use crate::tui::widget::editor::Editor;
use crate::tui::widget::input;

/// Width of a fault's mark and the blank after it.
const MARK: usize = 5;

/// Draws the editor, scrolled so that the cursor is visible, and returns the position of the cursor.
pub(super) fn draw(
    editor: &Editor,
    rules: &MessageRules,
    area: Rect,
    canvas: &mut Canvas<'_>,
) -> Position {
    let theme = &canvas.look.theme;
    let (cursor_line, cursor_column) = editor.cursor();
    let height = usize::from(area.height).max(1);
    let first = (cursor_line + 1).saturating_sub(height);
    let lines = editor.text_lines();
    let visible = &lines[first.min(lines.len())..lines.len().min(first + height)];
    let faults: Vec<Option<LineFault>> = visible
        .iter()
        .map(|line| draft::line_fault(line, rules))
        .collect();
    // The gutter has no column for faults if there are none.
    let has_faults = faults.iter().any(Option::is_some);
    let mut cursor = area.as_position();
    for (((at, line), fault), row) in (first..).zip(visible).zip(faults).zip(area.rows()) {
        let mut row = row;
        if has_faults {
            let mark = fault.map_or("", LineFault::mark);
            // Only the mark has the style: blanks with a background would mark every line.
            canvas.text(
                mark,
                theme.warn,
                indented(row, (MARK - 1).saturating_sub(mark.len())),
            );
            row = indented(row, MARK);
        }
        // Dot-stuffing is shown before the message is sent (RFC 5321 section 4.5.2).
        let is_end = line == "." && at + 1 == lines.len();
        let gutter = if line.starts_with('.') && !is_end {
            "+."
        } else {
            "| "
        };
        canvas.text(gutter, theme.dim, row);
        row = indented(row, gutter.len());
        let before = if at == cursor_line { cursor_column } else { 0 };
        let before: String = line.chars().take(before).collect();
        let position = input::draw_line(line, &before, row, canvas);
        if at == cursor_line {
            cursor = position;
        }
    }
    cursor
}
