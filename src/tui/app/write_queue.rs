//! The queue of bytes for the terminal. A thread writes them, because the loop must not wait for a
//! terminal that takes no output: one that is stopped, or at the end of a slow or dead line.

use std::io;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, poll};
use rustix::io::Errno;
use rustix::termios::{Action, QueueSelector, tcflow, tcflush};
use tokio::sync::Notify;
use tokio::sync::futures::Notified;

/// Bytes that may wait: a frame of the largest size, or some copied texts.
const CAP: usize = 64 * 1024 * 1024;
/// Bytes of one write. Between two writes the rest of a frame can be discarded.
const PIECE: usize = 4096;
/// How long the thread may take to notice that its bytes are discarded.
const DISCARD_TIMEOUT: Duration = Duration::from_millis(200);

/// The queue. It is static because the hook for panics in any thread needs it.
static QUEUE: Mutex<Queue> = Mutex::new(Queue {
    waiting: Vec::new(),
    writing: false,
    discarding: false,
    failed: None,
    started: false,
});
/// Signals every change of the queue.
static CHANGED: Condvar = Condvar::new();
/// Notified after each write.
static WRITTEN: Notify = Notify::const_new();

/// The bytes that wait, and the state of the thread that writes them.
struct Queue {
    waiting: Vec<u8>,
    /// Whether the thread is writing bytes that it took from `waiting`.
    writing: bool,
    /// Whether the thread must drop the rest of these bytes.
    discarding: bool,
    /// The error of a write. No write is tried after it.
    failed: Option<Errno>,
    /// Whether the thread has been started.
    started: bool,
}

impl Queue {
    fn is_empty(&self) -> bool {
        self.waiting.is_empty() && !self.writing
    }
}

fn queue() -> MutexGuard<'static, Queue> {
    QUEUE.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Starts the thread that writes.
///
/// # Errors
/// If the system has no thread left.
pub fn start() -> io::Result<()> {
    if std::mem::replace(&mut queue().started, true) {
        return Ok(());
    }
    thread::Builder::new()
        .name("write-queue".into())
        .spawn(write_forever)?;
    Ok(())
}

/// Queues bytes.
///
/// # Errors
/// If an earlier write failed, or if the queue is full.
pub fn push(bytes: &[u8]) -> io::Result<()> {
    let mut queue = queue();
    if let Some(error) = queue.failed {
        return Err(error.into());
    }
    if bytes.len() > CAP.saturating_sub(queue.waiting.len()) {
        return Err(io::Error::other("the terminal takes no output"));
    }
    queue.waiting.extend_from_slice(bytes);
    CHANGED.notify_all();
    Ok(())
}

/// Whether the terminal has taken all bytes.
pub fn is_empty() -> bool {
    queue().is_empty()
}

/// Waits until a write finishes. Check [`is_empty`] afterwards.
pub fn written() -> Notified<'static> {
    WRITTEN.notified()
}

/// Waits until the terminal has taken all bytes or a write has failed. False if `timeout` passes
/// before.
pub fn flush(timeout: Duration) -> bool {
    let deadline = Instant::now() + timeout;
    let mut queue = queue();
    while !queue.is_empty() && queue.failed.is_none() {
        let left = deadline.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return false;
        }
        let waited = CHANGED.wait_timeout(queue, left);
        queue = waited.unwrap_or_else(PoisonError::into_inner).0;
    }
    true
}

/// Discards what the terminal has not taken, the kernel's buffer included, and ends flow control,
/// so that the terminal can take what is queued next. May leave the terminal inside an escape
/// sequence.
pub fn discard() {
    {
        let mut queue = queue();
        queue.waiting.clear();
        queue.discarding = queue.writing;
    }
    // These fail only if the terminal is gone. Stopping and starting the output also wakes the
    // thread from a blocked write.
    let _ = tcflush(io::stdout(), QueueSelector::OFlush);
    let _ = tcflow(io::stdout(), Action::OOff);
    let _ = tcflow(io::stdout(), Action::OOn);
    flush(DISCARD_TIMEOUT);
}

/// Runs the thread, for as long as the process runs.
fn write_forever() {
    let mut queue = queue();
    loop {
        while queue.waiting.is_empty() {
            queue = CHANGED.wait(queue).unwrap_or_else(PoisonError::into_inner);
        }
        let bytes = std::mem::take(&mut queue.waiting);
        queue.writing = true;
        drop(queue);
        let written = write(&bytes);
        queue = self::queue();
        queue.writing = false;
        queue.discarding = false;
        queue.failed = queue.failed.or(written.err());
        CHANGED.notify_all();
        WRITTEN.notify_one();
    }
}

/// Writes bytes until all are written or the rest is discarded. Does not lock [`io::Stdout`]: a
/// write that hangs must not block a thread that prints.
fn write(bytes: &[u8]) -> Result<(), Errno> {
    let out = io::stdout();
    let mut written = 0;
    while let Some(rest) = bytes.get(written..).filter(|rest| !rest.is_empty()) {
        if queue().discarding {
            break;
        }
        match rustix::io::write(&out, &rest[..rest.len().min(PIECE)]) {
            Ok(count) => written += count,
            Err(Errno::INTR) => {}
            // Another program has made the terminal non-blocking.
            Err(Errno::AGAIN) => {
                poll(&mut [PollFd::new(&out, PollFlags::OUT)], None)?;
            }
            Err(error) => return Err(error),
        }
    }
    Ok(())
}
