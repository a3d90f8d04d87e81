//! The screen: ratatui's terminal with a limited size, and [`write_queue`] for its output.

use std::cell::RefCell;
use std::io::{self, Write};
use std::rc::Rc;

use crossterm::event::Event;
use ratatui::Terminal;
use ratatui::backend::{Backend, ClearType, CrosstermBackend, WindowSize};
use ratatui::buffer::Cell;
use ratatui::layout::{Position, Size};
use rustix::termios::tcgetwinsize;

use crate::tui::app::write_queue;

/// The largest size that is drawn; the rest of a larger window stays empty. A terminal can report
/// 65535 columns and rows, whose cells would need hundreds of gigabytes.
const MAX_SIZE: Size = Size::new(1000, 500);
/// The size of a terminal that does not know its own.
const DEFAULT_SIZE: Size = Size::new(80, 24);

/// The terminal that frames are drawn on.
pub type Screen = Terminal<Display>;

/// Creates the screen.
///
/// # Errors
/// Those of [`Terminal::new`]; [`Display`] causes none.
pub fn open() -> io::Result<Screen> {
    let frame = Frame::default();
    Terminal::new(Display {
        backend: CrosstermBackend::new(frame.clone()),
        frame,
    })
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

/// Makes the next frame draw every cell. (`Terminal::clear` would ask the terminal for its cursor
/// position, and fail if no answer comes in time.)
///
/// # Errors
/// As [`Backend::flush`] of [`Display`].
pub fn redraw(screen: &mut Screen) -> io::Result<()> {
    screen.resize(size().into())
}

/// Collects the bytes of a frame until it is complete, so that no half-drawn frame is visible. The
/// backend and the display share it.
#[derive(Clone, Debug, Default)]
struct Frame(Rc<RefCell<Vec<u8>>>);

impl Write for Frame {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.borrow_mut().write(bytes)
    }

    /// Does nothing: the backend also flushes in the middle of a frame.
    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// A crossterm backend that draws at most [`MAX_SIZE`], and writes through [`write_queue`].
#[derive(Debug)]
pub struct Display {
    backend: CrosstermBackend<Frame>,
    frame: Frame,
}

impl Backend for Display {
    type Error = io::Error;

    fn draw<'a, I>(&mut self, content: I) -> io::Result<()>
    where
        I: Iterator<Item = (u16, u16, &'a Cell)>,
    {
        self.backend.draw(content)
    }

    fn hide_cursor(&mut self) -> io::Result<()> {
        self.backend.hide_cursor()
    }

    fn show_cursor(&mut self) -> io::Result<()> {
        self.backend.show_cursor()
    }

    /// Not supported: the answer would arrive among the keys.
    fn get_cursor_position(&mut self) -> io::Result<Position> {
        Err(io::ErrorKind::Unsupported.into())
    }

    fn set_cursor_position<P: Into<Position>>(&mut self, position: P) -> io::Result<()> {
        self.backend.set_cursor_position(position)
    }

    fn clear(&mut self) -> io::Result<()> {
        self.backend.clear()
    }

    fn clear_region(&mut self, clear_type: ClearType) -> io::Result<()> {
        self.backend.clear_region(clear_type)
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

    /// Queues the frame. [`write_queue::written`] waits until the terminal has taken it.
    ///
    /// # Errors
    /// As [`write_queue::push`].
    fn flush(&mut self) -> io::Result<()> {
        let frame = self.frame.0.take();
        write_queue::push(&frame)
    }
}
