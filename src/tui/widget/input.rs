//! A line that is being edited, as it is drawn: scrolled so that the cursor is visible. Text from the
//! user is made visible in the same way as text from a server.

use std::ops::Range;

use ratatui::layout::{Position, Rect};
use ratatui::style::Style;

use super::canvas::{Canvas, indented};
use super::editor::Editor;
use super::look::Look;
use crate::report::text::{self, Glyph};

/// A one-line editor with its label.
#[derive(Clone, Copy, Debug)]
pub struct Input<'a> {
    editor: &'a Editor,
    label: &'a str,
    hidden_from: Option<usize>,
    ghost: &'a str,
    ghost_sign: &'a str,
    underlined: &'a [Range<usize>],
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
            underlined: &[],
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

    /// Underlines these parts, given in octets of the text.
    #[must_use]
    pub fn underlined(self, underlined: &'a [Range<usize>]) -> Self {
        Self { underlined, ..self }
    }

    /// Draws the label and the text in the first row of an area, and returns where the cursor is.
    pub fn draw(&self, area: Rect, canvas: &mut Canvas<'_>) -> Position {
        let end = canvas.text(self.label, canvas.look.theme.key, area);
        let room = indented(area, usize::from(end - area.x));
        let typed = hide(self.editor.text(), self.hidden_from, canvas.look);
        let before: String = typed.chars().take(self.editor.cursor().1).collect();
        let mut pieces = pieces(&typed, self.underlined, canvas.look);
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

/// The text with a dot in place of each hidden character.
fn hide(text: &str, hidden_from: Option<usize>, look: &Look) -> String {
    let Some(from) = hidden_from else {
        return text.to_owned();
    };
    let dot = look.charset.pick('•', '*');
    text.chars()
        .enumerate()
        .map(|(at, c)| if at < from { c } else { dot })
        .collect()
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

/// The text, cut where an underlined part begins or ends. A part that does not lie within the text is
/// ignored: a hidden text has other offsets.
fn pieces<'a>(text: &'a str, underlined: &[Range<usize>], look: &Look) -> Vec<(&'a str, Style)> {
    let mut cuts = vec![0, text.len()];
    for span in underlined {
        if text.get(span.clone()).is_some() {
            cuts.extend([span.start, span.end]);
        }
    }
    cuts.sort_unstable();
    cuts.dedup();
    let pieces = cuts.windows(2).map(|ends| {
        let inside = |span: &Range<usize>| span.start <= ends[0] && ends[1] <= span.end;
        let style = if underlined.iter().any(inside) {
            look.theme.finding
        } else {
            Style::new()
        };
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
        assert_eq!(hide("AUTH x ü日", Some(7), &Look::default()), "AUTH x ••");
        assert_eq!(hide("NOOP", None, &Look::default()), "NOOP");
    }
}
