//! The encoding of what the terminal sends: UTF-8, unless the locale says otherwise.

/// The encodings that typed octets may have. UTF-8 is tried first in each: what is valid there is
/// hardly ever meant in another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Encoding {
    /// UTF-8, also where the locale says nothing.
    Utf8,
    /// ISO 8859-1.
    Latin1,
    /// ISO 8859-15, which has the euro sign.
    Latin9,
}

/// The octets whose characters differ in ISO 8859-15.
const LATIN9: [(u8, char); 8] = [
    (0xa4, '\u{20ac}'),
    (0xa6, '\u{160}'),
    (0xa8, '\u{161}'),
    (0xb4, '\u{17d}'),
    (0xb8, '\u{17e}'),
    (0xbc, '\u{152}'),
    (0xbd, '\u{153}'),
    (0xbe, '\u{178}'),
];

impl Encoding {
    /// The encoding of a locale such as `de_DE.ISO-8859-1` or `fr_FR@euro`.
    pub(super) fn of_locale(locale: Option<&str>) -> Self {
        let locale = locale.unwrap_or_default().to_ascii_lowercase();
        let (codeset, modifier) = locale.split_once('@').unwrap_or((&locale, ""));
        let codeset = codeset.split_once('.').map(|(_, codeset)| codeset);
        let letters: String = codeset
            .unwrap_or_default()
            .chars()
            .filter(char::is_ascii_alphanumeric)
            .collect();
        match letters.as_str() {
            "iso88591" | "latin1" => Self::Latin1,
            "iso885915" | "latin9" => Self::Latin9,
            "" if modifier == "euro" => Self::Latin9,
            _ => Self::Utf8,
        }
    }

    /// The character of an octet that is not part of UTF-8; none in UTF-8, and for the control
    /// characters above 127.
    pub(super) fn character(self, octet: u8) -> Option<char> {
        let differs = LATIN9.iter().find(|(other, _)| *other == octet);
        match (self, differs) {
            (Self::Latin9, Some((_, letter))) => Some(*letter),
            (Self::Latin1 | Self::Latin9, _) if octet >= 0xa0 => Some(char::from(octet)),
            _ => None,
        }
    }
}

/// Octets as text. Octets that are no characters are replaced.
pub(super) fn text_of(octets: &[u8], encoding: Encoding) -> String {
    match std::str::from_utf8(octets) {
        Ok(text) => text.to_owned(),
        Err(_) if encoding == Encoding::Utf8 => String::from_utf8_lossy(octets).into_owned(),
        Err(_) => {
            let character = |octet: &u8| match octet {
                ..0x80 => char::from(*octet),
                _ => encoding
                    .character(*octet)
                    .unwrap_or(char::REPLACEMENT_CHARACTER),
            };
            octets.iter().map(character).collect()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn locale_names_the_encoding() {
        let table = [
            (Some("C.UTF-8"), Encoding::Utf8),
            (Some("de_DE.ISO-8859-1"), Encoding::Latin1),
            (Some("de_DE.iso88591"), Encoding::Latin1),
            (Some("de_DE.ISO8859-15"), Encoding::Latin9),
            (Some("fr_FR@euro"), Encoding::Latin9),
            (Some("fr_FR.UTF-8@euro"), Encoding::Utf8),
            (Some("pl_PL.ISO-8859-2"), Encoding::Utf8),
            (Some("C"), Encoding::Utf8),
            (None, Encoding::Utf8),
        ];
        for (locale, expected) in table {
            assert_eq!(Encoding::of_locale(locale), expected, "{locale:?}");
        }
    }

    #[test]
    fn octets_become_text() {
        let table: &[(&[u8], Encoding, &str)] = &[
            (b"caf\xc3\xa9", Encoding::Utf8, "café"),
            (b"caf\xc3\xa9", Encoding::Latin1, "café"),
            (b"caf\xe9", Encoding::Utf8, "caf\u{fffd}"),
            (b"caf\xe9", Encoding::Latin1, "café"),
            (b"\xa4\x80", Encoding::Latin9, "\u{20ac}\u{fffd}"),
        ];
        for (octets, encoding, expected) in table {
            assert_eq!(text_of(octets, *encoding), *expected, "{octets:?}");
        }
    }
}
