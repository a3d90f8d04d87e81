//! The rule above the prompt: the next step on the left, the state of the transcript on the right. It
//! ends the border of the sidebar.

use ratatui::layout::Rect;
use ratatui::text::Span;

use crate::report::text;
use crate::tui::widget::canvas::{Canvas, indented};

/// Draws the rule below a sidebar, which may be empty.
pub fn draw(next: &str, state: &Span<'_>, sidebar: Rect, area: Rect, canvas: &mut Canvas<'_>) {
    let theme = &canvas.look.theme;
    let dash = canvas.look.charset.pick("─", "-");
    let width = usize::from(area.width);
    canvas.text(&dash.repeat(width), theme.frame, area);
    if !sidebar.is_empty() {
        let joint = canvas.look.charset.pick("┴", "+");
        canvas.text(joint, theme.frame, indented(area, usize::from(sidebar.x)));
    }
    let taken = state.width();
    if taken < width {
        let right = indented(area, width - taken);
        canvas.text(&state.content, state.style, right);
    }
    let left = Rect {
        width: u16::try_from(width.saturating_sub(taken)).unwrap_or(area.width),
        ..area
    };
    let end = canvas.text(&format!("{dash}{dash}"), theme.frame, left);
    let rest = indented(left, usize::from(end - left.x));
    let words = format!(" {next} ");
    let words = text::fitted(&words, usize::from(rest.width), canvas.look.charset);
    canvas.text(&words, theme.key, rest);
}
