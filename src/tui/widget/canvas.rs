//! The surface that panes and popups draw on: the terminal's buffer and the look.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::{Modifier, Style};
use ratatui::symbols::border;
use ratatui::text::Line;
use ratatui::widgets::{Block, Clear, Padding, Widget};
use unicode_width::UnicodeWidthStr;

use super::click::Clicks;
use super::look::Look;
use crate::report::text;

/// Indentation of a sentence, see [`Canvas::sentence`].
const INDENT: usize = 2;
/// The maximum width of a popup, frame included.
const POPUP_COLUMNS: u16 = 100;
/// From this width on a popup leaves a margin at both sides.
const ROOMY: u16 = 60;
/// Width of a popup that is not for its text: the frame, and a blank at each side of the text.
const AROUND: u16 = 4;

const ASCII_BORDER: border::Set<'static> = border::Set {
    top_left: "+",
    top_right: "+",
    bottom_left: "+",
    bottom_right: "+",
    vertical_left: "|",
    vertical_right: "|",
    horizontal_top: "-",
    horizontal_bottom: "-",
};

/// The buffer to draw on, and how things look.
#[derive(Debug)]
pub struct Canvas<'a> {
    /// The cells of the terminal.
    pub buffer: &'a mut Buffer,
    /// Theme and character set.
    pub look: &'a Look,
    /// The row below which a popup covers nothing unless it needs the room: the prompt is there.
    pub prompt_row: Option<u16>,
    /// The sidebar, whose first column is its border: the frame of a popup over it joins the border.
    pub sidebar: Rect,
    /// What a click on what is drawn stands for.
    pub clicks: Clicks,
}

impl<'a> Canvas<'a> {
    /// A canvas on this buffer.
    pub fn new(buffer: &'a mut Buffer, look: &'a Look) -> Self {
        Self {
            buffer,
            look,
            prompt_row: None,
            sidebar: Rect::default(),
            clicks: Clicks::default(),
        }
    }

    /// Clears a place in the middle of the screen, frames it and returns the area inside. The inside
    /// has `columns` by `rows` cells, or as many as the screen has room for. If the popup fits above the
    /// prompt, the prompt stays visible.
    pub fn frame(&mut self, screen: Rect, (columns, rows): (usize, usize), title: &str) -> Rect {
        let outside = |inside: usize, around: u16, screen: u16| {
            let inside = u16::try_from(inside).unwrap_or(u16::MAX);
            inside.saturating_add(around).min(screen)
        };
        let width = outside(columns, AROUND, screen.width);
        let height = outside(rows, 2, screen.height);
        let above = self.prompt_row.map(|row| row.saturating_sub(screen.y));
        let room = above
            .filter(|above| (height..=screen.height).contains(above))
            .unwrap_or(screen.height);
        let area = Rect {
            x: screen.x + (screen.width - width) / 2,
            y: screen.y + (room - height) / 2,
            width,
            height,
        };
        self.clicks.clear();
        // Leftovers beside the frame would look like a part of it.
        self.clear(Rect {
            x: screen.x,
            width: screen.width,
            ..area
        });
        let border = self.look.charset.pick(border::ROUNDED, ASCII_BORDER);
        let title_columns = usize::from(width.saturating_sub(AROUND));
        let title = text::fitted(title, title_columns, self.look.charset);
        let block = Block::bordered()
            .border_set(border)
            .border_style(self.look.theme.frame)
            .padding(Padding::horizontal(1))
            .title(format!(" {title} "))
            .title_style(self.look.theme.title.remove_modifier(Modifier::DIM));
        let inner = block.inner(area);
        block.render(area, self.buffer);
        self.join_sidebar(area);
        inner
    }

    /// Joins the sidebar's border with the frame of a popup in this area.
    fn join_sidebar(&mut self, area: Rect) {
        let x = self.sidebar.x;
        let (top, bottom) = (area.y, area.bottom().saturating_sub(1));
        if self.sidebar.is_empty() || !(area.x + 1..area.right().saturating_sub(1)).contains(&x) {
            return;
        }
        let (above, below) = self.look.charset.pick(("┴", "┬"), ("+", "+"));
        let rows = self.sidebar.y..self.sidebar.bottom();
        for (y, beside, joint) in [
            (top, top.checked_sub(1), above),
            (bottom, Some(bottom + 1), below),
        ] {
            let goes_on = beside.is_some_and(|beside| rows.contains(&beside));
            // The title stays whole.
            let is_line = self.buffer[(x, y)].symbol() == self.look.charset.pick("─", "-");
            if goes_on && is_line {
                let cell = Rect {
                    x,
                    y,
                    width: 1,
                    height: 1,
                };
                self.text(joint, self.look.theme.frame, cell);
            }
        }
    }

    /// Resets all cells of an area.
    pub fn clear(&mut self, area: Rect) {
        Clear.render(area, self.buffer);
    }

    /// Adds a style to all cells of an area.
    pub fn style(&mut self, area: Rect, style: Style) {
        self.buffer.set_style(area, style);
    }

    /// Marks an area as chosen: one bar, whatever colours are in it. What is underlined stays so.
    pub fn choose(&mut self, area: Rect) {
        let area = area.intersection(self.buffer.area);
        for position in area.positions() {
            if let Some(cell) = self.buffer.cell_mut(position) {
                let kept = cell.modifier & (Modifier::UNDERLINED | Modifier::BOLD);
                cell.set_style(Style::reset());
                cell.set_style(self.look.theme.chosen.add_modifier(kept));
            }
        }
    }

    /// Draws text in the first row of an area, and returns the column after it. What does not fit is
    /// cut without a mark.
    pub fn text(&mut self, text: &str, style: Style, area: Rect) -> u16 {
        if area.is_empty() {
            return area.x;
        }
        let (end, _) =
            self.buffer
                .set_stringn(area.x, area.y, text, usize::from(area.width), style);
        end
    }

    /// Draws a line in the first row of an area, and returns the column after it. If the line is cut,
    /// the last column says so.
    pub fn row(&mut self, row: &Line<'_>, area: Rect) -> u16 {
        if area.is_empty() {
            return area.x;
        }
        let (end, _) = self.buffer.set_line(area.x, area.y, row, area.width);
        if row.width() > usize::from(area.width) {
            let last = Rect {
                x: area.right() - 1,
                width: 1,
                ..area
            };
            self.cut_mark(last);
        }
        end
    }

    /// Draws lines from the top of an area on, each as [`row`](Self::row) does.
    pub fn rows(&mut self, rows: &[Line<'_>], area: Rect) {
        for (row, area) in rows.iter().zip(area.rows()) {
            self.row(row, area);
        }
    }

    /// Draws one indented line of text that may quote a server. If the text is cut, a mark follows it.
    pub fn sentence(&mut self, words: &str, style: Style, area: Rect) {
        let shown = text::visible(words.as_bytes(), self.look.charset);
        let area = indented(area, INDENT);
        let cut = shown.width() > usize::from(area.width);
        let room = Rect {
            width: area.width.saturating_sub(u16::from(cut)),
            ..area
        };
        let end = self.text(&shown, style, room);
        if cut {
            let mark = Rect {
                x: end,
                width: area.right().saturating_sub(end),
                ..area
            };
            self.cut_mark(mark);
        }
    }

    /// Marks the first column of a row: text before it is not visible.
    pub fn cut_mark_before(&mut self, area: Rect) {
        let mark = self.look.charset.pick("‹", "<");
        self.text(
            mark,
            self.look.theme.dim,
            Rect {
                width: area.width.min(1),
                ..area
            },
        );
    }

    /// Marks the last column of a row: text after it is not visible.
    pub fn cut_mark_after(&mut self, area: Rect) {
        let last = indented(area, usize::from(area.width.saturating_sub(1)));
        let mark = self.look.charset.pick("›", ">");
        self.text(mark, self.look.theme.dim, last);
    }

    /// Says on the frame around `inner` how many rows are above and below those that are shown.
    pub fn more(&mut self, above: usize, below: usize, inner: Rect) {
        let marks = [
            (above, inner.y.checked_sub(1), ("↑", "^")),
            (below, Some(inner.bottom()), ("↓", "v")),
        ];
        for (hidden, row, (utf8, ascii)) in marks {
            let words = format!(" {hidden} more {} ", self.look.charset.pick(utf8, ascii));
            let (Some(y), width) = (row, words.width()) else {
                continue;
            };
            let free = usize::from(inner.width).saturating_sub(width);
            let on_screen = y < self.buffer.area.bottom();
            if hidden > 0 && on_screen {
                let area = Rect {
                    y,
                    height: 1,
                    ..inner
                };
                self.text(&words, self.look.theme.dim, indented(area, free));
            }
        }
    }

    fn cut_mark(&mut self, area: Rect) {
        let mark = self.look.charset.pick("…", ">");
        self.text(mark, self.look.theme.dim, area);
    }
}

/// Columns inside a popup, at least one: the same for every popup on a screen of this width.
pub fn inner_columns(screen: Rect) -> usize {
    let margins = if screen.width >= ROOMY { 2 } else { 0 };
    let outside = (screen.width - margins).min(POPUP_COLUMNS);
    usize::from(outside.saturating_sub(AROUND)).max(1)
}

/// Columns inside a popup that is as wide as the screen.
pub fn full_columns(screen: Rect) -> usize {
    usize::from(screen.width.saturating_sub(AROUND)).max(1)
}

/// Rows inside a frame that fills the screen.
pub fn inner_rows(screen: Rect) -> usize {
    usize::from(screen.height.saturating_sub(2))
}

/// The part of an area below its first `rows` rows.
pub fn below(area: Rect, rows: usize) -> Rect {
    let skipped = u16::try_from(rows).unwrap_or(u16::MAX).min(area.height);
    Rect {
        y: area.y + skipped,
        height: area.height - skipped,
        ..area
    }
}

/// The first `rows` rows of an area.
pub fn top(area: Rect, rows: usize) -> Rect {
    let height = u16::try_from(rows).unwrap_or(u16::MAX).min(area.height);
    Rect { height, ..area }
}

/// Row `at` of an area, counted from 0; empty if the area has fewer rows.
pub fn row_of(area: Rect, at: usize) -> Rect {
    top(below(area, at), 1)
}

/// The part of an area to the right of its first `columns` columns.
pub fn indented(area: Rect, columns: usize) -> Rect {
    let skipped = u16::try_from(columns).unwrap_or(u16::MAX).min(area.width);
    Rect {
        x: area.x + skipped,
        width: area.width - skipped,
        ..area
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_cut_says_so() {
        let area = Rect::new(0, 0, 8, 3);
        let mut buffer = Buffer::empty(area);
        let look = Look::default();
        let mut canvas = Canvas::new(&mut buffer, &look);
        canvas.row(&Line::from("123456789"), row_of(area, 0));
        canvas.sentence("1234567", Style::new(), row_of(area, 1));
        canvas.sentence("123456", Style::new(), row_of(area, 2));
        // There is no fourth row.
        canvas.sentence("123456", Style::new(), row_of(area, 3));
        let row = |y| (0..8).map(|x| buffer[(x, y)].symbol()).collect::<String>();
        assert_eq!(
            [row(0), row(1), row(2)],
            ["1234567…", "  12345…", "  123456"]
        );
    }
}
