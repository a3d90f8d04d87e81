//! While the terminal takes no output, the program still reacts and restores the terminal.

use std::io::Write as _;
use std::net::TcpListener;
use std::process::Command;
use std::thread;
use std::time::{Duration, Instant};

use rustix::process::Signal;

use super::{assert_left, assert_restored, assert_taken};
use crate::support::pty::{EHLO, Home, Pty};

/// How long the program may take to end.
const LIMIT: Duration = Duration::from_secs(2);
/// Typed when the terminal is full. If it is drawn, the terminal was not full.
const UNSEEN: &str = "unseen";

/// Makes the program draw more than the terminal's buffers can hold.
pub fn fill(console: &mut Pty) {
    for _ in 0..100 {
        console.key("C-l");
        thread::sleep(Duration::from_millis(5));
    }
    console.type_text(UNSEEN);
    thread::sleep(Duration::from_millis(50));
}

/// Waits until the program has ended, at most for [`LIMIT`].
#[track_caller]
fn wait_end(console: &Pty) {
    let since = Instant::now();
    while console.status().is_none() {
        assert!(since.elapsed() < LIMIT, "the program still runs");
        thread::sleep(Duration::from_millis(5));
    }
}

/// Asserts that the program ends with this status and restores the terminal.
#[track_caller]
fn assert_ends(stall: impl FnOnce(&mut Pty), end: impl FnOnce(&mut Pty), status: u32) {
    let home = Home::new();
    let fresh = home.run((80, 24), &[], "cat", &[]).line_discipline();
    let mut console = home.ehlo(&["--practice", "--mouse"]);
    console.wait_for("next: EHLO");
    assert_taken(&console);
    stall(&mut console);
    fill(&mut console);
    end(&mut console);
    wait_end(&console);
    assert!(console.line_discipline() == fresh);
    console.resume();
    assert_eq!(console.wait_exit(), status);
    let raw = console.raw();
    assert_restored(&raw);
    assert!(!String::from_utf8_lossy(&raw).contains(UNSEEN));
    assert_left(&console, status);
}

#[test]
fn ends_on_signals_if_the_terminal_does_not_read() {
    for (signal, number) in [
        (Signal::HUP, 1),
        (Signal::INT, 2),
        (Signal::QUIT, 3),
        (Signal::TERM, 15),
    ] {
        let end = |console: &mut Pty| console.signal(signal);
        assert_ends(|console| console.stall(), end, 128 + number);
    }
}

#[test]
fn leaves_if_the_terminal_does_not_read() {
    let end = |console: &mut Pty| {
        console.key("C-c");
        console.key("C-d");
        console.type_text("q");
    };
    assert_ends(|console| console.stall(), end, 0);
}

/// Turns flow control on from outside, and stops the output with `^S`.
fn stop_output(console: &mut Pty) {
    let stty = Command::new("stty")
        .arg("-F")
        .arg(console.path())
        .args(["ixon", "stop", "^S", "start", "^Q"])
        .status();
    assert!(stty.unwrap().success());
    console.send_raw(b"\x13");
}

#[test]
fn ends_on_signals_if_flow_control_stops_the_output() {
    assert_ends(stop_output, |console| console.signal(Signal::TERM), 143);
    assert_ends(stop_output, |console| console.signal(Signal::INT), 130);
}

#[test]
fn draws_the_last_frame_when_flow_control_ends() {
    let home = Home::new();
    let mut console = home.ehlo(&["--practice"]);
    console.wait_for("next: EHLO");
    stop_output(&mut console);
    fill(&mut console);
    console.send_raw(b"\x11");
    console.wait_for(&format!("> {UNSEEN}"));
    console.key("C-c");
    console.enter("NOOP");
    console.wait_for("250 2.0.0");
}

#[test]
fn draws_the_last_frame_when_the_terminal_reads_again() {
    let home = Home::new();
    let mut console = home.ehlo(&["--practice"]);
    console.wait_for("next: EHLO");
    console.stall();
    fill(&mut console);
    console.key("C-c");
    // The session continues without the terminal.
    console.enter("NOOP");
    thread::sleep(Duration::from_millis(200));
    console.resume();
    console.wait_for("250 2.0.0");
}

#[test]
fn ends_while_it_prints_the_plain_session() {
    let home = Home::new();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let mut console = home.ehlo(&[&listener.local_addr().unwrap().to_string()]);
    let (mut server, _) = listener.accept().unwrap();
    // More than the terminal's buffers can hold.
    let greeting = format!("220-{}\r\n", "x".repeat(400)).repeat(500);
    server.write_all(greeting.as_bytes()).unwrap();
    server.write_all(b"220 the end\r\n").unwrap();
    console.wait_for("220 the end");
    console.stall();
    console.enter(":plain");
    thread::sleep(Duration::from_millis(300));
    console.signal(Signal::TERM);
    wait_end(&console);
    console.resume();
    assert_eq!(console.wait_exit(), 143);
    let raw = console.raw();
    assert_restored(&raw);
    assert!(!String::from_utf8_lossy(&raw).contains("Enter goes back"));
}

#[test]
fn ends_after_half_an_escape_sequence() {
    let home = Home::new();
    let mut console = home.ehlo(&["--practice"]);
    console.wait_for("next: EHLO");
    // Alt-[ begins like an arrow key.
    console.send_raw(b"\x1b[");
    thread::sleep(Duration::from_millis(100));
    console.signal(Signal::INT);
    wait_end(&console);
    assert_eq!(console.wait_exit(), 130);
    assert_restored(&console.raw());
}

#[test]
fn stops_if_the_terminal_does_not_read() {
    let shell = r#"set -m; "$0" "$@"; echo "stopped: $?"; read -r line; fg"#;
    let home = Home::new();
    let fresh = home.run((80, 24), &[], "cat", &[]).line_discipline();
    let mut terminal = home.run((80, 24), &[], "sh", &["-c", shell, EHLO, "--practice"]);
    terminal.wait_for("next: EHLO");
    terminal.stall();
    fill(&mut terminal);
    let since = Instant::now();
    rustix::process::kill_process(terminal.job(), Signal::TSTP).unwrap();
    while terminal.line_discipline() != fresh {
        assert!(since.elapsed() < LIMIT, "the terminal is still raw");
        thread::sleep(Duration::from_millis(5));
    }
    terminal.resume();
    terminal.wait_for("stopped: 148");
    assert_restored(&terminal.raw());
    terminal.key("Enter");
    terminal.wait_for("next: EHLO");
    terminal.wait_for(&format!("> {UNSEEN}"));
    assert_taken(&terminal);
}
