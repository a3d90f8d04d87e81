//! The terminal is given back as it was, whatever ends the program or stops it.

use std::collections::BTreeMap;
use std::io::Read;
use std::net::{TcpListener, TcpStream};
use std::process::Command;
use std::thread;
use std::time::{Duration, Instant};

use ehlo::practice::{Options, Practice};
use ehlo::tui::{self, Look, Preferences, Start};
use rustix::process::{Pid, Signal, kill_process_group};
use tracing_subscriber::layer::{Context, Layer, SubscriberExt};
use tracing_subscriber::util::SubscriberInitExt;

use crate::support::copy;
use crate::support::pty::{EHLO, GUARD, Home, Pty};

/// The terminal's private modes (DECSET) as a program left them; those it never touched are absent.
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

/// Asserts that the terminal is as a shell wants it.
#[track_caller]
fn assert_given_back(raw: &[u8]) {
    // On by default: the cursor (25), and the wheel as arrow keys in the alternate screen (1007).
    let wrong: Vec<_> = modes(raw)
        .into_iter()
        .filter(|(mode, on)| *on != matches!(mode, 25 | 1007))
        .collect();
    assert_eq!(
        wrong,
        [],
        "modes left so: {:?}",
        String::from_utf8_lossy(raw)
    );
}

/// Asserts that the terminal is taken: else its being given back would mean nothing.
#[track_caller]
fn assert_taken(console: &Pty) {
    let modes = modes(&console.raw());
    for mode in [1049, 2004] {
        assert_eq!(modes.get(&mode), Some(&true), "{mode}");
    }
}

/// However it is told to end, it says with its status why, and the terminal is as before.
fn ends(arguments: &[&str], end: impl FnOnce(&mut Pty), status: u32) {
    let home = Home::new();
    // A terminal that no program has changed yet.
    let fresh = home.run((80, 24), &[], "cat", &[]).line_discipline();
    let mut console = home.ehlo(arguments);
    console.wait_for("next: EHLO");
    assert_taken(&console);
    assert!(console.line_discipline() != fresh, "raw while it runs");
    end(&mut console);
    assert_eq!(console.wait_exit(), status, "{}", console.screen());
    assert_given_back(&console.raw());
    assert!(
        console.line_discipline() == fresh,
        "{:?}",
        console.line_discipline()
    );
    assert_eq!(console.screen().trim(), "", "nothing is left on the screen");
}

#[test]
fn leaving() {
    let leave = |console: &mut Pty| {
        console.key("C-d");
        console.wait_for("leave?");
        console.type_text("q");
    };
    ends(&["--practice"], leave, 0);
    ends(&["--practice", "--mouse"], leave, 0);
    ends(&["--practice", "--tls", "implicit"], leave, 0);
}

#[test]
fn signals() {
    for (signal, number) in [
        (Signal::HUP, 1),
        (Signal::INT, 2),
        (Signal::QUIT, 3),
        (Signal::TERM, 15),
    ] {
        ends(
            &["--practice"],
            |console| console.signal(signal),
            128 + number,
        );
    }
    // The mouse is let go, too.
    ends(
        &["--practice", "--mouse"],
        |console| console.signal(Signal::TERM),
        143,
    );
    let twice = |console: &mut Pty| {
        console.signal(Signal::TERM);
        console.signal(Signal::TERM);
    };
    ends(&["--practice"], twice, 143);
}

#[test]
fn a_signal_while_a_question_is_open_or_a_message_is_written() {
    let command_pending = |console: &mut Pty| {
        console.key("C-d");
        console.wait_for("leave?");
        console.signal(Signal::TERM);
    };
    ends(&["--practice"], command_pending, 143);
    let message = |console: &mut Pty| {
        console.begin_message();
        console.signal(Signal::HUP);
    };
    ends(&["--practice"], message, 129);
}

#[test]
fn a_terminal_that_goes_away_ends_the_program() {
    goes_away(
        "terminal::a_terminal_that_goes_away_ends_the_program",
        r#"exec "$0" "$@""#,
    );
}

#[test]
fn a_terminal_that_goes_away_without_a_signal_ends_the_program() {
    // The system tells the session's leader alone, which is a shell that does not pass it on.
    let shell = r#"trap "" HUP; "$0" "$@"; exit 0"#;
    goes_away(
        "terminal::a_terminal_that_goes_away_without_a_signal_ends_the_program",
        shell,
    );
}

/// A copy of the test is the terminal: it starts the program and is gone the next moment, with all
/// that it held.
fn goes_away(name: &str, shell: &str) {
    if copy::part().is_some() {
        let home = Home::new();
        let console = home.run((80, 24), &[], "sh", &["-c", shell, EHLO, "--practice"]);
        console.wait_for("next: EHLO");
        // Not in the middle of a frame: with nothing to write, nothing fails by itself.
        console.wait_until("the frame's end, its cursor", |_| {
            let raw = console.raw();
            let tail = &raw[raw.len().saturating_sub(16)..];
            tail.ends_with(b"H") && tail.windows(6).any(|octets| octets == b"\x1b[?25h")
        });
        println!("\nprocess {}", console.pid());
        std::process::exit(0);
    }
    // What the copy has no time to clear away goes with this.
    let home = Home::new();
    let output = Command::new(std::env::current_exe().unwrap())
        .args(copy::arguments(name))
        .env(copy::PLAYS, "terminal")
        .env("TMPDIR", home.path())
        .output()
        .unwrap();
    let said = String::from_utf8(output.stdout).unwrap();
    let number = said.lines().find_map(|line| line.strip_prefix("process "));
    let pid = number.unwrap_or_else(|| panic!("{said}")).parse().unwrap();
    let deadline = Instant::now() + GUARD;
    while runs(pid) {
        if Instant::now() > deadline {
            kill_process_group(Pid::from_raw(pid).unwrap(), Signal::KILL).unwrap();
            panic!("the program goes on without its terminal");
        }
        thread::sleep(Duration::from_millis(5));
    }
}

/// Whether a process is there and has not ended.
fn runs(pid: i32) -> bool {
    std::fs::read_to_string(format!("/proc/{pid}/stat")).is_ok_and(|stat| {
        !stat
            .rsplit(") ")
            .next()
            .unwrap_or_default()
            .starts_with('Z')
    })
}

#[test]
fn the_screen_is_drawn_anew() {
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
fn stopped_and_brought_back() {
    // Only a shell can stop a job: a process that nobody waits for so is not stopped by the system.
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
    assert_given_back(&terminal.raw());
    let fresh = home.run((80, 24), &[], "cat", &[]).line_discipline();
    assert!(
        terminal.line_discipline() == fresh,
        "{:?}",
        terminal.line_discipline()
    );

    terminal.key("Enter");
    // All of it comes back, and works.
    terminal.wait_for("> NOOP before");
    terminal.wait_for("next: EHLO");
    assert_taken(&terminal);
    terminal.key("Enter");
    terminal.wait_for("250 2.0.0");
    terminal.key("C-d");
    terminal.wait_for("leave?");
    terminal.type_text("q");
    terminal.wait_for("ended: 0");
    assert_eq!(terminal.wait_exit(), 0);
    assert_given_back(&terminal.raw());
}

#[test]
fn a_window_that_changes_while_the_program_is_stopped() {
    let shell = r#"set -m; "$0" "$@"; echo "stopped: $?"; read -r line; fg"#;
    let home = Home::new();
    let mut terminal = home.run((80, 24), &[], "sh", &["-c", shell, EHLO, "--practice"]);
    terminal.wait_for("next: EHLO");
    terminal.key("C-z");
    terminal.wait_for("stopped: 148");
    terminal.resize(120, 36);
    terminal.key("Enter");
    // So wide a screen has the sidebar, and its last line is the footer.
    terminal.wait_for("CAPABILITIES");
    terminal.wait_until("the footer at its foot", |screen| {
        screen
            .lines()
            .next_back()
            .is_some_and(|line| line.contains("^O menu"))
    });
}

/// Words of a panic that quote what was typed; they must not come to light.
const QUOTED: &str = "a-line-that-was-typed";

/// The shipped program has nothing in it to make it panic. So this test runs itself in a terminal,
/// where it shows the real console and then panics in another thread, or in the wire's own.
#[test]
fn a_panic_in_any_thread_gives_the_terminal_back() {
    if let Some(part) = copy::part() {
        return play(&part);
    }
    let home = Home::new();
    let fresh = home.run((80, 24), &[], "cat", &[]).line_discipline();
    let arguments = copy::arguments("terminal::a_panic_in_any_thread_gives_the_terminal_back");
    for (in_the_wire, said) in [(false, "literal words"), (true, "the message is withheld")] {
        let trigger = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = trigger.local_addr().unwrap().to_string();
        let part = if in_the_wire { "wire" } else { &address };
        let program = std::env::current_exe().unwrap();
        let mut console = home.run((80, 24), &[(copy::PLAYS, part)], program, &arguments);
        console.wait_for("next: EHLO");
        assert_taken(&console);
        console.key("C-d");
        // A question has no cursor: it has to be shown again.
        console.wait_for("leave?");
        console.wait_until("no cursor", |_| console.look(vt100::Screen::hide_cursor));
        if in_the_wire {
            console.key("Enter");
        } else {
            drop(trigger.accept().unwrap());
        }
        assert_eq!(console.wait_exit(), 101, "{}", console.screen());
        assert_given_back(&console.raw());
        assert!(
            console.line_discipline() == fresh,
            "{:?}",
            console.line_discipline()
        );
        let raw = String::from_utf8(console.raw()).unwrap();
        let (_, after) = raw.rsplit_once("\x1b[?1049l").unwrap();
        assert!(
            after.contains("internal error at tests/it/terminal.rs:"),
            "{after}"
        );
        assert!(after.contains(said), "{after}");
        assert!(!raw.contains(QUOTED), "{after}");
    }
}

/// Panics in the thread that tells of an event: in the wire's, when a connection is over.
struct PanicAtTheEnd;

impl<S: tracing::Subscriber> Layer<S> for PanicAtTheEnd {
    fn on_event(&self, event: &tracing::Event<'_>, _: Context<'_, S>) {
        assert!(
            event.fields().all(|field| field.name() != "end"),
            "{QUOTED}"
        );
    }
}

/// The console, and a thread that panics: the wire's, or one that does when the connection to this
/// address ends.
fn play(part: &str) {
    let server = Practice::spawn(Options::default()).unwrap();
    if part == "wire" {
        tracing_subscriber::registry().with(PanicAtTheEnd).init();
    } else {
        let mut trigger = TcpStream::connect(part).unwrap();
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
    let exit = tui::run(Look::default(), preferences, start, None, 10);
    panic!("left, and no panic: {exit:?}");
}

#[test]
fn no_terminal_on_one_side_is_told() {
    let home = Home::new();
    for redirect in ["</dev/null", ">out", "</dev/null >out"] {
        let shell = format!(r#"exec "$0" "$@" {redirect}"#);
        let mut terminal = home.run((80, 24), &[], "sh", &["-c", &shell, EHLO, "--practice"]);
        assert_eq!(terminal.wait_exit(), 2, "{redirect}");
        let raw = String::from_utf8(terminal.raw()).unwrap();
        assert!(
            raw.contains("must be a terminal") && !raw.contains('\x1b'),
            "{raw:?}"
        );
        assert_eq!(raw.trim_end().lines().count(), 1, "{raw:?}");
    }
}
