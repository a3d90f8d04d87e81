//! A password does not leak through a core dump, or to programs that the console starts.

use std::fs;
use std::io::{BufRead as _, BufReader, Write as _};
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use rustix::process::{Signal, kill_process};

use super::{CANARY, Server, files, find_leak, menu, parts, type_hidden};
use crate::support::pty::{EHLO, Home, TIMEOUT};

/// Allows core dumps, runs the program as a job, and prints its status. The shell reports a dump.
const SHELL: &str = r#"set -m; ulimit -S -c "$(ulimit -H -c)"; "$0" "$@"; echo "ended: $?""#;

/// Allows core dumps, and becomes the program.
const ALLOWED: &str = r#"ulimit -S -c "$(ulimit -H -c)"; exec "$0" "$@""#;

/// The soft and the hard limit of a process on core dumps.
fn core_limits(pid: u32) -> (String, String) {
    let limits = fs::read_to_string(format!("/proc/{pid}/limits")).unwrap();
    let line = limits
        .lines()
        .find_map(|line| line.strip_prefix("Max core file size"));
    let mut words = line.unwrap().split_whitespace().map(str::to_owned);
    (words.next().unwrap(), words.next().unwrap())
}

#[test]
fn a_password_is_in_no_core_dump() {
    for signal in [Signal::ABORT, Signal::SEGV, Signal::BUS, Signal::TRAP] {
        let home = Home::new();
        let arguments = ["-c", SHELL, EHLO, "--practice", "--mood", "no-tls"];
        let mut terminal = home.run((99, 50), &[], "sh", &arguments);
        terminal.wait_for("next: EHLO");
        terminal.enter("EHLO control.example");
        terminal.wait_for("next: AUTH or MAIL FROM");
        terminal.enter("AUTH LOGIN");
        terminal.wait_for("AUTH>");
        type_hidden(&mut terminal, "YWxpY2U=");
        terminal.wait_for("Send the secret?");
        terminal.key("C-y");
        terminal.wait_for("next: the password");
        terminal.type_text(CANARY);
        terminal.wait_for(&format!("AUTH> {}", "•".repeat(CANARY.chars().count())));
        assert_eq!(
            core_limits(terminal.job().as_raw_nonzero().get().cast_unsigned()).0,
            "0"
        );
        let job = terminal.job();
        // The first SEGV or BUS only removes the handler of Rust's standard library.
        while terminal.status().is_none() && kill_process(job, signal).is_ok() {
            thread::sleep(Duration::from_millis(10));
        }
        assert_eq!(terminal.wait_exit(), 0);
        let raw = terminal.raw();
        let text = String::from_utf8_lossy(&raw);
        let ended = format!("ended: {}", 128 + signal.as_raw());
        assert!(text.contains(&ended), "{signal:?}: {text}");
        // The shell reports a dump wherever it was written.
        assert!(!text.contains("core dumped"), "{signal:?}: {text}");
        for (name, content) in files(home.path()) {
            let file = PathBuf::from(&name);
            let file = file.file_name().unwrap().to_string_lossy().into_owned();
            assert!(!file.contains("core"), "{name}");
            assert_eq!(find_leak(&content, &parts()), None, "{name}");
        }
    }
}

#[test]
fn every_subcommand_disables_core_dumps() {
    let home = Home::new();
    for arguments in [
        ["base64"].as_slice(),
        &["practice", "--listen", "127.0.0.1:0"],
    ] {
        let mut process = Command::new("sh")
            .args(["-c", ALLOWED, EHLO])
            .args(arguments)
            .env_clear()
            .envs(home.environment())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut input = process.stdin.take().unwrap();
        if arguments == ["base64"] {
            input.write_all(CANARY.as_bytes()).unwrap();
            // Nothing shows when the process has started.
            let deadline = Instant::now() + TIMEOUT;
            let is_ehlo = || {
                let program = fs::read_link(format!("/proc/{}/exe", process.id()));
                program.is_ok_and(|program| program.as_os_str() == EHLO)
            };
            // The shell before it may have no core dumps either, and then allows them.
            while !is_ehlo() || core_limits(process.id()).0 != "0" {
                assert!(Instant::now() < deadline, "{arguments:?}");
                thread::sleep(Duration::from_millis(5));
            }
        } else {
            let mut line = String::new();
            BufReader::new(process.stdout.as_mut().unwrap())
                .read_line(&mut line)
                .unwrap();
        }
        let (soft, hard) = core_limits(process.id());
        let own = core_limits(std::process::id());
        assert_eq!((soft.as_str(), &hard), ("0", &own.1), "{arguments:?}");
        process.kill().unwrap();
        process.wait().unwrap();
    }
}

/// Sets a limit on core dumps, writes it to a file, and becomes the program.
const LIMITED: &str = r#"ulimit -S -c 1234; ulimit -S -c > limit; exec "$0" "$@""#;
/// What a program that the console starts reports to a file: its limit, blocked signals, environment.
const REPORT: &str = "{ ulimit -S -c; grep '^SigBlk' /proc/self/status; env; } > ";

/// Asserts that a report shows the original limit, no blocked signals and no secret.
#[track_caller]
fn assert_ordinary(home: &Home) {
    let read = |name: &str| fs::read_to_string(home.path().join(name)).unwrap();
    let (limit, report) = (read("limit"), read("report"));
    let lines: Vec<&str> = report.lines().collect();
    assert_eq!(lines[0], limit.trim(), "{report}");
    let mask = lines[1].split_whitespace().next_back().unwrap();
    assert_eq!(u64::from_str_radix(mask, 16).unwrap(), 0, "{report}");
    assert_eq!(find_leak(report.as_bytes(), &parts()), None);
}

#[test]
fn the_editor_gets_the_original_limit_and_signals() {
    let home = Home::new();
    let report = home.path().join("report");
    let editor = home.file("edit.sh", format!("{REPORT}{}\n", report.display()));
    let editor = format!("sh {editor}");
    let environment = [("EDITOR", editor.as_str())];
    let arguments = ["-c", LIMITED, EHLO, "--practice"];
    let mut console = home.run((99, 50), &environment, "sh", &arguments);
    console.wait_for("next: EHLO");
    console.begin_message();
    console.key("C-o");
    console.wait_for("Write and send");
    console.type_text("e");
    console.wait_until("the editor's report", |_| report.exists());
    console.wait_for("next: the message");
    assert_ordinary(&home);
    // The limit of the console itself is still 0.
    assert_eq!(core_limits(console.pid()).0, "0");
}

#[test]
fn a_password_command_gets_the_original_limit_and_signals() {
    let home = Home::new();
    let report = home.path().join("report");
    let (_server, address) = Server::start(&home);
    let command = format!("{REPORT}{}; echo wonderland", report.display());
    home.file(
        "config/ehlo/config.toml",
        format!(
            "[profile.work]\ntarget = '{address}'\nuser = 'alice'\n\
             password_command = ['sh', '-c', \"{command}\"]\n",
        ),
    );
    let arguments = ["-c", LIMITED, EHLO, "--profile", "work"];
    let mut console = home.run((99, 50), &[], "sh", &arguments);
    console.wait_for("next: EHLO");
    console.enter("EHLO control.example");
    console.wait_for("next: AUTH or MAIL FROM");
    menu(&mut console, "a", "(from the command sh)");
    console.key("Enter");
    console.wait_for("Send the secret?");
    assert_ordinary(&home);
    assert_eq!(core_limits(console.pid()).0, "0");
}
