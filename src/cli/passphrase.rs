//! Asks on the terminal for a secret, such as the passphrase of a key, before the screen is drawn. What
//! is typed is not echoed.

use std::fs::OpenOptions;
use std::io::{self, Write as _};
use std::os::unix::ffi::OsStrExt as _;
use std::path::Path;

use rustix::termios::{LocalModes, OptionalActions, SpecialCodeIndex, tcgetattr, tcsetattr};
use zeroize::Zeroizing;

use crate::config::{TlsOverrideError, TlsOverrides};
use crate::net::TlsOptions;
use crate::report::{output, visible};
use crate::smtp::Secret;

/// How often a passphrase is asked for: a typing mistake does not end the program.
const TRIES: usize = 3;
/// The most octets of a secret.
pub(super) const CAP: usize = 4096;
/// The characters of ^C and ^\.
const INTERRUPT: u8 = 0x03;
const QUIT: u8 = 0x1c;

/// Reads the files that the overrides name. Asks for a passphrase if a key needs one, and again
/// after a wrong one.
///
/// # Errors
/// An override that cannot be used; the third wrong passphrase is one.
pub(super) fn resolve_tls(overrides: &TlsOverrides) -> Result<TlsOptions, TlsOverrideError> {
    let mut tries = TRIES;
    loop {
        tries -= 1;
        let mut given = false;
        let resolved = overrides.clone().resolve(|file| {
            let passphrase = ask(file, tries + 1 < TRIES);
            given = passphrase.is_ok();
            passphrase
        });
        match resolved {
            Err(TlsOverrideError::Locked { .. }) if given && tries > 0 => {}
            resolved => return resolved,
        }
    }
}

/// Asks for the passphrase of a file, `again` after a wrong one. Fails without a terminal.
fn ask(file: &Path, again: bool) -> io::Result<Secret> {
    let complaint = if again { "Wrong passphrase.\n" } else { "" };
    let name = visible(file.as_os_str().as_bytes(), output::charset());
    ask_hidden(&format!("{complaint}Passphrase for {name}: "))
}

/// Asks for a secret, without echo.
///
/// # Errors
/// There is no terminal, the user calls it off, or the line is too long.
pub(super) fn ask_hidden(question: &str) -> io::Result<Secret> {
    let opened = OpenOptions::new().read(true).write(true).open("/dev/tty");
    let mut terminal = opened.map_err(|_| io::Error::other("no terminal to ask for it"))?;
    let before = tcgetattr(&terminal)?;
    let mut hidden = before.clone();
    // A signal would end the program before the echo is back: ^C and ^\ end the line instead.
    hidden
        .local_modes
        .remove(LocalModes::ECHO | LocalModes::ISIG);
    hidden.special_codes[SpecialCodeIndex::VEOL] = INTERRUPT;
    hidden.special_codes[SpecialCodeIndex::VEOL2] = QUIT;
    // Before the question, so that a quick answer is neither echoed nor discarded.
    tcsetattr(&terminal, OptionalActions::Flush, &hidden)?;
    let asked = write!(terminal, "{question}");
    let answer = asked.and_then(|()| read_line(&mut terminal));
    tcsetattr(&terminal, OptionalActions::Flush, &before)?;
    // The Enter was not echoed either.
    writeln!(terminal)?;
    answer
}

/// Reads one line with one call: a terminal delivers a line at once.
fn read_line(terminal: &mut impl io::Read) -> io::Result<Secret> {
    let mut line = Zeroizing::new(vec![0; CAP]);
    let octets = terminal.read(&mut line)?;
    if matches!(line[..octets].last(), Some(&(INTERRUPT | QUIT))) {
        return Err(io::Error::other("not given"));
    }
    let line = line[..octets].strip_suffix(b"\n").ok_or_else(|| {
        let message = format!("type a line of at most {CAP} octets");
        io::Error::new(io::ErrorKind::InvalidInput, message)
    })?;
    Ok(Secret::new(line.to_vec()))
}
