//! The session without frames, on the terminal's own screen: there the mouse, tmux and screen can
//! copy it, and it stays when ehlo has ended.

use std::io::{self, Read as _, Write as _};

/// Octets of a session that are printed at most: its latest lines.
pub const PLAIN_CAP: usize = 1024 * 1024;

/// Prints a session and how to come back.
///
/// # Errors
/// When the terminal cannot be written to.
pub fn print(session: &str) -> io::Result<()> {
    let mut out = io::stdout().lock();
    // Where there is no other screen, the cursor stands behind the picture.
    out.write_all(b"\n")?;
    out.write_all(session.as_bytes())?;
    out.write_all(b"\n[Enter goes back to ehlo]")?;
    out.flush()
}

/// Waits for Enter, or for the end of what can be typed.
pub fn wait_for_enter() {
    let mut typed = [0; 256];
    loop {
        match io::stdin().lock().read(&mut typed) {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Ok(count) if count > 0 && !typed[..count].contains(&b'\n') => {}
            Ok(_) | Err(_) => return,
        }
    }
}
