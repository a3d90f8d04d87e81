//! The footer: the keys that are of use right now.

use ratatui::layout::Rect;
use ratatui::style::Style;
use unicode_width::UnicodeWidthStr;

use crate::tui::keymap::{Action, Command, Place, commands};
use crate::tui::widget::canvas::{Canvas, indented};
use crate::tui::widget::look::Look;

/// Columns around a key and its word.
const GAPS: usize = 3;

/// Draws the footer. Menu and help are always at its end.
pub fn draw(
    places: &[Place],
    unavailable: impl Fn(Action) -> bool,
    area: Rect,
    canvas: &mut Canvas<'_>,
) {
    let ends: Vec<(String, &str)> = [(Action::Menu, "menu"), (Action::Help, "help")]
        .into_iter()
        .filter_map(|(action, word)| {
            let command = Command::of(action)?;
            let key = command
                .key_at(places)
                .or_else(|| command.menu.map(|(letter, _)| format!("^O {letter}")))?;
            Some((key, word))
        })
        .collect();
    let mut hints: Vec<(u8, String, &str)> = commands()
        .filter(|command| !unavailable(command.action))
        .filter_map(|command| {
            let (word, rank) = command.hint?;
            Some((rank, command.key_at(places)?, word))
        })
        .collect();
    hints.sort_by_key(|(rank, ..)| *rank);
    let width = |key: &str, word: &str| key.width() + word.width() + GAPS;
    let taken: usize = ends.iter().map(|(key, word)| width(key, word)).sum();
    let mut room = usize::from(area.width).saturating_sub(taken + 1);
    let mut rest = indented(area, 1);
    for (_, key, word) in hints {
        let wanted = width(&key, word);
        if wanted > room {
            break;
        }
        room -= wanted;
        rest = draw_hint(&arrow(&key, canvas.look), word, rest, canvas);
    }
    let mut rest = indented(area, usize::from(area.width).saturating_sub(taken));
    for (key, word) in ends {
        rest = draw_hint(&key, word, rest, canvas);
    }
}

/// Draws a key and its word, and returns the area to the right of them.
fn draw_hint(key: &str, word: &str, area: Rect, canvas: &mut Canvas<'_>) -> Rect {
    let after = |end: u16, gap: usize| indented(area, usize::from(end - area.x) + gap);
    let end = canvas.text(key, canvas.look.theme.key, area);
    let area_of_word = after(end, 1);
    let end = canvas.text(word, Style::new(), area_of_word);
    after(end, 2)
}

fn arrow(key: &str, look: &Look) -> String {
    match key {
        "Up" => look.charset.pick("↑", "Up").to_owned(),
        "Down" => look.charset.pick("↓", "Down").to_owned(),
        other => other.to_owned(),
    }
}
