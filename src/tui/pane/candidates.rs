//! The list of completions above the prompt: names on the left, their meaning on the right. What the
//! server would refuse is dim, with the reason.

use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::text::{Line, Span};
use unicode_width::UnicodeWidthStr;

use crate::report::text;
use crate::tui::assist::Candidate;
use crate::tui::widget::canvas::{Canvas, below, indented};
use crate::tui::widget::click::Click;
use crate::tui::widget::list::List;

/// The maximum number of rows of the list.
const ROWS: usize = 8;
/// The maximum width of the names.
const NAMES: usize = 28;

/// Draws the list at the bottom of `above`, the area over the prompt.
pub fn draw(all: &[Candidate], list: List, above: Rect, canvas: &mut Canvas<'_>) {
    let look = canvas.look;
    let rows = all.len().min(ROWS).min(usize::from(above.height));
    let area = below(above, usize::from(above.height) - rows);
    canvas.clear(area);
    // They cover the transcript for clicks, too.
    canvas.clicks.push(area, Click::Keys(Vec::new()));
    let names = all.iter().map(|one| one.name.width()).max().unwrap_or(0);
    let names = names.min(NAMES).min(usize::from(area.width / 2));
    let show = |text: &str| text::visible(text.as_bytes(), look.charset);
    let visible = all.iter().enumerate().skip(list.first_visible(rows));
    for ((at, one), row) in visible.zip(area.rows()) {
        let chosen = at == list.chosen();
        let (words, style) = match &one.refused_because {
            Some(reason) => (reason, look.theme.dim),
            None => (&one.means, Style::new()),
        };
        let mark = if chosen { ">" } else { " " };
        let line = Line::from(vec![
            Span::styled(format!(" {mark} {:<names$}  ", show(&one.name)), style),
            Span::styled(show(words), style),
        ]);
        canvas.row(&line, row);
        canvas.clicks.push(row, Click::Completion(at));
        if chosen {
            canvas.choose(row);
        }
        // The last row says how many there are if not all are visible.
        if row.bottom() == area.bottom() && all.len() > rows {
            let count = format!(" {} of {} ", list.chosen() + 1, all.len());
            let at_end = usize::from(area.width).saturating_sub(count.width());
            canvas.text(&count, look.theme.dim, indented(row, at_end));
        }
    }
}
