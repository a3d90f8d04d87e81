//! Turns frames into octets for the terminal, as few as possible: on a slow line each costs time.

mod grid;
mod pen;
mod scroll;

use ratatui::buffer::{Buffer, Cell};
use ratatui::layout::Position;

use self::grid::{Grid, is_covered};
use self::pen::Pen;

/// A frame with fewer octets is not worth a search for rows that have moved.
const SCROLL_SEARCH: usize = 64;

/// What the terminal shows, as far as it is known.
#[derive(Debug, Default)]
pub struct Painter {
    /// None before the first frame, or if another program has written to the terminal.
    shown: Option<Shown>,
}

#[derive(Debug)]
struct Shown {
    grid: Grid,
    /// Where the cursor is.
    at: Option<Position>,
    /// Whether the cursor is visible.
    cursor: bool,
}

impl Painter {
    /// Makes the next frame clear the screen and paint every cell.
    pub fn forget(&mut self) {
        self.shown = None;
    }

    /// The octets that lead from the last frame to this one, with the cursor at a place or hidden.
    pub fn paint(&mut self, frame: &Buffer, cursor: Option<Position>) -> Vec<u8> {
        let wanted = Grid::of(frame);
        let size = wanted.size();
        let cursor = cursor.filter(|at| at.x < size.width && at.y < size.height);
        let shown = self.shown.take().filter(|shown| shown.grid.size() == size);
        let was_visible = shown.as_ref().map(|shown| shown.cursor);
        let (grid, mut pen) = match shown {
            Some(shown) => (shown.grid, Pen::new(size, shown.at)),
            None => {
                let mut pen = Pen::new(size, None);
                pen.clear();
                (Grid::blank(size), pen)
            }
        };
        let start = pen.clone();
        paint_cells(&mut pen, &grid, &wanted);
        if pen.octets.len() > SCROLL_SEARCH
            && let Some(scroll) = scroll::find(&grid, &wanted)
        {
            let mut moved = grid;
            moved.scroll(scroll);
            let mut scrolled = start;
            scrolled.scroll(scroll);
            paint_cells(&mut scrolled, &moved, &wanted);
            if scrolled.octets.len() < pen.octets.len() {
                pen = scrolled;
            }
        }
        pen.reset_style();
        if let Some(at) = cursor {
            pen.go_to(at.x, at.y, wanted.row(at.y));
        }
        if was_visible != Some(cursor.is_some()) {
            pen.send(match cursor {
                Some(_) => b"\x1b[?25h",
                None => b"\x1b[?25l",
            });
        }
        self.shown = Some(Shown {
            grid: wanted,
            at: pen.position(),
            cursor: cursor.is_some(),
        });
        pen.octets
    }
}

/// Paints the cells that differ.
fn paint_cells(pen: &mut Pen, shown: &Grid, wanted: &Grid) {
    for y in 0..wanted.size().height {
        paint_row(pen, y, shown.row(y), wanted.row(y));
    }
}

fn paint_row(pen: &mut Pen, y: u16, shown: &[Cell], wanted: &[Cell]) {
    let differs = |x: usize| shown[x] != wanted[x];
    let text = wanted.iter().rposition(|cell| *cell != Cell::EMPTY);
    let text_end = text.map_or(0, |last| last + 1);
    for x in (0..text_end).filter(|x| differs(*x)) {
        // A covered cell was written with the one that covers it.
        if !is_covered(&wanted[x]) {
            pen.go_to(column(x), y, wanted);
            pen.write(&wanted[x]);
        }
    }
    let mut rest = (text_end..wanted.len()).filter(|x| differs(*x));
    if let Some(first) = rest.next() {
        let last = rest.next_back().unwrap_or(first);
        pen.go_to(column(first), y, wanted);
        pen.clear_rest(column(last + 1 - first));
    }
}

/// The number of a column: a row has at most 65535.
fn column(x: usize) -> u16 {
    u16::try_from(x).unwrap_or(u16::MAX)
}

#[cfg(test)]
mod tests;
