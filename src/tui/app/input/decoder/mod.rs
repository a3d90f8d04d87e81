//! Turns the octets of a terminal into events. A sequence is read to its end whether it is known or
//! not, so that nothing of it is typed; answers of the terminal that come late are dropped whole.
//!
//! The decoder does no I/O and knows no clock: [`Decoder::patience`] says how long to wait for more,
//! and [`Decoder::expire`] that nothing came.

use std::time::Duration;

use crossterm::event::{Event, KeyCode, KeyEvent};

use crate::tui::app::input::encoding::{Encoding, text_of};
use crate::tui::app::input::keys;

/// How long after an ESC the rest of a sequence may come. Without more, it was the key.
const ESCAPE_TIMEOUT: Duration = Duration::from_millis(50);
/// How long a sequence may pause. Then the rest is not awaited: the next key must not be part of it.
const SEQUENCE_TIMEOUT: Duration = Duration::from_secs(1);
/// After such a pause in a paste, ^C or Esc ends the paste if its end never comes.
const PASTE_TIMEOUT: Duration = Duration::from_secs(2);
/// The longest parameters of a sequence. A longer one is read to its end and dropped.
const PARAMETERS_CAP: usize = 64;
/// The most octets of a paste that are kept: more than anything takes, so that it is refused.
pub(in crate::tui::app::input) const PASTE_CAP: usize = 2 * 1024 * 1024;
/// The octets that may come before the excess of a paste is dropped.
const PASTE_SLACK: usize = 64 * 1024;
/// The parameters of the answer (DECRPM) that mode 1036, metaSendsEscape, is known and off.
const ALT_TYPES_LETTERS: &[u8] = b"?1036;2$";
/// What ends a bracketed paste.
const PASTE_END: &[u8] = b"\x1b[201~";

/// What the terminal sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Input {
    /// An event.
    Event(Event),
    /// An octet that is no character in the encoding of the terminal.
    Unreadable(u8),
    /// The terminal says that Alt with a letter types another letter.
    AltTypesLetters,
}

/// Reads sequences.
#[derive(Debug)]
pub(super) struct Decoder {
    encoding: Encoding,
    state: State,
    /// The parameters of a sequence, or the octets of a character.
    partial: Vec<u8>,
    /// Whether an ESC came before the sequence or the character.
    alt: bool,
    /// Whether the last octet was the CR of an Enter.
    after_cr: bool,
}

#[derive(Debug)]
enum State {
    /// Between keys.
    Ground,
    /// In a character of several octets.
    Character,
    /// After ESC; with `alt` after two.
    Escape,
    /// After `ESC [`.
    Csi,
    /// After `ESC O`.
    Ss3,
    /// After `CSI M`: three octets are to come.
    Mouse,
    /// In a string, begun by `ESC` and this letter.
    Text {
        /// What came after the ESC.
        opened: u8,
        /// Whether anything came after that.
        begun: bool,
        /// Whether the last octet was an ESC, which begins the end.
        escape: bool,
    },
    /// In a paste.
    Paste {
        /// Whether it has paused.
        stalled: bool,
    },
}

impl Decoder {
    pub(in crate::tui::app::input) fn new(encoding: Encoding) -> Self {
        Self {
            encoding,
            state: State::Ground,
            partial: Vec::new(),
            alt: false,
            after_cr: false,
        }
    }

    /// Whether it is between keys.
    pub(in crate::tui::app::input) fn is_idle(&self) -> bool {
        matches!(self.state, State::Ground)
    }

    /// How long to wait for more octets before [`expire`](Self::expire); none if the octets so far
    /// are complete.
    pub(in crate::tui::app::input) fn patience(&self) -> Option<Duration> {
        match self.state {
            State::Ground | State::Paste { stalled: true } => None,
            State::Escape | State::Text { begun: false, .. } => Some(ESCAPE_TIMEOUT),
            State::Csi | State::Ss3 if self.partial.is_empty() => Some(ESCAPE_TIMEOUT),
            State::Character if self.encoding != Encoding::Utf8 => Some(ESCAPE_TIMEOUT),
            State::Character | State::Csi | State::Ss3 | State::Mouse | State::Text { .. } => {
                Some(SEQUENCE_TIMEOUT)
            }
            State::Paste { stalled: false } => Some(PASTE_TIMEOUT),
        }
    }

    /// No octet came in time.
    pub(in crate::tui::app::input) fn expire(&mut self) -> Vec<Input> {
        let mut found = Vec::new();
        let empty = self.partial.is_empty();
        match std::mem::replace(&mut self.state, State::Ground) {
            State::Escape => {
                self.escape_before(&mut found);
                found.push(key(KeyCode::Esc.into()));
            }
            State::Csi if empty => self.alt_key(b'[', &mut found),
            State::Ss3 if empty => self.alt_key(b'O', &mut found),
            State::Text {
                opened,
                begun: false,
                ..
            } => self.alt_key(opened, &mut found),
            State::Character => self.give_up_character(&mut found),
            State::Paste { .. } => {
                self.state = State::Paste { stalled: true };
                return found;
            }
            State::Ground | State::Csi | State::Ss3 | State::Mouse | State::Text { .. } => {}
        }
        self.reset();
        found
    }

    /// Reads octets.
    pub(in crate::tui::app::input) fn feed(&mut self, octets: &[u8]) -> Vec<Input> {
        let mut found = Vec::new();
        if matches!(
            (&self.state, octets),
            (State::Paste { stalled: true }, [0x03 | 0x1b])
        ) {
            self.reset();
            return found;
        }
        for &octet in octets {
            let is_key = matches!(self.state, State::Ground);
            let after_cr = std::mem::replace(&mut self.after_cr, octet == b'\r' && is_key);
            // CR LF is one Enter.
            if !(octet == b'\n' && after_cr) {
                self.step(octet, &mut found);
            }
        }
        found
    }

    fn step(&mut self, octet: u8, found: &mut Vec<Input>) {
        match &mut self.state {
            State::Ground => self.begin(octet, found),
            State::Character => self.add_to_character(octet, found),
            State::Escape => self.after_escape(octet, found),
            State::Csi | State::Ss3 => self.add_to_sequence(octet, found),
            State::Mouse => {
                self.partial.push(octet);
                if let Ok(report) = <[u8; 3]>::try_from(&self.partial[..]) {
                    found.extend(keys::of_mouse(report).map(Input::Event));
                    self.reset();
                }
            }
            State::Text {
                opened,
                begun,
                escape,
            } => {
                let ends = octet == b'\\' && *escape;
                let bell = octet == 0x07 && *opened == b']';
                if ends || bell {
                    self.reset();
                } else if *escape {
                    // It was cut off; another sequence begins.
                    self.reset();
                    self.state = State::Escape;
                    self.step(octet, found);
                } else if octet < 0x20 && octet != 0x1b && octet != 0x07 {
                    // No string contains this: it is a key.
                    self.reset();
                    self.begin(octet, found);
                } else {
                    *begun = true;
                    *escape = octet == 0x1b;
                }
            }
            State::Paste { stalled } => {
                *stalled = false;
                self.add_to_paste(octet, found);
            }
        }
    }

    fn reset(&mut self) {
        self.state = State::Ground;
        self.partial.clear();
        self.alt = false;
    }

    /// The first octet of a key.
    fn begin(&mut self, octet: u8, found: &mut Vec<Input>) {
        match octet {
            0x1b => self.state = State::Escape,
            ..0x80 => {
                let plain = keys::ascii(octet);
                found.push(key(if self.alt {
                    keys::with_alt(plain)
                } else {
                    plain
                }));
                self.reset();
            }
            _ => {
                self.state = State::Character;
                self.add_to_character(octet, found);
            }
        }
    }

    fn add_to_character(&mut self, octet: u8, found: &mut Vec<Input>) {
        self.partial.push(octet);
        match std::str::from_utf8(&self.partial) {
            Ok(text) => {
                let plain = text.chars().next().map(keys::character);
                let alt = self.alt;
                found.extend(
                    plain.map(|plain| key(if alt { keys::with_alt(plain) } else { plain })),
                );
                self.reset();
            }
            // More octets may complete it.
            Err(error) if error.error_len().is_none() => {}
            Err(_) => {
                // The octet that does not continue the character may begin another.
                let next = (self.partial.len() > 1)
                    .then(|| self.partial.pop())
                    .flatten();
                self.give_up_character(found);
                self.reset();
                if let Some(next) = next {
                    self.begin(next, found);
                }
            }
        }
    }

    /// The octets are not UTF-8.
    fn give_up_character(&mut self, found: &mut Vec<Input>) {
        for &octet in &self.partial {
            found.push(match self.encoding.character(octet) {
                Some(letter) if self.alt => key(keys::with_alt(keys::character(letter))),
                Some(letter) => key(keys::character(letter)),
                None => Input::Unreadable(octet),
            });
        }
    }

    fn after_escape(&mut self, octet: u8, found: &mut Vec<Input>) {
        match octet {
            // urxvt sends Alt with an arrow as ESC and the arrow; so does tmux.
            0x1b if !self.alt => self.alt = true,
            0x1b => found.push(key(KeyCode::Esc.into())),
            b'[' => self.state = State::Csi,
            b'O' => self.state = State::Ss3,
            b']' | b'P' | b'X' | b'^' | b'_' => {
                self.state = State::Text {
                    opened: octet,
                    begun: false,
                    escape: false,
                };
            }
            _ => {
                self.escape_before(found);
                self.alt = true;
                self.begin(octet, found);
            }
        }
    }

    /// The key Esc, if one came before an ESC that turned out to begin nothing.
    fn escape_before(&self, found: &mut Vec<Input>) {
        found.extend(self.alt.then(|| key(KeyCode::Esc.into())));
    }

    fn alt_key(&self, octet: u8, found: &mut Vec<Input>) {
        self.escape_before(found);
        found.push(key(keys::with_alt(keys::ascii(octet))));
    }

    fn add_to_sequence(&mut self, octet: u8, found: &mut Vec<Input>) {
        let csi = matches!(self.state, State::Csi);
        let digits = !self.partial.is_empty() && self.partial.iter().all(u8::is_ascii_digit);
        match octet {
            // With Shift urxvt ends its sequences with what may not end one.
            b'$' if csi && digits => self.end_sequence(octet, found),
            // F1 to F5 of the Linux console: ESC [ [ A.
            b'[' if csi && self.partial.is_empty() => self.partial.push(octet),
            b'M' if csi && self.partial.is_empty() => self.state = State::Mouse,
            b'~' if csi && self.partial == b"200" => {
                self.partial.clear();
                self.state = State::Paste { stalled: false };
            }
            b' ' if !csi => self.end_sequence(octet, found),
            0x20..=0x3f => {
                if self.partial.len() <= PARAMETERS_CAP {
                    self.partial.push(octet);
                }
            }
            0x40..=0x7e => self.end_sequence(octet, found),
            // It was cut off; this is another key.
            _ => {
                self.reset();
                self.begin(octet, found);
            }
        }
    }

    fn end_sequence(&mut self, last: u8, found: &mut Vec<Input>) {
        if last == b'y' && self.partial == ALT_TYPES_LETTERS {
            found.push(Input::AltTypesLetters);
        } else if self.partial.len() <= PARAMETERS_CAP {
            let event = match self.state {
                State::Ss3 => keys::of_ss3(&self.partial, last).map(Event::Key),
                _ => keys::of_csi(&self.partial, last),
            };
            found.extend(event.map(|event| match event {
                Event::Key(plain) if self.alt => key(keys::with_alt(plain)),
                event => Input::Event(event),
            }));
        }
        self.reset();
    }

    fn add_to_paste(&mut self, octet: u8, found: &mut Vec<Input>) {
        self.partial.push(octet);
        if octet == b'~' && self.partial.ends_with(PASTE_END) {
            self.partial.truncate(self.partial.len() - PASTE_END.len());
            let text = text_of(&self.partial, self.encoding);
            self.partial = Vec::new();
            self.reset();
            found.push(Input::Event(Event::Paste(text)));
        } else if self.partial.len() > PASTE_CAP + PASTE_SLACK {
            let kept = self.partial.len() - PASTE_END.len();
            self.partial.drain(PASTE_CAP..kept);
        }
    }
}

fn key(key: KeyEvent) -> Input {
    Input::Event(Event::Key(key))
}

#[cfg(test)]
mod tests;
