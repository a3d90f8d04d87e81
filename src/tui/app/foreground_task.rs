//! What the terminal is lent for: the user's editor, or the session as plain text on the terminal's
//! own screen, where the mouse, tmux and screen can copy it.

use std::io::{self, Read as _, Write as _};
use std::path::Path;

use crate::tui::app::editor_process;
use crate::tui::message::SessionMessage;

/// What the terminal is lent for.
#[derive(Debug)]
pub enum ForegroundTask {
    /// The user's editor, on this text.
    Edit(String),
    /// This session, as plain text.
    Plain(String),
}

impl ForegroundTask {
    /// Runs the task until its end, and returns its result for the loop. The editor's file is made
    /// in `folder`.
    pub fn run(self, folder: &Path) -> Option<SessionMessage> {
        match self {
            Self::Edit(text) => Some(SessionMessage::Edited(editor_process::edit(folder, &text))),
            Self::Plain(session) => {
                // A terminal that cannot be written to is reported by the next frame.
                let _ = print(&session).map(|()| wait_for_enter());
                None
            }
        }
    }
}

fn print(session: &str) -> io::Result<()> {
    let mut out = io::stdout().lock();
    // If there is no alternate screen, the cursor is at the end of the last frame.
    write!(out, "\n{session}\n[Enter goes back to ehlo]")?;
    out.flush()
}

/// Waits for Enter, or for the end of the input.
fn wait_for_enter() {
    let mut typed = [0; 256];
    loop {
        match io::stdin().lock().read(&mut typed) {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Ok(count) if count > 0 && !typed[..count].contains(&b'\n') => {}
            Ok(_) | Err(_) => return,
        }
    }
}
