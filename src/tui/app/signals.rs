//! Receives signals, and notices a terminal that hangs up without one.

use std::io;
use std::thread;
use std::time::Duration;

use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::oneshot;

use crate::tui::app::terminal;

/// How long the loop may take to end the program after TERM or HUP. It needs less, unless it hangs
/// in a file system that no longer responds.
const END_TIMEOUT: Duration = Duration::from_millis(1100);

/// Why the program ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exit {
    /// The user left.
    Quit,
    /// A signal with this number arrived.
    Signal(i32),
    /// The terminal is gone.
    TerminalGone,
    /// The thread of the connection is gone.
    WireGone,
}

impl Exit {
    /// The exit status. After a signal it is the one that a shell reports: 128 plus the number.
    pub fn status(self) -> u8 {
        match self {
            Self::Quit => 0,
            Self::Signal(number) => u8::try_from(128 + number).unwrap_or(1),
            Self::TerminalGone | Self::WireGone => 1,
        }
    }
}

/// Receives signals.
pub struct Signals {
    hangup: Signal,
    interrupt: Signal,
    terminate: Signal,
    quit: Signal,
    hung_up: oneshot::Receiver<()>,
}

impl Signals {
    /// Starts to listen.
    ///
    /// # Errors
    /// If a handler cannot be installed, or if the system has no thread left.
    pub fn listen() -> io::Result<Self> {
        let signals = Self {
            hangup: signal(SignalKind::hangup())?,
            interrupt: signal(SignalKind::interrupt())?,
            terminate: signal(SignalKind::terminate())?,
            quit: signal(SignalKind::quit())?,
            hung_up: terminal::watch_hang_up()?,
        };
        watch_end()?;
        Ok(signals)
    }

    /// Waits for the end.
    pub async fn next(&mut self) -> Exit {
        let end = |kind: SignalKind| Exit::Signal(kind.as_raw_value());
        tokio::select! {
            biased;
            _ = self.hangup.recv() => end(SignalKind::hangup()),
            _ = self.interrupt.recv() => end(SignalKind::interrupt()),
            _ = self.terminate.recv() => end(SignalKind::terminate()),
            _ = self.quit.recv() => end(SignalKind::quit()),
            Ok(()) = &mut self.hung_up => Exit::TerminalGone,
        }
    }
}

/// Ends the program from a thread if the loop has not done so [`END_TIMEOUT`] after TERM or HUP. Does
/// not receive them through tokio: a second runtime could delay signals for the first.
fn watch_end() -> io::Result<()> {
    let kinds = [SignalKind::terminate(), SignalKind::hangup()];
    let mut signals = signal_hook::iterator::Signals::new(kinds.map(|kind| kind.as_raw_value()))?;
    thread::Builder::new().name("end".into()).spawn(move || {
        if let Some(number) = signals.forever().next() {
            thread::sleep(END_TIMEOUT);
            terminal::restore();
            std::process::exit(Exit::Signal(number).status().into());
        }
    })?;
    Ok(())
}
