//! The cells of a screen, in a form in which cells that look the same are equal.

use ratatui::buffer::{Buffer, Cell, CellWidth};
use ratatui::layout::Size;
use ratatui::style::{Color, Modifier};

use super::scroll::Scroll;

/// Modifiers that a space shows.
pub const VISIBLE_ON_SPACE: Modifier = Modifier::REVERSED
    .union(Modifier::UNDERLINED)
    .union(Modifier::SLOW_BLINK)
    .union(Modifier::RAPID_BLINK)
    .union(Modifier::CROSSED_OUT);

/// A cell that belongs to the wide character on its left.
const COVERED: Cell = Cell::new("");

/// Rows of cells.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Grid {
    size: Size,
    cells: Vec<Cell>,
}

impl Grid {
    /// The screen of a terminal that was just cleared.
    pub fn blank(size: Size) -> Self {
        let count = usize::from(size.width) * usize::from(size.height);
        Self {
            size,
            cells: vec![Cell::EMPTY; count],
        }
    }

    /// The cells of a frame.
    pub fn of(frame: &Buffer) -> Self {
        let size = frame.area.as_size();
        let columns = usize::from(size.width).max(1);
        let mut cells = Vec::with_capacity(frame.content.len());
        for row in frame.content.chunks(columns) {
            let mut x = 0;
            while let Some(cell) = row.get(x) {
                let mut cell = cell.clone();
                let mut width = usize::from(cell.cell_width());
                if width == 0 || x + width > row.len() {
                    cell.set_symbol(" ");
                    width = 1;
                }
                if cell.symbol() == " " && !cell.modifier.intersects(VISIBLE_ON_SPACE) {
                    cell.fg = Color::Reset;
                    cell.modifier = Modifier::empty();
                }
                cells.push(cell);
                cells.resize(cells.len() + width - 1, COVERED);
                x += width;
            }
        }
        Self { size, cells }
    }

    /// The number of columns and rows.
    pub fn size(&self) -> Size {
        self.size
    }

    /// The cells of a row.
    pub fn row(&self, y: u16) -> &[Cell] {
        let columns = usize::from(self.size.width);
        &self.cells[usize::from(y) * columns..][..columns]
    }

    /// Moves rows as the terminal does.
    pub fn scroll(&mut self, scroll: Scroll) {
        let columns = usize::from(self.size.width);
        let rows = usize::from(scroll.top) * columns..usize::from(scroll.bottom) * columns;
        let moved = usize::from(scroll.by.unsigned_abs()) * columns;
        let region = &mut self.cells[rows];
        let left = region.len() - moved;
        if scroll.by > 0 {
            region.rotate_left(moved);
            region[left..].fill(Cell::EMPTY);
        } else {
            region.rotate_right(moved);
            region[..moved].fill(Cell::EMPTY);
        }
    }
}

/// Whether a cell is covered by the wide character on its left.
pub fn is_covered(cell: &Cell) -> bool {
    cell.symbol().is_empty()
}
