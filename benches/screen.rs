//! Benchmarks of the screen: the time from exec to the first frame, the time from a key to its
//! frame with a million entries in the transcript, and the cost of the journal during a flood.
//! Run with `cargo bench --bench screen`; results are on standard output.

use std::io::{Read, Write};
use std::net::TcpListener;
use std::path::Path;
use std::time::{Duration, Instant, SystemTime};

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use ehlo::net::Event;
use ehlo::record::{Journal, Meta, WallClock};
use ehlo::smtp::{self, Entry, Level};
use ehlo::tui::{self, Look, Message, Model, Origin, Preferences, SessionId, SessionMessage};
use portable_pty::{CommandBuilder, NativePtySystem, PtySize, PtySystem};
use ratatui::Terminal;
use ratatui::backend::TestBackend;

/// Measurements of each figure; the median is printed.
const ROUNDS: usize = 31;
/// Measurements of the flood.
const FLOODS: usize = 9;
/// Lines of the flood.
const FLOOD: u32 = 100_000;

fn main() {
    for (columns, rows) in [(80, 24), (200, 50)] {
        let frame = median((0..ROUNDS).map(|_| first_frame(columns, rows)));
        println!("exec to the first frame, {columns}x{rows}: {frame:.2?}");
    }
    for (columns, rows) in [(80, 24), (200, 50)] {
        for (filter, before) in [("", ""), (", one of sixteen shown", ":filter errors\n")] {
            let small = key_to_frame(1_000, columns, rows, before);
            let large = key_to_frame(1_000_000, columns, rows, before);
            let ratio = large.as_secs_f64() / small.as_secs_f64();
            println!(
                "a key to its frame, {columns}x{rows}{filter}: {small:.2?} with 1,000 entries, \
                 {large:.2?} with 1,000,000 (ratio {ratio:.2}, target: at most 1.3)"
            );
        }
    }
    let with = median((0..FLOODS).map(|_| flood(true)));
    let without = median((0..FLOODS).map(|_| flood(false)));
    let more = with.as_secs_f64() / without.as_secs_f64() * 100.0 - 100.0;
    println!(
        "a flood of {FLOOD} lines, from exec to the last: {with:.2?} with the journal, \
         {without:.2?} without ({more:+.0} %)"
    );
    println!(
        "writing an entry to the journal: {:.2?}",
        median((0..ROUNDS).map(|_| entry()))
    );
}

fn median(times: impl Iterator<Item = Duration>) -> Duration {
    let mut times: Vec<Duration> = times.collect();
    times.sort();
    times[times.len() / 2]
}

/// The time from exec until a real pty has received the footer, which is drawn last.
fn first_frame(columns: u16, rows: u16) -> Duration {
    let home = tempfile::tempdir().unwrap();
    time_until(home.path(), (columns, rows), &[], b"help")
}

/// The time from exec until a server's last line is on the screen, with or without a journal.
fn flood(has_journal: bool) -> Duration {
    let home = tempfile::tempdir().unwrap();
    if !has_journal {
        std::fs::write(home.path().join("state"), "not a folder").unwrap();
    }
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let target = listener.local_addr().unwrap().to_string();
    let server = std::thread::spawn(move || {
        let mut stream = listener.accept().unwrap().0;
        let lines = (0..FLOOD)
            .map(|n| format!("250 line {n:07} of a flood, as long as lines of replies are\r\n"));
        let all = format!("220 hello\r\n{}250 LASTLINE\r\n", lines.collect::<String>());
        stream.write_all(all.as_bytes()).unwrap();
        // Waits until the client has disconnected.
        let _ = stream.read(&mut [0]);
    });
    let took = time_until(home.path(), (80, 24), &[&target], b"LASTLINE");
    server.join().unwrap();
    took
}

/// The mean time to write an entry to a journal.
fn entry() -> Duration {
    const ENTRIES: u32 = 1_000;
    let folder = tempfile::tempdir().unwrap();
    let now = Instant::now();
    let meta = Meta::new("mx.example", WallClock::new(SystemTime::now(), now));
    let mut journal = Journal::create(folder.path(), &meta).unwrap();
    let words = "250 line 0000000 of a flood, as long as lines of replies are";
    let entry = Entry::note(now, false, Level::Info, words);
    let started = Instant::now();
    for _ in 0..ENTRIES {
        journal.write(&entry).unwrap();
    }
    started.elapsed() / ENTRIES
}

/// The time from exec in a real pty until the program has written these octets.
fn time_until(
    home: &Path,
    (columns, rows): (u16, u16),
    arguments: &[&str],
    end: &[u8],
) -> Duration {
    let size = PtySize {
        rows,
        cols: columns,
        pixel_width: 0,
        pixel_height: 0,
    };
    let pty = NativePtySystem::default().openpty(size).unwrap();
    let mut command = CommandBuilder::new(env!("CARGO_BIN_EXE_ehlo"));
    command.args(arguments);
    command.env("HOME", home);
    command.env("XDG_STATE_HOME", home.join("state"));
    command.env("TERM", "xterm-256color");
    command.env("LANG", "C.UTF-8");
    let mut reader = pty.master.try_clone_reader().unwrap();
    let started = Instant::now();
    let mut child = pty.slave.spawn_command(command).unwrap();
    let mut seen = Vec::new();
    let mut chunk = [0; 8192];
    while !seen.windows(end.len()).any(|octets| octets == end) {
        let count = reader.read(&mut chunk).unwrap();
        // Only the end of what was searched already can begin a match.
        seen.drain(..seen.len().saturating_sub(end.len()));
        seen.extend_from_slice(&chunk[..count]);
    }
    let took = started.elapsed();
    child.kill().unwrap();
    child.wait().unwrap();
    took
}

/// The time for a typed character through update and view to a test backend. The keys `before` are
/// pressed first.
fn key_to_frame(entries: u32, columns: u16, rows: u16, before: &str) -> Duration {
    let now = Instant::now();
    let preferences = Preferences {
        transcript_cap: 1 << 30,
        ..Preferences::default()
    };
    let origin = Origin {
        session: SessionId::FIRST,
        connection: 0,
    };
    let mut model = Model::new(Look::default(), preferences, (columns, rows), now);
    for number in 0..entries {
        let words = format!("entry {number:07} of a transcript that is as long as a night");
        let level = if number % 16 == 0 {
            Level::Fault
        } else {
            Level::Info
        };
        let entry = Entry::note(now, false, level, words);
        let event = Event::Session(smtp::Event::Entry(entry));
        tui::update(
            &mut model,
            Message::Session(origin, SessionMessage::Wire(event)),
            now,
        );
    }
    let mut terminal = Terminal::new(TestBackend::new(columns, rows)).unwrap();
    let mut key = |code| {
        let started = Instant::now();
        tui::update(
            &mut model,
            Message::Key(KeyEvent::new(code, KeyModifiers::NONE)),
            now,
        );
        terminal.draw(|frame| tui::draw(&mut model, frame)).unwrap();
        started.elapsed()
    };
    for letter in before.chars() {
        key(match letter {
            '\n' => KeyCode::Enter,
            letter => KeyCode::Char(letter),
        });
    }
    key(KeyCode::Char('x'));
    median((0..ROUNDS * 10).map(|at| {
        key(if at % 2 == 0 {
            KeyCode::Char('x')
        } else {
            KeyCode::Backspace
        })
    }))
}
