//! How the octets of a line are shown: as text, with escapes, or as hex.

use std::borrow::Cow;

use ratatui::style::Style;
use ratatui::text::{Line, Span};
use unicode_width::UnicodeWidthChar;

use super::cycle::Cycle;
use super::rows::{Context, LINE_SHOWN, Rows};
use crate::report::text::{self, Charset, Glyph};
use crate::smtp::line::Ending;
use crate::smtp::{Entry, EntryKind, escape};

/// Columns of the pane from which on a row of hex has sixteen octets.
const WIDE: usize = 100;

/// The way octets are shown.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Form {
    /// Text; what cannot be drawn has a stand-in.
    #[default]
    Text,
    /// Text with every octet written that does not print, the ending too.
    Escapes,
    /// Offset, octets in hex, and what of them prints.
    Hex,
}

impl Cycle for Form {
    const EACH: &'static [Self] = &[Self::Text, Self::Escapes, Self::Hex];

    fn name(self) -> &'static str {
        match self {
            Self::Text => "text",
            Self::Escapes => "escapes",
            Self::Hex => "hex",
        }
    }
}

impl Form {
    /// Octets as glyphs.
    pub(super) fn glyphs(self, bytes: &[u8], charset: Charset) -> Vec<Glyph<'_>> {
        match self {
            Self::Text | Self::Hex => text::glyphs(bytes, charset),
            Self::Escapes => escaped(bytes, charset),
        }
    }
}

/// How an ending is written among escapes.
pub(super) fn ending_words(ending: Ending) -> &'static str {
    match ending {
        Ending::CrLf => "\\r\\n",
        Ending::Lf => "<LF>",
        Ending::Cut => "<no CR LF>",
        Ending::Cap => "",
    }
}

/// Octets with escapes for what does not print here, and for the backslash itself.
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

/// Whether the door draws a character as itself, in cells of its own.
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

/// An octet of a dump; a hidden one is none.
type Cell = Option<u8>;

impl Rows<'_> {
    /// An entry as rows of hex, its ending too. None for our own words, which never were octets on
    /// the wire.
    pub(super) fn hex(&self, entry: &Entry, context: Context) -> Option<Vec<Line<'static>>> {
        let theme = &self.look.theme;
        let octets = |bytes: &[u8]| bytes.iter().copied().map(Some).collect::<Vec<Cell>>();
        let mut cells = match &entry.kind {
            EntryKind::Note(_) => return None,
            EntryKind::Received(received) => octets(&received.bytes),
            EntryKind::Sent(sent) => {
                let mut cells = octets(&sent.visible);
                match &sent.secret {
                    Some(secret) if context.revealed => cells.extend(octets(secret.reveal())),
                    Some(secret) => cells.extend(std::iter::repeat_n(None, secret.len())),
                    None => {}
                }
                cells
            }
        };
        let left = cells.len().saturating_sub(LINE_SHOWN);
        cells.truncate(LINE_SHOWN);
        match &entry.kind {
            _ if left > 0 => {}
            EntryKind::Received(received) => cells.extend(octets(received.ending.octets())),
            EntryKind::Sent(sent) => cells.extend(octets(sent.ending.octets())),
            EntryKind::Note(_) => {}
        }
        let more = (left > 0).then(|| format!("(+{left} octets, Enter opens the line)"));
        let folded = context
            .folded
            .map(|lines| format!("(+{lines} lines folded, z unfolds)"));
        let below = more.into_iter().chain(folded);
        let count = self.octets_in_a_row();
        let mut lines = Vec::new();
        let mut chunks = cells.chunks(count).enumerate();
        let mut next = chunks.next().or(Some((0, &[])));
        while let Some((at, row)) = next {
            let mut spans = if at == 0 {
                self.head(entry, context)
            } else {
                self.indent()
            };
            spans.push(Span::styled(format!("{:04x}  ", at * count), theme.dim));
            spans.extend(self.row_of_hex(row, count));
            lines.push(Line::from(spans));
            next = chunks.next();
        }
        for words in below {
            let mut spans = self.indent();
            spans.push(Span::styled(words, theme.dim));
            lines.push(Line::from(spans));
        }
        Some(lines)
    }

    fn octets_in_a_row(&self) -> usize {
        // Offset and its gap, three columns an octet, a gap, and the text.
        let fits = |count: usize| self.gutter() + 6 + 4 * count < self.columns;
        match self.columns {
            WIDE.. => 16,
            _ if fits(8) => 8,
            _ => 4,
        }
    }

    fn row_of_hex(&self, row: &[Cell], count: usize) -> [Span<'static>; 2] {
        let hidden = self.look.charset.pick("••", "**");
        let mut hex = String::new();
        let mut shown = String::new();
        for cell in row {
            match cell {
                Some(octet) => hex.push_str(&format!("{octet:02x} ")),
                None => hex.push_str(&format!("{hidden} ")),
            }
            shown.push(match cell {
                Some(octet @ b' '..=b'~') => char::from(*octet),
                Some(_) => '.',
                None => self.look.charset.pick('•', '*'),
            });
        }
        let gap = " ".repeat((count - row.len()) * 3 + 1);
        let masked = row.contains(&None);
        let style = if masked {
            self.look.theme.special
        } else {
            Style::new()
        };
        [Span::styled(hex + &gap, style), Span::styled(shown, style)]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_octet_that_does_not_print_is_written() {
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
            let glyphs = Form::Escapes.glyphs(bytes, charset);
            glyphs.iter().map(|glyph| &*glyph.text).collect::<String>()
        };
        for (bytes, utf8, ascii) in table {
            assert_eq!(shown(bytes, Charset::Utf8), *utf8, "{bytes:?}");
            assert_eq!(shown(bytes, Charset::Ascii), *ascii, "{bytes:?}");
            assert_eq!(escape::unescape(ascii).as_deref(), Ok(*bytes));
        }
    }
}
