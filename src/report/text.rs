//! Makes octets visible. Text from a server becomes harmless glyphs of a known width: nothing is dropped,
//! and nothing controls the terminal.

use std::borrow::Cow;
use std::ops::Range;

use unicode_segmentation::UnicodeSegmentation;
use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

use crate::smtp::escape::is_unsafe_char;

/// Combining marks on one character at most; further ones are counted.
const MARKS_CAP: usize = 8;

/// A message of this program without the number of a system error, such as `(os error 2)`.
pub fn without_os_code(message: &str) -> Cow<'_, str> {
    const CODE: &str = " (os error ";
    let mut rest = message;
    let mut text = String::new();
    while let Some((before, after)) = rest.split_once(CODE) {
        let number = after.trim_start_matches(|c: char| c.is_ascii_digit());
        match number.strip_prefix(')') {
            Some(end) if number.len() < after.len() => {
                text.push_str(before);
                rest = end;
            }
            _ => {
                text.push_str(before);
                text.push_str(CODE);
                rest = after;
            }
        }
    }
    text.push_str(rest);
    if text.len() == message.len() {
        return Cow::Borrowed(message);
    }
    Cow::Owned(text)
}

/// The characters that a terminal can show.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Charset {
    /// All harmless characters of Unicode.
    #[default]
    Utf8,
    /// ASCII only.
    Ascii,
}

impl Charset {
    /// `utf8`, or its ASCII substitute.
    pub fn pick<T>(self, utf8: T, ascii: T) -> T {
        match self {
            Self::Utf8 => utf8,
            Self::Ascii => ascii,
        }
    }
}

/// A piece of text that fills `width` cells and is never split.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Glyph<'a> {
    /// The text to draw.
    pub text: Cow<'a, str>,
    /// How many cells it fills, at least one.
    pub width: usize,
    /// Whether it is a substitute for something that cannot be drawn.
    pub special: bool,
}

impl Glyph<'_> {
    fn special(text: String) -> Self {
        Self {
            width: text.len().max(1),
            text: text.into(),
            special: true,
        }
    }

    fn picture(picture: char) -> Self {
        Self {
            text: picture.to_string().into(),
            width: 1,
            special: true,
        }
    }
}

/// Octets as glyphs. Octets that are not valid UTF-8 are shown as `\xNN`.
pub fn glyphs(bytes: &[u8], charset: Charset) -> Vec<Glyph<'_>> {
    let mut glyphs = Vec::with_capacity(bytes.len());
    for chunk in bytes.utf8_chunks() {
        push_text(chunk.valid(), charset, &mut glyphs);
        for &byte in chunk.invalid() {
            glyphs.push(Glyph::special(format!("\\x{byte:02X}")));
        }
    }
    glyphs
}

/// Octets as a harmless string.
pub fn visible(bytes: &[u8], charset: Charset) -> String {
    glyphs(bytes, charset)
        .iter()
        .map(|glyph| glyph.text.as_ref())
        .collect()
}

/// Rows of at most `width` cells. A row is broken after a space if there is one in its second half. A
/// glyph that is wider than a row has its own row.
pub fn rows(glyphs: &[Glyph<'_>], width: usize) -> Vec<Range<usize>> {
    let mut rows = Vec::new();
    let mut start = 0;
    while let Some(end) = overflow(&glyphs[start..], width) {
        let row = &glyphs[start..start + end];
        let space = row
            .iter()
            .rposition(|glyph| glyph.text == " ")
            .map(|at| at + 1);
        let end = space.filter(|&space| space > end / 2).unwrap_or(end);
        rows.push(start..start + end);
        start += end;
    }
    rows.push(start..glyphs.len());
    rows
}

/// The first row of `width` cells, and whether something is cut.
pub fn first_row(glyphs: &[Glyph<'_>], width: usize) -> (Range<usize>, bool) {
    overflow(glyphs, width).map_or((0..glyphs.len(), false), |end| (0..end, true))
}

/// How many glyphs fit into one row, at least one; none if all of them fit.
fn overflow(glyphs: &[Glyph<'_>], width: usize) -> Option<usize> {
    let mut filled = 0;
    let fits = glyphs.iter().position(|glyph| {
        filled += glyph.width;
        filled > width
    })?;
    (fits.max(1) < glyphs.len()).then_some(fits.max(1))
}

/// Text in rows of at most `columns`, broken between words if possible.
pub fn words(words: &str, columns: usize, charset: Charset) -> Vec<String> {
    let shown = visible(words.as_bytes(), charset);
    let mut lines = vec![String::new()];
    let mut filled = 0;
    for word in shown.split(' ') {
        let width = word.width();
        if filled > 0 && filled + 1 + width > columns {
            lines.push(String::new());
            filled = 0;
        } else if filled > 0 {
            lines.last_mut().into_iter().for_each(|row| row.push(' '));
            filled += 1;
        }
        let glyphs = glyphs(word.as_bytes(), charset);
        for (at, range) in rows(&glyphs, columns).into_iter().enumerate() {
            if at > 0 {
                lines.push(String::new());
                filled = 0;
            }
            for glyph in &glyphs[range] {
                lines
                    .last_mut()
                    .into_iter()
                    .for_each(|row| row.push_str(&glyph.text));
                filled += glyph.width;
            }
        }
    }
    lines
}

/// Text in full rows of `columns`: each character keeps its place, blanks too.
pub fn full_rows(text: &[u8], columns: usize, charset: Charset) -> Vec<String> {
    let glyphs = glyphs(text, charset);
    let mut rows = vec![String::new()];
    let mut filled = 0;
    for glyph in &glyphs {
        if filled > 0 && filled + glyph.width > columns {
            rows.push(String::new());
            filled = 0;
        }
        filled += glyph.width;
        if let Some(row) = rows.last_mut() {
            row.push_str(&glyph.text);
        }
    }
    rows
}

/// Text with a line feed for each line break, whatever its line breaks are.
pub fn line_feeds(text: &str) -> String {
    text.replace("\r\n", "\n").replace('\r', "\n")
}

/// Text made visible, as far as it fits in this many columns; a mark says that it is cut.
pub fn fitted(words: &str, columns: usize, charset: Charset) -> String {
    let glyphs = glyphs(words.as_bytes(), charset);
    let shown = |range: Range<usize>| -> String {
        glyphs[range].iter().map(|glyph| &*glyph.text).collect()
    };
    if width(&glyphs) <= columns {
        return shown(0..glyphs.len());
    }
    let (range, _) = first_row(&glyphs, columns.saturating_sub(1));
    shown(range) + charset.pick("…", ">")
}

/// How many cells glyphs fill.
pub fn width(glyphs: &[Glyph<'_>]) -> usize {
    glyphs.iter().map(|glyph| glyph.width).sum()
}

fn push_text<'a>(text: &'a str, charset: Charset, glyphs: &mut Vec<Glyph<'a>>) {
    let mut plain = 0;
    for (at, character) in text.char_indices() {
        let Some(glyph) = stand_in(character, charset) else {
            continue;
        };
        push_graphemes(&text[plain..at], glyphs);
        glyphs.push(glyph);
        plain = at + character.len_utf8();
    }
    push_graphemes(&text[plain..], glyphs);
}

fn push_graphemes<'a>(text: &'a str, glyphs: &mut Vec<Glyph<'a>>) {
    for grapheme in text.graphemes(true) {
        let width = grapheme.width();
        let mut characters = grapheme.char_indices();
        let base = characters.next().map_or('\0', |(_, base)| base);
        if width == 0 {
            // A mark without a base character would merge into the character before it.
            glyphs.extend(
                grapheme
                    .chars()
                    .map(|mark| Glyph::special(format!("<U+{:04X}>", u32::from(mark)))),
            );
            continue;
        }
        match characters.nth(MARKS_CAP) {
            None => glyphs.push(Glyph {
                text: grapheme.into(),
                width,
                special: false,
            }),
            Some((end, _)) => {
                let width = base.width().unwrap_or(1).max(1);
                glyphs.push(Glyph {
                    text: grapheme[..end].into(),
                    width,
                    special: false,
                });
                let more = grapheme[end..].chars().count();
                glyphs.push(Glyph::special(format!("<+{more} marks>")));
            }
        }
    }
}

/// The substitute for a character that must not reach the terminal.
fn stand_in(character: char, charset: Charset) -> Option<Glyph<'static>> {
    let code = u32::from(character);
    Some(match character {
        ' '..='~' => return None,
        '\0'..='\x1f' => match charset {
            Charset::Utf8 => Glyph::picture(char::from_u32(0x2400 + code)?),
            Charset::Ascii => Glyph::special(format!("^{}", char::from_u32(0x40 + code)?)),
        },
        '\x7f' => match charset {
            Charset::Utf8 => Glyph::picture('\u{2421}'),
            Charset::Ascii => Glyph::special("^?".to_owned()),
        },
        _ if is_unsafe_char(character) => Glyph::special(format!("<U+{code:04X}>")),
        _ if charset == Charset::Ascii => Glyph::special(format!("<U+{code:04X}>")),
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_number_of_a_system_error_is_left_out() {
        let table = [
            ("a: No such file (os error 2)", "a: No such file"),
            ("a (os error 2): b", "a: b"),
            ("a (os error x)", "a (os error x)"),
            ("a (os error ", "a (os error "),
            ("a", "a"),
        ];
        for (message, expected) in table {
            assert_eq!(without_os_code(message), expected);
        }
    }

    #[test]
    fn harmful_characters_are_shown() {
        let table: &[(&[u8], &str, &str)] = &[
            (b"220 ok", "220 ok", "220 ok"),
            (b"a\x1b[31mred", "a\u{241b}[31mred", "a^[[31mred"),
            (
                b"\x07\t\r\0\x7f",
                "\u{2407}\u{2409}\u{240d}\u{2400}\u{2421}",
                "^G^I^M^@^?",
            ),
            (b"\x9b31m", "\\x9B31m", "\\x9B31m"),
            ("\u{9b}31m".as_bytes(), "<U+009B>31m", "<U+009B>31m"),
            ("a\u{202e}b".as_bytes(), "a<U+202E>b", "a<U+202E>b"),
            ("a\u{200d}b".as_bytes(), "a<U+200D>b", "a<U+200D>b"),
            // Flags and skin tones are drawn wider than they are counted.
            ("\u{1f1e9}".as_bytes(), "<U+1F1E9>", "<U+1F1E9>"),
            ("\u{1f3fd}".as_bytes(), "<U+1F3FD>", "<U+1F3FD>"),
            ("\u{feff}x".as_bytes(), "<U+FEFF>x", "<U+FEFF>x"),
            ("\u{e0041}".as_bytes(), "<U+E0041>", "<U+E0041>"),
            ("ü".as_bytes(), "ü", "<U+00FC>"),
            ("日本".as_bytes(), "日本", "<U+65E5><U+672C>"),
            ("\u{301}".as_bytes(), "<U+0301>", "<U+0301>"),
            (b"\xff\xc3", "\\xFF\\xC3", "\\xFF\\xC3"),
        ];
        for (bytes, utf8, ascii) in table {
            assert_eq!(visible(bytes, Charset::Utf8), *utf8, "{bytes:?}");
            assert_eq!(visible(bytes, Charset::Ascii), *ascii, "{bytes:?}");
        }
    }

    #[test]
    fn further_combining_marks_are_counted() {
        let bomb = format!("a{}", "\u{301}".repeat(100));
        let shown = visible(bomb.as_bytes(), Charset::Utf8);
        assert_eq!(shown, format!("a{}<+92 marks>", "\u{301}".repeat(8)));
    }

    #[test]
    fn rows_are_filled_and_wide_glyphs_are_not_split() {
        let table: &[(&str, usize, &[&str])] = &[
            ("abcdef", 3, &["abc", "def"]),
            ("", 3, &[""]),
            ("日本x", 3, &["日", "本x"]),
            ("日本", 1, &["日", "本"]),
            ("ab\u{202e}c", 4, &["ab", "<U+202E>", "c"]),
            ("one two three", 8, &["one two ", "three"]),
            ("one twothree", 8, &["one twot", "hree"]),
        ];
        for (text, width, expected) in table {
            let glyphs = glyphs(text.as_bytes(), Charset::Utf8);
            let rows: Vec<String> = rows(&glyphs, *width)
                .into_iter()
                .map(|row| {
                    glyphs[row]
                        .iter()
                        .map(|glyph| glyph.text.as_ref())
                        .collect()
                })
                .collect();
            assert_eq!(rows, *expected, "{text:?} in {width}");
        }
    }

    #[test]
    fn text_is_wrapped_between_words_and_long_words_are_cut() {
        assert_eq!(
            words("one two three", 7, Charset::Utf8),
            ["one two", "three"]
        );
        assert_eq!(
            words("abcdefgh i", 3, Charset::Utf8),
            ["abc", "def", "gh", "i"]
        );
        assert_eq!(words("", 3, Charset::Utf8), [""]);
        assert_eq!(words("a\x1b[31m", 20, Charset::Utf8), ["a\u{241b}[31m"]);
    }

    proptest! {
        #[test]
        fn no_octet_controls_the_terminal(bytes: Vec<u8>, ascii: bool) {
            let charset = if ascii { Charset::Ascii } else { Charset::Utf8 };
            for glyph in glyphs(&bytes, charset) {
                prop_assert!(glyph.width >= 1);
                prop_assert_eq!(glyph.width, glyph.text.width(), "{:?}", glyph);
                for character in glyph.text.chars() {
                    prop_assert!(!character.is_control() && !is_unsafe_char(character));
                    prop_assert!(!ascii || character.is_ascii());
                }
            }
        }

        #[test]
        fn rows_contain_each_glyph_once(text: String, width in 1_usize..20) {
            let glyphs = glyphs(text.as_bytes(), Charset::Utf8);
            let rows = rows(&glyphs, width);
            let mut next = 0;
            for row in rows {
                prop_assert_eq!(row.start, next);
                next = row.end;
                let filled = self::width(&glyphs[row.clone()]);
                prop_assert!(filled <= width || row.len() == 1);
            }
            prop_assert_eq!(next, glyphs.len());
        }
    }
}
