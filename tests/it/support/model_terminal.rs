//! A terminal that receives frames as octets. It draws some characters wider than they are counted,
//! as real terminals do.

use std::num::NonZeroU16;

use ehlo::tui::{self, Message, Painter};
use ratatui::backend::TestBackend;
use ratatui::buffer::{Buffer, CellWidth};
use ratatui::{Frame, Terminal};

use super::stage::Stage;

/// A terminal, and what draws on it.
pub struct ModelTerminal {
    size: (u16, u16),
    frames: Terminal<TestBackend>,
    painter: Painter,
    screen: vt100::Parser,
}

impl ModelTerminal {
    pub fn new(columns: u16, rows: u16) -> Self {
        let cells = |count| NonZeroU16::new(count).unwrap();
        Self {
            size: (columns, rows),
            frames: Terminal::new(TestBackend::new(columns, rows)).unwrap(),
            painter: Painter::default(),
            screen: vt100::Parser::new(cells(rows), cells(columns), 0),
        }
    }

    /// Draws a frame of a stage, asserts that it is shown as it was drawn, and returns the number of
    /// its octets.
    #[track_caller]
    pub fn show(&mut self, stage: &mut Stage) -> usize {
        stage.message(Message::Resize(self.size.0, self.size.1));
        let (octets, misplaced) = self.draw(|frame| tui::draw(&mut stage.model, frame));
        assert!(misplaced.is_empty(), "{}", misplaced.join("\n"));
        octets
    }

    /// Draws a frame. Returns the number of its octets, and the rows that are not shown as drawn.
    pub fn draw(&mut self, draw: impl FnOnce(&mut Frame<'_>)) -> (usize, Vec<String>) {
        let frame = self.frames.draw(draw).unwrap().buffer.clone();
        let backend = self.frames.backend();
        let cursor = backend.cursor_visible().then(|| backend.cursor_position());
        let octets = self.painter.paint(&frame, cursor);
        self.screen.process(drawn_wider(&octets).as_bytes());
        let shown = self.screen.screen().rows(0, self.size.0);
        let misplaced = rows(&frame).zip(shown);
        let misplaced = misplaced.filter(|(row, shown)| row.trim_end() != shown.trim_end());
        let misplaced = misplaced.map(|(row, shown)| format!("{shown}\n    for {row}"));
        (octets.len(), misplaced.collect())
    }
}

/// The text of each row, without the cells that wide characters cover.
fn rows(frame: &Buffer) -> impl Iterator<Item = String> {
    frame.content.chunks(frame.area.width.into()).map(|row| {
        let mut text = String::new();
        let mut x = 0;
        while let Some(cell) = row.get(x) {
            text += cell.symbol();
            x += usize::from(cell.cell_width()).max(1);
        }
        text
    })
}

/// Replaces flags, skin tones and what joins characters by what takes more cells.
fn drawn_wider(octets: &[u8]) -> String {
    let text = std::str::from_utf8(octets).unwrap();
    let wider = |character| match character {
        '\u{1f1e6}'..='\u{1f1ff}' => "FFF".to_owned(),
        '\u{1f3fb}'..='\u{1f3ff}' => "TTT".to_owned(),
        '\u{200d}' | '\u{fe0f}' => "J".to_owned(),
        character => character.to_string(),
    };
    text.chars().map(wider).collect()
}
