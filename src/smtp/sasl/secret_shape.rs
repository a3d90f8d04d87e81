//! Length and kinds of characters of a secret: what may be shown of it.

use std::fmt;

use crate::smtp::count::count;

/// The length of a secret and its number of characters of each kind, but no character of it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct SecretShape {
    /// Characters; octets if the secret is not UTF-8.
    pub length: usize,
    /// Whether it is UTF-8.
    pub utf8: bool,
    /// `a` to `z`.
    pub lowercase: usize,
    /// `A` to `Z`.
    pub uppercase: usize,
    /// `0` to `9`.
    pub digits: usize,
    /// ASCII punctuation.
    pub punctuation: usize,
    /// Spaces.
    pub spaces: usize,
    /// Characters outside ASCII; octets if it is not UTF-8.
    pub non_ascii: usize,
    /// ASCII control characters, including line breaks.
    pub controls: usize,
    /// Its first character is a space, tab or line break.
    pub leading_blank: bool,
    /// Its last character is a space or tab.
    pub trailing_blank: bool,
    /// It ends with a line break.
    pub trailing_newline: bool,
}

impl SecretShape {
    /// Measures a secret.
    pub fn of(secret: &[u8]) -> Self {
        let text = std::str::from_utf8(secret);
        let blank = |byte: Option<&u8>| byte.is_some_and(|byte| matches!(byte, b' ' | b'\t'));
        let newline = |byte: Option<&u8>| byte.is_some_and(|byte| matches!(byte, b'\r' | b'\n'));
        let count = |kind: fn(&u8) -> bool| secret.iter().filter(|&byte| kind(byte)).count();
        let ascii = count(u8::is_ascii);
        let length = text.map_or(secret.len(), |text| text.chars().count());
        Self {
            length,
            utf8: text.is_ok(),
            lowercase: count(u8::is_ascii_lowercase),
            uppercase: count(u8::is_ascii_uppercase),
            digits: count(u8::is_ascii_digit),
            punctuation: count(u8::is_ascii_punctuation),
            spaces: count(|&byte| byte == b' '),
            non_ascii: length - ascii,
            controls: count(u8::is_ascii_control),
            leading_blank: blank(secret.first()) || newline(secret.first()),
            trailing_blank: blank(secret.last()),
            trailing_newline: newline(secret.last()),
        }
    }

    /// The length as text: `10 characters`, or octets if it is not UTF-8.
    pub fn length_text(&self) -> String {
        let (one, many) = if self.utf8 {
            ("character", "characters")
        } else {
            ("octet", "octets")
        };
        count(self.length, one, many)
    }

    /// The kinds as text: `6 lowercase, 1 uppercase, 3 digits`.
    pub fn kinds_text(&self) -> String {
        let kinds = [
            (self.lowercase, "lowercase", "lowercase"),
            (self.uppercase, "uppercase", "uppercase"),
            (self.digits, "digit", "digits"),
            (self.punctuation, "symbol", "symbols"),
            (self.spaces, "space", "spaces"),
            (self.non_ascii, "non-ASCII", "non-ASCII"),
            (self.controls, "control character", "control characters"),
        ];
        let present = kinds.into_iter().filter(|&(number, ..)| number > 0);
        let counts: Vec<_> = present
            .map(|(number, one, many)| count(number, one, many))
            .collect();
        counts.join(", ")
    }
}

impl fmt::Display for SecretShape {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.length == 0 {
            return f.write_str("nothing");
        }
        write!(f, "{}: {}", self.length_text(), self.kinds_text())?;
        for (applies, text) in [
            (self.leading_blank, "; begins with a blank"),
            (self.trailing_blank, "; ends with a blank"),
            (self.trailing_newline, "; ends with a line break"),
        ] {
            if applies {
                f.write_str(text)?;
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_kinds_without_showing_characters() {
        let table: &[(&[u8], &str)] = &[
            (b"", "nothing"),
            (b"a", "1 character: 1 lowercase"),
            (
                b"Passw0rd12",
                "10 characters: 6 lowercase, 1 uppercase, 3 digits",
            ),
            (
                "p@$s'w\"o`r\\d\\0123 ü ".as_bytes(),
                "20 characters: 6 lowercase, 4 digits, 7 symbols, 2 spaces, \
                 1 non-ASCII; ends with a blank",
            ),
            (
                b" x\r\n",
                "4 characters: 1 lowercase, 1 space, 2 control characters; \
                 begins with a blank; ends with a line break",
            ),
            (b"\xfc\xdf", "2 octets: 2 non-ASCII"),
        ];
        for (secret, text) in table {
            assert_eq!(SecretShape::of(secret).to_string(), *text);
        }
    }
}
