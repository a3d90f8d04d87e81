//! The signals that stop a job (TSTP, TTIN, TTOU), received without a handler.
//!
//! A handler would replace the default action, which is still needed: it stops a process in the way
//! that shells report, and does not stop one that no shell could continue. So all threads block the
//! signals, and one thread waits for them.

use std::io;

use nix::sys::signal::{SigSet, SigmaskHow, Signal, raise};

/// The signals that stop a job.
fn signals() -> SigSet {
    [Signal::SIGTSTP, Signal::SIGTTIN, Signal::SIGTTOU]
        .into_iter()
        .collect()
}

/// Blocks the signals in this thread and in all threads that it starts later. A background process
/// that blocks them cannot read from its terminal, but can write to it and set its modes.
///
/// # Errors
/// If the system call fails.
pub fn block() -> io::Result<()> {
    Ok(signals().thread_block()?)
}

/// Waits until one of the signals arrives. All threads must have blocked them.
///
/// # Errors
/// If the system call fails.
pub fn wait() -> io::Result<()> {
    signals().wait()?;
    Ok(())
}

/// Stops this process, and returns when it is continued. Returns at once if its process group is
/// orphaned, which means that no shell could continue it.
///
/// # Errors
/// If a system call fails.
pub fn stop() -> io::Result<()> {
    // Raised before it is unblocked, so that it and a pending one stop the process only once.
    raise(Signal::SIGTSTP)?;
    let before = SigSet::from(Signal::SIGTSTP).thread_swap_mask(SigmaskHow::SIG_UNBLOCK)?;
    Ok(before.thread_set_mask()?)
}

/// Runs `start` while this thread does not block the signals: a program inherits what the thread
/// that starts it blocks.
pub(super) fn with_signals_delivered<T>(start: impl FnOnce() -> T) -> T {
    let before = signals().thread_swap_mask(SigmaskHow::SIG_UNBLOCK);
    let started = start();
    if let Ok(before) = before {
        // Restoring the mask of a moment ago does not fail.
        let _ = before.thread_set_mask();
    }
    started
}
