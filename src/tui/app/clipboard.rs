//! Copies to the clipboard, also over ssh: to tmux's buffer inside tmux, else to the terminal's
//! clipboard (OSC 52) and, if there is a display, with a program for its clipboard. A terminal does
//! not confirm that it copies, so the messages do not claim it.

use std::io::{self, Write};
use std::os::unix::process::CommandExt as _;
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use crossterm::clipboard::CopyToClipboard;
use crossterm::queue;

use crate::process;
use crate::smtp::Secret;
use crate::tui::app::write_queue;

/// How long a program may take to copy.
const PROGRAM_TIMEOUT: Duration = Duration::from_secs(2);
/// How often to check whether it has ended.
const POLL: Duration = Duration::from_millis(10);
/// The maximum octets of one string for GNU screen. Old versions take 256, framing included.
const SCREEN_CHUNK: usize = 240;
/// The terminator of an OSC that crossterm writes, and one that is allowed inside a string.
const END: &[u8] = b"\x1b\\";
const BELL: u8 = 0x07;

/// Programs that copy their standard input, each with the variable that is set if its display exists.
const PROGRAMS: [(&str, &str, &[&str]); 3] = [
    ("WAYLAND_DISPLAY", "wl-copy", &[]),
    ("DISPLAY", "xclip", &["-in", "-selection", "clipboard"]),
    ("DISPLAY", "xsel", &["--input", "--clipboard"]),
];

/// Whether the program runs in tmux, which by default swallows OSC 52.
pub fn in_tmux() -> bool {
    is_set("TMUX")
}

/// Whether there is a display that has a clipboard.
pub fn has_display() -> bool {
    PROGRAMS.iter().any(|(variable, ..)| is_set(variable))
}

fn is_set(variable: &str) -> bool {
    std::env::var_os(variable).is_some_and(|value| !value.is_empty())
}

/// Copies octets into tmux's buffer, and returns the confirmation. Takes at most
/// [`PROGRAM_TIMEOUT`].
///
/// # Errors
/// If tmux cannot be started, or fails.
pub fn to_tmux(octets: Secret) -> io::Result<String> {
    // Versions before 3.2 do not know -w, which also copies to the terminal.
    let passed_on = run("tmux", &["load-buffer", "-w", "-"], octets.clone());
    passed_on.or_else(|_| run("tmux", &["load-buffer", "-"], octets))?;
    Ok("copied to tmux's buffer: paste with prefix ]".to_owned())
}

/// Copies octets with the first program that can. Returns the confirmation; `None` if no program is
/// installed, or all fail. Takes at most [`PROGRAM_TIMEOUT`] for each program.
pub fn to_display(octets: &Secret) -> Option<String> {
    let mut programs = PROGRAMS.iter().filter(|(variable, ..)| is_set(variable));
    let (_, name, _) =
        programs.find(|(_, name, arguments)| run(name, arguments, octets.clone()).is_ok())?;
    Some(format!("copied with {name}"))
}

/// Sends octets to the terminal's clipboard, and returns the confirmation.
///
/// # Errors
/// As [`write_queue::push`].
pub fn to_terminal(octets: &[u8]) -> io::Result<String> {
    let mut sequence = Vec::new();
    queue!(sequence, CopyToClipboard::to_clipboard_from(octets))?;
    let in_screen = is_set("STY");
    if in_screen {
        sequence = through_screen(&sequence);
    }
    write_queue::push(&sequence)?;
    let way = if in_screen {
        "sent through GNU screen"
    } else {
        "sent to the terminal"
    };
    Ok(format!(
        "{way} (OSC 52); if pasting does not work, use :plain and select with the mouse"
    ))
}

/// Wraps an OSC in strings that GNU screen passes to its terminal; it would swallow the plain OSC.
fn through_screen(sequence: &[u8]) -> Vec<u8> {
    let mut inner = sequence.strip_suffix(END).unwrap_or(sequence).to_vec();
    // The usual terminator would end the string.
    inner.push(BELL);
    let mut strings = Vec::new();
    for chunk in inner.chunks(SCREEN_CHUNK) {
        strings.extend_from_slice(b"\x1bP");
        strings.extend_from_slice(chunk);
        strings.extend_from_slice(END);
    }
    strings
}

/// Runs a program with octets as its input.
fn run(name: &str, arguments: &[&str], octets: Secret) -> io::Result<()> {
    let mut child = process::spawn(
        Command::new(name)
            .args(arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            // A program for X keeps running, to serve the text to programs that paste. Signals for the
            // terminal must not reach it.
            .process_group(0),
    )?;
    if let Some(mut input) = child.stdin.take() {
        // A program that does not read its input blocks this, until it is killed.
        thread::spawn(move || input.write_all(octets.reveal()));
    }
    wait(&mut child, name)
}

/// Waits for a program, and kills it if it takes too long.
fn wait(child: &mut Child, name: &str) -> io::Result<()> {
    let deadline = Instant::now() + PROGRAM_TIMEOUT;
    let status = loop {
        if let Some(status) = child.try_wait()? {
            break status;
        }
        if Instant::now() > deadline {
            child.kill()?;
            child.wait()?;
            let seconds = PROGRAM_TIMEOUT.as_secs();
            return Err(io::Error::other(format!(
                "{name} took over {seconds} seconds"
            )));
        }
        thread::sleep(POLL);
    };
    if status.success() {
        Ok(())
    } else {
        Err(io::Error::other(format!("{name} failed ({status})")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn screen_gets_strings_that_it_takes() {
        let mut sequence = Vec::new();
        queue!(sequence, CopyToClipboard::to_clipboard_from([b'x'; 1000])).unwrap();
        let strings = through_screen(&sequence);
        let mut inner = Vec::new();
        let mut rest = &strings[..];
        while !rest.is_empty() {
            let string = rest.strip_prefix(b"\x1bP").unwrap();
            let end = string.windows(2).position(|two| two == END).unwrap();
            assert!(end <= SCREEN_CHUNK, "{end}");
            inner.extend_from_slice(&string[..end]);
            rest = &string[end + END.len()..];
        }
        let osc = sequence.strip_suffix(END).unwrap();
        assert_eq!(inner.strip_suffix(&[BELL]), Some(osc));
    }
}
