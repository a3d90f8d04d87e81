//! What ends the program from outside.

use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::oneshot;

use crate::tui::app::{Exit, terminal};

/// What ends the program from outside: signals, and a terminal that goes away without one.
pub struct Signals {
    hangup: Signal,
    interrupt: Signal,
    terminate: Signal,
    quit: Signal,
    hung_up: oneshot::Receiver<()>,
}

impl Signals {
    /// Begins to listen.
    ///
    /// # Errors
    /// When the system gives no signals or no thread.
    pub fn listen() -> std::io::Result<Self> {
        Ok(Self {
            hangup: signal(SignalKind::hangup())?,
            interrupt: signal(SignalKind::interrupt())?,
            terminate: signal(SignalKind::terminate())?,
            quit: signal(SignalKind::quit())?,
            hung_up: terminal::watch_hang_up()?,
        })
    }

    /// Waits for the end.
    pub async fn next(&mut self) -> Exit {
        let told = |kind: SignalKind| Exit::Signal(kind.as_raw_value());
        tokio::select! {
            _ = self.hangup.recv() => told(SignalKind::hangup()),
            _ = self.interrupt.recv() => told(SignalKind::interrupt()),
            _ = self.terminate.recv() => told(SignalKind::terminate()),
            _ = self.quit.recv() => told(SignalKind::quit()),
            Ok(()) = &mut self.hung_up => Exit::TerminalGone,
        }
    }
}
