//! A passphrase asked for on the terminal, before the screen begins; it is not echoed.

use std::fs::OpenOptions;
use std::io::{self, Write as _};
use std::path::Path;

use rustix::termios::{LocalModes, OptionalActions, tcgetattr, tcsetattr};
use zeroize::Zeroizing;

use crate::config::{TlsOverrideError, TlsOverrides};
use crate::net::TlsOptions;
use crate::smtp::Secret;

/// How often a passphrase is asked for: a slip of the finger ends nothing.
const TRIES: usize = 3;
/// Octets of a passphrase that are read.
const CAP: usize = 4096;

/// What is said about the handshake, for the wire; a passphrase that is needed for it is asked for,
/// and again where it is wrong.
///
/// # Errors
/// What cannot be used, at the third wrong passphrase the last of them.
pub(super) fn resolve_tls(overrides: &TlsOverrides) -> Result<TlsOptions, TlsOverrideError> {
    let mut tries = TRIES;
    loop {
        tries -= 1;
        let mut given = false;
        let read = overrides.clone().resolve(|file| {
            let passphrase = ask(file, tries + 1 < TRIES);
            given = passphrase.is_ok();
            passphrase
        });
        match read {
            Err(TlsOverrideError::Locked { .. }) if given && tries > 0 => {}
            read => return read,
        }
    }
}

/// Asks for the passphrase of a file, `again` after a wrong one; fails where there is no terminal to
/// ask on.
fn ask(file: &Path, again: bool) -> io::Result<Secret> {
    let opened = OpenOptions::new().read(true).write(true).open("/dev/tty");
    let mut terminal =
        opened.map_err(|_| io::Error::other("there is no terminal to ask for it on"))?;
    let before = tcgetattr(&terminal)?;
    let mut hidden = before.clone();
    hidden.local_modes.remove(LocalModes::ECHO);
    // Before the question: what answers it at once is neither echoed nor thrown away.
    tcsetattr(&terminal, OptionalActions::Flush, &hidden)?;
    let words = if again {
        "That does not open the key.\n"
    } else {
        ""
    };
    let awaited = write!(terminal, "{words}Passphrase for {}: ", file.display());
    let read = awaited.and_then(|()| read_line(&mut terminal));
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
