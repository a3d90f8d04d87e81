//! The list of what could stand at the cursor: it grows upward from the prompt, name left, meaning
//! right, and what the server would refuse dimmed, with the reason.

use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};
use ratatui::style::Style;
use ratatui::text::{Line, Span};
use ratatui::widgets::{Clear, Widget};
use unicode_width::UnicodeWidthStr;

use crate::report::text;
use crate::tui::assist::Candidate;
use crate::tui::widget::frame;
use crate::tui::widget::look::Look;

/// Rows of the list at the most.
const ROWS: usize = 8;
/// Columns of the names at the most.
const NAMES: usize = 28;

/// Draws the list at the foot of `above`, the place over the prompt.
pub fn draw(all: &[Candidate], chosen: usize, above: Rect, buffer: &mut Buffer, look: &Look) {
    let rows = all.len().min(ROWS).min(usize::from(above.height));
    let height = u16::try_from(rows).unwrap_or(0);
    let area = Rect {
        y: above.bottom() - height,
        height,
        ..above
    };
    Clear.render(area, buffer);
    let names = all.iter().map(|one| one.name.width()).max().unwrap_or(0);
    let names = names.min(NAMES).min(usize::from(area.width / 2));
    let first = (chosen + 1).saturating_sub(rows).min(all.len() - rows);
    for ((at, one), y) in all
        .iter()
        .enumerate()
        .skip(first)
        .zip(area.y..area.bottom())
    {
        let (words, style) = match &one.lacks {
            Some(reason) => (reason, look.theme.dim),
            None => (&one.means, Style::new()),
        };
        let mark = if at == chosen { ">" } else { " " };
        let show = |text: &str| text::visible(text.as_bytes(), look.charset);
        let line = Line::from(vec![
            Span::styled(format!(" {mark} {:<names$}  ", show(&one.name)), style),
            Span::styled(show(words), style),
        ]);
        let at_left = Position { x: area.x, y };
        frame::draw_row(buffer, at_left, &line, area.width, look);
        let row = Rect {
            y,
            height: 1,
            ..area
        };
        if at == chosen {
            buffer.set_style(row, look.theme.chosen);
        }
        // How much there is beyond what is seen.
        if y + 1 == area.bottom() && all.len() > rows {
            let count = format!(" {} of {} ", chosen + 1, all.len());
            let width = u16::try_from(count.width()).unwrap_or(0).min(area.width);
            let x = area.right() - width;
            buffer.set_stringn(x, y, &count, usize::from(width), look.theme.dim);
        }
    }
}
