//! Job control: a shell, the user or another process stops and continues the program.

use std::thread;
use std::time::Duration;

use rustix::process::{Signal, kill_process};

use super::{assert_restored, assert_taken, in_bash, wait_ended};
use crate::support::pty::{EHLO, Home, Pty};

/// Runs the program as a job, prints the status of the stop, and continues the job after Enter.
const SHELL: &str = r#"set -m; "$0" "$@"; echo "stopped: $?"; read -r line; fg; echo "ended: $?""#;

/// Starts a shell with the program as its job, and types half a line.
fn start(home: &Home, shell: &str) -> Pty {
    let arguments = ["-c", shell, EHLO, "--practice", "--mouse"];
    let mut terminal = home.run((80, 24), &[], "sh", &arguments);
    terminal.wait_for("next: EHLO");
    terminal.type_text("NOOP before");
    terminal.wait_for("> NOOP before");
    assert_taken(&terminal);
    terminal
}

/// Asserts that the line discipline is that of a terminal that no program has changed.
#[track_caller]
fn assert_fresh(terminal: &Pty) {
    let fresh = Home::new().run((80, 24), &[], "cat", &[]).line_discipline();
    assert!(terminal.line_discipline() == fresh);
}

/// Asserts that the program shows its screen again, works, and ends.
#[track_caller]
pub(super) fn assert_continues(mut terminal: Pty) {
    terminal.wait_for("> NOOP before");
    terminal.wait_for("next: EHLO");
    assert_taken(&terminal);
    terminal.key("Enter");
    terminal.wait_for("250 2.0.0");
    terminal.key("C-d");
    terminal.wait_for("Leave?");
    terminal.type_text("q");
    terminal.wait_for("ended: 0");
    assert_eq!(terminal.wait_exit(), 0);
    assert_restored(&terminal.raw());
}

#[test]
fn stop_signals_do_what_ctrl_z_does() {
    let home = Home::new();
    for signal in [
        None,
        Some(Signal::TSTP),
        Some(Signal::TTIN),
        Some(Signal::TTOU),
    ] {
        let mut terminal = start(&home, SHELL);
        match signal {
            None => terminal.key("C-z"),
            Some(signal) => kill_process(terminal.job(), signal).unwrap(),
        }
        terminal.wait_for("stopped: 148");
        assert_restored(&terminal.raw());
        assert_fresh(&terminal);
        terminal.key("Enter");
        assert_continues(terminal);
    }
}

#[test]
fn stops_and_continues_repeatedly() {
    let shell = r#"set -m; "$0" "$@"
        for i in 1 2 3 4; do echo "stop $i: $?"; read -r line; fg; done; echo "ended: $?""#;
    let home = Home::new();
    let mut terminal = start(&home, shell);
    for (number, key) in [(1, true), (2, false), (3, true), (4, false)] {
        if key {
            terminal.key("C-z");
        } else {
            kill_process(terminal.job(), Signal::TSTP).unwrap();
        }
        terminal.wait_for(&format!("stop {number}: 148"));
        assert_restored(&terminal.raw());
        terminal.key("Enter");
        terminal.wait_for("> NOOP before");
    }
    assert_continues(terminal);
}

#[test]
fn sets_the_modes_again_after_stop() {
    // The shell resets all modes, as some shells and `reset` do.
    let shell = r#"set -m; "$0" "$@"; code=$?; stty sane; printf '\033[?1049l\033[?2004l\033[?1000l'
        echo "stopped: $code"; read -r line; fg; echo "ended: $?""#;
    let home = Home::new();
    let mut terminal = start(&home, shell);
    kill_process(terminal.job(), Signal::STOP).unwrap();
    terminal.wait_for("stopped: 147");
    let cooked = terminal.line_discipline();
    terminal.key("Enter");
    terminal.wait_for("> NOOP before");
    terminal.wait_until("raw mode", |_| terminal.line_discipline() != cooked);
    assert_continues(terminal);
}

#[test]
fn cont_without_a_stop_does_no_harm() {
    let home = Home::new();
    let terminal = start(&home, SHELL.replace("read -r line; fg; ", "").as_str());
    kill_process(terminal.job(), Signal::CONT).unwrap();
    terminal.wait_for("> NOOP before");
    thread::sleep(Duration::from_millis(100));
    assert_taken(&terminal);
    kill_process(terminal.job(), Signal::TERM).unwrap();
    terminal.wait_for("stopped: 143");
    assert_restored(&terminal.raw());
}

#[test]
fn a_background_job_does_not_touch_the_terminal() {
    let shell = r#"set -m; "$0" "$@"; echo "stopped: $?"; read -r line
        bg; sleep 0.5; jobs; echo "in the background"; read -r line; fg; echo "ended: $?""#;
    let home = Home::new();
    let mut terminal = start(&home, shell);
    terminal.key("C-z");
    terminal.wait_for("stopped: 148");
    terminal.key("Enter");
    let screen = terminal.wait_for("in the background");
    assert!(screen.contains("Stopped"), "{screen}");
    assert_fresh(&terminal);
    assert_restored(&terminal.raw());
    terminal.key("Enter");
    assert_continues(terminal);
}

#[test]
fn signals_end_a_stopped_job() {
    let shell = r#"set -m; "$0" "$@"; echo "stopped: $?"; read -r line; wait %1; echo "ended: $?""#;
    for (signal, status) in [(Signal::TERM, 143), (Signal::HUP, 129)] {
        let home = Home::new();
        // In dash, `wait` returns at once for a job that was stopped.
        let arguments = ["-c", shell, EHLO, "--practice"];
        let mut terminal = home.run((80, 24), &[], "bash", &arguments);
        terminal.wait_for("next: EHLO");
        let job = terminal.job();
        terminal.key("C-z");
        terminal.wait_for("stopped: 148");
        let before = terminal.raw().len();
        // An interactive shell's `kill` sends both.
        kill_process(job, signal).unwrap();
        kill_process(job, Signal::CONT).unwrap();
        wait_ended(job.as_raw_nonzero().get());
        terminal.key("Enter");
        terminal.wait_for(&format!("ended: {status}"));
        assert_eq!(terminal.wait_exit(), 0);
        let raw = terminal.raw();
        assert!(
            !raw[before..].contains(&b'\x1b'),
            "the terminal is not touched"
        );
    }
}

#[test]
fn starts_in_the_background() {
    let shell = r#"set -m; "$0" "$@" & sleep 0.5; jobs; echo "waiting"; read -r line; fg
        echo "ended: $?""#;
    let home = Home::new();
    let arguments = ["-c", shell, EHLO, "--practice"];
    let mut terminal = home.run((80, 24), &[], "sh", &arguments);
    let screen = terminal.wait_for("waiting");
    assert!(screen.contains("Stopped"), "{screen}");
    assert_fresh(&terminal);
    assert!(!terminal.raw().contains(&b'\x1b'));
    terminal.key("Enter");
    terminal.wait_for("next: EHLO");
    terminal.type_text("NOOP before");
    assert_continues(terminal);
}

#[test]
fn does_not_stop_without_a_shell() {
    let home = Home::new();
    let mut console = home.ehlo(&["--practice"]);
    console.wait_for("next: EHLO");
    for (times, signal) in [(2, false), (3, true)] {
        if signal {
            console.signal(Signal::TSTP);
        } else {
            console.key("C-z");
        }
        // A key typed before would be read by the line discipline.
        console.wait_until("the modes set again", |_| {
            let raw = console.raw();
            raw.windows(8)
                .filter(|octets| octets == b"\x1b[?1049h")
                .count()
                == times
        });
    }
    console.enter("NOOP");
    console.wait_for("250 2.0.0");
    assert_taken(&console);
}

#[test]
fn bash_stops_and_continues_the_program() {
    let home = Home::new();
    let mut terminal = in_bash(&home);
    terminal.type_text("NOOP before");
    terminal.wait_for("> NOOP before");
    for key in [true, false] {
        if key {
            terminal.key("C-z");
        } else {
            kill_process(terminal.job(), Signal::TSTP).unwrap();
        }
        terminal.wait_until("a prompt below", |screen| {
            screen.contains("Stopped") && screen.trim_end().ends_with("shell>")
        });
        terminal.enter("clear; echo typed in the $((1 + 1))nd shell");
        terminal.wait_for("typed in the 2nd shell");
        terminal.enter("fg");
        terminal.wait_for("> NOOP before");
        assert_taken(&terminal);
    }
    terminal.key("Enter");
    terminal.wait_for("250 2.0.0");
    terminal.key("C-d");
    terminal.wait_for("Leave?");
    terminal.type_text("q");
    terminal.wait_for("shell> ");
    terminal.enter("exit");
    assert_eq!(terminal.wait_exit(), 0);
}

#[test]
fn the_editor_stops_with_the_program() {
    let home = Home::new();
    let editor = home.file(
        "edit.sh",
        "echo 'editing now'; read -r line; echo more >> \"$1\"\n",
    );
    let editor = format!("sh {editor}");
    let arguments = ["-c", SHELL, EHLO, "--practice"];
    let environment = [("EDITOR", editor.as_str())];
    let mut terminal = home.run((80, 24), &environment, "sh", &arguments);
    terminal.wait_for("next: EHLO");
    terminal.begin_message();
    terminal.key("C-o");
    terminal.wait_for("menu");
    terminal.type_text("e");
    terminal.wait_for("editing now");
    terminal.key("C-z");
    terminal.wait_for("stopped: 148");
    terminal.key("Enter");
    thread::sleep(Duration::from_millis(100));
    assert_restored(&terminal.raw());
    // The editor has the terminal.
    terminal.key("Enter");
    terminal.wait_for("| more");
    assert_taken(&terminal);
}
