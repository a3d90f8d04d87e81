//! Writes cells with as few octets as all terminals understand: where the cursor is and how it
//! writes is known, and only what differs is sent.

use std::io::Write;

use ratatui::buffer::{Cell, CellWidth};
use ratatui::layout::{Position, Size};
use ratatui::style::{Color, Modifier};

use super::grid::{VISIBLE_ON_SPACE, is_covered};
use super::scroll::Scroll;

/// Modifiers, and the parameters that set and reset them.
const MODIFIERS: [(Modifier, u8, u8); 9] = [
    (Modifier::BOLD, 1, 22),
    (Modifier::DIM, 2, 22),
    (Modifier::ITALIC, 3, 23),
    (Modifier::UNDERLINED, 4, 24),
    (Modifier::SLOW_BLINK, 5, 25),
    (Modifier::RAPID_BLINK, 6, 25),
    (Modifier::REVERSED, 7, 27),
    (Modifier::HIDDEN, 8, 28),
    (Modifier::CROSSED_OUT, 9, 29),
];

/// Clears from the cursor to the end of its row.
const CLEAR_REST: &[u8] = b"\x1b[K";

/// How characters are written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Style {
    fg: Color,
    bg: Color,
    modifier: Modifier,
}

impl Style {
    fn of(cell: &Cell) -> Self {
        Self {
            fg: cell.fg,
            bg: cell.bg,
            modifier: cell.modifier,
        }
    }

    /// The parameters that lead to this style, from the default one if `from` is none.
    fn parameters(self, from: Option<Self>) -> String {
        let mut all = Vec::new();
        if from.is_none() {
            all.push("0".to_owned());
        }
        let from = from.unwrap_or_default();
        let mut kept = from.modifier;
        for (modifier, _, off) in MODIFIERS {
            if kept.contains(modifier) && !self.modifier.contains(modifier) {
                all.push(off.to_string());
                // One parameter resets both bold and dim, and both kinds of blinking.
                let resets = MODIFIERS.iter().filter(|(.., other)| *other == off);
                resets.for_each(|(modifier, ..)| kept.remove(*modifier));
            }
        }
        let added = MODIFIERS.iter().filter(|(modifier, ..)| {
            self.modifier.contains(*modifier) && !kept.contains(*modifier)
        });
        all.extend(added.map(|(_, on, _)| on.to_string()));
        if self.fg != from.fg {
            all.push(color(self.fg, 30));
        }
        if self.bg != from.bg {
            all.push(color(self.bg, 40));
        }
        all.join(";")
    }
}

/// The parameters of a colour; `base` is 30 for text and 40 for what is behind it.
fn color(color: Color, base: u16) -> String {
    let number = match color {
        Color::Reset => 9,
        Color::Black => 0,
        Color::Red => 1,
        Color::Green => 2,
        Color::Yellow => 3,
        Color::Blue => 4,
        Color::Magenta => 5,
        Color::Cyan => 6,
        Color::Gray => 7,
        Color::DarkGray => 60,
        Color::LightRed => 61,
        Color::LightGreen => 62,
        Color::LightYellow => 63,
        Color::LightBlue => 64,
        Color::LightMagenta => 65,
        Color::LightCyan => 66,
        Color::White => 67,
        Color::Indexed(index @ 0..=7) => u16::from(index),
        Color::Indexed(index @ 8..=15) => 52 + u16::from(index),
        Color::Indexed(index) => return format!("{};5;{index}", base + 8),
        Color::Rgb(red, green, blue) => return format!("{};2;{red};{green};{blue}", base + 8),
    };
    (base + number).to_string()
}

/// A number of a sequence, which is left out if it is the default.
fn parameter(number: u16) -> String {
    if number == 1 {
        String::new()
    } else {
        number.to_string()
    }
}

/// Writes into `octets`.
#[derive(Clone, Debug)]
pub struct Pen {
    /// What was written.
    pub octets: Vec<u8>,
    size: Size,
    /// The row of the cursor, if it is known.
    y: Option<u16>,
    /// The column of the cursor, if it is known.
    x: Option<u16>,
    style: Style,
}

impl Pen {
    /// A pen on a screen of this size. The style is the default one.
    pub fn new(size: Size, at: Option<Position>) -> Self {
        Self {
            octets: Vec::new(),
            size,
            y: at.map(|at| at.y),
            x: at.map(|at| at.x),
            style: Style::default(),
        }
    }

    /// Where the cursor is, if that is known.
    pub fn position(&self) -> Option<Position> {
        Some(Position::new(self.x?, self.y?))
    }

    /// Writes octets that leave the cursor where it is.
    pub fn send(&mut self, octets: &[u8]) {
        self.octets.extend_from_slice(octets);
    }

    /// Clears the screen.
    pub fn clear(&mut self) {
        self.send(b"\x1b[m\x1b[r\x1b[H\x1b[2J");
        self.style = Style::default();
        (self.x, self.y) = (Some(0), Some(0));
    }

    /// Writes in the default style.
    pub fn reset_style(&mut self) {
        if self.style != Style::default() {
            self.send(b"\x1b[m");
            self.style = Style::default();
        }
    }

    /// Moves rows.
    pub fn scroll(&mut self, scroll: Scroll) {
        let Scroll { top, bottom, by } = scroll;
        // Many terminals give new rows the background of the style.
        self.reset_style();
        let (edge, step) = if by > 0 {
            (bottom, "\n")
        } else {
            (top + 1, "\x1bM")
        };
        let steps = step.repeat(usize::from(by.unsigned_abs()));
        let sequence = format!(
            "\x1b[{};{bottom}r\x1b[{}H{steps}\x1b[r",
            parameter(top + 1),
            parameter(edge)
        );
        self.send(sequence.as_bytes());
        (self.x, self.y) = (None, None);
    }

    /// Moves the cursor. `row` has the cells of the row at `y`, which are shown up to `x`.
    pub fn go_to(&mut self, x: u16, y: u16, row: &[Cell]) {
        if self.position() == Some(Position::new(x, y)) {
            return;
        }
        let column = if x == 0 {
            String::new()
        } else {
            format!(";{}", x + 1)
        };
        let mut best = format!("\x1b[{}{column}H", parameter(y + 1)).into_bytes();
        let mut offer = |way: Option<Vec<u8>>| {
            if let Some(way) = way
                && way.len() < best.len()
            {
                best = way;
            }
        };
        if let Some(down) = self.y.and_then(|from| y.checked_sub(from)) {
            if down == 0 {
                offer(self.x.and_then(|from| self.forward(from, x, row)));
                offer(Some(format!("\x1b[{}G", parameter(x + 1)).into_bytes()));
                let back = self.x.and_then(|from| from.checked_sub(x));
                offer(back.map(|back| vec![b'\x08'; usize::from(back)]));
            }
            // A line feed alone is not sent: a terminal may add a carriage return to it.
            let newline = [b"\r".as_slice(), &vec![b'\n'; usize::from(down)]].concat();
            let forward = self.forward(0, x, row);
            offer(forward.map(|forward| [newline, forward].concat()));
        }
        self.octets.extend(best);
        (self.x, self.y) = (Some(x), Some(y));
    }

    /// The way to a column of the same row that is not before `from`: what is between is written
    /// again if that is short.
    fn forward(&self, from: u16, to: u16, row: &[Cell]) -> Option<Vec<u8>> {
        let step = to.checked_sub(from)?;
        let skip = match step {
            0 => Vec::new(),
            _ => format!("\x1b[{}C", parameter(step)).into_bytes(),
        };
        let between = &row[usize::from(from)..usize::from(to)];
        let is_plain = |cell: &Cell| is_certain(cell) && !is_covered(cell) && self.writes(cell);
        if usize::from(step) < skip.len() && between.iter().all(is_plain) {
            let again: String = between.iter().map(Cell::symbol).collect();
            if again.len() < skip.len() {
                return Some(again.into_bytes());
            }
        }
        Some(skip)
    }

    /// Whether a cell can be written in the current style.
    fn writes(&self, cell: &Cell) -> bool {
        let style = Style::of(cell);
        let shows = |style: Style| style.modifier.intersects(VISIBLE_ON_SPACE);
        style == self.style
            || cell.symbol() == " "
                && style.bg == self.style.bg
                && !shows(style)
                && !shows(self.style)
    }

    /// Writes a cell at the cursor.
    pub fn write(&mut self, cell: &Cell) {
        if !self.writes(cell) {
            let style = Style::of(cell);
            let step = style.parameters(Some(self.style));
            let whole = match style == Style::default() {
                true => String::new(),
                false => style.parameters(None),
            };
            let shorter = if whole.len() < step.len() {
                whole
            } else {
                step
            };
            // Writing to a vector cannot fail.
            let _ = write!(self.octets, "\x1b[{shorter}m");
            self.style = style;
        }
        self.send(cell.symbol().as_bytes());
        let next = self.x.map(|x| x + cell.cell_width());
        // At the right edge terminals differ, and so they do in the width of some characters.
        self.x = next.filter(|next| *next < self.size.width && is_certain(cell));
        if !is_certain(cell) {
            self.y = None;
        }
    }

    /// Clears from the cursor to the end of the row, of which `count` cells are not blank.
    pub fn clear_rest(&mut self, count: u16) {
        let blank = Cell::EMPTY;
        if usize::from(count) <= CLEAR_REST.len() && self.writes(&blank) {
            (0..count).for_each(|_| self.write(&blank));
            return;
        }
        // Many terminals give cleared cells the background of the style.
        if !self.writes(&blank) {
            self.reset_style();
        }
        self.send(CLEAR_REST);
    }
}

/// Whether all terminals draw a cell as wide as it is counted: no combining marks, no emoji and no
/// script whose letters join.
fn is_certain(cell: &Cell) -> bool {
    let mut characters = cell.symbol().chars();
    let first = characters.next().filter(|_| cell.cell_width() == 1);
    characters.next().is_none()
        && first.is_some_and(|character| {
            matches!(character, ' '..='~'
                | '\u{a1}'..='\u{2ff}'
                | '\u{370}'..='\u{58f}'     // Greek, Cyrillic, Armenian
                | '\u{1e00}'..='\u{1fff}'   // more of Latin and Greek
                | '\u{2010}'..='\u{25ff}') // punctuation to frames
        })
}
