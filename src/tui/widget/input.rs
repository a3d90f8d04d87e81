//! A line that is being edited, as it is drawn: scrolled so that the cursor is visible. Text from the
//! user is made visible in the same way as text from a server.

use std::ops::Range;

use ratatui::layout::{Position, Rect};
use ratatui::style::Style;

use super::canvas::{Canvas, indented};
use super::editor::Editor;
use super::look::Look;
use crate::report::text::{self, Glyph};

/// A part of a text, given in octets, and what is added to its style.
pub type StyledPart = (Range<usize>, Style);

/// A one-line editor with its label.
#[derive(Clone, Copy, Debug)]
pub struct Input<'a> {
    editor: &'a Editor,
    label: &'a str,
    hidden_from: Option<usize>,
    ghost: &'a str,
    ghost_sign: &'a str,
    styled: &'a [StyledPart],
}

impl<'a> Input<'a> {
    /// An editor after a label; nothing of it is hidden.
    pub fn new(label: &'a str, editor: &'a Editor) -> Self {
        Self {
            editor,
            label,
            hidden_from: None,
            ghost: "",
            ghost_sign: "",
            styled: &[],
        }
    }

    /// Draws a dot for each character from this one on.
    #[must_use]
    pub fn hidden_from(self, hidden_from: Option<usize>) -> Self {
        Self {
            hidden_from,
            ..self
        }
    }

    /// Draws a text after what is typed that is only proposed.
    #[must_use]
    pub fn ghost(self, ghost: &'a str) -> Self {
        Self { ghost, ..self }
    }

    /// Draws a sign after the ghost text if there is room, since not every terminal shows attributes.
    #[must_use]
    pub fn ghost_sign(self, ghost_sign: &'a str) -> Self {
        Self { ghost_sign, ..self }
    }

    /// Styles these parts of the text. Later ones add to earlier ones; what is hidden has no style.
    #[must_use]
    pub fn styled(self, styled: &'a [StyledPart]) -> Self {
        Self { styled, ..self }
    }

    /// Draws the label and the text in the first row of an area, and returns where the cursor is.
    pub fn draw(&self, area: Rect, canvas: &mut Canvas<'_>) -> Position {
        let end = canvas.text(self.label, canvas.look.theme.key, area);
        let room = indented(area, usize::from(end - area.x));
        let (clear, hidden) = split(self.editor.text(), self.hidden_from);
        let typed = format!("{clear}{}", dots(hidden, canvas.look));
        let before: String = typed.chars().take(self.editor.cursor().1).collect();
        let mut pieces = pieces(&typed, clear.len(), self.styled);
        pieces.push((self.ghost, canvas.look.theme.ghost));
        let sign = format!(" {}", self.ghost_sign);
        if self.has_room_for_sign(&typed, &sign, room, canvas.look) {
            pieces.push((&sign, canvas.look.theme.dim));
        }
        draw_pieces(&pieces, &before, room, canvas)
    }

    /// Whether there is a sign to draw, and the whole of it fits after the text.
    fn has_room_for_sign(&self, typed: &str, sign: &str, room: Rect, look: &Look) -> bool {
        let width = |text: &str| text::width(&glyphs(text, look));
        let all = width(typed) + width(self.ghost) + width(sign);
        let wanted = !self.ghost.is_empty() && !self.ghost_sign.is_empty();
        wanted && all <= usize::from(room.width)
    }
}

/// Draws a line of text in the first row of an area. The cursor is after `before`, the beginning of
/// the text; its position is returned.
pub fn draw_line(line: &str, before: &str, area: Rect, canvas: &mut Canvas<'_>) -> Position {
    draw_pieces(&[(line, Style::new())], before, area, canvas)
}

/// The text before the first hidden character, and the hidden text.
fn split(text: &str, hidden_from: Option<usize>) -> (&str, &str) {
    let mut places = text.char_indices().map(|(at, _)| at);
    let from = hidden_from.and_then(|from| places.nth(from));
    text.split_at(from.unwrap_or(text.len()))
}

/// A dot for each character of a hidden text.
fn dots(hidden: &str, look: &Look) -> String {
    let dot = look.charset.pick('•', '*');
    hidden.chars().map(|_| dot).collect()
}

fn draw_pieces(
    pieces: &[(&str, Style)],
    before: &str,
    area: Rect,
    canvas: &mut Canvas<'_>,
) -> Position {
    let cursor = text::width(&glyphs(before, canvas.look));
    // The last column is for a cursor after the last character.
    let skip = cursor.saturating_sub(usize::from(area.width).saturating_sub(1));
    let (mut at, mut x) = (0, area.x);
    for &(piece, style) in pieces {
        for glyph in glyphs(piece, canvas.look) {
            let style = if glyph.special {
                style.patch(canvas.look.theme.special)
            } else {
                style
            };
            if at >= skip {
                let room = indented(area, usize::from(x - area.x));
                x = canvas.text(&glyph.text, style, room);
            }
            at += glyph.width;
        }
    }
    // Marks at the edges say that the line goes on.
    if skip > 0 {
        canvas.cut_mark_before(area);
    }
    if at > skip + usize::from(area.width) {
        canvas.cut_mark_after(area);
    }
    let column = u16::try_from(cursor - skip).unwrap_or(u16::MAX);
    Position {
        x: area
            .x
            .saturating_add(column)
            .min(area.right().saturating_sub(1)),
        y: area.y,
    }
}

/// The text, cut where a styled part begins or ends. Only the first `clear` octets can have a style.
fn pieces<'a>(text: &'a str, clear: usize, styled: &[StyledPart]) -> Vec<(&'a str, Style)> {
    let clipped = |span: &Range<usize>| span.start.min(clear)..span.end.min(clear);
    let parts: Vec<StyledPart> = styled
        .iter()
        .map(|(span, style)| (clipped(span), *style))
        .filter(|(span, _)| text.get(span.clone()).is_some_and(|part| !part.is_empty()))
        .collect();
    let mut cuts = vec![0, text.len()];
    cuts.extend(parts.iter().flat_map(|(span, _)| [span.start, span.end]));
    cuts.sort_unstable();
    cuts.dedup();
    let pieces = cuts.windows(2).map(|ends| {
        let inside = |span: &Range<usize>| span.start <= ends[0] && ends[1] <= span.end;
        let style = parts
            .iter()
            .filter(|(span, _)| inside(span))
            .fold(Style::new(), |style, (_, more)| style.patch(*more));
        (&text[ends[0]..ends[1]], style)
    });
    pieces.collect()
}

fn glyphs<'a>(text: &'a str, look: &Look) -> Vec<Glyph<'a>> {
    text::glyphs(text.as_bytes(), look.charset)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hidden_text_keeps_its_length() {
        let look = Look::default();
        let table = [
            ("AUTH x ü日", Some(7), ("AUTH x ", "••")),
            ("NOOP", None, ("NOOP", "")),
            ("日本", Some(1), ("日", "•")),
            ("日本", Some(9), ("日本", "")),
        ];
        for (text, from, expected) in table {
            let (clear, hidden) = split(text, from);
            assert_eq!((clear, &*dots(hidden, &look)), expected, "{text}");
        }
    }

    #[test]
    fn styles_add_up_and_end_where_the_hidden_text_begins() {
        let bold = Style::new().bold();
        let lined = Style::new().underlined();
        let parts = [(0..4, bold), (2..9, lined), (7..9, bold), (40..41, bold)];
        let found = pieces("AUTH ü••", 7, &parts);
        let expected = [
            ("AU", bold),
            ("TH", bold.patch(lined)),
            (" ü", lined),
            ("••", Style::new()),
        ];
        assert_eq!(found, expected);
    }
}
