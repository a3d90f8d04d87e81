//! Reads the terminal: keys, pastes, mouse, focus, and changes of its size.
//!
//! crossterm's reader knows neither the keys of urxvt nor those of st, types the end of a sequence
//! that it does not know, and drops octets that are not UTF-8; its parser cannot be extended.

mod decoder;
mod encoding;
mod keys;
mod paste;

use std::collections::VecDeque;
use std::io;
use std::sync::mpsc::{SyncSender, sync_channel};
use std::thread;
use std::time::{Duration, Instant};

use crossterm::event::Event;
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::Errno;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::mpsc;

pub(super) use self::decoder::Input;
use self::decoder::{Decoder, PASTE_CAP};
use self::encoding::{Encoding, text_of};
use crate::report::Environment;
use crate::tui::app::clipboard;

/// The octets of one read.
const READ: usize = 4096;
/// How long more octets of a burst of lines may take to come.
const BURST_TIMEOUT: Duration = Duration::from_millis(30);

/// The terminal's input. Reads nothing while nobody awaits [`next`](Self::next), so that an editor
/// can have the terminal meanwhile.
pub(super) struct InputReader {
    watch: Watch,
    resized: Signal,
    encoding: Encoding,
    decoder: Decoder,
    /// Whether a paste may arrive as if it was typed.
    bursts: bool,
    /// Whether a paste may arrive in either way: tmux marks some of its own.
    in_tmux: bool,
    /// Lines that arrived at once, with what still follows them.
    burst: Vec<u8>,
    /// What was read and not taken yet: what one read contains.
    ready: VecDeque<Input>,
    /// When the last octets came.
    read_at: Instant,
}

impl InputReader {
    /// Whether more was read than was taken.
    pub fn has_more(&self) -> bool {
        !self.ready.is_empty()
    }

    /// A reader of standard input.
    ///
    /// # Errors
    /// If a handler for signals cannot be installed, or if the system has no thread left.
    pub(super) fn new() -> io::Result<Self> {
        let environment = Environment::read();
        let encoding = Encoding::of_locale(environment.locale.as_deref());
        let in_tmux = clipboard::in_tmux();
        Ok(Self {
            watch: Watch::start()?,
            resized: signal(SignalKind::window_change())?,
            encoding,
            decoder: Decoder::new(encoding),
            bursts: in_tmux || !paste::marks_pastes(environment.term.as_deref()),
            in_tmux,
            burst: Vec::new(),
            ready: VecDeque::new(),
            read_at: Instant::now(),
        })
    }

    /// Waits for the next input. Nothing is lost if the caller stops waiting.
    ///
    /// # Errors
    /// If the terminal is gone, or this process is not in its foreground.
    pub(super) async fn next(&mut self) -> io::Result<Input> {
        loop {
            if let Some(input) = self.ready.pop_front() {
                return Ok(match input {
                    Input::Event(Event::Paste(text)) => {
                        Input::Event(Event::Paste(paste::undoubled(text)))
                    }
                    input => input,
                });
            }
            let patience = if self.burst.is_empty() {
                self.decoder.patience()
            } else {
                Some(BURST_TIMEOUT)
            };
            let left = patience.map(|patience| patience.saturating_sub(self.read_at.elapsed()));
            tokio::select! {
                biased;
                _ = self.resized.recv() => {
                    // The size is read when the event is handled.
                    return Ok(Input::Event(Event::Resize(0, 0)));
                }
                readable = self.watch.readable() => {
                    readable?;
                    let octets = read()?;
                    if !octets.is_empty() {
                        self.read_at = Instant::now();
                        self.take(&octets);
                    }
                }
                () = tokio::time::sleep(left.unwrap_or_default()), if left.is_some() => {
                    self.expire();
                }
            }
        }
    }
}

impl InputReader {
    /// Takes octets: as keys, or as lines that were pasted.
    fn take(&mut self, octets: &[u8]) {
        let begins = self.bursts && self.decoder.is_idle() && paste::is_burst(octets);
        if begins || !self.burst.is_empty() {
            let room = PASTE_CAP - self.burst.len();
            self.burst.extend(&octets[..octets.len().min(room)]);
            return;
        }
        let read = self.decoder.feed(octets);
        let is_paste = |input: &Input| matches!(input, Input::Event(Event::Paste(_)));
        // A terminal that marks one paste marks all.
        self.bursts &= self.in_tmux || !read.iter().any(is_paste);
        self.ready.extend(paste::with_lines_behind(read));
    }

    /// No octets came in time.
    fn expire(&mut self) {
        if self.burst.is_empty() {
            self.ready.extend(self.decoder.expire());
        } else {
            let text = text_of(&std::mem::take(&mut self.burst), self.encoding);
            self.ready.push_back(Input::Event(Event::Paste(text)));
        }
    }
}

/// Waits for input in a thread, which never reads any: what it read could be meant for an editor
/// that has got the terminal meanwhile.
struct Watch {
    ask: SyncSender<()>,
    /// Whether the thread was asked and has not answered yet.
    asked: bool,
    readable: mpsc::Receiver<()>,
}

impl Watch {
    fn start() -> io::Result<Self> {
        let (ask, asked) = sync_channel(1);
        let (tell, readable) = mpsc::channel(1);
        thread::Builder::new().name("input".into()).spawn(move || {
            while asked.recv().is_ok() && wait(None).is_ok() && tell.blocking_send(()).is_ok() {}
        })?;
        Ok(Self {
            ask,
            asked: false,
            readable,
        })
    }

    /// Waits until there may be input, or the terminal is gone. Can be called again if the caller
    /// stops waiting.
    async fn readable(&mut self) -> io::Result<()> {
        let gone = || io::Error::from(io::ErrorKind::BrokenPipe);
        if !self.asked {
            self.ask.try_send(()).map_err(|_| gone())?;
            self.asked = true;
        }
        self.readable.recv().await.ok_or_else(gone)?;
        self.asked = false;
        Ok(())
    }
}

/// Waits for input, at most for `timeout`; whether there is any, or the terminal is gone.
fn wait(timeout: Option<&Timespec>) -> io::Result<bool> {
    let stdin = io::stdin();
    loop {
        match poll(&mut [PollFd::new(&stdin, PollFlags::IN)], timeout) {
            Err(Errno::INTR) => {}
            Err(error) => return Err(error.into()),
            Ok(ready) => return Ok(ready > 0),
        }
    }
}

/// Reads what is there, at most [`READ`] octets; none if there is nothing. Does not make the terminal
/// non-blocking: other programs share that setting.
fn read() -> io::Result<Vec<u8>> {
    let mut octets = vec![0; READ];
    loop {
        if !wait(Some(&Timespec::default()))? {
            return Ok(Vec::new());
        }
        match rustix::io::read(io::stdin(), &mut octets) {
            Ok(0) => return Err(io::ErrorKind::UnexpectedEof.into()),
            Ok(count) => {
                octets.truncate(count);
                return Ok(octets);
            }
            Err(Errno::INTR) => {}
            Err(Errno::AGAIN) => return Ok(Vec::new()),
            Err(error) => return Err(error.into()),
        }
    }
}
