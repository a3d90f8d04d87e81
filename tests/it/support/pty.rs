//! Runs the real program in a pseudo-terminal. Keys go in as a terminal sends them; a terminal
//! emulator draws the output, so a test reads the same screen as a person.

use std::ffi::{OsStr, OsString};
use std::io::{ErrorKind, Read, Write};
use std::num::NonZeroU16;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Condvar, Mutex, MutexGuard};
use std::thread;
use std::time::{Duration, Instant};

use portable_pty::{
    Child, CommandBuilder, ExitStatus, MasterPty, PtySize, SlavePty, native_pty_system,
};
use rustix::process::{Pid, Signal, kill_process, kill_process_group};
use tempfile::TempDir;

/// The limit for any wait. It keeps a test from hanging and says nothing about speed.
pub const TIMEOUT: Duration = Duration::from_secs(20);

/// How often a wait checks whether the program has ended.
const POLL: Duration = Duration::from_millis(100);

/// A temporary home folder of a user.
pub struct Home(TempDir);

impl Home {
    pub fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    pub fn path(&self) -> &Path {
        self.0.path()
    }

    /// The folder with history, recent targets and the log.
    pub fn state(&self) -> PathBuf {
        self.path().join("state/ehlo")
    }

    /// Writes a file and returns its path.
    pub fn file(&self, name: &str, content: impl AsRef<[u8]>) -> String {
        let path = self.path().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, content).unwrap();
        path.into_os_string().into_string().unwrap()
    }

    /// The complete environment of a program that runs in this home.
    pub fn environment(&self) -> Vec<(&'static str, OsString)> {
        let mut environment: Vec<(_, OsString)> = vec![
            ("HOME", self.path().into()),
            ("TERM", "xterm-256color".into()),
            ("LANG", "C.UTF-8".into()),
            ("PATH", std::env::var_os("PATH").unwrap_or_default()),
        ];
        for (name, folder) in [
            ("XDG_CONFIG_HOME", "config"),
            ("XDG_STATE_HOME", "state"),
            ("XDG_DATA_HOME", "data"),
            ("XDG_CACHE_HOME", "cache"),
            ("XDG_RUNTIME_DIR", "run"),
        ] {
            environment.push((name, self.path().join(folder).into()));
        }
        environment
    }

    /// Runs `ehlo` in a terminal of 80 columns and 24 rows.
    pub fn ehlo(&self, arguments: &[&str]) -> Pty {
        self.ehlo_sized(80, 24, arguments)
    }

    /// Runs `ehlo` in a terminal of another size.
    pub fn ehlo_sized(&self, columns: u16, rows: u16, arguments: &[&str]) -> Pty {
        self.run((columns, rows), &[], EHLO, arguments)
    }

    /// Runs a program with additional environment variables.
    pub fn run(
        &self,
        size: (u16, u16),
        more: &[(&str, &str)],
        program: impl AsRef<OsStr>,
        arguments: &[&str],
    ) -> Pty {
        let mut command = CommandBuilder::new(program);
        command.args(arguments);
        command.env_clear();
        for (name, value) in self.environment() {
            command.env(name, value);
        }
        for (name, value) in more {
            command.env(name, value);
        }
        command.cwd(self.path());
        Pty::start(size, command)
    }
}

/// The program under test.
pub const EHLO: &str = env!("CARGO_BIN_EXE_ehlo");

/// A program in a terminal. Dropping it ends the program.
pub struct Pty {
    child: Mutex<Box<dyn Child + Send + Sync>>,
    /// The program's side, kept open until the program has ended: else its last output is lost.
    slave: Option<Box<dyn SlavePty + Send>>,
    master: Box<dyn MasterPty + Send>,
    keyboard: Box<dyn Write + Send>,
    shared: Arc<(Mutex<Emulator>, Condvar)>,
    /// Whether the emulator has stopped reading.
    stalled: Arc<(Mutex<bool>, Condvar)>,
}

/// What the terminal has received.
struct Emulator {
    parser: vt100::Parser,
    raw: Vec<u8>,
    /// Whether the output has ended.
    ended: bool,
}

impl Pty {
    fn start((columns, rows): (u16, u16), command: CommandBuilder) -> Self {
        let pair = native_pty_system().openpty(size(columns, rows)).unwrap();
        let child = pair.slave.spawn_command(command).unwrap();
        let mut reader = pair.master.try_clone_reader().unwrap();
        let emulator = Emulator {
            parser: vt100::Parser::new(cells(rows), cells(columns), 0),
            raw: Vec::new(),
            ended: false,
        };
        let shared = Arc::new((Mutex::new(emulator), Condvar::new()));
        let other_side = Arc::clone(&shared);
        let stalled = Arc::new((Mutex::new(false), Condvar::new()));
        let gate = Arc::clone(&stalled);
        thread::spawn(move || {
            let mut buffer = [0; 16 * 1024];
            loop {
                let open = gate
                    .1
                    .wait_while(gate.0.lock().unwrap(), |stalled| *stalled);
                drop(open.unwrap());
                let count = match reader.read(&mut buffer) {
                    Err(error) if error.kind() == ErrorKind::Interrupted => continue,
                    read => read.unwrap_or(0),
                };
                let mut emulator = other_side.0.lock().unwrap();
                emulator.parser.process(&buffer[..count]);
                emulator.raw.extend_from_slice(&buffer[..count]);
                emulator.ended |= count == 0;
                other_side.1.notify_all();
                if emulator.ended {
                    return;
                }
            }
        });
        Self {
            child: Mutex::new(child),
            slave: Some(pair.slave),
            keyboard: pair.master.take_writer().unwrap(),
            master: pair.master,
            shared,
            stalled,
        }
    }

    fn emulator(&self) -> MutexGuard<'_, Emulator> {
        self.shared.0.lock().unwrap()
    }

    /// The process id.
    pub fn pid(&self) -> u32 {
        self.child.lock().unwrap().process_id().unwrap()
    }

    /// Sends octets as the terminal does.
    pub fn send_raw(&mut self, octets: &[u8]) {
        self.keyboard.write_all(octets).unwrap();
        self.keyboard.flush().unwrap();
    }

    /// Types text.
    pub fn type_text(&mut self, text: &str) {
        self.send_raw(text.as_bytes());
    }

    /// Types a line and presses Enter.
    pub fn enter(&mut self, line: &str) {
        self.type_text(&format!("{line}\r"));
    }

    /// Sends the commands from the greeting of the practice server up to DATA.
    pub fn begin_message(&mut self) {
        for line in [
            "HELO a",
            "MAIL FROM:<a@b.example>",
            "RCPT TO:<bob@localhost>",
            "DATA",
        ] {
            self.enter(line);
        }
        self.wait_for("next: the message");
    }

    /// Pastes text as one bracketed paste.
    pub fn paste(&mut self, text: &str) {
        self.type_text(&format!("\x1b[200~{text}\x1b[201~"));
    }

    /// Presses a key: `Enter`, `Up`, `F2`, `C-o` (Ctrl), `M-b` (Alt), ... After `Esc`, a test waits
    /// for the effect before it presses another key: Esc and a letter is also how a terminal sends
    /// Alt with that letter.
    pub fn key(&mut self, name: &str) {
        let octets = match name {
            "Enter" => "\r".to_owned(),
            "Tab" => "\t".to_owned(),
            "BackTab" => "\x1b[Z".to_owned(),
            "Esc" => "\x1b".to_owned(),
            "Backspace" => "\x7f".to_owned(),
            "Up" => "\x1b[A".to_owned(),
            "Down" => "\x1b[B".to_owned(),
            "Right" => "\x1b[C".to_owned(),
            "Left" => "\x1b[D".to_owned(),
            "Delete" => "\x1b[3~".to_owned(),
            "Home" => "\x1b[H".to_owned(),
            "End" => "\x1b[F".to_owned(),
            "PageUp" => "\x1b[5~".to_owned(),
            "PageDown" => "\x1b[6~".to_owned(),
            "F1" => "\x1bOP".to_owned(),
            "F2" => "\x1bOQ".to_owned(),
            _ => match name
                .split_once('-')
                .map(|(held, key)| (held, key.as_bytes()))
            {
                Some(("C", &[key])) => char::from(key & 0x1f).to_string(),
                Some(("M", &[key])) => format!("\x1b{}", char::from(key)),
                _ => panic!("no such key: {name}"),
            },
        };
        self.type_text(&octets);
    }

    /// Waits for text on the screen, and returns the screen.
    #[track_caller]
    pub fn wait_for(&self, text: &str) -> String {
        self.wait_for_all(&[text])
    }

    /// Waits for a screen that contains all texts, and returns it.
    #[track_caller]
    pub fn wait_for_all(&self, texts: &[&str]) -> String {
        self.wait_until(&format!("{texts:?} on it"), |screen| {
            texts.iter().all(|text| screen.contains(text))
        })
    }

    /// Waits until text is no longer on the screen, and returns the screen.
    #[track_caller]
    pub fn wait_gone(&self, text: &str) -> String {
        self.wait_until(&format!("{text:?} gone"), |screen| !screen.contains(text))
    }

    /// Waits for a screen that satisfies `is_so`, and returns it. The screen may be drawn only in
    /// part, and may change again at once.
    #[track_caller]
    pub fn wait_until(&self, described: &str, is_so: impl Fn(&str) -> bool) -> String {
        let deadline = Instant::now() + TIMEOUT;
        loop {
            let ended = self.status().is_some();
            let emulator = self.emulator();
            let (screen, seen) = (emulator.screen(), emulator.raw.len());
            drop(emulator);
            if is_so(&screen) {
                return screen;
            }
            let (lock, changed) = &*self.shared;
            let is_unchanged = |emulator: &mut Emulator| emulator.raw.len() == seen;
            let waited = changed.wait_timeout_while(lock.lock().unwrap(), POLL, is_unchanged);
            let nothing_new = waited.is_ok_and(|(_, poll)| poll.timed_out());
            if (ended && nothing_new) || Instant::now() > deadline {
                let state = if ended { "has ended" } else { "still runs" };
                panic!("no screen with {described}; the program {state}; its screen:\n{screen}");
            }
        }
    }

    /// The current screen, one line per row.
    pub fn screen(&self) -> String {
        self.emulator().screen()
    }

    /// Reads a property of the emulator's screen.
    pub fn look<T>(&self, at: impl FnOnce(&vt100::Screen) -> T) -> T {
        at(self.emulator().parser.screen())
    }

    /// All octets that the program has written.
    pub fn raw(&self) -> Vec<u8> {
        self.emulator().raw.clone()
    }

    /// All screens since the start, if the window has kept its size; the half-drawn ones too.
    pub fn frames(&self) -> Vec<String> {
        let raw = self.raw();
        let (rows, columns) = self.look(vt100::Screen::size);
        let mut parser = vt100::Parser::new(rows, columns, 0);
        let mut frames = Vec::new();
        for piece in raw.split_inclusive(|octet| *octet == b'\x1b') {
            parser.process(piece);
            frames.push(text_of(parser.screen()));
        }
        frames
    }

    /// The settings of the terminal's line discipline, to compare.
    pub fn line_discipline(&self) -> impl PartialEq + std::fmt::Debug + use<> {
        self.master.get_termios().unwrap()
    }

    /// Writes to the screen as another program on the same terminal does.
    pub fn write_over(&self, octets: &[u8]) {
        self.emulator().parser.process(octets);
    }

    /// Changes the size of the terminal.
    pub fn resize(&self, columns: u16, rows: u16) {
        // The emulator first, and cleared: then everything on it was drawn after the change.
        let mut emulator = self.emulator();
        emulator.parser.set_size(cells(rows), cells(columns));
        emulator.parser.process(b"\x1b[2J");
        drop(emulator);
        self.master.resize(size(columns, rows)).unwrap();
    }

    /// Gives the terminal a size that the emulator does not follow, such as 65535 columns.
    pub fn resize_unseen(&self, columns: u16, rows: u16) {
        self.master.resize(size(columns, rows)).unwrap();
    }

    /// Stops reading the program's output, as a terminal does while its user scrolls back or its
    /// line is dead. A read that has begun still ends.
    pub fn stall(&self) {
        *self.stalled.0.lock().unwrap() = true;
    }

    /// Reads the program's output again.
    pub fn resume(&self) {
        *self.stalled.0.lock().unwrap() = false;
        self.stalled.1.notify_all();
    }

    /// The path of the program's side of the terminal.
    pub fn path(&self) -> PathBuf {
        self.master.tty_name().unwrap()
    }

    /// The leader of the foreground process group (the shell's current job).
    pub fn job(&self) -> Pid {
        let leader = self.master.process_group_leader();
        leader.and_then(Pid::from_raw).unwrap()
    }

    /// Sends the program a signal.
    pub fn signal(&self, signal: Signal) {
        kill_process(id(self.pid()), signal).unwrap();
    }

    /// The exit status, if the program has ended.
    pub fn status(&self) -> Option<ExitStatus> {
        self.child.lock().unwrap().try_wait().unwrap()
    }

    /// Waits until the program has ended, and returns its exit status.
    #[track_caller]
    pub fn wait_exit(&mut self) -> u32 {
        let deadline = Instant::now() + TIMEOUT;
        let status = loop {
            if let Some(status) = self.status() {
                break status;
            }
            assert!(
                Instant::now() < deadline,
                "the program did not end; its screen:\n{}",
                self.screen()
            );
            thread::sleep(Duration::from_millis(2));
        };
        assert_eq!(
            status.signal(),
            None,
            "killed by a signal; its screen:\n{}",
            self.screen()
        );
        self.slave = None;
        let mut emulator = self.emulator();
        while !emulator.ended {
            let left = deadline.saturating_duration_since(Instant::now());
            assert!(!left.is_zero(), "another process holds the terminal");
            emulator = self.shared.1.wait_timeout(emulator, left).unwrap().0;
        }
        status.exit_code()
    }
}

impl Drop for Pty {
    fn drop(&mut self) {
        if self.status().is_some() {
            return;
        }
        // A shell's job has its own process group. This kills both.
        if let Some(group) = self.master.process_group_leader().and_then(Pid::from_raw) {
            let _ = kill_process_group(group, Signal::KILL);
        }
        let _ = kill_process(id(self.pid()), Signal::KILL);
        let _ = self.child.lock().unwrap().wait();
    }
}

impl Emulator {
    fn screen(&self) -> String {
        text_of(self.parser.screen())
    }
}

fn text_of(screen: &vt100::Screen) -> String {
    let rows: Vec<_> = screen.rows(0, screen.size().1.get()).collect();
    rows.join("\n")
}

fn size(columns: u16, rows: u16) -> PtySize {
    PtySize {
        rows,
        cols: columns,
        ..PtySize::default()
    }
}

fn cells(count: u16) -> NonZeroU16 {
    NonZeroU16::new(count).unwrap()
}

fn id(pid: u32) -> Pid {
    Pid::from_raw(pid.cast_signed()).unwrap()
}
