//! Prints to standard output and standard error without the screen. All text is made harmless here: it
//! may quote arguments, files or servers, and must not control the terminal.

use std::io::{self, ErrorKind, IsTerminal, Write};
use std::sync::LazyLock;

use super::environment::Environment;
use super::page;
use super::text::{Charset, visible, without_os_code};
use crate::config::When;
use crate::manual::Page;

/// The columns of a page if the output is not a terminal.
const COLUMNS_PIPED: usize = 72;
/// The columns of a page on a terminal of unknown width.
const COLUMNS_UNKNOWN: usize = 80;
/// The fewest columns that a page is wrapped at.
const COLUMNS_LEAST: usize = 24;

/// Whether standard output still has a reader.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reader {
    /// The reader takes more.
    Open,
    /// The reader closed the pipe, as `head` does when it has enough. This is not an error.
    Closed,
}

/// Whether standard output is a terminal.
pub fn is_terminal() -> bool {
    static IS_TERMINAL: LazyLock<bool> = LazyLock::new(|| io::stdout().is_terminal());
    *IS_TERMINAL
}

/// The characters that the terminal can show, by its environment variables.
pub fn charset() -> Charset {
    Environment::read().charset(When::Auto)
}

/// Prints text to standard output. Line feeds break lines; every other control character is shown
/// as a sign.
///
/// # Errors
/// If standard output cannot be written, except to a closed pipe.
pub fn print(text: &str) -> io::Result<Reader> {
    write_out(harmless(text.as_bytes(), charset()).as_bytes())
}

/// Prints pages to standard output.
///
/// # Errors
/// As [`print()`].
pub fn print_pages(pages: &[Page]) -> io::Result<Reader> {
    print(&pages_text(pages))
}

/// Pages as wide as the terminal, with an empty line between two of them.
pub fn pages_text(pages: &[Page]) -> String {
    let (columns, charset) = (columns(), charset());
    let rows = |page: &Page| -> String {
        let rows = page::rows(page, columns, charset).into_iter();
        rows.map(|row| row.text + "\n").collect()
    };
    pages.iter().map(rows).collect::<Vec<_>>().join("\n")
}

/// Prints octets that are meant for a file or another program: unchanged, unless standard output is
/// a terminal.
///
/// # Errors
/// As [`print()`].
pub fn print_octets(octets: &[u8]) -> io::Result<Reader> {
    if is_terminal() {
        write_out(harmless(octets, charset()).as_bytes())
    } else {
        write_out(octets)
    }
}

/// Prints a message to standard error, in one line after the name of the program.
///
/// # Errors
/// If standard error cannot be written.
pub fn print_error(message: &str) -> io::Result<()> {
    let message = without_os_code(message);
    let line = format!("ehlo: {}\n", visible(message.as_bytes(), charset()));
    io::stderr().write_all(line.as_bytes())
}

/// Prints text of several lines to standard error.
///
/// # Errors
/// If standard error cannot be written.
pub fn print_error_text(text: &str) -> io::Result<()> {
    let text = harmless(text.as_bytes(), charset());
    io::stderr().write_all(text.as_bytes())
}

/// Whether standard error is a terminal.
pub fn has_error_terminal() -> bool {
    io::stderr().is_terminal()
}

/// Writes a line over the one that is on standard error, and leaves the cursor at its end.
///
/// # Errors
/// If standard error cannot be written.
pub fn rewrite_error_line(line: &str) -> io::Result<()> {
    let shown = visible(line.as_bytes(), charset());
    io::stderr().write_all(format!("\r{shown}").as_bytes())
}

/// A text with each line made visible. The CR of a CR LF is part of the line break.
fn harmless(octets: &[u8], charset: Charset) -> String {
    let mut text = String::with_capacity(octets.len());
    for line in octets.split_inclusive(|&octet| octet == b'\n') {
        match line.strip_suffix(b"\n") {
            Some(line) => {
                let line = line.strip_suffix(b"\r").unwrap_or(line);
                text.push_str(&visible(line, charset));
                text.push('\n');
            }
            None => text.push_str(&visible(line, charset)),
        }
    }
    text
}

fn write_out(octets: &[u8]) -> io::Result<Reader> {
    let mut out = io::stdout().lock();
    match out.write_all(octets).and_then(|()| out.flush()) {
        Ok(()) => Ok(Reader::Open),
        Err(error) if error.kind() == ErrorKind::BrokenPipe => Ok(Reader::Closed),
        Err(error) => Err(error),
    }
}

/// The columns of the terminal, or those of a page if standard output is none.
pub fn columns() -> usize {
    if !is_terminal() {
        return COLUMNS_PIPED;
    }
    match crossterm::terminal::size() {
        Ok((columns, _)) if columns > 0 => usize::from(columns).max(COLUMNS_LEAST),
        _ => COLUMNS_UNKNOWN,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::smtp::escape::is_unsafe_char;

    #[test]
    fn keeps_line_breaks_and_shows_other_controls() {
        let table: &[(&[u8], &str)] = &[
            (b"", ""),
            (b"a\n\nb", "a\n\nb"),
            (b"a\r\nb\r\n", "a\nb\n"),
            (b"a\rb\x1b[2J\n", "a␍b␛[2J\n"),
            (b"\xff\n", "\\xFF\n"),
        ];
        for (octets, expected) in table {
            assert_eq!(harmless(octets, Charset::Utf8), *expected);
        }
    }

    proptest! {
        #[test]
        fn no_octet_commands_the_terminal(octets: Vec<u8>, ascii: bool) {
            let charset = if ascii { Charset::Ascii } else { Charset::Utf8 };
            let text = harmless(&octets, charset);
            for character in text.chars() {
                prop_assert!(character == '\n' || !character.is_control());
                prop_assert!(!is_unsafe_char(character));
            }
            prop_assert_eq!(harmless(text.as_bytes(), charset), text);
        }
    }
}
