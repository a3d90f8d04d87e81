//! Reply codes, and the enhanced status codes that may follow them.

use std::fmt;

/// A reply code of three digits, 000 to 999 (RFC 5321 section 4.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Code(u16);

/// The meaning of the first digit of a code (RFC 5321 section 4.2.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Class {
    /// 2yz: accepted.
    Success,
    /// 3yz: accepted so far, more input is needed.
    Intermediate,
    /// 4yz: refused for now.
    Transient,
    /// 5yz: refused for good.
    Permanent,
    /// Not defined in SMTP.
    Unknown,
}

impl Code {
    /// Creates a code from its number.
    pub const fn new(number: u16) -> Self {
        Self(number)
    }

    /// The code as a number.
    pub const fn number(self) -> u16 {
        self.0
    }

    /// The class of the code.
    pub const fn class(self) -> Class {
        match self.0 / 100 {
            2 => Class::Success,
            3 => Class::Intermediate,
            4 => Class::Transient,
            5 => Class::Permanent,
            _ => Class::Unknown,
        }
    }

    /// Whether the code means accepted, or accepted so far.
    pub const fn is_positive(self) -> bool {
        matches!(self.class(), Class::Success | Class::Intermediate)
    }

    /// Whether the code means refused, for now or for good.
    pub const fn is_negative(self) -> bool {
        matches!(self.class(), Class::Transient | Class::Permanent)
    }

    /// Parses the three digits at the start of a line.
    pub fn parse(bytes: &[u8]) -> Option<Self> {
        let digits: &[u8; 3] = bytes.first_chunk()?;
        let mut number = 0;
        for digit in digits {
            if !digit.is_ascii_digit() {
                return None;
            }
            number = number * 10 + u16::from(digit - b'0');
        }
        Some(Self(number))
    }
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:03}", self.0)
    }
}

/// An enhanced status code `class.subject.detail`, at the start of a reply's text (RFC 2034, RFC
/// 3463).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct EnhancedCode {
    /// 2, 4 or 5.
    pub class: u8,
    /// 0 to 999.
    pub subject: u16,
    /// 0 to 999.
    pub detail: u16,
}

impl EnhancedCode {
    /// Parses the code at the start of `text`; it ends at a space or at the end.
    pub fn parse(text: &[u8]) -> Option<Self> {
        // Most lines have none, and there may be very many.
        let [b'2' | b'4' | b'5', b'.', ..] = text else {
            return None;
        };
        let word = text.split(|&b| b == b' ').next()?;
        let mut parts = word.split(|&b| b == b'.');
        let (class, subject, detail) = (parts.next()?, parts.next()?, parts.next()?);
        if parts.next().is_some() {
            return None;
        }
        Some(Self {
            class: class[0] - b'0',
            subject: number(subject)?,
            detail: number(detail)?,
        })
    }
}

/// Parses one to three digits without a leading zero (RFC 3463 section 2).
fn number(digits: &[u8]) -> Option<u16> {
    let plain = matches!(digits, [b'0'] | [b'1'..=b'9', ..]) && digits.len() <= 3;
    plain
        .then(|| std::str::from_utf8(digits).ok()?.parse().ok())
        .flatten()
}

impl fmt::Display for EnhancedCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}.{}", self.class, self.subject, self.detail)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parses_enhanced_codes_strictly() {
        let table: &[(&str, Option<&str>)] = &[
            ("5.7.1 no", Some("5.7.1")),
            ("2.0.0", Some("2.0.0")),
            ("4.7.999 x", Some("4.7.999")),
            ("5.07.1 x", None),
            ("5.7.1000 x", None),
            ("5.7 x", None),
            ("5.7.1.2 x", None),
            ("3.0.0 x", None),
            ("5..1 x", None),
            ("5.7.1: x", None),
            ("", None),
        ];
        for (text, expected) in table {
            let parsed = EnhancedCode::parse(text.as_bytes()).map(|c| c.to_string());
            assert_eq!(parsed.as_deref(), *expected, "{text:?}");
        }
    }
}
