//! The footer: the most useful keys right now, of whatever has the focus.

use ratatui::layout::Rect;
use ratatui::style::Style;
use unicode_width::UnicodeWidthStr;

use crate::tui::keymap::{Action, Command, Place, commands, presses};
use crate::tui::widget::canvas::{Canvas, indented};
use crate::tui::widget::click::Click;
use crate::tui::widget::hint::Hint;
use crate::tui::widget::look::Look;

/// Width of the gaps around a key and its word.
const GAPS: usize = 3;

/// What the footer shows.
#[derive(Debug, Default)]
pub struct Footer {
    /// As many of these as fit, from the left.
    pub hints: Vec<Hint>,
    /// These are always at the end: the way out, and help.
    pub ends: Vec<Hint>,
}

impl Footer {
    /// The hints of the command table for these places. Menu and help are at the end.
    pub fn of_places(places: &[Place], unavailable: impl Fn(Action) -> bool) -> Self {
        let mut hints: Vec<(u8, Hint)> = commands()
            .filter(|command| !unavailable(command.action))
            .filter_map(|command| {
                let (word, rank) = command.hint?;
                Some((rank, Hint::new(command.key_at(places)?, word)))
            })
            .collect();
        hints.sort_by_key(|(rank, _)| *rank);
        let ends = [(Action::Menu, "menu"), (Action::Help, "help")];
        Self {
            hints: hints.into_iter().map(|(_, hint)| hint).collect(),
            ends: ends
                .into_iter()
                .filter_map(|end| hint_of(end, places))
                .collect(),
        }
    }

    /// Puts these commands first, with their keys at these places or in the menu.
    pub fn put_first(
        &mut self,
        commands: impl Iterator<Item = (Action, &'static str)>,
        places: &[Place],
    ) {
        let first: Vec<Hint> = commands.filter_map(|each| hint_of(each, places)).collect();
        self.hints.retain(|hint| !first.contains(hint));
        self.hints.splice(0..0, first);
    }

    /// Says this of a command that does something else here than its word says.
    pub fn call(&mut self, action: Action, word: &'static str) {
        let usual = Command::of(action).and_then(|command| command.hint);
        let is_it = |hint: &&mut Hint| usual.is_some_and(|(usual, _)| hint.word == usual);
        if let Some(hint) = self.hints.iter_mut().find(is_it) {
            *hint = Hint::new(hint.key.clone(), word);
        }
    }

    /// Draws it.
    pub fn draw(&self, area: Rect, canvas: &mut Canvas<'_>) {
        let width = |hint: &Hint| hint.key.width() + hint.word.width() + GAPS;
        let taken: usize = self.ends.iter().map(width).sum();
        let mut room = usize::from(area.width).saturating_sub(taken + 1);
        let mut rest = indented(area, 1);
        for hint in &self.hints {
            let wanted = width(hint);
            if wanted > room {
                break;
            }
            room -= wanted;
            rest = draw_hint(hint, rest, canvas);
        }
        let mut rest = indented(area, usize::from(area.width).saturating_sub(taken));
        for hint in &self.ends {
            rest = draw_hint(hint, rest, canvas);
        }
    }
}

/// The hint of a command: its key at these places, else in the menu.
fn hint_of((action, word): (Action, &'static str), places: &[Place]) -> Option<Hint> {
    let command = Command::of(action)?;
    let key = command.key_at(places).or_else(|| command.menu_key())?;
    Some(Hint::new(key, word))
}

/// Draws a key and its word, and returns the area to the right of them.
fn draw_hint(hint: &Hint, area: Rect, canvas: &mut Canvas<'_>) -> Rect {
    let after = |end: u16, gap: usize| indented(area, usize::from(end - area.x) + gap);
    let key = arrows(&hint.key, canvas.look);
    let end = canvas.text(&key, canvas.look.theme.key, area);
    let area_of_word = after(end, 1);
    let end = canvas.text(&hint.word, Style::new(), area_of_word);
    let place = Rect {
        width: end - area.x,
        height: 1,
        ..area
    };
    canvas.clicks.push(place, Click::Keys(presses(&hint.key)));
    after(end, 2)
}

fn arrows(keys: &str, look: &Look) -> String {
    let arrow = |key| match key {
        "Up" => look.charset.pick("↑", "Up"),
        "Down" => look.charset.pick("↓", "Down"),
        "Left" => look.charset.pick("←", "Left"),
        "Right" => look.charset.pick("→", "Right"),
        other => other,
    };
    let keys: Vec<&str> = keys.split(' ').map(arrow).collect();
    keys.join(" ")
}
