//! Restores the terminal after `kill -9`, an abort or a crash, when this process no longer can: a
//! small shell waits until the pipe to it closes.

use std::io::Write as _;
use std::os::unix::process::CommandExt as _;
use std::process::{ChildStdin, Command, Stdio};
use std::sync::{Mutex, PoisonError};

use rustix::termios::{InputModes, LocalModes, OutputModes, Termios};

use crate::process;

/// What the shell does. Each line contains the modes to restore; an empty line means none. An
/// interactive shell that gets the terminal next sets its own modes, which must stay: only if
/// output processing is still off after a moment, the modes are still those of ehlo. `stty`
/// inherits that TTOU is ignored, so the system lets it set modes from the background.
const SCRIPT: &str = r#"trap '' HUP INT QUIT TERM TSTP TTIN TTOU
while read -r line; do modes=$line; done
test -n "$modes" || exit 0
exec 3>&1
printf %s "$1"
sleep 0.1
case $(stty -a <&3) in *-opost*) stty $modes <&3;; esac"#;

/// The input modes that raw mode changes, with their names in POSIX `stty`.
const INPUT: &[(InputModes, &str)] = &[
    (InputModes::IGNBRK, "ignbrk"),
    (InputModes::BRKINT, "brkint"),
    (InputModes::PARMRK, "parmrk"),
    (InputModes::ISTRIP, "istrip"),
    (InputModes::INLCR, "inlcr"),
    (InputModes::IGNCR, "igncr"),
    (InputModes::ICRNL, "icrnl"),
    (InputModes::IXON, "ixon"),
];
/// The local modes that raw mode changes.
const LOCAL: &[(LocalModes, &str)] = &[
    (LocalModes::ECHO, "echo"),
    (LocalModes::ECHONL, "echonl"),
    (LocalModes::ICANON, "icanon"),
    (LocalModes::ISIG, "isig"),
    (LocalModes::IEXTEN, "iexten"),
];

/// The pipe to the shell. It closes when this process ends.
static PIPE: Mutex<Option<ChildStdin>> = Mutex::new(None);

/// Starts the shell, which writes `sequences` to the terminal to restore it. Does nothing if there
/// is no `sh`.
pub fn start(sequences: &[u8]) {
    let mut pipe = PIPE.lock().unwrap_or_else(PoisonError::into_inner);
    if pipe.is_some() {
        return;
    }
    let mut shell = Command::new("sh");
    shell
        .args(["-c", SCRIPT, "ehlo-guardian"])
        .arg(String::from_utf8_lossy(sequences).as_ref())
        // The environment may contain a password.
        .env_clear()
        .envs(std::env::var_os("PATH").map(|path| ("PATH", path)))
        .stdin(Stdio::piped())
        .stderr(Stdio::null())
        // Signals for the foreground process group must not reach it.
        .process_group(0);
    *pipe = process::spawn(&mut shell)
        .ok()
        .and_then(|mut shell| shell.stdin.take());
}

/// From now on the shell restores these modes when this process ends.
pub fn watch(modes: &Termios) {
    send(&format!("{}\n", arguments(modes)));
}

/// From now on the shell restores nothing.
pub fn release() {
    send("\n");
}

/// Sends a line to the shell. Does not wait for the lock: the thread that holds it may have
/// panicked.
fn send(line: &str) {
    if let Ok(mut pipe) = PIPE.try_lock()
        && let Some(shell) = pipe.as_mut()
        && shell.write_all(line.as_bytes()).is_err()
    {
        *pipe = None;
    }
}

/// The modes as arguments of `stty`.
fn arguments(modes: &Termios) -> String {
    let input = INPUT
        .iter()
        .map(|(mode, name)| (modes.input_modes.contains(*mode), *name));
    let local = LOCAL
        .iter()
        .map(|(mode, name)| (modes.local_modes.contains(*mode), *name));
    let output = (modes.output_modes.contains(OutputModes::OPOST), "opost");
    input
        .chain(local)
        .chain([output])
        .map(|(on, name)| format!("{}{name} ", if on { "" } else { "-" }))
        .collect()
}
