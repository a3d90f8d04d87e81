//! Octets as a person can type and read them: `\0 \r \n \t \\ \xHH` for those that are no text.

use std::fmt::Write as _;

/// Why a text with escapes stands for no octets. Positions count characters from 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum EscapeError {
    /// A backslash before something that is no escape.
    #[error("character {0}: unknown escape; \\0 \\r \\n \\t \\\\ \\xHH are known")]
    Unknown(usize),
    /// `\x` without two hexadecimal digits behind it.
    #[error("character {0}: \\x wants two hexadecimal digits, as in \\x1B")]
    Digits(usize),
    /// The text ends with a backslash.
    #[error("character {0}: a backslash at the end; \\\\ stands for one")]
    Open(usize),
}

/// A text with escapes into octets; all else as its UTF-8.
///
/// # Errors
/// [`EscapeError`] names the place of the first escape that is none.
pub fn parse(text: &str) -> Result<Vec<u8>, EscapeError> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut characters = text.chars().enumerate();
    while let Some((at, character)) = characters.next() {
        if character != '\\' {
            bytes.extend_from_slice(character.encode_utf8(&mut [0; 4]).as_bytes());
            continue;
        }
        let place = at + 1;
        bytes.push(match characters.next().map(|(_, escape)| escape) {
            Some('0') => 0,
            Some('r') => b'\r',
            Some('n') => b'\n',
            Some('t') => b'\t',
            Some('\\') => b'\\',
            Some('x' | 'X') => {
                let mut digit = || characters.next().and_then(|(_, digit)| digit.to_digit(16));
                let (Some(high), Some(low)) = (digit(), digit()) else {
                    return Err(EscapeError::Digits(place));
                };
                u8::try_from(high * 16 + low).map_err(|_| EscapeError::Digits(place))?
            }
            Some(_) => return Err(EscapeError::Unknown(place)),
            None => return Err(EscapeError::Open(place)),
        });
    }
    Ok(bytes)
}

/// Octets as text with escapes, which [`parse`] reads back: UTF-8 stays as it is, but for control
/// characters and backslashes.
pub fn print(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len());
    for chunk in bytes.utf8_chunks() {
        for character in chunk.valid().chars() {
            match character {
                '\0' => text.push_str("\\0"),
                '\r' => text.push_str("\\r"),
                '\n' => text.push_str("\\n"),
                '\t' => text.push_str("\\t"),
                '\\' => text.push_str("\\\\"),
                control if control.is_control() => {
                    for &byte in control.encode_utf8(&mut [0; 4]).as_bytes() {
                        push_hex(&mut text, byte);
                    }
                }
                plain => text.push(plain),
            }
        }
        for &byte in chunk.invalid() {
            push_hex(&mut text, byte);
        }
    }
    text
}

fn push_hex(text: &mut String, byte: u8) {
    // Writing into a string cannot fail.
    let _ = write!(text, "\\x{byte:02X}");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escapes_are_read_and_written() {
        let table: &[(&str, &[u8])] = &[
            ("", b""),
            ("\\0alice\\0pass", b"\0alice\0pass"),
            ("a\\r\\n\\t\\\\", b"a\r\n\t\\"),
            ("\\x1B\\xFF", b"\x1b\xff"),
            ("\\01", b"\x001"),
            ("grüße", "grüße".as_bytes()),
            ("\\xC2\\x85", b"\xc2\x85"),
        ];
        for (text, bytes) in table {
            assert_eq!(parse(text).as_deref(), Ok(*bytes), "{text:?}");
            assert_eq!(print(bytes), *text, "{bytes:?}");
        }
    }

    #[test]
    fn what_is_no_escape_is_named_by_its_place() {
        let table = [
            ("é\\q", EscapeError::Unknown(2)),
            ("ab\\", EscapeError::Open(3)),
            ("\\x1", EscapeError::Digits(1)),
            ("\\xg0", EscapeError::Digits(1)),
        ];
        for (text, error) in table {
            assert_eq!(parse(text), Err(error), "{text:?}");
        }
    }
}
