//! When a frame is drawn: not too often, not while the terminal is busy, and one for a line and its
//! reply if that comes soon.

use std::time::{Duration, Instant};

use super::write_queue;

/// At most [`FRAMES`] frames are drawn in this time: a flood must not keep the keys waiting.
const WINDOW: Duration = Duration::from_millis(16);
/// The maximum number of frames in a [`WINDOW`].
const FRAMES: u32 = 3;
/// How long a reply is awaited before the line just sent is drawn alone: a frame for both takes half
/// of the octets, and nobody sees so short a wait.
const GRACE: Duration = Duration::from_millis(50);

/// When the next frame is drawn.
#[derive(Debug)]
pub(super) struct Pacing {
    /// The begin of the time in which frames are counted.
    window: Instant,
    frames: u32,
    /// The last change is not drawn yet: there were too many frames.
    throttled: bool,
    /// The last change is not drawn yet: the terminal is still busy.
    pub(super) blocked: bool,
    /// Until when the last change is not drawn, as the reply to a line may come with it.
    hold: Option<Instant>,
}

impl Pacing {
    pub(super) fn new() -> Self {
        Self {
            window: Instant::now(),
            frames: 0,
            throttled: false,
            blocked: false,
            hold: None,
        }
    }

    /// When to look again if nothing happens; `tick` is when the screen changes by itself.
    pub(super) fn due(&self, tick: Option<Duration>) -> Option<Duration> {
        match self.hold {
            _ if self.throttled => Some(WINDOW.saturating_sub(self.window.elapsed())),
            Some(until) => Some(until.saturating_duration_since(Instant::now())),
            None => tick,
        }
    }

    /// A line was sent: its reply may come soon.
    pub(super) fn hold(&mut self) {
        self.hold.get_or_insert(Instant::now() + GRACE);
    }

    /// Whether to draw now. `typed`: a key was pressed; `more`: others wait; `waiting`: a reply is due.
    pub(super) fn draws_now(&mut self, typed: bool, more: bool, waiting: bool) -> bool {
        if self.window.elapsed() >= WINDOW {
            (self.window, self.frames) = (Instant::now(), 0);
        }
        self.blocked = !write_queue::is_empty();
        self.throttled = !self.blocked && !typed && self.frames >= FRAMES;
        // Keys that wait share a frame: on a slow line each frame costs seconds.
        let shared = typed && more && self.window.elapsed() < WINDOW;
        self.hold
            .take_if(|until| !waiting || *until <= Instant::now());
        let draws = !self.blocked && !self.throttled && !shared && self.hold.is_none();
        self.frames += u32::from(draws);
        draws
    }
}
