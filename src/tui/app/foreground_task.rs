//! What the terminal is lent for: the user's editor, or reading the session without frames on the
//! terminal's own screen, where the mouse, tmux and screen can copy it.

use std::io::{self, Read as _, Write as _};
use std::path::Path;

use crate::tui::app::editor_process;
use crate::tui::message::SessionMessage;

/// What the terminal is lent for.
#[derive(Debug)]
pub enum ForegroundTask {
    /// The user's editor, on this text.
    Edit(String),
    /// Reading this session.
    Plain(String),
}

impl ForegroundTask {
    /// Prints what is to be read, once the terminal is lent.
    ///
    /// # Errors
    /// When the terminal cannot be written to.
    pub fn begin(&self) -> io::Result<()> {
        let Self::Plain(session) = self else {
            return Ok(());
        };
        let mut out = io::stdout().lock();
        // Where there is no other screen, the cursor stands behind the picture.
        write!(out, "\n{session}\n[Enter goes back to ehlo]")?;
        out.flush()
    }

    /// Waits for its end, and says what came of it. The editor's file is made in `folder`.
    pub fn run(self, folder: &Path) -> Option<SessionMessage> {
        match self {
            Self::Edit(text) => Some(SessionMessage::Edited(editor_process::edit(folder, &text))),
            Self::Plain(_) => {
                wait_for_enter();
                None
            }
        }
    }
}

/// Waits for Enter, or for the end of what can be typed.
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
