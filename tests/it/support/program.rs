//! Runs the real program without a terminal.

use std::ffi::OsStr;
use std::io::Write;
use std::process::{Command, Output, Stdio};

use super::pty::{EHLO, Home};

/// Runs `ehlo` in a home until it ends, with `input` on its standard input.
pub fn ehlo(home: &Home, arguments: &[impl AsRef<OsStr>], input: &[u8]) -> Output {
    let mut child = Command::new(EHLO)
        .args(arguments)
        .env_clear()
        .envs(home.environment())
        .current_dir(home.path())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    // The program may end before it has read its input.
    let _ = child.stdin.take().unwrap().write_all(input);
    child.wait_with_output().unwrap()
}
