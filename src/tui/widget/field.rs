//! An editor of one line on the screen, scrolled so that its cursor is seen. What was typed goes
//! through the same door as what a server sends.

use std::ops::Range;

use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};
use ratatui::style::Style;

use crate::report::text::{self, Glyph};
use crate::tui::widget::editor::Editor;
use crate::tui::widget::look::Look;

/// Draws an editor of one line behind a mark, scrolled so that the cursor is seen.
pub fn draw(
    editor: &Editor,
    mark: &str,
    hidden_from: Option<usize>,
    area: Rect,
    buffer: &mut Buffer,
    look: &Look,
) -> Position {
    draw_with(editor, mark, hidden_from, ("", &[]), area, buffer, look)
}

/// As [`draw`], with a ghost behind the text, and what is found in it underlined, in octets of the
/// text.
pub fn draw_with(
    editor: &Editor,
    mark: &str,
    hidden_from: Option<usize>,
    (ghost, found): (&str, &[Range<usize>]),
    area: Rect,
    buffer: &mut Buffer,
    look: &Look,
) -> Position {
    let (x, _) = buffer.set_stringn(
        area.x,
        area.y,
        mark,
        usize::from(area.width),
        look.theme.key,
    );
    let room = Rect {
        x,
        width: area.right().saturating_sub(x),
        ..area
    };
    let text = editor.text();
    let typed = hide(text, hidden_from, look);
    let before: String = typed.chars().take(editor.cursor().1).collect();
    draw_marked(&typed, &before, (ghost, found), room, buffer, look)
}

/// The text with its hidden characters replaced, one for one.
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

/// Draws a text, scrolled so that the cursor behind `before` is seen.
pub fn draw_text(
    typed: &str,
    before: &str,
    area: Rect,
    buffer: &mut Buffer,
    look: &Look,
) -> Position {
    draw_marked(typed, before, ("", &[]), area, buffer, look)
}

fn draw_marked(
    typed: &str,
    before: &str,
    (ghost, found): (&str, &[Range<usize>]),
    area: Rect,
    buffer: &mut Buffer,
    look: &Look,
) -> Position {
    let room = usize::from(area.width);
    let cursor = own_width(before, look);
    // One column stays free for the cursor behind the last character.
    let skip = cursor.saturating_sub(room.saturating_sub(1));
    let (mut at, mut x) = (0, area.x);
    let ghost = std::iter::once((ghost, look.theme.dim));
    for (piece, style) in pieces(typed, found, look).into_iter().chain(ghost) {
        for glyph in own_glyphs(piece, look) {
            let style = if glyph.special {
                style.patch(look.theme.special)
            } else {
                style
            };
            if at >= skip && x < area.right() {
                let room = usize::from(area.right() - x);
                x = buffer.set_stringn(x, area.y, &glyph.text, room, style).0;
            }
            at += glyph.width;
        }
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

/// A text cut where something found in it begins or ends. What was found where nothing stands is
/// not shown, nor what is hidden: that has other offsets.
fn pieces<'a>(typed: &'a str, found: &[Range<usize>], look: &Look) -> Vec<(&'a str, Style)> {
    let mut cuts = vec![0, typed.len()];
    for span in found {
        if typed.get(span.clone()).is_some() {
            cuts.extend([span.start, span.end]);
        }
    }
    cuts.sort_unstable();
    cuts.dedup();
    let pieces = cuts.windows(2).map(|ends| {
        let inside = |span: &Range<usize>| span.start <= ends[0] && ends[1] <= span.end;
        let style = if found.iter().any(inside) {
            look.theme.finding
        } else {
            Style::new()
        };
        (&typed[ends[0]..ends[1]], style)
    });
    pieces.collect()
}

/// What the user typed goes through the same door as what a server sends; only the dots that hide a
/// secret are ours.
fn own_glyphs<'a>(typed: &'a str, look: &Look) -> Vec<Glyph<'a>> {
    text::glyphs(typed.as_bytes(), look.charset)
}

fn own_width(typed: &str, look: &Look) -> usize {
    text::width(&own_glyphs(typed, look))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_hidden_keeps_its_length() {
        assert_eq!(hide("AUTH x ü日", Some(7), &Look::default()), "AUTH x ••");
        assert_eq!(hide("NOOP", None, &Look::default()), "NOOP");
    }
}
