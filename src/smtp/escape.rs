//! Backslash escapes (`\r \n \t \0 \xHH \\`) to write any octets as one line of text. [`escape`] is
//! the inverse of [`unescape`], and its output is safe to print on a terminal.

use unicode_normalization::char::is_combining_mark;

/// How many combining marks one character may have. More of them cover other lines in a terminal, a
/// browser or an editor, or take very long to draw.
const MARKS_CAP: usize = 8;

/// An invalid escape. Positions are in characters, from 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum EscapeError {
    /// A backslash before a character that has no meaning after one.
    #[error("invalid escape \\{letter} at character {at}: use \\r \\n \\t \\0 \\xHH \\\\")]
    Unknown {
        /// The position of the backslash.
        at: usize,
        /// The character after it.
        letter: char,
    },
    /// A single backslash at the end.
    #[error("incomplete escape at character {0}: use \\\\ for a backslash")]
    Unfinished(usize),
    /// `\x` without two hexadecimal digits.
    #[error("invalid escape \\x at character {0}: use two hexadecimal digits, as in \\x0D")]
    NotHex(usize),
}

/// Converts text with escapes to octets.
///
/// # Errors
/// The first invalid escape, with its position.
pub fn unescape(text: &str) -> Result<Vec<u8>, EscapeError> {
    let mut octets = Vec::with_capacity(text.len());
    let mut characters = text.chars().zip(1..);
    while let Some((character, at)) = characters.next() {
        if character != '\\' {
            octets.extend_from_slice(character.encode_utf8(&mut [0; 4]).as_bytes());
            continue;
        }
        let (letter, _) = characters.next().ok_or(EscapeError::Unfinished(at))?;
        octets.push(match letter {
            'r' => b'\r',
            'n' => b'\n',
            't' => b'\t',
            '0' => 0,
            '\\' => b'\\',
            'x' => {
                let mut digit = || characters.next().and_then(|(digit, _)| digit.to_digit(16));
                let pair = digit().zip(digit());
                let (high, low) = pair.ok_or(EscapeError::NotHex(at))?;
                u8::try_from(high * 16 + low).map_err(|_| EscapeError::NotHex(at))?
            }
            letter => return Err(EscapeError::Unknown { at, letter }),
        });
    }
    Ok(octets)
}

/// Converts octets to text. Escapes control characters, characters that hide or reorder text,
/// excess combining marks, and octets that are not UTF-8.
pub fn escape(octets: &[u8]) -> String {
    if let Some(text) = plain(octets) {
        return text.to_owned();
    }
    let mut text = String::with_capacity(octets.len());
    let mut marks = MarkCounter::default();
    for chunk in octets.utf8_chunks() {
        for character in chunk.valid().chars() {
            let excess = marks.is_excess(character);
            match character {
                '\r' => text.push_str("\\r"),
                '\n' => text.push_str("\\n"),
                '\t' => text.push_str("\\t"),
                '\0' => text.push_str("\\0"),
                '\\' => text.push_str("\\\\"),
                unsafe_char
                    if unsafe_char.is_control() || is_unsafe_char(unsafe_char) || excess =>
                {
                    let mut buffer = [0; 4];
                    for octet in unsafe_char.encode_utf8(&mut buffer).bytes() {
                        text.push_str(&format!("\\x{octet:02X}"));
                    }
                }
                other => text.push(other),
            }
        }
        for octet in chunk.invalid() {
            text.push_str(&format!("\\x{octet:02X}"));
        }
    }
    text
}

/// The octets as text if all of them are printable ASCII without a backslash, as in most lines.
fn plain(octets: &[u8]) -> Option<&str> {
    let is_plain = |octet: &u8| matches!(octet, b' '..=b'~') && *octet != b'\\';
    let all = octets.iter().all(is_plain);
    all.then(|| std::str::from_utf8(octets).ok()).flatten()
}

/// The index of the character in `text` that the octet with index `octet` comes from. If there are
/// fewer octets, the number of characters.
pub fn char_index_of(text: &str, octet: usize) -> usize {
    let mut octets = 0;
    let mut characters = text.chars().zip(0..);
    while let Some((character, at)) = characters.next() {
        octets += if character == '\\' {
            if let Some(('x', _)) = characters.next() {
                characters.nth(1);
            }
            1
        } else {
            character.len_utf8()
        };
        if octets > octet {
            return at;
        }
    }
    text.chars().count()
}

/// Counts combining marks in a row, character by character.
#[derive(Debug, Default)]
pub struct MarkCounter(usize);

impl MarkCounter {
    /// Whether the next character of the text is a combining mark above the cap.
    pub fn is_excess(&mut self, character: char) -> bool {
        self.0 = if is_mark(character) { self.0 + 1 } else { 0 };
        self.0 > MARKS_CAP
    }
}

/// Whether a character is drawn onto the one before it.
fn is_mark(character: char) -> bool {
    is_combining_mark(character)
        || matches!(character,
            '\u{1160}'..='\u{11ff}' | '\u{d7b0}'..='\u{d7ff}' // vowels and finals of Hangul
            | '\u{1f3fb}'..='\u{1f3ff}') // skin tones
}

/// Whether a character is unsafe to display: it controls a terminal, reorders or hides text, or has
/// no width.
pub fn is_unsafe_char(character: char) -> bool {
    matches!(u32::from(character),
        0x80..=0x9f                     // C1 controls
        | 0xad                          // soft hyphen
        | 0x061c                        // Arabic letter mark
        | 0x115f | 0x1160 | 0x3164 | 0xffa0 // Hangul fillers
        | 0x180b..=0x180f               // Mongolian selectors
        | 0x200b..=0x200f               // zero width, directional marks
        | 0x2028..=0x202e               // separators, embeddings, overrides
        | 0x2060..=0x206f               // joiners, isolates, deprecated controls
        | 0xfe00..=0xfe0f               // variation selectors
        | 0xfeff                        // byte order mark
        | 0xfff0..=0xfffb               // specials, interlinear annotation
        | 0x1f1e6..=0x1f1ff             // regional indicators: most terminals draw pairs wider
        | 0x1f3fb..=0x1f3ff             // skin tones: drawn as a part of what is before them
        | 0xe0000..=0xe0fff)            // tags, more variation selectors
        || is_noncharacter(u32::from(character))
}

fn is_noncharacter(code: u32) -> bool {
    code & 0xfffe == 0xfffe || matches!(code, 0xfdd0..=0xfdef | 0xe000..=0xf8ff | 0xf0000..)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn round_trips_escapes() {
        let table: &[(&str, &[u8])] = &[
            ("", b""),
            ("NOOP\\r\\n", b"NOOP\r\n"),
            ("a\\tb\\0\\\\", b"a\tb\0\\"),
            ("\\xff\\xFE\\x0d", b"\xff\xfe\r"),
            ("ü\\x1b", "ü\x1b".as_bytes()),
            ("\\\\r", b"\\r"),
            ("\\xC2\\x9B", "\u{9b}".as_bytes()),
            ("a\\xE2\\x80\\xAEb", "a\u{202e}b".as_bytes()),
        ];
        for (text, octets) in table {
            assert_eq!(unescape(text).as_deref(), Ok(*octets), "{text}");
            assert_eq!(unescape(&escape(octets)).as_deref(), Ok(*octets), "{text}");
        }
        assert_eq!(escape("a\u{202e}b".as_bytes()), "a\\xE2\\x80\\xAEb");
        assert_eq!(escape(b"a\r\n\0\x7f\xff\xc3"), "a\\r\\n\\0\\x7F\\xFF\\xC3");
    }

    #[test]
    fn escapes_excess_combining_marks() {
        for mark in ["\u{301}", "\u{20dd}", "\u{11a8}"] {
            let text = format!("a{}b{mark}", mark.repeat(10));
            let escaped: String = mark
                .bytes()
                .map(|octet| format!("\\x{octet:02X}"))
                .collect();
            let expected = format!("a{}{}b{mark}", mark.repeat(8), escaped.repeat(2));
            assert_eq!(escape(text.as_bytes()), expected);
            assert_eq!(unescape(&expected).as_deref(), Ok(text.as_bytes()));
        }
    }

    #[test]
    fn reports_invalid_escapes_with_their_position() {
        let table = [
            ("ab\\q", EscapeError::Unknown { at: 3, letter: 'q' }),
            ("ü\\", EscapeError::Unfinished(2)),
            ("\\x", EscapeError::NotHex(1)),
            ("\\x1", EscapeError::NotHex(1)),
            ("a\\xg0", EscapeError::NotHex(2)),
            ("\\x+1", EscapeError::NotHex(1)),
        ];
        for (text, error) in table {
            assert_eq!(unescape(text), Err(error), "{text}");
            assert!(!error.to_string().contains('\n'));
        }
    }

    #[test]
    fn finds_the_character_of_an_octet() {
        for (text, octet, character) in [
            ("abc", 1, 1),
            ("\\r\\nb", 1, 2),
            ("\\x41b", 1, 4),
            ("üb", 2, 1),
            ("ü", 1, 0),
            ("a", 5, 1),
        ] {
            assert_eq!(char_index_of(text, octet), character, "{text} {octet}");
        }
    }
}
