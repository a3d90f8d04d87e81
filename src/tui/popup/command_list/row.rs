//! The rows of the list: commands with their names or keys, topics, paths, editing keys.

use ratatui::style::Style;
use ratatui::text::{Line, Span};
use unicode_width::UnicodeWidthStr;

use super::rank::BY_TITLE;
use crate::manual::Topic;
use crate::report::text;
use crate::tui::keymap::{Command, Place, commands};
use crate::tui::widget::look::Look;

/// The editing keys of the prompt, which are not in the command table.
pub(super) const EDITING: &[(&str, &str)] = &[
    ("^A ^E Home End", "to the beginning or end of the line"),
    ("M-b M-f ^Left ^Right", "to the previous or next word"),
    ("^W M-d", "delete the previous or next word"),
    ("^U ^K", "delete to the beginning or end of the line"),
    ("^Y", "insert what was deleted"),
    ("^_ M-r", "undo, redo"),
];

/// The name of the menu as a place.
pub(super) const MENU: &str = "menu";

/// Columns of the name and argument of a command, and of its key.
const NAME: usize = 20;
const KEY: usize = 6;

/// A row of the list.
pub(super) enum Row {
    /// A command; in the help with its keys at one place, and the name of the place.
    Command(&'static Command, Option<(String, &'static str)>),
    /// A topic of the manual, after a command that takes one.
    Topic(Topic),
    /// A path, after a command that takes one.
    Path(String),
    /// Words that name no command: they are looked up.
    LookUp(String),
    /// Editing keys of the prompt, and what they do.
    Editing(&'static str, &'static str),
}

/// The places in the order of the help.
pub(super) const PLACES: [Place; 8] = [
    Place::Prompt,
    Place::EmptyPrompt,
    Place::Ghost,
    Place::List,
    Place::Message,
    Place::Transcript,
    Place::Narrowed,
    Place::Saved,
];

/// The commands with their keys, place by place, then those of the menu.
pub(super) fn rows_by_key(
    here: &'static [Place],
    word: &str,
    matches: &dyn Fn(&Command) -> Option<usize>,
) -> Vec<(usize, Row)> {
    let mut rows = Vec::new();
    let elsewhere = PLACES.iter().filter(|place| !here.contains(place));
    for &place in here.iter().chain(elsewhere) {
        rows.extend(commands().filter_map(|command| {
            let keys = command.keys_at(place)?;
            Some((
                matches(command)?,
                Row::Command(command, Some((keys, place.name()))),
            ))
        }));
        if place == Place::Prompt {
            let matches = |text: &str| text.to_lowercase().contains(word);
            let editing = EDITING
                .iter()
                .filter(|(keys, words)| matches(keys) || matches(words));
            rows.extend(editing.map(|(keys, words)| (BY_TITLE, Row::Editing(keys, words))));
        }
    }
    rows.extend(commands().filter_map(|command| {
        let keys = command.menu_key()?;
        Some((matches(command)?, Row::Command(command, Some((keys, MENU)))))
    }));
    rows
}

/// A command, with its name or with its keys at a place; dim if it cannot run now, with the reason if
/// there is one.
pub(super) fn command_line(
    command: &'static Command,
    keys: Option<(String, &'static str)>,
    unavailable: Option<&str>,
    columns: usize,
    look: &Look,
) -> Line<'static> {
    let (words, style) = match unavailable {
        Some("") => (command.title.to_owned(), look.theme.dim),
        Some(reason) => (format!("{} ({reason})", command.title), look.theme.dim),
        None => (command.title.to_owned(), Style::new()),
    };
    if let Some((keys, place)) = keys {
        return key_line(&keys, place, Span::styled(words, style), look);
    }
    let name = format!("{} {}", command.name, command.argument);
    let key = command
        .key_at(&[Place::EmptyPrompt, Place::Prompt])
        .or_else(|| command.menu_key())
        .or_else(|| command.key_at(&PLACES));
    let key = key.unwrap_or_default();
    let name_columns = name.width().max(NAME) + 1;
    let room = columns.saturating_sub(name_columns + KEY + 1);
    // On a narrow screen the words matter more than the key.
    let (room, key) = if room < NAME {
        (room + KEY + 1, String::new())
    } else {
        (room, key)
    };
    let words = text::fitted(&words, room, look.charset);
    let gap = " ".repeat(room.saturating_sub(words.width()) + 1);
    Line::from(vec![
        Span::styled(format!("{name:<NAME$} "), look.theme.key),
        Span::styled(words, style),
        Span::raw(gap),
        Span::styled(format!("{key:>KEY$}"), look.theme.dim),
    ])
}

pub(super) fn topic_line(topic: Topic, look: &Look) -> Line<'static> {
    Line::from(vec![
        Span::styled(format!("  {:<18} ", topic.name), look.theme.key),
        Span::raw(topic.means),
    ])
}

pub(super) fn key_line(
    keys: &str,
    place: &str,
    words: Span<'static>,
    look: &Look,
) -> Line<'static> {
    Line::from(vec![
        Span::styled(format!("{keys:<13} "), look.theme.key),
        Span::styled(format!("{place:<12} "), look.theme.dim),
        words,
    ])
}
