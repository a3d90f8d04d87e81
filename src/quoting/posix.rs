//! Arguments in bash, zsh and `sh`: bash(1) QUOTING and EXPANSION, zshmisc(1), zshexpn(1), POSIX.1
//! Shell Command Language s2.2 and s2.6.

use zeroize::Zeroizing;

use super::arrival::Arrival;
use super::error::QuotingError;
use super::place::Place;
use super::trace::Trace;
use super::written::{is_showable, push_escaped, push_single_quoted};

const VARIABLE: &str = "$ begins a variable, which is empty if it is not set";
const COMMAND: &str = "` or $( begins a command, whose output arrives instead";
const BACKSLASH: &str = "\\ is removed and protects the character after it";
const QUOTE: &str = "a quote is removed: it begins or ends a quoted part";
const OPEN_QUOTE: &str = "a quote is not closed: the shell waits for the other one";
const SPECIAL: &str = "$ begins a variable of the shell itself, such as its process id";

/// Which shell reads.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Shell {
    Bash,
    Zsh,
    /// POSIX.
    Sh,
}

/// What the shell passes as the argument that is written so, in a script.
pub(super) fn argument(shell: Shell, before: &[u8], value: &[u8], after: &[u8]) -> Arrival {
    let trace = Trace::new(before, value, after);
    let text = trace.text();
    let reader = Reader {
        shell,
        text: &text,
        at: 0,
        trace,
        begun: false,
        braces: 0,
    };
    reader.word()
}

struct Reader<'a> {
    shell: Shell,
    text: &'a [u8],
    at: usize,
    trace: Trace,
    /// Whether the word has begun: a quote begins one too.
    begun: bool,
    /// How many braces are open, without quotes.
    braces: usize,
}

impl Reader<'_> {
    fn peek(&self, ahead: usize) -> Option<u8> {
        self.text.get(self.at + ahead).copied()
    }

    /// Reads one word without quotes, and what is quoted in it.
    fn word(mut self) -> Arrival {
        while let Some(octet) = self.peek(0) {
            let refused = match octet {
                b' ' | b'\t' if !self.begun => {
                    self.trace
                        .because("a blank before the word is no part of it");
                    self.at += 1;
                    continue;
                }
                b' ' | b'\t' => {
                    self.trace
                        .because("a blank ends the word: the rest is another argument");
                    return self.end();
                }
                b'\n' | b';' | b'&' | b'|' => {
                    self.trace.because("; & | or a line break ends the command");
                    return self.end();
                }
                b'<' | b'>' => {
                    self.redirection();
                    return self.end();
                }
                b'(' | b')' => Some("( and ) are a syntax error without quotes"),
                b'#' if !self.begun => {
                    self.trace.because("# begins a comment");
                    return self.end();
                }
                b'\'' => self.single(),
                b'"' => self.double(),
                b'\\' => {
                    self.escape();
                    None
                }
                b'`' => self.backticks(),
                b'$' => self.dollar(false),
                _ => self.plain(octet),
            };
            if let Some(reason) = refused {
                return self.trace.refuse(reason);
            }
            self.begun = true;
        }
        self.end()
    }

    fn end(self) -> Arrival {
        self.trace.finish()
    }

    fn keep(&mut self) {
        self.trace.keep(self.at);
        self.at += 1;
    }

    /// A character that a shell takes as it is, in most places.
    fn plain(&mut self, octet: u8) -> Option<&'static str> {
        let first = !self.begun;
        match octet {
            b'~' if first
                && self
                    .peek(1)
                    .is_none_or(|next| !next.is_ascii_alphanumeric()) =>
            {
                self.trace.unknown("~ at the beginning is a home folder");
            }
            b'[' if self.shell == Shell::Zsh && !self.text[self.at..].contains(&b']') => {
                self.trace
                    .unknown("[ without ] asks for files, or is an error");
            }
            b'*' | b'?' | b'[' if self.shell == Shell::Zsh => {
                return Some("* ? [ ask for files: without one that matches, zsh stops");
            }
            b'*' | b'?' | b'[' => self.trace.because("* ? [ stay, unless a file matches"),
            b'=' if first && self.shell == Shell::Zsh && self.peek(1).is_some() => {
                self.trace
                    .unknown("= at the beginning asks zsh for the path of a command");
            }
            b'{' if self.shell != Shell::Sh => self.braces += 1,
            b',' | b'.'
                if self.braces > 0
                    && (octet == b',' || self.peek(1) == Some(b'.'))
                    && self.text[self.at..].contains(&b'}') =>
            {
                self.trace.unknown(BRACES);
            }
            b'}' if self.shell == Shell::Zsh && first && self.text.get(self.at + 1).is_none() => {
                return Some("} alone is a syntax error");
            }
            b'!' => self.trace.because(HISTORY),
            _ => {}
        }
        self.keep();
        None
    }

    fn redirection(&mut self) {
        let word = &self.text[..self.at];
        if !self.begun || word.iter().all(u8::is_ascii_digit) || self.peek(1) == Some(b'(') {
            self.trace
                .unknown("< and > redirect input or output, or run a command");
        } else {
            self.trace.because("< and > redirect: they end the word");
        }
    }

    fn single(&mut self) -> Option<&'static str> {
        self.trace.because_at(self.at, QUOTE);
        self.at += 1;
        loop {
            match self.peek(0) {
                None => return Some(OPEN_QUOTE),
                Some(b'\'') => break,
                Some(_) => self.keep(),
            }
        }
        self.at += 1;
        None
    }

    fn double(&mut self) -> Option<&'static str> {
        self.trace.because_at(self.at, QUOTE);
        self.at += 1;
        while let Some(octet) = self.peek(0) {
            let refused = match octet {
                b'"' => {
                    self.at += 1;
                    return None;
                }
                b'\\' => {
                    match self.peek(1) {
                        Some(b'\n') => {
                            self.trace.because("\\ before a line break removes both");
                            self.at += 2;
                        }
                        Some(b'$' | b'`' | b'"' | b'\\') => {
                            self.trace.because(BACKSLASH);
                            self.at += 1;
                            self.keep();
                        }
                        _ => self.keep(),
                    }
                    None
                }
                b'`' => self.backticks(),
                b'$' => self.dollar(true),
                _ => {
                    if octet == b'!' {
                        self.trace.because(HISTORY);
                    }
                    self.keep();
                    None
                }
            };
            if refused.is_some() {
                return refused;
            }
        }
        Some(OPEN_QUOTE)
    }

    fn escape(&mut self) {
        match self.peek(1) {
            None => {
                self.trace.because("\\ at the end joins the next line");
                self.at += 1;
            }
            Some(b'\n') => {
                self.trace.because("\\ before a line break removes both");
                self.at += 2;
            }
            Some(_) => {
                self.trace.because(BACKSLASH);
                self.at += 1;
                self.keep();
            }
        }
    }

    fn backticks(&mut self) -> Option<&'static str> {
        let mut end = self.at + 1;
        while let Some(octet) = self.text.get(end) {
            match octet {
                b'\\' => end += 2,
                b'`' => {
                    self.trace.because(COMMAND);
                    self.command(self.at + 1, end);
                    self.at = end + 1;
                    return None;
                }
                _ => end += 1,
            }
        }
        Some("a ` is not closed: the shell waits for the other one")
    }

    /// A command that is most likely not found has no output; one with more in it may.
    fn command(&mut self, start: usize, end: usize) {
        let is_name = |octet: &u8| octet.is_ascii_alphanumeric() || *octet >= 0x80;
        if !self.text[start..end].iter().all(is_name) {
            self.trace.unknown(COMMAND);
        }
    }

    /// What begins with a dollar sign, in double quotes or without.
    fn dollar(&mut self, quoted: bool) -> Option<&'static str> {
        // zsh takes letters outside ASCII into a name.
        let zsh = self.shell == Shell::Zsh;
        let name =
            |octet: u8| octet.is_ascii_alphanumeric() || octet == b'_' || zsh && octet >= 0x80;
        match self.peek(1) {
            Some(first) if first.is_ascii_digit() => {
                if first == b'0' {
                    self.trace.unknown(SPECIAL);
                }
                self.trace
                    .because("$ before a digit is an argument of the script, often empty");
                self.at += 2;
                // zsh reads a number, the others a digit.
                while self.shell == Shell::Zsh
                    && self.peek(0).is_some_and(|next| next.is_ascii_digit())
                {
                    self.at += 1;
                }
            }
            Some(first) if name(first) => {
                self.trace.because(VARIABLE);
                let start = self.at + 1;
                let rest = self.text[start..].iter();
                let length = rest.take_while(|octet| name(**octet)).count();
                let name = &self.text[start..start + length];
                if name == b"_" || !name.is_ascii() {
                    self.trace.unknown(SPECIAL);
                }
                self.at = start + length;
            }
            Some(b'@' | b'*') => {
                self.trace
                    .because("$@ and $* are the arguments of the script, often none");
                self.at += 2;
            }
            Some(b'!') if self.shell == Shell::Bash => {
                self.trace.because(HISTORY);
                self.trace
                    .because("$! is the last job in the background, often none");
                self.at += 2;
            }
            Some(b'$' | b'-' | b'?' | b'#' | b'!') => {
                self.trace.unknown(SPECIAL);
                self.at += 2;
            }
            Some(b'+' | b'=' | b'^' | b'~' | b':') if self.shell == Shell::Zsh => {
                self.trace.unknown(SPECIAL);
                self.at += 2;
            }
            Some(b'{') => return self.braced(),
            Some(b'(') => {
                let Some(end) = self.closing(b'(', b')') else {
                    return Some("$( is not closed: the shell waits for the rest");
                };
                self.trace.because(COMMAND);
                self.command(self.at + 2, end);
                self.at = end + 1;
            }
            Some(b'[') if self.shell != Shell::Sh => {
                self.trace.unknown("$[ begins a calculation");
                self.keep();
            }
            Some(b'\'') if !quoted && self.shell != Shell::Sh => {
                self.trace.unknown("$' begins a string with escapes");
                self.keep();
            }
            Some(b'"') if !quoted && self.shell == Shell::Bash => {
                self.trace.because("$ before a quote is removed");
                self.at += 1;
            }
            _ => self.keep(),
        }
        if self.shell == Shell::Zsh && matches!(self.peek(0), Some(b'[' | b':')) {
            self.trace.unknown("[ or : after a variable changes it");
        }
        None
    }

    fn braced(&mut self) -> Option<&'static str> {
        let Some(end) = self.closing(b'{', b'}') else {
            return Some("${ is not closed: the shell waits for the rest");
        };
        let inside = &self.text[self.at + 2..end];
        let is_name = |octet: &u8| octet.is_ascii_alphanumeric() || *octet == b'_';
        if inside.first().is_none_or(u8::is_ascii_digit) || !inside.iter().all(is_name) {
            self.trace.unknown("${ begins an expression");
        }
        self.trace.because(VARIABLE);
        self.at = end + 1;
        None
    }

    /// The end of what begins after the dollar sign.
    fn closing(&self, open: u8, close: u8) -> Option<usize> {
        let mut depth = 0;
        for (at, octet) in self.text.iter().enumerate().skip(self.at + 1) {
            if *octet == open {
                depth += 1;
            } else if *octet == close {
                depth -= 1;
                if depth == 0 {
                    return Some(at);
                }
            }
        }
        None
    }
}

const BRACES: &str = "{ } with a comma or .. makes several words";
const HISTORY: &str =
    "at a prompt, ! begins an earlier command: the shell inserts it or stops; in a script it stays";

/// The word in single quotes; with control characters, in `$'...'` with escapes.
pub(super) fn literal(place: Place, value: &[u8]) -> Result<Zeroizing<Vec<u8>>, QuotingError> {
    let mut word = Zeroizing::new(Vec::with_capacity(4 * value.len() + 4));
    if is_showable(value) {
        word.push(b'\'');
        push_single_quoted(value, &mut word);
        word.push(b'\'');
        return Ok(word);
    }
    if value.contains(&0) {
        let what = "NUL: no argument can contain it";
        return Err(QuotingError::CannotHold { place, what });
    }
    word.extend_from_slice(b"$'");
    push_escaped(value, b"'\\", &mut word);
    word.push(b'\'');
    Ok(word)
}
