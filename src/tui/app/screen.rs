//! The screen: ratatui's terminal with a limited size, [`Painter`] and [`write_queue`] for its output.

use std::cell::Cell;
use std::io;
use std::rc::Rc;

use crossterm::event::Event;
use ratatui::backend::{Backend, ClearType, WindowSize};
use ratatui::layout::{Position, Size};
use ratatui::{Frame, Terminal, buffer};
use rustix::termios::tcgetwinsize;

use crate::tui::app::painter::Painter;
use crate::tui::app::write_queue;

/// The largest size that is drawn; the rest of a larger window stays empty. A terminal can report
/// 65535 columns and rows, whose cells would need hundreds of gigabytes.
const MAX_SIZE: Size = Size::new(1000, 500);
/// The size of a terminal that does not know its own.
const DEFAULT_SIZE: Size = Size::new(80, 24);

/// The terminal's screen.
pub struct Screen {
    terminal: Terminal<Canvas>,
    /// Where the last frame has the cursor.
    cursor: Rc<Cell<Option<Position>>>,
    painter: Painter,
}

impl Screen {
    /// Creates the screen.
    ///
    /// # Errors
    /// Those of [`Terminal::new`]; [`Canvas`] causes none.
    pub fn open() -> io::Result<Self> {
        let canvas = Canvas::default();
        Ok(Self {
            cursor: Rc::clone(&canvas.cursor),
            terminal: Terminal::new(canvas)?,
            painter: Painter::default(),
        })
    }

    /// Draws a frame and queues what differs from the last one; nothing if nothing does.
    /// [`write_queue::written`] waits until the terminal has taken it.
    ///
    /// # Errors
    /// As [`write_queue::push`].
    pub fn draw(&mut self, draw: impl FnOnce(&mut Frame<'_>)) -> io::Result<()> {
        let frame = self.terminal.draw(draw)?;
        let octets = self.painter.paint(frame.buffer, self.cursor.get());
        if octets.is_empty() {
            return Ok(());
        }
        write_queue::push(&octets)
    }

    /// Makes the next frame draw every cell.
    pub fn redraw(&mut self) {
        self.painter.forget();
    }
}

/// The size to draw: that of the window, up to [`MAX_SIZE`]. If the terminal reports 0x0, as a
/// serial line or `docker exec` at first does: `COLUMNS` and `LINES`, else [`DEFAULT_SIZE`].
pub fn size() -> Size {
    let window = tcgetwinsize(io::stdout()).ok();
    let side = |of_window: Option<u16>, variable: &str, usual: u16, largest: u16| {
        let set = || std::env::var(variable).ok()?.parse().ok();
        let known = of_window.filter(|side| *side > 0);
        let known = known.or_else(|| set().filter(|side| *side > 0));
        known.unwrap_or(usual).min(largest)
    };
    Size::new(
        side(
            window.map(|window| window.ws_col),
            "COLUMNS",
            DEFAULT_SIZE.width,
            MAX_SIZE.width,
        ),
        side(
            window.map(|window| window.ws_row),
            "LINES",
            DEFAULT_SIZE.height,
            MAX_SIZE.height,
        ),
    )
}

/// Replaces the window's size in a resize event with the size to draw.
pub fn with_drawn_size(event: Event) -> Event {
    match event {
        Event::Resize(..) => {
            let size = size();
            Event::Resize(size.width, size.height)
        }
        event => event,
    }
}

/// The backend of ratatui's terminal. It draws nothing, as [`Painter`] does that, but has the size
/// and keeps the place of the cursor.
#[derive(Debug, Default)]
struct Canvas {
    cursor: Rc<Cell<Option<Position>>>,
}

impl Backend for Canvas {
    type Error = io::Error;

    fn draw<'a, I>(&mut self, _: I) -> io::Result<()>
    where
        I: Iterator<Item = (u16, u16, &'a buffer::Cell)>,
    {
        Ok(())
    }

    fn hide_cursor(&mut self) -> io::Result<()> {
        self.cursor.set(None);
        Ok(())
    }

    /// Its place comes next.
    fn show_cursor(&mut self) -> io::Result<()> {
        Ok(())
    }

    /// Not supported: the answer would arrive among the keys.
    fn get_cursor_position(&mut self) -> io::Result<Position> {
        Err(io::ErrorKind::Unsupported.into())
    }

    fn set_cursor_position<P: Into<Position>>(&mut self, position: P) -> io::Result<()> {
        self.cursor.set(Some(position.into()));
        Ok(())
    }

    fn clear(&mut self) -> io::Result<()> {
        Ok(())
    }

    fn clear_region(&mut self, _: ClearType) -> io::Result<()> {
        Ok(())
    }

    fn size(&self) -> io::Result<Size> {
        Ok(size())
    }

    fn window_size(&mut self) -> io::Result<WindowSize> {
        Ok(WindowSize {
            columns_rows: size(),
            pixels: Size::default(),
        })
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
