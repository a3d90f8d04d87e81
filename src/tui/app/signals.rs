//! Receives signals, and notices a terminal that hangs up without one.

use std::io;
use std::thread;
use std::time::Duration;

use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::{mpsc, oneshot};

use crate::process::stop;
use crate::tui::app::terminal;

/// Stop signals that may wait for the loop. More than one means no more than one.
const STOPS: usize = 1;
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

/// What a signal asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Request {
    /// End the program (HUP, INT, QUIT, TERM, or the terminal is gone).
    End(Exit),
    /// Stop it as Ctrl-Z does (TSTP, TTIN, TTOU).
    Stop,
    /// Set up the terminal again: the program was continued (CONT).
    Continue,
}

/// Receives signals.
pub struct Signals {
    hangup: Signal,
    interrupt: Signal,
    terminate: Signal,
    quit: Signal,
    continued: Signal,
    stop: mpsc::Receiver<()>,
    hung_up: oneshot::Receiver<()>,
}

impl Signals {
    /// Starts to listen. The stop signals must be [blocked](stop::block).
    ///
    /// # Errors
    /// If a handler cannot be installed, or if the system has no thread left.
    pub fn listen() -> io::Result<Self> {
        let signals = Self {
            hangup: signal(SignalKind::hangup())?,
            interrupt: signal(SignalKind::interrupt())?,
            terminate: signal(SignalKind::terminate())?,
            quit: signal(SignalKind::quit())?,
            continued: signal(continued())?,
            stop: watch_stop()?,
            hung_up: terminal::watch_hang_up()?,
        };
        watch_end()?;
        Ok(signals)
    }

    /// Waits for the next request. Requests to end the program come first.
    pub async fn next(&mut self) -> Request {
        let end = |kind: SignalKind| Request::End(Exit::Signal(kind.as_raw_value()));
        tokio::select! {
            biased;
            _ = self.hangup.recv() => end(SignalKind::hangup()),
            _ = self.interrupt.recv() => end(SignalKind::interrupt()),
            _ = self.terminate.recv() => end(SignalKind::terminate()),
            _ = self.quit.recv() => end(SignalKind::quit()),
            Ok(()) = &mut self.hung_up => Request::End(Exit::TerminalGone),
            Some(()) = self.stop.recv() => Request::Stop,
            _ = self.continued.recv() => Request::Continue,
        }
    }
}

fn continued() -> SignalKind {
    SignalKind::from_raw(rustix::process::Signal::CONT.as_raw())
}

/// Waits for stop signals in a thread.
fn watch_stop() -> io::Result<mpsc::Receiver<()>> {
    let (sender, stop) = mpsc::channel(STOPS);
    thread::Builder::new().name("stop".into()).spawn(move || {
        while stop::wait().is_ok() && sender.blocking_send(()).is_ok() {}
    })?;
    Ok(stop)
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
