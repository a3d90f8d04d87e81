//! What may be told of a secret: how long it is and what kinds of characters it has, never which.

use std::fmt;

/// A secret's length and kinds of characters.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Shape {
    /// Characters; octets where it is not UTF-8.
    pub length: usize,
    /// Whether it is UTF-8. The kinds are counted only then, but for ASCII.
    pub utf8: bool,
    /// `a` to `z`.
    pub small: usize,
    /// `A` to `Z`.
    pub capitals: usize,
    /// `0` to `9`.
    pub digits: usize,
    /// Other printable ASCII.
    pub punctuation: usize,
    /// Spaces.
    pub spaces: usize,
    /// Characters beyond ASCII; octets where it is not UTF-8.
    pub others: usize,
    /// Control characters, line breaks among them.
    pub controls: usize,
    /// Its first character is a space, tab or line break.
    pub blank_first: bool,
    /// Its last character is a space or tab.
    pub blank_last: bool,
    /// It ends with a line break.
    pub newline_last: bool,
}

impl Shape {
    /// The shape of a secret.
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
            small: count(u8::is_ascii_lowercase),
            capitals: count(u8::is_ascii_uppercase),
            digits: count(u8::is_ascii_digit),
            punctuation: count(u8::is_ascii_punctuation),
            spaces: count(|&byte| byte == b' '),
            others: length - ascii,
            controls: count(u8::is_ascii_control),
            blank_first: blank(secret.first()) || newline(secret.first()),
            blank_last: blank(secret.last()),
            newline_last: newline(secret.last()),
        }
    }

    /// Its length in words: `10 characters`, or octets where it is no text.
    pub fn length_words(&self) -> String {
        let unit = if self.utf8 { "character" } else { "octet" };
        many(self.length, unit)
    }

    /// Its kinds in words: `6 small letters, 1 capital, 3 digits`.
    pub fn kinds_words(&self) -> String {
        let kinds = [
            (self.small, "small letter"),
            (self.capitals, "capital"),
            (self.digits, "digit"),
            (self.punctuation, "sign"),
            (self.spaces, "space"),
            (self.others, "character beyond ASCII"),
            (self.controls, "control character"),
        ];
        let told = kinds.into_iter().filter(|&(number, _)| number > 0);
        let told: Vec<_> = told
            .map(|(number, kind)| match kind {
                "character beyond ASCII" if number > 1 => {
                    format!("{number} characters beyond ASCII")
                }
                kind => many(number, kind),
            })
            .collect();
        told.join(", ")
    }
}

impl fmt::Display for Shape {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.length == 0 {
            return f.write_str("nothing");
        }
        write!(f, "{}: {}", self.length_words(), self.kinds_words())?;
        for (is_so, words) in [
            (self.blank_first, "; begins with a blank"),
            (self.blank_last, "; ends with a blank"),
            (self.newline_last, "; ends with a line break"),
        ] {
            if is_so {
                f.write_str(words)?;
            }
        }
        Ok(())
    }
}

fn many(number: usize, unit: &str) -> String {
    format!("{number} {unit}{}", if number == 1 { "" } else { "s" })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_shape_counts_and_shows_nothing() {
        let table: &[(&[u8], &str)] = &[
            (b"", "nothing"),
            (b"a", "1 character: 1 small letter"),
            (
                b"Passw0rd12",
                "10 characters: 6 small letters, 1 capital, 3 digits",
            ),
            (
                "p@$s'w\"o`r\\d\\0123 ü ".as_bytes(),
                "20 characters: 6 small letters, 4 digits, 7 signs, 2 spaces, \
                 1 character beyond ASCII; ends with a blank",
            ),
            (
                b" x\r\n",
                "4 characters: 1 small letter, 1 space, 2 control characters; \
                 begins with a blank; ends with a line break",
            ),
            (b"\xfc\xdf", "2 octets: 2 characters beyond ASCII"),
        ];
        for (secret, words) in table {
            assert_eq!(Shape::of(secret).to_string(), *words);
        }
    }
}
