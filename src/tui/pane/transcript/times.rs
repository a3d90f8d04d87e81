//! The column of times: how long a reply took, the time since the previous line, the time of day, or
//! nothing.

use std::time::{Duration, Instant};

use crate::record::{self, SLOW, seconds};
use crate::smtp::{Entry, EntryKind};

const DAY: u64 = 24 * 60 * 60;

/// What the column shows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Times {
    /// How long each reply took since the line it answers.
    #[default]
    Took,
    /// How long after the previous line each line was sent or received.
    Since,
    /// The time of day, in the time zone of the clock.
    Clock(Clock),
    /// Nothing.
    Off,
}

/// The time of day at an instant, in seconds since midnight.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Clock {
    at: Instant,
    seconds: u64,
}

impl Clock {
    /// The clock from a Date header (RFC 5322 section 3.3), which contains a time such as `12:30:00`.
    pub fn read(date: &str, at: Instant) -> Option<Self> {
        let time = date.split(' ').find(|word| word.contains(':'))?;
        let mut parts = time.split(':').map(str::parse::<u64>);
        let mut part = || parts.next()?.ok();
        let (hours, minutes, seconds) = (part()?, part()?, part().unwrap_or(0));
        Some(Self {
            at,
            seconds: (hours * 60 + minutes) * 60 + seconds,
        })
    }

    /// The clock of a record at this instant.
    pub fn of_record(clock: &record::WallClock, at: Instant) -> Self {
        let seconds = clock.wall(at).as_second().rem_euclid(DAY.cast_signed());
        Self {
            at,
            seconds: seconds.cast_unsigned(),
        }
    }

    fn of_day(self, at: Instant) -> String {
        let seconds = match at.checked_duration_since(self.at) {
            Some(later) => self.seconds + later.as_secs(),
            None => {
                let earlier = self.at.duration_since(at);
                let rounded_up = earlier.as_secs() + u64::from(earlier.subsec_nanos() > 0);
                self.seconds + DAY - rounded_up % DAY
            }
        } % DAY;
        let (hours, minutes) = (seconds / 3600, seconds / 60 % 60);
        format!("{hours:02}:{minutes:02}:{:02}", seconds % 60)
    }
}

impl Times {
    /// Width of the column of times.
    pub(super) fn width(self, small: bool) -> usize {
        match (self, small) {
            (Self::Took | Self::Since, true) => 5,
            (Self::Took | Self::Since, false) => 7,
            (Self::Clock(_), _) => 8,
            (Self::Off, _) => 0,
        }
    }

    /// The time of an entry in this many columns. `before` is when the previous line was sent or received.
    pub(super) fn of(self, entry: &Entry, before: Option<Instant>, width: usize) -> String {
        match self {
            Self::Since => before.map_or_else(String::new, |before| {
                seconds(entry.at.saturating_duration_since(before), width)
            }),
            Self::Took => took(entry).map_or_else(String::new, |took| seconds(took, width)),
            Self::Clock(clock) => clock.of_day(entry.at),
            Self::Off => String::new(),
        }
    }

    /// Words after a slow reply that say how long it took, if the column does not.
    pub(super) fn slow(self, entry: &Entry) -> Option<String> {
        let took = took(entry).filter(|_| self != Self::Took && is_slow(entry))?;
        Some(format!("  ({})", seconds(took, 7)))
    }
}

fn took(entry: &Entry) -> Option<Duration> {
    match &entry.kind {
        EntryKind::Received(received) => received.took,
        _ => None,
    }
}

/// Whether an entry is the first line of a slow reply.
pub(super) fn is_slow(entry: &Entry) -> bool {
    took(entry).is_some_and(|took| took >= SLOW)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_clock_goes_both_ways_and_past_midnight() {
        let at = Instant::now() + Duration::from_secs(3 * DAY);
        let clock = Clock::read("Thu, 1 Jan 2026 23:59:58 +0000", at).unwrap();
        let hour = Duration::from_secs(3600);
        assert_eq!(clock.of_day(at), "23:59:58");
        assert_eq!(clock.of_day(at + Duration::from_secs(3)), "00:00:01");
        assert_eq!(clock.of_day(at - 24 * hour), "23:59:58");
        assert_eq!(clock.of_day(at - 25 * hour), "22:59:58");
        assert_eq!(clock.of_day(at - Duration::from_millis(1)), "23:59:57");
        assert_eq!(Clock::read("Thu, 1 Jan 2026", at), None);
    }
}
