//! The screen, measured: from exec to the first frame, and from a key to its frame with a million
//! entries in the transcript. `cargo bench --bench screen`; figures go to standard output.

use std::io::Read;
use std::time::{Duration, Instant};

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use ehlo::net::Event;
use ehlo::smtp::{self, Entry, Level};
use ehlo::tui::{self, Look, Message, Model, Preferences};
use portable_pty::{CommandBuilder, NativePtySystem, PtySize, PtySystem};
use ratatui::Terminal;
use ratatui::backend::TestBackend;

/// Measurements of each figure; the median is told.
const ROUNDS: usize = 31;

fn main() {
    for (columns, rows) in [(80, 24), (200, 50)] {
        let frame = median((0..ROUNDS).map(|_| first_frame(columns, rows)));
        println!("exec to the first frame, {columns}x{rows}: {frame:.2?}");
    }
    for (columns, rows) in [(80, 24), (200, 50)] {
        for (seen, before) in [("", ""), (", one in sixteen shown", ":filter errors\n")] {
            let small = keystroke(1_000, columns, rows, before);
            let large = keystroke(1_000_000, columns, rows, before);
            let ratio = large.as_secs_f64() / small.as_secs_f64();
            println!(
                "a key to its frame, {columns}x{rows}{seen}: {small:.2?} with 1,000 entries, \
                 {large:.2?} with 1,000,000 (ratio {ratio:.2}, to reach: at most 1.3)"
            );
        }
    }
}

fn median(times: impl Iterator<Item = Duration>) -> Duration {
    let mut times: Vec<Duration> = times.collect();
    times.sort();
    times[times.len() / 2]
}

/// From exec until the footer, which is drawn last, has come out of a real pty.
fn first_frame(columns: u16, rows: u16) -> Duration {
    let home = tempfile::tempdir().unwrap();
    let size = PtySize {
        rows,
        cols: columns,
        pixel_width: 0,
        pixel_height: 0,
    };
    let pty = NativePtySystem::default().openpty(size).unwrap();
    let mut command = CommandBuilder::new(env!("CARGO_BIN_EXE_ehlo"));
    command.env("HOME", home.path());
    command.env("TERM", "xterm-256color");
    command.env("LANG", "C.UTF-8");
    let mut reader = pty.master.try_clone_reader().unwrap();
    let started = Instant::now();
    let mut child = pty.slave.spawn_command(command).unwrap();
    let mut seen = Vec::new();
    let mut chunk = [0; 8192];
    while !seen.windows(4).any(|bytes| bytes == b"help") {
        let count = reader.read(&mut chunk).unwrap();
        seen.extend_from_slice(&chunk[..count]);
    }
    let took = started.elapsed();
    child.kill().unwrap();
    child.wait().unwrap();
    took
}

/// One typed character, through update and view onto a test backend, behind the keys `before`.
fn keystroke(entries: u32, columns: u16, rows: u16, before: &str) -> Duration {
    let now = Instant::now();
    let preferences = Preferences {
        transcript_cap: 1 << 30,
        ..Preferences::default()
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
        tui::update(&mut model, Message::Wire(event), now);
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
