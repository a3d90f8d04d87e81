//! The terminal, taken and always given back: on return, on error, on panic in any thread, on a
//! signal, around a stop by Ctrl-Z.

use std::io::{self, Write};
use std::panic::PanicHookInfo;
use std::sync::atomic::{AtomicBool, Ordering};
use std::{process, thread};

use crossterm::cursor::{MoveTo, SetCursorStyle, Show};
use crossterm::event::{DisableBracketedPaste, DisableMouseCapture, EnableBracketedPaste};
use crossterm::terminal::{
    Clear, ClearType, EnterAlternateScreen, LeaveAlternateScreen, disable_raw_mode, enable_raw_mode,
};
use crossterm::{Command, execute, queue};
use rustix::event::{PollFd, PollFlags, poll};
use rustix::io::Errno;
use tokio::sync::oneshot;

use crate::report;
use crate::tui::app::screen::{self, Screen};

/// Whether the terminal is ours right now.
static TAKEN: AtomicBool = AtomicBool::new(false);

/// Holds the terminal; dropping it gives it back.
#[derive(Debug)]
pub struct Guard {
    mouse: bool,
}

/// Clicks and the wheel, without a report for each cell the mouse crosses.
struct CaptureMouse;

impl Command for CaptureMouse {
    fn write_ansi(&self, f: &mut impl std::fmt::Write) -> std::fmt::Result {
        f.write_str("\x1b[?1000h\x1b[?1006h")
    }
}

/// Where the mouse is not captured, the wheel must not be turned into arrow keys, which would walk
/// through the history.
struct NoWheelKeys;

impl Command for NoWheelKeys {
    fn write_ansi(&self, f: &mut impl std::fmt::Write) -> std::fmt::Result {
        f.write_str("\x1b[?1007l")
    }
}

/// What [`NoWheelKeys`] took away.
struct WheelKeys;

impl Command for WheelKeys {
    fn write_ansi(&self, f: &mut impl std::fmt::Write) -> std::fmt::Result {
        f.write_str("\x1b[?1007h")
    }
}

impl Guard {
    /// Takes the terminal. From now on a panic gives it back and ends the program.
    ///
    /// # Errors
    /// When the terminal does not do as it is told.
    pub fn take(mouse: bool) -> io::Result<(Self, Screen)> {
        std::panic::set_hook(Box::new(on_panic));
        let mut guard = Self { mouse };
        guard.enter()?;
        Ok((guard, screen::open()?))
    }

    /// Takes the terminal (again).
    ///
    /// # Errors
    /// When the terminal does not do as it is told.
    pub fn enter(&mut self) -> io::Result<()> {
        TAKEN.store(true, Ordering::SeqCst);
        enable_raw_mode()?;
        let mut out = io::stdout();
        execute!(
            out,
            EnterAlternateScreen,
            Clear(ClearType::All),
            EnableBracketedPaste,
            NoWheelKeys
        )?;
        self.capture_mouse(self.mouse)
    }

    /// Captures the mouse, or lets it go.
    ///
    /// # Errors
    /// When the terminal does not do as it is told.
    pub fn capture_mouse(&mut self, capture: bool) -> io::Result<()> {
        self.mouse = capture;
        if capture {
            execute!(io::stdout(), CaptureMouse)
        } else {
            execute!(io::stdout(), DisableMouseCapture, NoWheelKeys)
        }
    }

    /// Gives the terminal back for another program, until [`enter`](Self::enter).
    pub fn lend(&mut self) {
        restore();
    }

    /// Gives the terminal back and stops the program, as Ctrl-Z does in a shell; takes the terminal
    /// again when the program goes on.
    ///
    /// # Errors
    /// When the terminal does not do as it is told.
    pub fn suspend(&mut self) -> io::Result<()> {
        restore();
        rustix::process::kill_process(rustix::process::getpid(), rustix::process::Signal::TSTP)?;
        self.enter()
    }
}

impl Drop for Guard {
    fn drop(&mut self) {
        restore();
    }
}

/// Waits on a thread of its own until the terminal hangs up, which whoever reads keys is not told.
///
/// # Errors
/// When the system gives no thread.
pub fn watch_hang_up() -> io::Result<oneshot::Receiver<()>> {
    let (told, hung_up) = oneshot::channel();
    thread::Builder::new()
        .name("terminal".into())
        .spawn(move || {
            let stdin = io::stdin();
            loop {
                // Asked for nothing, poll tells of a hang-up alone.
                match poll(&mut [PollFd::new(&stdin, PollFlags::empty())], None) {
                    Err(Errno::INTR) => {}
                    Err(_) => return,
                    Ok(_) => {
                        let _ = told.send(());
                        return;
                    }
                }
            }
        })?;
    Ok(hung_up)
}

/// Gives the terminal back, if it is ours. A terminal that is gone is no reason to fail.
pub fn restore() {
    if !TAKEN.swap(false, Ordering::SeqCst) {
        return;
    }
    let mut out = io::stdout();
    let _ = queue!(
        out,
        DisableMouseCapture,
        WheelKeys,
        DisableBracketedPaste,
        SetCursorStyle::DefaultUserShape,
        Show,
        // Where there is no other screen, the shell goes on below the picture.
        MoveTo(0, u16::MAX - 1),
        LeaveAlternateScreen
    );
    let _ = out.flush();
    let _ = disable_raw_mode();
}

/// Gives the terminal back and ends the program: half a program behind a dead screen helps nobody.
fn on_panic(panic: &PanicHookInfo<'_>) {
    restore();
    report::panic::print(panic);
    process::exit(101);
}
