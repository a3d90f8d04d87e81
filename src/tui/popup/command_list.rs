//! All commands: the palette by name, the help by key. Both list the command table and are filtered by
//! typing; Enter runs the chosen command.

use crossterm::event::{KeyCode, KeyEvent};
use ratatui::layout::{Position, Rect};
use ratatui::style::Style;
use ratatui::text::{Line, Span};
use unicode_width::UnicodeWidthStr;

use super::outcome::Outcome;
use crate::manual::{self, Topic};
use crate::smtp::raw;
use crate::tui::keymap::{Action, Command, Place, commands};
use crate::tui::widget::canvas::{Canvas, fitted, inner_columns};
use crate::tui::widget::hint::Hint;
use crate::tui::widget::list::FilteredList;
use crate::tui::widget::look::Look;

/// The editing keys of the prompt, which are not in the command table.
const EDITING: &[(&str, &str)] = &[
    ("^A ^E Home End", "to the beginning or end of the line"),
    ("M-b M-f ^Left ^Right", "to the previous or next word"),
    ("^W M-d", "delete the previous or next word"),
    ("^U ^K", "delete to the beginning or end of the line"),
    ("^Y", "insert what was deleted"),
    ("^_ M-r", "undo, redo"),
];

/// The ranks of a command: a synonym of it matches, its name has the letters in order, its title
/// matches.
const BY_SYNONYM: usize = 2;
const BY_LETTERS: usize = 3;
const BY_TITLE: usize = 4;
/// Widths of the columns: the name and argument of a command, and its key.
const NAME: usize = 20;
const KEY: usize = 6;
/// The commands most likely looked for in the palette. None of them sends or ends anything.
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

/// How the commands are listed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SortBy {
    /// By name, for the palette.
    Name,
    /// By key, for the help: the keys of these places first.
    Key(&'static [Place]),
}

/// A list of commands.
#[derive(Debug)]
pub struct CommandList {
    sort_by: SortBy,
    list: FilteredList,
    /// The commands that could not run when the list was opened.
    unavailable: Vec<Action>,
}

/// A row of the list.
enum Row {
    /// A command; in the help with its keys at one place, and the name of the place.
    Command(&'static Command, Option<(String, &'static str)>),
    /// A topic of the manual, after a command that takes one.
    Topic(Topic),
    /// Editing keys of the prompt, and what they do.
    Editing(&'static str, &'static str),
}

/// The places in the order of the help.
const PLACES: [Place; 8] = [
    Place::Prompt,
    Place::EmptyPrompt,
    Place::Ghost,
    Place::List,
    Place::Message,
    Place::Transcript,
    Place::Narrowed,
    Place::Saved,
];

impl CommandList {
    /// The whole list.
    pub fn new(sort_by: SortBy) -> Self {
        Self {
            sort_by,
            list: FilteredList::new(),
            unavailable: Vec::new(),
        }
    }

    /// The palette; these commands cannot run now.
    pub fn palette(unavailable: Vec<Action>) -> Self {
        Self {
            unavailable,
            ..Self::new(SortBy::Name)
        }
    }

    /// Types this text into the filter.
    pub fn begin(&mut self, typed: &str) {
        self.list.set_filter(typed);
    }

    pub(super) fn hints(&self) -> Vec<Hint> {
        vec![
            Hint::new("Enter", "run"),
            Hint::new("Tab", "complete"),
            Hint::new("Up Down", "choose"),
        ]
    }

    pub(super) fn paste(&mut self, text: &str) {
        self.list.paste(text);
    }

    pub(super) fn handle(&mut self, key: KeyEvent) -> Outcome {
        let rows = self.rows();
        let chosen = rows.get(self.list.chosen());
        match key.code {
            KeyCode::Enter => return self.run(&rows),
            KeyCode::Tab => match (chosen, rows.get(1)) {
                (Some(Row::Topic(topic)), _) | (_, Some(Row::Topic(topic))) => {
                    self.insert_topic(topic);
                }
                (Some(Row::Command(command, _)), _) if !self.list.filter().contains(' ') => {
                    self.list.set_filter(&format!("{} ", command.name));
                }
                _ => {}
            },
            KeyCode::Backspace if self.list.filter().is_empty() => return Outcome::Close,
            _ => self.list.handle(key, rows.len()),
        }
        Outcome::Stay
    }

    /// Runs the chosen command with what is typed after its name. A chosen topic is its argument.
    fn run(&mut self, rows: &[Row]) -> Outcome {
        let mut chosen = rows.get(self.list.chosen());
        if let Some(Row::Topic(topic)) = chosen {
            self.insert_topic(topic);
            // The command is listed above its topics.
            chosen = rows.first();
        }
        let Some(Row::Command(command, _)) = chosen else {
            return Outcome::Stay;
        };
        let argument = self.list.filter().split_once(' ');
        let argument = argument.map_or("", |(_, argument)| argument.trim());
        Outcome::Run(command.action, argument.to_owned())
    }

    /// Replaces the last word of the filter by a topic.
    fn insert_topic(&mut self, topic: &Topic) {
        let typed = self.list.filter();
        let before = typed.rfind(' ').map_or("", |at| &typed[..=at]);
        self.list.set_filter(&format!("{before}{}", topic.name));
    }

    /// The topics of the manual that begin with the last word, if a command takes a topic.
    fn topics(&self) -> Vec<Topic> {
        let typed = self.list.filter().to_ascii_lowercase();
        let takes_topic = [Action::Help, Action::Explain]
            .into_iter()
            .filter_map(Command::of)
            .any(|command| {
                typed
                    .split_once(' ')
                    .is_some_and(|(name, _)| name == command.name)
            });
        let word = typed.rsplit(' ').next().unwrap_or_default();
        let begins = |topic: &Topic| topic.name.to_ascii_lowercase().starts_with(word);
        let mut topics = if takes_topic {
            manual::topics()
        } else {
            Vec::new()
        };
        topics.retain(begins);
        topics
    }

    /// From which character on the filter is hidden: raw octets may hold a secret.
    fn hidden_from(&self) -> Option<usize> {
        let (name, argument) = self.list.filter().split_once(' ')?;
        let raw_action = Command::of(Action::Raw)?.name;
        let secret = raw::find_secret(argument.as_bytes(), false).filter(|_| name == raw_action)?;
        Some(name.len() + 1 + argument[..secret].chars().count())
    }

    /// The rows that match the filter, the best first. While nothing is typed, likely commands come
    /// first, and those that could not run last.
    fn rows(&self) -> Vec<Row> {
        let typed = self.list.filter().trim_start().to_lowercase();
        let word = typed.split(' ').next().unwrap_or_default();
        let matches = |command: &Command| {
            if typed.contains(' ') {
                return (command.name == word && !command.argument.is_empty()).then_some(0);
            }
            if word.is_empty() && self.sort_by == SortBy::Name {
                return Some(rank_of_untyped(
                    command,
                    self.unavailable.contains(&command.action),
                ));
            }
            let by_synonym = command.synonyms.iter().any(|other| other.starts_with(word));
            let by_title = || command.title.contains(word).then_some(BY_TITLE);
            [
                rank(word, command.name),
                by_synonym.then_some(BY_SYNONYM),
                by_title(),
            ]
            .into_iter()
            .flatten()
            .min()
        };
        let mut rows: Vec<(usize, Row)> = match self.sort_by {
            SortBy::Name => commands()
                .filter_map(|command| Some((matches(command)?, Row::Command(command, None))))
                .collect(),
            SortBy::Key(here) => rows_by_key(here, word, &matches),
        };
        // A stable sort: rows of the same rank stay in the order of the table.
        rows.sort_by_key(|(rank, _)| *rank);
        let topics = self.topics().into_iter().map(Row::Topic);
        rows.into_iter().map(|(_, row)| row).chain(topics).collect()
    }

    pub(super) fn draw(
        &mut self,
        screen: Rect,
        unavailable: &dyn Fn(Action) -> Option<&'static str>,
        canvas: &mut Canvas<'_>,
    ) -> Position {
        self.list.set_hidden_from(self.hidden_from());
        let look = canvas.look;
        let columns = inner_columns(screen);
        let line = |row: Row| match row {
            Row::Command(command, keys) => {
                command_line(command, keys, unavailable(command.action), columns, look)
            }
            Row::Topic(topic) => topic_line(topic, look),
            Row::Editing(keys, words) => {
                let words = Span::raw(words);
                key_line(keys, "prompt", words, look)
            }
        };
        let lines: Vec<Line<'_>> = self.rows().into_iter().map(line).collect();
        let most = usize::from(screen.height).saturating_sub(4).max(1);
        let size = (columns, commands().count().min(most) + 1);
        let title = match self.sort_by {
            SortBy::Name => "Commands",
            SortBy::Key(_) => "Keys",
        };
        let inner = canvas.frame(screen, size, title);
        self.list.draw(&lines, "no command matches", inner, canvas)
    }
}

/// The commands with their keys, place by place, then those of the menu.
fn rows_by_key(
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
        Some((
            matches(command)?,
            Row::Command(command, Some((keys, "menu"))),
        ))
    }));
    rows
}

/// A command, with its name or with its keys at a place; dim if it cannot run now.
fn command_line(
    command: &'static Command,
    keys: Option<(String, &'static str)>,
    unavailable: Option<&str>,
    columns: usize,
    look: &Look,
) -> Line<'static> {
    let (words, style) = match unavailable {
        Some(reason) => (format!("{} ({reason})", command.title), look.theme.dim),
        None => (command.title.to_owned(), Style::new()),
    };
    if let Some((keys, place)) = keys {
        return key_line(&keys, place, Span::styled(words, style), look);
    }
    let name = format!("{} {}", command.name, command.argument);
    let key = command.menu_key().or_else(|| command.key_at(&PLACES));
    let key = key.unwrap_or_default();
    let name_columns = name.width().max(NAME) + 1;
    let room = columns.saturating_sub(name_columns + KEY + 1);
    // On a narrow screen the words matter more than the key.
    let (room, key) = if room < NAME {
        (room + KEY + 1, String::new())
    } else {
        (room, key)
    };
    let words = fitted(&words, room, look);
    let gap = " ".repeat(room.saturating_sub(words.width()) + 1);
    Line::from(vec![
        Span::styled(format!("{name:<NAME$} "), look.theme.key),
        Span::styled(words, style),
        Span::raw(gap),
        Span::styled(format!("{key:>KEY$}"), look.theme.dim),
    ])
}

fn topic_line(topic: Topic, look: &Look) -> Line<'static> {
    Line::from(vec![
        Span::styled(format!("  {:<18} ", topic.name), look.theme.key),
        Span::raw(topic.means),
    ])
}

fn key_line(keys: &str, place: &str, words: Span<'static>, look: &Look) -> Line<'static> {
    Line::from(vec![
        Span::styled(format!("{keys:<13} "), look.theme.key),
        Span::styled(format!("{place:<12} "), look.theme.dim),
        words,
    ])
}

/// The rank of a command while nothing is typed.
fn rank_of_untyped(command: &Command, unavailable: bool) -> usize {
    let likely = LIKELY.iter().position(|action| *action == command.action);
    match likely {
        _ if unavailable => LIKELY.len() + 2,
        Some(at) => at,
        None if command.menu.is_some() => LIKELY.len(),
        None => LIKELY.len() + 1,
    }
}

/// How well a name matches what is typed, 0 best: its beginning, a part of it, its letters in order.
fn rank(typed: &str, name: &str) -> Option<usize> {
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

#[cfg(test)]
mod tests {
    use crossterm::event::KeyModifiers;

    use super::*;

    fn names(typed: &str) -> Vec<&'static str> {
        let mut list = CommandList::new(SortBy::Name);
        list.paste(typed);
        list.rows()
            .into_iter()
            .filter_map(|row| match row {
                Row::Command(command, _) => Some(command.name),
                Row::Editing(..) | Row::Topic(_) => None,
            })
            .collect()
    }

    #[test]
    fn names_match_by_beginning_part_and_letters() {
        assert_eq!(names("").len(), commands().count());
        assert_eq!(names("recon").first(), Some(&"reconnect"));
        assert_eq!(names("conn").first(), Some(&"connect"));
        assert_eq!(names("rcnc").first(), Some(&"reconnect"));
        assert_eq!(names("connect mx:25"), ["connect"]);
        assert!(names("zzz").is_empty());
    }

    #[test]
    fn other_words_find_a_command() {
        for (typed, name) in [
            ("exit", "quit"),
            ("q", "quit"),
            ("password", "login"),
            ("mx", "connect"),
            ("dns", "connect"),
            ("starttls", "tls"),
            ("certificate", "tls"),
            ("wait", "read-on"),
            ("swaks", "export"),
        ] {
            assert_eq!(names(typed).first(), Some(&name), "{typed}");
        }
    }

    #[test]
    fn the_palette_begins_with_what_is_harmless() {
        let list = CommandList::palette(vec![Action::Login]);
        let rows = list.rows();
        let names: Vec<&str> = rows
            .iter()
            .filter_map(|row| match row {
                Row::Command(command, _) => Some(command.name),
                Row::Editing(..) | Row::Topic(_) => None,
            })
            .collect();
        assert_eq!(names[..2], ["connect", "capabilities"]);
        assert_eq!(names.last(), Some(&"login"), "it cannot run now");
    }

    #[test]
    fn topics_of_the_manual_are_completed() {
        let press = |list: &mut CommandList, code| list.handle(code_alone(code));
        for (typed, keys, argument) in [
            ("help not", vec![KeyCode::Tab], "NOTIFY"),
            ("explain 550 5.7.13", vec![KeyCode::Down], "550 5.7.13"),
            ("help whatever", vec![KeyCode::Tab], "whatever"),
            ("help size", vec![], "size"),
        ] {
            let mut list = CommandList::new(SortBy::Name);
            list.paste(typed);
            for key in keys {
                assert_eq!(press(&mut list, key), Outcome::Stay);
            }
            let Outcome::Run(_, given) = press(&mut list, KeyCode::Enter) else {
                panic!("{typed}");
            };
            assert_eq!(given, argument, "{typed}");
        }
    }

    fn code_alone(code: KeyCode) -> KeyEvent {
        KeyEvent::new(code, KeyModifiers::NONE)
    }

    #[test]
    fn the_help_lists_every_key_at_its_place() {
        let here = &[Place::Saved, Place::Transcript];
        let rows = CommandList::new(SortBy::Key(here)).rows().len() - EDITING.len();
        let pairs = |command: &Command| {
            let mut places: Vec<_> = command.keys.iter().map(|(place, _)| place.name()).collect();
            places.sort_unstable();
            places.dedup();
            places.len()
        };
        let keys: usize = commands()
            .map(|command| pairs(command) + usize::from(command.menu.is_some()))
            .sum();
        assert_eq!(rows, keys);
    }

    #[test]
    fn text_after_a_name_is_its_argument() {
        let mut list = CommandList::new(SortBy::Name);
        list.paste("connect mx.example:587");
        let enter = KeyEvent::new(KeyCode::Enter, KeyModifiers::NONE);
        assert_eq!(
            list.handle(enter),
            Outcome::Run(Action::Connect, "mx.example:587".to_owned())
        );
    }
}
