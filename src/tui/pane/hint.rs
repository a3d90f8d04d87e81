//! The lines around the prompt: the rule above it with what is due next, the words below it, and
//! the footer with the keys that count right now.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;
use unicode_width::UnicodeWidthStr;

use crate::tui::keymap::{Action, Command, Place, commands};
use crate::tui::pane::transcript::{self, Cycle, Filter, Form};
use crate::tui::widget::look::Look;

/// Columns below which the rule tells the most important thing alone.
const NARROW: usize = 60;

/// Draws the rule: what is due on the left, what of the transcript is shown on the right.
pub fn draw_rule(
    next: &str,
    (right, style): (String, Style),
    area: Rect,
    buffer: &mut Buffer,
    look: &Look,
) {
    let dash = look.charset.pick("─", "-");
    let width = usize::from(area.width);
    buffer.set_stringn(area.x, area.y, dash.repeat(width), width, look.theme.dim);
    let left = format!("{dash}{dash} {next} ");
    let taken = right.width();
    if taken < width {
        let x = area.right() - u16::try_from(taken).unwrap_or(0);
        buffer.set_stringn(x, area.y, &right, taken, style);
    }
    buffer.set_stringn(
        area.x,
        area.y,
        &left,
        width.saturating_sub(taken),
        look.theme.key,
    );
}

/// What of the transcript is shown, whether the newest entries are, and how many of the oldest had to
/// go. That it is not all of it is never left out.
pub fn state(transcript: &transcript::Pane, width: u16, look: &Look) -> (String, Style) {
    let width = usize::from(width);
    let dash = look.charset.pick("─", "-");
    let down = look.charset.pick("▼", "v");
    let dropped = match transcript.transcript().start().0 {
        0 => String::new(),
        dropped => format!(" oldest {dropped} dropped,"),
    };
    let entries = transcript.transcript().end().0;
    let only = match transcript.filter() {
        Filter::All => None,
        filter => {
            let (kept, all) = transcript.counts();
            Some(format!(" only {}, {kept} of {all}", filter.name()))
        }
    };
    let form = form(transcript);
    if let Some(marked) = marked(transcript, look) {
        return marked;
    }
    match (transcript.unseen(), only) {
        (None, None) => (
            format!("{dropped}{form} follow {down} {entries} {dash}{dash}"),
            look.theme.dim,
        ),
        (None, Some(only)) => (format!("{form}{only} {down} {dash}{dash}"), look.theme.warn),
        (Some(new), None) => (
            format!("{dropped}{form} paused, {new} new {down} End {dash}{dash}"),
            look.theme.warn,
        ),
        // A small screen has no room for both.
        (Some(_), Some(only)) if width < NARROW => {
            (format!("{only} {dash}{dash}"), look.theme.warn)
        }
        (Some(new), Some(only)) => (
            format!("{form}{only}, paused, {new} new {down} End {dash}{dash}"),
            look.theme.warn,
        ),
    }
}

/// How the octets of lines are shown, where it is not as text.
fn form(transcript: &transcript::Pane) -> String {
    match transcript.form() {
        Form::Text => String::new(),
        form => format!(" {},", form.name()),
    }
}

/// How many lines are marked, where some are.
fn marked(transcript: &transcript::Pane, look: &Look) -> Option<(String, Style)> {
    let dash = look.charset.pick("─", "-");
    let lines = transcript.marked_lines()?;
    let words = format!("{} {lines} marked, y copies {dash}{dash}", form(transcript));
    Some((words, look.theme.warn))
}

/// The same of a saved session: which of its lines is chosen.
pub fn place(transcript: &transcript::Pane, look: &Look) -> (String, Style) {
    let dash = look.charset.pick("─", "-");
    let entries = transcript.transcript().end().0;
    let chosen = transcript.chosen().map_or(0, |(id, _)| id.0 + 1);
    let form = form(transcript);
    if let Some(marked) = marked(transcript, look) {
        return marked;
    }
    match transcript.filter() {
        Filter::All => {
            let words = format!("{form} line {chosen} of {entries} {dash}{dash}");
            (words, look.theme.dim)
        }
        filter => {
            let (kept, all) = transcript.counts();
            let words = format!(
                "{form} only {}, {kept} of {all} {dash}{dash}",
                filter.name()
            );
            (words, look.theme.warn)
        }
    }
}

/// Draws one line of words.
pub fn draw_words(words: &str, style: Style, area: Rect, buffer: &mut Buffer, look: &Look) {
    let width = usize::from(area.width).saturating_sub(2);
    let shown = crate::report::text::visible(words.as_bytes(), look.charset);
    let cut = shown.width() > width;
    let room = if cut { width.saturating_sub(1) } else { width };
    let x = area.x.saturating_add(2).min(area.right());
    let end = buffer.set_stringn(x, area.y, &shown, room, style).0;
    if cut && end < area.right() {
        buffer.set_stringn(end, area.y, look.charset.pick("…", ">"), 1, look.theme.dim);
    }
}

/// Draws the footer. Menu and help stand at its end whatever else has to go.
pub fn draw_footer(
    places: &[Place],
    unavailable: impl Fn(Action) -> bool,
    area: Rect,
    buffer: &mut Buffer,
    look: &Look,
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
    let width = |key: &str, word: &str| key.width() + word.width() + 3;
    let taken: usize = ends.iter().map(|(key, word)| width(key, word)).sum();
    let mut room = usize::from(area.width).saturating_sub(taken + 1);
    let mut x = area.x.saturating_add(1);
    for (_, key, word) in hints {
        let wanted = width(&key, word);
        if wanted > room {
            break;
        }
        room -= wanted;
        x = draw_hint(&arrows(&key, look), word, x, area, buffer, look);
    }
    let mut x = area
        .right()
        .saturating_sub(u16::try_from(taken).unwrap_or(area.width))
        .max(area.x);
    for (key, word) in ends {
        x = draw_hint(&key, word, x, area, buffer, look);
    }
}

fn draw_hint(key: &str, word: &str, x: u16, area: Rect, buffer: &mut Buffer, look: &Look) -> u16 {
    let room = |x: u16| usize::from(area.right().saturating_sub(x));
    let (x, _) = buffer.set_stringn(x, area.y, key, room(x), look.theme.key);
    let x = x.saturating_add(1).min(area.right());
    let (x, _) = buffer.set_stringn(x, area.y, word, room(x), Style::new());
    x.saturating_add(2).min(area.right())
}

fn arrows(key: &str, look: &Look) -> String {
    match key {
        "Up" => look.charset.pick("↑", "Up").to_owned(),
        "Down" => look.charset.pick("↓", "Down").to_owned(),
        other => other.to_owned(),
    }
}
