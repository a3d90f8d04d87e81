//! The terminal is restored, however the program ends or stops.

mod jobs;
mod killed;
mod stalled;

use std::collections::BTreeMap;
use std::io::Read;
use std::net::{TcpListener, TcpStream};
use std::process::Command;
use std::thread;
use std::time::{Duration, Instant};

use ehlo::config::Retention;
use ehlo::practice::{Options, Practice};
use ehlo::tui::{self, Look, Preferences, Start};
use rustix::process::{Pid, Signal, kill_process_group};
use tracing_subscriber::layer::{Context, Layer, SubscriberExt};
use tracing_subscriber::util::SubscriberInitExt;

use crate::support::pty::{EHLO, Home, Pty, TIMEOUT};
use crate::support::subprocess;

/// The private modes (DECSET) that a program has set or reset, as they are after it.
fn modes(raw: &[u8]) -> BTreeMap<u16, bool> {
    let text = String::from_utf8_lossy(raw);
    let mut modes = BTreeMap::new();
    for sequence in text.split("\x1b[?").skip(1) {
        let Some(end) = sequence.find(|c: char| !c.is_ascii_digit() && c != ';') else {
            continue;
        };
        let on = match &sequence[end..=end] {
            "h" => true,
            "l" => false,
            _ => continue,
        };
        modes.extend(
            sequence[..end]
                .split(';')
                .map(|mode| (mode.parse().unwrap(), on)),
        );
    }
    modes
}

/// Asserts that the private modes are as a shell expects them.
#[track_caller]
fn assert_restored(raw: &[u8]) {
    // On by default: the cursor (25), wrapping at the right edge (7), and the wheel as arrow keys in
    // the alternate screen (1007).
    let wrong: Vec<_> = modes(raw)
        .into_iter()
        .filter(|(mode, on)| *on != matches!(mode, 7 | 25 | 1007))
        .collect();
    assert_eq!(
        wrong,
        [],
        "modes not restored: {:?}",
        String::from_utf8_lossy(raw)
    );
    assert!(!has_application_keypad(raw), "the keypad is not restored");
}

/// Whether the keypad is in application mode after a program.
fn has_application_keypad(raw: &[u8]) -> bool {
    let last = |sequence: &[u8]| raw.windows(2).rposition(|two| two == sequence);
    last(b"\x1b=") > last(b"\x1b>")
}

/// Asserts that the program has changed the modes: otherwise restoring them proves nothing.
#[track_caller]
fn assert_taken(console: &Pty) {
    let modes = modes(&console.raw());
    for mode in [1049, 2004] {
        assert_eq!(modes.get(&mode), Some(&true), "{mode}");
    }
    assert!(has_application_keypad(&console.raw()));
}

/// Asserts that the program ends with this status and restores the terminal.
fn assert_ends(arguments: &[&str], end: impl FnOnce(&mut Pty), status: u32) {
    let home = Home::new();
    // A terminal that no program has changed.
    let fresh = home.run((80, 24), &[], "cat", &[]).line_discipline();
    let mut console = home.ehlo(arguments);
    console.wait_for("next: EHLO");
    assert_taken(&console);
    assert!(console.line_discipline() != fresh, "raw while it runs");
    end(&mut console);
    assert_eq!(console.wait_exit(), status, "{}", console.screen());
    assert_restored(&console.raw());
    assert!(
        console.line_discipline() == fresh,
        "{:?}",
        console.line_discipline()
    );
    assert_left(&console, status);
}

/// Asserts that nothing is on the normal screen but, after a key to leave, where the session is kept.
#[track_caller]
fn assert_left(console: &Pty, status: u32) {
    let screen = console.screen();
    if status == 0 {
        assert!(screen.starts_with("Session with "), "{screen}");
        assert_eq!(screen.trim().lines().count(), 1, "{screen}");
    } else {
        assert_eq!(screen.trim(), "", "the screen is empty");
    }
}

#[test]
fn leaves() {
    let leave = |console: &mut Pty| {
        console.key("C-d");
        console.wait_for("Leave?");
        console.type_text("q");
    };
    assert_ends(&["--practice"], leave, 0);
    assert_ends(&["--practice", "--mouse"], leave, 0);
    assert_ends(&["--practice", "--tls", "implicit"], leave, 0);
}

#[test]
fn ends_on_signals() {
    for (signal, number) in [
        (Signal::HUP, 1),
        (Signal::INT, 2),
        (Signal::QUIT, 3),
        (Signal::TERM, 15),
    ] {
        assert_ends(
            &["--practice"],
            |console| console.signal(signal),
            128 + number,
        );
    }
    // The mouse is released, too.
    assert_ends(
        &["--practice", "--mouse"],
        |console| console.signal(Signal::TERM),
        143,
    );
    let twice = |console: &mut Pty| {
        console.signal(Signal::TERM);
        console.signal(Signal::TERM);
    };
    assert_ends(&["--practice"], twice, 143);
}

#[test]
fn ends_on_signals_during_a_question_or_a_message() {
    let command_pending = |console: &mut Pty| {
        console.key("C-d");
        console.wait_for("Leave?");
        console.signal(Signal::TERM);
    };
    assert_ends(&["--practice"], command_pending, 143);
    let message = |console: &mut Pty| {
        console.begin_message();
        console.signal(Signal::HUP);
    };
    assert_ends(&["--practice"], message, 129);
}

#[test]
fn ends_when_the_terminal_closes() {
    close_terminal(
        "terminal::ends_when_the_terminal_closes",
        r#"exec "$0" "$@""#,
        false,
    );
}

#[test]
fn ends_when_the_terminal_closes_without_a_signal() {
    // The kernel signals only the session leader, here a shell that does not pass the signal on.
    let shell = r#"trap "" HUP; "$0" "$@"; exit 0"#;
    close_terminal(
        "terminal::ends_when_the_terminal_closes_without_a_signal",
        shell,
        false,
    );
}

#[test]
fn ends_when_a_terminal_closes_that_takes_no_output() {
    close_terminal(
        "terminal::ends_when_a_terminal_closes_that_takes_no_output",
        r#"trap "" HUP; "$0" "$@"; exit 0"#,
        true,
    );
}

/// A subprocess holds the terminal: it starts the program and exits, which closes the terminal.
fn close_terminal(name: &str, shell: &str, stalled: bool) {
    if subprocess::role().is_some() {
        let home = Home::new();
        let mut console = home.run((80, 24), &[], "sh", &["-c", shell, EHLO, "--practice"]);
        console.wait_for("next: EHLO");
        // Only after a complete frame: while the program writes nothing, no write can fail.
        console.wait_until("the frame's end, its cursor at the prompt", |screen| {
            let (row, column) = console.look(vt100::Screen::cursor_position);
            let line = screen.lines().nth(row.into()).unwrap_or_default();
            column == 2 && line.starts_with("> ")
        });
        if stalled {
            console.stall();
            stalled::fill(&mut console);
        }
        println!("\nprocess {}", console.pid());
        std::process::exit(0);
    }
    // Contains the temporary files that the subprocess does not remove.
    let home = Home::new();
    let output = Command::new(std::env::current_exe().unwrap())
        .args(subprocess::arguments(name))
        .env(subprocess::ROLE, "terminal")
        .env("TMPDIR", home.path())
        .output()
        .unwrap();
    let stdout = String::from_utf8(output.stdout).unwrap();
    let number = stdout
        .lines()
        .find_map(|line| line.strip_prefix("process "));
    let pid = number
        .unwrap_or_else(|| panic!("{stdout}"))
        .parse()
        .unwrap();
    wait_ended(pid);
}

/// Waits until a process has ended; kills its process group if it does not end.
#[track_caller]
fn wait_ended(pid: i32) {
    let deadline = Instant::now() + TIMEOUT;
    while is_running(pid) {
        if Instant::now() > deadline {
            kill_process_group(Pid::from_raw(pid).unwrap(), Signal::KILL).unwrap();
            panic!("the program still runs");
        }
        thread::sleep(Duration::from_millis(5));
    }
}

/// Whether a process exists and is not a zombie.
fn is_running(pid: i32) -> bool {
    std::fs::read_to_string(format!("/proc/{pid}/stat")).is_ok_and(|stat| {
        !stat
            .rsplit(") ")
            .next()
            .unwrap_or_default()
            .starts_with('Z')
    })
}

/// In xterm Alt with a letter types another letter, until a mode is set; elsewhere it is on from the
/// start, and a reset on leaving would break Alt in the shell.
#[test]
fn the_mode_for_alt_is_set_and_restored_only_if_it_is_off() {
    let home = Home::new();
    for (term, answer, set) in [
        ("xterm-256color", b"\x1b[?1036;2$y".as_slice(), Some(true)),
        ("xterm-256color", b"\x1b[?1036;1$y", None),
        ("xterm-256color", b"", None),
        ("linux", b"", None),
    ] {
        let mut console = home.run((80, 24), &[("TERM", term)], EHLO, &["--practice"]);
        console.wait_for("next: EHLO");
        let asked = console
            .raw()
            .windows(8)
            .any(|octets| octets == b"\x1b[?1036$");
        assert_eq!(asked, term != "linux");
        console.send_raw(answer);
        console.type_text("NOOP");
        console.wait_for("> NOOP");
        let mode = |console: &Pty| modes(&console.raw()).get(&1036).copied();
        assert_eq!(mode(&console), set, "{term} {answer:?}");
        console.key("C-u");
        console.key("C-d");
        console.type_text("q");
        assert_eq!(console.wait_exit(), 0);
        assert_restored(&console.raw());
        assert_eq!(mode(&console), set.map(|_| false), "{term} {answer:?}");
    }
}

#[test]
fn ctrl_l_redraws_the_screen() {
    let home = Home::new();
    let mut console = home.ehlo(&["--practice"]);
    console.wait_for("next: EHLO");
    console.write_over(b"\x1b[2J\x1b[5;5HThe system is going down at noon");
    assert!(!console.screen().contains("next: EHLO"));
    console.key("C-l");
    console.wait_for("next: EHLO");
    console.wait_gone("at noon");
    console.enter("NOOP");
    console.wait_for("250 2.0.0");
}

#[test]
fn stops_and_continues() {
    // The kernel does not stop a process of an orphaned group, so a shell has to be the parent.
    let shell = r#"set -m; "$0" "$@"; echo "stopped: $?"; read -r line; fg; echo "ended: $?""#;
    let home = Home::new();
    let mut terminal = home.run(
        (80, 24),
        &[],
        "sh",
        &["-c", shell, EHLO, "--practice", "--mouse"],
    );
    terminal.wait_for("next: EHLO");
    terminal.type_text("NOOP before");
    terminal.wait_for("> NOOP before");
    assert_taken(&terminal);
    terminal.key("C-z");
    terminal.wait_for("stopped: 148");
    assert_restored(&terminal.raw());
    let fresh = home.run((80, 24), &[], "cat", &[]).line_discipline();
    assert!(
        terminal.line_discipline() == fresh,
        "{:?}",
        terminal.line_discipline()
    );

    terminal.key("Enter");
    jobs::assert_continues(terminal);
}

#[test]
fn redraws_after_a_resize_while_stopped() {
    let shell = r#"set -m; "$0" "$@"; echo "stopped: $?"; read -r line; fg"#;
    let home = Home::new();
    let mut terminal = home.run((80, 24), &[], "sh", &["-c", shell, EHLO, "--practice"]);
    terminal.wait_for("next: EHLO");
    terminal.key("C-z");
    terminal.wait_for("stopped: 148");
    terminal.resize(120, 36);
    terminal.key("Enter");
    // At this width there is a sidebar, and the last line is the footer.
    terminal.wait_for("CAPABILITIES");
    terminal.wait_until("the footer at its foot", |screen| {
        screen
            .lines()
            .next_back()
            .is_some_and(|line| line.contains("^O menu"))
    });
}

/// A panic message that quotes typed text, which must not be printed.
const TYPED: &str = "a-line-that-was-typed";

/// The released program has no code that panics on request. So this test runs itself in a terminal,
/// shows the real console there, and panics in another thread or in the connection's thread.
#[test]
fn a_panic_in_any_thread_restores_the_terminal() {
    if let Some(role) = subprocess::role() {
        return panic_in_thread(&role);
    }
    let home = Home::new();
    let fresh = home.run((80, 24), &[], "cat", &[]).line_discipline();
    let arguments = subprocess::arguments("terminal::a_panic_in_any_thread_restores_the_terminal");
    for (in_the_wire, message) in [(false, "literal words"), (true, "the message is withheld")] {
        let trigger = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = trigger.local_addr().unwrap().to_string();
        let role = if in_the_wire { "wire" } else { &address };
        let program = std::env::current_exe().unwrap();
        let mut console = home.run((80, 24), &[(subprocess::ROLE, role)], program, &arguments);
        console.wait_for("next: EHLO");
        assert_taken(&console);
        console.key("C-d");
        // A question hides the cursor, so the panic has to show it again.
        console.wait_for("Leave?");
        console.wait_until("no cursor", |_| console.look(vt100::Screen::hide_cursor));
        if in_the_wire {
            console.key("Enter");
        } else {
            drop(trigger.accept().unwrap());
        }
        assert_eq!(console.wait_exit(), 101, "{}", console.screen());
        assert_restored(&console.raw());
        assert!(
            console.line_discipline() == fresh,
            "{:?}",
            console.line_discipline()
        );
        let raw = String::from_utf8(console.raw()).unwrap();
        let (_, after) = raw.rsplit_once("\x1b[?1049l").unwrap();
        assert!(
            after.contains("internal error at tests/it/terminal/mod.rs:"),
            "{after}"
        );
        assert!(after.contains(message), "{after}");
        assert!(!raw.contains(TYPED), "{after}");
    }
}

/// Panics in the thread that logs the end of a connection: the connection's thread.
struct PanicAtEnd;

impl<S: tracing::Subscriber> Layer<S> for PanicAtEnd {
    fn on_event(&self, event: &tracing::Event<'_>, _: Context<'_, S>) {
        assert!(event.fields().all(|field| field.name() != "end"), "{TYPED}");
    }
}

/// Runs the console and lets a thread panic: the connection's thread, or one that panics when its
/// connection to the address in `role` ends.
fn panic_in_thread(role: &str) {
    let server = Practice::spawn(Options::default()).unwrap();
    if role == "wire" {
        tracing_subscriber::registry().with(PanicAtEnd).init();
    } else {
        let mut trigger = TcpStream::connect(role).unwrap();
        thread::spawn(move || {
            let _ = trigger.read(&mut [0]);
            panic!("literal words");
        });
    }
    let preferences = Preferences {
        mouse: true,
        ..Preferences::default()
    };
    let start = Start::Server(ehlo::config::Target::parse(&server.plain().to_string()).unwrap());
    let exit = tui::run(
        Look::default(),
        preferences,
        start,
        None,
        10,
        Retention::default(),
    );
    panic!("ended without a panic: {exit:?}");
}

#[test]
fn requires_a_terminal_on_both_sides() {
    let home = Home::new();
    // Standard input that is no terminal is a script.
    let shell = r#"exec "$0" "$@" >out"#;
    let mut terminal = home.run((80, 24), &[], "sh", &["-c", shell, EHLO, "--practice"]);
    assert_eq!(terminal.wait_exit(), 2);
    let raw = String::from_utf8(terminal.raw()).unwrap();
    assert!(
        raw.contains("the console needs a terminal") && !raw.contains('\x1b'),
        "{raw:?}"
    );
    assert_eq!(raw.trim_end().lines().count(), 1, "{raw:?}");
}

/// An interactive bash in which the console runs.
fn in_bash(home: &Home) -> Pty {
    let environment = [("PS1", "shell> "), ("HISTFILE", "")];
    let arguments = ["--norc", "--noprofile", "-i"];
    let mut terminal = home.run((80, 24), &environment, "bash", &arguments);
    terminal.wait_for("shell> ");
    terminal.enter(&format!("{EHLO} --practice"));
    terminal.wait_for("next: EHLO");
    terminal
}
