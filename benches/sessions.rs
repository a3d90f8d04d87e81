//! Benchmarks of the sessions kept on disk: how long it takes to list a thousand, and to find one
//! that was cut short among them.
//! Run with `cargo bench --bench sessions`; results are on standard output.

use std::path::Path;
use std::time::{Duration, Instant, SystemTime};

use ehlo::record::{Journal, Meta, WallClock, kept, last_unfinished};
use ehlo::smtp::{Entry, Level};

/// Measurements of each figure; the median is printed.
const ROUNDS: usize = 31;
/// Sessions in the folder.
const SESSIONS: u64 = 1_000;

fn main() {
    let count = usize::try_from(SESSIONS).unwrap();
    for (words, entries) in [("short", 20), ("long", 2_000)] {
        let folder = tempfile::tempdir().unwrap();
        fill(folder.path(), entries);
        let list = median(|| assert_eq!(kept::list(folder.path()).unwrap().len(), count));
        println!("listing {SESSIONS} {words} sessions: {list:.2?} (target: at most 200 ms)");
        let search = median(|| assert_eq!(last_unfinished(folder.path()).unwrap(), None));
        println!("looking for an unfinished one among them: {search:.2?}");
    }
}

/// Writes the journals of sessions with so many entries.
fn fill(folder: &Path, entries: usize) {
    let now = Instant::now();
    let text = "250 a line of a reply, as long as lines of replies are";
    let entry = Entry::note(now, false, Level::Info, text);
    for number in 0..SESSIONS {
        let start = SystemTime::UNIX_EPOCH + Duration::from_secs(1_800_000_000 + number);
        let meta = Meta::new("mx.example.org:25", WallClock::new(start, now));
        let mut journal = Journal::create(folder, &meta).unwrap();
        for _ in 0..entries {
            journal.write(&entry).unwrap();
        }
        journal.end().unwrap();
    }
}

fn median(work: impl Fn()) -> Duration {
    let time = |_| {
        let started = Instant::now();
        work();
        started.elapsed()
    };
    let mut times: Vec<Duration> = (0..ROUNDS).map(time).collect();
    times.sort();
    times[times.len() / 2]
}
