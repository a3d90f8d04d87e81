//! Benchmarks of the screen: the octets that frames take, the time from exec to the first frame, the
//! time from a key to its frame with a million entries in the transcript, and the cost of the journal
//! during a flood.
//! Run with `cargo bench --bench screen`; results are on standard output.

use std::io::{Read, Write};
use std::net::TcpListener;
use std::path::Path;
use std::sync::mpsc::{self, Receiver};
use std::time::{Duration, Instant, SystemTime};

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use ehlo::net::Event;
use ehlo::record::{Journal, Meta, WallClock};
use ehlo::smtp::{self, Entry, Level};
use ehlo::tui::{self, Look, Message, Model, Origin, Preferences, SessionId, SessionMessage};
use portable_pty::{Child, CommandBuilder, NativePtySystem, PtySize, PtySystem};
use ratatui::Terminal;
use ratatui::backend::TestBackend;

/// Measurements of each figure; the median is printed.
const ROUNDS: usize = 31;
/// Measurements of the flood.
const FLOODS: usize = 9;
/// A terminal that has received nothing for so long has received all.
const QUIET: Duration = Duration::from_millis(300);
/// Octets a second of a slow line.
const SLOW_LINE: f64 = 1_200.0;
/// Lines of the flood.
const FLOOD: u32 = 100_000;

fn main() {
    octets();
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

/// Prints what frames of 80x24 take on a full screen.
fn octets() {
    let home = tempfile::tempdir().unwrap();
    let mut console = Console::start(home.path(), (80, 24), &["--practice"]);
    console.type_text("EHLO client.example\r");
    for number in 0..12 {
        console.type_text(&format!("NOOP {number}\r"));
    }
    console.type_text("NOOP again");
    let enter = console.type_text("\r");
    println!("Enter and its reply: {enter} octets (target: at most 600, three times irssi)");
    let lines = (0..10).map(|number| format!("NOOP {number} typed ahead\r"));
    let ahead = console.type_text(&lines.collect::<String>());
    println!(
        "ten lines typed ahead: {ahead} octets, {:.1} s at 1,200 a second (target: at most 3 s)",
        f64::from(u32::try_from(ahead).unwrap()) / SLOW_LINE
    );
    let nothing = console.type_text("\x05");
    println!("a key that changes nothing: {nothing} octets");
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
    let started = Instant::now();
    let console = Console::start(home, (columns, rows), arguments);
    let mut seen = Vec::new();
    while !seen.windows(end.len()).any(|octets| octets == end) {
        // Only the end of what was searched already can begin a match.
        seen.drain(..seen.len().saturating_sub(end.len()));
        seen.extend(console.output.recv().unwrap());
    }
    started.elapsed()
}

/// The program in a real pty.
struct Console {
    child: Box<dyn Child + Send + Sync>,
    keyboard: Box<dyn Write + Send>,
    output: Receiver<Vec<u8>>,
}

impl Console {
    fn start(home: &Path, (columns, rows): (u16, u16), arguments: &[&str]) -> Self {
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
        let keyboard = pty.master.take_writer().unwrap();
        let child = pty.slave.spawn_command(command).unwrap();
        let (sender, output) = mpsc::channel();
        std::thread::spawn(move || {
            let mut chunk = [0; 8192];
            while let Ok(count @ 1..) = reader.read(&mut chunk) {
                if sender.send(chunk[..count].to_vec()).is_err() {
                    return;
                }
            }
        });
        Self {
            child,
            keyboard,
            output,
        }
    }

    /// Types text, and returns how many octets the terminal then receives.
    fn type_text(&mut self, text: &str) -> usize {
        self.received();
        self.keyboard.write_all(text.as_bytes()).unwrap();
        self.received()
    }

    /// The number of octets until the terminal receives no more.
    fn received(&mut self) -> usize {
        let more = std::iter::from_fn(|| self.output.recv_timeout(QUIET).ok());
        more.map(|octets| octets.len()).sum()
    }
}

impl Drop for Console {
    fn drop(&mut self) {
        // The process has ended already if these fail.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
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
