//! The rule above the prompt: the next step on the left, the state of the transcript on the right.

use ratatui::layout::Rect;
use ratatui::text::Span;

use crate::tui::widget::canvas::{Canvas, indented};

/// Draws the rule.
pub fn draw(next: &str, state: &Span<'_>, area: Rect, canvas: &mut Canvas<'_>) {
    let theme = &canvas.look.theme;
    let dash = canvas.look.charset.pick("─", "-");
    let width = usize::from(area.width);
    canvas.text(&dash.repeat(width), theme.dim, area);
    let taken = state.width();
    if taken < width {
        let right = indented(area, width - taken);
        canvas.text(&state.content, state.style, right);
    }
    let left = Rect {
        width: u16::try_from(width.saturating_sub(taken)).unwrap_or(area.width),
        ..area
    };
    canvas.text(&format!("{dash}{dash} {next} "), theme.key, left);
}
