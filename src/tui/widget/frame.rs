//! Framed areas for popups, and rows of text in them.

use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};
use ratatui::text::Line;
use ratatui::widgets::{Block, Clear, Widget};

use super::look::Look;

/// Clears a place of at most `columns` by `rows` at the foot of the screen, frames it and gives
/// what is inside. A small screen is used whole.
pub fn frame(
    screen: Rect,
    (columns, rows): (usize, usize),
    title: &str,
    buffer: &mut Buffer,
    look: &Look,
) -> Rect {
    let cap = |wanted: usize, there: u16| u16::try_from(wanted + 2).unwrap_or(u16::MAX).min(there);
    let (width, height) = (cap(columns, screen.width), cap(rows, screen.height));
    let area = Rect {
        x: screen.x + (screen.width - width) / 2,
        y: screen.y + (screen.height - height) / 2,
        width,
        height,
    };
    Clear.render(area, buffer);
    let border = look
        .charset
        .pick(ratatui::symbols::border::PLAIN, ASCII_BORDER);
    let block = Block::bordered()
        .border_set(border)
        .title(format!(" {title} "))
        .title_style(look.theme.heading);
    let inner = block.inner(area);
    block.render(area, buffer);
    inner
}

/// Draws rows below one another, the first so many rows below the top.
pub fn draw_rows(rows: &[Line<'_>], inner: Rect, below: usize, buffer: &mut Buffer, look: &Look) {
    let top = inner
        .y
        .saturating_add(u16::try_from(below).unwrap_or(u16::MAX));
    for (row, y) in rows.iter().zip(top..inner.bottom()) {
        draw_row(buffer, Position { x: inner.x, y }, row, inner.width, look);
    }
}

/// Draws a row; one that is cut says so in its last column.
pub fn draw_row(buffer: &mut Buffer, at: Position, row: &Line<'_>, width: u16, look: &Look) -> u16 {
    let (end, _) = buffer.set_line(at.x, at.y, row, width);
    if row.width() > usize::from(width) && width > 0 {
        let mark = look.charset.pick("…", ">");
        buffer.set_stringn(at.x + width - 1, at.y, mark, 1, look.theme.dim);
    }
    end
}

const ASCII_BORDER: ratatui::symbols::border::Set<'static> = ratatui::symbols::border::Set {
    top_left: "+",
    top_right: "+",
    bottom_left: "+",
    bottom_right: "+",
    vertical_left: "|",
    vertical_right: "|",
    horizontal_top: "-",
    horizontal_bottom: "-",
};
