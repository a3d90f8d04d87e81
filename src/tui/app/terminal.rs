//! The modes of the terminal: sets them, and always restores them: on return, on an error, on a
//! panic in any thread, on a signal, and while the program is stopped or has lent the terminal.

use std::io;
use std::panic::PanicHookInfo;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;
use std::{process, thread};

use crossterm::cursor::{MoveTo, SetCursorStyle, Show};
use crossterm::event::{DisableBracketedPaste, DisableMouseCapture, EnableBracketedPaste};
use crossterm::terminal::{
    Clear, ClearType, EnterAlternateScreen, LeaveAlternateScreen, disable_raw_mode, enable_raw_mode,
};
use crossterm::{Command, queue};
use rustix::event::{PollFd, PollFlags, poll};
use rustix::io::Errno;
use rustix::termios::{OptionalActions, tcgetattr, tcgetpgrp, tcsetattr};
use tokio::sync::oneshot;

use crate::report;
use crate::tui::app::screen::Screen;
use crate::tui::app::{guardian, write_queue};

/// How long [`restore`] waits for the terminal to take the last frame, and again for the sequences
/// that restore it.
const FLUSH_TIMEOUT: Duration = Duration::from_millis(300);
/// CAN aborts an escape sequence that was cut off, as on the VT100.
const CANCEL: u8 = 0x18;

/// Whether the modes are set, so that they have to be restored.
static TAKEN: AtomicBool = AtomicBool::new(false);

/// Whether [`let_alt_send_escape`] has changed the mode, so that it has to be restored.
static ALT_SENDS_ESCAPE: AtomicBool = AtomicBool::new(false);

/// Sets the modes of the terminal, and restores them when dropped.
#[derive(Debug)]
pub struct Guard {
    mouse: bool,
}

/// Reports clicks and the wheel, but not every cell that the mouse crosses.
struct CaptureMouse;

impl Command for CaptureMouse {
    fn write_ansi(&self, f: &mut impl std::fmt::Write) -> std::fmt::Result {
        f.write_str("\x1b[?1000h\x1b[?1006h")
    }
}

/// Stops the terminal from turning the wheel into arrow keys, which would walk through the history.
struct NoWheelKeys;

impl Command for NoWheelKeys {
    fn write_ansi(&self, f: &mut impl std::fmt::Write) -> std::fmt::Result {
        f.write_str("\x1b[?1007l")
    }
}

/// Undoes [`NoWheelKeys`].
struct WheelKeys;

impl Command for WheelKeys {
    fn write_ansi(&self, f: &mut impl std::fmt::Write) -> std::fmt::Result {
        f.write_str("\x1b[?1007h")
    }
}

/// Asks for keys that can be told apart: st sends Delete, and others their keypad, as in the
/// application keypad mode (DECKPAM).
struct DistinctKeys;

impl Command for DistinctKeys {
    fn write_ansi(&self, f: &mut impl std::fmt::Write) -> std::fmt::Result {
        f.write_str("\x1b=")
    }
}

/// Undoes [`DistinctKeys`].
struct UsualKeys;

impl Command for UsualKeys {
    fn write_ansi(&self, f: &mut impl std::fmt::Write) -> std::fmt::Result {
        f.write_str("\x1b>")?;
        f.write_str(if ALT_SENDS_ESCAPE.load(Ordering::SeqCst) {
            "\x1b[?1036l"
        } else {
            ""
        })
    }
}

/// Asks whether Alt with a letter is sent as ESC and the letter (DECRQM of metaSendsEscape), as
/// almost everywhere but in xterm. The mode is set only after the answer that it is off, so that
/// restoring it is right. Only terminals that name themselves after xterm are asked: others may
/// print what they do not know. The screen is cleared after it.
struct AskAboutAlt;

impl Command for AskAboutAlt {
    fn write_ansi(&self, f: &mut impl std::fmt::Write) -> std::fmt::Result {
        let term = std::env::var("TERM").unwrap_or_default();
        f.write_str(if term.starts_with("xterm") {
            "\x1b[?1036$p"
        } else {
            ""
        })
    }
}

/// What frames rely on: no scroll region and no origin mode of another program, and no wrapping
/// at the right edge, so that what a terminal draws wider than it is stays on its own line.
struct PlainScreen;

impl Command for PlainScreen {
    fn write_ansi(&self, f: &mut impl std::fmt::Write) -> std::fmt::Result {
        f.write_str("\x1b[r\x1b[?6;7l")
    }
}

/// Undoes [`PlainScreen`], and what a frame that was cut off has set.
struct UsualScreen;

impl Command for UsualScreen {
    fn write_ansi(&self, f: &mut impl std::fmt::Write) -> std::fmt::Result {
        f.write_str("\x1b[m\x1b[r\x1b[?7h")
    }
}

impl Guard {
    /// Sets the modes. From now on a panic restores them and ends the program.
    ///
    /// # Errors
    /// If the terminal's modes cannot be set, or if the system has no thread left.
    pub fn take(mouse: bool) -> io::Result<(Self, Screen)> {
        std::panic::set_hook(Box::new(on_panic));
        write_queue::start()?;
        guardian::start(&restore_sequences(true));
        let mut guard = Self { mouse };
        guard.enter()?;
        Ok((guard, Screen::open()?))
    }

    /// Sets the modes, again if they were set already: another program may have changed them.
    ///
    /// # Errors
    /// If the terminal's modes cannot be set.
    pub fn enter(&mut self) -> io::Result<()> {
        TAKEN.store(true, Ordering::SeqCst);
        // `enable_raw_mode` does nothing if it believes that raw mode is on.
        disable_raw_mode()?;
        guardian::watch(&tcgetattr(io::stdin())?);
        enable_raw_mode()?;
        let mut modes = Vec::new();
        queue!(
            modes,
            EnterAlternateScreen,
            AskAboutAlt,
            PlainScreen,
            Clear(ClearType::All),
            EnableBracketedPaste,
            DistinctKeys,
            NoWheelKeys
        )?;
        write_queue::push(&modes)?;
        self.capture_mouse(self.mouse)
    }

    /// Captures or releases the mouse.
    ///
    /// # Errors
    /// As [`write_queue::push`].
    pub fn capture_mouse(&mut self, capture: bool) -> io::Result<()> {
        self.mouse = capture;
        let mut modes = Vec::new();
        if capture {
            queue!(modes, CaptureMouse)?;
        } else {
            queue!(modes, DisableMouseCapture, NoWheelKeys)?;
        }
        write_queue::push(&modes)
    }

    /// Restores the modes for another program, until [`enter`](Self::enter).
    pub fn lend(&mut self) {
        restore();
    }
}

impl Drop for Guard {
    fn drop(&mut self) {
        restore();
    }
}

/// Makes Alt with a letter send ESC and the letter, until [`restore`]. To be called only if it does
/// not yet.
///
/// # Errors
/// As [`write_queue::push`].
pub fn let_alt_send_escape() -> io::Result<()> {
    ALT_SENDS_ESCAPE.store(true, Ordering::SeqCst);
    write_queue::push(b"\x1b[?1036h")
}

/// Whether this process is in the terminal's foreground process group. True also for a terminal
/// that does not control this process.
pub fn in_foreground() -> bool {
    tcgetpgrp(io::stdin()).map_or(true, |group| group == rustix::process::getpgrp())
}

/// Waits until this process is in the foreground. Sets the modes that the terminal has: the system
/// stops a background process that does so (TTOU). Works only before
/// [`block`](crate::process::stop::block).
///
/// # Errors
/// If no shell is left that could bring the process to the foreground.
pub fn wait_for_foreground() -> io::Result<()> {
    let stdin = io::stdin();
    Ok(tcsetattr(
        &stdin,
        OptionalActions::Now,
        &tcgetattr(&stdin)?,
    )?)
}

/// Waits in a thread until the terminal hangs up, which the thread that reads keys does not notice.
///
/// # Errors
/// If the system has no thread left.
pub fn watch_hang_up() -> io::Result<oneshot::Receiver<()>> {
    let (sender, hung_up) = oneshot::channel();
    thread::Builder::new()
        .name("terminal".into())
        .spawn(move || {
            let stdin = io::stdin();
            loop {
                // Without a requested event, poll reports only a hang-up.
                match poll(&mut [PollFd::new(&stdin, PollFlags::empty())], None) {
                    Err(Errno::INTR) => {}
                    Err(_) => return,
                    Ok(_) => {
                        let _ = sender.send(());
                        return;
                    }
                }
            }
        })?;
    Ok(hung_up)
}

/// Restores the modes if they are set. Takes less than a second, even if the terminal takes no
/// output. Does not report errors: if the terminal is gone, nothing is left to restore.
pub fn restore() {
    if !TAKEN.swap(false, Ordering::SeqCst) {
        return;
    }
    let cut = !write_queue::flush(FLUSH_TIMEOUT);
    if cut {
        write_queue::discard();
    }
    // Does not wait for output. In the background (stopped by STOP, then continued by `bg`) the
    // modes are those of the program in the foreground.
    if in_foreground() {
        let _ = disable_raw_mode();
    }
    let _ = write_queue::push(&restore_sequences(cut));
    ALT_SENDS_ESCAPE.store(false, Ordering::SeqCst);
    if write_queue::flush(FLUSH_TIMEOUT) {
        guardian::release();
    }
}

/// Prints lines on the normal screen, after [`restore`]. If the terminal takes no output, or belongs to
/// another program, they are dropped.
pub fn print_lines(lines: &[String]) {
    if lines.is_empty() || !in_foreground() {
        return;
    }
    let text: String = lines.iter().map(|line| format!("{line}\r\n")).collect();
    if write_queue::push(text.as_bytes()).is_ok() {
        write_queue::flush(FLUSH_TIMEOUT);
    }
}

/// The sequences that restore the terminal; `cut` says that it may be inside another sequence.
fn restore_sequences(cut: bool) -> Vec<u8> {
    let mut modes = if cut { vec![CANCEL] } else { Vec::new() };
    let queued = queue!(
        modes,
        DisableMouseCapture,
        WheelKeys,
        DisableBracketedPaste,
        UsualKeys,
        UsualScreen,
        SetCursorStyle::DefaultUserShape,
        Show,
        // If there is no alternate screen, the shell goes on below the last frame.
        MoveTo(0, u16::MAX - 1),
        LeaveAlternateScreen
    );
    // Writing to a vector cannot fail.
    drop(queued);
    modes
}

/// Restores the terminal and ends the program, which is of no use without one of its threads.
fn on_panic(panic: &PanicHookInfo<'_>) {
    restore();
    report::panic::print(panic);
    process::exit(101);
}
