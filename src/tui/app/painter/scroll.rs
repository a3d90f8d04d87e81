//! Finds rows that have moved, so that the terminal can move them.

use std::hash::{DefaultHasher, Hash, Hasher};

use ratatui::buffer::Cell;

use super::grid::Grid;

/// The furthest that rows are moved.
const FURTHEST: usize = 100;
/// The octets of a scroll by no row; each row takes one more.
const SCROLL_COST: i64 = 16;
/// The octets that lead to a row, and those that clear the rest of it.
const ROW_COST: i64 = 6;

/// Moves the rows from `top` to before `bottom` up by `by`, or down if it is negative. The rows that
/// come in are blank.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Scroll {
    /// The first row that moves.
    pub top: u16,
    /// The row after the last one that moves.
    pub bottom: u16,
    /// Not 0, and less than the rows of the region.
    pub by: i16,
}

/// The scroll after which the least is left to paint, if there is one that seems worth it: this
/// counts cells, and only painting tells the octets.
pub fn find(shown: &Grid, wanted: &Grid) -> Option<Scroll> {
    let (mut shown, mut wanted) = (rows(shown), rows(wanted));
    let up = find_up(&shown, &wanted);
    shown.reverse();
    wanted.reverse();
    let down = find_up(&shown, &wanted).filter(|down| up.is_none_or(|up| up.saved < down.saved));
    let Found {
        top, bottom, by, ..
    } = down.or(up)?;
    let (top, bottom) = match down {
        Some(_) => (wanted.len() - bottom, wanted.len() - top),
        None => (top, bottom),
    };
    let by = i16::try_from(by).ok()?;
    Some(Scroll {
        top: u16::try_from(top).ok()?,
        bottom: u16::try_from(bottom).ok()?,
        by: if down.is_some() { -by } else { by },
    })
}

/// A scroll up, and how many octets it seems to save.
#[derive(Clone, Copy)]
struct Found {
    top: usize,
    bottom: usize,
    by: usize,
    saved: i64,
}

fn find_up(shown: &[Row], wanted: &[Row]) -> Option<Found> {
    let blank = Row::default();
    let still: Vec<i64> = wanted
        .iter()
        .zip(shown)
        .map(|(to, from)| to.cost(from))
        .collect();
    // What rows before this one save if they are blank before they are painted.
    let cleared = sums(
        wanted
            .iter()
            .zip(&still)
            .map(|(to, still)| still - to.cost(&blank)),
    );
    let mut best: Option<Found> = None;
    for by in 1..wanted.len().min(FURTHEST + 1) {
        // What they save if the row further down moves here.
        let rows = wanted.iter().zip(&still).zip(&shown[by..]);
        let moved = sums(rows.map(|((to, still), from)| still - to.cost(from)));
        let mut top = 0;
        for moved_end in 1..moved.len() {
            if moved[moved_end - 1] < moved[top] {
                top = moved_end - 1;
            }
            let bottom = moved_end + by;
            let saved = moved[moved_end] - moved[top] + cleared[bottom] - cleared[moved_end];
            let saved = saved - SCROLL_COST - i64::try_from(by).unwrap_or(i64::MAX);
            if saved > best.map_or(0, |best| best.saved) {
                best = Some(Found {
                    top,
                    bottom,
                    by,
                    saved,
                });
            }
        }
    }
    best
}

/// The sums of the first 0, 1, 2 ... of these.
fn sums(of: impl Iterator<Item = i64>) -> Vec<i64> {
    let mut sum = 0;
    let mut sums = vec![0];
    sums.extend(of.map(|one| {
        sum += one;
        sum
    }));
    sums
}

/// The cells of a row, up to its last one that is not blank, as numbers that are quick to compare.
#[derive(Default)]
struct Row(Vec<u64>);

impl Row {
    fn of(cells: &[Cell]) -> Self {
        let end = cells.iter().rposition(|cell| *cell != Cell::EMPTY);
        let cells = &cells[..end.map_or(0, |last| last + 1)];
        Self(cells.iter().map(number).collect())
    }

    /// The octets that this row takes if `from` is shown in its place, roughly.
    fn cost(&self, from: &Self) -> i64 {
        let common = self.0.iter().zip(&from.0).filter(|(to, from)| to != from);
        let more = self
            .0
            .iter()
            .skip(from.0.len())
            .filter(|cell| **cell != BLANK);
        let count = common.count() + more.count();
        let is_changed = count > 0 || from.0.len() > self.0.len();
        i64::try_from(count).unwrap_or(i64::MAX) + if is_changed { ROW_COST } else { 0 }
    }
}

/// The number of a blank cell.
const BLANK: u64 = 0;

fn number(cell: &Cell) -> u64 {
    if *cell == Cell::EMPTY {
        return BLANK;
    }
    let mut hasher = DefaultHasher::new();
    cell.hash(&mut hasher);
    hasher.finish()
}

fn rows(grid: &Grid) -> Vec<Row> {
    (0..grid.size().height)
        .map(|y| Row::of(grid.row(y)))
        .collect()
}
