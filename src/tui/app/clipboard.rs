//! Copying, over ssh too: into tmux where we are inside it, else by asking the terminal (OSC 52).
//! Whether a terminal obeys is never known, so nothing more is claimed.

use std::io::{self, Write};
use std::process::{Command, Stdio};

use crossterm::clipboard::CopyToClipboard;
use crossterm::execute;

use crate::process;

/// Whether we are inside tmux, which swallows OSC 52 as it is usually set.
pub fn in_tmux() -> bool {
    std::env::var_os("TMUX").is_some()
}

/// Copies octets into tmux's buffer, and says so.
///
/// # Errors
/// When tmux cannot be run or refuses.
pub fn to_tmux(octets: &[u8]) -> io::Result<&'static str> {
    let mut tmux = process::spawn(
        Command::new("tmux")
            .args(["load-buffer", "-w", "-"])
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null()),
    )?;
    if let Some(mut input) = tmux.stdin.take() {
        input.write_all(octets)?;
    }
    if tmux.wait()?.success() {
        Ok("copied into tmux's buffer: prefix ] pastes it")
    } else {
        Err(io::Error::other("tmux load-buffer refused it"))
    }
}

/// Hands octets to the terminal, and says what that is worth.
///
/// # Errors
/// When the terminal cannot be written to.
pub fn to_terminal(octets: &[u8]) -> io::Result<&'static str> {
    execute!(io::stdout(), CopyToClipboard::to_clipboard_from(octets))?;
    Ok("sent to the terminal (OSC 52); if pasting gives nothing: :plain, and the mouse")
}
