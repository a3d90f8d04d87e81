//! A passphrase asked for on the terminal, before the screen begins; it is not echoed.

use std::fs::OpenOptions;
use std::io::{self, Write as _};
use std::path::Path;

use rustix::termios::{LocalModes, OptionalActions, tcgetattr, tcsetattr};
use zeroize::Zeroizing;

use crate::smtp::Secret;

/// Octets of a passphrase that are read.
const CAP: usize = 4096;

/// Asks for the passphrase of a file.
///
/// # Errors
/// Where there is no terminal to ask on.
pub(super) fn ask(file: &Path) -> io::Result<Secret> {
    let opened = OpenOptions::new().read(true).write(true).open("/dev/tty");
    let mut terminal =
        opened.map_err(|_| io::Error::other("there is no terminal to ask for it on"))?;
    let before = tcgetattr(&terminal)?;
    let mut hidden = before.clone();
    hidden.local_modes.remove(LocalModes::ECHO);
    write!(terminal, "Passphrase for {}: ", file.display())?;
    tcsetattr(&terminal, OptionalActions::Flush, &hidden)?;
    let read = read_line(&mut terminal);
    tcsetattr(&terminal, OptionalActions::Flush, &before)?;
    // The Enter was not echoed either.
    writeln!(terminal)?;
    read
}

/// A terminal gives a line at once.
fn read_line(terminal: &mut impl io::Read) -> io::Result<Secret> {
    let mut line = Zeroizing::new(vec![0; CAP]);
    let octets = terminal.read(&mut line)?;
    let line = line[..octets].strip_suffix(b"\n").ok_or_else(|| {
        let words = format!("a line of at most {CAP} octets is wanted");
        io::Error::new(io::ErrorKind::InvalidInput, words)
    })?;
    Ok(Secret::new(line.to_vec()))
}
