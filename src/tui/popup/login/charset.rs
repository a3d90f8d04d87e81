//! Windows-1252, the superset of Latin-1 in which old programs store passwords.

/// What Windows-1252 has in place of the control characters from 0x80 on. A blank: nothing.
const FROM_0X80: &str = "€ ‚ƒ„…†‡ˆ‰Š‹Œ Ž  ‘’“”•–—˜™š›œ žŸ";

/// The octet of a character. `None` if Windows-1252 does not have the character.
pub(super) fn windows1252(letter: char) -> Option<u8> {
    match letter {
        '\0'..='\x7f' | '\u{a0}'..='\u{ff}' => u8::try_from(letter).ok(),
        letter => {
            let at = FROM_0X80.chars().position(|known| known == letter)?;
            Some(0x80 + u8::try_from(at).ok()?)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn has_latin1_and_what_windows_added() {
        let table = [
            ('a', Some(b'a')),
            ('ä', Some(0xe4)),
            ('§', Some(0xa7)),
            ('€', Some(0x80)),
            ('Ž', Some(0x8e)),
            ('‘', Some(0x91)),
            ('Ÿ', Some(0x9f)),
            ('ł', None),
            ('\u{85}', None),
        ];
        for (letter, octet) in table {
            assert_eq!(windows1252(letter), octet, "{letter}");
        }
        assert_eq!(FROM_0X80.chars().count(), 32);
    }
}
