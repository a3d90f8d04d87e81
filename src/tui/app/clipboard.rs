//! Copies to the clipboard, also over ssh: to tmux's buffer inside tmux, else to the terminal's
//! clipboard (OSC 52). A terminal does not confirm that, so the messages do not claim it.

use std::io::{self, Write};
use std::process::{Command, Stdio};

use crossterm::clipboard::CopyToClipboard;
use crossterm::queue;

use crate::process;
use crate::tui::app::write_queue;

/// Whether the program runs in tmux, which by default swallows OSC 52.
pub fn in_tmux() -> bool {
    std::env::var_os("TMUX").is_some()
}

/// Copies octets into tmux's buffer, and returns what to say about it.
///
/// # Errors
/// If tmux cannot be started, or fails.
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
        Ok("copied to tmux's buffer: paste with prefix ]")
    } else {
        Err(io::Error::other("tmux load-buffer failed"))
    }
}

/// Sends octets to the terminal's clipboard, and returns what to say about it.
///
/// # Errors
/// As [`write_queue::push`].
pub fn to_terminal(octets: &[u8]) -> io::Result<&'static str> {
    let mut sequence = Vec::new();
    queue!(sequence, CopyToClipboard::to_clipboard_from(octets))?;
    write_queue::push(&sequence)?;
    Ok("sent to the terminal (OSC 52); if pasting gives nothing: :plain, and the mouse")
}
