//! Deviations from the standard in a server's line, as a set.

use std::fmt;

use memchr::memchr2_iter;

use super::line::{Ending, Line};

/// A deviation from the standard in a server's line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u16)]
pub enum Oddity {
    /// It does not begin with a code of three digits.
    NoCode = 1 << 0,
    /// Its code is not in the range 2yz to 5yz.
    CodeOutOfRange = 1 << 1,
    /// Its code differs from that of the first line of the reply.
    CodeChanged = 1 << 2,
    /// The code is followed by something other than a space, a hyphen or the end of the line.
    OddSeparator = 1 << 3,
    /// It ends in LF without CR.
    BareLf = 1 << 4,
    /// It contains a CR that is not part of its ending.
    BareCr = 1 << 5,
    /// It contains a NUL.
    Nul = 1 << 6,
    /// It contains octets that are not UTF-8.
    InvalidUtf8 = 1 << 7,
    /// The class of its enhanced code differs from that of its code (RFC 2034 section 4).
    EnhancedMismatch = 1 << 8,
    /// The connection ended in the middle of it.
    Cut = 1 << 9,
    /// It is longer than the cap; this is only a piece of it.
    OverCap = 1 << 10,
    /// It answers no request.
    Unasked = 1 << 11,
    /// Its code is not valid for the command it answers.
    Unexpected = 1 << 12,
    /// Of a whole reply: the next one began before its last line.
    Unfinished = 1 << 13,
}

impl Oddity {
    /// All oddities.
    pub const ALL: [Self; 14] = [
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
        Self::Unfinished,
    ];

    /// A short description, for the end of a transcript line. Saved sessions contain it too.
    pub const fn as_str(self) -> &'static str {
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
            Self::OverCap => "line too long, continues below",
            Self::Unasked => "unsolicited",
            Self::Unexpected => "not an answer to this command",
            Self::Unfinished => "last line missing",
        }
    }

    /// The oddity with this description, or with one that earlier versions saved.
    pub fn from_description(words: &str) -> Option<Self> {
        match words {
            "line over the cap, goes on below" => Some(Self::OverCap),
            "unasked for" => Some(Self::Unasked),
            _ => Self::ALL
                .into_iter()
                .find(|oddity| oddity.as_str() == words),
        }
    }
}

/// A set of [`Oddity`].
#[derive(Clone, Copy, Default, PartialEq, Eq)]
pub struct Oddities(u16);

impl Oddities {
    /// The empty set.
    pub const NONE: Self = Self(0);

    /// The oddities in the octets of a line, regardless of its meaning.
    pub(super) fn of_octets(line: &Line) -> Self {
        let mut oddities = Self::NONE;
        match line.ending {
            Ending::CrLf => {}
            Ending::Lf => oddities.insert(Oddity::BareLf),
            Ending::Cap => oddities.insert(Oddity::OverCap),
            Ending::Cut => oddities.insert(Oddity::Cut),
        }
        let cut = line.ending == Ending::Cut;
        // A cut line may end in the CR of its ending, or in a part of a character.
        let text = match line.bytes.strip_suffix(b"\r") {
            Some(text) if cut => text,
            _ => line.bytes.as_slice(),
        };
        for at in memchr2_iter(b'\r', 0, text) {
            oddities.insert(match text[at] {
                0 => Oddity::Nul,
                _ => Oddity::BareCr,
            });
        }
        if std::str::from_utf8(text).is_err_and(|error| !cut || error.error_len().is_some()) {
            oddities.insert(Oddity::InvalidUtf8);
        }
        oddities
    }

    /// Adds an oddity.
    pub const fn insert(&mut self, oddity: Oddity) {
        self.0 |= oddity as u16;
    }

    /// Adds the oddities of another set.
    pub const fn extend(&mut self, other: Self) {
        self.0 |= other.0;
    }

    /// Whether the set contains `oddity`.
    pub const fn contains(self, oddity: Oddity) -> bool {
        self.0 & oddity as u16 != 0
    }

    /// Whether the set is empty.
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// Iterates over the oddities.
    pub fn iter(self) -> impl Iterator<Item = Oddity> {
        Oddity::ALL.into_iter().filter(move |&o| self.contains(o))
    }
}

impl fmt::Debug for Oddities {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.iter()).finish()
    }
}
