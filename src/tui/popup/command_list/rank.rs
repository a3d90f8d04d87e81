//! How well a command matches what is typed: 0 is best.

use crate::tui::keymap::{Action, Command};

/// The ranks of a command: a synonym of it matches, its name has the letters in order, its title
/// matches.
pub(super) const BY_SYNONYM: usize = 3;
pub(super) const BY_LETTERS: usize = 4;
pub(super) const BY_TITLE: usize = 5;

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

/// How many used commands come first.
const USED_FIRST: usize = 5;

/// The commands that come first while nothing is typed: those used lately, then the likely ones.
/// While a connection is open, one to the same server is only two Enters away: connecting comes later.
pub(super) fn first_rows(used: &[Action], connected: bool) -> Vec<Action> {
    let harmless = |action: &Action| {
        let command = Command::of(*action);
        let connects = matches!(action, Action::Connect | Action::Profile);
        command.is_some_and(|command| !command.never_first) && !(connected && connects)
    };
    let used = used.iter().copied().filter(harmless);
    let mut first: Vec<Action> = used.take(USED_FIRST).collect();
    let (early, late): (Vec<Action>, Vec<Action>) = LIKELY.into_iter().partition(harmless);
    let likely = early.into_iter().chain(late);
    let likely: Vec<Action> = likely.filter(|action| !first.contains(action)).collect();
    first.extend(likely);
    first
}

/// The rank of a command while nothing is typed.
pub(super) fn rank_of_untyped(command: &Command, first: &[Action], unavailable: bool) -> usize {
    let at = first.iter().position(|action| *action == command.action);
    match at {
        _ if unavailable => first.len() + 2,
        Some(at) => at,
        None if command.menu.is_some() => first.len(),
        None => first.len() + 1,
    }
}

/// How well a name matches what is typed, 0 best: the name itself, its beginning, a part of it, its
/// letters in order.
pub(super) fn rank(typed: &str, name: &str) -> Option<usize> {
    if name == typed {
        return Some(0);
    }
    if name.starts_with(typed) {
        return Some(1);
    }
    if name.contains(typed) {
        return Some(2);
    }
    let mut letters = name.chars();
    typed
        .chars()
        .all(|wanted| letters.any(|letter| letter == wanted))
        .then_some(BY_LETTERS)
}
