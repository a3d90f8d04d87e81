//! The terminal is restored even if the program is killed or aborts.

use std::thread;
use std::time::Duration;

use rustix::process::{Signal, kill_process, kill_process_group};

use super::{assert_restored, assert_taken, in_bash, modes, wait_ended};
use crate::support::pty::{EHLO, Home, Pty};

/// Runs the program as a job, prints its status, and continues.
const SHELL: &str = r#"set -m; "$0" "$@"; echo "ended: $?"; read -r line"#;

/// Waits until the modes are as a shell expects them.
#[track_caller]
fn wait_restored(terminal: &Pty) {
    let fresh = Home::new().run((80, 24), &[], "cat", &[]).line_discipline();
    terminal.wait_until("the modes of a shell", |_| {
        modes(&terminal.raw()).get(&1049) == Some(&false) && terminal.line_discipline() == fresh
    });
    assert_restored(&terminal.raw());
}

#[test]
fn restores_the_terminal_after_kill_and_abort() {
    for signal in [Signal::KILL, Signal::ABORT, Signal::SEGV] {
        let home = Home::new();
        let arguments = ["-c", SHELL, EHLO, "--practice", "--mouse"];
        let mut terminal = home.run((80, 24), &[], "sh", &arguments);
        terminal.wait_for("next: EHLO");
        assert_taken(&terminal);
        let job = terminal.job();
        // The first SEGV only removes the handler of Rust's standard library.
        while kill_process_group(job, signal).is_ok() {
            thread::sleep(Duration::from_millis(10));
        }
        wait_restored(&terminal);
        let ended = format!("ended: {}", 128 + signal.as_raw());
        terminal.wait_until(&ended, |_| {
            String::from_utf8_lossy(&terminal.raw()).contains(&ended)
        });
        terminal.key("Enter");
        assert_eq!(terminal.wait_exit(), 0);
    }
}

#[test]
fn an_interactive_shell_keeps_its_own_modes() {
    let home = Home::new();
    let mut terminal = in_bash(&home);
    kill_process(terminal.job(), Signal::KILL).unwrap();
    terminal.wait_until("the main screen", |_| {
        modes(&terminal.raw()).get(&1049) == Some(&false)
    });
    // The guardian checks the modes a moment later.
    thread::sleep(Duration::from_millis(500));
    terminal.enter("");
    terminal.wait_for("shell> ");
    terminal.type_text("echo $((6 * 7))");
    terminal.wait_for("shell> echo $((6 * 7))");
    terminal.key("Enter");
    terminal.wait_for("42");
    terminal.enter("exit");
    assert_eq!(terminal.wait_exit(), 0);
}

#[test]
fn does_not_touch_the_terminal_if_a_stopped_job_is_killed() {
    let shell = r#"set -m; "$0" "$@"; echo "stopped: $?"; read -r line"#;
    let home = Home::new();
    let mut terminal = home.run((80, 24), &[], "sh", &["-c", shell, EHLO, "--practice"]);
    terminal.wait_for("next: EHLO");
    let job = terminal.job();
    terminal.key("C-z");
    terminal.wait_for("stopped: 148");
    let before = terminal.raw().len();
    kill_process(job, Signal::KILL).unwrap();
    wait_ended(job.as_raw_nonzero().get());
    terminal.key("Enter");
    // This also waits for the guardian to close the terminal.
    assert_eq!(terminal.wait_exit(), 0);
    assert!(!terminal.raw()[before..].contains(&b'\x1b'));
}

#[test]
fn does_not_touch_the_terminal_while_the_editor_has_it() {
    let home = Home::new();
    let editor = home.file(
        "edit.sh",
        "echo 'editing now'; read -r line; echo \"read $line\"\n",
    );
    let editor = format!("sh {editor}");
    let environment = [("EDITOR", editor.as_str())];
    let mut terminal = home.run(
        (80, 24),
        &environment,
        "sh",
        &["-c", SHELL, EHLO, "--practice"],
    );
    terminal.wait_for("next: EHLO");
    terminal.begin_message();
    terminal.key("C-o");
    terminal.wait_for("menu");
    terminal.type_text("e");
    terminal.wait_for("editing now");
    let before = terminal.raw().len();
    kill_process(terminal.job(), Signal::KILL).unwrap();
    terminal.wait_for("ended: 137");
    assert!(!terminal.raw()[before..].contains(&b'\x1b'));
}
