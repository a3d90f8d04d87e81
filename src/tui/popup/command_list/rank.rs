//! How well a command matches what is typed: 0 is best.

use crate::tui::keymap::{Action, Command};

/// The ranks of a command: a synonym of it matches, its name has the letters in order, its title
/// matches.
pub(super) const BY_SYNONYM: usize = 2;
pub(super) const BY_LETTERS: usize = 3;
pub(super) const BY_TITLE: usize = 4;

/// What somebody who opens the palette most likely looks for. None of it sends or ends anything.
const LIKELY: [Action; 10] = [
    Action::Connect,
    Action::Login,
    Action::Capabilities,
    Action::Tls,
    Action::Explain,
    Action::Compose,
    Action::Templates,
    Action::Save,
    Action::Export,
    Action::Help,
];

/// The rank of a command while nothing is typed.
pub(super) fn rank_of_untyped(command: &Command, unavailable: bool) -> usize {
    let likely = LIKELY.iter().position(|action| *action == command.action);
    match likely {
        _ if unavailable => LIKELY.len() + 2,
        Some(at) => at,
        None if command.menu.is_some() => LIKELY.len(),
        None => LIKELY.len() + 1,
    }
}

/// How well a name matches what is typed, 0 best: its beginning, a part of it, its letters in order.
pub(super) fn rank(typed: &str, name: &str) -> Option<usize> {
    if name.starts_with(typed) {
        return Some(0);
    }
    if name.contains(typed) {
        return Some(1);
    }
    let mut letters = name.chars();
    typed
        .chars()
        .all(|wanted| letters.any(|letter| letter == wanted))
        .then_some(BY_LETTERS)
}
