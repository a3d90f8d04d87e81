//! An editor of one line on the screen, scrolled so that its cursor is seen. What was typed goes
//! through the same door as what a server sends.

use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};
use ratatui::style::Style;

use super::editor::Editor;
use super::look::Look;
use super::text::{self, Glyph};

/// Draws an editor of one line behind a mark, scrolled so that the cursor is seen.
pub fn draw(
    editor: &Editor,
    mark: &str,
    hidden_from: Option<usize>,
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
    draw_text(&typed, &before, room, buffer, look)
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

pub fn draw_text(
    typed: &str,
    before: &str,
    area: Rect,
    buffer: &mut Buffer,
    look: &Look,
) -> Position {
    let room = usize::from(area.width);
    let cursor = own_width(before, look);
    // One column stays free for the cursor behind the last character.
    let skip = cursor.saturating_sub(room.saturating_sub(1));
    let (mut at, mut x) = (0, area.x);
    for glyph in own_glyphs(typed, look) {
        let style = if glyph.special {
            look.theme.special
        } else {
            Style::new()
        };
        if at >= skip && x < area.right() {
            x = buffer
                .set_stringn(x, area.y, &glyph.text, usize::from(area.right() - x), style)
                .0;
        }
        at += glyph.width;
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
