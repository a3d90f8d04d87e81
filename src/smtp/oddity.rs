//! What is not as the standard has it about a line of a server: a set, in words.

use std::fmt;

use super::line::{Ending, Line};

/// Something about a line that is not as the standard has it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u16)]
pub enum Oddity {
    /// It does not begin with three digits.
    NoCode = 1 << 0,
    /// Its code is none of 2yz to 5yz.
    CodeOutOfRange = 1 << 1,
    /// Its code is not that of the reply's first line.
    CodeChanged = 1 << 2,
    /// What follows the code is neither a space nor a hyphen nor the end.
    OddSeparator = 1 << 3,
    /// It ends in LF without CR.
    BareLf = 1 << 4,
    /// A CR stands in the middle of it.
    BareCr = 1 << 5,
    /// It holds a NUL.
    Nul = 1 << 6,
    /// It holds octets over 127 that are no UTF-8.
    InvalidUtf8 = 1 << 7,
    /// Its enhanced code is of another class than its code (RFC 2034 section 4).
    EnhancedMismatch = 1 << 8,
    /// The stream ended before the line did.
    Cut = 1 << 9,
    /// It is longer than the cap, this is a piece of it.
    OverCap = 1 << 10,
    /// Nothing had been asked.
    Unasked = 1 << 11,
    /// The code is none that the command it answers can have.
    Unexpected = 1 << 12,
}

impl Oddity {
    /// All there are.
    pub const ALL: [Self; 13] = [
        Self::NoCode,
        Self::CodeOutOfRange,
        Self::CodeChanged,
        Self::OddSeparator,
        Self::BareLf,
        Self::BareCr,
        Self::Nul,
        Self::InvalidUtf8,
        Self::EnhancedMismatch,
        Self::Cut,
        Self::OverCap,
        Self::Unasked,
        Self::Unexpected,
    ];

    /// The oddity in a few words, for the end of a transcript line.
    pub const fn words(self) -> &'static str {
        match self {
            Self::NoCode => "no reply code",
            Self::CodeOutOfRange => "code out of range",
            Self::CodeChanged => "code changes within the reply",
            Self::OddSeparator => "no space or hyphen after the code",
            Self::BareLf => "bare LF",
            Self::BareCr => "bare CR",
            Self::Nul => "NUL",
            Self::InvalidUtf8 => "not UTF-8",
            Self::EnhancedMismatch => "enhanced code of another class",
            Self::Cut => "cut: the connection ended here",
            Self::OverCap => "line over the cap, goes on below",
            Self::Unasked => "unasked for",
            Self::Unexpected => "not an answer to this command",
        }
    }
}

/// A set of [`Oddity`].
#[derive(Clone, Copy, Default, PartialEq, Eq)]
pub struct Oddities(u16);

impl Oddities {
    /// None at all.
    pub const NONE: Self = Self(0);

    /// What is odd about the octets of a line, whatever they say.
    pub(super) fn of_octets(line: &Line) -> Self {
        let mut oddities = Self::NONE;
        match line.ending {
            Ending::CrLf => {}
            Ending::Lf => oddities.insert(Oddity::BareLf),
            Ending::Cap => oddities.insert(Oddity::OverCap),
            Ending::Cut => oddities.insert(Oddity::Cut),
        }
        let cut = line.ending == Ending::Cut;
        // Where the stream was cut, the CR of an ending and a part of a character may come last.
        let text = match line.bytes.strip_suffix(b"\r") {
            Some(text) if cut => text,
            _ => line.bytes.as_slice(),
        };
        if text.contains(&b'\r') {
            oddities.insert(Oddity::BareCr);
        }
        if text.contains(&0) {
            oddities.insert(Oddity::Nul);
        }
        if std::str::from_utf8(text).is_err_and(|error| !cut || error.error_len().is_some()) {
            oddities.insert(Oddity::InvalidUtf8);
        }
        oddities
    }

    /// Adds one.
    pub const fn insert(&mut self, oddity: Oddity) {
        self.0 |= oddity as u16;
    }

    /// Adds those of another set.
    pub const fn extend(&mut self, other: Self) {
        self.0 |= other.0;
    }

    /// Whether `oddity` is among them.
    pub const fn contains(self, oddity: Oddity) -> bool {
        self.0 & oddity as u16 != 0
    }

    /// Whether there is none.
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// Each of them.
    pub fn iter(self) -> impl Iterator<Item = Oddity> {
        Oddity::ALL.into_iter().filter(move |&o| self.contains(o))
    }
}

impl fmt::Debug for Oddities {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.iter()).finish()
    }
}
