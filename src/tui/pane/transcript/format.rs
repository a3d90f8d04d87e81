//! How the octets of a line are shown: as text, with escapes, or in hex.

use std::borrow::Cow;

use unicode_width::UnicodeWidthChar;

use super::named_value::NamedValue;
use crate::report::text::{self, Charset, Glyph};
use crate::smtp::escape;
use crate::smtp::line::Ending;
use crate::tui::keymap::with_keys;

/// How octets are shown.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum OctetFormat {
    /// As text, with stand-ins for characters that cannot be drawn.
    #[default]
    Text,
    /// As text with escapes for octets that do not print, and with the line ending.
    Escapes,
    /// As a hex dump: offset, octets, text.
    Hex,
}

impl NamedValue for OctetFormat {
    const ALL: &'static [Self] = &[Self::Text, Self::Escapes, Self::Hex];

    fn name(self) -> &'static str {
        match self {
            Self::Text => "text",
            Self::Escapes => "escapes",
            Self::Hex => "hex",
        }
    }
}

impl OctetFormat {
    /// Converts octets to glyphs. In hex view only notes use this.
    pub(super) fn glyphs(self, bytes: &[u8], charset: Charset) -> Vec<Glyph<'_>> {
        match self {
            Self::Text | Self::Hex => text::glyphs(bytes, charset),
            Self::Escapes => escaped(bytes, charset),
        }
    }
}

/// What follows a line into which others are folded.
pub(super) fn folded_words(lines: u64) -> String {
    with_keys(&format!("(+{lines} lines: {{whole}} or {{fold}} opens)"))
}

/// A line ending as it is written with escapes.
pub(super) fn ending_words(ending: Ending) -> &'static str {
    match ending {
        Ending::CrLf => "\\r\\n",
        Ending::Lf => "<LF>",
        Ending::Cut => "<no CR LF>",
        Ending::Cap => "",
    }
}

/// Octets with escapes for those that do not print, and for the backslash itself.
fn escaped(bytes: &[u8], charset: Charset) -> Vec<Glyph<'_>> {
    let mut glyphs = Vec::with_capacity(bytes.len());
    for chunk in bytes.utf8_chunks() {
        let mut plain = chunk.valid();
        while let Some((at, character)) = plain.char_indices().find(|(_, c)| !prints(*c, charset)) {
            glyphs.extend(text::glyphs(&plain.as_bytes()[..at], charset));
            let end = at + character.len_utf8();
            push_escape(&plain.as_bytes()[at..end], &mut glyphs);
            plain = &plain[end..];
        }
        glyphs.extend(text::glyphs(plain.as_bytes(), charset));
        push_escape(chunk.invalid(), &mut glyphs);
    }
    glyphs
}

/// Whether a character is drawn as itself and has a width.
fn prints(character: char, charset: Charset) -> bool {
    match character {
        '\\' => false,
        ' '..='~' => true,
        _ => {
            let mut room = [0; 4];
            let octets = character.encode_utf8(&mut room).as_bytes();
            let glyphs = text::glyphs(octets, charset);
            character.width().is_some_and(|width| width > 0)
                && glyphs.iter().all(|glyph| !glyph.special)
        }
    }
}

fn push_escape(octets: &[u8], glyphs: &mut Vec<Glyph<'_>>) {
    let own = |text: String| Glyph {
        width: text.len(),
        text: Cow::Owned(text),
        special: true,
    };
    match octets {
        [b'\\' | 0..=0x7f] => glyphs.push(own(escape::escape(octets))),
        _ => glyphs.extend(octets.iter().map(|octet| own(format!("\\x{octet:02X}")))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn octets_that_do_not_print_are_escaped() {
        let table: &[(&[u8], &str, &str)] = &[
            (b"250 ok", "250 ok", "250 ok"),
            (
                b"a\tb\0\x1b\x7f\r",
                "a\\tb\\0\\x1B\\x7F\\r",
                "a\\tb\\0\\x1B\\x7F\\r",
            ),
            (b"C:\\x", "C:\\\\x", "C:\\\\x"),
            (b"\xff\xfe", "\\xFF\\xFE", "\\xFF\\xFE"),
            ("ü".as_bytes(), "ü", "\\xC3\\xBC"),
            (
                "a\u{202e}b".as_bytes(),
                "a\\xE2\\x80\\xAEb",
                "a\\xE2\\x80\\xAEb",
            ),
            ("e\u{301}".as_bytes(), "e\\xCC\\x81", "e\\xCC\\x81"),
            ("\u{85}".as_bytes(), "\\xC2\\x85", "\\xC2\\x85"),
        ];
        let shown = |bytes, charset| {
            let glyphs = OctetFormat::Escapes.glyphs(bytes, charset);
            glyphs.iter().map(|glyph| &*glyph.text).collect::<String>()
        };
        for (bytes, utf8, ascii) in table {
            assert_eq!(shown(bytes, Charset::Utf8), *utf8, "{bytes:?}");
            assert_eq!(shown(bytes, Charset::Ascii), *ascii, "{bytes:?}");
            assert_eq!(escape::unescape(ascii).as_deref(), Ok(*bytes));
        }
    }
}
