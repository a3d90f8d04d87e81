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

/// Commands that are not offered first although they were used: they send something, end something,
/// connect by themselves, put a line at the prompt, or leave. The first row runs at Enter, and a second
/// Enter must be harmless, too.
const NEVER_FIRST: [Action; 26] = [
    Action::Palette,
    Action::Menu,
    Action::Accept,
    Action::Complete,
    Action::Fix,
    Action::HistoryBack,
    Action::HistoryForward,
    Action::Resend,
    Action::Send,
    Action::Continue,
    Action::Rest,
    Action::EndMessage,
    Action::Data,
    Action::Attach,
    Action::Edit,
    Action::Reconnect,
    Action::Practice,
    Action::Tour,
    Action::Disconnect,
    Action::ReadOn,
    Action::Replay,
    Action::Back,
    Action::Leave,
    Action::Suspend,
    Action::Cancel,
    Action::Quit,
];

/// How many used commands come first.
const USED_FIRST: usize = 5;

/// The commands that come first while nothing is typed: those used lately, then the likely ones.
pub(super) fn first_rows(used: &[Action]) -> Vec<Action> {
    let harmless = used.iter().filter(|action| !NEVER_FIRST.contains(action));
    let mut first: Vec<Action> = harmless.take(USED_FIRST).copied().collect();
    let likely = LIKELY.into_iter().filter(|action| !first.contains(action));
    let likely: Vec<Action> = likely.collect();
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
